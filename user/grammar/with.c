/*
 * with.c: WITH, the queries it names, and who sees which.
 * In WITH RECURSIVE all names see each other, so a query is walked when it is
 * first named or when its turn comes. A query that names itself finds an item
 * without columns there; afterwards each of its columns is given the sources of
 * all of them, because the recursion may have handed any column on to any other.
 */
#include "grammar/walk.h"

#include "base/arena.h"

enum cte_state { CTE_NEW, CTE_OPEN, CTE_DONE };

struct cte {
	struct cte *next;	/* outwards */
	struct cte *sees;	/* what its query sees */
	struct span name;
	json_t *node;
	struct scope *outer;
	enum cte_state state;
	bool names_itself;
	struct fields fields;
	const struct fields *named;	/* NULL: columns cannot be told */
};

static struct cte *
cte_new(struct walk *w, struct scope *outer, json_t *node)
{
	struct cte *cte = arena_take(w->build.arena, sizeof(*cte));

	if (!cte) {
		build_fail(&w->build, "too large to analyse");
		return NULL;
	}
	cte->node = json_object_get(node, "CommonTableExpr");
	cte->name = tree_text(cte->node, "ctename");
	cte->outer = outer;
	return cte;
}

static void
mix_columns(struct walk *w, struct fields *fields)
{
	struct set all = { 0 };

	for (uint32_t i = 0; i < fields->n; i++)
		set_add_all(&w->build, &all, &fields->p[i].sources);
	for (uint32_t i = 0; i < fields->n; i++) {
		if (fields->p[i].is_star)
			fields->positional = false;
		fields->p[i].is_star = false;
		set_add_all(&w->build, &fields->p[i].sources, &all);
	}
}

static void
cte_walk(struct walk *w, struct cte *cte)
{
	struct cte *before = w->ctes;
	json_t *inside = NULL;
	const char *kind = tree_kind(json_object_get(cte->node, "ctequery"),
	    &inside);

	if (cte->state != CTE_NEW)
		return;
	cte->state = CTE_OPEN;
	w->ctes = cte->sees;
	if (!kind || !walk_statement(w, cte->outer, kind, inside, &cte->fields))
		build_fail(&w->build, "a WITH query that is not known");
	w->ctes = before;
	if (cte->names_itself)
		mix_columns(w, &cte->fields);
	if (json_object_get(cte->node, "search_clause") ||
	    json_object_get(cte->node, "cycle_clause"))
		cte->fields.positional = false;	/* they add columns */
	cte->named = fields_rename(w, &cte->fields,
	    json_object_get(cte->node, "aliascolnames"));
	cte->state = CTE_DONE;
}

struct cte *
with_begin(struct walk *w, struct scope *outer, json_t *clause)
{
	json_t *list = json_object_get(clause, "ctes");
	bool recursive = json_is_true(json_object_get(clause, "recursive"));
	struct cte *before = w->ctes;

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct cte *cte = cte_new(w, outer, json_array_get(list, i));

		if (!cte)
			return before;
		cte->sees = w->ctes;
		if (!recursive)
			cte_walk(w, cte);
		cte->next = w->ctes;
		w->ctes = cte;
	}
	if (recursive) {
		for (struct cte *c = w->ctes; c != before; c = c->next)
			c->sees = w->ctes;
		for (struct cte *c = w->ctes; c != before; c = c->next)
			cte_walk(w, c);
	}
	return before;
}

void
with_end(struct walk *w, struct cte *before)
{
	w->ctes = before;
}

struct item *
with_find(struct walk *w, struct scope *scope, struct span name,
    struct span alias)
{
	struct cte *cte = w->ctes;
	struct item *item, whole = { .kind = ITEM_FIELDS };

	while (cte && !span_equal(cte->name, name))
		cte = cte->next;
	if (!cte)
		return NULL;
	cte_walk(w, cte);
	if (cte->state == CTE_OPEN) {
		cte->names_itself = true;
		return scope_add(w, scope, ITEM_OPEN, alias);
	}
	item = scope_add(w, scope, cte->named ? ITEM_FIELDS : ITEM_OPEN, alias);
	if (!item)
		return NULL;
	item->fields = cte->named;
	whole.fields = &cte->fields;
	if (!cte->named)
		item_sources(w, &whole, &item->sources);
	return item;
}
