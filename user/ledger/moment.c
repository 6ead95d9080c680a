/* moment.c: one comparison with each clock. */
#include "ledger/moment.h"

#include "entry.h"

enum moment
moment_see(struct moments *moments, unsigned int slot, const struct entry_about *about,
    uint64_t boot_now, uint64_t wall_now)
{
	uint64_t boot = about->boot_time, wall = about->wall, apart;

	if (!wall || !boot || boot > boot_now || boot < moments->last[slot])
		return MOMENT_IMPOSSIBLE;
	moments->last[slot] = boot;
	apart = wall > wall_now ? wall - wall_now : wall_now - wall;
	if (apart <= MOMENT_FAR_NS || (moments->said[slot] &&
	    boot_now - moments->said[slot] < MOMENT_QUIET_NS))
		return MOMENT_RIGHT;
	moments->said[slot] = boot_now;
	return MOMENT_FAR;
}
