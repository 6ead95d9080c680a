/*
 * http1.h: the HTTP/1.1 codec's own state (RFC 9110, RFC 9112). Both sides, in the worker. Pure.
 *
 * A message is a head, which is held whole, and a body. A head is read once, into
 * spans over its own bytes; where two readers could read it differently it is
 * refused. Nothing is ever forwarded as it came: what was understood is written anew
 * (write.c), so that whoever reads it next has nothing left to disagree about.
 *
 * One request is under way at a time: the next is not read before the answer has
 * ended, so nothing is queued. An ask holds its body whole where that is not longer
 * than unit_limit, as it is framed; of a longer one the ask has the beginning, always
 * the same one however the bytes were cut, and the rest goes by in runs. The same goes
 * for one in chunks whose client stops in the middle, to hear an answer first.
 *
 * next() changes nothing but what it has found out about the bytes in hand, which
 * are the same until they are obeyed: how far they were searched, the head, the body
 * without its chunks. So a message that comes byte by byte is read once.
 */
#ifndef WIRE_HTTP1_HTTP1_H
#define WIRE_HTTP1_HTTP1_H

#include "out.h"
#include "span.h"
#include "wire.h"

#define HTTP1_HEAD_MAX 65536		/* bytes of a head */
#define HTTP1_TRAILERS_MAX 16384	/* bytes of what is behind the last chunk */
#define HTTP1_METHOD_MAX 32
#define HTTP1_KEPT_ROOM 65536		/* room for bodies that is not given back between requests */
#define HTTP1_PROBLEM_MAX 16384		/* a problem document */
#define HTTP1_PROBLEM_HELD "urn:interlock:problem:held"	/* its type, where people are asked */
#define HTTP1_RPC_MAX 48		/* a content type of gRPC, and a NUL */

enum http1_framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED, FRAMING_CLOSE };

/* Names of fields that mean something here; table in names.c. */
enum http1_name {
	NAME_OTHER, NAME_PROXY,		/* proxy-…: all of them */
	NAME_HOST, NAME_CONNECTION, NAME_KEEP_ALIVE, NAME_TE, NAME_TRANSFER_ENCODING, NAME_CONTENT_LENGTH,
	NAME_UPGRADE, NAME_HTTP2_SETTINGS, NAME_TRAILER, NAME_EXPECT, NAME_ALT_SVC, NAME_USER_AGENT,
	NAME_CONTENT_TYPE, NAME_CONTENT_ENCODING, NAME_CONTENT_RANGE,
	NAME_AUTHORIZATION, NAME_COOKIE, NAME_SET_COOKIE, NAME_WWW_AUTHENTICATE, NAME_AUTHENTICATION_INFO,
	NAME_CACHE_CONTROL, NAME_RANGE, NAME_IF_MATCH, NAME_IF_NONE_MATCH, NAME_IF_MODIFIED_SINCE,
	NAME_IF_UNMODIFIED_SINCE, NAME_IF_RANGE, NAME_MAX_FORWARDS, NAME_AGE, NAME_DATE, NAME_EXPIRES,
	NAME_LOCATION, NAME_RETRY_AFTER, NAME_VARY, NAME_WARNING, NAME_PRAGMA,
	NAME_SOCKET_KEY, NAME_SOCKET_VERSION, NAME_SOCKET_EXTENSIONS, NAME_SOCKET_PROTOCOL, NAME_SOCKET_ACCEPT,
	NAME_CONTENT_MD5, NAME_DIGEST, NAME_CONTENT_DIGEST, NAME_REPR_DIGEST, NAME_ACCEPT_RANGES, NAME_ETAG,
	HTTP1_NAMES
};

#define HTTP1_HOP 1		/* of this connection alone: not forwarded as it is */
#define HTTP1_NOT_TRAILING 2	/* frames, routes, authenticates or steers: never behind the body */
#define HTTP1_NOT_NAMED 4	/* Connection must not make it go away */
#define HTTP1_OF_BODY 8		/* tells of the body's bytes: untrue of others */

/* Header fields, in order. */
struct http1_fields {
	struct wire_pair *pairs;
	uint8_t *names;		/* enum http1_name of each */
	size_t count, room;
};

