/*
 * memo.c: what was planned for an answer serves the next one that is alike.
 * A plan follows from the analysis, from what the names meant, from the policy and
 * the masks of the verdict, and from the columns as announced. While all of these
 * are the very same (held here, so that none can be made anew in their place) the
 * plan is too. A flow keeps a few, since programs ask the same things again.
 */
#include <stdlib.h>

#include "base/must.h"
#include "flow/flow.h"

#define MEMOS 8
#define COLUMNS_MOST 256	/* of an answer that is remembered */

struct memo {
	struct sql_analysis *analysis;	/* NULL: empty */
	struct sql_catalogue *names;
	struct policy *policy;
	uint64_t masks;
	struct wire_column *columns;	/* without their names, which decide nothing */
	size_t count;
	struct mask_plan *plan;
};

struct memos {
	struct memo at[MEMOS];
	size_t next;
};

static void
empty(struct memo *memo)
{
	sql_drop(&memo->analysis);
	sql_catalogue_free(&memo->names);
	policy_drop(&memo->policy);
	mask_plan_free(&memo->plan);
	free(memo->columns);
	*memo = (struct memo){ 0 };
}

void
memos_free(struct memos **memos)
{
	struct memos *gone = take(memos);

	for (size_t i = 0; gone && i < MEMOS; i++)
		empty(&gone->at[i]);
	free(gone);
}

static bool
is_same_column(const struct wire_column *a, const struct wire_column *b)
{
	return a->table == b->table && a->column == b->column && a->type == b->type &&
	    a->is_binary == b->is_binary && a->is_promised == b->is_promised;
}

static bool
fits(const struct memo *memo, const struct turn *turn, const struct wire_column *columns, size_t count)
{
	if (memo->analysis != turn->analysis || memo->policy != turn->policy ||
	    memo->masks != turn->masks || memo->count != count ||
	    !sql_catalogue_is_same(memo->names, turn->names))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_same_column(&memo->columns[i], &columns[i]))
			return false;
	return true;
}

struct mask_plan *
memos_find(const struct memos *memos, const struct turn *turn, const struct wire_column *columns, size_t count)
{
	for (size_t i = 0; memos && i < MEMOS; i++)
		if (memos->at[i].analysis && fits(&memos->at[i], turn, columns, count))
			return mask_plan_hold(memos->at[i].plan);
	return NULL;
}

/* Forgetting is no fault: without memory the next answer is planned again. */
void
memos_keep(struct memos **memos, const struct turn *turn, const struct wire_column *columns, size_t count)
{
	struct memo *memo;

	if (count > COLUMNS_MOST || (!*memos && !(*memos = calloc(1, sizeof(**memos)))))
		return;
	memo = &(*memos)->at[(*memos)->next++ % MEMOS];
	empty(memo);
	memo->columns = calloc(count ? count : 1, sizeof(*columns));
	memo->names = sql_catalogue_share(turn->names);
	if (!memo->columns || !memo->names) {
		empty(memo);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		memo->columns[i] = columns[i];
		memo->columns[i].name = span_of(NULL, 0);
	}
	memo->count = count;
	memo->analysis = sql_hold(turn->analysis);
	memo->policy = policy_hold(turn->policy);
	memo->masks = turn->masks;
	memo->plan = mask_plan_hold(turn->plan);
}
