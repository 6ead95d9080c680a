/*
 * schema.h: tables that say what a mapping may hold.
 * A struct and a table of its keys: schema_read() fills the one by the other
 * and tells every fault: unknown key, missing key, wrong shape, out of range.
 * Texts and lists stay nodes, so that later checks know their place; numbers,
 * durations and words become values. Defaults are what the struct held before.
 */
#ifndef RULES_SCHEMA_H
#define RULES_SCHEMA_H

#include <stdint.h>

#include "rules/tree.h"

enum shape {
	SHAPE_TEXT,		/* const struct node *: a scalar, not empty */
	SHAPE_TEXTS,		/* const struct node *: a list of scalars, not empty ones */
	SHAPE_ONE_OR_TEXTS,	/* const struct node *: a scalar, which may be empty in quotes, or a list of such */
	SHAPE_MAP,		/* const struct node *: a mapping */
	SHAPE_LIST,		/* const struct node *: a list of anything */
	SHAPE_NUMBER,		/* uint64_t, least..most */
	SHAPE_DURATION,		/* uint64_t ms: 500ms 10s 10m 2h 1d; least..most */
	SHAPE_WORD,		/* uint32_t: index in words */
	SHAPE_WORDS,		/* uint64_t: list of words, bit per index */
	SHAPE_BOOL,		/* bool: true or false */
	SHAPES
};

struct key {
	const char *name;
	enum shape shape;
	size_t offset;
	bool is_needed;
	uint64_t least, most;
	const char *const *words;	/* NULL at the end */
};

/*
 * Fill `into` from mapping `map` by `keys`. `what` names the thing in faults
 * ("target shop"). False: at least one fault was added. A key whose value is
 * NODE_BAD is left alone: its fault has been told.
 */
bool schema_read(struct faults *, const struct node *map, const char *what,
    const struct key *keys, size_t count, void *into);

/* "found …" for a fault: the text in quotes, or the kind. `room` of 80 bytes is returned. */
const char *schema_found(const struct node *, char *room);
#define SCHEMA_FOUND 80

/* Read a duration. False: not one. */
bool schema_duration(const char *text, uint64_t *ms);
/* Read a decimal number without sign. False: not one, or too large. */
bool schema_number(const char *text, uint64_t *out);

#endif
