/*
 * verify.h: is this ledger what was signed? From its files alone.
 * Every entry is hashed again from its bundle and held against the hash tiles,
 * the journal where it still has the entry, the tiles above, and the signed
 * root; each writer's numbers must have no gap; each body that an entry names must be there; an older checkpoint, if given,
 * must be a beginning of this log. Reads only, and may run beside the recorder.
 */
#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "out.h"
#include "span.h"

#define VERIFY_NO_INDEX UINT64_MAX

struct verify_fault {
	uint64_t index;		/* entry it begins at, or VERIFY_NO_INDEX */
	const char *file;	/* relative to the ledger */
	const char *what;	/* one sentence */
	struct span entry;	/* as far as it can be read; may be empty or wrong */
};

typedef void (*verify_fault_fn)(void *arg, const struct verify_fault *);

struct verify_options {
	struct span key;	/* a verifier key's text; empty: the ledger's key.pub */
	struct span since;	/* an older checkpoint's note; empty: none */
};

struct verify_result {
	char origin[128];
	uint64_t size;		/* entries under the checkpoint */
	uint64_t later;		/* whole entries behind it, not yet signed */
	uint64_t since;		/* size of the older checkpoint */
	uint64_t bodies;	/* that entries name, and are right */
	uint64_t orphans;	/* that no entry names: a crash came between */
	uint64_t faults;
	bool has_journal;
};

/* Returns 0 when it could be looked at (result->faults tells), or -errno. */
int verify_ledger(int directory, const struct verify_options *,
    verify_fault_fn, void *arg, struct verify_result *);

#endif
