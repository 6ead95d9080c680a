/*
 * cancel.c: a skill, or whoever stops it, wants its running statement cancelled.
 * What it holds is the backend's process, which clients compare with what the server
 * says of it (pg_backend_pid(), who notified whom, who waits for whom), and a random
 * key of ours. The request may reach any worker; if the flow is another's, all others
 * are asked, and the owner sends the backend's own key on a connection of its own.
 * Only the key's holder can cancel, and only that flow.
 * What is still judged here is refused; what is about to go upstream is followed there,
 * and so is a question for names, which waits where the ask itself would.
 * The request goes in plain, as libpq before 17 sends it; the key is worth one cancel.
 */
#include "flow/flow.h"
#include "msg/post.h"
#include "record/record.h"

static int
enter_cancel(struct flow *flow, const char *why)
{
	struct record_flow record = flow_record(flow);
	struct id turn = flow_make_id(flow->worker, ID_TURN);
	struct verdict allowed = { .kind = VERDICT_ALLOW, .why = span_text(why) };
	struct record_ask ask = { .turn = &turn, .phase = "cancel", .verdict = &allowed };

	return record_ask(&record, &ask, NULL);
}

void
flow_cancel_upstream(struct flow *flow, const char *why)
{
	struct out message = out_new(512);

	if (flow->codec && flow->state == FLOW_OPEN &&
	    flow->codec->cancel(flow->codec_state, &message) && enter_cancel(flow, why) == 0)
		errand_send(flow, &message);
	else
		out_free(&message);
}

void
flow_cancel_running(struct flow *flow, const char *why)
{
	if (flow->ask.state == ASK_HELD) {	/* it runs nowhere yet */
		flow_ask_leave(flow);
		flow_refuse_ask(flow, REFUSAL_CANCELLED);
	} else if (flow->ask.state != ASK_NONE && flow->ask.state != ASK_NAMES && !flow->turns) {
		flow->ask.cancelled = why;
	} else {
		flow_cancel_upstream(flow, why);
	}
}

bool
flow_cancel(struct worker *worker, const struct wire_cancel *cancel)
{
	struct flow *flow = worker->flows;

	while (flow && !(flow->codec && flow->codec_state && flow->codec->holds_key &&
	    flow->codec->holds_key(flow->codec_state, cancel)))
		flow = flow->after;
	if (flow)
		flow_cancel_running(flow, "the holder of a flow's key may cancel it");
	return flow != NULL;
}

void
flow_hear_cancel(struct worker *worker, struct span body)
{
	struct wire_cancel cancel = { .pid = span_be32(body, 0), .key.n = body.p[4] };

	memcpy(cancel.key.p, body.p + 5, sizeof(cancel.key.p));
	(void)flow_cancel(worker, &cancel);
}

bool
flow_unit_cancel(struct flow *flow, const struct wire_event *event)
{
	const struct wire_cancel *cancel = &event->cancel;
	struct worker *worker = flow->worker;
	struct out body = out_new(64);

	if (flow_cancel(worker, cancel))
		return true;
	out_be32(&body, cancel->pid);
	out_u8(&body, cancel->key.n);
	out_span(&body, span_of(cancel->key.p, sizeof(cancel->key.p)));
	if (!body.failed)
		(void)post_send(worker->post, SLOT_WARDEN, MSG_CANCEL, 0, out_view(&body), -1);
	out_free(&body);
	return true;
}
