/*
 * journal.c: write and read the records of the tail.
 * Where a record is wrong, the rest of the file decides what it means: when no
 * whole record follows anywhere, the write was cut short and never
 * acknowledged (torn); when one does, something was changed (bad).
 * syscalls(recorder): pread64 openat getdents64 close
 */
#include "ledger/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "entry.h"

#define CHUNK (1u << 20)	/* more than the largest record */
#define CHECK_SIZE 8

char *
journal_path(char *path, uint64_t base)
{
	snprintf(path, JOURNAL_PATH_SIZE, "tail/%020llu",
	    (unsigned long long)base);
	return path;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A name that journal_path() gives, or false. */
static bool
base_of(const char *name, uint64_t *base)
{
	char path[JOURNAL_PATH_SIZE];

	if (strspn(name, "0123456789") != 20 || name[20])
		return false;
	*base = strtoull(name, NULL, 10);
	return *base % JOURNAL_ENTRIES == 0 &&
	    strcmp(journal_path(path, *base) + 5, name) == 0;
}

int
journal_list(int directory, uint64_t bases[JOURNALS_MAX], size_t *count)
{
	int fd = openat(directory, "tail",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct dirent *one;
	int status = 0;
	size_t n = 0;
	DIR *folder;

	if (fd < 0)
		return -errno;
	folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return -ENOMEM;
	}
	while (!status && (one = readdir(folder))) {
		if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
			continue;
		if (n == JOURNALS_MAX || !base_of(one->d_name, &bases[n++]))
			status = -EBADMSG;
	}
	closedir(folder);
	if (status)
		return status;
	qsort(bases, n, sizeof(bases[0]), compare);
	*count = n;
	return 0;
}

void
journal_put(struct out *out, struct span entry, struct hash *leaf)
{
	hash_leaf(leaf, entry);
	out_be32(out, (uint32_t)entry.n);
	out_bytes(out, leaf->p, CHECK_SIZE);
	out_span(out, entry);
}

void
journal_open(struct journal *journal, int fd)
{
	*journal = (struct journal){ .fd = fd, .room = out_new(2 * CHUNK) };
}

void
journal_close(struct journal *journal)
{
	out_free(&journal->room);
}

/* The next `n` bytes into *out. Returns how many there are (fewer: the file ends) or -errno. */
static ssize_t
look(struct journal *journal, off_t at, size_t n, struct span *out)
{
	struct out *room = &journal->room;

	if (at < journal->room_at ||
	    at + (off_t)n > journal->room_at + (off_t)room->n) {
		out_drop(room, at >= journal->room_at ?
		    (size_t)(at - journal->room_at) : room->n);
		journal->room_at = at;
	}
	while ((size_t)(at - journal->room_at) + n > room->n) {
		size_t had = room->n;
		ssize_t got;

		out_zero(room, CHUNK - had);
		if (room->failed)
			return -ENOMEM;
		got = pread(journal->fd, room->p + had, CHUNK - had,
		    journal->room_at + (off_t)had);
		room->n = had + (got > 0 ? (size_t)got : 0);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
	}
	*out = span_head(span_skip(out_view(room),
	    (size_t)(at - journal->room_at)), n);
	return (ssize_t)out->n;
}

/* Is there a whole record at `at`? 1, 0 or -errno. */
static int
record_at(struct journal *journal, off_t at, struct span *entry, struct hash *leaf)
{
	struct span in;
	ssize_t got = look(journal, at, JOURNAL_HEAD, &in);
	uint32_t length;

	if (got < JOURNAL_HEAD)
		return got < 0 ? (int)got : 0;
	length = span_be32(in, 0);
	if (length == 0 || length > ENTRY_LIMIT)
		return 0;
	got = look(journal, at, JOURNAL_HEAD + length, &in);
	if (got < (ssize_t)(JOURNAL_HEAD + length))
		return got < 0 ? (int)got : 0;
	*entry = span_skip(in, JOURNAL_HEAD);
	hash_leaf(leaf, *entry);
	return memcmp(in.p + 4, leaf->p, CHECK_SIZE) == 0;
}

/* What a wrong record at journal->at means: torn, bad, or written meanwhile. */
static int
judge_rest(struct journal *journal, struct span *entry, struct hash *leaf)
{
	struct span in;
	ssize_t got;
	int is;

	for (off_t at = journal->at + 1; ; at++) {
		is = record_at(journal, at, entry, leaf);
		if (is < 0)
			return is;
		if (is)
			break;
		got = look(journal, at, 1, &in);
		if (got <= 0)
			return got < 0 ? (int)got : JOURNAL_TORN;
	}
	/* a recorder at work may have finished the record since: look again */
	out_clear(&journal->room);
	is = record_at(journal, journal->at, entry, leaf);
	if (is < 0)
		return is;
	return is ? JOURNAL_ENTRY : JOURNAL_BAD;
}

int
journal_next(struct journal *journal, struct span *entry, struct hash *leaf)
{
	int is = record_at(journal, journal->at, entry, leaf);
	struct span in;
	ssize_t got;

	if (is < 0)
		return is;
	if (!is) {
		got = look(journal, journal->at, 1, &in);
		if (got <= 0)
			return got < 0 ? (int)got : JOURNAL_END;
		is = judge_rest(journal, entry, leaf);
	} else {
		is = JOURNAL_ENTRY;
	}
	if (is == JOURNAL_ENTRY)
		journal->at += (off_t)(JOURNAL_HEAD + entry->n);
	return is;
}
