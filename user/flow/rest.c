/*
 * rest.c: a flow that does nothing gives back the room of its empty buffers.
 * Skills keep connections open for hours and ask now and then; what a login and the
 * first questions have needed would stay with each. The flows are looked at once in
 * a while, so that a busy one pays nothing for it: only who was not stirred between
 * two looks rests, and takes new room when it goes on. Where many come to rest at once,
 * what their beginnings needed lies free between what they keep: the system gets that, too.
 * syscalls(worker): madvise
 */
#include <malloc.h>

#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"

#define LOOK_NS SECOND_NS
#define MANY 64		/* flows; to look through all free memory takes milliseconds */

static void
give_back(struct out *out)
{
	if (out->n == 0 && !out->failed)
		out_free(out);
}

static void
rest(struct flow *flow)
{
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct leg *leg = &flow->legs[side];

		if (leg->used == 0)
			give_back(&leg->in);
		give_back(&leg->cipher);
		give_back(&flow->to[side]);
	}
	if (flow->ask.state == ASK_NONE)
		give_back(&flow->ask.acts);
	flow->rests = true;
}

static void
look(void *arg)
{
	struct worker *worker = arg;
	unsigned int rested = 0;

	for (struct flow *flow = worker->flows; flow; flow = flow->after) {
		if (flow->stirred)
			flow->stirred = flow->rests = false;
		else if (!flow->rests && !flow->ended) {
			rest(flow);
			rested++;
		}
	}
	if (rested >= MANY)
		malloc_trim(0);
	if (worker->flows)
		flow_rest_begin(worker);
}

void
flow_rest_begin(struct worker *worker)
{
	if (!worker->resting.place)
		must(loop_set(worker->loop, &worker->resting, LOOK_NS, look, worker) == 0);
}
