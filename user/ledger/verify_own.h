/* verify_own.h: what the files of verify share. Nobody else includes it. */
#ifndef LEDGER_VERIFY_OWN_H
#define LEDGER_VERIFY_OWN_H

#include "entry.h"
#include "ledger/journal.h"
#include "ledger/note.h"
#include "ledger/tile.h"
#include "ledger/tree.h"
#include "ledger/verify.h"

#define VERIFY_WRITERS 64	/* processes whose numbers are followed */

struct verify_writer {
	char name[32];
	uint64_t incarnation, last;
	uint64_t seen;		/* index + 1 of its last entry */
};

/* A set of names of bodies: an open table, at most half full. */
struct verify_blobs {
	struct hash *names;	/* all zero: free */
	size_t count, room;	/* room: a power of two, or 0 */
};

struct verify {
	int directory;
	verify_fault_fn fn;
	void *arg;
	struct verify_result *result;
	struct note_key key;
	struct checkpoint checkpoint, since;
	struct hash since_root;		/* met on the way */
	struct tree tree;		/* over the leaves that are believed */
	struct out edge_bundle;		/* the checkpoint's partial bundle */
	struct out edge[TREE_LEVELS];	/* and partial hash tiles */

	int fds[JOURNALS_MAX];
	uint64_t bases[JOURNALS_MAX];
	size_t count, at;
	struct journal journal;
	bool reading, journal_failed;
	uint64_t journal_next;		/* index of the journal's next record */
	struct verify_writer writers[VERIFY_WRITERS];
	size_t writer_count;
	uint64_t lost;		/* index + 1 of the last entry that is not known */
	struct verify_blobs listed;	/* bodies there are */
	struct verify_blobs named;	/* bodies that an entry names, and are right */
};

/* verify.c */
void verify_say(struct verify *, uint64_t index, const char *file,
    const char *what, struct span entry);
/* verify_edge.c: key, checkpoint and its partial tiles. False: nothing more can be said. */
bool verify_read_key(struct verify *, struct span given);
bool verify_read_edge(struct verify *);
/* The partial files of a tile whose whole content is `whole` (hashes or entries). */
void verify_partials(struct verify *, unsigned int level, uint64_t index,
    struct span whole);
/* verify_journal.c */
int verify_open_journals(struct verify *);
/* The journal's entry `index`; asked for in rising order. False: it has it not. */
bool verify_journal_entry(struct verify *, uint64_t index, struct span *entry,
    struct hash *leaf);
void verify_later(struct verify *);
void verify_close_journals(struct verify *);
/* verify_entry.c: one bundle, with `count` entries of it signed. */
void verify_bundle(struct verify *, uint64_t index, unsigned int count);
/* verify_blob.c: list what bodies there are; look at those an entry names; count. */
void verify_list_blobs(struct verify *);
void verify_blobs(struct verify *, uint64_t index, const struct entry_about *,
    struct span entry);
void verify_close_blobs(struct verify *);
/* verify_entry.c: form, number and bodies of one entry. */
void verify_entry(struct verify *, uint64_t index, const char *file, struct span entry);

#endif
