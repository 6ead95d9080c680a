/*
 * ledger.c: how fast entries are kept, at each level, beside SQLite in the same run.
 * Entries are 600 bytes, and hashed into the tree; SQLite only stores them.
 * "collected" is what an entry costs before any system call, beside one SHA-256 of
 * the same bytes, which is the least it could be; "written" is batches of 64 into the
 * journal; "synced" one entry and one fdatasync each, and groups of 64. SQLite appends
 * the same bytes to a table in WAL mode: synchronous=OFF against written, FULL against
 * synced. A checkpoint is beside its two costs by hand: an entry's fdatasync, an
 * Ed25519 signature. Ledger and peer take turns, ROUNDS times; the rate is the median
 * round's, p50 and p99 are of every batch of all rounds.
 * The folder is the first argument, default the present one.
 */
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/must.h"
#include "entry.h"
#include "ledger/ledger.h"

#define GROUP 64
#define ROUNDS 5

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

/* One side of a comparison: keep a batch of so many entries. */
struct side {
	struct ledger *ledger;
	sqlite3 *db;
	sqlite3_stmt *insert;
	int file;
	EVP_MD_CTX *context;
	EVP_MD *sha256;
	EVP_PKEY *key;
	bool sync;
	double rates[ROUNDS];
	double *us;		/* of each batch of all rounds */
};

typedef void (*batch_fn)(struct side *, uint64_t batch);

static void
collect(struct side *side, uint64_t batch)
{
	for (uint64_t i = 0; i < batch; i++)
		must(ledger_append(side->ledger, line) == 0);
}

static void
keep(struct side *side, uint64_t batch)
{
	collect(side, batch);
	must(ledger_write(side->ledger) == 0);
	must(!side->sync || ledger_sync(side->ledger) == 0);
}

static void
sign(struct side *side, uint64_t batch)
{
	collect(side, batch);
	must(ledger_write(side->ledger) == 0);
	must(ledger_checkpoint(side->ledger) == 0);
}

static void
hash_only(struct side *side, uint64_t batch)
{
	uint8_t digest[32];

	for (uint64_t i = 0; i < batch; i++)
		must(EVP_DigestInit_ex2(side->context, side->sha256, NULL) == 1 &&
		    EVP_DigestUpdate(side->context, line.p, line.n) == 1 &&
		    EVP_DigestFinal_ex(side->context, digest, NULL) == 1);
}

static void
by_hand(struct side *side, uint64_t batch)
{
	uint8_t signature[64];
	size_t n = sizeof(signature);

	for (uint64_t i = 0; i < batch; i++)
		must(write(side->file, line.p, line.n) == (ssize_t)line.n);
	must(fdatasync(side->file) == 0);
	EVP_MD_CTX_reset(side->context);
	must(EVP_DigestSignInit(side->context, NULL, NULL, NULL, side->key) == 1);
	must(EVP_DigestSign(side->context, signature, &n, line.p, 100) == 1);
}

