/*
 * retry.c: requests that do not wait for people.
 * Where a rule says so, one that is held is answered at once, with the hold's id; the hold
 * stays. Asked again exactly as it was, by the same session, it is told the same while
 * nobody has decided; goes through, once, when it was approved; and is refused when a
 * person has said no. So the broker is asked first how the same hold stands, and the
 * ask is entered under its id.
 */
#include "flow/flow.h"

bool
flow_asks_again(const struct flow *flow)
{
	const struct pending *pending = &flow->ask;

	return pending->phase == PHASE_REQUEST &&
	    (pending->verdict.answer == ANSWER_RETRY || pending->verdict.answer == ANSWER_RETRY_202);
}

void
flow_retry_ask(struct flow *flow)
{
	flow_park(flow, ASK_STANDING);
	if (approve_ask_earlier(flow->worker->post, flow_request(flow), &flow->ask.card, false))
		flow_refuse_ask(flow, REFUSAL_INTERNAL);
}

void
flow_retry_hear(struct flow *flow, const struct approve_answer *answer)
{
	struct pending *pending = &flow->ask;

	pending->knows_standing = true;
	pending->standing = answer->standing;
	if (answer->standing != STANDING_NONE)
		pending->hold = answer->hold;
	flow_ask_hold(flow);
}

void
flow_retry_go(struct flow *flow)
{
	switch (flow->ask.standing) {
	case STANDING_WAITS:
		flow_refuse_ask(flow, REFUSAL_HOLD_WAITS);
		return;
	case STANDING_DENIED:
		flow_refuse_ask(flow, REFUSAL_HOLD_DENIED);
		return;
	default:
		flow_ask_open_hold(flow);	/* told when the broker has entered it */
	}
}

bool
flow_hear_stands(struct worker *worker, struct span body)
{
	struct flow *flow;
	struct id hold;

	if (!approve_hear_stands(body, &hold))
		return false;
	flow = flow_find_held(worker, &hold);
	if (flow && flow_asks_again(flow))
		flow_refuse_ask(flow, REFUSAL_HOLD_WAITS);
	return true;
}
