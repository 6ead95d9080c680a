/*
 * request.c: what a request of HTTP means, and how it goes upstream.
 * facts/http says what it does; shown.c how people and the ledger see it. The credential
 * is put in at the last moment, in place of whatever the skill shows.
 */
#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/must.h"
#include "facts/http/http.h"
#include "flow/flow.h"
#include "inject/inject.h"

static const struct view_target *
target_of(const struct flow *flow)
{
	return &flow->policy->view->targets[flow->target];
}

/* Over a channel that a request has opened. */
static bool
is_message(const struct pending *pending)
{
	return pending->phase == PHASE_MESSAGE;
}

/* ---- what it means ------------------------------------------------------------------------- */

static void
begin(struct flow *flow)
{
	flow->ask.plain = flow_rpc_plain(flow, &flow->ask.ask.request);
	if (flow_write_down(flow))
		flow_ask_judge(flow);
	else
		flow_farewell(flow, REFUSAL_LIMIT, "a request larger than the flow's memory");
}

static bool
explain(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct wire_request request = pending->ask.request;

	pending->no = REFUSAL_POLICY;
	request.body = pending->plain;
	if (http_explain(target_of(flow), &request, flow->scratch, &pending->action))
		return false;
	return http_host_fits(target_of(flow), request.host, span_text(flow->server_name)) ||
	    http_refuse(&pending->action, flow->scratch,
	    "its Host is not the target's, or another than was asked for in TLS") == 0;
}

static const char *
hinder(struct flow *flow, enum refusal *no)
{
	const struct pending *pending = &flow->ask;

	*no = REFUSAL_LIMIT;
	return pending->verdict.kind == VERDICT_HOLD && pending->ask.request.is_open ?
	    "a body too large to be shown to people" : NULL;
}

static bool
is_same(const struct flow *flow, const struct wire_event *event)
{
	return event->n == flow->ask.n && event->ask.turn == flow->ask.ask.turn &&
	    event->ask.phase == flow->ask.phase;
}

/* ---- its credential ---------------------------------------------------------------------------- */

/* A connection that another policy has opened may be less than the one in force wants. Of lanes apart each has its own. */
static bool
is_secure(const struct flow *flow, const struct leg *server)
{
	return server->tls_open && (target_of(flow)->tls < TLS_VERIFY_CA || !server->tls ||
	    (tls_is_verified(server->tls) && server->tls_terms == flow->policy->terms[flow->target]));
}

static bool
open_anew(struct flow *flow, const struct leg *server)
{
	if (flow->inject_epoch == flow->policy->view->head.epoch)
		return true;
	inject_close(&flow->inject);
	flow->inject_epoch = flow->policy->view->head.epoch;
	return inject_open(&flow->inject, target_of(flow), is_secure(flow, server)) == 0;
}

/* Opened for the policy in force: where the target has none, a request goes with what the skill has. What one stream
 * of a connection was lent serves all. */
static bool
open_inject(struct flow *flow)
{
	struct flow *parent = flow->parent;

	if (!parent)
		return open_anew(flow, &flow->legs[WIRE_SERVER]);
	return open_anew(flow, &parent->legs[WIRE_SERVER]) && (parent->inject_epoch != flow->inject_epoch ||
	    inject_borrow(flow->inject, parent->inject) == 0);
}

/* For the streams that come. */
static bool
share_loan(struct flow *flow)
{
	struct flow *parent = flow->parent;

	if (!parent || (parent->inject && parent->inject_epoch == flow->inject_epoch &&
	    inject_borrow(parent->inject, flow->inject) == 0))
		return true;
	inject_close(&parent->inject);
	parent->inject_epoch = flow->inject_epoch;
	return inject_open(&parent->inject, target_of(flow), is_secure(flow, &parent->legs[WIRE_SERVER])) == 0 &&
	    inject_borrow(parent->inject, flow->inject) == 0;
}

static struct span
sent_as(const struct flow *flow)
{
	const struct http_facts *facts = flow->ask.action.http;

	return facts ? facts->upstream : span_of(NULL, 0);
}

