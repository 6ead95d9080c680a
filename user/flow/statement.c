/*
 * statement.c: what a statement of SQL means.
 * Its shape is looked up; a new one goes to the grammar. Names that are not known are
 * asked of the catalogue by an own turn on this very flow, so that they mean what they
 * mean to the skill. What goes upstream may move them for what comes behind it.
 */
#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "flow/flow.h"
#include "msg/post.h"

/* ---- its shape ------------------------------------------------------------------------ */

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

static void
begin(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	const char *why = opaque(flow, &pending->no);

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

/* ---- its names ------------------------------------------------------------------------ */

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

/* ---- what it does ----------------------------------------------------------------------- */

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

static struct span
masked(struct flow *flow)
{
	return flow_masked(flow, flow->ask.ask.text);
}

/* ---- what cannot be done, whatever the rules ------------------------------------------- */

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

static const char *
hinder(struct flow *flow, enum refusal *no)
{
	const struct pending *pending = &flow->ask;

	*no = REFUSAL_LIMIT;
	if (pending->verdict.kind == VERDICT_HOLD && has_cut_value(&pending->ask))
		return "a value too large to be shown to people";
	*no = REFUSAL_FORMAT;
	return is_unmaskable(flow) ? "a COPY whose rows cannot be masked in this form" : NULL;
}

/* The login has shown the credential. */
static bool
is_ready(struct flow *flow)
{
	(void)flow;
	return true;
}

/* ---- upstream ------------------------------------------------------------------------- */

static bool
begin_turn(struct flow *flow, struct turn *turn)
{
	turn->analysis = sql_hold(flow->ask.analysis);
	turn->names = flow->ask.names;
	flow->ask.names = NULL;
	return turn->names != NULL;
}

/* May names mean something else behind this ask? The end of a transaction only takes back what was done in it. */
static bool
moves_names(struct flow *flow)
{
	const struct sql_nature *nature = &flow->ask.nature;

	if (nature->ends && nature->statements == 1)
		return flow->names_at_risk;
	flow->names_at_risk |= nature->moves_names;
	return nature->moves_names || nature->ends;
}

static void
pass(struct flow *flow, const struct wire_event *event, struct span unit)
{
	flow->codec->copy_form(flow->codec_state, sql_copy_form(flow->ask.analysis));
	flow->codec->pass(flow->codec_state, WIRE_CLIENT, unit, flow->to);
	if (flow->ask.cancelled)
		flow_cancel_upstream(flow, flow->ask.cancelled);
	sql_catalogue_sent(flow->names, flow->ask.analysis, flow->ask.ask.text);
	flow->last_passed = event->turn;
	if (moves_names(flow))
		flow_names_moved(flow);
}

/* An answer that came meanwhile may have ended what this ask would run: then it is judged anew. */
static bool
is_same(const struct flow *flow, const struct wire_event *event)
{
	return event->n == flow->ask.n && event->ask.phase == flow->ask.phase &&
	    span_equal(event->ask.text, flow->ask.ask.text);
}

const struct meaning meaning_statement = {
	.begin = begin, .explain = explain, .masked = masked, .hinder = hinder,
	.is_ready = is_ready, .is_same = is_same, .begin_turn = begin_turn, .pass = pass,
};
