/*
 * expression.c: values and conditions.
 * The walk goes through everything it does not know by name, so that nothing
 * hides in a corner of the tree. A value derives from every column that stands
 * in its expression, conditions of CASE included; only what cannot carry a
 * value's content is left out: count(), IS NULL, EXISTS.
 */
#include "grammar/walk.h"

/* A value that is not handed on. */
static void
walk_aside(struct walk *w, struct scope *scope, json_t *node)
{
	struct set aside = { 0 };

	walk_expression(w, scope, node, &aside);
}

/* An operator that a construct looks up by the search path without naming it. */
void
walk_implied(struct walk *w, const char *name)
{
	build_operator(&w->build, span_of(NULL, 0), span_text(name));
}

static void
walk_sublink(struct walk *w, struct scope *scope, json_t *link, struct set *set)
{
	struct fields fields = { 0 };
	json_t *select = NULL;
	const char *kind = tree_kind(json_object_get(link, "subselect"), &select);

	struct span schema, name;

	tree_names(json_object_get(link, "operName"), &schema, &name);
	if (name.n)
		build_operator(&w->build, schema, name);
	else if (tree_is(link, "subLinkType", "ANY_SUBLINK"))
		walk_implied(w, "=");	/* IN */
	walk_expression(w, scope, json_object_get(link, "testexpr"), set);
	if (kind && !strcmp(kind, "SelectStmt"))
		walk_query(w, scope, select, &fields);
	else
		build_fail(&w->build, "a subquery that is none");
	if (tree_is(link, "subLinkType", "EXISTS_SUBLINK"))
		return;
	for (uint32_t i = 0; i < fields.n; i++)
		set_add_all(&w->build, set, &fields.p[i].sources);
}

static struct span
literal_text(json_t *node)
{
	json_t *constant = json_object_get(node, "A_Const");
	json_t *cast = json_object_get(node, "TypeCast");

	if (cast)
		return literal_text(json_object_get(cast, "arg"));
	return tree_text(json_object_get(constant, "sval"), "sval");
}

/*
 * A pipeline may carry text that is read by a setting which the server has not yet
 * confirmed. So these two are only ever set to what text is read by here.
 */
bool
walk_keeps_lexis(struct walk *w, struct span name, json_t *value)
{
	static const struct {
		const char *name, *value;
	} kept[] = {
		{ "standard_conforming_strings", "on" },
		{ "standard_conforming_strings", "true" },
		{ "client_encoding", "utf8" },
		{ "client_encoding", "utf-8" },
		{ "client_encoding", "unicode" },
	};
	struct span text = tag_join(w, "", literal_text(value));
	bool governs = false;

	for (size_t i = 0; i < COUNT(kept); i++) {
		if (!span_is(name, kept[i].name))
			continue;
		governs = true;
		if (span_is(text, kept[i].value))
			return true;
	}
	return !governs;
}

void
act_rereads(struct analysis_act *act)
{
	act->effect = EFFECT_UNKNOWN;
	act->note = SPAN("it changes how text is read");
}

/* Does the value come from a table? */
static bool
reads_anything(struct walk *w, struct scope *scope, json_t *node)
{
	struct set set = { 0 };
	bool any = false;

	walk_expression(w, scope, node, &set);
	for (uint32_t i = 0; i < set.n; i++)
		any |= set.p[i].kind != SOURCE_FUNCTION;
	return any;
}

/*
 * set_config('name', …) is SET by another name. A setting that keeps what was read
 * would show it later, where nobody knows what it derives from.
 */
