/*
 * table.h: tables that say how a view's structs lie in a packet.
 * A struct is a list of fields in the order in which they are packed; one
 * walker packs by them and one reads by them, so that the two cannot differ.
 * Only view/ includes this. Pure but for memory.
 */
#ifndef VIEW_TABLE_H
#define VIEW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"
#include "span.h"

enum cell {
	CELL_TEXT,		/* const char *: bytes and a NUL */
	CELL_TEXTS,		/* const char ** and a count */
	CELL_NUMBERS,		/* uint32_t * and a count; each below `most` at the check */
	CELL_STRUCTS,		/* struct * and a count, by `inner` */
	CELL_BYTES,		/* `most` bytes as they are */
	CELL_BOOL,
	CELL_WORD,		/* an enum: u8 in the packet, below `most` */
	CELL_U8,		/* at most `most` */
	CELL_U16,
	CELL_U32,		/* at most `most` */
	CELL_U64,
	CELLS
};

struct layout;

struct field_row {
	enum cell cell;
	size_t offset;
	size_t count_offset;		/* of the size_t beside a pointer */
	uint64_t most;
	const struct layout *inner;
};

struct layout {
	size_t size;			/* of the struct */
	const struct field_row *rows;
	size_t row_count;
};

/* Pack one struct. */
void table_pack(const struct layout *, const void *from, struct out *);
/*
 * Read one struct and all it points to into one new block, *out, which the
 * caller frees. `in` must be used up to its last byte. Returns 0, -EINVAL or
 * -ENOMEM; on failure *out is unchanged.
 */
int table_read(const struct layout *, struct span in, void **out);

/* What a packet of it looks like, folded into a number (FNV-1a), on top of `h`. */
uint64_t table_speech(const struct layout *, uint64_t h);

#endif
