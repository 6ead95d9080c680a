/*
 * loan.h: which flow has borrowed what, so that a flow is one target's, and borrows a bounded number of times.
 * A worker names the flow, and makes its ids; it is held to what it said before: a flow that has used the secret
 * of one target never gets another's. The table is bounded, and the oldest of a few rows makes room: what
 * is forgotten is a count, and the entries have all of it. Nothing in it is secret.
 */
#ifndef VAULT_LOAN_H
#define VAULT_LOAN_H

#include <stdint.h>

#include "id.h"
#include "span.h"

#define LOAN_FLOWS 16384	/* that are remembered */
#define LOANS_MOST 64		/* of one flow: one when it begins, and more when a secret or the policy changed */

struct loans;	/* opaque */

/* Returns 0 or -ENOMEM. */
int loans_new(struct loans **out);
/* This flow uses the secret of that target; `lent`: it goes to the worker, the one of that number (0: it does not).
 * Another number is counted anew: a token that was fetched anew may be lent anew.
 * Returns 0, -EPERM (it is another's) or -EDQUOT (too often). */
int loan_take(struct loans *, unsigned int worker, const struct id *flow, struct span target, uint64_t lent);
/* A worker ended, and its flows. */
void loans_forget(struct loans *, unsigned int worker);
void loans_free(struct loans **);

#endif
