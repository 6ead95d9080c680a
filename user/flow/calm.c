/*
 * calm.c: what keeps a client patient while people think.
 * The codec says what its protocol has for that. Where the rule allows it, a call of MCP whose
 * client listens to events is answered with them at once (answer: events): comments come,
 * and progress where the call asks to hear of it. What is told counts up from -1 to 0, so that
 * the server's own progress, which comes later, is still more (MCP 2025-06-18, "Progress").
 */
#include <strings.h>

#include "base/arena.h"
#include "base/clock.h"
#include "facts/http/call.h"
#include "flow/flow.h"

#define CALM_NS (20 * SECOND_NS)
#define EVENTS_NS (4 * SECOND_NS)	/* httpx waits five for a byte */

/* Cut what stands before the next comma off *list. False: nothing is left. */
static bool
take_member(struct span *list, struct span *member)
{
	const uint8_t *comma = list->n ? memchr(list->p, ',', list->n) : NULL;

	if (!list->n)
		return false;
	*member = comma ? span_head(*list, (size_t)(comma - list->p)) : *list;
	*list = span_skip(*list, member->n + (comma ? 1 : 0));
	*member = span_trim(*member);
	return true;
}

/* Does it name that type, in one of its fields, without parameters? */
static bool
accepts_events(const struct wire_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct span name = request->headers[i].name, list = request->headers[i].value, member;

		if (name.n != 6 || strncasecmp((const char *)name.p, "accept", name.n) != 0)
			continue;
		while (take_member(&list, &member))
			if (member.n == 17 && strncasecmp((const char *)member.p, "text/event-stream", member.n) == 0)
				return true;
	}
	return false;
}

/* What is answered to "initialize" opens a session by a field of its head, and has to be that. */
static bool
listens(struct flow *flow, struct http_call *call)
{
	const struct pending *pending = &flow->ask;

	return pending->verdict.answer == ANSWER_EVENTS && pending->phase == PHASE_REQUEST && flow->codec->events &&
	    accepts_events(&pending->ask.request) && http_read_call(pending->ask.request.body, flow->scratch, call) &&
	    !span_is(call->method, "initialize");
}

static void
tell_progress(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct out data = out_new(4096);

	pending->told++;
	out_span(&data, SPAN("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"));
	out_span(&data, pending->progress);
	out_printf(&data, ",\"progress\":%.9f,\"message\":\"waiting for a person's approval\"}}", -1.0 / pending->told);
	if (!data.failed)
		flow->codec->tell(flow->codec_state, out_view(&data), flow->to);
	out_free(&data);
}

static void
calm(void *arg)
{
	struct flow *flow = arg;

	flow->codec->calm(flow->codec_state, flow->to);
	if (flow->parent)
		lane_calm(flow);
	if (flow->ask.progress.n)
		tell_progress(flow);
	if (flow_flush(flow))
		(void)loop_set(flow->worker->loop, &flow->calm, flow->ask.is_soothed ? EVENTS_NS : CALM_NS, calm, flow);
}

void
flow_calm_begin(struct flow *flow)
{
	struct http_call call = { 0 };

	if (listens(flow, &call) && flow->codec->events(flow->codec_state, call.id, flow->to)) {
		flow->ask.is_soothed = true;
		flow->ask.progress = call.progress;
	}
	calm(flow);
}
