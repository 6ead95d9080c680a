/*
 * pack.c: an analysis as bytes, and back.
 * Counts come first, then every list in the order of the struct; a source list
 * is stored once and acts and fields take their share of it in turn. What comes
 * in is another process' word: every count is held against the bytes that are
 * left before memory is taken, every index and enum is checked, and one byte
 * too many refuses the whole.
 */
#include "facts/sql/analysis.h"

#include <errno.h>
#include <stdlib.h>

#include "base/must.h"

/* The fewest bytes one item of each list takes when packed. */
#define NAME_LEAST 2
#define SOURCE_LEAST 7
#define ACT_LEAST 15
#define FIELD_LEAST 6

static void
pack_text(struct out *out, struct span text)
{
	size_t n = text.n < 255 ? text.n : 255;

	out_u8(out, (uint8_t)n);
	out_span(out, span_head(text, n));
}

static void
pack_names(struct out *out, const struct analysis_name *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		pack_text(out, names[i].schema);
		pack_text(out, names[i].name);
	}
}

static void
pack_sources(struct out *out, const struct analysis_source *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		out_u8(out, s[i].kind);
		out_u8(out, s[i].sure);
		out_be32(out, s[i].index);
		pack_text(out, s[i].column);
	}
}

static void
pack_acts(const struct sql_analysis *a, struct out *out)
{
	for (uint32_t i = 0; i < a->act_count; i++) {
		const struct analysis_act *act = &a->acts[i];

		out_u8(out, act->effect);
		out_u8(out, act->reach);
		out_u8(out, act->kind);
		out_be32(out, act->index);
		pack_text(out, act->tag);
		pack_text(out, act->note);
		out_be32(out, act->column_count);
		pack_sources(out, act->columns, act->column_count);
	}
}

static void
pack_copy(struct out *out, const struct wire_copy *copy)
{
	out_u8(out, copy->format);
	out_u8(out, copy->delimiter);
	out_u8(out, copy->quote);
	out_u8(out, copy->escape);
	out_u8(out, copy->has_header);
	pack_text(out, span_of(copy->null, copy->null_n));
}

static uint32_t
count_sources(const struct sql_analysis *a)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->act_count; i++)
		n += a->acts[i].column_count;
	for (uint32_t i = 0; i < a->field_count; i++)
		n += a->fields[i].source_count;
	return n;
}

void
analysis_pack(const struct sql_analysis *a, struct out *out)
{
	out_u8(out, ANALYSIS_VERSION);
	out_be32(out, a->flags);
	out_be32(out, a->statements);
	out_be32(out, a->relation_count);
	out_be32(out, a->function_count);
	out_be32(out, a->operator_count);
	out_be32(out, a->attribute_count);
	out_be32(out, a->act_count);
	out_be32(out, a->field_count);
	out_be32(out, count_sources(a));
	pack_copy(out, &a->copy);
	pack_text(out, a->prepared);
	pack_names(out, a->relations, a->relation_count);
	pack_names(out, a->functions, a->function_count);
	pack_names(out, a->operators, a->operator_count);
	pack_names(out, a->attributes, a->attribute_count);
	pack_acts(a, out);
	for (uint32_t i = 0; i < a->field_count; i++) {
		pack_text(out, a->fields[i].name);
		out_u8(out, a->fields[i].is_star);
		out_be32(out, a->fields[i].source_count);
		pack_sources(out, a->fields[i].sources,
		    a->fields[i].source_count);
	}
}

static bool
take_name(struct span *in, struct span *out)
{
	uint8_t n;

	return take_u8(in, &n) && take_bytes(in, n, out);
}

static bool
read_names(struct span *in, struct analysis_name *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!take_name(in, &names[i].schema) ||
		    !take_name(in, &names[i].name) || !names[i].name.n)
			return false;
	return true;
}

