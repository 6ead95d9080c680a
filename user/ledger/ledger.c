/*
 * ledger.c: from a batch of entries to the journal.
 * The journal is the truth: an entry is in the ledger when its record is whole
 * in the journal, and everything else (tiles, bundles, tree) can be computed
 * from it. A batch is one write(); when it is cut short, for want of space, the
 * file is cut back to where it was, so that the journal never has half a record
 * with others behind it. A journal of JOURNAL_ENTRIES is full; the next begins.
 * syscalls(recorder): write ftruncate fdatasync openat close mkdirat
 */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "entry.h"
#include "ledger/journal.h"
#include "ledger/ledger_own.h"
#include "ledger/tile.h"

#define LEAVES_MOST (1u << 17)	/* entries collected: more than all scribes keep together */

int
ledger_append(struct ledger *ledger, struct span entry)
{
	if (entry.n == 0 || entry.n > ENTRY_LIMIT)
		return -EMSGSIZE;
	if (ledger->is_lost)
		return -EIO;
	if (ledger->leaf_count == LEAVES_MOST ||
	    ledger_waiting(ledger) + JOURNAL_HEAD + entry.n > LEDGER_BATCH_MOST)
		return -ENOBUFS;
	if (ledger->leaf_count == ledger->leaf_room) {
		size_t room = ledger->leaf_room ? ledger->leaf_room * 2 : 64;
		struct hash *leaves = reallocarray(ledger->leaves, room,
		    sizeof(*leaves));

		if (!leaves)
			return -ENOMEM;
		ledger->leaves = leaves;
		ledger->leaf_room = room;
	}
	journal_put(&ledger->batch, entry, &ledger->leaves[ledger->leaf_count]);
	if (ledger->batch.failed) {	/* memory: what was collected is not whole */
		ledger->is_lost = true;
		return -EIO;
	}
	ledger->leaf_count++;
	return 0;
}

size_t
ledger_waiting(const struct ledger *ledger)
{
	return ledger->batch.n + ledger->blob_bytes;
}

static void
add_pending(struct ledger *ledger, unsigned int level, uint64_t index,
    struct span bytes)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (!pending) {
		ledger->is_lost = true;
		return;
	}
	*pending = (struct pending){ .level = level, .index = index,
		.bytes = out_new(TILE_LIMIT) };
	out_span(&pending->bytes, bytes);
	if (pending->bytes.failed)
		ledger->is_lost = true;
	ledger->pending_bytes += bytes.n;
	*ledger->pending_last = pending;
	ledger->pending_last = &pending->next;
}

/* Of what recovery finds full, only that waits which is not a file already. */
static void
offer(struct ledger *ledger, unsigned int level, uint64_t index, struct span bytes)
{
	struct out was = out_new(TILE_LIMIT);
	char path[TILE_PATH_SIZE];
	struct pending **place = ledger->pending_last;
	int status;

	if (!ledger->recovering) {
		add_pending(ledger, level, index, bytes);
		return;
	}
	status = tile_read(ledger->directory, tile_path(path, level, index, 0), &was);
	if (status || !span_equal(out_view(&was), bytes)) {
		add_pending(ledger, level, index, bytes);
		if (*place)
			(*place)->replaces = status != -ENOENT;
	}
	out_free(&was);
}

static void
tile_is_full(void *arg, unsigned int level, uint64_t index,
    const struct hash *hashes)
{
	struct ledger *ledger = arg;

	if (level == 0) {
		offer(ledger, TILE_ENTRIES, index, out_view(&ledger->bundle));
		out_clear(&ledger->bundle);
	}
	offer(ledger, level, index,
	    span_of(hashes, TILE_HASHES * sizeof(*hashes)));
}

void
ledger_count(struct ledger *ledger, struct span entry, const struct hash *leaf)
{
	out_be16(&ledger->bundle, (uint16_t)entry.n);
	out_span(&ledger->bundle, entry);
	if (ledger->bundle.failed)
		ledger->is_lost = true;
	tree_add(&ledger->tree, leaf, tile_is_full, ledger);
}

/* Begin the journal that the next entry belongs to. */
static int
begin_journal(struct ledger *ledger)
{
	char path[JOURNAL_PATH_SIZE];
	int fd, folder;

	if (mkdirat(ledger->directory, "tail", 0750) && errno != EEXIST)
		return -errno;
	fd = openat(ledger->directory, journal_path(path, ledger->tree.size),
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	/* its name must last as surely as what will be synced in it */
	folder = openat(ledger->directory, "tail", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) || fsync(ledger->directory)) {
		int error = -errno;

		close(fd);
		if (folder >= 0)
			close(folder);
		return error;
	}
	close(folder);
	if (ledger->tail >= 0)
		close(ledger->tail);
	ledger->tail = fd;
	ledger->tail_length = 0;
	ledger->tail_base = ledger->tree.size;
	return 0;
}

