/*
 * read.h: all entries of a ledger in order, for programs beside the recorder.
 * Safe while the recorder appends: what is there when the reader reaches the
 * end is what it gives. Does not verify; verify.h does.
 */
#ifndef LEDGER_READ_H
#define LEDGER_READ_H

#include <stdint.h>

#include "span.h"

struct ledger_reader;

/* Read the ledger in `directory`, which stays the caller's. Returns 0 or -errno. */
int ledger_reader_open(struct ledger_reader **out, int directory);
/* 1: an entry, good until the next call; 0: no more; -EBADMSG: damaged; or another -errno. */
int ledger_reader_next(struct ledger_reader *, uint64_t *index, struct span *entry);
void ledger_reader_close(struct ledger_reader **);

#endif
