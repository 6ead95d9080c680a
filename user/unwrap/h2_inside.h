/* h2_inside.h: what the files of h2 share. Nobody else includes it. */
#ifndef UNWRAP_H2_INSIDE_H
#define UNWRAP_H2_INSIDE_H

#include <nghttp2/nghttp2.h>

#include "unwrap/h2.h"

#define H2_UNKNOWN UINT64_MAX		/* a length that was not told */

/* ---- h2_memory.c: what libnghttp2 allocates, counted and wiped ---- */

struct h2_memory {
	size_t used, limit;
};

nghttp2_mem h2_memory_functions(struct h2_memory *);

/* ---- h2_guard.c: frames counted before anyone parses them ---- */

#define H2_FRAME_HEAD 9			/* RFC 9113 section 4.1 */

struct h2_guard {
	uint32_t patience, most;
	uint32_t skip;			/* bytes of a frame, or of the preface, still to come */
	uint32_t continuations;		/* of this header block */
	uint8_t head_n, head[H2_FRAME_HEAD];
};

void h2_guard_begin(struct h2_guard *, uint32_t patience, bool is_server);
/* Count the frames in it. NULL, or a constant sentence: the peer asks too much. */
const char *h2_guard_read(struct h2_guard *, struct span in);
bool h2_guard_spend(struct h2_guard *, uint32_t n);	/* false: nothing is left */
void h2_guard_earn(struct h2_guard *, uint32_t n);

/* ---- h2_field.c: which bytes and which fields may be where ---- */

enum h2_field {
	FIELD_PLAIN,
	FIELD_HOP,			/* belongs to one connection: RFC 9113 section 8.2.2 */
	FIELD_CONNECTION,
	FIELD_CODING,			/* Transfer-Encoding */
	FIELD_TE,
	FIELD_TRAILER,
	FIELD_HOST,
	FIELD_LENGTH,
	FIELD_COOKIE,
	FIELD_ACCEPT,			/* Sec-WebSocket-Accept, of a key that nobody in HTTP/2 has given */
	FIELD_SECRET,			/* like PLAIN, and no compressor shall remember it (RFC 7541 section 7.1.3) */
};

enum h2_class {
	CLASS_TOKEN = 1,		/* RFC 9110 section 5.6.2 */
	CLASS_LOWER = 2,		/* the same without A to Z */
	CLASS_VALUE = 4,		/* of a field: RFC 9110 section 5.5 */
	CLASS_PATH = 8,			/* visible, no '#' */
	CLASS_HOST = 16,		/* names and addresses, with a port */
};

bool h2_is_all(struct span, enum h2_class);	/* and not empty */
bool h2_is_value(struct span);			/* no blanks around it, may be empty */
enum h2_field h2_field_kind(struct span name);	/* in lower case */
bool h2_same_name(struct span, struct span);	/* without case */
bool h2_read_length(struct span, uint64_t *out);	/* digits only, at most 18 */

/* ---- streams ---- */

enum h2_give {
	GIVE_HEAD,
	GIVE_LENGTH,			/* `give_left` bytes of a body, */
	GIVE_SIZE, GIVE_CHUNK, GIVE_CHUNK_END, GIVE_TRAILERS,	/* or chunks, */
	GIVE_ALL,			/* or all there is until h2_stream_end() */
	GIVE_DONE,
};

struct h2_stream {
	uint32_t number;		/* what the caller calls it: of the server face, its id */
	int32_t id;			/* 0: no request was sent yet */
	bool is_open;			/* libnghttp2 has it */
	bool is_closed;			/* it had, or never will */
	bool is_kept;			/* the caller, told or to be told, has not freed it */
	bool is_told;
	bool is_stirred;
	bool is_reset, may_retry;
	bool by_us;			/* the caller reset it */
	uint32_t code;
	bool answers_head;		/* the request is HEAD */
	bool opens_socket;		/* it is for a WebSocket: behind its head are frames, until it ends */

	/* from the peer */
	struct out in;			/* HTTP/1.1 */
	size_t owed;			/* bytes of DATA whose windows are not open again: never more than are in `in` */
	uint64_t in_left;		/* of the length that was told */
	bool in_has_head;		/* the final one */
	bool in_is_bare;		/* no body may come */
	bool in_is_chunked;
	bool in_ended;

	/* to the peer */
	enum h2_give give;
	struct out text;		/* lines so far; the trailers, once DONE */
	struct out body;		/* not sent yet */
	uint64_t give_left;
	bool has_trailers;
	bool is_waiting;		/* libnghttp2 will not ask for more until it is told */
	bool was_short;			/* less was taken than was given */
	bool is_sent;			/* END_STREAM */

	/* once nobody keeps it, and the peer still sends */
	uint32_t linger_bytes, linger_seconds;	/* that are left */
	bool is_dismissed;		/* it was told to send no more */
};

/* ---- h2_block.c: one header block being read ---- */