static bool
source_is_sound(const struct sql_analysis *a, const struct analysis_source *s)
{
	if (s->sure >= SOURCE_SURES)
		return false;
	if (s->kind == SOURCE_RELATION)
		return s->index < a->relation_count;
	if (s->kind == SOURCE_FUNCTION)
		return s->index < a->function_count && !s->column.n;
	return s->kind == SOURCE_ANY && !s->index && !s->column.n;
}

/* `n` sources off the front of *in into the shared list, from *used on. */
static bool
read_sources(struct sql_analysis *a, struct span *in, uint32_t n,
    uint32_t *used, const struct analysis_source **out)
{
	if (n > a->source_count - *used)
		return false;
	*out = n ? a->sources + *used : NULL;
	for (uint32_t i = 0; i < n; i++) {
		struct analysis_source *s = &a->sources[(*used)++];

		if (!take_u8(in, &s->kind) || !take_u8(in, &s->sure) ||
		    !take_be32(in, &s->index) || !take_name(in, &s->column))
			return false;
		if (!source_is_sound(a, s))
			return false;
	}
	return true;
}

static bool
act_is_sound(const struct sql_analysis *a, const struct analysis_act *act)
{
	if (act->effect >= EFFECTS || act->reach > REACH_ALL)
		return false;
	for (uint32_t i = 0; i < act->column_count; i++)
		if (act->columns[i].kind != SOURCE_RELATION)
			return false;
	switch (act->kind) {
	case OBJECT_TAG:
		return !act->index && act->tag.n;
	case OBJECT_RELATION:
	case OBJECT_NEW:
		return act->index < a->relation_count;
	case OBJECT_FUNCTION:
		return act->index < a->function_count;
	default:
		return false;
	}
}

static bool
read_acts(struct sql_analysis *a, struct span *in, uint32_t *used)
{
	for (uint32_t i = 0; i < a->act_count; i++) {
		struct analysis_act *act = &a->acts[i];

		if (!take_u8(in, &act->effect) || !take_u8(in, &act->reach) ||
		    !take_u8(in, &act->kind) || !take_be32(in, &act->index) ||
		    !take_name(in, &act->tag) || !take_name(in, &act->note) ||
		    !take_be32(in, &act->column_count) ||
		    !read_sources(a, in, act->column_count, used, &act->columns))
			return false;
		if (!act_is_sound(a, act))
			return false;
	}
	return true;
}

static bool
read_fields(struct sql_analysis *a, struct span *in, uint32_t *used)
{
	for (uint32_t i = 0; i < a->field_count; i++) {
		struct analysis_field *f = &a->fields[i];
		uint8_t star;

		if (!take_name(in, &f->name) || !take_u8(in, &star) || star > 1 ||
		    !take_be32(in, &f->source_count) ||
		    !read_sources(a, in, f->source_count, used, &f->sources))
			return false;
		f->is_star = star;
		if (star && (f->source_count != 1 ||
		    f->sources[0].kind != SOURCE_RELATION))
			return false;
	}
	return true;
}

static bool
read_copy(struct span *in, struct wire_copy *copy)
{
	struct span null;
	uint8_t header;

	if (!take_u8(in, &copy->format) || copy->format >= WIRE_COPY_FORMATS ||
	    !take_u8(in, &copy->delimiter) || !take_u8(in, &copy->quote) ||
	    !take_u8(in, &copy->escape) || !take_u8(in, &header) || header > 1 ||
	    !take_name(in, &null) || null.n > sizeof(copy->null))
		return false;
	copy->has_header = header;
	copy->null_n = (uint8_t)null.n;
	if (null.n)
		memcpy(copy->null, null.p, null.n);
	return true;
}

/* Take a count and room for that many items, if the bytes left could hold them. */
static int
read_count(struct span *in, size_t least, size_t size, uint32_t *count, void *list)
{
	void *p;

	if (!take_be32(in, count) || *count > in->n / least)
		return -EINVAL;
	p = calloc(*count ? *count : 1, size);
	if (!p)
		return -ENOMEM;
	memcpy(list, &p, sizeof(p));
	return 0;
}

