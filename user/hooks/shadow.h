/*
 * shadow.h: what a kernel map should hold, as the loader put it there.
 * The programs only read these maps, so a row that is not the same, is missing or
 * is there beside them was written by somebody else. Lives in the loader.
 */
#ifndef HOOKS_SHADOW_H
#define HOOKS_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHADOW_KEY 24	/* bytes of the longest key */
#define SHADOW_VALUE 64	/* and of the longest value */

struct shadow {
	size_t key_size, value_size;	/* 0: nothing was put yet */
	size_t count, room;
	uint8_t *rows;			/* key, then value */
	bool is_sorted;
};

/* What a check found. */
struct shadow_found {
	size_t changed, missing, foreign;
};

/* Remember that a key has this value from now on. 0 or -ENOMEM: nothing is changed. */
int shadow_put(struct shadow *, const void *key, size_t key_size, const void *value, size_t value_size);
/* The same of a key that is surely not there, without looking. */
int shadow_add(struct shadow *, const void *key, size_t key_size, const void *value, size_t value_size);
void shadow_drop(struct shadow *, const void *key);
/* Hold a map against it; with `mend`, put back what differs. 0 or -errno. */
int shadow_check(struct shadow *, int map, bool mend, struct shadow_found *out);
void shadow_free(struct shadow *);

#endif
