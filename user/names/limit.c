/* limit.c: a leaking bucket, kept as the moment at which it will be empty; Shannon's measure. */
#include "names/limit.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

#define STEP (SECOND_NS / LIMIT_RATE)

bool
limit_take(struct limit *limit, uint64_t now, unsigned int cost)
{
	uint64_t from = limit->spent_until > now ? limit->spent_until : now;
	uint64_t until = from + cost * STEP;

	if (until - now > LIMIT_BURST * STEP)
		return false;
	limit->spent_until = until;
	return true;
}

static double
bits_of(const char *label, size_t n)
{
	unsigned int counts[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < n; i++)
		counts[(unsigned char)label[i]]++;
	for (size_t i = 0; i < 256; i++)
		if (counts[i])
			bits += counts[i] * log2((double)n / counts[i]);
	return bits;
}

unsigned int
limit_bits(const char *name)
{
	double bits = 0;

	while (*name) {
		size_t n = strcspn(name, ".");

		bits += bits_of(name, n);
		name += n + (name[n] == '.');
	}
	return (unsigned int)bits;
}
