/* ledger_own.h: what ledger.c, ledger_blob.c, publish.c and recover.c share. Nobody else includes it. */
#ifndef LEDGER_LEDGER_OWN_H
#define LEDGER_LEDGER_OWN_H

#include <sys/types.h>

#include "ledger/ledger.h"
#include "ledger/note.h"
#include "ledger/tree.h"

#define PENDING_LIMIT (16u << 20)	/* bytes of full tiles before they are written out of turn */
#define PENDING_MOST (64u << 20)	/* bytes before no more entries are taken */

/* A full tile that is not yet a file: it may be one only once its entries are synced. */
struct pending {
	unsigned int level;	/* or TILE_ENTRIES */
	uint64_t index;
	struct out bytes;
	bool replaces;		/* a wrong file is in its place (recovery only) */
	struct pending *next;
};

#define BLOBS_KNOWN 64	/* bodies remembered to be files */

/* A body, packed, that is not yet a file. */
struct blob {
	struct blob *next;
	struct hash name;
	size_t n;
	uint8_t file[];
};

struct ledger {
	int directory;		/* the caller's */
	int lock;
	int reserve;		/* reserve.c: its file, -1: not open */
	bool has_reserve;	/* and it has its room */
	int tail;		/* journal being written, -1: none yet */
	off_t tail_length;
	uint64_t tail_base;	/* index of its first entry */
	bool is_lost;		/* what is on disk is not known: -EIO from now on */

	struct tree tree;	/* of everything written */
	uint64_t synced;
	struct out bundle;	/* entries of the open bundle, as its file has them */
	struct pending *pending, **pending_last;
	size_t pending_bytes;
	bool recovering;
	uint64_t mended;	/* wrong tiles that recovery made again */

	struct out batch;	/* records to be written */
	struct hash *leaves;	/* of them */
	size_t leaf_count, leaf_room;

	struct blob *blobs, **blobs_last;	/* that the batch's entries name */
	size_t blob_bytes;
	struct hash blobs_known[BLOBS_KNOWN];
	size_t blobs_next;		/* place of the next known one */
	bool has_blob_folder, blobs_unsynced;
	uint64_t blobs_mended;

	struct note_key key;
	struct checkpoint last;	/* signed */
	struct out note;
	uint64_t oldest_base;	/* of the journals that are kept */
};

/* ledger.c: count an entry that is in the journal. */
void ledger_count(struct ledger *, struct span entry, const struct hash *leaf);
/* reserve.c: after a write that failed with `error`: is there room now, the reserve's? */
bool ledger_spend_reserve(struct ledger *, int error);
/* ledger_blob.c: make all bodies that wait files that last. Returns 0, -EIO or -errno (again). */
int ledger_write_blobs(struct ledger *);
void ledger_drop_blobs(struct ledger *);
/* publish.c: write the full tiles that wait. All of them must be synced. */
int ledger_flush(struct ledger *);
void ledger_drop_pending(struct ledger *);
/* publish.c: write the open tiles as the partial ones of the present size. */
int ledger_write_partials(struct ledger *);
/* publish.c: sign and publish even when nothing is new. */
int ledger_publish(struct ledger *);
/* recover.c: read what there is into an empty ledger. */
int ledger_recover(struct ledger *, ledger_seen_fn, void *arg, struct ledger_found *);

#endif
