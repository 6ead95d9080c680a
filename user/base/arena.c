/* arena.c: pieces of one owner, on a list, counted against a limit. */
#include "base/arena.h"

#include <stdlib.h>

struct piece {
	struct piece *before, *after;
	size_t size;		/* counted */
	_Alignas(max_align_t) uint8_t bytes[];
};

struct arena {
	struct piece *first;
	size_t used, limit;
};

struct arena *
arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->limit = limit;
	return arena;
}

void *
arena_take(struct arena *arena, size_t n)
{
	struct piece *piece;

	if (n > arena->limit || n + sizeof(*piece) > arena->limit - arena->used)
		return NULL;
	piece = calloc(1, sizeof(*piece) + n);
	if (!piece)
		return NULL;
	piece->size = n + sizeof(*piece);
	piece->after = arena->first;
	if (arena->first)
		arena->first->before = piece;
	arena->first = piece;
	arena->used += piece->size;
	return piece->bytes;
}

void
arena_give(struct arena *arena, void *p)
{
	struct piece *piece;

	if (!p)
		return;
	piece = (struct piece *)((uint8_t *)p - offsetof(struct piece, bytes));
	if (piece->before)
		piece->before->after = piece->after;
	else
		arena->first = piece->after;
	if (piece->after)
		piece->after->before = piece->before;
	arena->used -= piece->size;
	free(piece);
}

struct span
arena_copy(struct arena *arena, struct span in)
{
	uint8_t *p = arena_take(arena, in.n + 1);

	if (!p)
		return span_of(NULL, 0);
	if (in.n)
		memcpy(p, in.p, in.n);
	return span_of(p, in.n);
}

void
arena_clear(struct arena *arena)
{
	struct piece *piece = arena->first;

	while (piece) {
		struct piece *after = piece->after;

		free(piece);
		piece = after;
	}
	arena->first = NULL;
	arena->used = 0;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}

void
arena_free(struct arena **a)
{
	if (!*a)
		return;
	arena_clear(*a);
	free(*a);
	*a = NULL;
}
