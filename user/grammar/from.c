/* from.c: what stands in FROM, and the relations that are read there. */
#include "grammar/walk.h"

static void walk_item(struct walk *, struct scope *, json_t *node);

static void
walk_aside(struct walk *w, struct scope *scope, json_t *node)
{
	struct set aside = { 0 };

	walk_expression(w, scope, node, &aside);
}

uint32_t
walk_relation(struct walk *w, json_t *range)
{
	return build_relation(&w->build, tree_text(range, "schemaname"),
	    tree_text(range, "relname"));
}

static struct span
alias_of(const json_t *node)
{
	return tree_text(json_object_get(node, "alias"), "aliasname");
}

static const json_t *
names_of(const json_t *node)
{
	return json_object_get(json_object_get(node, "alias"), "colnames");
}

struct item *
walk_target(struct walk *w, struct scope *scope, json_t *range)
{
	struct span alias = alias_of(range);
	struct item *item = scope_add(w, scope, ITEM_RELATION,
	    alias.n ? alias : tree_text(range, "relname"));

	if (!item)
		return NULL;
	if (!alias.n)
		item->schema = tree_text(range, "schemaname");
	item->relation = walk_relation(w, range);
	item->renamed = json_array_size(names_of(range)) > 0;
	return item;
}

/* Fields under an alias, renamed where the alias names columns. */
static void
add_fields(struct walk *w, struct scope *scope, const json_t *node,
    const struct fields *fields)
{
	const struct fields *named = fields_rename(w, fields, names_of(node));
	struct item whole = { .kind = ITEM_FIELDS, .fields = fields };
	struct item *item = scope_add(w, scope, named ? ITEM_FIELDS : ITEM_OPEN,
	    alias_of(node));

	if (!item)
		return;
	item->fields = named;
	if (!named)
		item_sources(w, &whole, &item->sources);
}

static void
walk_range(struct walk *w, struct scope *scope, json_t *range)
{
	struct span alias = alias_of(range), name = tree_text(range, "relname");
	struct item *cte = NULL;

	if (!json_object_get(range, "schemaname"))
		cte = with_find(w, scope, name, alias.n ? alias : name);
	if (!cte) {
		walk_target(w, scope, range);
		return;
	}
	if (cte->kind == ITEM_FIELDS && json_array_size(names_of(range))) {
		const struct fields *named =
		    fields_rename(w, cte->fields, names_of(range));

		if (named)
			cte->fields = named;
		else {
			item_sources(w, cte, &cte->sources);
			cte->kind = ITEM_OPEN;
		}
	}
}

static void
walk_subselect(struct walk *w, struct scope *scope, json_t *node)
{
	struct fields fields = { 0 }, *kept;
	json_t *select = json_object_get(json_object_get(node, "subquery"),
	    "SelectStmt");
	uint32_t room = 0;

	walk_query(w, json_is_true(json_object_get(node, "lateral")) ?
	    scope : scope->outer, select, &fields);
	kept = NULL;
	if (!build_grow(&w->build, &kept, 0, &room, sizeof(*kept)))
		return;
	*kept = fields;
	add_fields(w, scope, node, kept);
}

/* Functions and XMLTABLE: columns we do not know, from what is put in. */
static void
walk_open(struct walk *w, struct scope *scope, json_t *node)
{
	struct set sources = { 0 };
	struct item *item;

	walk_expression(w, scope, node, &sources);
	item = scope_add(w, scope, ITEM_OPEN, alias_of(node));
	if (item)
		item->sources = sources;
}

static void
walk_sample(struct walk *w, struct scope *scope, json_t *node)
{
	struct span schema, name;

	tree_names(json_object_get(node, "method"), &schema, &name);
	build_function(&w->build, schema, name);
	walk_item(w, scope, json_object_get(node, "relation"));
	walk_aside(w, scope, json_object_get(node, "args"));
	walk_aside(w, scope, json_object_get(node, "repeatable"));
}

/* Columns that USING and NATURAL compare. */
static void
walk_using(struct walk *w, struct scope *scope, json_t *join)
{
	json_t *names = json_object_get(join, "usingClause");
	bool natural = json_is_true(json_object_get(join, "isNatural"));
	struct set aside = { 0 };

	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *one = json_array();

		json_array_append(one, json_array_get(names, i));
		scope_resolve(w, scope, one, &aside);
		json_decref(one);
	}
	if (natural)
		for (struct item *i = scope->first; i; i = i->next)
			if (i->kind == ITEM_RELATION)
				build_touch(&w->build, i->relation,
				    span_of(NULL, 0), SOURCE_SURE);
	if (natural || names)
		walk_implied(w, "=");
	scope->merged |= natural || names;
}

static void
walk_join_parts(struct walk *w, struct scope *scope, json_t *join)
{
	json_t *alias = json_object_get(join, "join_using_alias");

	walk_item(w, scope, json_object_get(join, "larg"));
	walk_item(w, scope, json_object_get(join, "rarg"));
	walk_aside(w, scope, json_object_get(join, "quals"));
	walk_using(w, scope, join);
	if (alias) {
		struct set all = { 0 };
		struct item *item;

		for (struct item *i = scope->first; i; i = i->next)
			item_sources(w, i, &all);
		item = scope_add(w, scope, ITEM_OPEN,
		    tree_text(alias, "aliasname"));
		if (item)
			item->sources = all;
	}
}

/* (a JOIN b) AS j hides a and b; what j has, could be from all of both. */
static void
walk_join(struct walk *w, struct scope *scope, json_t *join)
{
	struct scope *inner;
	struct set all = { 0 };
	struct item *item;

	if (!json_object_get(join, "alias")) {
		walk_join_parts(w, scope, join);
		return;
	}
	inner = scope_new(w, scope);
	walk_join_parts(w, inner, join);
	for (struct item *i = inner->first; i; i = i->next) {
		item_sources(w, i, &all);
		if (i->kind == ITEM_RELATION)
			build_touch(&w->build, i->relation, span_of(NULL, 0),
			    SOURCE_SURE);
	}
	scope_read(w, inner, REACH_ALL);
	item = scope_add(w, scope, ITEM_OPEN, alias_of(join));
	if (item)
		item->sources = all;
}

static void
walk_item(struct walk *w, struct scope *scope, json_t *node)
{
	json_t *inside = NULL;
	const char *kind = tree_kind(node, &inside);

	if (!kind || w->build.failed)
		build_fail(&w->build, "an empty item in FROM");
	else if (!strcmp(kind, "RangeVar"))
		walk_range(w, scope, inside);
	else if (!strcmp(kind, "RangeSubselect"))
		walk_subselect(w, scope, inside);
	else if (!strcmp(kind, "RangeFunction") ||
	    !strcmp(kind, "RangeTableFunc"))
		walk_open(w, scope, inside);
	else if (!strcmp(kind, "RangeTableSample"))
		walk_sample(w, scope, inside);
	else if (!strcmp(kind, "JoinExpr"))
		walk_join(w, scope, inside);
	else
		build_fail(&w->build, "an item in FROM that is not known");
}

void
walk_from(struct walk *w, struct scope *scope, json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		walk_item(w, scope, json_array_get(list, i));
}

void
scope_read(struct walk *w, struct scope *scope, enum reach reach)
{
	for (struct item *i = scope->first; i; i = i->next)
		if (i->kind == ITEM_RELATION)
			build_read(&w->build, i->relation, reach);
}
