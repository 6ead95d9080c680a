/*
 * h2.h: HTTP/2 (RFC 9113) over memory, both faces, one connection each. In the worker.
 * No sockets, no clock: bytes of HTTP/2 in, and each stream comes out as one exchange of
 * HTTP/1.1 (RFC 9112) in bytes, and back. So one strict reader of HTTP/1.1 judges all there is,
 * whatever versions the two sides speak. Nothing is copied from one to the other: what comes is
 * checked, taken apart and written anew, so a message of HTTP/2 never becomes two of HTTP/1.1.
 * Frames, HPACK and flow control are libnghttp2's; limits against a hostile peer are counted here.
 *
 * The turn of whoever holds one: h2_read() of what came; h2_begun() until 0; h2_stirred() until 0,
 * taking from and giving to each stream named; h2_write(). A stream whose bytes are not taken stops
 * its sender (flow control), one whose peer does not read takes no more (h2_stream_give); no
 * stream stops another. Everything is bounded by struct h2_limits.
 */
#ifndef UNWRAP_H2_H
#define UNWRAP_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"
#include "span.h"

struct h2;

enum h2_state {
	H2_OPEN,
	H2_GOING,	/* one side has said GOAWAY: streams begun go on, no other begins */
	H2_CLOSED,	/* the same, and none is left */
	H2_BROKEN,	/* h2_error() says why; what h2_write() still has is the peer's to know */
};

/* Error codes of streams (RFC 9113 section 7) that matter here. A peer may send any 32 bits. */
enum h2_code {
	H2_NO_ERROR = 0x0,
	H2_PROTOCOL_ERROR = 0x1,
	H2_INTERNAL_ERROR = 0x2,
	H2_REFUSED_STREAM = 0x7,	/* nothing was done: may be tried again (section 8.7) */
	H2_CANCEL = 0x8,
	H2_ENHANCE_YOUR_CALM = 0xb,
};

#define H2_STREAMS_MAX 256		/* of h2_limits.streams */
#define H2_FIELDS_MAX 128		/* of one head or its trailers; WIRE_HEADERS_MAX */
#define H2_LINGER_BYTES (64u << 20)	/* of h2_limits_usual */
#define H2_WIRE_BYTES (64u << 10)	/* h2_write() adds nothing to a queue that holds this much */

struct h2_limits {
	uint32_t streams;		/* at once, 1..H2_STREAMS_MAX */
	uint32_t header_bytes;		/* of one head or its trailers; a field is 32 more (RFC 9113 section 6.5.2) */
	uint32_t stream_window;		/* bytes of a body that may wait to be taken, 65535..2^30 */
	uint32_t connection_window;	/* of all streams together; never less than one's */
	uint32_t waiting_bytes;		/* of all streams, not taken: above it, one that begins is refused */
	uint32_t queue_bytes;		/* of a body given to one stream and not sent */
	uint32_t patience;		/* see h2_rest() */
	uint32_t linger_bytes;		/* of a request that is read on for nobody, once its answer is whole, */
	uint32_t linger_seconds;	/* and for how long: 0 of either: not at all */
	size_t memory;			/* libnghttp2's */
};
extern const struct h2_limits h2_limits_usual;

/*
 * Server face, for the skill; client face, to the backend. `scheme` is what the connection is,
 * "https" or "http", and stays the caller's: a request that says another is malformed. NULL limits:
 * the usual ones. Returns 0 or -ENOMEM, and then *out is unchanged.
 */
int h2_server_new(struct h2 **out, const char *scheme, const struct h2_limits *);
int h2_client_new(struct h2 **out, const char *scheme, const struct h2_limits *);

/* What came from the peer, all of it, in any cutting. Bytes after the end of everything are ignored. */
enum h2_state h2_read(struct h2 *, struct span in);
/*
 * Append what may be sent now, until *wire holds H2_WIRE_BYTES; h2_wants_write(): that stopped it, and
 * there may be more. To be called after everything else, and when *wire has room again. An error
 * of the peer's is known here at the latest, since it is answered. A *wire that fails is BROKEN.
 */
enum h2_state h2_write(struct h2 *, struct out *wire);
bool h2_wants_write(const struct h2 *);
/*
 * Server face: take WebSockets from now on (RFC 8441): CONNECT with :protocol "websocket" comes as the GET that opens one in
 * HTTP/1.1 (RFC 6455 section 4.1), with a key of our own, and 101 goes as 200; what follows either is frames of the
 * WebSocket, as they are. To be said where the backend can have them. Returns 0 or -ENOMEM.
 */
int h2_take_sockets(struct h2 *);

/* Server face: a stream that has begun, its request's head being there, and was not told of yet; 0: none. It is
 * the caller's from here on until h2_stream_free(). What was reset before is never told of. */
