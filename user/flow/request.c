/*
 * request.c: what a request of HTTP means, and how it goes upstream.
 * facts/http says what it does. People and the ledger get it as a text of its own:
 * what it asks for, the fields that can matter, its body; what proves who the skill is
 * stands there as a mark by the node's key, so that another proof is another request.
 */
#include <errno.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <strings.h>

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

static bool
is_called(struct span name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (name.n == strlen(names[i]) &&
		    strncasecmp((const char *)name.p, names[i], name.n) == 0)
			return true;
	return false;
}

/* ---- as it is shown and recorded --------------------------------------------------------- */

/* Fields that change nothing of what is asked, and are others each time it is asked again. */
static const char *const passing[] = {
	"accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length",
	"date", "dnt", "expect", "host", "keep-alive", "pragma", "priority", "sec-fetch-dest",
	"sec-fetch-mode", "sec-fetch-site", "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-version", "te", "traceparent", "tracestate", "transfer-encoding",
	"user-agent", "x-amzn-trace-id", "x-correlation-id", "x-request-id",
};

static const char *const proofs[] = {
	"api-key", "authorization", "cookie", "proxy-authorization", "x-amz-security-token", "x-api-key",
	"sec-websocket-protocol", "x-auth-token", "x-goog-api-key",
};

#define MARK_BYTES 8

/* The same for the same value, and of no use to who guesses values. */
static void
put_mark(const struct flow *flow, struct span value, struct out *out)
{
	uint8_t mark[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!HMAC(EVP_sha256(), flow->policy->hold_key, sizeof(flow->policy->hold_key), value.p, value.n,
	    mark, &n) || n < MARK_BYTES) {
		out->failed = true;
		return;
	}
	out_printf(out, "[not shown, ");
	for (size_t i = 0; i < MARK_BYTES; i++)
		out_printf(out, "%02x", mark[i]);
	out_u8(out, ']');
}

static void
put_fields(const struct flow *flow, const struct wire_pair *fields, size_t count, struct out *out)
{
	for (size_t i = 0; i < count; i++) {
		if (is_called(fields[i].name, passing, COUNT(passing)))
			continue;
		out_span(out, fields[i].name);
		out_span(out, SPAN(": "));
		if (is_called(fields[i].name, proofs, COUNT(proofs)))
			put_mark(flow, fields[i].value, out);
		else
			out_span(out, fields[i].value);
		out_u8(out, '\n');
	}
}

static void
put_request(const struct flow *flow, const struct wire_request *request, struct out *out)
{
	out_span(out, request->method);
	out_u8(out, ' ');
	out_span(out, request->path);
	if (request->query.p) {
		out_u8(out, '?');
		out_span(out, request->query);
	}
	out_span(out, SPAN("\nhost: "));
	out_span(out, request->host);
	out_u8(out, '\n');
	put_fields(flow, request->headers, request->header_count, out);
	if (request->body.n) {
		out_u8(out, '\n');
		out_span(out, request->body);
	}
	if (request->is_open)
		out_span(out, SPAN("\n[it goes on]"));
	put_fields(flow, request->trailers, request->trailer_count, out);
}

static bool
write_down(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct out text = out_new(FLOW_UNIT_BYTES * 2);

	put_request(flow, &pending->ask.request, &text);
	pending->ask.text = text.failed ? span_of(NULL, 0) : arena_copy(flow->scratch, out_view(&text));
	out_free(&text);
	return pending->ask.text.p != NULL;
}

/* ---- what it means ------------------------------------------------------------------------- */

static void
begin(struct flow *flow)
{
	if (write_down(flow))
		flow_ask_judge(flow);
	else
		flow_farewell(flow, REFUSAL_LIMIT, "a request larger than the flow's memory");
}

static bool
explain(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	const struct wire_request *request = &pending->ask.request;

	pending->no = REFUSAL_POLICY;
	if (http_explain(target_of(flow), request, flow->scratch, &pending->action))
		return false;
	return http_host_fits(target_of(flow), request->host, span_text(flow->server_name)) ||
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

/* Opened for the policy in force: where the target has none, a request goes with what the skill has. */
static bool
open_inject(struct flow *flow)
{
	const struct leg *server = flow->parent ? &flow->parent->legs[WIRE_SERVER] : &flow->legs[WIRE_SERVER];

	if (flow->inject_epoch == flow->policy->view->head.epoch)
		return true;
	inject_close(&flow->inject);
	flow->inject_epoch = flow->policy->view->head.epoch;
	return inject_open(&flow->inject, target_of(flow), server->tls_open) == 0;
}

static bool
is_message(const struct pending *pending)
{
	return pending->phase == PHASE_MESSAGE;
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
	else if (status)
		flow_ask_fail(flow, REFUSAL_BACKEND, status == ENOENT ? "no secret is stored for the target" :
		    status == EDQUOT ? "its credential was lent too often" :
		    status == EOPNOTSUPP ? "policy does not allow to show its credential so" :
		    "its credential cannot be used");
	else if (inject_answer(flow->inject, step, output))
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
	if (!flow_tools_begin(flow, turn))
		return false;
	return !secrets || inject_echo_new(&turn->echo, secrets) == 0;
}

/* An answer that is looked into must come in the open; one that is masked whole, too. */
static void
ask_plainly(const struct turn *turn, struct wire_change *change)
{
	static const struct wire_pair set[] = { { SPAN("Accept-Encoding"), SPAN("identity") } };
	static const struct span drop[] = { SPAN("Range"), SPAN("If-Range"), SPAN("A-IM") };

	change->set = set;
	change->set_count = COUNT(set);
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
	if (turn && (turn->has_bodies || turn->echo || turn->tools))
		ask_plainly(turn, &change);
	if (inject_change(flow->inject, &flow->ask.ask.request, flow->scratch, &change))
		flow_end(flow, "no memory for its credential");
	else
		flow->codec->change(flow->codec_state, WIRE_CLIENT, unit, &change, flow->to);
	inject_sent(flow->inject);
}

const struct meaning meaning_request = {
	.begin = begin, .explain = explain, .hinder = hinder,
	.is_ready = is_ready, .is_same = is_same, .begin_turn = begin_turn, .pass = pass,
};
