/* Which columns of an answer are touched, traced or not. */
#include "mask/mask.h"

#include "check.h"
#include "sample.h"

static const struct origin_column card = { SPAN("public.orders"), SPAN("card_number") };
static const struct origin_column other = { SPAN("public.orders"), SPAN("total") };
static const struct origin_column name = { SPAN("public.people"), SPAN("name") };
static const struct origin_column any_column = { SPAN("public.people"), SPAN("") };
static const struct origin_column any_relation = { SPAN(""), SPAN("name") };
static const struct origin_column anything = { SPAN(""), SPAN("") };
static const struct span people = SPAN("public.people");
static const struct span pay = SPAN("public.pay");
static const struct span far = SPAN("audit.log.old");

static const struct {
	const char *name;
	const struct origin_column *origin;
	bool is_untraced;
	const struct span *relation;
	unsigned int mask;
	bool hides;
} rows[] = {
	{ "named column",                  &card,         false, &people, M_CARD,      true },
	{ "another column",                &other,        false, &people, M_CARD,      false },
	{ "another mask",                  &card,         false, &people, M_NAME_HASH, false },
	{ "exact name",                    &name,         false, &people, M_NAME_HASH, true },
	{ "no origin at all",              NULL,          false, &people, M_NAME_HASH, false },
	{ "untraced, relation named",      NULL,          true,  &people, M_NAME_HASH, true },
	{ "untraced, other relation",      NULL,          true,  &pay,    M_NAME_HASH, false },
	{ "untraced, nothing is read",     NULL,          true,  NULL,    M_NAME_HASH, false },
	{ "any column of the relation",    &any_column,   false, NULL,    M_NAME_HASH, true },
	{ "any column, other mask",        &any_column,   false, NULL,    M_CARD,      true },
	{ "any relation, column named",    &any_relation, false, &people, M_NAME_HASH, true },
	{ "any relation, not this one",    &any_relation, false, &pay,    M_NAME_HASH, false },
	{ "any relation, none read",       &any_relation, false, NULL,    M_NAME_HASH, true },
	{ "anything",                      &anything,     false, &people, M_NAME_HASH, true },
	{ "untraced under a double star",  NULL,          true,  &pay,    M_CARD,      true },
	{ "untraced, deep name",           NULL,          true,  &far,    M_CARD,      false },
	{ "traced, but also untraced",     &other,        true,  &people, M_NAME_HASH, true },
};

int
main(void)
{
	struct mask_set *set = sample_set();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mask_column column = {
			.origins = rows[i].origin, .origin_count = rows[i].origin != NULL,
			.is_untraced = rows[i].is_untraced, .type = 25,
		};
		struct out out = out_new(1000);
		struct mask_tally tally = { 0 };
		struct mask_plan *plan = NULL;

		CHECK(mask_plan_new(&plan, set, 1ULL << rows[i].mask, &column, 1,
		    rows[i].relation, rows[i].relation != NULL) == 0);
		CHECK_ROW(rows[i].name, mask_plan_is_empty(plan) == !rows[i].hides);
		CHECK_ROW(rows[i].name, (mask_value(plan, 0, SPAN("x"), &out, &tally) ==
		    MASK_EDITED) == rows[i].hides);
		CHECK_ROW(rows[i].name, tally.hits[rows[i].mask] == rows[i].hides);
		mask_plan_free(&plan);
		CHECK(mask_plan_new(&plan, set, 0, &column, 1, rows[i].relation,
		    rows[i].relation != NULL) == 0);
		CHECK_ROW("no mask is active", mask_plan_is_empty(plan));
		mask_plan_free(&plan);
		out_free(&out);
	}
	mask_set_free(&set);
	return check_end();
}
