/*
 * build.h: an analysis being built while the tree is walked.
 * Everything is taken from one arena and ends with it. The first failure (a limit,
 * no memory) is remembered, and the whole answer is then "unknown".
 */
#ifndef GRAMMAR_BUILD_H
#define GRAMMAR_BUILD_H

#include <stdbool.h>

#include "facts/sql/analysis.h"

struct arena;

#define BUILD_NAMES_MAX 1024	/* relations, functions, operators, attributes: each */
#define BUILD_ACTS_MAX 2048
#define BUILD_SOURCES_MAX 512	/* of one value; more become "any" */
#define BUILD_FIELDS_MAX 1664
#define BUILD_STEPS_MAX 20000000	/* of looking into sets: some 100 ms */

/* A set of sources, each once. Zero is empty. */
struct set {
	struct analysis_source *p;
	uint32_t n, room;
};

struct build_names {
	struct analysis_name *p;
	uint32_t n, room;
};

/* What is known of a relation beyond its name. */
struct build_relation {
	bool is_read;
	uint8_t reach;
	struct set touched;	/* columns read */
	const char *note;
};

struct build {
	struct arena *arena;
	const char *failed;	/* why, or NULL */
	uint64_t steps;
	uint32_t flags, statements;
	struct wire_copy copy;
	struct span prepared;
	struct build_names relations, functions, operators, attributes;
	struct build_relation *about;	/* per relation */
	uint32_t about_room;
	struct analysis_act *acts;
	uint32_t act_count, act_room;
	struct analysis_act spare;	/* for what no longer fits; never read */
	struct analysis_field *fields;
	uint32_t field_count;
};

void build_fail(struct build *, const char *why);
/* Room for one more item of `size` bytes in a list; NULL: failed. */
void *build_grow(struct build *, void *list, uint32_t n, uint32_t *room, size_t size);

uint32_t build_relation(struct build *, struct span schema, struct span name);
uint32_t build_function(struct build *, struct span schema, struct span name);
void build_operator(struct build *, struct span schema, struct span name);
void build_attribute(struct build *, struct span name);

/* The relation is read, where `reach` says. */
void build_read(struct build *, uint32_t relation, enum reach);
void build_touch(struct build *, uint32_t relation, struct span column, enum source_sure);
void build_note(struct build *, uint32_t relation, const char *note);

/* An act on a tag; the text must be constant or live in the arena. */
struct analysis_act *build_act(struct build *, enum effect, struct span tag);
struct analysis_act *build_act_on(struct build *, enum effect, enum object_kind,
    uint32_t index, const char *tag);

void set_add(struct build *, struct set *, struct analysis_source);
void set_add_all(struct build *, struct set *, const struct set *);
struct analysis_source source_of(uint32_t relation, struct span column, enum source_sure);

/* Write it all: reads become acts. */
void build_pack(struct build *, struct out *);

#endif
