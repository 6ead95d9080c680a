/*
 * derive.h: SCRAM keys being made, beside everything else the keeper does.
 * Each target has a line of its own, and the lines take turns, a slice each, so that a
 * backend that asks for many rounds, with a new salt at each login, makes its own
 * logins wait and nobody else's. Who asks for the same keys shares them.
 */
#ifndef VAULT_DERIVE_H
#define VAULT_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "id.h"
#include "span.h"
#include "vault/scram.h"

#define DERIVE_OWN 4		/* most different keys of one target that one worker waits for */
#define DERIVE_ASKERS 4096	/* most that wait for any */

struct derivations;	/* opaque */
struct loop;
struct secret;

/* Who waits, and with what it goes on. */
struct asker {
	unsigned int worker;	/* slot */
	uint64_t request;
	struct id flow;
	size_t n;
	uint8_t message[SCRAM_MESSAGE_MAX];	/* the server's first */
	struct asker *after;
};

/* What is made, of which secret. */
struct derivation {
	char target[ABI_NAME_SIZE];
	uint64_t secret;	/* which, of all there were: credential.h */
	struct scram_offer offer;	/* but for its nonce */
	struct asker *askers;
};

/* Keys are made (NULL: they could not be); the callee keeps nothing of either. */
typedef void (*derive_fn)(void *arg, const struct derivation *, const struct secret *keys);

/* Returns 0 or -ENOMEM. */
int derivations_new(struct derivations **out, struct loop *, derive_fn, void *arg);
/*
 * Make keys of `password`; the asker and the offer are copied. Returns 0 (fn will
 * be called), -EAGAIN (too many wait already), -ENOMEM or -EIO.
 */
int derivation_ask(struct derivations *, struct span target, uint64_t secret,
    struct span password, const struct scram_offer *, const struct asker *);
/* A worker is gone, and what only it waited for is not made. */
void derivations_forget(struct derivations *, unsigned int worker);
void derivations_free(struct derivations **);

#endif
