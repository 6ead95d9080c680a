/*
 * command.c: any statement: queries and changes, and all that PostgreSQL calls
 * utility. Those that need more than a line in the table of utility.c stand here,
 * each in a function of its own. Whatever a utility statement has inside is walked
 * too, so that a function in a DEFAULT or an index is seen.
 */
#include "grammar/walk.h"

static void
walk_inside(struct walk *w, json_t *inside)
{
	struct set aside = { 0 };

	walk_expression(w, NULL, inside, &aside);
}

/* "OBJECT_FOREIGN_TABLE" as "foreign table" behind `before`. */
static struct span
tag_of_object(struct walk *w, const char *before, struct span type)
{
	struct span words = span_skip(type, sizeof("OBJECT_") - 1);

	return tag_join(w, before, words);
}

static void
act_on_relation(struct walk *w, enum effect effect, json_t *range,
    struct span tag)
{
	struct analysis_act *act = build_act_on(&w->build, effect,
	    OBJECT_RELATION, walk_relation(w, range), "");

	act->tag = tag;
}

/* What the statement makes: a temporary one has a schema of its own. */
static void
act_on_new(struct walk *w, json_t *range, const char *tag)
{
	struct span schema = tree_text(range, "schemaname");

	if (!schema.n && tree_is(range, "relpersistence", "t"))
		schema = SPAN("pg_temp");
	build_act_on(&w->build, EFFECT_DEFINE, OBJECT_NEW,
	    build_relation(&w->build, schema, tree_text(range, "relname")), tag);
	w->build.flags |= ANALYSIS_MOVES_NAMES;
}

static void
walk_create(struct walk *w, json_t *inside, struct fields *fields)
{
	json_t *base = json_object_get(inside, "base_stmt");	/* foreign */
	json_t *relation = json_object_get(base ? base : inside, "relation");

	(void)fields;
	act_on_new(w, relation, base ? "create foreign table" : "create table");
	walk_inside(w, inside);
}

static void
walk_create_as(struct walk *w, json_t *inside, struct fields *fields)
{
	(void)fields;
	act_on_new(w, json_object_get(json_object_get(inside, "into"), "rel"),
	    "create table as");
	walk_inside(w, inside);
}

static void
walk_create_view(struct walk *w, json_t *inside, struct fields *fields)
{
	(void)fields;
	act_on_new(w, json_object_get(inside, "view"), "create view");
	walk_inside(w, inside);
}

static void
walk_create_sequence(struct walk *w, json_t *inside, struct fields *fields)
{
	(void)fields;
	act_on_new(w, json_object_get(inside, "sequence"), "create sequence");
}

static void
walk_create_schema(struct walk *w, json_t *inside, struct fields *fields)
{
	json_t *list = json_object_get(inside, "schemaElts");

	w->build.flags |= ANALYSIS_MOVES_NAMES;
	build_act(&w->build, EFFECT_DEFINE, SPAN("create schema"));
	for (size_t i = 0; i < json_array_size(list); i++)
		walk_command(w, json_array_get(list, i), fields);
}

static void
walk_drop(struct walk *w, json_t *inside, struct fields *fields)
{
	static const char *const relations[] = {
		"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_INDEX",
		"OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE",
	};
	struct span type = tree_text(inside, "removeType"), schema, name;
	struct span tag = tag_of_object(w, "drop ", type);
	json_t *list = json_object_get(inside, "objects");
	bool named = false;

	(void)fields;
	w->build.flags |= ANALYSIS_MOVES_NAMES;
	for (size_t i = 0; i < COUNT(relations); i++)
		named |= span_is(type, relations[i]);
	if (!named)
		build_act(&w->build, EFFECT_DEFINE, tag);
	for (size_t i = 0; i < json_array_size(list) && named; i++) {
		tree_names(json_object_get(json_object_get(
		    json_array_get(list, i), "List"), "items"), &schema, &name);
		build_act_on(&w->build, EFFECT_DEFINE, OBJECT_RELATION,
		    build_relation(&w->build, schema, name), "")->tag = tag;
	}
}

static void
walk_truncate(struct walk *w, json_t *inside, struct fields *fields)
{
	json_t *list = json_object_get(inside, "relations");

	(void)fields;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *range = json_object_get(json_array_get(list, i),
		    "RangeVar");

		build_act_on(&w->build, EFFECT_DELETE, OBJECT_RELATION,
		    walk_relation(w, range), "truncate")->reach = REACH_ALL;
	}
}

/* ACCESS SHARE and ROW SHARE (1, 2) are what reading takes anyway. */
static void
walk_lock(struct walk *w, json_t *inside, struct fields *fields)
{
	json_t *list = json_object_get(inside, "relations");
	json_int_t mode = json_integer_value(json_object_get(inside, "mode"));

	(void)fields;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *range = json_object_get(json_array_get(list, i),
		    "RangeVar");
		uint32_t relation = walk_relation(w, range);

		if (mode == 1 || mode == 2) {
			build_read(&w->build, relation, REACH_NONE);
			build_note(&w->build, relation, "locks the table");
		} else {
			build_act_on(&w->build, EFFECT_CALL, OBJECT_RELATION,
			    relation, "lock table");
		}
	}
}

