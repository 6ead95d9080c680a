/* keeper_ask.h: a question for a proof, as the files that answer it pass it on. Nobody else includes it. */
#ifndef VAULT_KEEPER_ASK_H
#define VAULT_KEEPER_ASK_H

#include <stdint.h>

#include "id.h"
#include "span.h"

struct credential;
struct keeper;
struct out;
struct view_secret;

struct ask {
	unsigned int worker;
	uint64_t request;
	struct span name;	/* of the target, or of the skill */
	uint32_t target;	/* position of its secret, or of its verifier */
	struct id flow;
	struct span input;
};

/* keeper_proof.c */
/* Where the secret of the ask's target lies, and how it may be used. */
const struct view_secret *keeper_secret(const struct keeper *, const struct ask *);
/* The secret, read. What is wrong with it is said in the log; the status is what the worker is told. */
int keeper_credential(struct keeper *, const struct ask *, struct credential **out);
/* Enter a use. Returns 0, or -EAGAIN: do not act. */
int keeper_enter_use(struct keeper *, const struct ask *, const char *detail);

/* Answer, or not yet (-EINPROGRESS); frees the output, wiped. */
void keeper_answer_ask(struct keeper *, const struct ask *, uint8_t step, int r, struct out *output);

/* keeper_lend.c */
/* May this flow use it? `lent`: the number of the secret that goes to the worker, or 0. A flow that is another
 * target's is the fault of the worker. */
int keeper_take_loan(struct keeper *, const struct ask *, uint64_t lent);
/* The target, if its secret is for requests, of the kind that `step` is of. */
int keeper_find_request(struct keeper *, uint8_t step, struct ask *);
int keeper_cleartext(struct keeper *, const struct ask *, struct out *);
int keeper_lend(struct keeper *, const struct ask *, struct out *);
int keeper_sigv4_key(struct keeper *, const struct ask *, struct out *);
int keeper_sigv4(struct keeper *, const struct ask *, struct out *);
int keeper_sigv4_chunks(struct keeper *, const struct ask *, struct out *);

/* keeper_token.c */
int keeper_lend_token(struct keeper *, const struct ask *, struct out *);

/* keeper_verify.c */
int keeper_verify_first(struct keeper *, const struct ask *, struct out *);
int keeper_verify_final(struct keeper *, const struct ask *, struct out *);

#endif
