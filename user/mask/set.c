/* set.c: the masks of one policy, compiled once and shared by all flows of a worker. */
#include "mask/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
compile(struct mask *mask, const struct view_mask *view, const uint8_t *key)
{
	uint32_t pattern = 1u << DETECT_PATTERN;

	if ((unsigned int)view->way >= WAYS || view->detectors >> DETECTORS)
		return -EINVAL;
	mask->view = view;
	mask->detectors = view->detectors & ~pattern;
	memcpy(mask->key, key, MASK_KEY_SIZE);
	if (!(view->detectors & pattern))
		return 0;
	return mask_pattern_new(&mask->pattern, view->pattern);
}

int
mask_set_new(struct mask_set **out, const struct view_worker *view,
    const uint8_t (*keys)[MASK_KEY_SIZE])
{
	struct mask_set *set;
	int status = 0;

	if (view->mask_count > MASKS_MAX)
		return -EINVAL;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	while (!status && set->count < view->mask_count) {
		const struct view_mask *one = &view->masks[set->count];

		status = compile(&set->masks[set->count], one, keys[set->count]);
		if (one->column_count)
			set->with_columns |= 1ULL << set->count;
		if (one->detectors)
			set->with_detectors |= 1ULL << set->count;
		if (one->field_count)
			set->with_fields |= 1ULL << set->count;
		set->count++;
	}
	if (!status)
		status = path_rules_fill(&set->paths, view->masks, view->mask_count);
	mask_sieve_fill(&set->sieve);
	if (status) {
		mask_set_free(&set);
		return status;
	}
	*out = set;
	return 0;
}

void
mask_set_free(struct mask_set **p)
{
	struct mask_set *set = *p;

	*p = NULL;
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		mask_pattern_free(&set->masks[i].pattern);
	path_rules_free(&set->paths);
	explicit_bzero(set, sizeof(*set));
	free(set);
}
