/* sample.h: a view with masks, for the tests of mask/. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "mask/mask.h"

#define BIT(n) (1u << (n))
#define CARD "4111111111111111"

static const char *const sample_card_columns[] = { "*.*.card_number", "public.pay.**" };
static const char *const sample_name_columns[] = { "public.people.name" };

enum {
	M_CARD, M_SECRETS, M_PARTIAL, M_HASH, M_TOKEN, M_NULL, M_PATTERN, M_SLOW,
	M_NAME_HASH, M_NAME_PARTIAL, M_NAME_TOKEN, M_NAME_NULL, M_EMAIL, SAMPLES
};

static struct view_mask sample_masks[SAMPLES] = {
	[M_CARD] = { "card", (const char **)sample_card_columns, 2, 0, "", WAY_REDACT, 0 },
	[M_SECRETS] = { "secrets", NULL, 0, BIT(DETECT_PATTERN) - 1, "", WAY_REDACT, 0 },
	[M_PARTIAL] = { "partial", NULL, 0, BIT(DETECT_CARD), "", WAY_PARTIAL, 4 },
	[M_HASH] = { "hash", NULL, 0, BIT(DETECT_CARD), "", WAY_HASH, 0 },
	[M_TOKEN] = { "token", NULL, 0, BIT(DETECT_CARD), "", WAY_TOKEN, 0 },
	[M_NULL] = { "null", NULL, 0, BIT(DETECT_CARD), "", WAY_NULL, 0 },
	[M_PATTERN] = { "pattern", NULL, 0, BIT(DETECT_PATTERN), "PRJ-\\d{4}", WAY_REDACT, 0 },
	[M_SLOW] = { "slow", NULL, 0, BIT(DETECT_PATTERN), "(a+)+$", WAY_REDACT, 0 },
	[M_NAME_HASH] = { "nh", (const char **)sample_name_columns, 1, 0, "", WAY_HASH, 0 },
	[M_NAME_PARTIAL] = { "np", (const char **)sample_name_columns, 1, 0, "", WAY_PARTIAL, 4 },
	[M_NAME_TOKEN] = { "nt", (const char **)sample_name_columns, 1, 0, "", WAY_TOKEN, 0 },
	[M_NAME_NULL] = { "nn", (const char **)sample_name_columns, 1, 0, "", WAY_NULL, 0 },
	[M_EMAIL] = { "email", NULL, 0, BIT(DETECT_EMAIL), "", WAY_REDACT, 0 },
};

static const struct view_worker sample_view = {
	.masks = sample_masks, .mask_count = SAMPLES,
};

__attribute__((unused)) static struct mask_set *
sample_set(void)
{
	static uint8_t keys[SAMPLES][MASK_KEY_SIZE];
	struct mask_set *set = NULL;

	for (size_t i = 0; i < SAMPLES; i++)
		memset(keys[i], (int)i + 1, MASK_KEY_SIZE);
	CHECK(mask_set_new(&set, &sample_view, (const uint8_t (*)[MASK_KEY_SIZE])keys) == 0);
	return set;
}

#endif
