/* When an entry says it was made: rows in order, for one recorder whose clocks go on. */
#include "ledger/moment.h"

#include "check.h"
#include "entry.h"

#define WALL (1795000000 * SECOND_NS)	/* the recorder's, at second 0 of the rows */
#define BOOT (1000 * SECOND_NS)

static const struct {
	const char *name;
	unsigned int slot;
	int at;			/* the recorder's second */
	int boot, wall;		/* the entry's; -1 for boot: it says nothing */
	enum moment moment;
} rows[] = {
	{ "now", 8, 100, 100, 100, MOMENT_RIGHT },
	{ "it waited a little", 8, 120, 101, 101, MOMENT_RIGHT },
	{ "the same moment", 8, 120, 101, 101, MOMENT_RIGHT },
	{ "before its last one", 8, 120, 100, 120, MOMENT_IMPOSSIBLE },
	{ "before another's last", 9, 120, 90, 120, MOMENT_RIGHT },
	{ "later than now", 8, 120, 121, 120, MOMENT_IMPOSSIBLE },
	{ "no clock since boot", 8, 120, -1, 120, MOMENT_IMPOSSIBLE },
	{ "long ago by the wall", 8, 130, 130, -500000000, MOMENT_FAR },
	{ "and again", 8, 131, 131, -500000000, MOMENT_RIGHT },
	{ "another's", 9, 131, 131, 200, MOMENT_FAR },
	{ "again, after a while", 8, 200, 200, 140, MOMENT_FAR },
	{ "set by a little", 8, 300, 300, 329, MOMENT_RIGHT },
};

int
main(void)
{
	static uint8_t room[ENTRY_LIMIT];
	static struct moments moments;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t now = (uint64_t)rows[i].at * SECOND_NS;
		struct entry_about about;
		struct entry entry;
		struct span whole;

		entry_begin(&entry, room, ENTRY_ASK);
		entry_uint(&entry, KEY_WALL, WALL + (uint64_t)rows[i].wall * SECOND_NS);
		if (rows[i].boot >= 0)
			entry_uint(&entry, KEY_BOOT_TIME, BOOT + (uint64_t)rows[i].boot * SECOND_NS);
		CHECK_ROW(rows[i].name, entry_end(&entry, &whole) == 0 && entry_read(whole, &about));
		CHECK_ROW(rows[i].name, moment_see(&moments, rows[i].slot, &about, BOOT + now,
		    WALL + now) == rows[i].moment);
	}
	return check_end();
}
