/*
 * wire.h: the plug-in between a protocol and the worker.
 * A codec is pure: bytes in, instructions out, state in the memory it is given,
 * no I/O, no clock. The conductor (flow/) reads sockets, feeds bytes, and obeys.
 *
 * How a flow goes. The conductor gives what came from one side to next(), which
 * names the next unit: how many bytes of the input it is (n), what kind, and to
 * which turn and lane it belongs. The conductor then calls exactly one of
 *   pass     send it on (the codec re-serialises, keeps its slots, mends lengths);
 *   refuse   do not: say no in the protocol, in its slot, the stream usable;
 *   drop     swallow it (a unit next() marked as the codec's own business);
 * and consumes n bytes. Both queues `to[WIRE_CLIENT]` and `to[WIRE_SERVER]`
 * belong to the conductor, codecs append: protocols answer for themselves.
 * An ask whose verdict takes time simply is not consumed: nothing behind it on
 * that side is read, answers go on. (HTTP/2, where other lanes must go on, will
 * park by lane: the event names it, and the codec queues that lane's units.)
 *
 * Laws, held by tests/fuzz/laws for every codec: progress, honest hunger,
 * prefix, replay, finality, containment, refusal parses, rewrite parses,
 * ambiguity is bad. ARCHITECTURE section 6 has them in full.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"
#include "span.h"

enum wire_side { WIRE_CLIENT, WIRE_SERVER, WIRE_SIDES };

enum wire_step {
	WIRE_MORE,	/* event.need bytes in all, more than were given, are needed */
	WIRE_UNIT,	/* a whole unit of event.n bytes */
	WIRE_PART,	/* event.n bytes of a large unit that is never held whole; pass or drop */
	WIRE_BAD,	/* not this protocol: event.why. Only BAD from here on */
};

enum wire_kind {
	UNIT_PLAIN,	/* no meaning of its own: pass */
	UNIT_OWN,	/* the codec's own business (TLS and GSS requests, login dialogue, the rest of a request
			 * that was refused); it has written its answer already: drop */
	UNIT_TLS,	/* client asks for TLS: answer written; after it is sent, bytes are TLS: drop */
	UNIT_LOGIN,	/* client names user and database: event.login; dial, then login_begin */
	UNIT_CANCEL,	/* event.cancel: route to that flow, then close this one */
	UNIT_ASK,	/* wants a verdict: event.ask */
	UNIT_BYE,	/* client says good-bye: pass, then half-close */
	UNIT_FIELDS,	/* answer: names and types of the columns that follow: event.fields */
	UNIT_ROW,	/* answer: one row of fields, to mask: event.row */
	UNIT_TEXT,	/* answer: error or notice, text fields to mask: event.row (text pieces) */
	UNIT_DONE,	/* answer: a turn is complete: event.done */
	UNIT_REPLY,	/* answer of an own turn: event.row; drop */
	UNIT_REPLY_END,	/* own turn complete: event.done; drop */
	UNIT_LOGGED_IN,	/* upstream login is complete; the client has been told: drop */
	UNIT_HEAD,	/* answer: its head: event.head. Its body follows as UNIT_BODY, unless event.ends */
	UNIT_BODY,	/* a run of a body, of either side, cut anywhere: event.body; an ask's: behind one that is_open */
	UNIT_KINDS
};

/* WIRE_MORE of a client: may what is missing never come before an answer does? See hasten(). */
enum wire_hunger {
	HUNGER_PLAIN,		/* no: nothing is answered before it is here */
	HUNGER_OPEN,		/* an ask of no told length has begun: its client may wait in the middle of it */
	HUNGER_DIALOGUE,	/* the same, and clients of its kind do so by habit (gRPC, behind a message) */
};

#define WIRE_FIELDS_MAX 1664	/* PostgreSQL: MaxTupleAttributeNumber */

/* One value of an answer: a column of a row, or a text piece of an error. */
struct wire_field {
	struct span bytes;
	bool is_null;
	bool is_binary;
	char code;		/* UNIT_TEXT: the protocol's field code ('M', 'D', 'H', …) */
	uint32_t type;		/* OID, 0: not known */
	uint32_t cut;		/* a bound value too large to be held: its length, and no bytes; 0: it is here */
};

/* A column as the protocol announces it. */
struct wire_column {
	struct span name;
	uint32_t table;		/* OID of its base relation; 0: an expression */
	uint16_t column;	/* number in it */
	uint32_t type;		/* OID */
	bool is_binary;
	bool is_promised;	/* told of its statement, not of this execution: names may have moved since */
};

