/*
 * plan.c: decide once per answer what happens to each of its columns.
 * A column is hidden whole when a mask names one of the base columns it derives
 * from. What cannot be traced inherits every mask that names any column of a
 * relation that is read. Where both hide and detect are wanted, hiding wins;
 * where several masks hide, the one that tells least. A value that was computed
 * from a hidden column is redacted whatever the mask's way: the last four of
 * substr(card, 1, 8), or the token of substr(card, 1, 1), would give the rest away.
 */
#include "mask/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/glob.h"

#define NAME_MOST 512	/* "schema.table.column" */

struct wanted {
	const struct mask_set *set;
	uint64_t hiding;	/* active masks that name columns */
	const struct span *relations;
	size_t relation_count;
};

/* "schema.table." and the column, if it is known; false: too long to be a name. */
static bool
full_name(char *room, struct span relation, struct span column, struct span *out)
{
	if (relation.n + 1 + column.n > NAME_MOST)
		return false;
	if (relation.n)
		memcpy(room, relation.p, relation.n);
	room[relation.n] = '.';
	if (column.n)
		memcpy(room + relation.n + 1, column.p, column.n);
	*out = span_of(room, relation.n + 1 + column.n);
	return true;
}

/* Does a mask name this column, or, where it is empty, any of the relation? */
static bool
mask_names(const struct view_mask *view, struct span relation, struct span column)
{
	char room[NAME_MOST + 1];
	struct span name;

	if (!full_name(room, relation, column, &name))
		return true;
	for (size_t i = 0; i < view->column_count; i++) {
		if (!glob_is_valid(view->columns[i]))
			return true;
		if (column.n ? glob_match(view->columns[i], name) :
		    glob_may_begin(view->columns[i], name))
			return true;
	}
	return false;
}

/* The same for one origin; no relation means any that is read. */
static bool
mask_names_origin(const struct wanted *wanted, const struct view_mask *view,
    const struct origin_column *origin)
{
	if (origin->relation.n)
		return mask_names(view, origin->relation, origin->column);
	if (wanted->relation_count == 0)
		return true;	/* it derives from something nobody named */
	for (size_t i = 0; i < wanted->relation_count; i++) {
		if (mask_names(view, wanted->relations[i], origin->column))
			return true;
	}
	return false;
}

bool
mask_touches(const struct mask_set *set, uint64_t active, const struct span *relations,
    size_t count)
{
	uint64_t hiding = active & set->with_columns;

	for (unsigned int i = 0; i < set->count; i++) {
		if (!(hiding >> i & 1))
			continue;
		if (count == 0)
			return true;
		for (size_t j = 0; j < count; j++)
			if (mask_names(set->masks[i].view, relations[j], span_of(NULL, 0)))
				return true;
	}
	return false;
}

static bool
mask_names_column(const struct wanted *wanted, const struct view_mask *view,
    const struct mask_column *column)
{
	const struct origin_column any = { 0 };

	if (column->is_untraced && wanted->relation_count &&
	    mask_names_origin(wanted, view, &any))
		return true;
	for (size_t i = 0; i < column->origin_count; i++) {
		if (mask_names_origin(wanted, view, &column->origins[i]))
			return true;
	}
	return false;
}

static void
plan_one(struct mask_plan *plan, const struct wanted *wanted,
    const struct mask_column *column, struct plan_column *out)
{
	out->type = column->type;
	out->is_binary = column->is_binary;
	out->is_derived = !column->is_plain;
	if (!column->type && column->is_binary)
		out->type = TYPE_UNTOLD;
	out->kind = (uint8_t)mask_kind_of(out->type);
	for (unsigned int i = 0; i < wanted->set->count; i++) {
		if (!(wanted->hiding >> i & 1) ||
		    !mask_names_column(wanted, wanted->set->masks[i].view, column))
			continue;
		out->mask = out->hides ?
		    (uint8_t)mask_stricter(wanted->set, out->mask, i) : (uint8_t)i;
		out->hides = true;
	}
	out->detects = !mask_lineup_is_empty(&plan->lineup);
	if (out->kind == KIND_PLAIN)
		out->detects = !out->is_binary && plan->lineup.pattern_count;
	plan->is_empty &= !out->hides && !out->detects;
}

int
mask_plan_new(struct mask_plan **out, const struct mask_set *set, uint64_t active,
    const struct mask_column *columns, size_t count, const struct span *relations,
    size_t relation_count)
{
	struct wanted wanted = {
		set, active & set->with_columns, relations, relation_count
	};
	struct mask_plan *plan;

	plan = calloc(1, sizeof(*plan) + count * sizeof(plan->columns[0]));
	if (!plan)
		return -ENOMEM;
	plan->references = 1;
	plan->set = set;
	plan->count = count;
	plan->is_empty = true;
	mask_lineup_fill(set, active & set->with_detectors, &plan->lineup);
	plan->patterns = plan->lineup;
	plan->patterns.detectors = 0;
	for (size_t i = 0; i < count; i++)
		plan_one(plan, &wanted, &columns[i], &plan->columns[i]);
	*out = plan;
	return 0;
}

struct mask_plan *
mask_plan_hold(struct mask_plan *plan)
{
	plan->references++;
	return plan;
}

void
mask_plan_free(struct mask_plan **plan)
{
	if (*plan && --(*plan)->references == 0)
		free(*plan);
	*plan = NULL;
}

bool
mask_plan_is_empty(const struct mask_plan *plan)
{
	return plan->is_empty;
}
