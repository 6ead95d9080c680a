/* chance.c: random numbers for ids, fetched from the kernel a page at a time. */
#include "base/chance.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

#define STOCK 256

uint32_t
chance_take(void)
{
	static uint32_t stock[STOCK];	/* a process has one thread, and none forks with it */
	static size_t left;
	uint32_t one;

	if (left == 0 && getrandom(stock, sizeof(stock), 0) == sizeof(stock))
		left = STOCK;
	if (left == 0)
		return (uint32_t)clock_mono();
	one = stock[--left];
	stock[left] = 0;
	return one;
}
