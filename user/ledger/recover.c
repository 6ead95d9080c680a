/*
 * recover.c: open a ledger that is there, or begin one.
 * The journals are read from the oldest that is kept, the tree is built again
 * over them, and when it has the size of the last checkpoint its root must be
 * the signed one: a changed entry, a changed journal or a cut tail is found
 * before anything is written. A torn last record was never acknowledged and is
 * cut off. Tiles that are missing or wrong are made again from the proven
 * journal. The levels above a journal (it begins at a multiple of 256 * 256) are
 * read from their tiles, and proven by the same root.
 * syscalls(recorder): flock fstat openat read pread64 ftruncate fdatasync
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "entry.h"
#include "ledger/journal.h"
#include "ledger/ledger_own.h"
#include "ledger/tile.h"

struct recovery {
	struct ledger *ledger;
	ledger_seen_fn seen;
	void *arg;
	struct ledger_found *found;
	uint64_t bases[JOURNALS_MAX];
	size_t count;
	bool proven;		/* the checkpoint's root was met */
};

static int
fault(struct recovery *recovery, const char *sentence)
{
	recovery->found->fault = sentence;
	return -EBADMSG;
}

static int
make_key(struct ledger *ledger)
{
	struct secret text = { 0 };
	int error = note_key_make(ledger->key.name, &text);

	if (!error)
		error = tile_replace(ledger->directory, "key",
		    secret_view(&text), 0600);
	secret_free(&text);
	return error;
}

/* Read the signing key, and put its public half where it can be found. */
static int
read_key(struct recovery *recovery)
{
	struct ledger *ledger = recovery->ledger;
	struct out text = out_new(1024), public = out_new(1024);
	int error = tile_read(ledger->directory, "key", &text);

	if (!error && note_key_read(out_view(&text), &ledger->key))
		error = fault(recovery, "its file \"key\" is not a signing key");
	out_free(&text);
	if (error)
		return error;
	note_key_show(&ledger->key, &public);
	error = tile_read(ledger->directory, "key.pub", &text);
	if (error == -ENOENT)
		error = tile_replace(ledger->directory, "key.pub",
		    out_view(&public), 0640);
	else if (!error && !span_equal(out_view(&text), out_view(&public)))
		error = fault(recovery, "key.pub does not belong to its signing key");
	out_free(&text);
	out_free(&public);
	return error;
}

static int
read_checkpoint(struct recovery *recovery)
{
	struct ledger *ledger = recovery->ledger;
	int error = tile_read(ledger->directory, "checkpoint", &ledger->note);

	if (error == -ENOENT)
		return fault(recovery, "its checkpoint is missing");
	if (error)
		return error;
	if (!note_is_signed(out_view(&ledger->note), &ledger->key) ||
	    !note_read(out_view(&ledger->note), &ledger->last))
		return fault(recovery, "its checkpoint is not signed by its key");
	return 0;
}

/* Fill the open tiles of level 2 and up, as they were before entry `base`. */
static int
read_upper(struct recovery *recovery, uint64_t base)
{
	struct tree *tree = &recovery->ledger->tree;
	struct out tile = out_new(TILE_HASHES * HASH_SIZE);
	struct hash hashes[TILE_HASHES];
	char path[TILE_PATH_SIZE];

	tree->size = base;
	for (unsigned int level = 2; level < TREE_LEVELS; level++) {
		uint64_t count = base >> TILE_BITS * level;
		uint64_t first = count - count % TILE_HASHES;

		for (uint64_t i = first; i < count; i++) {
			out_clear(&tile);
			tile_path(path, level - 1, i, 0);
			if (tile_read(recovery->ledger->directory, path, &tile) ||
			    tile.n != sizeof(hashes)) {
				out_free(&tile);
				return fault(recovery, "a tile is missing or cut");
			}
			memcpy(hashes, tile.p, sizeof(hashes));
			hash_tree(&tree->tile[level][tree->open[level]++],
			    hashes, TILE_HASHES);
		}
	}
	out_free(&tile);
	return 0;
}

static int
prove(struct recovery *recovery)
{
	struct ledger *ledger = recovery->ledger;
	struct hash root;

	if (recovery->proven || ledger->tree.size != ledger->last.size)
		return 0;
	tree_root(&ledger->tree, &root);
	if (!hash_equal(&root, &ledger->last.root))
		return fault(recovery,
		    "its entries do not have the root that its checkpoint signs");
	recovery->proven = true;
	return ledger_write_partials(ledger);	/* as a crash may have left them */
}

/* The end of the last journal: nothing, or a torn record, which goes. */
static int
end_journal(struct recovery *recovery, struct journal *journal, int how)
{
	struct ledger *ledger = recovery->ledger;
	struct stat stat;

	if (!recovery->proven)
		return fault(recovery, "entries that its checkpoint signs are missing");
	if (fstat(journal->fd, &stat))
		return -errno;
	if (how == JOURNAL_TORN) {
		recovery->found->cut = (uint64_t)(stat.st_size - journal->at);
		if (ftruncate(journal->fd, journal->at))
			return -errno;
	}
	/* what another run wrote and acknowledged shall last from here on */
	if (fdatasync(journal->fd))
		return -errno;
	ledger->tail_length = journal->at;
	return 0;
}

