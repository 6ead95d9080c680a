/* keep_record_own.h: what keep_record.c, own_entry.c and hear.c share. Nobody else includes it. */
#ifndef LEDGER_KEEP_RECORD_OWN_H
#define LEDGER_KEEP_RECORD_OWN_H

#include "action.h"
#include "entry.h"
#include "ledger/away.h"
#include "ledger/keep_record.h"
#include "ledger/moment.h"
#include "ledger/writers.h"
#include "loop/loop.h"
#include "view.h"

/* An entry that is collected and not yet written: whom to tell. */
struct waiter {
	uint8_t slot;
	enum level level;
	uint64_t incarnation, sequence;
};

struct keep_record {
	struct loop *loop;
	struct post *post;
	struct ledger *ledger;
	struct writers writers;
	struct moments moments;
	struct waiter *waiters;		/* one for each collected entry, in order */
	size_t waiter_count, waiter_room;
	size_t untold;			/* entries written since the writers were told */
	struct timer batch;		/* write what was collected */
	struct timer sign;		/* sign what was written */
	struct timer answers;		/* tell the writers what they do not know */
	struct timer room;		/* try to have the reserve again */
	uint64_t signed_when;		/* CLOCK_MONOTONIC */
	uint64_t waited;		/* when one was written that somebody waited for; CLOCK_MONOTONIC */
	bool is_stuck, is_unsigned, is_apart;	/* what the operator has been told */
	bool is_full;			/* and the writers: no reserve, hand nothing over unwritten */
	uint64_t mended;		/* bodies made again, of which the record tells */

	struct view_recorder *view, *offered;	/* in force, and the next */
	struct away away;
	uint64_t incarnation, sequence;	/* of the recorder's own entries */
	uint8_t boot[16];
};

/* keep_record.c: collect an entry; it will be written in this round. Returns 0 or -errno. */
int keep_record_take(struct keep_record *, unsigned int slot, enum level,
    uint64_t incarnation, uint64_t sequence, struct span entry);
/* keep_record.c: tell the writers what they do not know yet. */
void keep_record_answer(struct keep_record *);
/* keep_record.c: say to one process how far it is kept, and whether the disk is full. */
void keep_record_greet(struct keep_record *, unsigned int slot);
/* hear.c: a message has come (a post_fn). */
struct msg_head;
bool keep_record_hear(void *arg, unsigned int from, const struct msg_head *,
    struct span body, int fd);
/* own_entry.c: an entry of the recorder's own. `detail` and `name` may be NULL. */
void keep_record_enter(struct keep_record *, enum entry_kind, const char *name,
    const char *detail, uint64_t count);

#endif
