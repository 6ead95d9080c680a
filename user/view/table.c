/*
 * table.c: walks the tables of table.h.
 * Reading goes twice over the packet with the same functions: once with no
 * block, which checks everything and adds up the room, once to fill a block of
 * exactly that size. A count is believed only when that many elements of one
 * byte each could still follow.
 */
#include "view/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define ALIGNMENT _Alignof(max_align_t)

struct block {
	uint8_t *p;	/* NULL in the first walk */
	size_t n;	/* used */
	size_t room;
};

struct cell_way {
	void (*pack)(const struct field_row *, const uint8_t *from, struct out *);
	bool (*read)(const struct field_row *, struct span *in, struct block *,
	    uint8_t *into);
};

static bool read_struct(const struct layout *, struct span *, struct block *,
    uint8_t *);

/* Room for `n` bytes of the block: *out is NULL in the first walk. */
static bool
block_take(struct block *block, size_t n, void **out)
{
	size_t at = (block->n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	*out = NULL;
	if (n > SIZE_MAX / 4 - at)
		return false;
	if (block->p) {
		if (at > block->room || n > block->room - at)
			return false;
		*out = block->p + at;
	}
	block->n = at + n;
	return true;
}

/* Store a pointer and, for lists, the count; nothing in the first walk. */
static void
put_pointer(const struct field_row *row, uint8_t *into, void *p, size_t count)
{
	if (!into)
		return;
	memcpy(into + row->offset, &p, sizeof(p));
	if (row->cell != CELL_TEXT)
		memcpy(into + row->count_offset, &count, sizeof(count));
}

static const void *
get_pointer(const struct field_row *row, const uint8_t *from, size_t *count)
{
	const void *p;

	memcpy(&p, from + row->offset, sizeof(p));
	if (count)
		memcpy(count, from + row->count_offset, sizeof(*count));
	return p;
}

static void
pack_text(const struct field_row *row, const uint8_t *from, struct out *out)
{
	const char *text = get_pointer(row, from, NULL);

	out_text(out, text ? text : "");
}

static bool
read_one_text(struct span *in, struct block *block, const char **text)
{
	struct span cut;
	void *copy;

	if (!take_text(in, &cut) || !block_take(block, cut.n + 1, &copy))
		return false;
	if (copy) {
		memcpy(copy, cut.p, cut.n + 1);
		*text = copy;
	}
	return true;
}

static bool
read_text(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	const char *text = NULL;

	if (!read_one_text(in, block, &text))
		return false;
	put_pointer(row, into, (void *)(uintptr_t)text, 0);
	return true;
}

/* A count, and room for that many elements of `size` bytes. */
static bool
read_count(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into, size_t size, void **list, size_t *count)
{
	uint32_t n;

	if (!take_be32(in, &n) || n > in->n || !block_take(block, n * size, list))
		return false;
	*count = n;
	put_pointer(row, into, *list, n);
	return true;
}

static void
pack_texts(const struct field_row *row, const uint8_t *from, struct out *out)
{
	size_t count;
	const char *const *texts = get_pointer(row, from, &count);

	out_be32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		out_text(out, texts[i]);
}

static bool
read_texts(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	const char *none = NULL;
	const char **texts;
	void *list;
	size_t count;

	if (!read_count(row, in, block, into, sizeof(*texts), &list, &count))
		return false;
	texts = list;
	for (size_t i = 0; i < count; i++) {
		if (!read_one_text(in, block, texts ? &texts[i] : &none))
			return false;
	}
	return true;
}

static void
pack_numbers(const struct field_row *row, const uint8_t *from, struct out *out)
{
	size_t count;
	const uint32_t *numbers = get_pointer(row, from, &count);

	out_be32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		out_be32(out, numbers[i]);
}

static bool
read_numbers(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint32_t *numbers, number;
	void *list;
	size_t count;

	if (!read_count(row, in, block, into, sizeof(number), &list, &count))
		return false;
	numbers = list;
	for (size_t i = 0; i < count; i++) {
		if (!take_be32(in, &number))
			return false;
		if (numbers)
			numbers[i] = number;
	}
	return true;
}

static void
pack_structs(const struct field_row *row, const uint8_t *from, struct out *out)
{
	size_t count;
	const uint8_t *list = get_pointer(row, from, &count);

	out_be32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		table_pack(row->inner, list + i * row->inner->size, out);
}

static bool
read_structs(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	size_t size = row->inner->size, count;
	void *list;

	if (!read_count(row, in, block, into, size, &list, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		uint8_t *one = list ? (uint8_t *)list + i * size : NULL;

		if (!read_struct(row->inner, in, block, one))
			return false;
	}
	return true;
}

static void
pack_bytes(const struct field_row *row, const uint8_t *from, struct out *out)
{
	out_bytes(out, from + row->offset, row->most);
}

static bool
read_bytes(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	struct span bytes;

	(void)block;
	if (!take_bytes(in, row->most, &bytes))
		return false;
	if (into)
		memcpy(into + row->offset, bytes.p, bytes.n);
	return true;
}

static void
pack_bool(const struct field_row *row, const uint8_t *from, struct out *out)
{
	bool value;

	memcpy(&value, from + row->offset, sizeof(value));
	out_u8(out, value);
}

static bool
read_bool(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint8_t byte;
	bool value;

	(void)block;
	if (!take_u8(in, &byte) || byte > 1)
		return false;
	value = byte == 1;
	if (into)
		memcpy(into + row->offset, &value, sizeof(value));
	return true;
}

static void
pack_word(const struct field_row *row, const uint8_t *from, struct out *out)
{
	unsigned int value;

	memcpy(&value, from + row->offset, sizeof(value));
	out_u8(out, (uint8_t)value);
}

static bool
read_word(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint8_t byte;
	unsigned int value;

	(void)block;
	if (!take_u8(in, &byte) || byte >= row->most)
		return false;
	value = byte;
	if (into)
		memcpy(into + row->offset, &value, sizeof(value));
	return true;
}

static void
pack_u8(const struct field_row *row, const uint8_t *from, struct out *out)
{
	out_u8(out, from[row->offset]);
}

static bool
read_u8(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint8_t value;

	(void)block;
	if (!take_u8(in, &value) || value > row->most)
		return false;
	if (into)
		into[row->offset] = value;
	return true;
}

static void
pack_u16(const struct field_row *row, const uint8_t *from, struct out *out)
{
	uint16_t value;

	memcpy(&value, from + row->offset, sizeof(value));
	out_be16(out, value);
}

static bool
read_u16(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint16_t value;

	(void)block;
	if (!take_be16(in, &value))
		return false;
	if (into)
		memcpy(into + row->offset, &value, sizeof(value));
	return true;
}

static void
pack_u32(const struct field_row *row, const uint8_t *from, struct out *out)
{
	uint32_t value;

	memcpy(&value, from + row->offset, sizeof(value));
	out_be32(out, value);
}

static bool
read_u32(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint32_t value;

	(void)block;
	if (!take_be32(in, &value) || value > row->most)
		return false;
	if (into)
		memcpy(into + row->offset, &value, sizeof(value));
	return true;
}

static void
pack_u64(const struct field_row *row, const uint8_t *from, struct out *out)
{
	uint64_t value;

	memcpy(&value, from + row->offset, sizeof(value));
	out_be64(out, value);
}

static bool
read_u64(const struct field_row *row, struct span *in, struct block *block,
    uint8_t *into)
{
	uint64_t value;

	(void)block;
	if (!take_be64(in, &value) || value > row->most)
		return false;
	if (into)
		memcpy(into + row->offset, &value, sizeof(value));
	return true;
}

static const struct cell_way ways[] = {
	[CELL_TEXT] = { pack_text, read_text },
	[CELL_TEXTS] = { pack_texts, read_texts },
	[CELL_NUMBERS] = { pack_numbers, read_numbers },
	[CELL_STRUCTS] = { pack_structs, read_structs },
	[CELL_BYTES] = { pack_bytes, read_bytes },
	[CELL_BOOL] = { pack_bool, read_bool },
	[CELL_WORD] = { pack_word, read_word },
	[CELL_U8] = { pack_u8, read_u8 },
	[CELL_U16] = { pack_u16, read_u16 },
	[CELL_U32] = { pack_u32, read_u32 },
	[CELL_U64] = { pack_u64, read_u64 },
};
static_assert(COUNT(ways) == CELLS, "a row per cell");

void
table_pack(const struct layout *layout, const void *from, struct out *out)
{
	for (size_t i = 0; i < layout->row_count; i++) {
		const struct field_row *row = &layout->rows[i];

		ways[row->cell].pack(row, from, out);
	}
}

static bool
read_struct(const struct layout *layout, struct span *in, struct block *block,
    uint8_t *into)
{
	for (size_t i = 0; i < layout->row_count; i++) {
		const struct field_row *row = &layout->rows[i];

		if (!ways[row->cell].read(row, in, block, into))
			return false;
	}
	return true;
}

int
table_read(const struct layout *layout, struct span in, void **out)
{
	struct block block = { .n = layout->size };
	struct span rest = in;

	if (!read_struct(layout, &rest, &block, NULL) || rest.n > 0)
		return -EINVAL;
	block.room = block.n;
	block.p = calloc(1, block.room);
	if (!block.p)
		return -ENOMEM;
	block.n = layout->size;
	rest = in;
	if (!read_struct(layout, &rest, &block, block.p)) {
		free(block.p);
		return -EINVAL;
	}
	*out = block.p;
	return 0;
}

static uint64_t
fold(uint64_t h, uint64_t value)
{
	return (h ^ value) * 1099511628211ULL;
}

uint64_t
table_speech(const struct layout *layout, uint64_t h)
{
	for (size_t i = 0; i < layout->row_count; i++) {
		const struct field_row *row = &layout->rows[i];

		h = fold(fold(h, row->cell), row->most);
		if (row->inner)
			h = table_speech(row->inner, fold(h, row->inner->row_count));
	}
	return h;
}
