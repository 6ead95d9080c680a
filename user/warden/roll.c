/* roll.c: the single ones first, so that new workers meet new partners; then the workers. */
#include "warden/roll.h"

#include "warden/children.h"

/* How the workers stand. */
struct workers {
	unsigned int fresh, starting;	/* new ones that serve; that are about to */
	unsigned int old;		/* that still take connections */
	unsigned int leaving;		/* old or new, that drain */
	unsigned int spare, first_spare, first_old;
};

static enum roll_step
next_single(const struct child *child)
{
	if (child->is_old)
		return child->state == CHILD_SERVING ? ROLL_QUIT : ROLL_WAIT;
	return child->state == CHILD_SERVING || child->state == CHILD_ABSENT ? ROLL_OVER : ROLL_WAIT;
}

static struct workers
count(const struct children *children)
{
	struct workers w = { .first_spare = SLOTS, .first_old = SLOTS };

	for (unsigned int slot = SLOT_WORKER + MSG_WORKERS; slot-- > SLOT_WORKER;) {
		const struct child *child = &children->child[slot];

		if (child->state == CHILD_SPARE) {
			w.spare++;
			w.first_spare = slot;
		} else if (child->state == CHILD_DRAINING || child->state == CHILD_ENDING) {
			w.leaving++;
		} else if (child->is_old && child->state != CHILD_ABSENT) {
			w.old++;
			w.first_old = slot;
		} else if (child->state == CHILD_SERVING) {
			w.fresh++;
		} else if (child->state != CHILD_ABSENT) {
			w.starting++;
		}
	}
	return w;
}

static enum roll_step
next_worker(const struct children *children, unsigned int workers, unsigned int *slot)
{
	struct workers w = count(children);

	if (w.starting)
		return ROLL_WAIT;
	/* somebody new takes connections for each old one that ceases to; none too few meanwhile */
	if (w.old && w.fresh + w.old > workers) {
		*slot = w.first_old;
		return children->child[w.first_old].state == CHILD_SERVING ? ROLL_DRAIN : ROLL_WAIT;
	}
	if (w.fresh < workers && w.spare) {
		*slot = w.first_spare;
		return ROLL_START;
	}
	/* no place is free, and none will be until somebody leaves */
	if (w.old && !w.leaving && w.fresh + w.old > 1) {
		*slot = w.first_old;
		return ROLL_DRAIN;
	}
	return w.old || w.leaving || w.fresh < workers ? ROLL_WAIT : ROLL_OVER;
}

enum roll_step
roll_next(const struct children *children, const unsigned int *order, size_t count_of_order,
    unsigned int workers, unsigned int *slot)
{
	for (size_t i = 0; i < count_of_order; i++) {
		enum roll_step step = next_single(&children->child[order[i]]);

		*slot = order[i];
		if (step != ROLL_OVER)
			return step;
	}
	return next_worker(children, workers, slot);
}
