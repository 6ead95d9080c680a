/* keeper_ask.h: a question for a proof, as the files that answer it pass it on. Nobody else includes it. */
#ifndef VAULT_KEEPER_ASK_H
#define VAULT_KEEPER_ASK_H

#include <stdint.h>

#include "id.h"
#include "span.h"

struct keeper;
struct out;

struct ask {
	unsigned int worker;
	uint64_t request;
	struct span name;	/* of the target, or of the skill */
	uint32_t target;	/* position of its secret, or of its verifier */
	struct id flow;
	struct span input;
};

/* keeper_verify.c */
int keeper_verify_first(struct keeper *, const struct ask *, struct out *);
int keeper_verify_final(struct keeper *, const struct ask *, struct out *);

#endif