enum h2_pseudo {
	PSEUDO_METHOD, PSEUDO_SCHEME, PSEUDO_AUTHORITY, PSEUDO_PATH, PSEUDO_STATUS, PSEUDO_PROTOCOL, PSEUDO_HOST, PSEUDOS
};

/* Blocks of several streams never mix (RFC 9113 section 4.3), so there is one. */
struct h2_block {
	struct h2_stream *stream;	/* NULL: it is decoded and forgotten */
	struct out pseudo[PSEUDOS];	/* and Host */
	struct out fields;		/* lines of HTTP/1.1 */
	struct out cookie;
	size_t bytes, seen;		/* as limits count; `seen`: also of what is not kept */
	uint32_t count;
	uint64_t length;
	bool is_trailers;
	bool has_fields;
	bool is_bad, is_large;
};

struct h2 {
	nghttp2_session *session;
	struct h2_limits limits;
	struct h2_memory memory;
	struct h2_guard guard;
	struct h2_block block;
	const char *scheme;
	bool is_server;
	bool is_going, is_broken;
	bool has_settings;		/* the peer's have come */
	bool takes_sockets;
	bool is_cut;			/* there was no room for all that is to be sent */
	uint32_t unpinged;		/* seconds since the last PING of ours, H2_PING_S at most */
	const char *why;
	struct h2_stream **slots;	/* slot_count of them, NULL: free */
	uint32_t *numbers;		/* of those in the slots, 0: free */
	uint32_t slot_count, slot_top;	/* those from slot_top on are free */
	uint32_t last_number;		/* client face */
	uint32_t untold, stirred;	/* how many */
	bool is_any_short;		/* of room to give */
	uint32_t cursor;		/* of h2_stirred(), so that each has its turn */
	size_t waiting;			/* bytes of all `in` */
};

/* It is over: say why, and tell the peer by GOAWAY when there is a code. */
void h2_break(struct h2 *, const char *why, uint32_t code);

void h2_block_free(struct h2_block *);
void h2_block_begin(struct h2 *, struct h2_stream *);
void h2_block_field(struct h2 *, struct span name, struct span value);
/* All fields are there. 0, or the code to reset the stream with. */
uint32_t h2_block_end(struct h2 *, bool ends);
/* A piece of the body; its end. 0, or the code. */
uint32_t h2_body_put(struct h2 *, struct h2_stream *, struct span);
uint32_t h2_body_end(struct h2 *, struct h2_stream *, struct span trailers);

/* ---- h2_peer.c: what libnghttp2 tells ---- */
void h2_peer_set(nghttp2_session_callbacks *);

/* ---- h2_stream.c: the table of them ---- */
struct h2_stream *h2_stream_new(struct h2 *);	/* NULL: none is free, or no memory */
struct h2_stream *h2_stream_find(const struct h2 *, uint32_t number);
void h2_stream_stir(struct h2 *, struct h2_stream *);
void h2_stream_fail(struct h2 *, struct h2_stream *, uint32_t code);	/* reset it, and count that against the peer */
void h2_stream_closed(struct h2 *, struct h2_stream *, uint32_t code);	/* libnghttp2 has it no more */
void h2_stream_drop(struct h2 *, struct h2_stream *);	/* nobody has it any more */
void h2_stream_ask(struct h2 *, struct h2_stream *);	/* there is more to send: let libnghttp2 ask for it */
void h2_stream_begin(struct h2 *, struct h2_stream *, uint32_t number);	/* it is the caller's to hear of */
bool h2_stream_has_room(const struct h2 *, const struct h2_stream *);
void h2_streams_relieve(struct h2 *);		/* something was sent: stir who was short of room */
void h2_streams_lose(struct h2 *, uint32_t code);	/* all of them: the connection is gone */

/* ---- h2_linger.c: requests whose answer is whole before they are ---- */
void h2_linger_begin(struct h2 *, struct h2_stream *);	/* what is sent is all; nobody keeps it */
void h2_linger_data(struct h2 *, struct h2_stream *, int32_t id, size_t n);	/* DATA that nobody reads; stream NULL: none */
void h2_linger_rest(struct h2 *, uint32_t seconds);

/* ---- h2_head.c: the head of a message that is given ---- */

struct h2_head {
	nghttp2_nv fields[4 + H2_FIELDS_MAX];	/* pseudo-fields first */
	size_t count;
	uint64_t length;
	bool is_chunked;
	bool is_head;			/* a request, by HEAD */
	bool takes_switch;		/* of an answer, before it is read: it may be 101, which goes as 200 */
	bool switches;			/* and is */
	unsigned int status;		/* of an answer */
};

/* Read it, in lower case then where it stands. NULL, or a sentence. The fields point into it. */
const char *h2_head_read(struct h2_head *, uint8_t *p, size_t n, const char *scheme, bool is_request);
const char *h2_head_trailers(struct h2_head *, uint8_t *p, size_t n);

#endif
