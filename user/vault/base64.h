/*
 * base64.h: base 64 as SCRAM writes it (RFC 4648 section 4, padded, no line ends).
 * Strict when reading: one text for one value, so that nothing has two spellings.
 * Pure.
 */
#ifndef VAULT_BASE64_H
#define VAULT_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

/* Bytes of text for n bytes, without a NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* Write `in` as text of BASE64_SIZE(in.n) bytes and a NUL after it. */
void vault_base64_write(char *text, struct span in);
/* Read all of `text` into `bytes` of `room`. False: not base 64, padding bits
 * set, or too long; *n is then unchanged, bytes may be. */
bool vault_base64_read(struct span text, uint8_t *bytes, size_t room, size_t *n);

#endif
