/*
 * publish.c: tiles and checkpoints.
 * Order is everything. Entries are synced before a tile of them has a name, and
 * all tiles of a size are there before its checkpoint is renamed into place. So
 * whoever reads the checkpoint first finds all it speaks of. Partial tiles are
 * kept for the last checkpoint only: they hold nothing that the journal and the
 * next full tile do not. They are not synced one by one, because recovery makes
 * them again; full ones are synced together, before an old journal goes.
 * syscalls(recorder): syncfs unlinkat openat renameat renameat2 fsync
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "ledger/journal.h"
#include "ledger/ledger_own.h"
#include "ledger/tile.h"

static void
drop_first(struct ledger *ledger)
{
	struct pending *pending = ledger->pending;

	ledger->pending = pending->next;
	if (!ledger->pending)
		ledger->pending_last = &ledger->pending;
	ledger->pending_bytes -= pending->bytes.n;
	out_free(&pending->bytes);
	free(pending);
}

void
ledger_drop_pending(struct ledger *ledger)
{
	while (ledger->pending)
		drop_first(ledger);
}

int
ledger_flush(struct ledger *ledger)
{
	char path[TILE_PATH_SIZE];
	int error;

	while (ledger->pending) {
		struct pending *pending = ledger->pending;

		tile_path(path, pending->level, pending->index, 0);
		if (pending->replaces && unlinkat(ledger->directory, path, 0) &&
		    errno != ENOENT)
			return -errno;
		error = tile_write(ledger->directory, path,
		    out_view(&pending->bytes), false);
		if (error)
			return error;
		drop_first(ledger);
	}
	return 0;
}

static int
write_partial(struct ledger *ledger, unsigned int level, uint64_t index,
    unsigned int width, struct span bytes)
{
	char path[TILE_PATH_SIZE];
	int error;

	tile_path(path, level, index, width);
	error = tile_write(ledger->directory, path, bytes, false);
	if (error != -EEXIST)
		return error;
	/* left by a crash before its entries were synced: others came instead */
	ledger->mended += ledger->recovering;
	if (unlinkat(ledger->directory, path, 0))
		return -errno;
	return tile_write(ledger->directory, path, bytes, false);
}

/* The open tiles, as partial ones of this size. */
int
ledger_write_partials(struct ledger *ledger)
{
	const struct tree *tree = &ledger->tree;
	int error = 0;

	if (tree->open[0])
		error = write_partial(ledger, TILE_ENTRIES,
		    tree->size >> TILE_BITS, (unsigned int)tree->open[0],
		    out_view(&ledger->bundle));
	for (unsigned int level = 0; !error && level < TREE_LEVELS - 1; level++)
		if (tree->open[level])
			error = write_partial(ledger, level,
			    tree->size >> TILE_BITS * (level + 1),
			    (unsigned int)tree->open[level],
			    span_of(tree->tile[level],
			    tree->open[level] * HASH_SIZE));
	return error;
}

/* Remove the partial tiles of size `was` that those of the present size replace. */
static void
trim_partials(struct ledger *ledger, uint64_t was)
{
	const struct tree *tree = &ledger->tree;

	for (unsigned int level = 0; level < TREE_LEVELS - 1; level++) {
		uint64_t index = was >> TILE_BITS * (level + 1);
		uint64_t now = tree->size >> TILE_BITS * (level + 1);
		unsigned int keep = index == now ?
		    (unsigned int)tree->open[level] : 0;

		/* one left behind is harmless, and found again at the next start */
		(void)tile_trim(ledger->directory, level, index, keep);
		if (level == 0)
			(void)tile_trim(ledger->directory, TILE_ENTRIES, index,
			    keep);
	}
}

/*
 * Remove journals whose entries are all in full tiles, but for the one before
 * the present: from the last JOURNAL_ENTRIES the recorder learns at its start
 * what it has had from whom.
 */
static void
trim_journals(struct ledger *ledger)
{
	char path[JOURNAL_PATH_SIZE];

	if (ledger->oldest_base + JOURNAL_ENTRIES >= ledger->tail_base ||
	    ledger->last.size < ledger->tail_base || syncfs(ledger->directory))
		return;
	while (ledger->oldest_base + JOURNAL_ENTRIES < ledger->tail_base) {
		if (unlinkat(ledger->directory,
		    journal_path(path, ledger->oldest_base), 0) && errno != ENOENT)
			return;
		ledger->oldest_base += JOURNAL_ENTRIES;
	}
}

int
ledger_publish(struct ledger *ledger)
{
	struct checkpoint next = { .size = ledger->tree.size };
	struct out note = out_new(NOTE_LIMIT);
	uint64_t was = ledger->last.size;
	int error = ledger_flush(ledger);

	if (!error)
		error = ledger_write_partials(ledger);
	memcpy(next.origin, ledger->key.name, sizeof(next.origin));
	tree_root(&ledger->tree, &next.root);
	if (!error)
		error = note_sign(&ledger->key, &next, &note);
	if (!error)
		error = tile_replace(ledger->directory, "checkpoint",
		    out_view(&note), 0640);
	if (error) {
		out_free(&note);
		return error;
	}
	out_free(&ledger->note);
	ledger->note = note;
	ledger->last = next;
	trim_partials(ledger, was);
	trim_journals(ledger);
	return 0;
}
