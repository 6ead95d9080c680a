/*
 * tree.h: one YAML file as a tree of places.
 * A small, strict part of YAML: mappings, lists and scalars, one document.
 * Aliases, anchors, tags, keys that are not plain words, keys given twice and
 * control characters are faults. Bounded in size, depth and count. Pure.
 */
#ifndef RULES_TREE_H
#define RULES_TREE_H

#include "rules/fault.h"
#include "span.h"

struct arena;

#define TREE_FILE_LIMIT (1u << 20)	/* bytes of one file */
#define TREE_DEPTH 12
#define TREE_NODES 100000		/* of one file */
#define TREE_MAP_LIMIT 4096		/* keys of one mapping */
#define TREE_TEXT_LIMIT 16384		/* bytes of one scalar */

enum node_kind {
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAP,
	NODE_BAD,	/* a fault has been told; say no more about it */
};

struct node {
	enum node_kind kind;
	struct place place;
	const char *text;	/* of a scalar, with a NUL after it */
	size_t n;
	bool is_nothing;	/* a scalar without text or quotes */
	struct node *key;	/* of a mapping's value */
	struct node *first;	/* of a list or mapping */
	struct node *next;	/* in the list or mapping it is in */
	size_t count;
};

/*
 * Read `text`, called `file` in faults (which must live as long as the arena),
 * into *out: a mapping, with memory from `arena`. Faults are added, as many as
 * there are. Returns 0, -EINVAL (not readable any further; *out unchanged) or
 * -ENOMEM. A tree may be given together with faults.
 */
int tree_read(struct arena *, struct span text, const char *file,
    struct faults *, struct node **out);
/* The value of `key` in a mapping, or NULL. */
const struct node *tree_find(const struct node *map, const char *key);

#endif
