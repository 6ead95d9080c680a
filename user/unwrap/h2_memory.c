/*
 * h2_memory.c: what libnghttp2 allocates for one connection, counted, bounded and wiped.
 * Each piece has its size before it. Beyond the limit there is none, which ends the connection.
 */
#include <stdalign.h>
#include <stdlib.h>

#include "unwrap/h2_inside.h"

struct piece {
	alignas(max_align_t) size_t n;
	uint8_t bytes[];
};

static struct piece *
piece_of(void *p)
{
	return (struct piece *)((uint8_t *)p - offsetof(struct piece, bytes));
}

static void *
get(size_t n, void *arg)
{
	struct h2_memory *memory = arg;
	struct piece *piece;

	if (n > memory->limit - memory->used)
		return NULL;
	piece = malloc(sizeof(*piece) + n);
	if (!piece)
		return NULL;
	piece->n = n;
	memory->used += n;
	return piece->bytes;
}

static void
give_back(void *p, void *arg)
{
	struct h2_memory *memory = arg;
	struct piece *piece;

	if (!p)
		return;
	piece = piece_of(p);
	memory->used -= piece->n;
	explicit_bzero(piece->bytes, piece->n);	/* fields may be secrets */
	free(piece);
}

static void *
get_zeroed(size_t count, size_t size, void *arg)
{
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	p = get(n, arg);
	if (p)
		memset(p, 0, n);
	return p;
}

static void *
resize(void *p, size_t n, void *arg)
{
	void *other = get(n, arg);
	size_t was;

	if (!p || !other)
		return other;
	was = piece_of(p)->n;
	memcpy(other, p, was < n ? was : n);
	give_back(p, arg);
	return other;
}

nghttp2_mem
h2_memory_functions(struct h2_memory *memory)
{
	return (nghttp2_mem){
		.mem_user_data = memory, .malloc = get, .free = give_back,
		.calloc = get_zeroed, .realloc = resize,
	};
}
