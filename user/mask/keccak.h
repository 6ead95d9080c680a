/* keccak.h: the hash of Ethereum: Keccak-256 as it was before FIPS 202 changed its padding, which OpenSSL has not. */
#ifndef MASK_KECCAK_H
#define MASK_KECCAK_H

#include <stdint.h>

#include "span.h"

/* Of at most 135 bytes, which are one block. */
void keccak_256(struct span, uint8_t digest[32]);

#endif
