/*
 * query.c: SELECT, VALUES, set operations and TABLE, and what they give.
 * The result is a list of fields, each with the sources of its value. Where the
 * list cannot be lined up with the answer's columns (a * over something unknown)
 * it says so by not being positional.
 */
#include "grammar/walk.h"

static void
walk_aside(struct walk *w, struct scope *scope, json_t *node, const char *key)
{
	struct set aside = { 0 };

	walk_expression(w, scope, json_object_get(node, key), &aside);
}

struct field_of *
fields_add(struct walk *w, struct fields *fields, struct span name)
{
	if (fields->n >= BUILD_FIELDS_MAX ||
	    !build_grow(&w->build, &fields->p, fields->n, &fields->room,
	    sizeof(*fields->p))) {
		build_fail(&w->build, "too many columns");
		return NULL;
	}
	fields->p[fields->n] = (struct field_of){ .name = name };
	return &fields->p[fields->n++];
}

const struct fields *
fields_rename(struct walk *w, const struct fields *fields, const json_t *names)
{
	size_t n = json_array_size(names);
	struct fields *named = NULL;
	uint32_t room = 0;

	if (!n)
		return fields;
	for (uint32_t i = 0; i < fields->n; i++)
		if (fields->p[i].is_star || !fields->positional)
			return NULL;
	if (!build_grow(&w->build, &named, 0, &room, sizeof(*named)))
		return NULL;
	*named = (struct fields){ .positional = true };
	for (uint32_t i = 0; i < fields->n; i++) {
		struct field_of *field = fields_add(w, named, i < n ?
		    tree_name(json_array_get(names, i)) : fields->p[i].name);

		if (field)
			set_add_all(&w->build, &field->sources,
			    &fields->p[i].sources);
	}
	return named;
}

/* The name PostgreSQL gives a column without AS, where that is plain. */
static struct span
name_of(const json_t *node)
{
	struct span schema, name = { 0 };
	json_t *inside = NULL;
	const char *kind = tree_kind(node, &inside);
	json_t *list = NULL;

	if (!kind)
		return name;
	if (!strcmp(kind, "ColumnRef"))
		list = json_object_get(inside, "fields");
	else if (!strcmp(kind, "FuncCall"))
		list = json_object_get(inside, "funcname");
	else if (!strcmp(kind, "A_Indirection"))
		list = json_object_get(inside, "indirection");
	else if (!strcmp(kind, "TypeCast") || !strcmp(kind, "CollateClause"))
		return name_of(json_object_get(inside, "arg"));
	tree_names(list, &schema, &name);
	return name;
}

static bool
ends_with_star(const json_t *list)
{
	size_t n = json_array_size(list);

	return n && json_object_get(json_array_get(list, n - 1), "A_Star");
}

/* All columns of one item of FROM. */
static void
add_item_columns(struct walk *w, struct item *item, struct fields *fields)
{
	struct field_of *field;

	if (item->kind == ITEM_FIELDS) {
		for (uint32_t i = 0; i < item->fields->n; i++) {
			const struct field_of *from = &item->fields->p[i];

			field = fields_add(w, fields, from->name);
			if (field) {
				field->is_star = from->is_star;
				set_add_all(&w->build, &field->sources,
				    &from->sources);
			}
		}
		fields->positional &= item->fields->positional;
		return;
	}
	field = fields_add(w, fields, span_of(NULL, 0));
	if (!field)
		return;
	item_sources(w, item, &field->sources);
	if (item->kind == ITEM_OPEN)
		fields->positional = false;
	else {
		build_touch(&w->build, item->relation, span_of(NULL, 0),
		    SOURCE_SURE);
		if (item->renamed)
			fields->positional = false;
		else
			field->is_star = true;
	}
}

static void
add_star(struct walk *w, struct scope *scope, const json_t *names,
    struct fields *fields)
{
	size_t n = json_array_size(names);
	struct span schema = { 0 };
	struct item *item;

	if (n == 1) {
		if (scope->merged)
			fields->positional = false;
		for (item = scope->first; item; item = item->next)
			add_item_columns(w, item, fields);
		return;
	}
	if (n > 2)
		schema = tree_name(json_array_get(names, n - 3));
	item = scope_find(scope, schema,
	    tree_name(json_array_get(names, n - 2)));
	if (item) {
		add_item_columns(w, item, fields);
	} else {
		struct field_of *field = fields_add(w, fields, schema);

		fields->positional = false;
		if (field)
			set_add(&w->build, &field->sources,
			    (struct analysis_source){ .kind = SOURCE_ANY });
	}
}

void
walk_targets(struct walk *w, struct scope *scope, json_t *list,
    struct fields *fields)
{
	fields->positional = true;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *target = json_object_get(json_array_get(list, i),
		    "ResTarget");
		json_t *value = json_object_get(target, "val");
		json_t *names = json_object_get(
		    json_object_get(value, "ColumnRef"), "fields");
		struct span name = tree_text(target, "name");
		struct field_of *field;

		if (ends_with_star(names)) {
			add_star(w, scope, names, fields);
			continue;
		}
		if (ends_with_star(json_object_get(json_object_get(value,
		    "A_Indirection"), "indirection")))
			fields->positional = false;
		field = fields_add(w, fields, name.n ? name : name_of(value));
		if (!field)
			return;
		walk_expression(w, scope, value, &field->sources);
	}
}

