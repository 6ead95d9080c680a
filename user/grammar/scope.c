/*
 * scope.c: what a name may mean where it stands.
 * Without the catalogue nobody knows which of several relations has a column, so
 * an unqualified name is a "maybe" of every relation in view, inner and outer,
 * and the worker drops those that have no such column. The search outwards ends
 * early only at a subquery that is known to have it. A name that is also an alias
 * may be the whole row.
 */
#include "grammar/walk.h"

#include "base/arena.h"

struct scope *
scope_new(struct walk *w, struct scope *outer)
{
	struct scope *scope = arena_take(w->build.arena, sizeof(*scope));

	if (!scope) {
		build_fail(&w->build, "too large to analyse");
		return &w->spare;
	}
	scope->outer = outer;
	return scope;
}

struct item *
scope_add(struct walk *w, struct scope *scope, enum item_kind kind,
    struct span alias)
{
	struct item *item = arena_take(w->build.arena, sizeof(*item));

	if (!item || !scope) {
		build_fail(&w->build, "too large to analyse");
		return NULL;
	}
	item->kind = kind;
	item->alias = alias;
	if (scope->last)
		scope->last->next = item;
	else
		scope->first = item;
	scope->last = item;
	return item;
}

void
item_sources(struct walk *w, const struct item *item, struct set *set)
{
	struct build *b = &w->build;

	if (item->kind == ITEM_RELATION)
		set_add(b, set, source_of(item->relation, span_of(NULL, 0),
		    SOURCE_SURE));
	else if (item->kind == ITEM_OPEN)
		set_add_all(b, set, &item->sources);
	else
		for (uint32_t i = 0; i < item->fields->n; i++)
			set_add_all(b, set, &item->fields->p[i].sources);
}

/* The whole row of an item was named. */
static void
resolve_row(struct walk *w, const struct item *item, struct set *set)
{
	if (item->kind == ITEM_RELATION)
		build_touch(&w->build, item->relation, span_of(NULL, 0),
		    SOURCE_SURE);
	item_sources(w, item, set);
}

static void
resolve_in_relation(struct walk *w, const struct item *item, struct span name,
    enum source_sure sure, struct set *set)
{
	if (item->renamed) {
		resolve_row(w, item, set);
		return;
	}
	build_touch(&w->build, item->relation, name, sure);
	set_add(&w->build, set, source_of(item->relation, name, sure));
}

/*
 * Columns called `name` among the fields; those of a * may have it too, and one
 * that has no name we know may be called so.
 */
static bool
resolve_in_fields(struct walk *w, const struct fields *fields, struct span name,
    enum source_sure sure, struct set *set)
{
	bool found = false, exact = false;

	for (uint32_t i = 0; i < fields->n; i++)
		exact |= !fields->p[i].is_star &&
		    span_equal(fields->p[i].name, name);
	for (uint32_t i = 0; i < fields->n; i++) {
		const struct field_of *field = &fields->p[i];

		if (field->is_star)
			set_add(&w->build, set, source_of(
			    field->sources.p[0].index, name, sure));
		else if (exact ? span_equal(field->name, name) :
		    !field->name.n) {
			set_add_all(&w->build, set, &field->sources);
			found = true;
		}
	}
	return found;
}

/* Returns true when nothing further out can be meant. */
static bool
resolve_unqualified(struct walk *w, struct item *item, struct span name,
    struct set *set)
{
	bool certain = false;

	if (item->kind == ITEM_RELATION)
		resolve_in_relation(w, item, name, SOURCE_MAYBE, set);
	else if (item->kind == ITEM_OPEN)
		set_add_all(&w->build, set, &item->sources);
	else
		certain = resolve_in_fields(w, item->fields, name,
		    SOURCE_MAYBE, set);
	if (!certain && item->kind == ITEM_FIELDS && !item->fields->positional)
		item_sources(w, item, set);
	if (span_equal(item->alias, name)) {
		resolve_row(w, item, set);
		certain = item->kind != ITEM_RELATION;
	}
	return certain;
}

static void
resolve_name(struct walk *w, struct scope *scope, struct span name,
    struct set *set)
{
	bool certain = false, open = false;
	uint32_t had = set->n;

	if (scope && scope->first)
		scope->touched = true;
	for (; scope && !certain; scope = scope->outer)
		for (struct item *i = scope->first; i; i = i->next) {
			open |= i->kind == ITEM_OPEN;
			certain |= resolve_unqualified(w, i, name, set);
		}
	if (!certain && !open && set->n == had)
		set_add(&w->build, set,
		    (struct analysis_source){ .kind = SOURCE_ANY });
}

struct item *
scope_find(struct scope *scope, struct span schema, struct span alias)
{
	for (; scope; scope = scope->outer)
		for (struct item *i = scope->first; i; i = i->next)
			if (span_equal(i->alias, alias) && (!schema.n ||
			    span_equal(i->schema, schema))) {
				scope->touched = true;
				return i;
			}
	return NULL;
}

/* alias.name: a column, or else a function of the row (`c.to_json`). */
static void
resolve_column(struct walk *w, struct item *item, struct span name,
    struct set *set)
{
	bool has_star = false, exact = false, nameless = false;

	if (item->kind == ITEM_RELATION) {
		/* the catalogue is not asked for the columns of its own tables */
		if (span_is(w->build.relations.p[item->relation].schema, "pg_catalog"))
			build_attribute(&w->build, name);
		resolve_in_relation(w, item, name, SOURCE_NAMED, set);
		return;
	}
	if (item->kind == ITEM_OPEN) {
		build_attribute(&w->build, name);
		set_add_all(&w->build, set, &item->sources);
		return;
	}
	for (uint32_t i = 0; i < item->fields->n; i++) {
		has_star |= item->fields->p[i].is_star;
		exact |= !item->fields->p[i].is_star &&
		    span_equal(item->fields->p[i].name, name);
		nameless |= !item->fields->p[i].is_star && !item->fields->p[i].name.n;
	}
	(void)resolve_in_fields(w, item->fields, name, SOURCE_NAMED, set);
	if (exact)
		return;
	build_attribute(&w->build, name);
	if (!has_star || nameless || !item->fields->positional)
		item_sources(w, item, set);
}

void
scope_resolve(struct walk *w, struct scope *scope, const json_t *names,
    struct set *set)
{
	size_t n = json_array_size(names);
	struct span schema = { 0 }, alias, last;
	struct item *item;

	if (!n)
		return;
	last = tree_name(json_array_get(names, n - 1));
	if (n == 1 && last.n) {
		resolve_name(w, scope, last, set);
		return;
	}
	alias = n > 1 ? tree_name(json_array_get(names, n - 2)) : last;
	if (n > 2)
		schema = tree_name(json_array_get(names, n - 3));
	item = n > 1 ? scope_find(scope, schema, alias) : NULL;
	if (item && last.n)
		resolve_column(w, item, last, set);
	else if (item)		/* alias.* as a value */
		resolve_row(w, item, set);
	else {			/* a bare *, or nothing we know */
		for (struct item *i = scope ? scope->first : NULL; i; i = i->next)
			resolve_row(w, i, set);
		set_add(&w->build, set,
		    (struct analysis_source){ .kind = SOURCE_ANY });
	}
}
