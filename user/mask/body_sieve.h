/*
 * body_sieve.h: which detectors could hit a text, by tables. Says what mask_class_filter()
 * says, or more, in the time of four loads: a body has many short texts. Pure.
 */
#ifndef MASK_BODY_SIEVE_H
#define MASK_BODY_SIEVE_H

#include <stdint.h>

#define SIEVE_LENGTHS 64	/* longer ones are all alike, as are more digits and capitals */
#define SIEVE_DIGITS 16
#define SIEVE_UPPERS 16

/* Bits per enum view_detector. */
struct mask_sieve {
	uint32_t by_length[SIEVE_LENGTHS], by_digits[SIEVE_DIGITS], by_uppers[SIEVE_UPPERS];
	uint32_t by_low[256], by_high[256];	/* the class bits, in two halves */
};

void mask_sieve_fill(struct mask_sieve *);

#endif
