/*
 * drain.c: the end of a worker that another one has taken the place of.
 * It shuts its doors (the listeners stay, with others), serves the flows it has, and quits when the last of
 * them has ended and all it entered is kept. Flows that have not ended in time are told so and ended.
 */
#include "accept/accept.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "flow/flow.h"

#define LOOK_NS (50 * MILLISECOND_NS)
#define LAST_WORDS_NS (5 * SECOND_NS)	/* as long as a flow may take to close */

static const char late[] = "its worker was replaced by an upgrade, and it had not ended in time";

static void
end_all(struct worker *worker)
{
	struct flow *flow = worker->flows;

	while (flow) {
		struct flow *after = flow->after;

		if (flow->codec && flow->state != FLOW_CLOSING)
			flow_farewell(flow, REFUSAL_INTERNAL, late);
		else if (!flow->codec)
			flow_end(flow, late);
		flow = after;
	}
}

static void
look(void *arg)
{
	struct worker *worker = arg;
	uint64_t now = clock_mono();
	bool idle = !worker->flows && !worker->errands && scribe_open(worker->scribe) == 0;

	if (idle || now > worker->drain_until + LAST_WORDS_NS) {
		loop_stop(worker->loop, 0);
		return;
	}
	if (now > worker->drain_until)
		end_all(worker);
	must(loop_set(worker->loop, &worker->drain, LOOK_NS, look, worker) == 0);
}

void
drain_begin(struct worker *worker, unsigned int seconds)
{
	if (worker->drain_until)
		return;
	worker->drain_until = clock_mono() + seconds * SECOND_NS;
	doors_free(&worker->doors);
	log_info("replaced: %u flows go on for %u s at most", worker->count, seconds);
	look(worker);
}
