/*
 * Whatever is changed in the files of a ledger is found and named: one byte of
 * any file, entries swapped or taken out, tiles and journals deleted, a cut tail.
 */
#include "ledger/verify.h"

#include <fcntl.h>

#include "ledger/tile.h"
#include "make.h"

#define ENTRIES 1300	/* five full tiles and a partial one */

struct first {
	uint64_t index;
	char file[96], what[128];
};

static void
note_first(void *arg, const struct verify_fault *fault)
{
	struct first *first = arg;

	if (first->file[0] && (fault->index == VERIFY_NO_INDEX ||
	    fault->index >= first->index))
		return;
	first->index = fault->index;
	snprintf(first->file, sizeof(first->file), "%s", fault->file);
	snprintf(first->what, sizeof(first->what), "%s", fault->what);
}

static uint64_t
faults(int folder, struct span since, struct first *first)
{
	struct verify_options options = { .since = since };
	struct verify_result result;

	*first = (struct first){ 0 };
	if (verify_ledger(folder, &options, note_first, first, &result))
		return UINT64_MAX;
	return result.faults;
}

static void
make_ledger(int folder)
{
	struct ledger *ledger = NULL;
	struct ledger_found found;

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	fill(ledger, 0, ENTRIES);
	CHECK(ledger_checkpoint(ledger) == 0);
	ledger_close(&ledger);
}

static struct out
read_all(int folder, const char *path)
{
	struct out out = out_new(64u << 20);

	CHECK_ROW(path, tile_read(folder, path, &out) == 0);
	return out;
}

static void
write_all(int folder, const char *path, struct span bytes)
{
	int fd = openat(folder, path, O_WRONLY | O_TRUNC);

	CHECK_ROW(path, fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	close(fd);
}

/* The entry of each file at whose byte `at` something is changed. */
static const char *const files[] = {
	"checkpoint", "key", "key.pub", "tail/00000000000000000000",
	"tile/entries/000", "tile/entries/003", "tile/entries/005.p/20",
	"tile/0/000", "tile/0/004", "tile/0/005.p/20", "tile/1/000.p/5",
};

static void
every_byte(int folder)
{
	struct first first;

	for (size_t i = 0; i < COUNT(files); i++) {
		struct out was = read_all(folder, files[i]);
		size_t step = was.n > 500 ? was.n / 23 : was.n > 100 ? 7 : 1;

		for (size_t at = 0; at < was.n; at += step) {
			uint64_t n;

			was.p[at] ^= 1;
			write_all(folder, files[i], out_view(&was));
			n = faults(folder, span_of(NULL, 0), &first);
			CHECK_ROW(files[i], n > 0 && n != UINT64_MAX);
			was.p[at] ^= 1;
		}
		was.p[was.n - 1] ^= 0x80;	/* and the very last one */
		write_all(folder, files[i], out_view(&was));
		CHECK_ROW(files[i], faults(folder, span_of(NULL, 0), &first) > 0);
		was.p[was.n - 1] ^= 0x80;
		for (size_t n = 0; n < was.n; n = n ? n + (was.n - n + 1) / 2 : 1) {
			write_all(folder, files[i], span_head(out_view(&was), n));
			CHECK_ROW(files[i], strncmp(files[i], "key", 3) == 0 ||
			    faults(folder, span_of(NULL, 0), &first) > 0);
		}
		write_all(folder, files[i], out_view(&was));
		CHECK_ROW(files[i], faults(folder, span_of(NULL, 0), &first) == 0);
		out_free(&was);
	}
}

static void
every_file_deleted(int folder)
{
	struct first first;

	for (size_t i = 0; i < COUNT(files); i++) {
		if (strcmp(files[i], "key") == 0)
			continue;	/* an auditor never has it */
		CHECK(renameat(folder, files[i], folder, "aside") == 0);
		CHECK_ROW(files[i], faults(folder, span_of(NULL, 0), &first) > 0);
		CHECK(renameat(folder, "aside", folder, files[i]) == 0);
	}
	CHECK(faults(folder, span_of(NULL, 0), &first) == 0);
}

/* Where the entry with this number lies in a bundle that begins with number `first` + 1. */
static size_t
offset_of(struct span bundle, unsigned int nth)
{
	size_t at = 0;

	while (nth--)
		at += 2 + (size_t)span_be16(bundle, at);
	return at;
}

/* The first wrong entry is named, also when only one of its copies was changed. */
static void
names_it(int folder)
{
	const char *journal = "tail/00000000000000000000";
	struct out bundle = read_all(folder, "tile/entries/002");
	struct out tile = read_all(folder, "tile/0/002");
	struct out above = read_all(folder, "tile/1/000.p/5");
	struct out tail = read_all(folder, journal);
	struct first first;
	size_t at = offset_of(out_view(&bundle), 77) + 60;

	bundle.p[at] ^= 4;
	write_all(folder, "tile/entries/002", out_view(&bundle));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 1);
	CHECK(first.index == 512 + 77 && strcmp(first.file, "tile/entries/002") == 0);
	bundle.p[at] ^= 4;
	write_all(folder, "tile/entries/002", out_view(&bundle));

	tile.p[32 * 200 + 5] ^= 4;
	write_all(folder, "tile/0/002", out_view(&tile));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 1);
	CHECK(first.index == 512 + 200 && strcmp(first.file, "tile/0/002") == 0);
	tile.p[32 * 200 + 5] ^= 4;
	write_all(folder, "tile/0/002", out_view(&tile));

	above.p[32 * 3] ^= 4;
	write_all(folder, "tile/1/000.p/5", out_view(&above));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 1);
	CHECK(first.index == 768 && strcmp(first.file, "tile/1/000.p/5") == 0);
	above.p[32 * 3] ^= 4;
	write_all(folder, "tile/1/000.p/5", out_view(&above));

	at = 0;
	for (int i = 0; i < 900; i++)
		at += 12 + (size_t)span_be32(out_view(&tail), at);
	tail.p[at + 40] ^= 4;
	write_all(folder, journal, out_view(&tail));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 1);
	CHECK(first.index == 900 && strcmp(first.file, journal) == 0);
	tail.p[at + 40] ^= 4;
	write_all(folder, journal, out_view(&tail));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 0);
	out_free(&bundle);
	out_free(&tile);
	out_free(&above);
	out_free(&tail);
}

