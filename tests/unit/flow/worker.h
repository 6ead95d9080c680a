/* worker.h: a worker with nobody around it, and flows whose skill is the test. */
#ifndef FLOW_WORKER_H
#define FLOW_WORKER_H

#include "../stand.h"
#include "entry/scribe.h"
#include "flow/flow.h"

static struct worker worker;
static int recorder_end = -1;	/* what the worker entered can be read here */

__attribute__((unused)) static void
worker_begin(void)
{
	int ends[2];

	stand_channel(ends);
	stand_as(SLOT_WORKER, SLOT_RECORDER, ends[0], stand_deaf);
	close(ends[0]);
	recorder_end = ends[1];
	worker = (struct worker){ .loop = loop, .post = post, .slot = SLOT_WORKER };
	if (scribe_new(&worker.scribe, post, "worker/0"))
		_exit(9);
}

/* One round of the loop: what was due happens. */
__attribute__((unused)) static void
worker_round(void)
{
	struct timer timer = { 0 };

	loop->stopped = false;
	loop_set(loop, &timer, MILLISECOND_NS, stand_halt, NULL);
	loop_run(loop);
}

__attribute__((unused)) static void
worker_end(void)
{
	while (worker.flows)
		flow_end(worker.flows, "the test is over");
	worker_round();
	stops_free(&worker.stops);
	scribe_free(&worker.scribe);
	post_free(&post);
	loop_free(&loop);
	close(recorder_end);
}

/* A flow of `skill` to `target`; *skill_end is the skill's end of its connection. */
__attribute__((unused)) static struct flow *
worker_flow(const char *skill, const char *target, int *skill_end)
{
	static const struct abi_origin origin = { .port = 5432, .pid = 7 };
	struct flow *flow;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
		_exit(9);
	flow = flow_new(&worker, pair[0], &origin);
	if (!flow) {
		close(pair[0]);
		close(pair[1]);
		return NULL;
	}
	snprintf(flow->who.skill, sizeof(flow->who.skill), "%s", skill);
	snprintf(flow->target_name, sizeof(flow->target_name), "%s", target);
	flow->who.session = flow_make_id(&worker, ID_SESSION);
	*skill_end = pair[1];
	return flow;
}

/* The last entry of this kind that was sent has this reason. */
__attribute__((unused)) static bool
worker_entered(enum entry_kind kind, const char *reason)
{
	struct msg_head head;
	struct span body, cbor, text;
	bool found = false;
	uint64_t is_kind;

	while (stand_read(recorder_end, &head, &body))
		if (take_bytes(&body, 17, &text) && take_block(&body, &cbor) &&
		    entry_get_uint(cbor, KEY_KIND, &is_kind) && is_kind == kind)
			found = entry_get_text(cbor, KEY_REASON, &text) && span_is(text, reason);
	return found;
}

#endif
