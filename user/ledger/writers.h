/*
 * writers.h: what the recorder has had from whom.
 * Each process numbers its entries from 1 in each of its runs (incarnations),
 * and sends again what it has no word of. So the next entry of a run is the
 * last number plus one; a smaller number is a double, and a larger one means
 * that some were lost with an earlier recorder and will come again before it. Pure.
 */
#ifndef LEDGER_WRITERS_H
#define LEDGER_WRITERS_H

#include "msg.h"
#include "span.h"

struct entry_about;

struct writer {
	uint64_t incarnation;
	uint64_t last;		/* sequence of the last entry taken */
	uint64_t written, synced;	/* up to here */
	bool owes_written, owes_synced;	/* the writer has not been told */
};

struct writers {
	struct writer of[SLOTS];
};

enum writers_step {
	WRITER_NEXT,	/* take it: now counted */
	WRITER_DOUBLE,	/* it is in already: answer, and drop it */
	WRITER_EARLY,	/* others come first: drop it, it will come again */
};

enum writers_step writers_see(struct writers *, unsigned int slot,
    uint64_t incarnation, uint64_t sequence);
/* Is that an entry which a writer in `slot` may send under these numbers? */
bool writers_may(const struct entry_about *, unsigned int slot, uint64_t incarnation,
    uint64_t sequence);
/* Learn from an entry that is in the ledger already (synced). */
void writers_learn(struct writers *, struct span entry);
/* An entry that was taken is written; all that is written is synced. */
void writers_wrote(struct writers *, unsigned int slot, uint64_t incarnation,
    uint64_t sequence);
void writers_synced(struct writers *);

#endif
