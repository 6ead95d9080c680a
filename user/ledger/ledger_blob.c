/*
 * ledger_blob.c: bodies before the entries that name them.
 * A body is packed when it comes, since where it came from does not stay, and
 * waits with the batch. Before a batch is written all bodies that wait are files
 * and synced, whatever level their entries ask for: so the journal never names a
 * body that a crash, of the machine too, could take away, and a missing one is
 * always somebody's doing. Without the entry, after a crash between the two, a
 * body is an orphan, which harms nothing. The last ones are remembered, because a
 * prepared statement comes with each of its runs.
 * syscalls(recorder): openat fsync close, and those of blob.c
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "ledger/blob.h"
#include "ledger/ledger_own.h"

static bool
is_had(const struct ledger *ledger, const struct hash *name)
{
	for (size_t i = 0; i < BLOBS_KNOWN; i++)
		if (hash_equal(&ledger->blobs_known[i], name))
			return true;
	for (const struct blob *blob = ledger->blobs; blob; blob = blob->next)
		if (hash_equal(&blob->name, name))
			return true;
	return false;
}

int
ledger_append_blob(struct ledger *ledger, const struct hash *name, struct span body)
{
	struct out file = out_new(LEDGER_BATCH_MOST);
	struct blob *blob;
	int error;

	if (ledger->is_lost)
		return -EIO;
	if (is_had(ledger, name))
		return 0;
	error = blob_pack(body, &file);
	if (!error && ledger_waiting(ledger) + file.n > LEDGER_BATCH_MOST)
		error = -ENOBUFS;
	blob = error ? NULL : malloc(sizeof(*blob) + file.n);
	if (blob) {
		*blob = (struct blob){ .name = *name, .n = file.n };
		memcpy(blob->file, file.p, file.n);
		*ledger->blobs_last = blob;
		ledger->blobs_last = &blob->next;
		ledger->blob_bytes += sizeof(*blob) + blob->n;
	} else if (!error) {
		error = -ENOMEM;
	}
	out_free(&file);
	return error;
}

static void
drop_first(struct ledger *ledger)
{
	struct blob *blob = ledger->blobs;

	ledger->blobs = blob->next;
	if (!ledger->blobs)
		ledger->blobs_last = &ledger->blobs;
	ledger->blob_bytes -= sizeof(*blob) + blob->n;
	free(blob);
}

void
ledger_drop_blobs(struct ledger *ledger)
{
	while (ledger->blobs)
		drop_first(ledger);
}

/* Make the names of files in the folder last, and the folder's own. */
static int
sync_folder(struct ledger *ledger)
{
	cleanup(close_fd) int fd = openat(ledger->directory, BLOB_FOLDER,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	if (fsync(fd) || (!ledger->has_blob_folder && fsync(ledger->directory)))
		return -EIO;
	ledger->has_blob_folder = true;
	return 0;
}

/* The first of those that wait is a file. */
static int
write_first(struct ledger *ledger)
{
	const struct blob *blob = ledger->blobs;
	bool mended = false;
	int error = blob_write(ledger->directory, &blob->name,
	    span_of(blob->file, blob->n), &mended);

	ledger->blobs_mended += mended;
	if (error)
		return error;
	ledger->blobs_known[ledger->blobs_next++ % BLOBS_KNOWN] = blob->name;
	ledger->blobs_unsynced = true;
	drop_first(ledger);
	return 0;
}

int
ledger_write_blobs(struct ledger *ledger)
{
	int error = 0;

	while (ledger->blobs && !error)
		error = write_first(ledger);
	if (!error && ledger->blobs_unsynced)
		error = sync_folder(ledger);
	if (error == -EIO)
		ledger->is_lost = true;
	ledger->blobs_unsynced &= error != 0;
	return error;
}

uint64_t
ledger_blobs_mended(const struct ledger *ledger)
{
	return ledger->blobs_mended;
}