static void
act_for_setting(struct walk *w, struct scope *scope, json_t *call)
{
	json_t *args = json_object_get(call, "args");
	struct span name = literal_text(json_array_get(args, 0));
	bool keeps = reads_anything(w, scope, json_array_get(args, 1));
	struct analysis_act *act;

	/* pg_dump reads the setting's name from pg_settings; only one takes this value */
	if (!name.n && span_is(literal_text(json_array_get(args, 1)),
	    "view, foreign-table"))
		name = SPAN("restrict_nonsystem_relation_kind");
	w->build.flags |= ANALYSIS_MOVES_NAMES;
	act = build_act(&w->build, EFFECT_UNKNOWN, SPAN("set_config"));
	if (!name.n || name.n > ANALYSIS_NAME_LIMIT) {
		act->note = SPAN("which setting is not in the text");
		return;
	}
	if (keeps) {
		act->note = SPAN("a setting would keep what is read");
		return;
	}
	act->tag = tag_join(w, "set ", name);
	act->effect = sql_setting_effect(span_skip(act->tag, strlen("set ")));
	if (!walk_keeps_lexis(w, span_skip(act->tag, strlen("set ")),
	    json_array_get(args, 1)))
		act_rereads(act);
}

static bool
is_builtin(struct span schema, struct span name, const char *wanted)
{
	return span_is(name, wanted) &&
	    (!schema.n || span_is(schema, "pg_catalog"));
}

/* Functions whose argument can be had back from the server. */
static bool
keeps_number(struct span name)
{
	return span_equal(span_head(name, 12), SPAN("pg_advisory_")) ||
	    span_equal(span_head(name, 16), SPAN("pg_try_advisory_")) ||
	    span_is(name, "setseed");
}

void
walk_function(struct walk *w, struct scope *scope, json_t *call, struct set *set)
{
	struct span schema, name;
	struct set aside = { 0 };
	const char *key;
	json_t *value;
	bool counts;

	tree_names(json_object_get(call, "funcname"), &schema, &name);
	counts = is_builtin(schema, name, "count");
	if (is_builtin(schema, name, "set_config"))
		act_for_setting(w, scope, call);
	if (keeps_number(name) && reads_anything(w, scope, json_object_get(call, "args")))
		build_act(&w->build, EFFECT_UNKNOWN, SPAN("a number kept in the server"))->note =
		    SPAN("a lock or seed would keep what is read");
	set_add(&w->build, set, (struct analysis_source){
	    .kind = SOURCE_FUNCTION,
	    .index = build_function(&w->build, schema, name) });
	json_object_foreach(call, key, value)
		if (strcmp(key, "funcname"))
			walk_expression(w, scope, value, counts ? &aside : set);
}

/* [NOT] BETWEEN [SYMMETRIC]: transformAExprBetween() makes comparisons of it. */
static bool
is_between(const json_t *node)
{
	struct span kind = tree_text(node, "kind");

	return span_equal(span_head(kind, 13), SPAN("AEXPR_BETWEEN")) ||
	    span_equal(span_head(kind, 17), SPAN("AEXPR_NOT_BETWEEN"));
}

static void
walk_operator(struct walk *w, struct scope *scope, json_t *node, struct set *set)
{
	static const char *const bounds[] = { "<", "<=", ">", ">=" };
	struct span schema, name;

	tree_names(json_object_get(node, "name"), &schema, &name);
	if (is_between(node))
		for (size_t i = 0; i < COUNT(bounds); i++)
			walk_implied(w, bounds[i]);
	else if (name.n)
		build_operator(&w->build, schema, name);
	walk_expression(w, scope, json_object_get(node, "lexpr"), set);
	walk_expression(w, scope, json_object_get(node, "rexpr"), set);
}

/* (value).name: a column of a composite, or a function of it. */
static void
walk_indirection(struct walk *w, struct scope *scope, json_t *node,
    struct set *set)
{
	json_t *list = json_object_get(node, "indirection");

	walk_expression(w, scope, json_object_get(node, "arg"), set);
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct span name = tree_name(json_array_get(list, i));

		if (name.n)
			build_attribute(&w->build, name);
	}
	walk_expression(w, scope, list, set);
}

static void
walk_sort(struct walk *w, struct scope *scope, json_t *node, struct set *set)
{
	struct span schema, name;

	tree_names(json_object_get(node, "useOp"), &schema, &name);
	if (name.n)
		build_operator(&w->build, schema, name);
	walk_expression(w, scope, json_object_get(node, "node"), set);
}