static void
walk_values(struct walk *w, struct scope *outer, json_t *rows,
    struct fields *fields)
{
	fields->positional = true;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_object_get(json_object_get(
		    json_array_get(rows, i), "List"), "items");

		for (size_t j = 0; j < json_array_size(row); j++) {
			struct field_of *field = j < fields->n ? &fields->p[j] :
			    fields_add(w, fields, span_of(NULL, 0));

			if (!field)
				return;
			walk_expression(w, outer, json_array_get(row, j),
			    &field->sources);
		}
	}
}

/* The right side's sources join the left side's, column by column. */
static void
merge_fields(struct walk *w, struct fields *left, const struct fields *right)
{
	bool lined_up = left->positional && right->positional &&
	    left->n == right->n;

	for (uint32_t i = 0; i < left->n && lined_up; i++)
		lined_up = !left->p[i].is_star && !right->p[i].is_star;
	for (uint32_t i = 0; i < left->n; i++) {
		struct field_of *field = &left->p[i];

		field->is_star = false;
		for (uint32_t j = 0; j < right->n; j++)
			if (!lined_up || i == j)
				set_add_all(&w->build, &field->sources,
				    &right->p[j].sources);
	}
	left->positional = lined_up;
}

/* ORDER BY and LIMIT of what is no plain SELECT: they see its columns, and may call anything. */
static void
walk_tail(struct walk *w, struct scope *outer, json_t *select,
    const struct fields *fields)
{
	struct scope *scope = scope_new(w, outer);
	struct item *item = scope_add(w, scope, ITEM_OPEN, span_of(NULL, 0));

	if (item)
		for (uint32_t i = 0; i < fields->n; i++)
			set_add_all(&w->build, &item->sources,
			    &fields->p[i].sources);
	walk_aside(w, scope, select, "sortClause");
	walk_aside(w, scope, select, "limitOffset");
	walk_aside(w, scope, select, "limitCount");
}

/* VALUES as a query. */
static void
walk_rows(struct walk *w, struct scope *outer, json_t *select, struct fields *fields)
{
	walk_values(w, outer, json_object_get(select, "valuesLists"), fields);
	walk_tail(w, outer, select, fields);
}

static void
walk_set_operation(struct walk *w, struct scope *outer, json_t *select,
    struct fields *fields)
{
	struct fields right = { 0 };

	walk_query(w, outer, json_object_get(select, "larg"), fields);
	walk_query(w, outer, json_object_get(select, "rarg"), &right);
	merge_fields(w, fields, &right);
	walk_tail(w, outer, select, fields);
}

/* FOR UPDATE and its like: a read that keeps others from the rows. */
static void
note_locks(struct walk *w, struct scope *scope)
{
	for (struct item *i = scope->first; i; i = i->next)
		if (i->kind == ITEM_RELATION)
			build_note(&w->build, i->relation, "locks rows");
}

static void
walk_plain_select(struct walk *w, struct scope *outer, json_t *select,
    struct fields *fields)
{
	struct scope *scope = scope_new(w, outer);
	json_t *into = json_object_get(select, "intoClause");

	walk_from(w, scope, json_object_get(select, "fromClause"));
	scope_read(w, scope, walk_condition(w, scope,
	    json_object_get(select, "whereClause")));
	walk_targets(w, scope, json_object_get(select, "targetList"), fields);
	walk_aside(w, scope, select, "groupClause");
	walk_aside(w, scope, select, "havingClause");
	walk_aside(w, scope, select, "windowClause");
	walk_aside(w, scope, select, "sortClause");
	walk_aside(w, scope, select, "distinctClause");
	walk_aside(w, scope, select, "limitOffset");
	walk_aside(w, scope, select, "limitCount");
	if (json_object_get(select, "lockingClause"))
		note_locks(w, scope);
	if (into) {
		w->build.flags |= ANALYSIS_MOVES_NAMES;
		build_act_on(&w->build, EFFECT_DEFINE, OBJECT_NEW,
		    walk_relation(w, json_object_get(into, "rel")),
		    "select into");
	}
}

void
walk_query(struct walk *w, struct scope *outer, json_t *select,
    struct fields *fields)
{
	struct cte *before;

	if (!select || w->build.failed) {
		build_fail(&w->build, "a query that is none");
		return;
	}
	before = with_begin(w, outer, json_object_get(select, "withClause"));
	if (!tree_is(select, "op", "SETOP_NONE"))
		walk_set_operation(w, outer, select, fields);
	else if (json_object_get(select, "valuesLists"))
		walk_rows(w, outer, select, fields);
	else
		walk_plain_select(w, outer, select, fields);
	with_end(w, before);
}

bool
walk_statement(struct walk *w, struct scope *outer, const char *kind,
    json_t *inside, struct fields *fields)
{
	static const struct {
		const char *kind;
		void (*walk)(struct walk *, struct scope *, json_t *,
		    struct fields *);
	} statements[] = {
		{ "SelectStmt", walk_query },
		{ "InsertStmt", walk_insert },
		{ "UpdateStmt", walk_update },
		{ "DeleteStmt", walk_delete },
		{ "MergeStmt", walk_merge },
	};

	for (size_t i = 0; i < COUNT(statements); i++)
		if (!strcmp(kind, statements[i].kind)) {
			statements[i].walk(w, outer, inside, fields);
			return true;
		}
	return false;
}
