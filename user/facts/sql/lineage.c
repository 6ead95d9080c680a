/*
 * lineage.c: which base columns an answer's columns derive from.
 * Two witnesses: the server names table and number of a plain column, and that is
 * believed where the catalogue knows the table; the tree knows the sources of
 * everything else, as long as its fields can be lined up with the announced
 * columns one by one. Where neither speaks, the column is untraced. Only a column
 * of a table that the server announces, or that COPY takes from it, is a column's own
 * value: what is computed from one is not told by the way that hides the whole.
 * COPY tells no types; in binary that of a column's own value is the catalogue's. Where a
 * function that is not known took part, or the rows are another statement's
 * (FETCH, EXECUTE), a column could be from anything, and no relation is named,
 * so that every mask applies.
 */
#include <errno.h>

#include "base/arena.h"
#include "facts/sql/meaning.h"

struct origins {
	struct origin_column *p;
	size_t n, room;
	bool untraced, plain;
	uint32_t type;		/* of a plain one, as the catalogue knows it */
};

struct lineage {
	struct meaning m;
	struct origins *traced;		/* of the fields, stars opened */
	size_t count, room;
	bool lined_up;
	bool anything;
	const struct act *acts;		/* what the ask does, by what its names mean now */
	size_t act_count;
};

/* A function that may give rows nobody named. */
static bool
gives_anything(const struct meaning *m, const struct analysis_name *name)
{
	bool shadowed;
	enum function_class class = meaning_function(m, name, &shadowed);

	return class == FUNCTION_UNKNOWN || class == FUNCTION_EXPORT;
}

static bool
one_answers_anything(const struct meaning *m)
{
	const struct sql_analysis *a = m->analysis;
	bool shadowed;

	if (a->flags & (ANALYSIS_OTHER_ROWS | ANALYSIS_UNPARSED) &&
	    !catalogue_executed(m->catalogue, a))
		return true;
	for (uint32_t i = 0; i < a->function_count; i++)
		if (gives_anything(m, &a->functions[i]))
			return true;
	for (uint32_t i = 0; i < a->attribute_count; i++) {
		const struct analysis_name *name = &a->attributes[i];

		meaning_function(m, name, &shadowed);
		if ((shadowed || function_is_builtin(name->schema,
		    name->name)) && gives_anything(m, name))
			return true;
	}
	return false;
}

/* The same for the text and what it EXECUTEs. */
static bool
answers_anything(const struct meaning *m)
{
	struct meaning inner = *m;

	inner.analysis = catalogue_executed(m->catalogue, m->analysis);
	return one_answers_anything(m) ||
	    (inner.analysis && one_answers_anything(&inner));
}

static void
add_origin(struct meaning *m, struct origins *o, struct span relation,
    struct span column)
{
	for (size_t i = 0; i < o->n; i++)
		if (span_equal(o->p[i].relation, relation) &&
		    span_equal(o->p[i].column, column))
			return;
	if (meaning_grow(m, &o->p, o->n, &o->room, sizeof(*o->p)))
		o->p[o->n++] = (struct origin_column){ relation, column };
}

/* A column of a relation, and what it is behind the relation. Empty: any. */
static void
add_column(struct meaning *m, struct origins *o, struct span object,
    const struct known_relation *known, struct span column)
{
	add_origin(m, o, object, column);
	for (const struct known_base *b = known ? known->bases : NULL; b;
	    b = b->next)
		add_origin(m, o, b->object, b->is_parent ? column : b->column);
}

/* Does another source written with the same name find its column? */
static bool
is_found_elsewhere(struct meaning *m, const struct analysis_field *f,
    struct span column)
{
	for (uint32_t i = 0; i < f->source_count; i++) {
		const struct analysis_source *s = &f->sources[i];
		const struct known_relation *known;
		bool missing;

		if (s->kind != SOURCE_RELATION ||
		    !span_equal(s->column, column))
			continue;
		meaning_object(m, s->index, false, &known, &missing);
		if (known && catalogue_column(known, column))
			return true;
	}
	return false;
}

/* A view's column may be computed from what it stands on: nobody here knows. */
static bool
is_view(const struct known_relation *known)
{
	return known && (known->kind == 'v' || known->kind == 'm');
}

static void
add_relation_source(struct meaning *m, struct origins *o,
    const struct analysis_field *f, const struct analysis_source *s)
{
	const struct known_relation *known;
	const struct known_column *own;
	struct span none = span_of(NULL, 0), object;
	bool missing, has;

	object = meaning_object(m, s->index, false, &known, &missing);
	has = !known || !known->columns || !s->column.n ||
	    meaning_has_column(known, s->column);
	o->plain &= !is_view(known);
	own = catalogue_column(known, s->column);
	o->type = o->plain && own ? own->type : 0;
	if (has)
		add_column(m, o, object, known, s->column);
	else if (s->sure != SOURCE_MAYBE &&
	    !is_found_elsewhere(m, f, s->column))
		add_column(m, o, object, known, none);
}

static void
trace_field(struct lineage *l, const struct analysis_field *f, struct origins *o)
{
	o->plain = f->source_count == 1 && f->sources[0].sure == SOURCE_SURE;
	for (uint32_t i = 0; i < f->source_count; i++) {
		const struct analysis_source *s = &f->sources[i];

		if (s->kind == SOURCE_RELATION)
			add_relation_source(&l->m, o, f, s);
		else if (s->kind == SOURCE_ANY || gives_anything(&l->m,
		    &l->m.analysis->functions[s->index]))
			o->untraced = true;
	}
}

