/* clock.c: the three clocks, and a rest. */
#include "base/clock.h"

#include <time.h>

static uint64_t
read_clock(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

uint64_t
clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t
clock_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

uint64_t
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

void
clock_rest(uint64_t ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS),
	};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}
