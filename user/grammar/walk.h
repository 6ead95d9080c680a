/*
 * walk.h: the walk over PostgreSQL's parse tree (libpg_query's JSON).
 * One struct walk per text. Scopes hold what can be named where; queries give
 * fields, each with the sources of its value. What is not known to be narrower is
 * taken wide: a source too many is a mask too many, never one too few.
 */
#ifndef GRAMMAR_WALK_H
#define GRAMMAR_WALK_H

#include <jansson.h>

#include "grammar/build.h"

/* An output column of a query. */
struct field_of {
	struct span name;
	bool is_star;		/* every column of sources.p[0]'s relation */
	struct set sources;
};

/* A field without a name may be called anything. */
struct fields {
	struct field_of *p;
	uint32_t n, room;
	bool positional;	/* they are all the columns, in order */
};

enum item_kind {
	ITEM_RELATION,		/* columns are the catalogue's to tell */
	ITEM_FIELDS,		/* columns are known */
	ITEM_OPEN,		/* columns are not known, their sources are */
};

/* Something in FROM. */
struct item {
	struct item *next;
	enum item_kind kind;
	struct span schema, alias;	/* how columns may name it */
	uint32_t relation;
	bool renamed;		/* alias has names for columns: they tell nothing */
	const struct fields *fields;
	struct set sources;
};

struct scope {
	struct scope *outer;
	struct item *first, *last;
	bool merged;		/* USING or NATURAL: the order of * is not ours to tell */
	bool touched;		/* a column of this scope was named outright */
};

struct cte;
struct walk {
	struct build build;
	struct cte *ctes;	/* visible here, innermost first */
	struct scope spare;	/* for when memory is short; then all fails */
};

/* tree.c: reading the tree */
struct span tree_text(const json_t *node, const char *key);
/* The sval of {"String":{"sval":…}}; empty when it is no String. */
struct span tree_name(const json_t *node);
/* The node's single key and what is under it: {"SelectStmt":{…}}. NULL: not one. */
const char *tree_kind(const json_t *node, json_t **inside);
bool tree_is(const json_t *node, const char *key, const char *value);
/* The last two names of a list of Strings. */
void tree_names(const json_t *list, struct span *schema, struct span *name);
/* Are they the same tree but for positions in the text? */
bool tree_same(const json_t *a, const json_t *b);

/* scope.c: what names mean */
struct scope *scope_new(struct walk *, struct scope *outer);
struct item *scope_add(struct walk *, struct scope *, enum item_kind, struct span alias);
void scope_resolve(struct walk *, struct scope *, const json_t *names, struct set *);
void item_sources(struct walk *, const struct item *, struct set *);
struct item *scope_find(struct scope *, struct span schema, struct span alias);

/* expression.c */
/* Everything below `node`: functions, operators, sublinks, and sources of its value. */
void walk_expression(struct walk *, struct scope *, json_t *node, struct set *);
void walk_implied(struct walk *, const char *operator);
void walk_function(struct walk *, struct scope *, json_t *call, struct set *);
/* Does a setting of this name (in lower case) and value leave the text as readable as it is? */
bool walk_keeps_lexis(struct walk *, struct span name, json_t *value);
/* The act would change how all text after it is read. */
void act_rereads(struct analysis_act *);
/* Where a condition lets an act reach, and its columns. */
enum reach walk_condition(struct walk *, struct scope *, json_t *condition);

/* from.c */
void walk_from(struct walk *, struct scope *, json_t *list);
/* All relations of this scope are read, where `reach` says. */
void scope_read(struct walk *, struct scope *, enum reach);
uint32_t walk_relation(struct walk *, json_t *range);
struct item *walk_target(struct walk *, struct scope *, json_t *range);

/* query.c */
void walk_query(struct walk *, struct scope *outer, json_t *select, struct fields *);
/* SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE by kind. False: none of them. */
bool walk_statement(struct walk *, struct scope *outer, const char *kind, json_t *inside,
    struct fields *);
void walk_targets(struct walk *, struct scope *, json_t *list, struct fields *);
struct field_of *fields_add(struct walk *, struct fields *, struct span name);
/* A copy of `fields` with the first names replaced; NULL: the names cannot be placed. */
const struct fields *fields_rename(struct walk *, const struct fields *, const json_t *names);

/* with.c */
/* Put the CTEs of a WITH clause in view. Give what it returns to with_end(). */
struct cte *with_begin(struct walk *, struct scope *outer, json_t *clause);
void with_end(struct walk *, struct cte *before);
/* The item of a CTE called `name`, or NULL: a relation then. */
struct item *with_find(struct walk *, struct scope *, struct span name, struct span alias);

/* change.c */
void walk_insert(struct walk *, struct scope *, json_t *, struct fields *);
void walk_update(struct walk *, struct scope *, json_t *, struct fields *);
void walk_delete(struct walk *, struct scope *, json_t *, struct fields *);
void walk_merge(struct walk *, struct scope *, json_t *, struct fields *);

/* copy.c */
void walk_copy(struct walk *, json_t *, struct fields *);

/* utility.c */
struct utility {
	const char *kind;
	enum effect effect;
	const char *tag;
	const char *key;	/* of the relation it is about; NULL: none, or many */
	uint32_t flags;
};
/* What is said of statements by their kind alone; NULL: not known. */
const struct utility *utility_find(const char *kind);
/* A constant and a text of the tree as one tag, in lower case. */
struct span tag_join(struct walk *, const char *before, struct span text);

/* command.c */
/* Any statement: {"SelectStmt":{…}}. Fields only where it answers with rows. */
void walk_command(struct walk *, json_t *node, struct fields *);

#endif
