/*
 * ask.c: from a unit of the codec to a verdict.
 * The ask is copied, since answers to earlier turns go on while it waits. Its shape
 * is looked up; a new one goes to the grammar. Names that are not known are asked of
 * the catalogue by an own turn on this very flow, so that they mean what they mean to
 * the skill. Then everything is known, and decide/ judges. Whatever cannot be found
 * out leaves an unknown effect, which is denied unless a rule names it.
 */
#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "decide/decide.h"
#include "flow/flow.h"
#include "msg/post.h"

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
	    copy_values(flow->scratch, &pending->ask);
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

/* ---- what does it mean --------------------------------------------------------------- */

static bool
has_setting(struct flow *flow, const char *name, const char *expected)
{
	struct span value = flow->codec->setting(flow->codec_state, name);

	return value.n == 0 || span_is(value, expected);
}

/* Why the text cannot be understood at all, or NULL; *no: what to say where that is denied. */
static const char *
opaque(struct flow *flow, enum refusal *no)
{
	const struct wire_ask *ask = &flow->ask.ask;

	*no = REFUSAL_POLICY;
	if (ask->phase == PHASE_FUNCTION && !ask->is_too_large)
		return "a function call by its number";
	if (ask->phase == PHASE_REPLICATION)
		return "replication";
	if ((ask->phase == PHASE_EXECUTE || ask->phase == PHASE_BIND) && !ask->text.p && !ask->is_too_large)
		return "the statement behind this portal is not known";
	if (ask->phase == PHASE_EXECUTE && ask->bound < flow->moved_turn)
		return "what its names mean may have changed since it was bound";
	*no = REFUSAL_LIMIT;
	if (ask->is_too_large)
		return "a message longer than the limit";
	if (ask->text.n > SQL_TEXT_LIMIT)
		return "a statement longer than the limit";
	*no = REFUSAL_ENCODING;
	if (!has_setting(flow, "standard_conforming_strings", "on"))
		return "standard_conforming_strings is off";
	if (!has_setting(flow, "client_encoding", "UTF8"))
		return "the client's encoding is not UTF-8";
	*no = REFUSAL_POLICY;
	return NULL;
}

static int
ask_grammar(struct flow *flow)
{
	struct span text = flow->ask.ask.text;
	struct out body = out_new(text.n + 4);
	int error;

	out_block(&body, text);
	error = body.failed ? -ENOMEM : post_send(flow->worker->post, SLOT_GRAMMAR,
	    MSG_PARSE, flow_request(flow), out_view(&body), -1);
	out_free(&body);
	return error;
}

