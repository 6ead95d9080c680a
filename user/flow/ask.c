/*
 * ask.c: from a unit of the codec to a verdict.
 * The ask is copied, since answers to earlier turns go on while it waits. What it means
 * is found out by the kind of protocol (statement.c, request.c). Then everything is
 * known, and decide/ judges. Whatever cannot be found out leaves an unknown effect,
 * which is denied unless a rule names it.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/must.h"
#include "decide/decide.h"
#include "flow/flow.h"

/* ---- copying what the codec said ---------------------------------------------- */

static bool
copy_span(struct arena *arena, struct span *in)
{
	struct span copy;

	if (!in->n)
		return true;
	copy = arena_copy(arena, *in);
	*in = copy;
	return copy.p != NULL;
}

static bool
copy_values(struct arena *arena, struct wire_ask *ask)
{
	size_t n = ask->value_count;
	struct wire_field *values;
	uint32_t *types;

	if (!n)
		return true;
	values = arena_take(arena, n * sizeof(*values));
	types = arena_take(arena, n * sizeof(*types));
	if (!values || !types)
		return false;
	for (size_t i = 0; i < n; i++) {
		values[i] = ask->values[i];
		if (!copy_span(arena, &values[i].bytes))
			return false;
		types[i] = ask->value_types ? ask->value_types[i] : 0;
	}
	ask->values = values;
	ask->value_types = types;
	return true;
}

static bool
copy_pairs(struct arena *arena, const struct wire_pair **pairs, size_t n)
{
	struct wire_pair *copies = arena_take(arena, (n + 1) * sizeof(*copies));

	for (size_t i = 0; copies && i < n; i++) {
		copies[i] = (*pairs)[i];
		if (!copy_span(arena, &copies[i].name) || !copy_span(arena, &copies[i].value))
			return false;
	}
	*pairs = copies;
	return copies != NULL;
}

static bool
copy_request(struct arena *arena, struct wire_request *request)
{
	return copy_span(arena, &request->method) && copy_span(arena, &request->scheme) &&
	    copy_span(arena, &request->host) && copy_span(arena, &request->path) &&
	    copy_span(arena, &request->query) && copy_span(arena, &request->body) &&
	    copy_pairs(arena, &request->headers, request->header_count) &&
	    copy_pairs(arena, &request->trailers, request->trailer_count);
}

static bool
copy_ask(struct flow *flow, const struct wire_event *event)
{
	struct pending *pending = &flow->ask;

	flow_ask_clear(flow);
	pending->ask = event->ask;
	pending->phase = event->ask.phase;
	pending->n = event->n;
	pending->parked = clock_mono();
	pending->turn = flow_make_id(flow->worker, ID_TURN);
	return copy_span(flow->scratch, &pending->ask.text) &&
	    copy_span(flow->scratch, &pending->ask.name) &&
	    copy_span(flow->scratch, &pending->ask.result_formats) &&
	    copy_values(flow->scratch, &pending->ask) &&
	    ((pending->phase != PHASE_REQUEST && pending->phase != PHASE_MESSAGE) ||
	    copy_request(flow->scratch, &pending->ask.request));
}

void
flow_ask_clear(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct out acts = pending->acts;

	sql_drop(&pending->analysis);
	sql_catalogue_free(&pending->names);
	out_clear(&acts);
	*pending = (struct pending){ .acts = acts };
	loop_unset(flow->worker->loop, &flow->calm);
	loop_unset(flow->worker->loop, &flow->retry);
	loop_unset(flow->worker->loop, &flow->hasten);
	flow_park(flow, ASK_NONE);
	arena_clear(flow->scratch);
}

/* ---- policy may have changed ------------------------------------------------------ */

/* Go over to the policy in force. False: this target is not in it any more. */
bool
flow_renew_policy(struct flow *flow)
{
	struct policy *now = flow->worker->policy;

	if (now == flow->policy)
		return true;
	if (!now || !now->masks)
		return false;
	for (uint32_t i = 0; i < now->view->target_count; i++) {
		if (strcmp(now->view->targets[i].name, flow->target_name) != 0)
			continue;
		policy_drop(&flow->policy);
		flow->policy = policy_hold(now);
		flow->target = i;
		return true;
	}
	return false;
}

/* ---- what does it mean ---------------------------------------------------------------- */

void
flow_ask_begin(struct flow *flow)
{
	if (!policy_is_whole(flow->worker)) {
		flow_park(flow, ASK_POLICY);
		return;
	}
	if (!flow_renew_policy(flow)) {
		flow_farewell(flow, REFUSAL_POLICY, "the policy no longer has this target");
		return;
	}
	flow->ask.values = NULL;	/* masks may be others than when it was last judged */
	flow->meaning->begin(flow);
}

bool
flow_unit_ask(struct flow *flow, const struct wire_event *event)
{
	if (!copy_ask(flow, event)) {
		flow_farewell(flow, REFUSAL_LIMIT, "an ask larger than the flow's memory");
		return false;
	}
	flow_ask_begin(flow);
	return true;
}

/* ---- what cannot be done, whatever the rules ------------------------------------------- */

/* Deny it, and say what the limit is rather than that policy refused. */
static void
deny_as(struct pending *pending, enum refusal no, const char *why)
{
	pending->verdict.kind = VERDICT_DENY;
	pending->verdict.why = span_text(why);
	pending->no = no;
}

/* ---- the verdict -------------------------------------------------------------------------- */

void
flow_ask_judge(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct verdict *verdict = &pending->verdict;
	const char *hindrance;
	enum refusal no;

	if (!flow->meaning->explain(flow)) {
		flow_farewell(flow, REFUSAL_INTERNAL, "no memory to explain an ask");
		return;
	}
	if (stops_cover(flow->worker, flow)) {
		flow_farewell(flow, REFUSAL_STOPPED, "stopped by an operator");
		return;
	}
	decide_judge(flow->policy->view, span_text(flow->who.skill), flow->target,
	    &pending->action, pending->why, verdict);
	if (verdict->kind != VERDICT_DENY) {
		hindrance = flow->meaning->hinder(flow, &no);
		if (hindrance)
			deny_as(pending, no, hindrance);
	}
	if (pending->ask.is_too_large)
		deny_as(pending, REFUSAL_LIMIT, "a message longer than the limit");
	if (pending->cancelled)
		deny_as(pending, REFUSAL_CANCELLED, "cancelled before it was run");
	/* preparing is no harm in itself; a portal that goes on was released before */
	if (verdict->kind == VERDICT_HOLD &&
	    (pending->phase == PHASE_PARSE || pending->ask.continues))
		flow_ask_allow(flow);
	else if (verdict->kind == VERDICT_HOLD)
		flow_ask_hold(flow);
	else if (verdict->kind == VERDICT_ALLOW)
		flow_ask_allow(flow);
	else
		flow_ask_deny(flow);
}
