/*
 * pg.h: the PostgreSQL codec's own state. Protocol 3, both sides, in the worker. Pure.
 *
 * Four things are kept for a flow, all in its arena:
 *   slots   what the server still owes an answer for, in the order it was sent;
 *   kept    prepared statements and portals by name, as the server will know
 *           them once it has read everything sent so far;
 *   failure the error of the segment being answered;
 *   mute    everything up to the client's next Sync is thrown away, because the
 *           server throws it away (after an error) or will (after a refusal).
 * A *segment* is what lies between two messages answered by ReadyForQuery
 * (Sync, Query, FunctionCall): the reach of an error in the extended protocol.
 *
 * next() changes nothing of this; pass, refuse, drop and rewrite do. So an ask
 * may be named again and again while its verdict is awaited. Only login
 * messages are answered within next() itself.
 */
#ifndef WIRE_PG_PG_H
#define WIRE_PG_PG_H

#include "out.h"
#include "span.h"
#include "wire.h"

#define PG_SLOTS_MAX 16384	/* unanswered messages; more is BAD */
#define PG_SLOTS_FULL 8192	/* has_room() says no from here */
#define PG_STATEMENTS_MAX 4096
#define PG_PORTALS_MAX 1024
#define PG_WISHES_MAX 64		/* settings one login makes */
#define PG_SETTINGS_MAX 64
#define PG_BUCKETS 64
#define PG_MESSAGE_MAX ((1u << 30) - 1)	/* as the server: PQ_LARGE_MESSAGE_LIMIT */
#define PG_PART_FROM 16384	/* a client's CopyData larger than this streams */
#define PG_MINOR 2		/* newest protocol known here is 3.2 */
#define PG_START_MAX 10000	/* as the server: MAX_STARTUP_PACKET_LENGTH */
#define PG_LOGIN_MAX 65536	/* a message of the login */
#define PG_TEXTS_MAX 32		/* pieces of an error or notice */
#define PG_OURS "_ilk"		/* names that begin so are the daemon's */
#define PG_REFUSED "_ilk_refused"	/* no such portal, no such statement: fails on purpose */
#define PG_OWN "_ilk_c"

enum pg_state { PG_START, PG_LOGIN, PG_READY, PG_ENDED };

enum pg_auth {
	AUTH_NONE,	/* nothing sent upstream yet */
	AUTH_BEGUN,	/* StartupMessage sent: a challenge or Ok */
	AUTH_WANTED,	/* the keeper is asked: nothing may come */
	AUTH_FIRST,	/* SCRAM client-first sent: Continue only */
	AUTH_FINAL,	/* SCRAM client-final sent: Final only */
	AUTH_PROVEN,	/* Ok only */
	AUTH_OK,	/* ParameterStatus, BackendKeyData, ReadyForQuery */
};

/* What the client has been asked to prove, before anything goes upstream. */
enum pg_prove {
	PROVE_NONE,
	PROVE_ASKED,	/* AuthenticationSASL sent: its first message */
	PROVE_FIRST,	/* the keeper is asked: nothing may come */
	PROVE_ANSWERED,	/* AuthenticationSASLContinue sent: its final message */
	PROVE_FINAL,	/* the keeper is asked */
	PROVE_DONE,	/* the login goes on */
};

enum pg_slot_kind {
	SLOT_PARSE, SLOT_BIND, SLOT_DESCRIBE_STATEMENT, SLOT_DESCRIBE_PORTAL,
	SLOT_EXECUTE, SLOT_CLOSE, SLOT_SYNC, SLOT_QUERY, SLOT_FUNCTION,
	SLOT_COPY_END,		/* CopyDone or CopyFail: no answer of its own */
	SLOT_REFUSED,		/* fails on purpose, then skip to Sync */
	SLOT_REFUSED_QUERY,	/* fails on purpose, then ReadyForQuery */
	SLOT_OWN_CLOSE, SLOT_OWN_PARSE, SLOT_OWN_BIND, SLOT_OWN_EXECUTE, SLOT_OWN_SYNC,
	PG_SLOT_KINDS
};

enum pg_copy { COPY_NONE, COPY_IN, COPY_OUT, COPY_BOTH };
enum pg_kept_kind { KEPT_STATEMENT, KEPT_PORTAL, KEPT_KINDS };

/* What RowDescription said, shared by whoever needs it. */
struct pg_columns {
	uint32_t refs;
	size_t count;
	struct wire_column column[];	/* names behind them */
};

