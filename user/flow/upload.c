/*
 * upload.c: the rest of a request's body, run by run.
 * It was judged with its beginning and goes on as it comes, but for one in signed chunks, which goes on in chunks of
 * ours (inject/request.h): a run waits for the keeper's signatures, and nothing behind it is read meanwhile. What the
 * backend answers is.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"
#include "inject/inject.h"

#define AGAIN_NS (20 * MILLISECOND_NS)

static void
ask_again(void *arg)
{
	struct flow *flow = arg;

	if (flow->ended || flow->ask.state != ASK_SIGNING)
		return;
	flow_park(flow, ASK_NONE);
	flow_pump(flow);
}

static void
ask_to_sign(struct flow *flow, const struct wire_event *event, const struct inject_question *question)
{
	flow->signing = event->n;
	flow_park(flow, ASK_SIGNING);
	if (inject_ask(flow->worker->post, flow_request(flow), span_text(flow->target_name), &flow->id, question->step,
	    question->input))
		flow_end(flow, "the keeper cannot be asked to sign a body");
}

bool
flow_upload(struct flow *flow, const struct wire_event *event, struct span unit)
{
	struct inject_question question;
	struct span out;
	enum inject_way way;

	if (!inject_uploads(flow->inject)) {
		flow->codec->pass(flow->codec_state, WIRE_CLIENT, unit, flow->to);
		return true;
	}
	way = event->body.trailer_count ? INJECT_REFUSED :
	    inject_body(flow->inject, event->body.bytes, event->ends, &question, &out);
	if (way == INJECT_REFUSED) {
		flow_farewell(flow, REFUSAL_PROTOCOL, event->body.trailer_count ?
		    "a body in chunks with trailers of HTTP behind it" : question.why);
		return false;
	}
	if (way == INJECT_ASK) {
		ask_to_sign(flow, event, &question);
		return false;
	}
	flow->codec->put(flow->codec_state, WIRE_CLIENT, unit, out, flow->to);
	inject_body_sent(flow->inject);
	flow->signing = 0;
	return true;
}

void
flow_upload_signed(struct flow *flow, uint8_t step, int status, struct span output)
{
	if (status == EAGAIN) {	/* about to be replaced */
		must(loop_set(flow->worker->loop, &flow->retry, AGAIN_NS, ask_again, flow) == 0);
		return;
	}
	if (status || inject_answer(flow->inject, step, output)) {
		flow_end(flow, status ? "its body cannot be signed" : "the keeper's answer does not fit");
		return;
	}
	flow_park(flow, ASK_NONE);
	flow_pump(flow);
}