struct http1_head {
	const uint8_t *base;	/* where its bytes lay when it was read */
	size_t n;		/* of them, with the empty line; 0: it is not read */
	size_t sought;		/* bytes that have been searched for its end */
	struct http1_fields fields;
	unsigned int minor;	/* of its version: 0 or 1 */
	struct span method, scheme, host, path, query;	/* of a request */
	struct span status_text, reason;		/* of an answer */
	unsigned int status;
	bool has_no_body;		/* answers HEAD, or is 304: it has none, whatever its fields say */
	enum http1_framing framing;	/* of its body as the fields say it */
	uint64_t length;		/* LENGTH */
	bool closes;		/* nothing follows it on its connection */
	bool names_fields;	/* Connection names fields of its own */
	bool expects;		/* 100-continue */
	bool takes_trailers;	/* TE says so */
	bool is_of_head;	/* a request: HEAD */
	bool opens;		/* a request: for a WebSocket, and all that it takes is there */
	struct span key;	/* Sec-WebSocket-Key of such a one */
	bool takes_102;		/* its client is known to take 102 (RFC 2518) for what it is */
};

/* Where in a body one side stands. */
struct http1_body {
	enum http1_framing framing;
	uint64_t left;		/* LENGTH: of it; CHUNKED: of the chunk */
	bool is_between;	/* CHUNKED: a chunk has been before, whose line end is due when left is 0 */
};

/* A run of a body: what the next bytes are of it. */
struct http1_run {
	struct http1_body after;	/* where it then stands */
	size_t n;			/* bytes of the input */
	struct span bytes;		/* of the body */
	size_t trailers_n;		/* bytes of the trailers, which are its last */
	bool ends;
};

enum http1_state {
	HTTP1_HEAD,	/* a head comes next */
	HTTP1_BODY,	/* of a head that went on */
	HTTP1_SINK,	/* the rest of a refused request, which nobody reads */
	HTTP1_MESSAGES,	/* frames of a WebSocket, until the flow ends */
};

#define HTTP1_ACCEPT_SIZE 28	/* of Sec-WebSocket-Accept: SHA-1 in base 64 */
#define HTTP1_KEY_SIZE 24	/* of Sec-WebSocket-Key: 16 bytes in base 64 */

/* A frame of RFC 6455 section 5.2. */
struct http1_frame {
	bool is_last;		/* of its message */
	uint8_t opcode;
	uint8_t key[4];		/* of the client's */
	size_t head;		/* bytes before what it carries, */
	size_t n;		/* and of that */
};

/* One direction of a WebSocket. */
struct http1_channel {
	struct http1_frame frame;	/* in hand */
	uint8_t opcode;			/* of the message under way; 0: there is none */
	uint8_t key[4];			/* of its first frame */
	uint8_t *room;			/* what it carries, as far as its frames are obeyed; and of the one in hand */
	size_t n, size;
	bool is_closed;			/* it has said so */
};

/* The request that a WebSocket was opened with. */
struct http1_opening {
	bool is_asked;			/* the answer may be 101 */
	uint32_t turn;
	uint8_t accept[HTTP1_ACCEPT_SIZE];	/* that it must have */
	struct span protocols;		/* it may choose one of: a list */
	struct span method, scheme, host, path, query;
};

#define HTTP1_CALL_MAX 320	/* bytes of the id of a call, as JSON */

/* An answer that was begun as events, before there is one. */
struct http1_events {
	bool is_on;
	bool is_json;		/* what the server answers is the data of one event */
	bool has_begun;		/* bytes of that have gone on */
	bool is_spent;		/* an error was told, and its end: nothing of the server's goes on */
	uint8_t call[HTTP1_CALL_MAX];
	size_t call_n;
};

struct http1 {
	struct wire_settings set;
	struct arena *arena;
	const char *why;		/* BAD was said, and why */
	unsigned int status;		/* what the client is told then */
	bool is_over;			/* nothing else will be answered */

	enum http1_state state[WIRE_SIDES];
	struct http1_head head[WIRE_SIDES];	/* in hand */
	struct http1_body body[WIRE_SIDES];
	struct http1_run run[WIRE_SIDES];	/* as next() named it */
	struct http1_fields trailers[WIRE_SIDES];
	enum http1_framing to[WIRE_SIDES];	/* how the body is written towards that side */

	/* the ask in hand */
	size_t named;			/* bytes of it; 0: none has been named */
	bool is_open, is_continued, had_blank, has_begun;
	bool is_hastened;		/* it is not waited for any longer */
	struct http1_body scan;		/* how far its chunks have been read, */
	size_t scanned;			/* that is, so many bytes of them */
	size_t framed;			/* bytes of its body that are whole messages of gRPC */
	size_t trailers_n;		/* bytes of its trailers, which are its last */
	uint8_t *room;			/* the body without them */
	size_t room_n, room_size;

