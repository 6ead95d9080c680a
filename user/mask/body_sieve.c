/*
 * body_sieve.c: the tables of the sieve, asked of mask_class_filter() itself. A text that
 * has more of anything fits no fewer detectors, so each table is for one measure while all
 * others are as large as can be.
 */
#include "mask/inside.h"

#define ALL_BITS 0xffff
#define MANY 4096

static uint32_t
could(size_t n, size_t digits, size_t uppers, unsigned int bits)
{
	const struct mask_class class = { .n = n, .digits = digits, .uppers = uppers, .bits = bits };

	return mask_class_filter(&class, (1u << DETECT_PATTERN) - 1);
}

void
mask_sieve_fill(struct mask_sieve *sieve)
{
	for (unsigned int i = 0; i < SIEVE_LENGTHS; i++)
		sieve->by_length[i] = could(i, MANY, MANY, ALL_BITS);
	for (unsigned int i = 0; i < SIEVE_DIGITS; i++)
		sieve->by_digits[i] = could(MANY, i, MANY, ALL_BITS);
	for (unsigned int i = 0; i < SIEVE_UPPERS; i++)
		sieve->by_uppers[i] = could(MANY, MANY, i, ALL_BITS);
	for (unsigned int i = 0; i < 256; i++) {
		sieve->by_low[i] = could(MANY, MANY, MANY, i | (ALL_BITS & ~0xffu));
		sieve->by_high[i] = could(MANY, MANY, MANY, i << 8 | 0xff);
	}
}
