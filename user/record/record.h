/*
 * record.h: what a worker enters about flows, asks and answers.
 * One function an entry. Each sends through the process' scribe; levels and
 * callbacks are as in entry/scribe.h, and so are the errors: -EAGAIN means it is
 * not recorded, so it must not be done.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "action.h"
#include "entry/scribe.h"
#include "id.h"
#include "verdict.h"

struct abi_origin;
struct abi_tally;
struct mask_tally;
struct view_mask;
struct who;

/* Where a flow goes; borrowed for the call. */
struct record_flow {
	struct scribe *scribe;
	const struct who *who;
	const struct id *flow;
	const char *target;		/* empty: none known */
	const char *role, *database;
	const char *destination;	/* record_destination(); empty: not known */
};

/* "10.0.0.5:5432" or "[2001:db8::1]:5432", into RECORD_DESTINATION bytes; empty where nothing was dialed. */
#define RECORD_DESTINATION 56
void record_destination(const struct abi_origin *, char *text);

struct record_call {
	enum level level;
	scribe_fn fn;
	void *arg;
	uint64_t *sequence;
};

struct record_value {
	struct span text;	/* masked already */
	bool is_null;
};

struct record_ask {
	const struct id *turn;
	const char *phase;		/* "query", "parse", "execute", "cancel", … */
	struct span text;		/* masked already */
	const uint8_t *text_digest;	/* 32 bytes over the whole text, as recorded */
	struct span name;		/* statement or portal */
	const struct record_value *values;
	size_t value_count;
	const struct action *action;
	const struct verdict *verdict;
	const struct id *refusal;	/* unset: none */
	const struct id *hold;		/* unset: none */
};

struct record_answer {
	const struct id *turn;
	uint64_t rows, bytes_in, bytes_out, duration_ns;
	struct span tag, error;		/* error masked already */
	const uint8_t *digest;		/* 32 bytes over what the skill got */
	const struct mask_tally *tally;
	const struct view_mask *masks;
	size_t mask_count;
};

struct record_end {
	const char *reason;
	const struct id *refusal;	/* told to the skill; unset: none */
	const char *server_name;	/* SNI, of an uninspected flow */
	uint64_t asked, sent, received, answered;	/* bytes: from the skill, to and from the backend, to the skill */
	const struct abi_tally *kernel;	/* the kernel's count of the skill's side; NULL: none */
	uint64_t duration_ns, turns;
};

int record_flow_begin(const struct record_flow *, bool uninspected, const struct record_call *);
/* A connection that is refused before it is a flow: changed skill, no target, no origin. */
int record_flow_refused(const struct record_flow *, const char *reason, const struct id *refusal);
int record_flow_end(const struct record_flow *, const struct record_end *);
int record_login(const struct record_flow *, struct span asked_role,
    const struct action *settings, const struct verdict *, const struct id *refusal, const char *failure,
    const struct record_call *);
/* Text and values of any length up to ENTRY_BLOB_LIMIT; -EMSGSIZE: more, or too many acts. */
int record_ask(const struct record_flow *, const struct record_ask *, const struct record_call *);
int record_answer(const struct record_flow *, const struct record_answer *);
/* An approved hold was judged again at its release. */
int record_release(const struct record_flow *, const struct id *turn, const struct id *hold,
    const uint8_t digest[32], const struct verdict *, struct span people, const struct record_call *);

#endif