/* Swap two entries of a bundle, then take one out. */
static void
swapped_and_missing(int folder)
{
	struct out bundle = read_all(folder, "tile/entries/001");
	struct out changed = out_new(1 << 20);
	struct span in = out_view(&bundle);
	size_t a = offset_of(in, 10), b = offset_of(in, 11), c = offset_of(in, 12);
	struct first first;

	out_span(&changed, span_head(in, a));
	out_span(&changed, span_head(span_skip(in, b), c - b));
	out_span(&changed, span_head(span_skip(in, a), b - a));
	out_span(&changed, span_skip(in, c));
	write_all(folder, "tile/entries/001", out_view(&changed));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 2);
	CHECK(first.index == 256 + 10 && strstr(first.what, "moved"));

	out_clear(&changed);
	out_span(&changed, span_head(in, a));
	out_span(&changed, span_skip(in, b));
	write_all(folder, "tile/entries/001", out_view(&changed));
	CHECK(faults(folder, span_of(NULL, 0), &first) == 1);
	CHECK(first.index == 256 + 10 && strstr(first.what, "missing"));
	write_all(folder, "tile/entries/001", in);
	CHECK(faults(folder, span_of(NULL, 0), &first) == 0);
	out_free(&bundle);
	out_free(&changed);
}

/* A ledger put back to an earlier state is right by itself, and wrong since then. */
static void
cut_tail(void)
{
	char path[64], copy[64], command[256];
	int folder = new_folder(path), other = new_folder(copy);
	struct out later, note;
	struct ledger *ledger = NULL;
	struct ledger_found found;
	struct first first;

	make_ledger(folder);
	note = read_all(folder, "checkpoint");
	snprintf(command, sizeof(command), "cp -a %s/. %s/", path, copy);
	CHECK(system(command) == 0);
	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	fill(ledger, ENTRIES, ENTRIES + 20);
	CHECK(ledger_checkpoint(ledger) == 0);
	fill(ledger, ENTRIES + 20, ENTRIES + 23);
	later = read_all(folder, "checkpoint");
	CHECK(faults(folder, out_view(&note), &first) == 0);
	CHECK(faults(folder, out_view(&later), &first) == 0);
	CHECK(faults(other, span_of(NULL, 0), &first) == 0);
	CHECK(faults(other, out_view(&later), &first) == 1);
	CHECK(first.index == ENTRIES && strstr(first.what, "removed"));
	later.p[40] ^= 1;	/* a forged older checkpoint */
	CHECK(faults(folder, out_view(&later), &first) > 0);
	ledger_close(&ledger);

	/* the same key, another history of the same length */
	snprintf(command, sizeof(command),
	    "cd %s && rm -rf tile tail checkpoint", copy);
	CHECK(system(command) == 0);
	CHECK(ledger_open(&ledger, other, NAME, NULL, NULL, &found) == 0);
	for (uint64_t i = 1; i <= ENTRIES + 5; i++)
		CHECK(ledger_append(ledger, make_entry_of("worker/0", 8, i, 9)) == 0);
	CHECK(ledger_write(ledger) == 0 && ledger_checkpoint(ledger) == 0);
	ledger_close(&ledger);
	CHECK(faults(other, span_of(NULL, 0), &first) == 0);
	CHECK(faults(other, out_view(&note), &first) == 1);
	CHECK(strstr(first.what, "not the first ones") != NULL);
	out_free(&note);
	out_free(&later);
	close(folder);
	close(other);
	remove_folder(path);
	remove_folder(copy);
}

