/*
 * hold.h: what an approver is shown, and what an approval is bound to.
 * The worker packs it (MSG_HOLD), the broker keeps it and shows it whole. The
 * digest is SHA-256 over everything in hold_cover(), so that nothing but what
 * was shown can run.
 */
#ifndef DESK_HOLD_H
#define DESK_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "out.h"
#include "span.h"

struct hold_value {
	struct span bytes;
	uint32_t type;
	bool is_null, is_binary;
};

struct hold {
	struct id id, session, flow, turn;
	struct span skill, starter, target, database, role, search_path;
	uint32_t starter_uid;
	char transaction;		/* 'I' 'T' 'E' */
	uint8_t phase;			/* enum wire_phase */
	struct span text;		/* whole */
	const struct hold_value *values;
	size_t value_count;
	uint32_t row_limit;
	struct span acts;		/* JSON array for people: [{"effect","object","reach","columns","note"}] */
	struct span rule, why;
	uint32_t approvers, need, expires_s, retry_s;
	uint8_t answer;			/* enum hold_answer */
	uint32_t epoch;			/* policy that judged */
	uint8_t salt[32];	/* only who was told of it can try values against the digest */
	uint8_t digest[32];
};

void hold_pack(const struct hold *, struct out *);
/* Spans in *out point into `in`; `values` into `room`, of `most` elements. False: not a whole hold. */
bool hold_unpack(struct span in, struct hold_value *room, size_t most, struct hold *out);
/* The bytes the digest is taken over: text, types, values, formats, row limit, role, database, search path,
 * transaction state, skill, target, acts, rule; each with its length, in that order, after "interlock hold 3\n"; then who
 * must approve, and how the asker is answered, with its session where it is to ask again: nobody else may; then the
 * salt. The salt is HMAC-SHA-256 of the same with a salt of zeros, by the node's key: what is asked again has
 * the same digest, and the ledger, which has the digest alone, cannot be searched for what was asked. */
void hold_cover(const struct hold *, struct out *);

#endif
