/* build.c: lists that grow in an arena, and what they come to in the end. */
#include "grammar/build.h"

#include "base/arena.h"

void
build_fail(struct build *b, const char *why)
{
	if (!b->failed)
		b->failed = why;
}

void *
build_grow(struct build *b, void *list, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 8;
	void *p, *old;

	memcpy(&old, list, sizeof(old));
	if (n < *room)
		return old;
	p = arena_take(b->arena, more * size);
	if (!p) {
		build_fail(b, "too large to analyse");
		return NULL;
	}
	if (n)
		memcpy(p, old, n * size);
	arena_give(b->arena, old);
	memcpy(list, &p, sizeof(p));
	*room = more;
	return p;
}

static uint32_t
add_name(struct build *b, struct build_names *names, struct span schema,
    struct span name)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (span_equal(names->p[i].name, name) &&
		    span_equal(names->p[i].schema, schema))
			return i;
	if (!name.n || name.n > ANALYSIS_NAME_LIMIT ||
	    schema.n > ANALYSIS_NAME_LIMIT || names->n == BUILD_NAMES_MAX) {
		build_fail(b, "too many names, or one too long");
		return 0;
	}
	if (!build_grow(b, &names->p, names->n, &names->room,
	    sizeof(*names->p)))
		return 0;
	names->p[names->n] = (struct analysis_name){ schema, name };
	return names->n++;
}

uint32_t
build_relation(struct build *b, struct span schema, struct span name)
{
	uint32_t known = b->relations.n;
	uint32_t i = add_name(b, &b->relations, schema, name);

	if (b->relations.n > known) {
		if (build_grow(b, &b->about, i, &b->about_room,
		    sizeof(*b->about)))
			b->about[i] = (struct build_relation){ 0 };
		else
			b->relations.n = known;
	}
	return i;
}

uint32_t
build_function(struct build *b, struct span schema, struct span name)
{
	return add_name(b, &b->functions, schema, name);
}

void
build_operator(struct build *b, struct span schema, struct span name)
{
	add_name(b, &b->operators, schema, name);
}

void
build_attribute(struct build *b, struct span name)
{
	add_name(b, &b->attributes, span_of(NULL, 0), name);
}

void
build_read(struct build *b, uint32_t relation, enum reach reach)
{
	if (relation >= b->relations.n)
		return;
	b->about[relation].is_read = true;
	if (b->about[relation].reach < (uint8_t)reach)
		b->about[relation].reach = (uint8_t)reach;
}

void
build_touch(struct build *b, uint32_t relation, struct span column,
    enum source_sure sure)
{
	if (relation < b->relations.n)
		set_add(b, &b->about[relation].touched,
		    source_of(relation, column, sure));
}

void
build_note(struct build *b, uint32_t relation, const char *note)
{
	if (relation < b->relations.n)
		b->about[relation].note = note;
}

struct analysis_act *
build_act(struct build *b, enum effect effect, struct span tag)
{
	if (b->act_count == BUILD_ACTS_MAX) {
		build_fail(b, "too many acts");
		return &b->spare;
	}
	if (!build_grow(b, &b->acts, b->act_count, &b->act_room,
	    sizeof(*b->acts)))
		return &b->spare;
	b->acts[b->act_count] = (struct analysis_act){
		.effect = effect, .kind = OBJECT_TAG, .tag = tag,
	};
	return &b->acts[b->act_count++];
}

struct analysis_act *
build_act_on(struct build *b, enum effect effect, enum object_kind kind,
    uint32_t index, const char *tag)
{
	struct analysis_act *act = build_act(b, effect, span_text(tag));

	act->kind = kind;
	act->index = index;
	return act;
}

struct analysis_source
source_of(uint32_t relation, struct span column, enum source_sure sure)
{
	return (struct analysis_source){
		.kind = SOURCE_RELATION, .sure = sure, .index = relation,
		.column = column,
	};
}

void
set_add(struct build *b, struct set *set, struct analysis_source s)
{
	b->steps += set->n + 1;
	if (b->steps > BUILD_STEPS_MAX) {
		build_fail(b, "takes too long to analyse");
		return;
	}
	for (uint32_t i = 0; i < set->n; i++) {
		struct analysis_source *had = &set->p[i];

		if (had->kind == s.kind && had->index == s.index &&
		    had->sure == s.sure && span_equal(had->column, s.column))
			return;
		if (had->kind == SOURCE_ANY)
			return;
	}
	if (set->n >= BUILD_SOURCES_MAX) {
		set->n = 0;
		s = (struct analysis_source){ .kind = SOURCE_ANY };
	}
	if (build_grow(b, &set->p, set->n, &set->room, sizeof(*set->p)))
		set->p[set->n++] = s;
}

void
set_add_all(struct build *b, struct set *set, const struct set *more)
{
	for (uint32_t i = 0; i < more->n && !b->failed; i++)
		set_add(b, set, more->p[i]);
}

static void
act_for_read(struct build *b, uint32_t relation)
{
	const struct build_relation *about = &b->about[relation];
	struct analysis_act *act;

	if (!about->is_read)
		return;
	act = build_act_on(b, EFFECT_READ, OBJECT_RELATION, relation, "read");
	act->reach = about->reach;
	act->note = span_text(about->note);
	act->columns = about->touched.p;
	act->column_count = about->touched.n;
	/* too many to tell apart: the whole row */
	if (about->touched.n && about->touched.p[0].kind == SOURCE_ANY) {
		about->touched.p[0] = source_of(relation, span_of(NULL, 0),
		    SOURCE_SURE);
		act->column_count = 1;
	}
}

void
build_pack(struct build *b, struct out *out)
{
	struct sql_analysis a;

	for (uint32_t i = 0; i < b->relations.n; i++)
		act_for_read(b, i);
	a = (struct sql_analysis){
		.flags = b->flags, .statements = b->statements,
		.copy = b->copy, .prepared = b->prepared,
		.relations = b->relations.p, .relation_count = b->relations.n,
		.functions = b->functions.p, .function_count = b->functions.n,
		.operators = b->operators.p, .operator_count = b->operators.n,
		.attributes = b->attributes.p,
		.attribute_count = b->attributes.n,
		.acts = b->acts, .act_count = b->act_count,
		.fields = b->fields, .field_count = b->field_count,
	};
	analysis_pack(&a, out);
}