	/* the request under way */
	uint32_t turn;			/* of the last ask */
	bool is_asked;			/* its answer has not ended */
	bool has_answered;		/* the answer's head has gone on */
	bool asked_head;		/* HEAD: the answer has no body */
	bool asked_old;			/* HTTP/1.0 */
	bool asked_close;		/* its client wants no more than this answer */
	bool closes;			/* the flow ends behind the answer */
	bool is_new_body;
	bool is_new_ask;		/* the request's body is another than its own, */
	uint64_t ask_left;		/* of which so much is still to come */
	struct http1_events events;	/* of the ask in hand, or under way */
	char asked_rpc[HTTP1_RPC_MAX];	/* its content type, where it is a call of gRPC; else empty */
	const struct wire_change *trailing;	/* what is done to the answer's trailers; NULL: nothing */
	struct http1_opening opening;
	struct http1_channel channel[WIRE_SIDES];
	uint64_t owed;			/* bytes of the answer's body that put() has kept back, of a length that was told */
};

/* text.c: what bytes may stand where */
bool http1_is_token(struct span);
bool http1_is_value(struct span);	/* of a field: no controls but TAB */
bool http1_same(struct span, struct span);	/* without case */
bool http1_is(struct span name, const char *text);
struct span http1_trim(struct span);	/* blanks and TABs at both ends */
/* The next member of a list with commas; false: there is none. Empty ones are skipped. */
bool http1_take_member(struct span *list, struct span *member);
bool http1_read_number(struct span digits, uint64_t *out);	/* decimal, as RFC 9110 section 8.6, no zeros before it */
bool http1_read_hex(struct span digits, uint64_t *out);
bool http1_is_host(struct span);	/* of Host: name or address, perhaps a port */
bool http1_is_path(struct span);
bool http1_is_query(struct span);

/* names.c */
enum http1_name http1_name_of(struct span);
unsigned int http1_name_flags(enum http1_name);
bool http1_name_poses(struct span);	/* reads as another name of framing where '_' is '-' */

/* head.c: where a head ends, and its fields */
bool http1_fail(struct http1 *, unsigned int status, const char *why);	/* false */
enum wire_step http1_bad(const struct http1 *, struct wire_event *);
enum wire_step http1_more(struct wire_event *, size_t need);
/* Lines up to an empty one, of at most `most` bytes: *n of them, 0 while it is not there. *sought is kept between
 * calls with the same bytes. False: they are none. */
bool http1_block_find(struct http1 *, struct span in, size_t most, size_t *sought, size_t *n);
/* MORE, or BAD, or UNIT: the head is of head->n bytes, its first line (without line end) in *line and the others in *rest. */
enum wire_step http1_head_find(struct http1 *, struct http1_head *, struct span in, struct span *line, struct span *rest,
    struct wire_event *);
bool http1_fields_read(struct http1 *, struct http1_fields *, struct span lines);
/* What the fields of either kind of message say of the connection and of the body. */
bool http1_head_common(struct http1 *, struct http1_head *);
/* Does its Connection name this field? */
bool http1_is_named(const struct http1_head *, struct span name);
void http1_head_done(struct http1_head *);

/* request.c, status.c: what the two kinds of head say */
bool http1_request_read(struct http1 *, struct http1_head *, struct span line, struct span rest);
bool http1_status_read(struct http1 *, struct http1_head *, struct span line, struct span rest);

/* body.c: MORE, BAD or UNIT: *run; `trailers` are of its end. */
enum wire_step http1_body_step(struct http1 *, const struct http1_body *, struct span in, struct http1_fields *trailers,
    struct http1_run *run, struct wire_event *);

/* ask.c: the client's side */
enum wire_step http1_ask_next(struct http1 *, struct span in, struct out to[WIRE_SIDES], struct wire_event *);
void http1_ask_pass(struct http1 *, const struct wire_change *, struct out to[WIRE_SIDES]);
void http1_ask_body(struct http1 *, const struct span *bytes, struct out to[WIRE_SIDES]);
void http1_ask_drop(struct http1 *);
bool http1_hasten(void *);
/* The ask in hand is done with, or is to be thrown away. */
void http1_ask_done(struct http1 *, enum http1_state behind);