/* How COPY … TO STDOUT writes its rows ("File Formats" of its page), which the protocol does not tell. */
enum wire_copy_format { WIRE_COPY_OPAQUE, WIRE_COPY_TEXT, WIRE_COPY_CSV, WIRE_COPY_BINARY, WIRE_COPY_FORMATS };
#define WIRE_COPY_NULL_MAX 32

struct wire_copy {
	uint8_t format;			/* OPAQUE: not known, or none that can be taken apart */
	uint8_t delimiter, quote, escape;	/* text: delimiter; csv: all three */
	bool has_header;		/* the first row is names */
	uint8_t null_n;
	uint8_t null[WIRE_COPY_NULL_MAX];	/* text, csv: how NULL is written */
};

enum wire_phase {
	PHASE_QUERY,		/* simple: text is known, values are in it */
	PHASE_PARSE,		/* text is known, values are not: may it be prepared? */
	PHASE_BIND,		/* values are known, and from here on other statements can run it by its name */
	PHASE_EXECUTE,		/* values are known */
	PHASE_FUNCTION,		/* fast-path call */
	PHASE_REPLICATION,
	PHASE_REQUEST,		/* HTTP: ask.request */
	PHASE_MESSAGE,		/* WebSocket: one message of the client, of a request that opened the way for it: ask.request
				 * with that one's line and Host, no fields, and the message as its body. Nothing answers it:
				 * passed, its turn is over */
};

/* A header field, a trailer, or what is done to one. */
struct wire_pair {
	struct span name, value;
};

#define WIRE_HEADERS_MAX 128	/* of one message; a longer list is not this protocol */

/* WebSocket (RFC 6455): a request that opens a way for messages in both directions, and what goes over it. */
enum wire_channel {
	CHANNEL_NONE,		/* none: HTTP */
	CHANNEL_OPEN,		/* a request that asks for one */
	CHANNEL_TEXT,		/* a whole message: text, which is UTF-8, */
	CHANNEL_BINARY,		/* or bytes */
	CHANNEL_CONTROL,	/* of the server: what a ping or pong says, or why it closes */
};

/* An HTTP request (RFC 9110), as it was understood. Spans are its own bytes, nothing decoded but the body's
 * transfer coding; what two readers could read differently never gets here. */
struct wire_request {
	struct span method;		/* a token, in its own case */
	struct span scheme;		/* "http" or "https" where the request says it (absolute form, HTTP/2), or empty */
	struct span host;		/* Host or :authority, without userinfo, port included; exactly one was sent */
	struct span path;		/* begins with '/', or is "*" (OPTIONS); before the '?' */
	struct span query;		/* behind the '?'; p is NULL when there is none */
	const struct wire_pair *headers;	/* as sent, hop-by-hop ones (RFC 9110 section 7.6.1) and lengths too */
	size_t header_count;
	struct span body;		/* as far as it is here */
	bool is_open;			/* more of it follows as UNIT_BODY: it is longer than unit_limit, as it is framed,
					 * or who asks is waiting in the middle of it: see hasten() */
	uint64_t body_length;		/* as it was announced; UINT64_MAX: not told */
	const struct wire_pair *trailers;	/* of a chunked body that is here whole */
	size_t trailer_count;
	enum wire_channel channel;	/* OPEN; TEXT or BINARY of a message */
};

/* The head of an HTTP answer. */
struct wire_head {
	unsigned int status;		/* 100..999; 1xx: another head follows, but for 101: what was asked for is open, and
					 * messages follow, until a UNIT_BODY that ends */
	const struct wire_pair *headers;
	size_t header_count;
	uint64_t body_length;		/* UINT64_MAX: not told; 0: it has none */
	bool has_body;			/* false too for what answers HEAD, and for 1xx, 204 and 304 */
};

/* What is done to a message's head on its way. Names are compared without case. */
struct wire_change {
	const struct wire_pair *set;	/* each in place of all fields of that name */
	size_t set_count;
	const struct span *drop;	/* all fields of that name */
	size_t drop_count;
	struct span path_and_query;	/* of a request: in place of its own; empty: its own */
	bool has_body;			/* of a request: `body` in place of what is here of its own, of body_length in all; where
					 * it is_open, put() follows for each of its units. Without trailers */
	struct span body;
	uint64_t body_length;
	bool own_reason;		/* of an answer: the registry's words behind its status, not free text (RFC 9112) */
	bool is_new_body;		/* of an answer: other bytes will come: lengths, digests, ranges and validators
					 * (RFC 9110 sections 8.6, 8.8.3, 14.3; RFC 9530) go, framing is chosen anew */
};

