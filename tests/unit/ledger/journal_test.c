/* A journal gives back what was put in, and says of every cut and change what it is. */
#include "ledger/journal.h"

#include <errno.h>

#include "make.h"

#define RECORDS 6

static struct out file;
static size_t ends[RECORDS + 1];

/* Read `bytes` as a journal. How it ends, and after how many entries. */
static int
read_as(struct span bytes, int *count)
{
	FILE *temporary = tmpfile();
	struct journal journal;
	struct span entry;
	struct hash leaf;
	int status;

	*count = 0;
	if (write(fileno(temporary), bytes.p, bytes.n) != (ssize_t)bytes.n)
		abort();
	journal_open(&journal, fileno(temporary));
	while ((status = journal_next(&journal, &entry, &leaf)) == JOURNAL_ENTRY) {
		if (!span_equal(entry, make_entry((uint64_t)*count + 1)))
			abort();
		(*count)++;
	}
	journal_close(&journal);
	fclose(temporary);
	return status;
}

static void
every_cut(void)
{
	for (size_t n = 0; n <= file.n; n++) {
		int count, whole = 0, status;

		while (whole < RECORDS && ends[whole + 1] <= n)
			whole++;
		status = read_as(span_head(out_view(&file), n), &count);
		CHECK(count == whole);
		CHECK(status == (n == ends[whole] ? JOURNAL_END : JOURNAL_TORN));
	}
}

static void
every_change(void)
{
	for (size_t i = 0; i < file.n; i++) {
		int count, record = 0, status;

		while (ends[record + 1] <= i)
			record++;
		file.p[i] ^= 1;
		status = read_as(out_view(&file), &count);
		CHECK(count == record);
		CHECK(status == (record == RECORDS - 1 ? JOURNAL_TORN : JOURNAL_BAD));
		file.p[i] ^= 1;
	}
}

static void
lists(void)
{
	static const struct {
		const char *name;
		int status;
	} rows[] = {
		{ "tail/00000000000000065536", 0 },
		{ "tail/00000000000000065537", -EBADMSG },
		{ "tail/65536", -EBADMSG }, { "tail/x", -EBADMSG },
	};
	uint64_t bases[JOURNALS_MAX];
	char path[64];
	int folder = new_folder(path);
	size_t count = 9;

	CHECK(journal_list(folder, bases, &count) == -ENOENT);
	CHECK(mkdirat(folder, "tail", 0700) == 0);
	CHECK(journal_list(folder, bases, &count) == 0 && count == 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		close(openat(folder, "tail/00000000000000131072", O_CREAT | O_WRONLY, 0600));
		close(openat(folder, rows[i].name, O_CREAT | O_WRONLY, 0600));
		CHECK_ROW(rows[i].name,
		    journal_list(folder, bases, &count) == rows[i].status);
		if (!rows[i].status)
			CHECK(count == 2 && bases[0] == 65536 && bases[1] == 131072);
		unlinkat(folder, rows[i].name, 0);
	}
	close(folder);
	remove_folder(path);
}

int
main(void)
{
	struct hash leaf;

	file = out_new(1 << 16);
	for (unsigned int i = 0; i < RECORDS; i++) {
		journal_put(&file, make_entry(i + 1), &leaf);
		ends[i + 1] = file.n;
	}
	every_cut();
	every_change();
	lists();
	out_free(&file);
	return check_end();
}
