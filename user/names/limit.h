/*
 * limit.h: how much a skill may ask. What is asked goes nowhere but into the record;
 * even so a name can be a letter, and a flood of them would drown the record. Pure.
 */
#ifndef NAMES_LIMIT_H
#define NAMES_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_RATE 50		/* questions of a session in a second, on and on */
#define LIMIT_BURST 200		/* and at once */
#define LIMIT_BITS 200		/* of entropy in the labels of a name: no host is called that */
#define LIMIT_LETTER 20		/* a name beyond that counts as so many questions */

/* A session's allowance; all zero to begin with: full. */
struct limit {
	uint64_t spent_until;	/* ns; what is ahead of now by more than the burst's worth is too much */
};

/* May it ask now, at the price of `cost` questions? */
bool limit_take(struct limit *, uint64_t now, unsigned int cost);
/* Bits of entropy in all labels of a name: of each, its length times what a letter of it tells. */
unsigned int limit_bits(const char *name);

#endif
