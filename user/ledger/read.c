/*
 * read.c: entries from full bundles, then from the journals.
 * The journals are opened first: whatever they do not have lies in full bundles
 * by then, so that no entry falls between the two while the recorder works. A
 * published copy has no journals; there the checkpoint tells how far bundles go.
 */
#include "ledger/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/must.h"
#include "ledger/journal.h"
#include "ledger/note.h"
#include "ledger/tile.h"
#include "ledger/tree.h"

struct ledger_reader {
	int directory;
	uint64_t next;		/* index of the next entry */
	uint64_t bundled;	/* entries that are read from bundles */
	struct out bundle;
	struct span rest;	/* of it */
	int fds[JOURNALS_MAX];
	uint64_t bases[JOURNALS_MAX];
	size_t count, at;	/* journals, and the one being read */
	struct journal journal;
	bool reading;
};

static void
close_all(struct ledger_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		close_fd(&reader->fds[i]);
	reader->count = 0;
}

/* Open every journal. -EAGAIN: one went meanwhile, list them again. */
static int
open_journals(struct ledger_reader *reader)
{
	char path[JOURNAL_PATH_SIZE];
	size_t count;
	int error = journal_list(reader->directory, reader->bases, &count);

	if (error == -ENOENT)
		return 0;
	if (error)
		return error;
	for (size_t i = 0; i < count; i++) {
		reader->fds[i] = openat(reader->directory,
		    journal_path(path, reader->bases[i]),
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (reader->fds[i] < 0) {
			error = errno == ENOENT ? -EAGAIN : -errno;
			close_all(reader);
			return error;
		}
		reader->count = i + 1;
	}
	return 0;
}

/* How many entries bundles have, where there is no journal. */
static int
read_size(struct ledger_reader *reader)
{
	struct out note = out_new(NOTE_LIMIT);
	struct checkpoint checkpoint;
	int error = tile_read(reader->directory, "checkpoint", &note);

	if (!error && !note_read(out_view(&note), &checkpoint))
		error = -EBADMSG;
	if (!error)
		reader->bundled = checkpoint.size;
	out_free(&note);
	return error;
}

int
ledger_reader_open(struct ledger_reader **out, int directory)
{
	struct ledger_reader *reader = calloc(1, sizeof(*reader));
	int error;

	if (!reader)
		return -ENOMEM;
	reader->directory = directory;
	reader->bundle = out_new(TILE_LIMIT);
	do
		error = open_journals(reader);
	while (error == -EAGAIN);
	if (!error && reader->count)
		reader->bundled = reader->bases[0];
	else if (!error)
		error = read_size(reader);
	if (error) {
		ledger_reader_close(&reader);
		return error;
	}
	*out = reader;
	return 0;
}

static int
next_bundle(struct ledger_reader *reader)
{
	uint64_t left = reader->bundled - reader->next;
	unsigned int width = left < TILE_HASHES ? (unsigned int)left : 0;
	char path[TILE_PATH_SIZE];
	int error;

	out_clear(&reader->bundle);
	tile_path(path, TILE_ENTRIES, reader->next / TILE_HASHES, width);
	error = tile_read(reader->directory, path, &reader->bundle);
	reader->rest = out_view(&reader->bundle);
	if (error == -ENOENT)
		return -EBADMSG;
	return error;
}

static int
from_bundle(struct ledger_reader *reader, struct span *entry)
{
	uint16_t length;
	int error;

	if (reader->rest.n == 0) {
		if (reader->next % TILE_HASHES)
			return -EBADMSG;	/* fewer entries than it must have */
		error = next_bundle(reader);
		if (error)
			return error;
	}
	if (!take_be16(&reader->rest, &length) ||
	    !take_bytes(&reader->rest, length, entry))
		return -EBADMSG;
	return 1;
}

static int
from_journal(struct ledger_reader *reader, struct span *entry)
{
	struct hash leaf;
	int status;

	while (reader->at < reader->count) {
		if (!reader->reading) {
			if (reader->bases[reader->at] != reader->next)
				return -EBADMSG;
			journal_open(&reader->journal, reader->fds[reader->at]);
			reader->reading = true;
		}
		status = journal_next(&reader->journal, entry, &leaf);
		if (status == JOURNAL_ENTRY || status < 0)
			return status;
		if (status == JOURNAL_BAD)
			return -EBADMSG;
		if (reader->at + 1 == reader->count)
			return 0;	/* the end, or a record being written */
		journal_close(&reader->journal);
		reader->reading = false;
		reader->at++;
	}
	return 0;
}

int
ledger_reader_next(struct ledger_reader *reader, uint64_t *index, struct span *entry)
{
	int status = reader->next < reader->bundled ?
	    from_bundle(reader, entry) : from_journal(reader, entry);

	if (status == 1)
		*index = reader->next++;
	return status;
}

void
ledger_reader_close(struct ledger_reader **out)
{
	struct ledger_reader *reader = take(out);

	if (!reader)
		return;
	if (reader->reading)
		journal_close(&reader->journal);
	close_all(reader);
	out_free(&reader->bundle);
	free(reader);
}