static void
walk_vacuum(struct walk *w, json_t *inside, struct fields *fields)
{
	json_t *list = json_object_get(inside, "rels");
	bool vacuum = json_is_true(json_object_get(inside, "is_vacuumcmd"));
	struct span tag = vacuum ? SPAN("vacuum") : SPAN("analyze");

	(void)fields;
	if (!json_array_size(list))
		build_act(&w->build, EFFECT_CALL, tag);
	for (size_t i = 0; i < json_array_size(list); i++)
		act_on_relation(w, EFFECT_CALL, json_object_get(json_object_get(
		    json_array_get(list, i), "VacuumRelation"), "relation"),
		    tag);
}

/* Settings that names depend on: the search path has "$user" in it. */
static bool
moves_names(struct span name)
{
	return span_is(name, "search_path") || span_is(name, "role") ||
	    span_is(name, "session_authorization") || span_is(name, "all");
}

static void
walk_set(struct walk *w, json_t *inside, struct fields *fields)
{
	struct span name = tag_join(w, "", tree_text(inside, "name"));
	struct analysis_act *act;
	bool resets;

	(void)fields;
	if (!name.n)
		name = SPAN("all");
	if (moves_names(name))
		w->build.flags |= ANALYSIS_MOVES_NAMES;
	if (name.n > ANALYSIS_NAME_LIMIT)
		build_fail(&w->build, "a setting's name is too long");
	resets = tree_is(inside, "kind", "VAR_RESET") ||
	    tree_is(inside, "kind", "VAR_RESET_ALL");
	act = build_act(&w->build, sql_setting_effect(name),
	    tag_join(w, resets ? "reset " : "set ", name));
	if (tree_is(inside, "kind", "VAR_SET_VALUE") && !walk_keeps_lexis(w, name,
	    json_array_get(json_object_get(inside, "args"), 0)))
		act_rereads(act);
}

static void
walk_show(struct walk *w, json_t *inside, struct fields *fields)
{
	struct field_of *field = fields_add(w, fields,
	    tree_text(inside, "name"));

	fields->positional = field && !tree_is(inside, "name", "all");
	build_act(&w->build, EFFECT_SESSION,
	    tag_join(w, "show ", span_head(tree_text(inside, "name"),
	    ANALYSIS_NAME_LIMIT)));
}

static void
walk_transaction(struct walk *w, json_t *inside, struct fields *fields)
{
	static const struct {
		const char *kind, *tag;
		uint32_t flags;
	} kinds[] = {
		{ "BEGIN", "begin", ANALYSIS_BEGINS },
		{ "START", "begin", ANALYSIS_BEGINS },
		{ "COMMIT", "commit", ANALYSIS_ENDS | ANALYSIS_COMMITS |
		    ANALYSIS_MOVES_NAMES },
		{ "ROLLBACK", "rollback", ANALYSIS_ENDS |
		    ANALYSIS_MOVES_NAMES },
		{ "SAVEPOINT", "savepoint", 0 },
		{ "RELEASE", "release", 0 },
		{ "ROLLBACK_TO", "rollback to", ANALYSIS_MOVES_NAMES },
	};
	struct span kind = span_skip(tree_text(inside, "kind"),
	    sizeof("TRANS_STMT_") - 1);

	(void)fields;
	if (json_is_true(json_object_get(inside, "chain")))
		w->build.flags |= ANALYSIS_BEGINS;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (span_is(kind, kinds[i].kind)) {
			build_act(&w->build, EFFECT_SESSION,
			    span_text(kinds[i].tag));
			w->build.flags |= kinds[i].flags;
			return;
		}
	/* COMMIT PREPARED, ROLLBACK PREPARED: a transaction nobody saw here. PREPARE: one that
	 * keeps its locks for as long as nobody ends it */
	build_act(&w->build, EFFECT_CALL, tag_join(w, "", kind));
	w->build.flags |= ANALYSIS_MOVES_NAMES;
	if (span_is(kind, "PREPARE"))
		w->build.flags |= ANALYSIS_ENDS | ANALYSIS_COMMITS;
}

static bool
has_option(json_t *inside, const char *name)
{
	json_t *list = json_object_get(inside, "options");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (tree_is(json_object_get(json_array_get(list, i), "DefElem"),
		    "defname", name))
			return true;
	return false;
}

