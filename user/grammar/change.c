/*
 * change.c: INSERT, UPDATE, DELETE and MERGE, on their own or in a WITH.
 * The act says which columns are written. Where a condition, a new value or
 * RETURNING looks at the target's columns, the target is read as well.
 */
#include "grammar/walk.h"

static void
walk_aside(struct walk *w, struct scope *scope, json_t *node)
{
	struct set aside = { 0 };

	walk_expression(w, scope, node, &aside);
}

/* The columns a list of targets writes; an empty list writes whole rows. */
static struct set
columns_of(struct walk *w, uint32_t relation, json_t *targets)
{
	struct set set = { 0 };

	for (size_t i = 0; i < json_array_size(targets); i++) {
		json_t *target = json_object_get(json_array_get(targets, i),
		    "ResTarget");

		set_add(&w->build, &set, source_of(relation,
		    tree_text(target, "name"), SOURCE_SURE));
	}
	if (!set.n || set.p[0].kind == SOURCE_ANY) {
		set.n = 0;
		set_add(&w->build, &set, source_of(relation,
		    span_of(NULL, 0), SOURCE_SURE));
	}
	return set;
}

static void
add_act(struct walk *w, enum effect effect, uint32_t relation,
    enum reach reach, const struct set *columns)
{
	struct analysis_act *act = build_act_on(&w->build, effect,
	    OBJECT_RELATION, relation, effect_name(effect));

	act->reach = (uint8_t)reach;
	if (columns) {
		act->columns = columns->p;
		act->column_count = columns->n;
	}
}

/* New values of an assignment list: {"ResTarget":{name, indirection, val}}. */
static void
walk_values(struct walk *w, struct scope *scope, json_t *targets)
{
	for (size_t i = 0; i < json_array_size(targets); i++) {
		json_t *target = json_object_get(json_array_get(targets, i),
		    "ResTarget");

		walk_aside(w, scope, json_object_get(target, "val"));
		walk_aside(w, scope, json_object_get(target, "indirection"));
	}
}

/* If anything looked at the target's columns, it was read. */
static void
finish(struct walk *w, struct scope *scope, uint32_t target, enum reach reach,
    json_t *returning, struct fields *fields)
{
	if (returning)
		walk_targets(w, scope, returning, fields);
	if (target < w->build.relations.n &&
	    w->build.about[target].touched.n)
		build_read(&w->build, target, reach);
}

static void
walk_conflict(struct walk *w, struct scope *outer, json_t *insert,
    uint32_t target)
{
	json_t *clause = json_object_get(insert, "onConflictClause");
	json_t *targets = json_object_get(clause, "targetList");
	struct scope *scope = scope_new(w, outer);
	struct item *excluded;
	struct set columns;

	if (!clause)
		return;
	walk_target(w, scope, json_object_get(insert, "relation"));
	walk_aside(w, scope, json_object_get(clause, "infer"));
	excluded = scope_add(w, scope, ITEM_RELATION, SPAN("excluded"));
	if (excluded)
		excluded->relation = target;
	walk_values(w, scope, targets);
	walk_aside(w, scope, json_object_get(clause, "whereClause"));
	if (!tree_is(clause, "action", "ONCONFLICT_UPDATE"))
		return;
	columns = columns_of(w, target, targets);
	add_act(w, EFFECT_UPDATE, target, REACH_WHERE, &columns);
}

void
walk_insert(struct walk *w, struct scope *outer, json_t *insert,
    struct fields *fields)
{
	struct cte *before = with_begin(w, outer,
	    json_object_get(insert, "withClause"));
	struct scope *scope = scope_new(w, outer);
	struct item *item = walk_target(w, scope,
	    json_object_get(insert, "relation"));
	json_t *select = json_object_get(json_object_get(insert, "selectStmt"),
	    "SelectStmt");
	struct fields values = { 0 };
	struct set columns;

	if (!item)
		return;
	columns = columns_of(w, item->relation, json_object_get(insert, "cols"));
	add_act(w, EFFECT_INSERT, item->relation, REACH_NONE, &columns);
	walk_values(w, scope, json_object_get(insert, "cols"));
	if (select)
		walk_query(w, outer, select, &values);
	walk_conflict(w, outer, insert, item->relation);
	finish(w, scope, item->relation, REACH_NONE,
	    json_object_get(insert, "returningList"), fields);
	with_end(w, before);
}

/*
 * With FROM or USING a condition may choose among the other rows only, and none of
 * the target's. It must name a column as the target's, and the target be no other's.
 */