/* CASE x WHEN y compares by "=", whichever that is. */
static void
walk_case(struct walk *w, struct scope *scope, json_t *node, struct set *set)
{
	if (json_object_get(node, "arg"))
		walk_implied(w, "=");
	walk_expression(w, scope, node, set);
}

static void
walk_node(struct walk *w, struct scope *scope, const char *kind, json_t *inside,
    struct set *set)
{
	struct fields fields = { 0 };

	if (!strcmp(kind, "ColumnRef"))
		scope_resolve(w, scope, json_object_get(inside, "fields"), set);
	else if (!strcmp(kind, "FuncCall"))
		walk_function(w, scope, inside, set);
	else if (!strcmp(kind, "SubLink"))
		walk_sublink(w, scope, inside, set);
	else if (!strcmp(kind, "A_Expr"))
		walk_operator(w, scope, inside, set);
	else if (!strcmp(kind, "A_Indirection"))
		walk_indirection(w, scope, inside, set);
	else if (!strcmp(kind, "SortBy"))
		walk_sort(w, scope, inside, set);
	else if (!strcmp(kind, "CaseExpr"))
		walk_case(w, scope, inside, set);
	else if (!strcmp(kind, "NullTest"))
		walk_aside(w, scope, inside);
	else if (walk_statement(w, scope, kind, inside, &fields)) {
		for (uint32_t i = 0; i < fields.n; i++)
			set_add_all(&w->build, set, &fields.p[i].sources);
	} else if (strcmp(kind, "A_Const"))
		walk_expression(w, scope, inside, set);
}

void
walk_expression(struct walk *w, struct scope *scope, json_t *node,
    struct set *set)
{
	const char *key;
	json_t *value;

	if (!node || w->build.failed)
		return;
	if (json_is_array(node))
		for (size_t i = 0; i < json_array_size(node); i++)
			walk_expression(w, scope, json_array_get(node, i), set);
	if (json_is_object(node))
		json_object_foreach(node, key, value)
			if (json_is_object(value) || json_is_array(value))
				walk_node(w, scope, key, value, set);
}

/* x = x, x >= x: true of every row that has an x. */
static bool
compares_itself(json_t *node)
{
	struct span schema, name;

	tree_names(json_object_get(node, "name"), &schema, &name);
	return tree_is(node, "kind", "AEXPR_OP") &&
	    (span_is(name, "=") || span_is(name, ">=") || span_is(name, "<=")) &&
	    tree_same(json_object_get(node, "lexpr"),
	    json_object_get(node, "rexpr"));
}

static enum reach
reach_of(struct walk *w, struct scope *scope, json_t *node);

static enum reach
reach_of_bool(struct walk *w, struct scope *scope, json_t *node)
{
	json_t *args = json_object_get(node, "args");
	bool any = false, all = true;

	for (size_t i = 0; i < json_array_size(args); i++) {
		bool wide = reach_of(w, scope, json_array_get(args, i)) ==
		    REACH_ALL;

		any |= wide;
		all &= wide;
	}
	if (tree_is(node, "boolop", "OR_EXPR"))
		return any ? REACH_ALL : REACH_WHERE;
	return all ? REACH_ALL : REACH_WHERE;
}

/* A condition that reads no column of this scope chooses nothing. */
static enum reach
reach_of(struct walk *w, struct scope *scope, json_t *node)
{
	json_t *inside = json_object_get(node, "BoolExpr");
	bool touched;

	if (inside)
		return reach_of_bool(w, scope, inside);
	scope->touched = false;
	walk_aside(w, scope, node);
	touched = scope->touched;
	inside = json_object_get(node, "A_Expr");
	if (inside && compares_itself(inside))
		return REACH_ALL;
	if (json_object_get(node, "CurrentOfExpr"))
		return REACH_WHERE;
	return touched ? REACH_WHERE : REACH_ALL;
}

enum reach
walk_condition(struct walk *w, struct scope *scope, json_t *condition)
{
	return condition ? reach_of(w, scope, condition) : REACH_ALL;
}