/* reply.c: the server's side */
enum wire_step http1_reply_next(struct http1 *, struct span in, struct wire_event *);
bool http1_ended(void *, enum wire_side, struct wire_event *);
void http1_reply_pass(struct http1 *, const struct wire_change *, struct out to[WIRE_SIDES]);
/* NULL: its own bytes. */
void http1_reply_body(struct http1 *, const struct span *bytes, struct out to[WIRE_SIDES]);

/* write.c: what goes on */
void http1_write_request(struct http1 *, const struct wire_change *, struct out *);
/* The registry's words for a status; of an unknown one its class'. Never empty. */
const char *http1_reason(unsigned int status);
void http1_write_status(struct http1 *, const struct wire_change *, struct out *);
void http1_write_run(enum http1_framing, struct span bytes, struct out *);
/* `change`: what is done to the trailers; NULL: nothing. */
void http1_write_end(enum http1_framing, const struct http1_fields *trailers, bool is_new_body, const struct wire_change *change,
    struct out *);
bool http1_change_fits(const struct wire_change *);

/* socket.c: how a WebSocket is opened (RFC 6455 section 4) */
bool http1_socket_asked(struct http1 *, struct http1_head *);	/* reads a request's fields; false: it asks wrongly */
bool http1_socket_begin(struct http1 *);			/* the request goes on: what its answer must be is kept */
bool http1_socket_answered(struct http1 *, const struct http1_head *);	/* is 101 what was asked for? */
void http1_socket_write_ask(const struct http1_head *, struct out *);
void http1_socket_write_answer(const struct http1 *, struct out *);

/* events.c: an answer that is begun before there is one */
bool http1_events_begin(void *, struct span call, struct out to[WIRE_SIDES]);
void http1_events_tell(void *, struct span data, struct out to[WIRE_SIDES]);
void http1_events_calm(struct http1 *, struct out *client);
/* An error of JSON-RPC, with that document as its data, and the end. */
void http1_events_error(struct http1 *, struct span message, struct span document, struct out *client);
/* The server's answer: how its body will go on, or that it does not. */
void http1_events_head(struct http1 *, const struct http1_head *, bool has_body, struct out *client);
void http1_events_run(struct http1 *, struct span bytes, bool ends, struct out *client);

/* frame.c: its frames */
enum wire_step http1_frame_read(struct http1 *, enum wire_side, struct span in, struct http1_frame *, struct wire_event *);
void http1_frame_write(uint8_t opcode, const uint8_t key[4], struct span first, struct span rest, struct out *);
void http1_frame_mask(uint8_t *to, struct span from, const uint8_t key[4]);
void http1_frame_close(unsigned int code, struct span reason, struct out *);
#define FRAME_TEXT 1
#define FRAME_BINARY 2
#define FRAME_CLOSE 8
#define FRAME_PING 9
#define FRAME_PONG 10
#define FRAME_CONTROL_MAX 125

/* message.c: what its frames carry */
void http1_message_begin(struct http1 *);
enum wire_step http1_message_next(struct http1 *, enum wire_side, struct span in, struct wire_event *);
bool http1_message_ended(struct http1 *, enum wire_side, struct wire_event *);
/* NULL: its own bytes. */
void http1_message_pass(struct http1 *, enum wire_side, struct span unit, const struct span *bytes, struct out to[WIRE_SIDES]);
void http1_message_drop(struct http1 *, enum wire_side, struct span unit);
void http1_message_refuse(struct http1 *, enum wire_side, const struct wire_no *, struct out to[WIRE_SIDES]);

/* rpc.c: gRPC has its own way to say no */
/* Is the body of the ask in hand, as far as it is here, messages of gRPC that are whole? */
bool http1_rpc_is_between(struct http1 *);
/* The content type of a call of gRPC, cut where parameters begin; empty: it is none. */
struct span http1_rpc_type(const struct http1_head *);
/* A whole answer that says no: nothing but a head ("Trailers-Only"). */
void http1_rpc_refuse(struct span type, const struct wire_no *, unsigned int status, const char *why, bool closes, struct out *);
/* The end of an answer that has begun. False: it cannot be told in its middle. */
bool http1_rpc_end(const struct http1 *, const struct wire_no *, struct out *);

/* refuse.c: saying no */
void http1_refuse_ask(struct http1 *, const struct wire_no *, struct out to[WIRE_SIDES]);
void http1_refuse_reply(struct http1 *, const struct wire_no *, struct out to[WIRE_SIDES]);
void http1_farewell(void *, const struct wire_no *, struct out to[WIRE_SIDES]);
void http1_calm(void *, struct out to[WIRE_SIDES]);

#endif
