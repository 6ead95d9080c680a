/*
 * action.h: what an ask means: effects on objects, with its fields.
 * Facts make actions, decide judges them, approve shows them to people.
 * Everything is borrowed from the flow's arena.
 */
#ifndef ACTION_H
#define ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct view_method;

enum effect {
	EFFECT_READ,
	EFFECT_INSERT,
	EFFECT_UPDATE,
	EFFECT_DELETE,		/* DELETE and TRUNCATE */
	EFFECT_DEFINE,		/* DDL */
	EFFECT_GRANT,		/* DCL, roles */
	EFFECT_CALL,		/* a function with effects of its own, CALL */
	EFFECT_EXPORT,		/* data leaves by another door: COPY TO PROGRAM or file */
	EFFECT_SESSION,		/* SET, BEGIN, COMMIT, LISTEN, … */
	EFFECT_UNKNOWN,
	EFFECTS
};

/* A name with a value that an HTTP request carries. */
enum http_form {
	HTTP_TEXT,		/* decoded */
	HTTP_OTHER,		/* of JSON: a number, true, false or null, as written */
	HTTP_OPAQUE,		/* an object, a list or a file: it has no text of its own */
};

struct http_pair {
	struct span name;	/* "page"; of JSON: "customer.name", "items[].card" */
	struct span value;
	enum http_form form;
	bool is_default;	/* it is not there, which is as much as this value (proto3) */
};

/* Where an HTTP request carries names and values. */
enum http_place {
	HTTP_QUERY,		/* behind the '?' */
	HTTP_HEADER,		/* fields of the head */
	HTTP_FORM,		/* a body that is a form: urlencoded or multipart */
	HTTP_FIELD,		/* any body that has names: JSON, and forms too */
	HTTP_PLACES
};

struct http_list {
	const struct http_pair *pairs;	/* in the order they came, doubles too */
	size_t count;
	bool is_open;		/* there may be others: it could not be read, or not to its end */
};

/* What an act of HTTP says beside effect and object. */
struct http_facts {
	struct span method;
	struct span host;	/* lower case, without port; empty: in doubt */
	struct span path;	/* canonical; empty: in doubt */
	struct span operation;	/* its name in the target's API; empty: none */
	struct span content_type;	/* "application/json": lower case, without parameters */
	uint64_t length;	/* of the body, as far as it is told or here */
	bool is_longer;		/* and more of it may come */
	struct http_list places[HTTP_PLACES];
	struct span refusal;	/* why it is denied whatever the rules say; empty: it is not */
	struct span upstream;	/* path and query as they must be sent; empty: as they came */
	bool is_call;		/* of gRPC, */
	const struct view_method *call;	/* to this method of the target's set; NULL: to none of them */
};

/* Where an act looks for its rows. */
enum reach {
	REACH_NONE,		/* not that kind of act */
	REACH_WHERE,		/* a WHERE that reads at least one column */
	REACH_ALL,		/* no WHERE, or one that is always true */
};

/* One effect on one object. */
struct act {
	enum effect effect;
	enum reach reach;
	struct span object;	/* "schema.name" of a relation, "schema.name()" of a function,
				 * the command's tag ("create table", "set search_path") for
				 * what has no object; lower case as the catalogue has it;
				 * of HTTP: the path, as in http_facts */
	const struct span *columns;	/* touched: read, or written; NULL with 0: none told;
				 * of HTTP: fields of the body, by name */
	size_t column_count;
	struct span note;	/* why unknown, or what a person should be told; may be empty */
	const struct http_facts *http;	/* NULL: not of HTTP */
};

/* The base columns one output column derives from. */
struct origin_column {
	struct span relation;	/* "schema.name"; empty: any relation that is read */
	struct span column;	/* empty: any column of it */
};

struct field {
	struct span name;	/* as the answer will call it */
	const struct origin_column *origins;
	size_t origin_count;	/* 0: derives from no column (a constant, count(*)) */
};

/* A column of an answer and what it may carry: made by facts/, used by mask/. */
struct mask_column {
	const struct origin_column *origins;
	size_t origin_count;
	bool is_untraced;	/* could derive from anything the ask reads */
	bool is_plain;		/* it is a column's own value, not one computed from columns */
	uint32_t type;		/* OID, 0: not known */
	bool is_binary;
};

/* How durable the entry must be before the ask goes upstream (ARCHITECTURE 2). */
enum level { LEVEL_HANDED, LEVEL_WRITTEN, LEVEL_SYNCED };

struct action {
	const struct act *acts;
	size_t act_count;
	const struct field *fields;	/* as far as syntax tells; may be empty */
	size_t field_count;
	struct span text;		/* full text of the ask */
	bool has_other_rows;		/* its answer has rows of a statement that was judged before: FETCH */
	bool commits;			/* makes changes of a transaction last */
	bool in_transaction;		/* changes can still be rolled back */
	const struct http_facts *http;	/* of the request its acts are of; NULL: not HTTP */
};

const char *effect_name(enum effect);
/* The effect called `name`, or EFFECTS. */
enum effect effect_of(struct span name);
/* What a method of HTTP does, as far as it alone says (RFC 9110 section 9.3, RFC 5789). */
enum effect effect_of_method(struct span method);

#endif
