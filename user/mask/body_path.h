/*
 * body_path.h: which masks name a value, by the keys that lead to it.
 * All globs of a set are one automaton. A place in a body is the set of positions that the
 * keys so far have led to, one bit each, in `words` words that the caller keeps. Pure.
 */
#ifndef MASK_BODY_PATH_H
#define MASK_BODY_PATH_H

#include "span.h"
#include "view.h"

struct path_rules {
	size_t words;		/* of a place; 0: no mask names any field */
	size_t count;		/* positions */
	struct path_position *positions;	/* owned */
	uint64_t *keys;		/* owned, as all that follow: positions that a key moves on from, */
	uint64_t *any;		/* that any key stays at, */
	uint64_t *arrays;	/* that an array moves on from, */
	uint64_t *ends;		/* and that name what is there */
};

/* Compile the `fields` of all masks. Returns 0, -EINVAL or -ENOMEM; free what is there in any case. */
int path_rules_fill(struct path_rules *, const struct view_mask *masks, size_t count);
void path_rules_free(struct path_rules *);

/* The place of a whole body, for masks `active`. */
void path_begin(const struct path_rules *, uint64_t active, uint64_t *place);
/* Which positions does this key move on from? The answer holds for every place. */
void path_read_key(const struct path_rules *, struct span key, uint64_t *moves);
/* From `place`, by what path_read_key() said. */
void path_move_many(const struct path_rules *, const uint64_t *place, const uint64_t *moves, uint64_t *to);
static inline void
path_move(const struct path_rules *rules, const uint64_t *place, const uint64_t *moves, uint64_t *to)
{
	uint64_t moved;

	if (rules->words != 1) {
		path_move_many(rules, place, moves, to);
		return;
	}
	moved = (*place & *moves) << 1 | (*place & *rules->any);
	*to = moved | (moved & *rules->any) << 1;
}

/* From `place` by a key that may have dots or brackets in it: as one key, and as several. */
void path_enter_key(const struct path_rules *, const uint64_t *place, struct span key, uint64_t *to);
bool path_has_parts(struct span key);
/* What is within an array at `place`. */
void path_enter_array(const struct path_rules *, const uint64_t *place, uint64_t *to);
/* The masks that name what is at `place`: a bit each. */
uint64_t path_masks(const struct path_rules *, const uint64_t *place);
static inline bool
path_is_named(const struct path_rules *rules, const uint64_t *place)
{
	for (size_t i = 0; i < rules->words; i++)
		if (place[i] & rules->ends[i])
			return true;
	return false;
}
/* Can nothing at or below `place` be named? */
bool path_is_dead(const struct path_rules *, const uint64_t *place);

#endif
