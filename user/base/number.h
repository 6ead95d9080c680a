/*
 * number.h: decimal numbers as text, compared exactly however long they are.
 * As JSON writes them (RFC 8259 section 6); what is written otherwise is no number
 * here, since servers differ about it. Pure.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

#define NUMBER_TEXT_MOST 64

struct number {
	bool is_negative;
	int64_t exponent;	/* of ten: 0.digits times 10^exponent */
	uint8_t digits[NUMBER_TEXT_MOST];	/* without zeros before or behind; values, not characters */
	size_t count;		/* 0: it is zero */
};

/* False: it is not one, or too long. */
bool number_read(struct span, struct number *);
/* < 0, 0, > 0 */
int number_compare(const struct number *, const struct number *);

#endif