uint32_t h2_begun(struct h2 *);
/* Client face: a stream for one request; 0: the peer's limit (SETTINGS_MAX_CONCURRENT_STREAMS; one, until it has told
 * it) or ours is reached: ask again when one has ended; or the connection is not OPEN: take another one. */
uint32_t h2_begin(struct h2 *);
/* The next stream with news: bytes, its end, a reset, all sent, or room to give where there was too little; 0: none. */
uint32_t h2_stirred(struct h2 *);
bool h2_is_stirred(const struct h2 *);	/* there is one: h2_write() makes room, too */

struct h2_stream_state {
	bool has_ended;		/* the peer's message is whole: h2_stream_in() is the rest of it */
	bool is_reset;		/* by either side, before both messages were whole: what was taken may be cut short */
	bool is_sent;		/* all that was given has gone into *wire */
	bool may_retry;		/* reset, and the peer has done nothing for it: REFUSED_STREAM, or beyond its GOAWAY */
	uint32_t code;		/* of the reset: enum h2_code, or any other */
	size_t room;		/* bytes of a body that would be taken now */
};

/* Of a number that is no stream's: is_reset. */
struct h2_stream_state h2_stream_state(const struct h2 *, uint32_t stream);

/*
 * HTTP/1.1 from the peer, of this one message, not yet taken; good until the next call about this stream or
 * h2_read(). Server face: a request: origin form or "*", Host first, names in lower case but for the
 * lines of framing, cookies in one line (RFC 9113 section 8.2.3); body by Content-Length where one was
 * told, else chunked, trailers in its last chunk. Without a body there is no framing, but
 * "Content-Length: 0" of POST, PUT and PATCH. Client face: heads of answers, any number of 1xx first, framed
 * likewise; what answers HEAD, 204 and 304 has no body. Trailers behind a Content-Length are dropped: no field
 * of HTTP/1.1 could carry them.
 */
struct span h2_stream_in(const struct h2 *, uint32_t stream);
/* Drop `n` bytes of it, which opens the windows for as many: this is the peer's leave to go on. */
void h2_stream_take(struct h2 *, uint32_t stream, size_t n);

/*
 * HTTP/1.1 to the peer, in any cutting: one request (client face), or answers of 1xx and one that is
 * final (server face). Framing as above; an answer with neither length nor chunks goes on until
 * h2_stream_end(). What belongs to one connection is left out (RFC 9113 section 8.2.2): Connection and the
 * fields it names, Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade, HTTP2-Settings, TE but for
 * "trailers". Returns how many bytes were taken; for the rest come again when the stream stirs. Bytes for a stream
 * that was reset are taken and dropped. What is no such message resets the stream (INTERNAL_ERROR).
 */
size_t h2_stream_give(struct h2 *, uint32_t stream, struct span);
/* Nothing will be given any more. A message that is not whole by its own framing is reset. */
void h2_stream_end(struct h2 *, uint32_t stream);
/* End it at once, both ways; `code` is the peer's to know, but that an answer cut short is never NO_ERROR. It stays
 * the caller's. */
void h2_stream_reset(struct h2 *, uint32_t stream, uint32_t code);
/*
 * The caller is done with it, and the number is nobody's. What was given whole still goes out; else it is reset (CANCEL).
 * A client that is not done with its request by then is read on, for nobody, up to the limits of lingering: many
 * take what ends a request early for a failure, and lose the answer. Beyond them it is told to send no more
 * (NO_ERROR, RFC 9113 section 8.1).
 */
void h2_stream_free(struct h2 *, uint32_t stream);
/* Server face: is there a stream that is read for nobody? */
bool h2_lingers(const struct h2 *);

/* Say GOAWAY: no stream begins from here on, those begun go on. */
void h2_goaway(struct h2 *);
/*
 * Seconds have passed, for those that linger too. Frames that carry nothing (SETTINGS, PING, PRIORITY, WINDOW_UPDATE,
 * RST_STREAM, empty DATA, …) and streams that the peer made end early use up the patience of h2_limits; streams that end
 * well, bodies that are sent and time bring it back. When none is left: GOAWAY, ENHANCE_YOUR_CALM (RFC 9113
 * section 10.5; CVE-2019-9512 to -9518, CVE-2023-44487, CVE-2025-8671).
 */
void h2_rest(struct h2 *, uint32_t seconds);
/* Send a PING (RFC 9113 section 6.7), for a peer that waits and may take a quiet connection for a dead one. One in
 * H2_PING_S seconds at most: nothing is done before. */
#define H2_PING_S 10
void h2_ping(struct h2 *);
/* A plain sentence of what broke it, none of the peer's words in it; empty: nothing did. */
const char *h2_error(const struct h2 *);
void h2_free(struct h2 **);

#endif
