/* plan.h: what is to be done with each column of one answer. */
#ifndef MASK_PLAN_H
#define MASK_PLAN_H

#include "mask/inside.h"

struct plan_column {
	uint32_t type;
	uint8_t kind;		/* enum mask_kind */
	bool is_binary;
	bool hides;		/* the whole value, under `mask` */
	bool is_derived;	/* computed from what is hidden: the mask's way would tell of it */
	bool detects;		/* what the lineup finds in it */
	uint8_t mask;
};

struct mask_plan {
	unsigned int references;
	const struct mask_set *set;
	struct mask_lineup lineup;
	struct mask_lineup patterns;	/* for values no built-in detector can hit */
	bool is_empty;
	size_t count;
	struct plan_column columns[];
};

#endif
