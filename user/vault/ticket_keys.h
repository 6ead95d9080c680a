/*
 * ticket_keys.h: keys by which workers make and open tickets of TLS, the same for all of them.
 * Made when first asked for, of chance alone, and never written to disk: those of another keeper, with which another
 * authority may have come, open nothing. Each makes tickets for an hour and opens them for another, as long as one lives.
 */
#ifndef VAULT_TICKET_KEYS_H
#define VAULT_TICKET_KEYS_H

#include <stdint.h>

#include "span.h"

struct ticket_keys;	/* opaque */

#define TICKET_KEY 80		/* bytes: name 16, for AES-256 32, for HMAC-SHA-256 32 */
#define TICKET_KEYS 2
#define TICKET_TURN_S 3600	/* no less than a ticket lives (unwrap/tls.h) */

/* Returns 0 or -ENOMEM. */
int ticket_keys_new(struct ticket_keys **out);
/* The keys at `now` (seconds that never go back), the newest first, good until the next call; *left: seconds until there is a
 * newer one, at least 1. Returns 0 or -EIO (no chance was to be had), after which nothing has changed. */
int ticket_keys_now(struct ticket_keys *, uint64_t now, struct span *out, uint32_t *left);
void ticket_keys_free(struct ticket_keys **);

#endif
