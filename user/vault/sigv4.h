/*
 * sigv4.h: the last two steps of AWS Signature Version 4 (its documentation: "Create a signed AWS API request",
 * steps 3 and 4), the only ones that need the secret. Pure.
 */
#ifndef VAULT_SIGV4_H
#define VAULT_SIGV4_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"
#include "vault/vault.h"

/* Seconds since 1970 of a time like "20060102T150405Z". False: it is none. */
bool sigv4_time(struct span text, int64_t *seconds);

/*
 * The signature of a canonical request of that SHA-256, at that time, for that region and service.
 * Returns 0 or -EIO (a failure of the library).
 */
int sigv4_sign(struct span secret, struct span time, struct span region, struct span service,
    const uint8_t hash[VAULT_SIGV4_HASH], char out[VAULT_SIGV4_SIGNATURE]);

#endif