static bool
is_ready(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct inject_question question;
	enum inject_way way;

	if (is_message(pending))
		return true;	/* its way was opened with it */
	if (!open_inject(flow)) {
		flow_ask_fail(flow, REFUSAL_INTERNAL, "no memory for its credential");
		return false;
	}
	if (!flow->inject)
		return true;
	way = inject_next(flow->inject, &pending->ask.request, sent_as(flow), clock_wall(), &question);
	if (way == INJECT_READY)
		return true;
	if (way == INJECT_REFUSED) {
		flow_ask_fail(flow, REFUSAL_CREDENTIAL, question.why);
		return false;
	}
	if (flow->ask.state != ASK_LENDING)	/* who is put off over and over waits no longer for that */
		flow_park(flow, ASK_LENDING);
	if (inject_ask(flow->worker->post, flow_request(flow), span_text(flow->target_name), &flow->id,
	    question.step, question.input))
		flow_ask_fail(flow, REFUSAL_INTERNAL, "the keeper cannot be asked");
	return false;
}

static void
ask_again(void *arg)
{
	struct flow *flow = arg;

	if (!flow->ended && flow->ask.state == ASK_LENDING)
		flow_ask_go(flow);
}

#define AGAIN_NS (20 * MILLISECOND_NS)

void
flow_ask_lent(struct flow *flow, uint8_t step, int status, struct span output)
{
	if (status == EAGAIN)	/* about to be replaced */
		must(loop_set(flow->worker->loop, &flow->retry, AGAIN_NS, ask_again, flow) == 0);
	else if (status == ENOKEY)
		flow_ask_fail(flow, REFUSAL_TOKEN, "no token can be had for the target");
	else if (status)
		flow_ask_fail(flow, REFUSAL_BACKEND, status == ENOENT ? "no secret is stored for the target" :
		    status == EDQUOT ? "its credential was lent too often" :
		    status == EOPNOTSUPP ? "policy does not allow to show its credential so" :
		    "its credential cannot be used");
	else if (inject_answer(flow->inject, step, output) || !share_loan(flow))
		flow_ask_fail(flow, REFUSAL_INTERNAL, "the keeper's answer does not fit");
	else
		flow_ask_go(flow);
}

/* ---- upstream --------------------------------------------------------------------------------- */

static bool
begin_turn(struct flow *flow, struct turn *turn)
{
	struct inject_marks *secrets = inject_secrets(flow->inject);

	if (is_message(&flow->ask))
		return true;	/* nothing answers it */
	turn->has_bodies = !mask_body_is_idle(turn->policy->masks, turn->masks);
	if (!flow_tools_begin(flow, turn) || !flow_rpc_begin(flow, turn))
		return false;
	return !secrets || inject_echo_new(&turn->echo, secrets) == 0;
}

/* An answer that is looked into must come in the open; one that is masked whole, too. */
static void
ask_plainly(const struct turn *turn, const struct wire_request *request, struct wire_change *change)
{
	static struct wire_pair set[] = { { SPAN("Accept-Encoding"), SPAN("identity") }, { SPAN("grpc-accept-encoding"), { 0 } } };
	static const struct span drop[] = { SPAN("Range"), SPAN("If-Range"), SPAN("A-IM") };
	static char room[128];	/* a process has one thread */

	set[1].value = flow_rpc_codings(turn, request, room, sizeof(room));
	change->set = set;
	change->set_count = set[1].value.n ? COUNT(set) : 1;
	change->drop = drop;
	change->drop_count = turn->has_bodies ? COUNT(drop) : 0;
}

static void
pass(struct flow *flow, const struct wire_event *event, struct span unit)
{
	struct turn *turn = flow_turn_find(flow, event->turn);
	struct wire_change change = { .path_and_query = sent_as(flow) };

	if (is_message(&flow->ask)) {
		flow_message_pass(flow, turn, unit);
		return;
	}
	if (turn && (turn->has_bodies || turn->echo || turn->tools || flow->ask.is_soothed))
		ask_plainly(turn, &flow->ask.ask.request, &change);
	if (inject_change(flow->inject, &flow->ask.ask.request, flow->scratch, &change))
		flow_end(flow, "no memory for its credential");
	else
		flow->codec->change(flow->codec_state, WIRE_CLIENT, unit, &change, flow->to);
	inject_sent(flow->inject);
}

const struct meaning meaning_request = {
	.begin = begin, .explain = explain, .masked = flow_masked_request, .hinder = hinder,
	.is_ready = is_ready, .is_same = is_same, .begin_turn = begin_turn, .pass = pass,
};
