/*
 * tree.h: the right edge of the Merkle tree, as tiles.
 * Holds, for each level of tiles, the hashes of the tile that is still open.
 * That is all that is needed to add a leaf, to give the root, and to write the
 * tiles of a checkpoint. At most 8 levels x 256 hashes. No I/O.
 */
#ifndef LEDGER_TREE_H
#define LEDGER_TREE_H

#include "ledger/hash.h"

#define TILE_HASHES 256
#define TILE_BITS 8
#define TREE_LEVELS 8	/* 2^64 entries */

struct tree {
	uint64_t size;				/* leaves */
	size_t open[TREE_LEVELS];		/* hashes in the open tile of a level */
	struct hash tile[TREE_LEVELS][TILE_HASHES];
};

/* A tile has become full: number `index` of `level`, TILE_HASHES hashes. */
typedef void (*tree_full_fn)(void *arg, unsigned int level, uint64_t index,
    const struct hash *hashes);

void tree_add(struct tree *, const struct hash *leaf, tree_full_fn, void *arg);
void tree_root(const struct tree *, struct hash *out);

#endif
