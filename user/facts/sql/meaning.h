/*
 * meaning.h: an analysis seen through a flow's catalogue. Shared by explain.c and
 * lineage.c; all memory is the scratch arena's. Pure.
 */
#ifndef FACTS_SQL_MEANING_H
#define FACTS_SQL_MEANING_H

#include "facts/sql/catalogue.h"
#include "facts/sql/function.h"

struct arena;

struct meaning {
	const struct sql_analysis *analysis;
	const struct sql_catalogue *catalogue;	/* NULL: names are taken as written */
	struct arena *scratch;
	bool failed;		/* no memory */
};

/* The relation's full name, and what is known of it (NULL: nothing). */
struct span meaning_object(struct meaning *, uint32_t relation, bool is_new,
    const struct known_relation **known, bool *missing);
/* What a function does here, by name, schema and what stands in front of it. */
enum function_class meaning_function(const struct meaning *,
    const struct analysis_name *, bool *shadowed);
bool meaning_has_column(const struct known_relation *, struct span name);
/* "a.b" in the arena. */
struct span meaning_join(struct meaning *, struct span a, struct span b, const char *end);
/* Room for one more; the list may move. */
void *meaning_grow(struct meaning *, void *list, size_t n, size_t *room, size_t size);

#endif