struct wire_ask {
	enum wire_phase phase;
	uint32_t turn;			/* number of the turn on this flow, from 1 */
	struct span text;		/* the statement(s); BIND, EXECUTE: where SQL made it, what SQL would say to run it;
					 * empty when nobody knows what that is: judge it as unknown */
	struct span name;		/* of the statement or portal, as the client called it */
	uint32_t function;		/* FUNCTION: its OID */
	struct span result_formats;	/* BIND, EXECUTE: Bind's result format codes, 2 bytes each; FUNCTION: one */
	const struct wire_field *values;	/* BIND, EXECUTE: bound values; FUNCTION: arguments; value_count of them */
	const uint32_t *value_types;	/* OID per value as Parse declared, 0: not said; NULL: none was */
	size_t value_count;
	uint32_t row_limit;		/* EXECUTE: 0 none */
	uint64_t statement;		/* which Parse this executes: the turn number of that Parse; 0 none */
	bool is_too_large;		/* nothing of it but its kind is known: refuse it */
	bool continues;			/* EXECUTE of a portal that has passed before: at its Bind, or suspended */
	uint32_t bound;			/* EXECUTE: the turn before its Bind, when its names were given their meaning */
	char transaction;		/* 'I' idle, 'T' in one, 'E' failed, as of the last answer; '?' pipelined: unknown */
	struct wire_request request;	/* REQUEST; `text` is then its request line, fields and body as they came */
};

struct wire_login {
	struct span user, database, application;
	const struct span *settings;	/* names of what it sets besides, as written: SET by another door */
	size_t setting_count;
	bool is_replication;
};

/* What a skill has instead of the backend's cancel key. What is not of its `n` bytes is zero. */
#define WIRE_KEY_BYTES 32
struct wire_key {
	uint8_t n, p[WIRE_KEY_BYTES];
};

struct wire_cancel {
	uint32_t pid;		/* as the skill was told: the backend's own process, */
	struct wire_key key;	/* and a key of ours */
};

struct wire_done {
	uint32_t turn;		/* which ask this answers; 0: several or none */
	struct span tag;	/* CommandComplete's tag */
	struct span error;	/* SQLSTATE, when it failed */
	struct span message;	/* of that error */
	char transaction;	/* as the server said */
	bool is_last;		/* nothing of this turn follows */
	uint32_t upto;		/* with `transaction`: every turn up to this one is now complete; one that never
				 * had its own is_last was skipped by the server after an error, or refused */
};

struct wire_event {
	enum wire_kind kind;
	size_t n;		/* bytes of the input this is */
	size_t need;		/* WIRE_MORE */
	enum wire_hunger hunger;	/* WIRE_MORE */
	uint32_t turn;		/* the turn it belongs to; 0: none */
	uint32_t lane;		/* 0 where the protocol has one */
	const char *why;	/* WIRE_BAD: a constant sentence */
	bool is_final;		/* nothing follows from this side: obey, flush both queues, close */
	bool is_direct;		/* UNIT_TLS: no request; these bytes and all that follow are TLS already */
	bool ends;		/* HEAD, BODY: nothing of this message follows */
	bool ends_flow;		/* HEAD: no other ask will be answered behind this one. ASK: nor behind its refusal,
				 * which says so: flush it, and close once the client has (what it still sends is OWN) */
	bool lost_reply;	/* every own turn still outstanding but this one's will never be answered */
	union {
		struct wire_ask ask;
		struct wire_login login;
		struct wire_cancel cancel;
		struct { const struct wire_column *columns; size_t count; bool is_copy; } fields;
		/* columns: one per field for ROW and REPLY (zeros where nothing was announced), NULL for TEXT.
		 * A WIRE_PART of a ROW has neither: it cannot be masked; see whole(). */
		struct {
			const struct wire_field *fields; size_t count; const struct wire_column *columns;
			bool begins;	/* ROW: it is one more row, not another part of one */
			bool is_opaque;	/* one field that cannot be looked into: refuse it when masks are active */
		} row;
		struct wire_done done;
		struct wire_head head;
		/* channel: not NONE: no run, but a message whole, in its turn's channel; put() takes its place */
		struct {
			struct span bytes;
			const struct wire_pair *trailers;
			size_t trailer_count;
			enum wire_channel channel;
		} body;
	};
};

