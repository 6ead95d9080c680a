/*
 * approve.h: hand an ask to people, and hear what they decided.
 * The broker keeps the hold; the worker keeps the turn parked and the digest it
 * was bound to. Nothing but what that digest covers is ever released.
 */
#ifndef APPROVE_APPROVE_H
#define APPROVE_APPROVE_H

#include <stdbool.h>

#include "action.h"
#include "desk/hold.h"
#include "msg.h"

struct post;

/* What the broker said. Spans point into the message. */
struct approve_answer {
	struct id hold;
	uint8_t digest[32];
	bool is_approved;
	enum msg_standing standing;	/* of an earlier one */
	struct span reason, people;
};

/* Fill in salt and digest (desk/hold.h), with the node's key. Returns 0, -EMSGSIZE when it covers too
 * much to show to a person, or -EIO. */
#define APPROVE_KEY_SIZE 32
int approve_digest(struct hold *, const uint8_t key[APPROVE_KEY_SIZE]);
/* The acts as people are shown them: a JSON array, into *out. */
void approve_acts(const struct action *, struct out *out);
/* What has become of exactly this, asked before (MSG_APPROVED_ASK)? `uses`: an approval is for this ask, and no other. */
int approve_ask_earlier(struct post *, uint64_t id, const struct hold *, bool uses);
/* Read MSG_APPROVED_IS; answer->hold is unset when it is not known. False: not a whole message. */
bool approve_hear_earlier(struct span body, struct approve_answer *);
/* Open the hold (MSG_HOLD). Returns 0 or -errno: then refuse. */
int approve_open(struct post *, const struct hold *);
/* Read MSG_HOLD_STANDS. False: not a whole message. */
bool approve_hear_stands(struct span body, struct id *hold);
/* The client has left. */
void approve_leave(struct post *, const struct id *hold);
/* Read MSG_DECIDED. False: not a whole message. */
bool approve_hear(struct span body, struct approve_answer *);

#endif
