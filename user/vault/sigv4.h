/*
 * sigv4.h: the last two steps of AWS Signature Version 4 (its documentation: "Create a signed AWS API request",
 * steps 3 and 4), the only ones that need the secret, and of the chunks of a body. Pure.
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

/*
 * The signatures of the next `count` chunks of a body, whose request, or chunk before, has the signature `previous`:
 * 64 hex each, one after the other. `is_trailed`: the last hash is of its trailers. AWS documentation, "Signature
 * calculations … transferring payload in multiple chunks", and "… with trailing headers". Returns 0 or -EIO.
 */
int sigv4_sign_chunks(struct span secret, struct span time, struct span region, struct span service,
    const uint8_t previous[VAULT_SIGV4_SIGNATURE], bool is_trailed, const uint8_t *hashes, size_t count, char *out);

#endif
