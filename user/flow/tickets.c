/*
 * tickets.c: which sessions of TLS are taken up again.
 * Only where nobody logs in: a login may be bound to a certificate that is shown (RFC 5929). A skill's is bound to the run of
 * the skill, the target, the address it has dialled and the policy; one to the backend to that address and what was offered to
 * it. Whatever a session saves, everything else is as ever: the flow is judged, entered and counted, and the backend is
 * dialled, and is who it must be, before the skill is answered.
 */
#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"
#include "msg/post.h"

#define AGAIN_NS (10 * SECOND_NS)	/* where the keeper does not answer */
#define BOND_MAX 1024

static void
ask(void *arg)
{
	struct worker *worker = arg;

	(void)post_send(worker->post, SLOT_KEEPER, MSG_TICKET_KEYS, 0, span_of(NULL, 0), -1);
	must(loop_set(worker->loop, &worker->tickets, AGAIN_NS, ask, worker) == 0);
}

void
tickets_begin(struct worker *worker)
{
	ask(worker);
}

bool
tickets_hear(struct worker *worker, struct span body)
{
	uint32_t seconds;

	if (!take_be32(&body, &seconds) || body.n % TLS_TICKET_KEY)
		return false;
	if (tls_tickets(body) == 0)	/* else those from before are used, and it is asked again soon */
		must(loop_set(worker->loop, &worker->tickets, seconds * SECOND_NS, ask, worker) == 0);
	return true;
}

void
flow_resume(struct flow *flow, enum wire_side side)
{
	const struct view_target *target = &flow->policy->view->targets[flow->target];
	const struct abi_origin *origin = &flow->who.origin;
	struct out bond = out_new(BOND_MAX);

	if (flow->codec->has_login || !target->resumes)
		return;
	out_block(&bond, span_text(flow->target_name));
	out_bytes(&bond, origin->ip, sizeof(origin->ip));
	out_be16(&bond, origin->port);
	if (side == WIRE_CLIENT) {
		msg_put_id(&bond, &flow->who.session);
		out_block(&bond, span_text(flow->who.skill));
		out_be32(&bond, flow->policy->view->head.epoch);
	} else {
		out_block(&bond, span_text(flow_greet_offers(flow)));
	}
	if (!bond.failed)
		tls_resume(flow->legs[side].tls, out_view(&bond));
	out_free(&bond);
}
