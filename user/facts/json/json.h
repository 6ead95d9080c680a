/*
 * json.h: a JSON text (RFC 8259) as a tree, for those who judge what is in it.
 * Strict, so that no other reader reads it otherwise: UTF-8 without a mark, one
 * value, no key twice in one object (in whatever case), no unpaired surrogate, no
 * NUL in a key. What is not so, or beyond the limits, is a fault, and nothing of
 * it is told. Memory is the arena's; texts without escapes lie in the input. Pure.
 */
#ifndef FACTS_JSON_JSON_H
#define FACTS_JSON_JSON_H

#include <stdint.h>

#include "span.h"

struct arena;

#define JSON_VALUES_MOST 16384	/* of one text */
#define JSON_DEPTH_MOST 64

enum json_kind { JSON_IS_OBJECT, JSON_IS_LIST, JSON_IS_TEXT, JSON_IS_NUMBER, JSON_IS_TRUE, JSON_IS_FALSE, JSON_IS_NULL };

struct json_value {
	enum json_kind kind;
	uint32_t parent;	/* index; of the first value its own, 0 */
	uint32_t next;		/* index of what follows it and all that is in it */
	struct span key;	/* of a member of an object: decoded */
	struct span text;	/* of a text: decoded; else as written, of an object or list all of it */
};

struct json_tree {
	const struct json_value *values;	/* as they come: each before what is in it */
	uint32_t count;				/* 0 with a fault */
	const char *fault;			/* a constant sentence, or NULL */
};

/* Returns 0 (look at out->fault) or -ENOMEM. */
int json_read(struct span in, struct arena *, struct json_tree *out);
/* The member of object number `of` called exactly so, or NULL. */
const struct json_value *json_member(const struct json_tree *, uint32_t of, const char *name);

#endif
