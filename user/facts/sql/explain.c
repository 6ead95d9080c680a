/*
 * explain.c: from analysis and catalogue to the action that is judged.
 * Every act on a view is also an act on what the view stands on; every act on a
 * part (a partition, a child) is one on the whole it belongs to. Functions and
 * operators that are not known to be harmless become acts of their own.
 */
#include <errno.h>

#include "base/arena.h"
#include "facts/sql/meaning.h"

struct acts {
	struct meaning m;
	struct act *p;
	size_t n, room;
};

struct names {
	struct span *p;
	size_t n, room;
};

static void
add_act(struct acts *acts, const struct act *act)
{
	for (size_t i = 0; i < acts->n && act->effect == EFFECT_UNKNOWN; i++)
		if (acts->p[i].effect == EFFECT_UNKNOWN &&
		    span_equal(acts->p[i].object, act->object))
			return;
	if (!meaning_grow(&acts->m, &acts->p, acts->n, &acts->room,
	    sizeof(*acts->p)))
		return;
	acts->p[acts->n++] = *act;
}

static void
add_name(struct acts *acts, struct names *names, struct span name)
{
	for (size_t i = 0; i < names->n; i++)
		if (span_equal(names->p[i], name))
			return;
	if (meaning_grow(&acts->m, &names->p, names->n, &names->room,
	    sizeof(*names->p)))
		names->p[names->n++] = name;
}

static void
add_unknown(struct acts *acts, struct span object, struct span note)
{
	struct act act = {
		.effect = EFFECT_UNKNOWN, .object = object, .note = note,
	};

	add_act(acts, &act);
}

static void
add_whole_row(struct acts *acts, struct names *names,
    const struct known_relation *known)
{
	if (!known || !known->columns) {
		add_name(acts, names, SPAN("*"));
		return;
	}
	for (const struct known_column *c = known->columns; c; c = c->next)
		add_name(acts, names, c->name);
}

/* The columns of an act, as the catalogue has them. */
static void
add_columns(struct acts *acts, struct names *names,
    const struct analysis_act *act, const struct known_relation *known)
{
	bool can_tell = known && known->columns;

	for (uint32_t i = 0; i < act->column_count; i++) {
		const struct analysis_source *s = &act->columns[i];

		if (!s->column.n)
			add_whole_row(acts, names, known);
		else if (s->sure == SOURCE_SURE || !can_tell ||
		    meaning_has_column(known, s->column))
			add_name(acts, names, s->column);
		else if (s->sure == SOURCE_NAMED) {
			add_whole_row(acts, names, known);
			add_unknown(acts, meaning_join(&acts->m, known->object,
			    s->column, "()"), SPAN("no column is called so: "
			    "it may be a function of the row"));
		}
	}
}

static struct span
note_of(const struct analysis_act *act, const struct known_relation *known,
    bool missing)
{
	if (missing)
		return SPAN("does not exist");
	if (act->note.n)
		return act->note;
	if (known && known->kind == 'f')
		return SPAN("a foreign table");
	if (known && known->has_children)
		return SPAN("with its parts");
	if (act->effect == EFFECT_DEFINE || act->effect == EFFECT_CALL ||
	    act->effect == EFFECT_GRANT)
		return act->tag;
	return span_of(NULL, 0);
}

/* Columns of one base of a view: those the view uses, "*" where any. */
static struct names
base_columns(struct acts *acts, const struct known_relation *known,
    const struct known_base *base)
{
	struct names names = { 0 };

	for (const struct known_base *b = base; b; b = b->next)
		if (span_equal(b->object, base->object))
			add_name(acts, &names, b->column.n ? b->column :
			    SPAN("*"));
	(void)known;
	return names;
}

static bool
is_first_of_object(const struct known_relation *known,
    const struct known_base *base)
{
	const struct known_base *b = known->bases;

	while (b != base && !span_equal(b->object, base->object))
		b = b->next;
	return b == base;
}

/* The same act on what stands behind the relation. */
static void
add_bases(struct acts *acts, const struct act *act,
    const struct known_relation *known)
{
	for (const struct known_base *b = known->bases; b; b = b->next) {
		struct act behind = *act;

		if (!is_first_of_object(known, b))
			continue;
		behind.object = b->object;
		behind.note = b->is_parent ? SPAN("by one of its parts") :
		    SPAN("by a view");
		if (!b->is_parent) {
			struct names names = base_columns(acts, known, b);

			behind.columns = names.p;
			behind.column_count = names.n;
		}
		add_act(acts, &behind);
	}
}

static void
explain_relation(struct acts *acts, const struct analysis_act *act)
{
	const struct known_relation *known;
	struct names names = { 0 };
	struct act said = {
		.effect = act->effect, .reach = act->reach,
	};
	bool missing;

	said.object = meaning_object(&acts->m, act->index,
	    act->kind == OBJECT_NEW, &known, &missing);
	add_columns(acts, &names, act, known);
	said.columns = names.p;
	said.column_count = names.n;
	said.note = note_of(act, known, missing);
	add_act(acts, &said);
	if (known && act->effect <= EFFECT_DELETE)
		add_bases(acts, &said, known);
}

static struct span
function_object(struct acts *acts, const struct analysis_name *name)
{
	struct span schema = name->schema;

	if (!schema.n)
		schema = function_is_builtin(schema, name->name) ?
		    SPAN("pg_catalog") : SPAN("public");
	return meaning_join(&acts->m, schema, name->name, "()");
}