static int
read_entries(struct recovery *recovery, struct journal *journal, bool is_last)
{
	struct ledger *ledger = recovery->ledger;
	uint64_t end = ledger->tail_base + JOURNAL_ENTRIES;
	struct span entry;
	struct hash leaf;
	int status = prove(recovery);

	while (!status) {
		status = journal_next(journal, &entry, &leaf);
		if (status < 0)
			return status;
		if (status == JOURNAL_BAD)
			return fault(recovery, "a record of its journal was changed");
		if (status == JOURNAL_ENTRY && ledger->tree.size == end)
			return fault(recovery, "a journal has too many entries");
		if (status != JOURNAL_ENTRY && is_last)
			return end_journal(recovery, journal, status);
		if (status != JOURNAL_ENTRY)
			return ledger->tree.size == end && status == JOURNAL_END ?
			    0 : fault(recovery, "a journal in the middle is cut");
		if (recovery->seen)
			recovery->seen(recovery->arg, ledger->tree.size, entry);
		ledger_count(ledger, entry, &leaf);
		status = ledger->is_lost ? -ENOMEM : prove(recovery);
	}
	return status;
}

static int
read_journals(struct recovery *recovery)
{
	struct ledger *ledger = recovery->ledger;
	char path[JOURNAL_PATH_SIZE];
	int error = 0;

	for (size_t i = 0; !error && i < recovery->count; i++) {
		bool is_last = i + 1 == recovery->count;
		struct journal journal;

		if (recovery->bases[i] != ledger->tree.size)
			return fault(recovery, "a journal is missing");
		ledger->tail_base = recovery->bases[i];
		close_fd(&ledger->tail);
		ledger->tail = openat(ledger->directory,
		    journal_path(path, ledger->tail_base),
		    O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
		if (ledger->tail < 0)
			return -errno;
		journal_open(&journal, ledger->tail);
		error = read_entries(recovery, &journal, is_last);
		journal_close(&journal);
	}
	return error;
}

/* Remove partial tiles that are not of the last checkpoint. */
static void
trim_all(struct ledger *ledger)
{
	for (unsigned int level = 0; level < TREE_LEVELS - 1; level++) {
		unsigned int shift = TILE_BITS * (level + 1);
		uint64_t signed_at = ledger->last.size >> shift;
		unsigned int width = (unsigned int)
		    (ledger->last.size >> TILE_BITS * level) % TILE_HASHES;

		for (uint64_t i = ledger->oldest_base >> shift;
		    i <= ledger->tree.size >> shift; i++) {
			unsigned int keep = i == signed_at ? width : 0;

			(void)tile_trim(ledger->directory, level, i, keep);
			if (level == 0)
				(void)tile_trim(ledger->directory, TILE_ENTRIES,
				    i, keep);
		}
	}
}

static int
recover_existing(struct recovery *recovery)
{
	struct ledger *ledger = recovery->ledger;
	struct pending *pending;
	int error = read_checkpoint(recovery);

	if (!error && recovery->count == 0 && ledger->last.size)
		error = fault(recovery, "its journal is missing");
	if (!error && recovery->count)
		error = read_upper(recovery, recovery->bases[0]);
	if (error)
		return error;
	ledger->oldest_base = recovery->count ? recovery->bases[0] : 0;
	ledger->recovering = true;
	error = read_journals(recovery);
	ledger->recovering = false;
	if (error)
		return error;
	ledger->synced = ledger->tree.size;
	for (pending = ledger->pending; pending; pending = pending->next)
		ledger->mended += pending->replaces;
	recovery->found->mended = ledger->mended;
	error = ledger_flush(ledger);
	if (error)
		return error;
	recovery->found->size = ledger->tree.size;
	trim_all(ledger);
	return 0;
}

/* Nobody else may write here while this process lives. */
static int
lock(struct ledger *ledger)
{
	ledger->lock = openat(ledger->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ledger->lock < 0)
		return -errno;
	if (flock(ledger->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

static bool
is_there(struct ledger *ledger, const char *path)
{
	return faccessat(ledger->directory, path, F_OK, 0) == 0;
}

int
ledger_recover(struct ledger *ledger, ledger_seen_fn seen, void *arg,
    struct ledger_found *found)
{
	struct recovery recovery = { .ledger = ledger, .seen = seen, .arg = arg,
		.found = found };
	int error = lock(ledger);
	bool is_new;

	if (error)
		return error;
	error = journal_list(ledger->directory, recovery.bases, &recovery.count);
	if (error == -EBADMSG)
		return fault(&recovery, "a file in tail/ is no journal");
	if (error && error != -ENOENT)
		return error;
	is_new = recovery.count == 0 && !is_there(ledger, "checkpoint") &&
	    !is_there(ledger, "tile");
	if (is_new && !is_there(ledger, "key"))
		error = make_key(ledger);
	else if (!is_there(ledger, "key"))
		return fault(&recovery, "its signing key is missing");
	else
		error = 0;
	if (!error)
		error = read_key(&recovery);
	if (error)
		return error;
	return is_new ? ledger_publish(ledger) : recover_existing(&recovery);
}