/* A signed log in which a writer's numbers have a gap, or go back. */
static void
gaps(void)
{
	static const struct {
		const char *name, *process;
		uint64_t incarnation, sequence, faults;
	} rows[] = {
		{ "first", "worker/0", 7, 1, 0 }, { "next", "worker/0", 7, 2, 0 },
		{ "other", "broker", 7, 1, 0 }, { "gap", "worker/0", 7, 4, 1 },
		{ "on", "worker/0", 7, 5, 1 }, { "double", "worker/0", 7, 5, 2 },
		{ "run", "worker/0", 9, 1, 2 }, { "late", "broker", 8, 2, 3 },
	};
	char path[64];
	int folder = new_folder(path);
	struct ledger *ledger = NULL;
	struct ledger_found found;
	struct first first;

	CHECK(ledger_open(&ledger, folder, NAME, NULL, NULL, &found) == 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(ledger_append(ledger, make_entry_of(rows[i].process,
		    rows[i].incarnation, rows[i].sequence, 30)) == 0);
		CHECK(ledger_write(ledger) == 0 && ledger_checkpoint(ledger) == 0);
		CHECK_ROW(rows[i].name, faults(folder, span_of(NULL, 0), &first) ==
		    rows[i].faults);
	}
	CHECK(first.index == 3);
	ledger_close(&ledger);
	close(folder);
	remove_folder(path);
}

/* Only tiles and checkpoint, as an outsider gets them, with the key apart. */
static void
published_copy(int folder)
{
	struct out key = read_all(folder, "key.pub");
	struct verify_options options = { .key = out_view(&key) };
	struct verify_result result;
	struct first first = { 0 };

	CHECK(renameat(folder, "tail", folder, "tail.away") == 0);
	CHECK(faults(folder, span_of(NULL, 0), &first) == 1);
	CHECK(renameat(folder, "key.pub", folder, "pub.away") == 0);
	first = (struct first){ 0 };
	CHECK(verify_ledger(folder, &options, note_first, &first, &result) == 0);
	CHECK(result.faults == 0 && result.size == ENTRIES && !result.has_journal);
	for (size_t i = 0; i < COUNT(files); i++) {	/* emptied, with nothing beside it that would tell */
		struct out was;

		if (strncmp(files[i], "tile/", 5))
			continue;
		was = read_all(folder, files[i]);
		write_all(folder, files[i], span_of("", 0));
		CHECK(verify_ledger(folder, &options, note_first, &first, &result) == 0);
		CHECK_ROW(files[i], result.faults > 0);
		write_all(folder, files[i], out_view(&was));
		out_free(&was);
	}
	options.key.n -= 5;
	CHECK(verify_ledger(folder, &options, note_first, &first, &result) == 0);
	CHECK(result.faults > 0);
	CHECK(renameat(folder, "pub.away", folder, "key.pub") == 0);
	CHECK(renameat(folder, "tail.away", folder, "tail") == 0);
	out_free(&key);
}

int
main(void)
{
	char path[64];
	int folder = new_folder(path);

	make_ledger(folder);
	names_it(folder);
	swapped_and_missing(folder);
	every_file_deleted(folder);
	every_byte(folder);
	published_copy(folder);
	cut_tail();
	gaps();
	close(folder);
	remove_folder(path);
	return check_end();
}