static int
read_counts(struct sql_analysis *a, struct span *in)
{
	int r = read_count(in, NAME_LEAST, sizeof(*a->relations),
	    &a->relation_count, &a->relations);

	if (!r)
		r = read_count(in, NAME_LEAST, sizeof(*a->functions),
		    &a->function_count, &a->functions);
	if (!r)
		r = read_count(in, NAME_LEAST, sizeof(*a->operators),
		    &a->operator_count, &a->operators);
	if (!r)
		r = read_count(in, NAME_LEAST, sizeof(*a->attributes),
		    &a->attribute_count, &a->attributes);
	if (!r)
		r = read_count(in, ACT_LEAST, sizeof(*a->acts),
		    &a->act_count, &a->acts);
	if (!r)
		r = read_count(in, FIELD_LEAST, sizeof(*a->fields),
		    &a->field_count, &a->fields);
	if (!r)
		r = read_count(in, SOURCE_LEAST, sizeof(*a->sources),
		    &a->source_count, &a->sources);
	return r;
}

static int
read_whole(struct sql_analysis *a, struct span in)
{
	uint32_t used = 0;
	uint8_t version;
	int r;

	if (!take_u8(&in, &version) || version != ANALYSIS_VERSION ||
	    !take_be32(&in, &a->flags) || a->flags & ~ANALYSIS_FLAGS ||
	    !take_be32(&in, &a->statements))
		return -EINVAL;
	r = read_counts(a, &in);
	if (r)
		return r;
	if (!read_copy(&in, &a->copy) || !take_name(&in, &a->prepared) ||
	    !read_names(&in, a->relations, a->relation_count) ||
	    !read_names(&in, a->functions, a->function_count) ||
	    !read_names(&in, a->operators, a->operator_count) ||
	    !read_names(&in, a->attributes, a->attribute_count) ||
	    !read_acts(a, &in, &used) || !read_fields(a, &in, &used))
		return -EINVAL;
	return in.n || used != a->source_count ? -EINVAL : 0;
}

int
analysis_unpack(struct sql_analysis **out, struct span packed)
{
	cleanup(sql_drop) struct sql_analysis *a = NULL;
	int r;

	if (packed.n > ANALYSIS_LIMIT)
		return -EINVAL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->references = 1;
	a->bytes = malloc(packed.n ? packed.n : 1);
	if (!a->bytes)
		return -ENOMEM;
	if (packed.n)
		memcpy(a->bytes, packed.p, packed.n);
	r = read_whole(a, span_of(a->bytes, packed.n));
	if (r)
		return r;
	*out = take(&a);
	return 0;
}

struct sql_analysis *
sql_hold(struct sql_analysis *a)
{
	a->references++;
	return a;
}

void
sql_drop(struct sql_analysis **a)
{
	struct sql_analysis *gone = *a;

	*a = NULL;
	if (!gone || --gone->references)
		return;
	free(gone->relations);
	free(gone->functions);
	free(gone->operators);
	free(gone->attributes);
	free(gone->acts);
	free(gone->fields);
	free(gone->sources);
	free(gone->bytes);
	free(gone);
}

struct sql_analysis *
sql_unknown(const char *why)
{
	struct analysis_act act = {
		.effect = EFFECT_UNKNOWN, .kind = OBJECT_TAG,
		.tag = SPAN("statement"), .note = span_text(why),
	};
	struct sql_analysis unknown = {
		.flags = ANALYSIS_MOVES_NAMES | ANALYSIS_UNPARSED,
		.statements = 1, .acts = &act, .act_count = 1,
	};
	struct sql_analysis *a = NULL;
	struct out out = out_new(ANALYSIS_LIMIT);

	analysis_pack(&unknown, &out);
	if (out.failed || analysis_unpack(&a, out_view(&out)))
		a = NULL;
	out_free(&out);
	return a;
}