static enum reach
reach_of_target(struct walk *w, struct scope *scope, const struct scope *others,
    const struct item *target, json_t *condition)
{
	enum reach reach = walk_condition(w, scope, condition);
	struct set set = { 0 };
	bool chooses = false;

	if (reach != REACH_WHERE || !others->first)
		return reach;
	walk_expression(w, scope, condition, &set);
	for (uint32_t i = 0; i < set.n; i++)
		chooses |= set.p[i].kind == SOURCE_RELATION &&
		    set.p[i].index == target->relation && set.p[i].sure != SOURCE_MAYBE;
	for (const struct item *i = others->first; i; i = i->next)
		chooses &= i->kind != ITEM_RELATION || i->relation != target->relation;
	return chooses ? reach : REACH_ALL;
}

void
walk_update(struct walk *w, struct scope *outer, json_t *update,
    struct fields *fields)
{
	struct cte *before = with_begin(w, outer,
	    json_object_get(update, "withClause"));
	struct scope *scope = scope_new(w, outer), *others;
	json_t *targets = json_object_get(update, "targetList");
	struct item *item;
	struct set columns;
	enum reach reach;

	others = scope_new(w, outer);
	walk_from(w, others, json_object_get(update, "fromClause"));
	item = walk_target(w, scope, json_object_get(update, "relation"));
	if (!item)
		return;
	item->next = others->first;
	if (others->last)
		scope->last = others->last;
	columns = columns_of(w, item->relation, targets);
	walk_values(w, scope, targets);
	reach = reach_of_target(w, scope, others, item,
	    json_object_get(update, "whereClause"));
	scope_read(w, others, reach);
	add_act(w, EFFECT_UPDATE, item->relation, reach, &columns);
	finish(w, scope, item->relation, reach,
	    json_object_get(update, "returningList"), fields);
	with_end(w, before);
}

void
walk_delete(struct walk *w, struct scope *outer, json_t *delete,
    struct fields *fields)
{
	struct cte *before = with_begin(w, outer,
	    json_object_get(delete, "withClause"));
	struct scope *scope = scope_new(w, outer), *others;
	struct item *item;
	enum reach reach;

	others = scope_new(w, outer);
	walk_from(w, others, json_object_get(delete, "usingClause"));
	item = walk_target(w, scope, json_object_get(delete, "relation"));
	if (!item)
		return;
	item->next = others->first;
	if (others->last)
		scope->last = others->last;
	reach = reach_of_target(w, scope, others, item,
	    json_object_get(delete, "whereClause"));
	scope_read(w, others, reach);
	add_act(w, EFFECT_DELETE, item->relation, reach, NULL);
	finish(w, scope, item->relation, reach,
	    json_object_get(delete, "returningList"), fields);
	with_end(w, before);
}

static void
walk_when(struct walk *w, struct scope *scope, json_t *when, uint32_t target,
    enum reach reach)
{
	json_t *targets = json_object_get(when, "targetList");
	struct set columns = columns_of(w, target, targets);

	walk_aside(w, scope, json_object_get(when, "condition"));
	walk_values(w, scope, targets);
	walk_aside(w, scope, json_object_get(when, "values"));
	if (tree_is(when, "commandType", "CMD_INSERT"))
		add_act(w, EFFECT_INSERT, target, REACH_NONE, &columns);
	else if (tree_is(when, "commandType", "CMD_UPDATE"))
		add_act(w, EFFECT_UPDATE, target, reach, &columns);
	else if (tree_is(when, "commandType", "CMD_DELETE"))
		add_act(w, EFFECT_DELETE, target, reach, NULL);
	else if (!tree_is(when, "commandType", "CMD_NOTHING"))
		build_fail(&w->build, "a branch of MERGE that is not known");
}

void
walk_merge(struct walk *w, struct scope *outer, json_t *merge,
    struct fields *fields)
{
	struct cte *before = with_begin(w, outer,
	    json_object_get(merge, "withClause"));
	struct scope *scope = scope_new(w, outer);
	json_t *one = json_array(), *list;
	struct item *item = walk_target(w, scope,
	    json_object_get(merge, "relation"));
	enum reach reach;

	json_array_append(one, json_object_get(merge, "sourceRelation"));
	walk_from(w, scope, one);
	json_decref(one);
	if (!item)
		return;
	reach = walk_condition(w, scope, json_object_get(merge, "joinCondition"));
	scope_read(w, scope, reach);
	list = json_object_get(merge, "mergeWhenClauses");
	for (size_t i = 0; i < json_array_size(list); i++)
		walk_when(w, scope, json_object_get(json_array_get(list, i),
		    "MergeWhenClause"), item->relation, reach);
	finish(w, scope, item->relation, reach, NULL, fields);
	with_end(w, before);
}