void
flow_ask_begin(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	const char *why;

	if (!policy_is_whole(flow->worker)) {
		flow_park(flow, ASK_POLICY);
		return;
	}
	if (!flow_renew_policy(flow)) {
		flow_farewell(flow, REFUSAL_POLICY, "the policy no longer has this target");
		return;
	}
	pending->values = NULL;	/* masks may be others than when it was last judged */
	why = opaque(flow, &pending->no);
	pending->analysis = why ? sql_unknown(why) :
	    sql_look(flow->worker->shapes, pending->ask.text);
	if (pending->analysis) {
		flow_ask_names(flow);
		return;
	}
	flow_park(flow, ASK_GRAMMAR);
	if (why || ask_grammar(flow))
		flow_farewell(flow, REFUSAL_INTERNAL, "the grammar cannot be asked");
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

bool
flow_hear_analysis(struct worker *worker, const struct msg_head *head, struct span body)
{
	struct flow *flow = flow_asked(worker, head->id);
	struct pending *pending;
	uint32_t status;

	if (!take_be32(&body, &status))
		return false;
	if (!flow || flow->ask.state != ASK_GRAMMAR)
		return true;
	pending = &flow->ask;
	pending->analysis = status ? sql_unknown("the grammar could not parse it") :
	    sql_learn(worker->shapes, pending->ask.text, body);
	if (!pending->analysis) {
		flow_end(flow, "the grammar's answer was not understood");
		return false;
	}
	flow_ask_names(flow);
	return true;
}

void
flow_names_moved(struct flow *flow)
{
	sql_catalogue_clear(flow->names);
	flow->moved_turn = flow->last_passed;
	flow->names_forgotten = true;
}

void
flow_ask_names(struct flow *flow)
{
	struct out question = out_new(FLOW_UNIT_BYTES);
	uint64_t now = clock_mono();
	bool wanted, asked;

	if (now - flow->names_since > FLOW_NAMES_NS) {
		sql_catalogue_clear(flow->names);
		flow->names_since = now;
	}
	flow->names_forgotten = false;
	wanted = sql_catalogue_ask(flow->names, flow->ask.analysis, &question);
	asked = wanted && !question.failed &&
	    flow->codec->own_turn(flow->codec_state, out_view(&question), flow->to);
	out_free(&question);
	if (asked) {
		flow_park(flow, ASK_NAMES);
		if (!flow->pumping)
			flow_flush(flow);
		return;
	}
	if (wanted)
		flow_ask_nameless(flow);
	else
		flow_ask_judge(flow);
}

void
flow_ask_nameless(struct flow *flow)
{
	struct pending *pending = &flow->ask;

	sql_drop(&pending->analysis);
	pending->analysis = sql_unknown("the catalogue could not be asked what its names mean");
	if (!pending->analysis)
		flow_farewell(flow, REFUSAL_INTERNAL, "no memory for an ask");
	else
		flow_ask_judge(flow);
}

/* ---- what cannot be done, whatever the rules ------------------------------------------- */

/* Deny it, and say what the limit is rather than that policy refused. */
static void
deny_as(struct pending *pending, enum refusal no, struct span why)
{
	pending->verdict.kind = VERDICT_DENY;
	pending->verdict.why = why;
	pending->no = no;
}

static bool
has_cut_value(const struct wire_ask *ask)
{
	for (size_t i = 0; i < ask->value_count; i++)
		if (ask->values[i].cut)
			return true;
	return false;
}

/* Rows that nobody can take apart are not given where any of them might be masked. */
static bool
is_unmaskable(const struct flow *flow)
{
	const struct pending *pending = &flow->ask;

	return pending->nature.is_copy_out && pending->phase != PHASE_PARSE &&
	    sql_copy_form(pending->analysis)->format == WIRE_COPY_OPAQUE &&
	    flow_may_mask(flow, &pending->verdict, pending->analysis);
}

/* ---- the verdict -------------------------------------------------------------------------- */

static bool
explain(struct flow *flow)
{
	struct pending *pending = &flow->ask;

	pending->nature = sql_nature(pending->analysis);
	sql_catalogue_free(&pending->names);
	pending->names = sql_catalogue_share(flow->names);
	if (!pending->names || sql_explain(pending->analysis, flow->names, pending->ask.text, flow->scratch,
	    &pending->action))
		return false;
	pending->action.commits = pending->nature.commits;
	pending->action.in_transaction = pending->ask.transaction == 'T' &&
	    !pending->nature.ends;
	return true;
}

void
flow_ask_judge(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct verdict *verdict = &pending->verdict;

	if (!explain(flow)) {
		flow_farewell(flow, REFUSAL_INTERNAL, "no memory to explain an ask");
		return;
	}
	if (stops_cover(flow->worker, flow)) {
		flow_farewell(flow, REFUSAL_STOPPED, "stopped by an operator");
		return;
	}
	decide_judge(flow->policy->view, span_text(flow->who.skill), flow->target,
	    &pending->action, pending->why, verdict);
	if (verdict->kind != VERDICT_DENY && is_unmaskable(flow))
		deny_as(pending, REFUSAL_FORMAT, SPAN("a COPY whose rows cannot be masked in this form"));
	if (pending->ask.is_too_large)
		deny_as(pending, REFUSAL_LIMIT, SPAN("a message longer than the limit"));
	if (verdict->kind == VERDICT_HOLD && has_cut_value(&pending->ask))
		deny_as(pending, REFUSAL_LIMIT, SPAN("a value too large to be shown to people"));
	if (pending->cancelled)
		deny_as(pending, REFUSAL_CANCELLED, SPAN("cancelled before it was run"));
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