/* All of `bytes`, or nothing: after a failure the file is as it was. */
static int
write_whole(struct ledger *ledger, struct span bytes)
{
	size_t done = 0;
	int error = 0;

	while (done < bytes.n && !error) {
		ssize_t n = write(ledger->tail, bytes.p + done, bytes.n - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			error = -errno;
	}
	if (!error) {
		ledger->tail_length += (off_t)bytes.n;
		return 0;
	}
	if (done && ftruncate(ledger->tail, ledger->tail_length)) {
		ledger->is_lost = true;
		return -EIO;
	}
	return error;
}

/* Drop the first `count` records of the batch, which are `bytes` long. */
static void
drop_written(struct ledger *ledger, size_t count, size_t bytes)
{
	ledger->leaf_count -= count;
	memmove(ledger->leaves, ledger->leaves + count,
	    ledger->leaf_count * sizeof(*ledger->leaves));
	out_drop(&ledger->batch, bytes);
}

/* Write as much of the batch as fits into one journal. */
static int
write_some(struct ledger *ledger)
{
	uint64_t space = ledger->tail < 0 ? 0 :
	    ledger->tail_base + JOURNAL_ENTRIES - ledger->tree.size;
	size_t count, bytes = 0;
	int error;

	if (space == 0) {
		error = ledger->tail >= 0 ? ledger_sync(ledger) : 0;
		if (!error)
			error = begin_journal(ledger);
		if (error)
			return error;
		space = JOURNAL_ENTRIES;
	}
	count = ledger->leaf_count < space ? ledger->leaf_count : (size_t)space;
	for (size_t i = 0; i < count; i++)
		bytes += JOURNAL_HEAD + span_be32(out_view(&ledger->batch), bytes);
	error = write_whole(ledger, span_head(out_view(&ledger->batch), bytes));
	if (error)
		return error;
	for (size_t i = 0, at = 0; i < count; i++) {
		struct span record = span_skip(out_view(&ledger->batch), at);
		uint32_t length = span_be32(record, 0);

		ledger_count(ledger, span_head(span_skip(record, JOURNAL_HEAD),
		    length), &ledger->leaves[i]);
		at += JOURNAL_HEAD + length;
	}
	drop_written(ledger, count, bytes);
	return 0;
}

static int
write_all(struct ledger *ledger)
{
	int error = 0;

	if (ledger->pending_bytes > PENDING_LIMIT) {
		error = ledger_sync(ledger);
		if (!error)
			error = ledger_flush(ledger);
		if (error && (ledger->is_lost ||
		    ledger->pending_bytes > PENDING_MOST))
			return error;
	}
	error = ledger->is_lost ? -EIO : ledger_write_blobs(ledger);
	while (!error && ledger->leaf_count)
		error = ledger->is_lost ? -EIO : write_some(ledger);
	return ledger->is_lost ? -EIO : error;
}

int
ledger_write(struct ledger *ledger)
{
	int error = write_all(ledger);

	return ledger_spend_reserve(ledger, error) ? write_all(ledger) : error;
}

int
ledger_sync(struct ledger *ledger)
{
	if (ledger->is_lost)
		return -EIO;
	if (ledger->synced == ledger->tree.size)
		return 0;
	/* after a failure the kernel may forget what it could not write, so
	 * that a second try would lie: the ledger is closed instead */
	if (fdatasync(ledger->tail)) {
		ledger->is_lost = true;
		return -EIO;
	}
	ledger->synced = ledger->tree.size;
	return 0;
}

int
ledger_checkpoint(struct ledger *ledger)
{
	int error = ledger_sync(ledger);

	if (error || ledger->last.size == ledger->tree.size)
		return error;
	return ledger_publish(ledger);
}

uint64_t
ledger_written(const struct ledger *ledger)
{
	return ledger->tree.size;
}

uint64_t
ledger_synced(const struct ledger *ledger)
{
	return ledger->synced;
}

uint64_t
ledger_signed(const struct ledger *ledger)
{
	return ledger->last.size;
}

struct span
ledger_note(const struct ledger *ledger)
{
	return out_view(&ledger->note);
}

const char *
ledger_name(const struct ledger *ledger)
{
	return ledger->key.name;
}

int
ledger_open(struct ledger **out, int directory, const char *name,
    ledger_seen_fn seen, void *arg, struct ledger_found *found)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int error;

	*found = (struct ledger_found){ 0 };
	if (!ledger)
		return -ENOMEM;
	ledger->directory = directory;
	ledger->tail = ledger->lock = ledger->reserve = -1;
	ledger->pending_last = &ledger->pending;
	ledger->blobs_last = &ledger->blobs;
	ledger->batch = out_new(LEDGER_BATCH_MOST);
	ledger->bundle = out_new(TILE_LIMIT);
	ledger->note = out_new(NOTE_LIMIT);
	snprintf(ledger->key.name, sizeof(ledger->key.name), "%s", name);
	error = ledger_recover(ledger, seen, arg, found);
	if (error) {
		ledger_close(&ledger);
		return error;
	}
	*out = ledger;
	return 0;
}

void
ledger_close(struct ledger **out)
{
	struct ledger *ledger = take(out);

	if (!ledger)
		return;
	ledger_drop_pending(ledger);
	ledger_drop_blobs(ledger);
	close_fd(&ledger->tail);
	close_fd(&ledger->lock);
	close_fd(&ledger->reserve);
	note_key_wipe(&ledger->key);
	out_free(&ledger->batch);
	out_free(&ledger->bundle);
	out_free(&ledger->note);
	free(ledger->leaves);
	free(ledger);
}