/* A prepared statement or a portal. */
struct pg_kept {
	struct pg_kept *next;		/* in its bucket */
	uint32_t refs;
	enum pg_kept_kind kind;
	uint32_t turn;			/* of its Parse */
	uint32_t segment;		/* where it was sent */
	bool is_confirmed;		/* the server has said it exists */
	bool has_replaced;		/* another had this name before */
	bool is_doubtful;		/* what it stands for is not certain any more */
	struct pg_columns *columns;
	struct span name, text;
	uint32_t *types;		/* statement: as declared, or told; portal: one per value */
	size_t type_count;
	/* portal */
	struct pg_kept *statement;	/* NULL: unknown */
	struct wire_field *values;
	size_t value_count;
	struct span formats;		/* of results, 2 bytes each */
	uint8_t *body;			/* values, types and their bytes: given back once they are spent;
					 * of a statement, the types that the server told */
	struct span source;		/* name of its statement, as Bind said it */
	bool has_passed;		/* a verdict let it through: at its Bind, or an Execute */
	uint32_t bound;			/* asks passed before its Bind */
};

/* What a refusal says, kept until its slot is reached. */
struct pg_no {
	char sqlstate[6];
	struct span message, hint;
};

struct pg_slot {
	enum pg_slot_kind kind;
	enum pg_copy copy;
	uint32_t turn;			/* its ask's; SYNC: the last before it; own: number of the own turn */
	uint32_t segment;
	uint32_t serial;		/* never twice in a flow */
	bool has_change;		/* it changed what a name means; `old` is what it meant */
	bool copy_began;		/* its first row has come */
	bool is_binary;			/* FUNCTION: the result */
	uint32_t function;		/* FUNCTION: its OID */
	bool has_failed;
	struct pg_kept *it;		/* what it makes, describes or runs */
	struct pg_kept *old;
	enum pg_kept_kind changed;	/* which table */
	struct pg_columns *columns;	/* QUERY: of the answer so far */
	size_t copy_count;		/* fields of a row */
	struct wire_copy form;		/* as its text says; of rows that cannot be split: opaque */
	struct pg_no *no;
};

/* Where a field of a COPY's row stands in it, and what it says. */
struct pg_raw {
	size_t at, n;
	bool is_null, is_quoted;
	struct span value;
};

/* A Bind that goes by in parts: where in its values it stands. */
struct pg_large {
	struct pg_kept *it;		/* what it binds; NULL: none goes by */
	uint32_t number;		/* a length, or the count of result formats, as far as it is here */
	size_t number_n;
	size_t index;			/* of the next value */
	size_t left;			/* bytes of the one in hand */
	bool keeps, in_results;
	uint8_t *room;			/* for what is kept */
	size_t room_n;
};

struct pg_setting {
	struct span name, value;	/* the value behind the name, in one piece */
};

struct pg_failure {
	bool is_set;
	uint32_t turn;
	char sqlstate[6];
	char message[256];
	size_t message_n;
};

struct pg {
	struct wire_settings set;
	struct arena *arena;
	enum pg_state state;
	const char *why;		/* BAD was said, and why */

	/* start and login */
	bool tls_asked, gss_asked;
	bool has_login, negotiates;
	uint16_t minor;			/* of the protocol that the client is spoken to in: 0 or 2 */
	struct span start;		/* parameters of the StartupMessage, ours */
	struct wire_login login;
	struct span *wishes;		/* until it is logged in: names of settings the login makes, in `start` */
	size_t wish_count;
	enum pg_auth auth;
	enum pg_prove prove;
	bool prove_binds;
	uint8_t step;
	struct span input;
	bool tls_waits;
	char tls_is;
	bool has_key;
	struct span key;		/* BackendKeyData as the server gave it: pid and key */

	/* the units in hand */
	size_t left[WIRE_SIDES];	/* of a message passed in parts */
	size_t whole;			/* rows up to this size are wanted whole; 0: unit_limit */
	enum wire_kind part_kind[WIRE_SIDES];
	uint32_t part_turn[WIRE_SIDES];
	bool part_drops[WIRE_SIDES];	/* as its first part went, so goes the rest */
	struct pg_kept *made;		/* by next() for Parse or Bind */
	struct pg_large large;

	/* slots: a ring */
	struct pg_slot *slots;
	size_t slot_room, slot_first, slot_count;
	uint32_t serial, turns, owns, segment;
	uint32_t run_segment;		/* of the last that may change the transaction */
	uint32_t settled_segment;	/* of the last ReadyForQuery */
	char transaction;
	struct wire_copy form;		/* copy_form(): of the ask that passes next */
	bool mute, is_open;		/* open: extended messages since the last Sync */
	size_t maybe;			/* Syncs that a COPY may have swallowed */
	struct pg_failure failure;

	struct pg_kept *kept[KEPT_KINDS][PG_BUCKETS];
	size_t kept_count[KEPT_KINDS];
	bool is_loose;			/* SQL may have let go of a statement's name */
	bool has_prepared, has_declared;	/* SQL may have made statements, portals */

