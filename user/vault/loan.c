/* loan.c: a hash table of sets of a few rows; the row that was used longest ago makes room in its set. */
#include "vault/loan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#define ROWS 8		/* of a set */
#define SETS (LOAN_FLOWS / ROWS)

struct row {
	uint64_t age;		/* 0: free */
	struct id flow;
	uint32_t worker;
	uint32_t count;
	uint64_t lent;		/* number of the secret that `count` is of */
	char target[ABI_NAME_SIZE];
};

struct loans {
	uint64_t age;
	struct row rows[SETS][ROWS];
};

int
loans_new(struct loans **out)
{
	struct loans *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	*out = made;
	return 0;
}

/* FNV-1a over what tells flows apart. */
static size_t
set_of(unsigned int worker, const struct id *flow)
{
	uint64_t words[] = { worker, flow->time, flow->chance }, h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < COUNT(words); i++)
		for (unsigned int bits = 0; bits < 64; bits += 8)
			h = (h ^ (words[i] >> bits & 0xff)) * UINT64_C(0x100000001b3);
	return h % SETS;
}

/* The row of this flow, or one that it may have. */
static struct row *
row_of(struct loans *all, unsigned int worker, const struct id *flow)
{
	struct row *set = all->rows[set_of(worker, flow)], *oldest = set;

	for (size_t i = 0; i < ROWS; i++) {
		if (set[i].age && set[i].worker == worker && id_equal(&set[i].flow, flow))
			return &set[i];
		if (set[i].age < oldest->age)
			oldest = &set[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	return oldest;
}

int
loan_take(struct loans *all, unsigned int worker, const struct id *flow, struct span target, uint64_t lent)
{
	struct row *row;

	if (target.n >= sizeof(row->target))
		return -EPERM;
	row = row_of(all, worker, flow);
	if (!row->age) {
		row->flow = *flow;
		row->worker = worker;
		memcpy(row->target, target.p, target.n);
	}
	row->age = ++all->age;
	if (!span_is(target, row->target))
		return -EPERM;
	if (!lent)
		return 0;
	if (lent != row->lent)
		row->count = 0;
	row->lent = lent;
	if (row->count == LOANS_MOST)
		return -EDQUOT;
	row->count++;
	return 0;
}

void
loans_forget(struct loans *all, unsigned int worker)
{
	for (size_t i = 0; i < SETS; i++)
		for (size_t n = 0; n < ROWS; n++)
			if (all->rows[i][n].worker == worker)
				memset(&all->rows[i][n], 0, sizeof(all->rows[i][n]));
}

void
loans_free(struct loans **all)
{
	free(*all);
	*all = NULL;
}