static void
insert(struct side *side, uint64_t batch)
{
	must(sqlite3_exec(side->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
	for (uint64_t i = 0; i < batch; i++) {
		sqlite3_bind_blob(side->insert, 1, line.p, (int)line.n, SQLITE_STATIC);
		must(sqlite3_step(side->insert) == SQLITE_DONE);
		sqlite3_reset(side->insert);
	}
	must(sqlite3_exec(side->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
}

static void
open_sqlite(struct side *side, const char *folder, const char *name, const char *synchronous)
{
	char path[512], pragma[128];

	snprintf(path, sizeof(path), "%s/peer-%s.db", folder, name);
	snprintf(pragma, sizeof(pragma), "PRAGMA journal_mode=WAL; "
	    "PRAGMA synchronous=%s; CREATE TABLE e(i INTEGER PRIMARY KEY, b BLOB)",
	    synchronous);
	must(sqlite3_open(path, &side->db) == SQLITE_OK);
	must(sqlite3_exec(side->db, pragma, NULL, NULL, NULL) == SQLITE_OK);
	must(sqlite3_prepare_v2(side->db, "INSERT INTO e(b) VALUES (?)", -1,
	    &side->insert, NULL) == SQLITE_OK);
}

static void
close_sqlite(struct side *side)
{
	sqlite3_finalize(side->insert);
	sqlite3_close(side->db);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
measure(struct side *side, batch_fn fn, uint64_t round, uint64_t batches, uint64_t batch)
{
	uint64_t start = clock_mono();

	for (uint64_t i = 0; i < batches; i++) {
		uint64_t before = clock_mono();

		fn(side, batch);
		side->us[round * batches + i] = (double)(clock_mono() - before) / 1000;
	}
	side->rates[round] = (double)(batches * batch) / seconds_since(start);
}

static void
sort_out(struct side *side, uint64_t batches)
{
	qsort(side->rates, ROUNDS, sizeof(double), compare);
	qsort(side->us, ROUNDS * batches, sizeof(double), compare);
}

/* Both in turn, then what came of it. */
static void
versus(const char *what, struct side *own, batch_fn own_fn, const char *name,
    struct side *peer, batch_fn peer_fn, uint64_t batches, uint64_t batch)
{
	size_t n = ROUNDS * batches;

	must((own->us = calloc(n, sizeof(double))) && (peer->us = calloc(n, sizeof(double))));
	for (uint64_t round = 0; round < ROUNDS; round++) {
		measure(own, own_fn, round, batches, batch);
		if (own_fn == collect)
			must(ledger_write(own->ledger) == 0);
		measure(peer, peer_fn, round, batches, batch);
	}
	sort_out(own, batches);
	sort_out(peer, batches);
	printf("ledger %-20s %8.0f/s p50 %8.1f us p99 %8.1f us  "
	    "%-15s %8.0f/s p50 %8.1f us p99 %8.1f us  ratio %.2f p50 %.2f p99 %.2f\n",
	    what, own->rates[ROUNDS / 2], own->us[n / 2], own->us[n * 99 / 100],
	    name, peer->rates[ROUNDS / 2], peer->us[n / 2], peer->us[n * 99 / 100],
	    own->rates[ROUNDS / 2] / peer->rates[ROUNDS / 2],
	    own->us[n / 2] / peer->us[n / 2], own->us[n * 99 / 100] / peer->us[n * 99 / 100]);
	free(own->us);
	free(peer->us);
}

static void
compare_all(struct ledger *ledger, const char *folder)
{
	struct side own = { .ledger = ledger }, off = { 0 }, full = { 0 };
	struct side hand = {
		.context = EVP_MD_CTX_new(), .sha256 = EVP_MD_fetch(NULL, "SHA256", NULL),
		.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
	};
	char path[512];

	snprintf(path, sizeof(path), "%s/by-hand", folder);
	hand.file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	must(hand.file >= 0 && hand.context && hand.sha256 && hand.key);
	open_sqlite(&off, folder, "off", "OFF");
	open_sqlite(&full, folder, "full", "FULL");
	versus("collected", &own, collect, "SHA-256", &hand, hash_only, 100, GROUP);
	versus("written, 64 a batch", &own, keep, "SQLite WAL off", &off, insert, 600, GROUP);
	own.sync = true;
	versus("synced, one by one", &own, keep, "SQLite WAL full", &full, insert, 100, 1);
	versus("synced, 64 a group", &own, keep, "SQLite WAL full", &full, insert, 100, GROUP);
	must(ledger_checkpoint(ledger) == 0);
	versus("to signed checkpoint", &own, sign, "sync and sign", &hand, by_hand, 20, 1);
	close_sqlite(&off);
	close_sqlite(&full);
	close(hand.file);
	EVP_PKEY_free(hand.key);
	EVP_MD_free(hand.sha256);
	EVP_MD_CTX_free(hand.context);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int
main(int argc, char **argv)
{
	char folder[256], ledger_folder[300];
	struct ledger *ledger = NULL;
	struct ledger_found found;
	int fd;

	snprintf(folder, sizeof(folder), "%s/ledger-bench-XXXXXX",
	    argc > 1 ? argv[1] : ".");
	must(mkdtemp(folder) != NULL);
	snprintf(ledger_folder, sizeof(ledger_folder), "%s/ledger", folder);
	must(mkdir(ledger_folder, 0700) == 0);
	fd = open(ledger_folder, O_RDONLY | O_DIRECTORY);
	must(ledger_open(&ledger, fd, "interlock.local/bench", NULL, NULL, &found) == 0);

	line = make(1);
	compare_all(ledger, folder);
	ledger_close(&ledger);
	close(fd);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
}
