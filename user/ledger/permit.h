/*
 * permit.h: which process may enter what.
 * A process that was taken over still speaks under its own name only; this says
 * what its name is good for: kinds of entries, and ids that it makes itself. The
 * recorder takes nothing else, and readers believe nothing else. Pure.
 */
#ifndef LEDGER_PERMIT_H
#define LEDGER_PERMIT_H

#include <stdbool.h>

#include "span.h"

struct entry_about;

/* May the process that the entry names have made it? */
bool permit_about(const struct entry_about *);
/* The same of what was not read yet. */
bool permit_entry(struct span entry);

#endif
