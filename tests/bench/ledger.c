/*
 * ledger.c: how fast entries are kept, at each level, beside SQLite in the same run.
 * Entries are 600 bytes, and hashed into the tree; SQLite only stores them. "collected" is what an entry costs before any system
 * call; "written" is batches of 64 into the journal; "synced" one entry and one
 * fdatasync each, and groups of 64. SQLite appends the same bytes to a table in
 * WAL mode: synchronous=OFF against written, FULL against synced.
 * The folder is the first argument, default the present one.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/must.h"
#include "entry.h"
#include "ledger/ledger.h"

#define GROUP 64
#define SIGNINGS 50

static uint8_t room[ENTRY_LIMIT];

static struct span line;	/* the entry that is kept again and again */

static struct span
make(uint64_t sequence)
{
	static char text[500];
	struct entry entry;
	struct span whole;

	memset(text, 's', sizeof(text));
	entry_begin(&entry, room, ENTRY_ASK);
	entry_text(&entry, KEY_PROCESS, SPAN("worker/0"));
	entry_uint(&entry, KEY_SEQUENCE, sequence);
	entry_uint(&entry, KEY_INCARNATION, 0x123456789abcdef0ULL);
	entry_uint(&entry, KEY_WALL, 1795000000000000000ULL + sequence);
	entry_text(&entry, KEY_SESSION, SPAN("ses-00f3k9zt2c8a4r7"));
	entry_text(&entry, KEY_TEXT, span_of(text, sizeof(text)));
	must(entry_end(&entry, &whole) == 0);
	return whole;
}

static double
seconds_since(uint64_t start)
{
	return (double)(clock_mono() - start) / (double)SECOND_NS;
}

/* Entries a second: `count` in groups, each group written, and synced if wanted. */
static double
append(struct ledger *ledger, uint64_t count, uint64_t group, bool write, bool sync)
{
	uint64_t start = clock_mono();

	for (uint64_t i = 1; i <= count; i++) {
		must(ledger_append(ledger, line) == 0);
		if (write && i % group == 0) {
			must(ledger_write(ledger) == 0);
			must(!sync || ledger_sync(ledger) == 0);
		}
	}
	return (double)count / seconds_since(start);
}

static double
sqlite(const char *folder, uint64_t count, uint64_t group, const char *synchronous)
{
	char path[512], pragma[128];
	sqlite3_stmt *insert;
	sqlite3 *db;
	uint64_t start;

	snprintf(path, sizeof(path), "%s/peer-%s.db", folder, synchronous);
	snprintf(pragma, sizeof(pragma), "PRAGMA journal_mode=WAL; "
	    "PRAGMA synchronous=%s; CREATE TABLE e(i INTEGER PRIMARY KEY, b BLOB)",
	    synchronous);
	must(sqlite3_open(path, &db) == SQLITE_OK);
	must(sqlite3_exec(db, pragma, NULL, NULL, NULL) == SQLITE_OK);
	must(sqlite3_prepare_v2(db, "INSERT INTO e(b) VALUES (?)", -1, &insert,
	    NULL) == SQLITE_OK);
	start = clock_mono();
	for (uint64_t i = 1; i <= count; i++) {
		if (i % group == 1 % group)
			must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
		sqlite3_bind_blob(insert, 1, line.p, (int)line.n, SQLITE_STATIC);
		must(sqlite3_step(insert) == SQLITE_DONE);
		sqlite3_reset(insert);
		if (i % group == 0)
			must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	}
	double rate = (double)count / seconds_since(start);

	sqlite3_finalize(insert);
	sqlite3_close(db);
	return rate;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Milliseconds from an entry to the signed checkpoint over it, sorted. */
static void
sign(struct ledger *ledger, double *ms)
{
	for (uint64_t i = 0; i < SIGNINGS; i++) {
		uint64_t start = clock_mono();

		must(ledger_append(ledger, line) == 0);
		must(ledger_write(ledger) == 0);
		must(ledger_checkpoint(ledger) == 0);
		ms[i] = seconds_since(start) * 1000;
	}
	qsort(ms, SIGNINGS, sizeof(*ms), compare);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
report(const char *what, double own, double peer, const char *name)
{
	printf("ledger %-22s %10.0f entries/s  %s %10.0f  ratio %.2f\n", what, own,
	    name, peer, own / peer);
}

int
main(int argc, char **argv)
{
	char folder[256], ledger_folder[300];
	struct ledger *ledger = NULL;
	struct ledger_found found;
	double collected, written, single, grouped, ms[SIGNINGS];
	int fd;

	snprintf(folder, sizeof(folder), "%s/ledger-bench-XXXXXX",
	    argc > 1 ? argv[1] : ".");
	must(mkdtemp(folder) != NULL);
	snprintf(ledger_folder, sizeof(ledger_folder), "%s/ledger", folder);
	must(mkdir(ledger_folder, 0700) == 0);
	fd = open(ledger_folder, O_RDONLY | O_DIRECTORY);
	must(ledger_open(&ledger, fd, "interlock.local/bench", NULL, NULL, &found) == 0);

	line = make(1);
	collected = append(ledger, 40000, GROUP, false, false);
	must(ledger_write(ledger) == 0);
	written = append(ledger, 200000, GROUP, true, false);
	single = append(ledger, 500, 1, true, true);
	grouped = append(ledger, 500 * GROUP, GROUP, true, true);
	printf("ledger %-22s %10.0f entries/s\n", "collected", collected);
	report("written, 64 a batch", written,
	    sqlite(folder, 200000, GROUP, "OFF"), "SQLite WAL off");
	report("synced, one by one", single,
	    sqlite(folder, 500, 1, "FULL"), "SQLite WAL full");
	report("synced, 64 a group", grouped,
	    sqlite(folder, 500 * GROUP, GROUP, "EXTRA"), "SQLite WAL full");
	must(ledger_checkpoint(ledger) == 0);
	sign(ledger, ms);
	printf("ledger entry to signed checkpoint  p50 %.2f ms  p99 %.2f ms\n",
	    ms[SIGNINGS / 2], ms[SIGNINGS - 1]);
	ledger_close(&ledger);
	close(fd);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
}