static void
explain_act(struct acts *acts, const struct analysis_act *act)
{
	const struct analysis_name *name;
	struct act said = {
		.effect = act->effect, .reach = act->reach,
		.object = act->tag, .note = act->note,
	};

	if (act->kind == OBJECT_RELATION || act->kind == OBJECT_NEW) {
		explain_relation(acts, act);
		return;
	}
	if (act->kind == OBJECT_FUNCTION) {
		name = &acts->m.analysis->functions[act->index];
		said.object = function_object(acts, name);
	}
	add_act(acts, &said);
}

/* `attribute`: only a function if there is one; else it is a column. */
static void
explain_function(struct acts *acts, const struct analysis_name *name,
    bool attribute)
{
	bool shadowed, builtin = function_is_builtin(name->schema, name->name);
	enum function_class class = meaning_function(&acts->m, name, &shadowed);
	struct act said = {
		.effect = function_effect_of(class),
		.object = function_object(acts, name),
	};

	if (said.effect == EFFECTS || (attribute && !builtin && !shadowed))
		return;
	if (shadowed && builtin)
		said.note = SPAN("another function of that name may be meant");
	else if (!builtin)
		said.note = SPAN("what it does is not known");
	add_act(acts, &said);
}

static void
explain_operator(struct acts *acts, const struct analysis_name *name)
{
	const struct known_name *known;
	bool own = span_is(name->schema, "pg_catalog");

	if (!own && !name->schema.n) {
		known = catalogue_name(acts->m.catalogue, 'O', name->schema,
		    name->name);
		own = !acts->m.catalogue || (known && !known->shadows);
	}
	if (!own)
		add_unknown(acts, meaning_join(&acts->m, SPAN("operator"),
		    name->name, ""), SPAN("an operator whose function is not known"));
}

static void
explain_fields(struct meaning *m, struct action *out)
{
	const struct sql_analysis *a = m->analysis;
	struct field *fields = a->field_count ?
	    arena_take(m->scratch, a->field_count * sizeof(*fields)) : NULL;

	m->failed |= a->field_count && !fields;
	for (uint32_t i = 0; i < a->field_count && !m->failed; i++) {
		const struct analysis_field *f = &a->fields[i];
		struct origin_column *origins = arena_take(m->scratch,
		    (f->source_count + 1) * sizeof(*origins));
		const struct known_relation *known;
		bool missing;

		if (!origins) {
			m->failed = true;
			return;
		}
		fields[i] = (struct field){
			.name = f->is_star ? SPAN("*") :
			    f->name.n ? f->name : SPAN("?column?"),
			.origins = origins,
		};
		for (uint32_t j = 0; j < f->source_count; j++) {
			const struct analysis_source *s = &f->sources[j];
			size_t n = fields[i].origin_count;

			if (s->kind == SOURCE_FUNCTION)
				continue;
			fields[i].origin_count++;
			if (s->kind == SOURCE_ANY)
				continue;
			origins[n].relation = meaning_object(m, s->index, false,
			    &known, &missing);
			origins[n].column = s->column;
			if (s->sure == SOURCE_MAYBE && s->column.n && known &&
			    known->columns &&
			    !meaning_has_column(known, s->column))
				fields[i].origin_count--;
		}
	}
	out->fields = fields;
	out->field_count = a->field_count;
}

static void
explain_analysis(struct acts *acts, const struct sql_analysis *a)
{
	acts->m.analysis = a;
	for (uint32_t i = 0; i < a->act_count; i++)
		explain_act(acts, &a->acts[i]);
	for (uint32_t i = 0; i < a->function_count; i++)
		explain_function(acts, &a->functions[i], false);
	for (uint32_t i = 0; i < a->attribute_count; i++)
		explain_function(acts, &a->attributes[i], true);
	for (uint32_t i = 0; i < a->operator_count; i++)
		explain_operator(acts, &a->operators[i]);
}

/* EXECUTE of what is known: its own act becomes a session's, then that is judged. */
static void
explain_executed(struct acts *acts, const struct sql_analysis *executed)
{
	for (size_t i = 0; i < acts->n; i++)
		if (acts->p[i].effect == EFFECT_UNKNOWN &&
		    span_is(acts->p[i].object, "execute")) {
			acts->p[i].effect = EFFECT_SESSION;
			acts->p[i].note = span_of(NULL, 0);
		}
	explain_analysis(acts, executed);
}

int
sql_explain(const struct sql_analysis *a, const struct sql_catalogue *catalogue,
    struct span text, struct arena *scratch, struct action *out)
{
	struct acts acts = { .m = { a, catalogue, scratch, false } };
	struct action action = { .text = text };
	const struct sql_analysis *executed = catalogue_executed(catalogue, a);
	/* SELECT 1, or no statement at all: every ask has an act to judge */
	const struct act nothing = {
		.effect = EFFECT_SESSION, .object = SPAN("select"),
	};

	explain_analysis(&acts, a);
	if (executed)
		explain_executed(&acts, executed);
	acts.m.analysis = a;
	if (!acts.n)
		add_act(&acts, &nothing);
	explain_fields(&acts.m, &action);
	if (acts.m.failed)
		return -ENOMEM;
	action.acts = acts.p;
	action.act_count = acts.n;
	action.commits = a->flags & ANALYSIS_COMMITS;
	action.has_other_rows = a->flags & ANALYSIS_OTHER_ROWS && !executed;
	*out = action;
	return 0;
}
