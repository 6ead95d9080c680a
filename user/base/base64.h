/*
 * base64.h: base 64 (RFC 4648 section 4), padded, no line ends. Pure.
 * Strict when reading: one text for one value, so that nothing has two spellings.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

struct out;

/* Characters of text for n bytes. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* Write `bytes` as BASE64_SIZE(bytes.n) characters. */
void base64_write(struct out *, struct span bytes);
/* Read all of `text` into `bytes` of `room`. False: not base 64, padding bits
 * set, or too long; *n is then unchanged, bytes may be. */
bool base64_read(struct span text, uint8_t *bytes, size_t room, size_t *n);

#endif
