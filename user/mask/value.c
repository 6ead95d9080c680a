/*
 * value.c: one value of an answer, as its column's plan says.
 * Text types can carry what a mask writes. Any other type becomes NULL when it
 * is hidden or hit, in text and in binary form, because a client would fail to
 * read "[redacted]" as a number or a date. JSON stays JSON. A text value that is
 * not UTF-8 is hidden whole.
 */
#include "base/utf8.h"
#include "mask/plan.h"

#define FIRST_OWN_TYPE 16384	/* FirstNormalObjectId: made in this database */

/* Can this value carry other text in its place? */
static bool
is_textual(const struct plan_column *column, struct span value)
{
	switch (column->kind) {
	case KIND_TEXT:
	case KIND_JSON:
		return true;
	case KIND_JSONB:
		return !column->is_binary || (value.n && value.p[0] == 1);
	case KIND_OTHER:
		if (column->type < FIRST_OWN_TYPE ||
		    (column->type == TYPE_UNTOLD && value.n == 8))
			return false;	/* the latter may be a number */
		return !column->is_binary || value.n == 0 ||
		    (!memchr(value.p, 0, value.n) && utf8_is_valid(value));
	default:
		return false;
	}
}

static bool
is_json(const struct plan_column *column)
{
	return column->kind == KIND_JSON || column->kind == KIND_JSONB;
}

/* jsonb's version byte in binary form; nothing otherwise. */
static struct span
version_of(const struct plan_column *column, struct span value)
{
	return span_head(value, column->is_binary && column->kind == KIND_JSONB);
}

static void
write_hidden(const struct mask *mask, bool redacts, struct span value, struct out *out)
{
	if (redacts)
		out_span(out, SPAN(MASK_REDACTED));
	else
		mask_write(mask, value, out);
}

static enum mask_result
hide(const struct mask_plan *plan, const struct plan_column *column, struct span value,
    struct out *out, struct mask_tally *tally)
{
	const struct mask *mask = &plan->set->masks[column->mask];
	struct span version = version_of(column, value);

	tally->hits[column->mask]++;
	if (mask->view->way == WAY_NULL || !is_textual(column, value))
		return MASK_NULLED;
	if (!is_json(column)) {
		write_hidden(mask, column->is_derived, value, out);
		return MASK_EDITED;
	}
	out_span(out, version);
	out_u8(out, '"');
	write_hidden(mask, column->is_derived || mask->view->way == WAY_PARTIAL,
	    span_skip(value, version.n), out);
	out_u8(out, '"');
	return MASK_EDITED;
}

/* Types that cannot carry text: a hit makes them NULL. */
static bool
is_hit(const struct mask_plan *plan, const struct plan_column *column,
    struct span value, struct mask_tally *tally)
{
	if (column->is_binary)
		return mask_decode_hits(plan->set, &plan->lineup, column->type, value, tally);
	if (column->kind == KIND_BYTES)
		return mask_bytes_hits(plan->set, &plan->lineup, value, true, tally);
	if (column->kind == KIND_PLAIN)
		return mask_hits(plan->set, &plan->patterns, value, FORM_TEXT, tally);
	if (column->type == TYPE_FLOAT8)
		return mask_float_hits(plan->set, &plan->lineup, value, tally);
	return mask_hits(plan->set, &plan->lineup, value, FORM_TEXT, tally);
}

static enum mask_result
detect(const struct mask_plan *plan, const struct plan_column *column,
    struct span value, struct out *out, struct mask_tally *tally)
{
	struct span version = version_of(column, value);
	enum mask_writing form = is_json(column) ? FORM_JSON : FORM_TEXT;
	size_t mark = out->n;
	enum mask_result result;

	if (!is_textual(column, value))
		return is_hit(plan, column, value, tally) ? MASK_NULLED : MASK_KEPT;
	out_span(out, version);
	result = mask_scan(plan->set, &plan->lineup, span_skip(value, version.n), form,
	    out, tally);
	if (result != MASK_EDITED)
		out->n = mark;
	return result;
}

enum mask_result
mask_value(const struct mask_plan *plan, size_t i, struct span value, struct out *out,
    struct mask_tally *tally)
{
	const struct plan_column *column;

	if (i >= plan->count)
		return MASK_NULLED;	/* more values than columns: nobody planned this one */
	column = &plan->columns[i];
	if (column->hides)
		return hide(plan, column, value, out, tally);
	if (column->detects)
		return detect(plan, column, value, out, tally);
	return MASK_KEPT;
}
