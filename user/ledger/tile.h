/*
 * tile.h: files of the ledger's directory, by the names c2sp.org/tlog-tiles gives.
 *   tile/<L>/<N>            256 hashes of level L     tile/<L>/<N>.p/<W>   W hashes
 *   tile/entries/<N>        256 entries, each with a 16-bit length before it
 * N is written in groups of three digits, all but the last with an x before
 * them: 1234067 is x001/x234/067. Every name is relative to the directory.
 */
#ifndef LEDGER_TILE_H
#define LEDGER_TILE_H

#include <stdint.h>

#include "out.h"
#include "span.h"

#define TILE_ENTRIES 0xff	/* in place of a level: a bundle of entries */
#define TILE_PATH_SIZE 96
#define TILE_LIMIT (256u * (65535 + 2))	/* bytes of the largest bundle */

/* Name of a tile; `width` 0: the full one. Returns `path` (TILE_PATH_SIZE bytes). */
char *tile_path(char *path, unsigned int level, uint64_t index, unsigned int width);

/*
 * Make a new file, whole or not at all: written beside, then renamed where
 * nothing was. Folders are made as needed. `lasting` syncs it before.
 * Returns 0 (also when it exists with the same bytes), -EEXIST (with others), or -errno.
 */
int tile_write(int directory, const char *path, struct span bytes, bool lasting);
/* Read a whole file of at most out->limit bytes. Returns 0, -EFBIG, -ENOENT, -ENODATA (it is empty) or another -errno. */
int tile_read(int directory, const char *path, struct out *out);
/* Replace a file in one step and sync file and directory: the checkpoint, and nothing else. */
int tile_replace(int directory, const char *path, struct span bytes, unsigned int mode);
/* Remove the partial tiles of one tile, but for the one `keep` wide (0: none, and their folder). */
int tile_trim(int directory, unsigned int level, uint64_t index, unsigned int keep);

/* Called with the width of a partial tile that exists. Not 0: stop, and give that back. */
typedef int (*tile_partial_fn)(void *arg, unsigned int width);
/* Find the partial tiles of one tile. A name that is no width gives -EBADMSG. */
int tile_partials(int directory, unsigned int level, uint64_t index,
    tile_partial_fn, void *arg);

#endif