	struct pg_setting *settings;
	size_t setting_count, setting_room;

	/* room for what events point to */
	struct wire_field *fields;
	struct wire_column *columns;
	size_t field_room, column_room;
	struct pg_raw *raws;
	size_t raw_room;
	uint8_t *bytes;
	size_t byte_room;
	uint32_t view_serial;		/* columns[] holds this slot's view; 0: nothing */
	size_t view_count;
};

/* frame.c: where a message begins and ends; how one is written. */
enum wire_step pg_more(struct wire_event *, size_t need);
enum wire_step pg_bad(struct pg *, struct wire_event *, const char *why);
enum wire_step pg_part(struct pg *, enum wire_side, struct span in, struct wire_event *);
enum wire_step pg_part_begin(struct pg *, enum wire_side, struct span in, struct wire_event *);
/* True: `unit` is a part, and is counted; `drops` decides for the whole at its first. */
bool pg_part_done(struct pg *, enum wire_side, struct span unit, bool drops);
size_t pg_total(struct span unit);
size_t pg_begin(struct out *, char tag);
void pg_end(struct out *, size_t at);
void pg_string(struct out *, struct span);
void pg_error(struct out *, const char *severity, const char *sqlstate, struct span message, struct span hint);
void *pg_room(struct pg *, void *p, size_t *room, size_t need, size_t size);

/* start.c, login.c */
enum wire_step pg_start_next(struct pg *, struct span in, struct out to[WIRE_SIDES], struct wire_event *);
enum wire_step pg_login_next(struct pg *, struct span in, struct out to[WIRE_SIDES], struct wire_event *);
void pg_login_begin(void *, struct span role, struct span database, struct out to[WIRE_SIDES]);
bool pg_wants_proof(void *, uint8_t *step, struct span *input);
void pg_login_proof(void *, uint8_t step, struct span output, struct out to[WIRE_SIDES]);
/* The keeper is to answer this; the event is then a unit. */
enum wire_step pg_want(struct pg *, uint8_t step, struct span input, struct wire_event *);
/* Tell the client what of its wishes is declined, once, before anything else. */
void pg_negotiate(struct pg *, struct out *client);
/* prove.c: the client's own login */
void pg_challenge(void *, bool binds, struct out to[WIRE_SIDES]);
enum wire_step pg_prove_next(struct pg *, struct span in, struct wire_event *);
bool pg_proves(const struct pg *);	/* the keeper is asked for it */
void pg_proved(struct pg *, struct span output, struct out *client);
void pg_tls_ask(void *, struct out to[WIRE_SIDES]);
char pg_tls_answer(void *);
bool pg_holds_key(const void *, const struct wire_cancel *);
bool pg_cancel(void *, struct out *);
/* The parameters of a StartupMessage one by one; false at their end. */
bool pg_start_take(struct span *in, struct span *name, struct span *value);
/* option.c: note the settings that one parameter makes; NULL or what is wrong. */
const char *pg_option_read(struct pg *, struct span name, struct span value);

/* slots.c */
bool pg_slots_reserve(struct pg *, size_t more);
struct pg_slot *pg_slot_push(struct pg *, enum pg_slot_kind, uint32_t turn);
struct pg_slot *pg_slot_at(struct pg *, size_t i);
struct pg_slot *pg_slot_head(struct pg *);
void pg_slot_pop(struct pg *);
void pg_slots_close(struct pg *);	/* the last pushed ends its segment */
void pg_slots_fail(struct pg *);	/* the head failed: skip to Sync as the server does */
void pg_slots_copy_in(struct pg *);	/* the head takes copy data: a Sync before its end is swallowed */
bool pg_in_copy(struct pg *);		/* … and the end has not been sent */
bool pg_slot_is_own(const struct pg_slot *);
bool pg_slots_lose_own(struct pg *);	/* would a failure of the head lose an own turn behind it? */

/* keep.c */
struct pg_kept *pg_kept_find(struct pg *, enum pg_kept_kind, struct span name);
struct pg_kept *pg_kept_new(struct pg *, enum pg_kept_kind, size_t bytes, uint8_t **room);
void pg_kept_release(struct pg *, struct pg_kept **);
struct pg_kept *pg_kept_ref(struct pg_kept *);
/* Let `it` (given) be what the name means; NULL: nothing. What was before is given back. */
struct pg_kept *pg_kept_put(struct pg *, enum pg_kept_kind, struct span name, struct pg_kept *it);
void pg_kept_undo(struct pg *, struct pg_slot *, size_t behind);
void pg_kept_end_portals(struct pg *, uint32_t segment);
/* Its values are needed no more: it was run to its end and has no name to be run by again. */
void pg_kept_spend(struct pg *, struct pg_kept *);
bool pg_kept_is_certain(const struct pg *, const struct pg_kept *);
/* `text` goes to be run; NULL bytes: nobody knows what. */
void pg_kept_doubt(struct pg *, struct span text);
void pg_columns_release(struct pg *, struct pg_columns **);

