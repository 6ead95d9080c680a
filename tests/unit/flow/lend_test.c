/* A request waits for its credential no longer than it may, however often the keeper puts it off. */
#include "worker.h"

#include <errno.h>

#include "vault/vault.h"

static struct view_target target = { .name = "shop", .protocol = PROTOCOL_HTTP, .tls = TLS_VERIFY_FULL, .socket = "",
	.credential = { .as = AS_BEARER, .user = "", .name = "", .prefix = "", .region = "", .service = "", .key = "" } };
static struct view_worker view = { .head = { .epoch = 1 }, .targets = &target, .target_count = 1 };
static struct policy policy = { .users = 1000, .view = &view };
static int keeper_end = -1;

static void
begin(void)
{
	int recorder[2], keeper[2];
	struct stand_peer peers[2];

	stand_channel(recorder);
	stand_channel(keeper);
	peers[0] = (struct stand_peer){ SLOT_RECORDER, recorder[0] };
	peers[1] = (struct stand_peer){ SLOT_KEEPER, keeper[0] };
	stand_among(SLOT_WORKER, peers, COUNT(peers), stand_deaf);
	close(recorder[0]);
	close(keeper[0]);
	recorder_end = recorder[1];
	keeper_end = keeper[1];
	worker = (struct worker){ .loop = loop, .post = post, .slot = SLOT_WORKER };
	if (scribe_new(&worker.scribe, post, "worker/0"))
		_exit(9);
}

static bool
is_asked(void)
{
	struct msg_head head;
	struct span body;

	return stand_read(keeper_end, &head, &body) && head.type == MSG_PROOF;
}

static void
put_off(void)
{
	int end;
	struct flow *flow = worker_flow("reporter", "shop", &end);
	uint64_t due;

	flow->policy = &policy;
	CHECK(flow_open_codec(flow));
	flow_move(flow, FLOW_OPEN);
	flow->legs[WIRE_SERVER].tls_open = true;
	flow->ask.phase = PHASE_REQUEST;
	flow->ask.ask.request.path = SPAN("/");
	CHECK(!meaning_request.is_ready(flow) && flow->ask.state == ASK_LENDING && is_asked());
	due = flow->deadline.due;
	CHECK(due > clock_mono());
	for (int i = 0; i < 3; i++) {
		flow_ask_lent(flow, VAULT_LEND, EAGAIN, span_of(NULL, 0));
		CHECK(flow->retry.place != 0 && !is_asked());
		loop_unset(loop, &flow->retry);
		flow->retry.fn(flow->retry.arg);
		CHECK(flow->ask.state == ASK_LENDING && is_asked() && flow->deadline.due == due);
	}
	flow_end(flow, "done");
	worker_round();
	close(end);
}

int
main(void)
{
	begin();
	put_off();
	worker_end();
	close(keeper_end);
	return check_end();
}