static struct origins *
add_traced(struct lineage *l)
{
	if (!meaning_grow(&l->m, &l->traced, l->count, &l->room,
	    sizeof(*l->traced)))
		return NULL;
	l->traced[l->count] = (struct origins){ 0 };
	return &l->traced[l->count++];
}

/* relation.*: its columns, in the order of their numbers. */
static bool
trace_star(struct lineage *l, const struct analysis_field *f)
{
	const struct known_relation *known;
	struct span object;
	bool missing;

	object = meaning_object(&l->m, f->sources[0].index, false, &known,
	    &missing);
	if (!known || !known->columns)
		return false;
	for (const struct known_column *c = known->columns; c; c = c->next) {
		struct origins *o = add_traced(l);

		if (!o)
			return false;
		o->plain = !is_view(known);
		o->type = o->plain ? c->type : 0;
		add_column(&l->m, o, object, known, c->name);
	}
	return true;
}

static void
trace_fields(struct lineage *l, size_t count)
{
	const struct sql_analysis *a = l->m.analysis;
	bool whole = a->flags & ANALYSIS_POSITIONS;

	for (uint32_t i = 0; i < a->field_count && whole; i++) {
		struct origins *o;

		if (a->fields[i].is_star) {
			whole = trace_star(l, &a->fields[i]);
			continue;
		}
		o = add_traced(l);
		if (!o)
			return;
		trace_field(l, &a->fields[i], o);
	}
	l->lined_up = whole && l->count == count;
}

/*
 * What was said of a statement before this execution is good only as long as its
 * names mean what they meant: a search path may have moved, a cursor of FETCH may
 * be another one.
 */
static bool
is_kept_promise(const struct lineage *l, struct span object)
{
	if (l->m.analysis->flags & ANALYSIS_OTHER_ROWS)
		return false;
	for (size_t i = 0; i < l->act_count; i++)
		if (span_equal(l->acts[i].object, object))
			return true;
	return false;
}

/* By what the server said; false: it said nothing we know. */
static bool
trace_announced(struct lineage *l, const struct wire_column *column,
    struct origins *o)
{
	const struct known_relation *known =
	    catalogue_relation(l->m.catalogue, column->table);

	if (!known || !known->object.n || !column->column)
		return false;
	if (column->is_promised && !is_kept_promise(l, known->object))
		return false;
	for (const struct known_column *c = known->columns; c; c = c->next)
		if (c->number == column->column) {
			o->plain = !is_view(known);
			add_column(&l->m, o, known->object, known, c->name);
			return true;
		}
	return false;
}

/* The server keeps its word on types, but for rows that are another statement's. */
static uint32_t
type_of(const struct lineage *l, const struct wire_column *column)
{
	return column->is_promised && (l->m.analysis->flags & ANALYSIS_OTHER_ROWS) ?
	    0 : column->type;
}

int
sql_lineage(const struct sql_analysis *a, const struct sql_catalogue *catalogue,
    const struct wire_column *columns, size_t count, struct arena *scratch,
    struct mask_column *out)
{
	struct lineage l = { .m = { a, catalogue, scratch, false } };
	struct span none = span_of(NULL, 0);
	struct action action;

	if (sql_explain(a, catalogue, span_of(NULL, 0), scratch, &action))
		return -ENOMEM;
	l.acts = action.acts;
	l.act_count = action.act_count;
	l.anything = answers_anything(&l.m);
	trace_fields(&l, count);
	for (size_t i = 0; i < count && !l.m.failed; i++) {
		struct origins own = { 0 }, *o = &own;

		if (!trace_announced(&l, &columns[i], &own)) {
			if (l.lined_up)
				o = &l.traced[i];
			else
				own.untraced = true;
		}
		if (o->untraced && l.anything)
			add_origin(&l.m, o, none, none);
		out[i] = (struct mask_column){
			.origins = o->p, .origin_count = o->n,
			.is_untraced = o->untraced, .is_plain = o->plain,
			.type = columns[i].type || !columns[i].is_binary ?
			    type_of(&l, &columns[i]) : o->type,
			.is_binary = columns[i].is_binary,
		};
	}
	return l.m.failed ? -ENOMEM : 0;
}

int
sql_relations(const struct sql_analysis *a, const struct sql_catalogue *catalogue,
    struct arena *scratch, const struct span **out, size_t *count)
{
	struct meaning m = { a, catalogue, scratch, false };
	struct span *list = NULL;
	struct action action;
	size_t n = 0, room = 0;

	if (answers_anything(&m)) {
		*out = NULL;
		*count = 0;
		return 0;
	}
	if (sql_explain(a, catalogue, span_of(NULL, 0), scratch, &action))
		return -ENOMEM;
	for (size_t i = 0; i < action.act_count; i++) {
		if (action.acts[i].effect > EFFECT_DELETE)
			continue;	/* RETURNING shows what is written */
		if (!meaning_grow(&m, &list, n, &room, sizeof(*list)))
			return -ENOMEM;
		list[n++] = action.acts[i].object;
	}
	*out = list;
	*count = n;
	return 0;
}
