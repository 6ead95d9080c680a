/*
 * inside.h: a request on its way to an action, shared by the files of this folder.
 * Nothing here fails half-way: no memory sets has_memory to false and everything
 * goes on with less, until http_explain() looks at it, at the end.
 */
#ifndef FACTS_HTTP_INSIDE_H
#define FACTS_HTTP_INSIDE_H

#include "action.h"
#include "facts/json/json.h"
#include "view.h"
#include "wire.h"

struct arena;

struct pairs {
	struct http_pair *v;
	size_t n, room;
	bool is_open;
};

/* What a body is, by its content type. */
enum media { MEDIA_NONE, MEDIA_JSON, MEDIA_FORM, MEDIA_MULTIPART, MEDIA_OTHER };

struct explaining {
	const struct view_target *target;
	const struct wire_request *request;
	struct arena *arena;
	struct http_facts *facts;	/* of the request as a whole */
	struct pairs pairs[HTTP_PLACES];
	enum media media;
	struct span boundary;		/* of multipart */
	struct json_tree json;		/* of a JSON body that could be read */
	const char *doubt;		/* why nobody can say what it does; NULL */
	const char *note;		/* what a person should be told besides; NULL */
	struct act *acts;
	size_t act_count;
	size_t column_bytes;		/* told so far */
	bool has_memory;
};

/* One act, as an API has understood it. */
struct meant {
	enum effect effect;
	struct span operation;
	struct span object;		/* in the form of a path; empty: that of the request */
	const char *note;
	const struct pairs *fields;	/* of this act; NULL: those of the request */
	bool is_elsewhere;		/* its object is not the path, and not known: only its body says it */
};

/* `n` zeroed bytes, or NULL. */
void *http_take(struct explaining *, size_t n);
struct span http_copy(struct explaining *, struct span);
/* The first doubt and the first note are kept. */
void http_doubt(struct explaining *, const char *);
void http_note(struct explaining *, const char *);
/* Beyond the limit the list is open instead. */
void pairs_add(struct explaining *, struct pairs *, struct http_pair);
void http_add_act(struct explaining *, const struct meant *);

/* ---- parts of a request ---------------------------------------------- */

int http_hex(uint8_t);	/* value of a digit, or -1 */
/* Percent signs decoded; `plus`: a plus is a blank. False: not without doubt. */
bool http_decode(struct explaining *, struct span in, bool plus, struct span *out);
/* "a=1&b=2" into the list. */
void http_read_urlencoded(struct explaining *, struct span in, struct pairs *);
void http_read_multipart(struct explaining *, struct span in, struct pairs *);
/* A value of a JSON text and what is in it, under its path. */
void http_read_json(struct explaining *, const struct json_tree *, uint32_t at, struct pairs *);
/* The fields of a message of Protocol Buffers, under their paths. A constant sentence where it is none, or two readers
 * could take it differently; else NULL. */
const char *http_read_message(struct explaining *, const struct view_message *, struct span in, struct pairs *);
/* Any path in its one reading; a constant sentence where there is a doubt, else NULL. */
const char *http_canonical(struct explaining *, struct span raw, struct span *path);
void http_read_path(struct explaining *);
void http_read_head(struct explaining *);
void http_read_body(struct explaining *);
/* The value of a header; false: it was not sent, or more than once (*count). */
bool http_header(const struct explaining *, const char *name, struct span *value, size_t *count);
/* "; name=value" behind a value of a header: *out is unquoted. 1: there, 0: not, -1: in doubt. */
int http_parameter(struct span value, const char *name, struct span *out);

/* ---- what it does ----------------------------------------------------- */

/* Is there anything that lets a server take another method or path? */
void http_look_for_overrides(struct explaining *);
/* The operation of a target's API that method and path are, or NULL; a doubt where two are. */
const struct view_operation *http_find_operation(struct explaining *);
/* The operation of an API that names its own, or NULL. */
const struct view_operation *http_find_named(const struct explaining *, struct span name);
/* What APIs on top of HTTP mean: each adds acts, or none where the request says nothing of its own. */
void http_explain_rest(struct explaining *);
void http_explain_json_rpc(struct explaining *);
void http_explain_graphql(struct explaining *);
void http_explain_mcp(struct explaining *);
void http_explain_s3(struct explaining *);
void http_explain_grpc(struct explaining *);

#endif
