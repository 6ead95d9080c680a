/* Loans: one target for a flow, so many for one flow, forgotten with their worker; the oldest makes room. */
#include "vault/loan.h"

#include <errno.h>

#include "check.h"

static struct id
flow(uint32_t i)
{
	return (struct id){ .kind = ID_FLOW, .slot = 8, .chance = i, .time = 1000 };
}

int
main(void)
{
	struct loans *all = NULL;
	struct id first = flow(0), other = flow(1), id;
	size_t refused = 0;

	CHECK(loans_new(&all) == 0);
	for (size_t i = 0; i < LOANS_MOST; i++)
		CHECK(loan_take(all, 8, &first, SPAN("api"), 1) == 0);
	CHECK(loan_take(all, 8, &first, SPAN("api"), 1) == -EDQUOT);
	CHECK(loan_take(all, 8, &first, SPAN("api"), 2) == 0);	/* another secret is counted anew */
	CHECK(loan_take(all, 8, &first, SPAN("api"), 0) == 0);	/* what is not lent is not counted */
	CHECK(loan_take(all, 8, &first, SPAN("apis"), 1) == -EPERM);
	CHECK(loan_take(all, 8, &first, SPAN("ap"), 0) == -EPERM);
	CHECK(loan_take(all, 8, &other, SPAN("apis"), 1) == 0);
	CHECK(loan_take(all, 9, &first, SPAN("apis"), 1) == 0);	/* another worker's flow of that name */
	CHECK(loan_take(all, 8, &other, SPAN("a-name-that-no-target-can-have-as-it-is-too-long-for-one-by-far"), 1) == -EPERM);
	loans_forget(all, 8);
	CHECK(loan_take(all, 8, &first, SPAN("apis"), 1) == 0);
	CHECK(loan_take(all, 9, &first, SPAN("api"), 1) == -EPERM);
	/* more flows than there is room for: some are forgotten, none is refused */
	for (uint32_t i = 0; i < 3 * LOAN_FLOWS; i++) {
		id = flow(i + 2);
		CHECK(loan_take(all, 8, &id, SPAN("api"), 1) == 0);
	}
	/* the last of them are still known */
	for (uint32_t i = 3 * LOAN_FLOWS - 100; i < 3 * LOAN_FLOWS; i++) {
		id = flow(i + 2);
		refused += loan_take(all, 8, &id, SPAN("other"), 1) == -EPERM;
	}
	CHECK(refused == 100);
	loans_free(&all);
	CHECK(!all);
	loans_free(&all);
	return check_end();
}
