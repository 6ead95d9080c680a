/*
 * fold.h: a text with the characters that people read as ASCII made ASCII: decimal
 * digits of all scripts, full-width forms, spaces and dashes of any width; what is not
 * seen at all (zero width) is left out. Detectors read this, and every byte of it knows
 * where in the text it stands. A JSON text can be read with its escapes as what they
 * stand for (RFC 8259, section 7); what is a control character there is a line end here,
 * so that the letter of "\n" does not look like part of a word.
 */
#ifndef MASK_FOLD_H
#define MASK_FOLD_H

#include "span.h"

struct fold {
	uint8_t *p;		/* owned; NULL: the text has none of these */
	size_t n;
	uint32_t *where;	/* owned; n + 1 offsets into the text */
};

enum {
	FOLD_ASCII = 1 << 0,	/* what reads as ASCII */
	FOLD_ESCAPES = 1 << 1,	/* those of JSON */
};

/* `text` is UTF-8; `what` to fold. Returns 0 or -ENOMEM. */
int fold_new(struct fold *, struct span text, unsigned int what);
void fold_free(struct fold *);
/* The first byte that stands at or after `at` in the text. */
size_t fold_find(const struct fold *, size_t at);

#endif