/* What a refusal tells the skill: code and sentence are the same for all protocols (user/flow/refusal.h). */
struct wire_no {
	const char *sqlstate;	/* 5 characters, class IL is ours (docs: man 7 interlock) */
	struct span message;	/* "refused by policy (ref-…)" */
	struct span hint;	/* what may be done next */
	struct span id;		/* of the refusal: "ref-…"; empty: it has none */
	struct span hold;	/* "hld-…": people are asked, and it is to be asked again; empty: they are not */
	unsigned int retry_after_s;	/* not before so many seconds; 0: nothing is said of that */
	unsigned int status;	/* of HTTP */
	unsigned int rpc;	/* of gRPC ("Status codes and their use in gRPC"); 0: what `status` is in its terms */
	bool fatal;		/* end the flow after it */
};

/* Arena of one flow: everything a codec keeps lives here. */
struct arena;

struct wire_settings {
	struct arena *arena;
	size_t unit_limit;	/* a text larger than this is refused; bound values and rows go in parts, but for whole() */
	bool offers_tls;	/* to the skill */
	struct wire_key key;	/* random, full; the client may be told the beginning of it alone */
	bool needs_proof;	/* a server that lets in without asking for a proof is not believed */
};

struct wire_codec {
	const char *name;
	enum wire_side first;	/* who speaks first */
	const char *alpn;	/* its name in TLS (IANA), at most 32 bytes; NULL: none */
	bool has_login;		/* UNIT_LOGIN comes before all asks; else the backend is dialed once the client has begun
				 * to speak, and asks may come at once */

	/* 0..100: how sure these first bytes of a client are this protocol; *need > head.n asks for more. */
	int (*sniff)(struct span head, size_t *need);
	/* New state, or NULL when the arena is full. */
	void *(*open)(const struct wire_settings *);

	/* Name the next unit. Spans in *event point into `in` or the arena, good until the next call.
	 * For UNIT_OWN and UNIT_TLS an answer may have been put into to[] . */
	enum wire_step (*next)(void *, enum wire_side, struct span in, struct out to[WIRE_SIDES], struct wire_event *event);

	/* Of codecs whose units may last as long as their connection, else NULL: nothing more will come from this side,
	 * and all that came is consumed. True: that ends a unit, and *event is its last, of no bytes, to be obeyed as
	 * any other. False: it ends nothing, or in the middle. */
	bool (*ended)(void *, enum wire_side, struct wire_event *event);

	/* Obey a verdict on the unit that next() just named, whose bytes are `unit` (event.n of them).
	 * next() may be called again for a unit not yet obeyed (an ask whose verdict takes time) and
	 * names it again as things then stand; but for UNIT_OWN, UNIT_TLS, UNIT_LOGGED_IN: obey at once.
	 * refuse() of the server's side (a row that cannot be masked, a limit reached) ends the flow. */
	void (*pass)(void *, enum wire_side, struct span unit, struct out to[WIRE_SIDES]);
	void (*refuse)(void *, enum wire_side, struct span unit, const struct wire_no *, struct out to[WIRE_SIDES]);
	void (*drop)(void *, enum wire_side, struct span unit, struct out to[WIRE_SIDES]);
	/* Pass a row or text with other bytes for some fields: fields[i].bytes as they shall be. */
	void (*rewrite)(void *, struct span unit, const struct wire_field *fields, size_t count, struct out to[WIRE_SIDES]);

	/* Of codecs whose asks are PHASE_REQUEST, else NULL. In place of pass() of an ask, or of an answer's head: with
	 * that done to it. An answer's is_new_body is kept for its body: put() follows for each of its units. */
	void (*change)(void *, enum wire_side, struct span unit, const struct wire_change *, struct out to[WIRE_SIDES]);
	/* In place of pass() of a UNIT_BODY: `bytes` (any number, none too) in place of its own. Without is_new_body as many
	 * in all as there were (as there were to be, with has_body): some may come later than they could, and none sooner. */
	void (*put)(void *, enum wire_side, struct span unit, struct span bytes, struct out to[WIRE_SIDES]);
	/* Before pass() or put() of an answer's UNIT_BODY that ends: that is done to its trailers. It must last until then. */
	void (*trail)(void *, const struct wire_change *);

