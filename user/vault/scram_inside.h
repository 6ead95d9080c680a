/* scram_inside.h: what the two sides of SCRAM share. Nobody else includes it. */
#ifndef VAULT_SCRAM_INSIDE_H
#define VAULT_SCRAM_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"
#include "vault/scram.h"

/* `printable` of RFC 5802 section 7: visible ASCII but for the comma. */
bool scram_is_printable(struct span);
/* Cut "<name>=value" off the front of *in, with the comma behind it. */
bool scram_take(struct span *in, char name, struct span *value);
/* A count without sign and leading zero, of at most seven digits. */
bool scram_read_count(struct span text, uint32_t *count);
bool scram_hmac(const uint8_t key[SCRAM_KEY], struct span in, uint8_t out[SCRAM_KEY]);

#endif