/* ask.c, obey.c, own.c: the client's side */
enum wire_step pg_ask_next(struct pg *, struct span in, struct wire_event *);
struct pg_kept *pg_read_parse(struct pg *, struct span body);
struct pg_kept *pg_read_bind(struct pg *, struct span body);
/* A portal without values. NULL: no memory. */
struct pg_kept *pg_kept_portal(struct pg *, struct span name, struct span source, struct span formats);
/* Which statement it is of, if that is certain, and what its Parse said of the types. */
void pg_keep_origin(struct pg *, struct pg_kept *portal);
/* large.c: a Bind over the limit. Its first part, read into pg->made; then, as the parts pass, its values. */
enum wire_step pg_large_bind(struct pg *, struct span in, struct wire_event *);
void pg_large_begin(struct pg *, struct pg_kept *portal, struct span body);
void pg_large_feed(struct pg *, struct span bytes);
void pg_ask_drop(struct pg *, struct span unit);
void pg_ask_pass(struct pg *, struct span unit, struct out to[WIRE_SIDES]);
void pg_ask_refuse(struct pg *, struct span unit, const struct wire_no *, struct out to[WIRE_SIDES]);
void pg_farewell(void *, const struct wire_no *, struct out to[WIRE_SIDES]);
void pg_calm(void *, struct out to[WIRE_SIDES]);
bool pg_own_turn(void *, struct span text, struct out to[WIRE_SIDES]);

/* answer.c, settle.c: the server's side */
enum wire_step pg_answer_next(struct pg *, struct span in, struct wire_event *);
/* The unit in hand is done with: let the state follow. True: its bytes go to the client. */
bool pg_answer_settle(struct pg *, struct span unit, struct out to[WIRE_SIDES]);
struct span pg_setting(void *, const char *name);
void pg_setting_keep(struct pg *, struct span body);

/* row.c, text.c, copy.c: what is in an answer, and putting edits into it */
struct pg_columns *pg_columns_new(struct pg *, struct span body);
enum wire_step pg_read_columns(struct pg *, struct span body, struct wire_event *);
enum wire_step pg_read_row(struct pg *, struct pg_slot *, struct span body, struct wire_event *);
enum wire_step pg_read_value(struct pg *, struct pg_slot *, struct span body, struct wire_event *);
void pg_write_row(struct span unit, const struct wire_field *, size_t count, struct out *);
void pg_write_value(const struct wire_field *, struct out *);
enum wire_step pg_read_text(struct pg *, char tag, struct span body, struct wire_event *);
void pg_write_text(struct span unit, const struct wire_field *, size_t count, struct out *);
struct span pg_text_piece(struct span body, char code);
bool pg_text_is_fatal(struct span body);
enum wire_step pg_read_copy_out(struct pg *, struct pg_slot *, struct span body, struct wire_event *);
enum wire_step pg_read_copy_row(struct pg *, struct pg_slot *, struct span body, struct wire_event *);
void pg_write_copy(struct pg *, struct span unit, const struct wire_field *, size_t count, struct out *);
bool pg_copy_splits(struct pg *, const struct pg_slot *, struct span body);
bool pg_copy_line(struct span row, struct span *line);
/* One field off *in, up to a delimiter or the end, decoded at *room, which moves on. False: it is none. */
typedef bool pg_take_field_fn(const struct wire_copy *, struct span *in, uint8_t **room, struct pg_raw *);
/* A line whose fields stand one behind the other, a delimiter between them. */
bool pg_copy_split_line(struct pg *, const struct pg_slot *, struct span row, pg_take_field_fn *);

/*
 * copy_text.c, copy_csv.c, copy_binary.c: rows of one format each. Split: into
 * pg->raws and pg->fields, slot->copy_count of them, decoded in pg->bytes, all of
 * which have room. False: not a row of that many fields.
 */
bool pg_copy_split_text(struct pg *, const struct pg_slot *, struct span row);
bool pg_copy_split_csv(struct pg *, const struct pg_slot *, struct span row);
bool pg_copy_split_binary(struct pg *, const struct pg_slot *, struct span row);
bool pg_copy_ends_binary(const struct pg_slot *, struct span row);
void pg_copy_write_text(const struct pg_slot *, const struct pg_raw *, const struct wire_field *, struct out *);
void pg_copy_write_csv(const struct pg_slot *, const struct pg_raw *, const struct wire_field *, struct out *);
void pg_copy_write_binary(const struct pg_slot *, const struct pg_raw *, const struct wire_field *, struct out *);

#endif
