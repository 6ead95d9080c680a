/*
 * Bodies are files, once each, before an entry that names them is in the journal;
 * a crash between the two leaves an orphan and no more; a verifier, from the files
 * alone, names the entry whose body is missing, changed or another.
 */
#include <errno.h>

#include "ledger/blob.h"
#include "ledger/verify.h"
#include "make.h"

#define BODIES 5

static struct ledger *ledger;
static int folder;
static uint8_t room[ENTRY_LIMIT];
static char bodies[BODIES][20000];
static struct hash hashes[BODIES];
static uint64_t sequence;

/* The last fault, and what the verifier counted. */
static struct verify_result result;
static struct verify_fault fault;
static char fault_file[96];

static void
note(void *arg, const struct verify_fault *is)
{
	(void)arg;
	fault = *is;
	snprintf(fault_file, sizeof(fault_file), "%s", is->file);
}

static uint64_t
faults(void)
{
	struct verify_options options = { 0 };

	fault = (struct verify_fault){ 0 };
	return verify_ledger(folder, &options, note, NULL, &result) ? UINT64_MAX : result.faults;
}

static struct span
body(size_t i)
{
	return span_of(bodies[i], sizeof(bodies[i]));
}

static char *
path_of(size_t i)
{
	static char path[BLOB_PATH_SIZE];

	return blob_path(path, &hashes[i]);
}

static bool
is_there(size_t i)
{
	return faccessat(folder, path_of(i), F_OK, 0) == 0;
}

/* Collect an entry that names body i as its text, and i + 1 as its values. */
static void
add(size_t i, bool with_values)
{
	struct entry entry;
	struct span whole;

	entry_begin(&entry, room, ENTRY_ASK);
	entry_text(&entry, KEY_PROCESS, SPAN("worker/0"));
	entry_uint(&entry, KEY_SEQUENCE, ++sequence);
	entry_uint(&entry, KEY_INCARNATION, 7);
	entry_bytes(&entry, KEY_TEXT_BLOB, span_of(hashes[i].p, HASH_SIZE));
	if (with_values)
		entry_bytes(&entry, KEY_VALUES_BLOB, span_of(hashes[i + 1].p, HASH_SIZE));
	CHECK(entry_end(&entry, &whole) == 0 && ledger_append(ledger, whole) == 0);
}

static void
open_ledger(void)
{
	struct ledger_found found;

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
}

static void
before_entries(void)
{
	size_t waiting;

	CHECK(ledger_append_blob(ledger, &hashes[0], body(0)) == 0);
	waiting = ledger_waiting(ledger);
	CHECK(waiting > 0 && waiting < sizeof(bodies[0]) && !is_there(0));
	CHECK(ledger_append_blob(ledger, &hashes[0], body(0)) == 0);
	CHECK(ledger_waiting(ledger) == waiting);	/* the same: once */
	CHECK(ledger_append_blob(ledger, &hashes[1], body(1)) == 0);
	add(0, true);
	CHECK(ledger_write(ledger) == 0 && ledger_waiting(ledger) == 0);
	CHECK(is_there(0) && is_there(1));
	CHECK(ledger_append_blob(ledger, &hashes[1], body(1)) == 0);
	CHECK(ledger_waiting(ledger) == 0);		/* known to be there */
	add(1, false);
	add(1, false);
	CHECK(ledger_write(ledger) == 0);
	CHECK(faults() == 0 && result.later == 3 && result.bodies == 2);
	CHECK(ledger_checkpoint(ledger) == 0);
	CHECK(faults() == 0 && result.bodies == 2 && result.orphans == 0 && result.size == 3);
}

/* A body that has no place to go keeps its entry back, and all others. */
static void
waits_for_it(void)
{
	uint64_t written = ledger_written(ledger);

	CHECK(renameat(folder, "blob", folder, "aside") == 0);
	CHECK(symlinkat("nowhere", folder, "blob") == 0);
	CHECK(ledger_append_blob(ledger, &hashes[2], body(2)) == 0);
	add(2, false);
	for (int i = 0; i < 3; i++)
		CHECK(ledger_write(ledger) != 0 && ledger_written(ledger) == written);
	CHECK(unlinkat(folder, "blob", 0) == 0 && renameat(folder, "aside", folder, "blob") == 0);
	CHECK(ledger_write(ledger) == 0 && ledger_written(ledger) == written + 1);
	CHECK(is_there(2) && ledger_checkpoint(ledger) == 0 && faults() == 0);
}

