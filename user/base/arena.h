/*
 * arena.h: memory with a bound and one end.
 * Every flow has one: whatever its codec and stages keep is taken here, counted
 * against the limit, and given back at once when the flow ends. Single pieces
 * may be given back earlier. Each piece is its own allocation, so that ASan sees
 * every overrun. Pure but for memory.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "span.h"

struct arena;

/* NULL: no memory. */
struct arena *arena_new(size_t limit);
/* `n` zeroed bytes, aligned for anything, or NULL when the limit or memory is reached. */
void *arena_take(struct arena *, size_t n);
/* Give one piece back. NULL is fine. */
void arena_give(struct arena *, void *p);
/* A copy of `in`, with a NUL after it that is not counted. p is NULL on failure. */
struct span arena_copy(struct arena *, struct span in);
/* Give everything back, keep the arena. */
void arena_clear(struct arena *);
size_t arena_used(const struct arena *);
/* Free *a and all it gave, and set it to NULL. */
void arena_free(struct arena **a);

#endif