/* Without ANALYZE nothing is changed; the plan is looked at. */
static void
walk_explain(struct walk *w, json_t *inside, struct fields *fields)
{
	struct build *b = &w->build;
	uint32_t before = b->act_count, flags = b->flags;
	struct fields aside = { 0 };
	struct field_of *field;

	walk_command(w, json_object_get(inside, "query"), &aside);
	field = fields_add(w, fields, SPAN("QUERY PLAN"));
	fields->positional = field != NULL;
	if (has_option(inside, "analyze"))
		return;
	b->flags = flags | (b->flags & ANALYSIS_MOVES_NAMES);
	for (uint32_t i = before; i < b->act_count; i++) {
		struct analysis_act *act = &b->acts[i];

		if (act->effect == EFFECT_UNKNOWN ||
		    act->effect == EFFECT_SESSION)
			continue;
		if (act->kind == OBJECT_RELATION)
			act->effect = EFFECT_READ;
		else
			*act = (struct analysis_act){
				.effect = EFFECT_SESSION, .kind = OBJECT_TAG,
				.tag = SPAN("explain"),
			};
		act->note = SPAN("planned only");
	}
}

static void
walk_prepare(struct walk *w, json_t *inside, struct fields *fields)
{
	struct fields aside = { 0 };

	(void)fields;
	build_act(&w->build, EFFECT_SESSION, SPAN("prepare"));
	w->build.prepared = tree_text(inside, "name");
	w->build.flags |= ANALYSIS_PREPARES | ANALYSIS_MOVES_NAMES;
	walk_command(w, json_object_get(inside, "query"), &aside);
}

static void
walk_declare(struct walk *w, json_t *inside, struct fields *fields)
{
	struct fields aside = { 0 };

	(void)fields;
	build_act(&w->build, EFFECT_SESSION, SPAN("declare cursor"));
	walk_command(w, json_object_get(inside, "query"), &aside);
}

static void
walk_execute(struct walk *w, json_t *inside, struct fields *fields)
{
	(void)fields;
	build_act(&w->build, EFFECT_UNKNOWN, SPAN("execute"))->note =
	    SPAN("what was prepared under that name is not known");
	w->build.prepared = tree_text(inside, "name");
	w->build.flags |= ANALYSIS_OTHER_ROWS | ANALYSIS_MOVES_NAMES |
	    ANALYSIS_EXECUTES;
	walk_inside(w, inside);
}

static void
walk_call(struct walk *w, json_t *inside, struct fields *fields)
{
	json_t *call = json_object_get(inside, "funccall");
	struct span schema, name;
	struct set aside = { 0 };

	(void)fields;
	tree_names(json_object_get(call, "funcname"), &schema, &name);
	build_act_on(&w->build, EFFECT_UNKNOWN, OBJECT_FUNCTION,
	    build_function(&w->build, schema, name), "call")->note =
	    SPAN("what a procedure does is not known");
	w->build.flags |= ANALYSIS_MOVES_NAMES | ANALYSIS_OTHER_ROWS;
	walk_function(w, NULL, call, &aside);
}

static const struct {
	const char *kind;
	void (*walk)(struct walk *, json_t *, struct fields *);
} commands[] = {
	{ "CallStmt", walk_call },
	{ "CopyStmt", walk_copy },
	{ "CreateForeignTableStmt", walk_create },
	{ "CreateSchemaStmt", walk_create_schema },
	{ "CreateSeqStmt", walk_create_sequence },
	{ "CreateStmt", walk_create },
	{ "CreateTableAsStmt", walk_create_as },
	{ "DeclareCursorStmt", walk_declare },
	{ "DropStmt", walk_drop },
	{ "ExecuteStmt", walk_execute },
	{ "ExplainStmt", walk_explain },
	{ "LockStmt", walk_lock },
	{ "PrepareStmt", walk_prepare },
	{ "TransactionStmt", walk_transaction },
	{ "TruncateStmt", walk_truncate },
	{ "VacuumStmt", walk_vacuum },
	{ "VariableSetStmt", walk_set },
	{ "VariableShowStmt", walk_show },
	{ "ViewStmt", walk_create_view },
};

static void
walk_utility(struct walk *w, const char *kind, json_t *inside)
{
	const struct utility *utility = utility_find(kind);
	json_t *relation = utility && utility->key ?
	    json_object_get(inside, utility->key) : NULL;

	if (!utility) {
		build_act(&w->build, EFFECT_UNKNOWN, SPAN("statement"))->note =
		    tag_join(w, "not followed: ", span_text(kind));
		w->build.flags |= ANALYSIS_MOVES_NAMES | ANALYSIS_OTHER_ROWS;
		return;
	}
	w->build.flags |= utility->flags;
	if (relation)
		act_on_relation(w, utility->effect, relation,
		    span_text(utility->tag));
	else
		build_act(&w->build, utility->effect, span_text(utility->tag));
	walk_inside(w, inside);
}

void
walk_command(struct walk *w, json_t *node, struct fields *fields)
{
	json_t *inside = NULL;
	const char *kind = tree_kind(node, &inside);

	if (!kind) {
		build_fail(&w->build, "a statement that is none");
		return;
	}
	if (walk_statement(w, NULL, kind, inside, fields))
		return;
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(kind, commands[i].kind)) {
			commands[i].walk(w, inside, fields);
			return;
		}
	walk_utility(w, kind, inside);
}