	/* Of codecs whose hunger is not always plain, else NULL. Of an ask in the middle of which its client has been
	 * silent for a while: true: next() names it now with what is here, is_open, unless the rest came after all. */
	bool (*hasten)(void *);

	/* Called before pass() of an ask: what its text says of the rows of a COPY it may answer with. */
	void (*copy_form)(void *, const struct wire_copy *);

	/* Rows of up to `limit` bytes are wanted whole from now on, since they must be masked; 0: of up to
	 * unit_limit again. A row's first part was not obeyed yet: next() names it anew. */
	void (*whole)(void *, size_t limit);

	/* Before that: ask the client for a proof of its own, by SCRAM; `binds`: it may be bound to our TLS. Then
	 * next(CLIENT) gives UNIT_OWN with wants_proof() true, VAULT_VERIFY_FIRST and then _FINAL, whose answers go
	 * to login_proof(). Its answers may also be UNIT_BYE. */
	void (*challenge)(void *, bool binds, struct out to[WIRE_SIDES]);
	/* Upstream login, once dialled (and once TLS is up, when there is TLS): write the first message.
	 * Parameters of the client are kept but for user. Then the dialogue: next(SERVER) gives UNIT_OWN with
	 * wants_proof() true when the keeper must answer, whose answer goes to login_proof(). */
	void (*login_begin)(void *, struct span role, struct span database, struct out to[WIRE_SIDES]);
	/* True when a proof is wanted: vault/vault.h's step and its input, good until the next call.
	 * While it is true, next() of that side must not be called: what is there waits for login_proof().
	 * Some inputs begin with a byte that the conductor, who has the TLS, completes. VAULT_CLEARTEXT: is TLS
	 * up? (Was it verified?) VAULT_SCRAM_FIRST: is SCRAM-SHA-256-PLUS offered? (Bound to what?)
	 * VAULT_VERIFY_FIRST: was it chosen? (To what could it be bound?) */
	bool (*wants_proof)(void *, uint8_t *step, struct span *input);
	void (*login_proof)(void *, uint8_t step, struct span output, struct out to[WIRE_SIDES]);
	/* Ask the server for TLS; its one-byte answer is UNIT_OWN; tls_answer(): 'S', 'N' or 0 not yet. */
	void (*tls_ask)(void *, struct out to[WIRE_SIDES]);
	char (*tls_answer)(void *);

	/* A question of the daemon's own, put where the flow now stands, answered with UNIT_REPLY and
	 * UNIT_REPLY_END. `text` is one statement without parameters. False: cannot be asked now. */
	bool (*own_turn)(void *, struct span text, struct out to[WIRE_SIDES]);
	/* What may be written now to keep a waiting client patient; may write nothing. */
	void (*calm)(void *, struct out to[WIRE_SIDES]);
	/* Of codecs whose answers may be begun before they are there, else NULL. The ask in hand waits, and its client listens
	 * to server-sent events: begin its answer with them. calm() writes comments then; a refusal, and an answer that is no
	 * such thing, is an error of JSON-RPC under the id `call` (JSON). False: it cannot, and nothing was written. */
	bool (*events)(void *, struct span call, struct out to[WIRE_SIDES]);
	/* One more event, with that data (one line), while it waits. */
	void (*tell)(void *, struct span data, struct out to[WIRE_SIDES]);
	/* Write a fatal refusal outside any turn (login refused, daemon stopping). */
	void (*farewell)(void *, const struct wire_no *, struct out to[WIRE_SIDES]);
	/* The upstream's cancel message for this flow into *out; false: none yet. */
	bool (*cancel)(void *, struct out *);
	/* Was the client of this flow told that process, and that key? Takes as long whatever is wrong with the key. */
	bool (*holds_key)(const void *, const struct wire_cancel *);
	/* A value of the server's reported settings ("standard_conforming_strings"); empty: not reported. */
	struct span (*setting)(void *, const char *name);
	/* True: nothing is outstanding on either side. */
	bool (*is_idle)(void *);
	/* False: too much is unanswered. Read no more from the client until answers have come. */
	bool (*has_room)(void *);
};

extern const struct wire_codec wire_pg;
extern const struct wire_codec wire_raw;
extern const struct wire_codec wire_http1;

/* The codec of a target's protocol (enum view_protocol), or NULL. */
const struct wire_codec *wire_find(unsigned int protocol);

#endif
