/*
 * hasten_test.c: an ask in the middle of which its client falls silent is judged as
 * far as it is here, after a while that begins anew with each byte of it.
 */
#include "worker.h"

#include "base/arena.h"

#define HEAD "POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
#define GRPC HEAD "Content-Type: application/grpc\r\n\r\n"

/* What it means nobody asks here. */
static void
park(struct flow *flow)
{
	flow_park(flow, ASK_ENTERING);
}

static const struct meaning meaning = { .begin = park };

static struct flow *
open_flow(int *end)
{
	struct wire_settings settings = { .unit_limit = FLOW_UNIT_BYTES };
	struct flow *flow = worker_flow("reporter", "api", end);

	settings.arena = flow->arena;
	flow->codec = &wire_http1;
	flow->codec_state = wire_http1.open(&settings);
	flow->meaning = &meaning;
	flow_move(flow, FLOW_OPEN);
	return flow;
}

static void
says(struct flow *flow, struct span bytes)
{
	out_span(&flow->legs[WIRE_CLIENT].in, bytes);
	flow_pump(flow);
}

static void
rings(struct flow *flow)
{
	loop_unset(loop, &flow->hasten);
	flow->hasten.fn(flow->hasten.arg);
}

static void
check_silence(void)
{
	int end;
	struct flow *flow = open_flow(&end);
	uint64_t due;

	says(flow, SPAN(HEAD));
	CHECK(flow->hasten.place == 0);		/* its head is not here */
	says(flow, SPAN("\r\n"));
	CHECK(flow->hasten.place && flow->hasten.due > clock_mono() + SECOND_NS / 2);
	due = flow->hasten.due;
	flow_pump(flow);
	CHECK(flow->hasten.due == due);		/* nothing came */
	says(flow, SPAN("3\r\nabc\r\n"));
	CHECK(flow->hasten.due >= due && flow->ask.state == ASK_NONE);
	rings(flow);
	CHECK(flow->ask.state != ASK_NONE && flow->ask.ask.request.is_open);
	CHECK(span_is(flow->ask.ask.request.body, "abc") && flow->hasten.place == 0);
	flow_end(flow, "done");
	worker_round();
	close(end);
}

static void
check_dialogue(void)
{
	int end;
	struct flow *flow = open_flow(&end);

	says(flow, SPAN(GRPC "3\r\n\0\0\0\r\n"));
	CHECK(flow->hasten.place && flow->hasten.due > clock_mono() + SECOND_NS / 2);	/* its message is not here whole */
	says(flow, SPAN("2\r\n\0\0\r\n"));
	CHECK(flow->hasten.place && flow->hasten.due <= clock_mono() + SECOND_NS / 10);
	says(flow, SPAN("0\r\n\r\n"));
	CHECK(flow->hasten.place == 0 && flow->ask.state != ASK_NONE && !flow->ask.ask.request.is_open);
	flow_end(flow, "done");
	worker_round();
	close(end);
}

/* What has ended is left alone, and its timer is gone. */
static void
check_end_of_flow(void)
{
	int end;
	struct flow *flow = open_flow(&end);

	says(flow, SPAN(GRPC));
	CHECK(flow->hasten.place);
	flow_end(flow, "done");
	CHECK(flow->hasten.place == 0);
	worker_round();
	close(end);
}

int
main(void)
{
	worker_begin();
	check_silence();
	check_dialogue();
	check_end_of_flow();
	worker_end();
	return check_end();
}
