/*
 * Generations: played out with every number of workers and places, whoever is quick or slow. At no moment is
 * there nobody to take connections, nor more than one of what there is one of; in the end nobody from before.
 */
#include "warden/roll.h"

#include "check.h"
#include "warden/children.h"

static const unsigned int order[] = { SLOT_RECORDER, SLOT_KEEPER, SLOT_LOADER };

static struct children all;
static unsigned int chance;

static unsigned int
choose(unsigned int n)
{
	chance = chance * 1103515245 + 12345;
	return (chance >> 16) % n;
}

static void
begin(unsigned int workers, unsigned int places)
{
	all = (struct children){ 0 };
	for (size_t i = 0; i < COUNT(order); i++)
		all.child[order[i]] = (struct child){ .state = CHILD_SERVING, .pid = 1, .is_old = true };
	for (unsigned int i = 0; i < places; i++)
		all.child[SLOT_WORKER + i] = i < workers ?
		    (struct child){ .state = CHILD_SERVING, .pid = 1, .is_old = true } :
		    (struct child){ .state = CHILD_SPARE };
}

/* Who serves, who takes connections. */
static unsigned int
count(bool only_old)
{
	unsigned int n = 0;

	for (unsigned int slot = SLOT_WORKER; slot < SLOTS; slot++)
		n += all.child[slot].state == CHILD_SERVING && (!only_old || all.child[slot].is_old);
	return n;
}

/* Something happens by itself: one that starts serves, one that was told to leave has left. */
static bool
happen(void)
{
	unsigned int at[SLOTS], n = 0;
	struct child *child;

	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (all.child[slot].state == CHILD_STARTING || all.child[slot].state == CHILD_ENDING ||
		    all.child[slot].state == CHILD_DRAINING)
			at[n++] = slot;
	if (n == 0)
		return false;
	n = at[choose(n)];
	child = &all.child[n];
	if (child->state == CHILD_STARTING)
		child->state = CHILD_SERVING;
	else if (child->state == CHILD_ENDING)
		*child = (struct child){ .state = CHILD_STARTING, .pid = 2 };
	else
		*child = (struct child){ .state = CHILD_SPARE };
	return true;
}

static void
obey(enum roll_step step, unsigned int slot)
{
	struct child *child = &all.child[slot];

	if (step == ROLL_QUIT) {
		CHECK(child->is_old && child->state == CHILD_SERVING && slot < SLOT_WORKER);
		child->state = CHILD_ENDING;
	} else if (step == ROLL_DRAIN) {
		CHECK(child->is_old && child->state == CHILD_SERVING && slot >= SLOT_WORKER);
		child->state = CHILD_DRAINING;
	} else {
		CHECK(step == ROLL_START && child->state == CHILD_SPARE && slot >= SLOT_WORKER);
		*child = (struct child){ .state = CHILD_STARTING, .pid = 2 };
	}
}

static unsigned int
away(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < COUNT(order); i++)
		n += all.child[order[i]].state != CHILD_SERVING;
	return n;
}

static void
play(unsigned int workers, unsigned int places)
{
	unsigned int least = workers > 1 && places == workers ? workers - 1 : workers, steps = 0;

	begin(workers, places);
	for (;;) {
		unsigned int slot = SLOTS;
		enum roll_step step = roll_next(&all, order, COUNT(order), workers, &slot);

		if (step == ROLL_OVER || steps++ > 1000)
			break;
		if (step == ROLL_WAIT)
			CHECK(happen());
		else
			obey(step, slot);
		CHECK(away() <= 1);
		CHECK(count(false) >= least);
		CHECK(away() == 0 || count(true) == workers);	/* the single ones first */
		if (choose(3) == 0)
			(void)happen();
	}
	CHECK(steps < 1000);
	CHECK(count(true) == 0 && count(false) == workers);
	for (size_t i = 0; i < COUNT(order); i++)
		CHECK(!all.child[order[i]].is_old);
}

/* A worker alone, without a place for another, is not given up for one that is not there. */
static void
check_alone(void)
{
	unsigned int slot;

	begin(1, 1);
	for (size_t i = 0; i < COUNT(order); i++)
		all.child[order[i]].is_old = false;
	CHECK(roll_next(&all, order, COUNT(order), 1, &slot) == ROLL_WAIT);
}

int
main(void)
{
	for (unsigned int workers = 1; workers <= MSG_WORKERS; workers++)
		for (unsigned int places = workers > 1 ? workers : 2; places <= MSG_WORKERS; places++)
			for (chance = 1; chance < 20; chance++)
				play(workers, places);
	check_alone();
	return check_end();
}
