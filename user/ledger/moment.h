/*
 * moment.h: does an entry say truly when it was made, as far as can be known?
 * Its clock since boot is the recorder's own, never goes back and is never set: an
 * entry cannot be older than the one before it of the same process, nor come from
 * later. The wall clock may have been set meanwhile, so one that is far from the
 * recorder's is taken, and said to the operator, at most once in MOMENT_QUIET_NS
 * for each process. Pure.
 */
#ifndef LEDGER_MOMENT_H
#define LEDGER_MOMENT_H

#include "base/clock.h"
#include "msg.h"
#include "span.h"

struct entry_about;

#define MOMENT_FAR_NS (30 * SECOND_NS)
#define MOMENT_QUIET_NS (60 * SECOND_NS)

enum moment {
	MOMENT_RIGHT,
	MOMENT_FAR,		/* take it, and say so */
	MOMENT_IMPOSSIBLE,	/* no honest process says so */
};

struct moments {
	uint64_t last[SLOTS];	/* CLOCK_BOOTTIME of each one's newest entry */
	uint64_t said[SLOTS];	/* when one of its was last said to be far; 0: never */
};

/* The next entry of a process, and the recorder's own clocks. */
enum moment moment_see(struct moments *, unsigned int slot, const struct entry_about *,
    uint64_t boot_now, uint64_t wall_now);

#endif
