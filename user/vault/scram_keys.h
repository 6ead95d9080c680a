/*
 * scram_keys.h: client key and server key from a password, a slice at a time.
 * Hi() of RFC 5802 section 2.2 is slow on purpose, and how slow is said by the server,
 * so its rounds are done in slices by whoever has other things to do meanwhile.
 */
#ifndef VAULT_SCRAM_KEYS_H
#define VAULT_SCRAM_KEYS_H

#include <stdint.h>

#include "span.h"

struct scram_keys;	/* opaque; as good as the password */
struct scram_offer;
struct secret;

/* Returns 0, -ENOMEM or -EIO. The password is not needed any more. */
int scram_keys_begin(struct scram_keys **out, struct span password, const struct scram_offer *);
/* At most so many rounds more. Returns 1 (done), 0 (not yet) or -EIO. */
int scram_keys_go(struct scram_keys *, uint32_t rounds);
/* When done: both keys, one after the other; *out is the caller's. Returns 0, -ENOMEM or -EIO. */
int scram_keys_end(const struct scram_keys *, struct secret *out);
/* Wipe and give back. A NULL one is fine. */
void scram_keys_free(struct scram_keys **);

#endif