static void
crash_between(void)
{
	CHECK(ledger_append_blob(ledger, &hashes[3], body(3)) == 0);
	CHECK(ledger_write(ledger) == 0 && is_there(3));
	ledger_close(&ledger);		/* the entry never came */
	CHECK(faults() == 0 && result.bodies == 3 && result.orphans == 1);
	open_ledger();
	/* the writer sends both again */
	CHECK(ledger_append_blob(ledger, &hashes[3], body(3)) == 0);
	add(3, false);
	CHECK(ledger_write(ledger) == 0 && ledger_checkpoint(ledger) == 0);
	CHECK(ledger_blobs_mended(ledger) == 0);
	CHECK(faults() == 0 && result.bodies == 4 && result.orphans == 0);
	ledger_close(&ledger);

	/* the machine crashed, and the orphan is not what it should be */
	open_ledger();
	CHECK(ledger_append_blob(ledger, &hashes[4], body(4)) == 0);
	CHECK(ledger_write(ledger) == 0);
	ledger_close(&ledger);
	CHECK(close(openat(folder, path_of(4), O_WRONLY | O_TRUNC)) == 0);
	open_ledger();
	CHECK(ledger_append_blob(ledger, &hashes[4], body(4)) == 0);
	add(4, false);
	CHECK(ledger_write(ledger) == 0 && ledger_blobs_mended(ledger) == 1);
	CHECK(ledger_checkpoint(ledger) == 0);
	CHECK(faults() == 0 && result.bodies == 5 && result.orphans == 0);
}

static void
is_named(const char *what, uint64_t count, uint64_t index, size_t i)
{
	CHECK_ROW(what, faults() == count);
	CHECK_ROW(what, fault.index == index && strcmp(fault.what, what) == 0);
	CHECK_ROW(what, strcmp(fault_file, path_of(i)) == 0);
}

static void
who_touches_them(void)
{
	char other[BLOB_PATH_SIZE];
	int fd;

	/* body 1 is named by entries 0, 1 and 2 */
	CHECK(renameat(folder, path_of(1), folder, "aside") == 0);
	is_named("a body that the entry names is missing", 3, 2, 1);
	CHECK(result.bodies == 4);
	blob_path(other, &hashes[2]);
	CHECK(linkat(folder, other, folder, path_of(1), 0) == 0);
	is_named("the body is not the one that the entry names", 3, 2, 1);
	CHECK(unlinkat(folder, path_of(1), 0) == 0);
	CHECK(renameat(folder, "aside", folder, path_of(1)) == 0 && faults() == 0);
	fd = openat(folder, path_of(0), O_RDWR);
	CHECK(pwrite(fd, "!", 1, 30) == 1);
	close(fd);
	is_named("the body is not the one that the entry names", 1, 0, 0);
	CHECK(pwrite(fd = openat(folder, "blob/other", O_RDWR | O_CREAT, 0600), "x", 1, 0) == 1);
	close(fd);
	CHECK(faults() == 2);
	CHECK(unlinkat(folder, "blob/other", 0) == 0);
	/* in the journal only, not signed yet */
	add(4, false);
	CHECK(ledger_write(ledger) == 0 && renameat(folder, path_of(4), folder, "aside") == 0);
	CHECK(faults() == 3 && result.later == 1);
}

static void
is_bounded(void)
{
	static uint8_t noise[ENTRY_BLOB_LIMIT];
	uint64_t x = 88172645463325252ULL;
	int error = 0;
	size_t n = 0;

	for (size_t i = 0; i + 8 <= sizeof(noise); i += 8) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		memcpy(noise + i, &x, 8);
	}
	for (; !error && n < 100; n++) {
		struct hash name;

		noise[0] = (uint8_t)n;
		hash_bytes(&name, -1, span_of(noise, sizeof(noise)), span_of(NULL, 0));
		error = ledger_append_blob(ledger, &name, span_of(noise, sizeof(noise)));
	}
	CHECK(error == -ENOBUFS && n > 10 && ledger_waiting(ledger) <= LEDGER_BATCH_MOST);
}

int
main(void)
{
	char path[64];

	folder = new_folder(path);
	for (size_t i = 0; i < BODIES; i++) {
		for (size_t j = 0; j < sizeof(bodies[i]); j++)
			bodies[i][j] = (char)('a' + (i + j * j % 97) % 26);
		hash_bytes(&hashes[i], -1, body(i), span_of(NULL, 0));
	}
	open_ledger();
	before_entries();
	waits_for_it();
	crash_between();
	who_touches_them();
	is_bounded();
	ledger_close(&ledger);
	close(folder);
	remove_folder(path);
	return check_end();
}
