/*
 * hasten.c: an ask that does not end.
 * An ask is judged once it is here whole. But a client may stop in the middle of its
 * body to hear an answer first, as gRPC's streams do: both would wait for ever. So where
 * nobody told how long an ask is, and nothing more of it has come for a while, it is
 * judged as far as it is here; what is not, nobody has seen, and rules take it so.
 * The while is short for clients that are known for it: long enough that what was sent
 * in one go is here, so that a call with one message is still judged whole.
 */
#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"

#define DIALOGUE_NS (20 * MILLISECOND_NS)
#define OPEN_NS SECOND_NS

static void
hasten(void *arg)
{
	struct flow *flow = arg;

	if (!flow->ended && flow->state == FLOW_OPEN && flow->ask.state == ASK_NONE &&
	    flow->codec->hasten(flow->codec_state))
		flow_pump(flow);
}

void
flow_hunger(struct flow *flow, const struct wire_event *event)
{
	uint64_t patience = event->hunger == HUNGER_DIALOGUE ? DIALOGUE_NS : OPEN_NS;

	if (event->hunger == HUNGER_PLAIN || flow->state != FLOW_OPEN || !flow->codec->hasten)
		return;
	if (flow->hasten.place && flow->hungry_for == event->need)
		return;	/* nothing came since */
	flow->hungry_for = event->need;
	must(loop_set(flow->worker->loop, &flow->hasten, patience, hasten, flow) == 0);
}
