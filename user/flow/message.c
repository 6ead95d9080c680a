/*
 * message.c: what goes over a WebSocket.
 * A message of the skill is an ask of its own, judged and entered as one; nothing
 * answers it, so that its turn ends when it is passed. A message of the backend belongs
 * to the turn that opened the way, which ends with the last of them. Each is masked by
 * itself: as JSON where it is that, else as text; what is neither cannot be looked into.
 */
#include "flow/flow.h"

void
flow_message_pass(struct flow *flow, struct turn *turn, struct span unit)
{
	struct wire_event done = { .done = { .turn = turn->number, .tag = SPAN("sent"), .is_last = true } };

	turn->bytes_in += unit.n;
	flow->codec->pass(flow->codec_state, WIRE_CLIENT, unit, flow->to);
	(void)flow_unit_done(flow, &done);
}

/* Each message is looked into anew: a secret or a value is not spread over two. */
static bool
begin(struct flow *flow, struct turn *turn, enum mask_form form)
{
	mask_body_free(&turn->body);
	if (turn->has_bodies && mask_body_new(&turn->body, turn->policy->masks, turn->masks, form))
		return false;
	if (!turn->echo)
		return true;
	inject_echo_free(&turn->echo);
	return inject_echo_new(&turn->echo, inject_secrets(flow->inject)) == 0;
}

static uint8_t
first_of(struct span text)
{
	while (text.n && (text.p[0] == ' ' || text.p[0] == '\t' || text.p[0] == '\n' || text.p[0] == '\r'))
		text = span_skip(text, 1);
	return text.n ? text.p[0] : 0;
}

/* An object must be one, since its fields may have masks; a list may be another thing in brackets. */
static bool
look_into_text(struct flow *flow, struct turn *turn, struct span *bytes, struct out rooms[FLOW_ROOMS])
{
	uint8_t first = first_of(*bytes);
	struct mask_tally tally = turn->tally;
	struct span text = *bytes;

	if ((first == '{' || first == '[' || first == '"') && begin(flow, turn, MASK_FORM_JSON) &&
	    flow_look_into(flow, turn, true, bytes, rooms))
		return true;
	if (first == '{')
		return false;
	turn->tally = tally;
	*bytes = text;
	return begin(flow, turn, MASK_FORM_TEXT) && flow_look_into(flow, turn, true, bytes, rooms);
}

/* Pings come back as they are, so that they are what they were unless there is something to hide. */
static bool
look_into_control(struct flow *flow, struct turn *turn, struct span *bytes, struct out rooms[FLOW_ROOMS])
{
	static struct out masked;

	masked.limit = FLOW_OUT_BYTES;
	out_clear(&masked);
	if (turn->has_bodies && mask_text(turn->policy->masks, turn->masks, *bytes, &masked, &turn->tally) != MASK_KEPT)
		*bytes = out_view(&masked);
	if (masked.failed || !begin(flow, turn, MASK_FORM_TEXT))
		return false;
	mask_body_free(&turn->body);
	return flow_look_into(flow, turn, true, bytes, rooms);
}

static bool
look_into_binary(struct flow *flow, struct turn *turn, struct span *bytes, struct out rooms[FLOW_ROOMS])
{
	if (turn->has_bodies && flow->policy->view->targets[flow->target].unparsable != UNPARSABLE_REDACT)
		return false;
	if (!begin(flow, turn, MASK_FORM_TEXT))
		return false;
	mask_body_free(&turn->body);
	if (turn->has_bodies)
		*bytes = SPAN("[redacted]");
	return flow_look_into(flow, turn, true, bytes, rooms);
}

static bool
look_into(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span *bytes, struct out rooms[FLOW_ROOMS])
{
	if (bytes->n == 0)
		return true;
	switch (event->body.channel) {
	case CHANNEL_TEXT:
		return look_into_text(flow, turn, bytes, rooms);
	case CHANNEL_BINARY:
		return look_into_binary(flow, turn, bytes, rooms);
	default:
		return look_into_control(flow, turn, bytes, rooms);
	}
}

bool
flow_message_body(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span unit)
{
	static struct out rooms[FLOW_ROOMS];	/* of one message, without what is masked: no secret */
	size_t from = flow->to[WIRE_CLIENT].n;
	struct span bytes = event->body.bytes;

	turn->rows += event->body.channel != CHANNEL_CONTROL;
	if (!turn->has_bodies && !turn->echo) {
		flow->codec->pass(flow->codec_state, WIRE_SERVER, unit, flow->to);
	} else if (look_into(flow, turn, event, &bytes, rooms)) {
		flow->codec->put(flow->codec_state, WIRE_SERVER, unit, bytes, flow->to);
	} else {
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT, "a message that cannot be looked into, where masks apply");
	}
	mask_body_free(&turn->body);
	for (int i = 0; i < FLOW_ROOMS; i++)
		if (rooms[i].room > FLOW_UNIT_BYTES)
			out_free(&rooms[i]);
	flow_answer_sent(flow, turn, from);
	return true;
}
