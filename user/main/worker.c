/*
 * worker.c: carries flows. Started by the warden as "worker N".
 * It has no capability, opens no file after it has begun, holds no map descriptor,
 * and its cgroup may connect to registered targets only. All it learns it asks of
 * the other processes, and this table says who answers what.
 */
#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept/accept.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"
#include "box/box.h"
#include "entry/scribe.h"
#include "flow/flow.h"
#include "msg/post.h"

#define SHAPES 65536		/* analyses kept */
#define DESCRIPTORS 65536

static const char *const calls[] = {
	"accept4", "getsockopt", "setsockopt", "socket", "connect", "recvfrom",
	"sendto", "shutdown", "splice", "pipe2", NULL
};

static bool
hear_door(struct worker *worker, struct span body, int fd)
{
	uint64_t netns;

	if (!take_be64(&body, &netns) || body.n || fd < 0)
		return false;
	if (!worker->doors)
		close(fd);	/* it drains */
	else if (doors_add(worker->doors, netns, fd))
		log_error("a listener cannot be watched");
	return true;
}

static bool
hear_door_shut(struct worker *worker, struct span body)
{
	uint64_t netns;

	if (!take_be64(&body, &netns) || body.n)
		return false;
	if (worker->doors)
		doors_shut(worker->doors, netns);
	return true;
}

static bool
hear_drain(struct worker *worker, struct span body)
{
	drain_begin(worker, span_be32(body, 0));
	return true;
}

static bool
hear_skill_stop(struct worker *worker, struct span body)
{
	struct flow *flow = worker->flows;
	struct id session;

	if (!msg_take_id(&body, &session) || body.n)
		return false;
	while (flow) {
		struct flow *after = flow->after;

		if (id_equal(&flow->who.session, &session))
			flow_end(flow, "its session has ended");
		flow = after;
	}
	return true;
}

static bool
hear_cancel(struct worker *worker, struct span body)
{
	flow_hear_cancel(worker, body);
	return true;
}

/* What others owed has a deadline. */
static bool
hear_peer_down(struct worker *worker, struct span body)
{
	if (body.p[0] == SLOT_KEEPER)
		flow_keeper_ended(worker);
	return true;
}

/* A peer is back. Ask it again for what it owes. */
static bool
hear_peer_up(struct worker *worker, const struct msg_head *head, struct span body)
{
	if (body.p[0] == SLOT_RECORDER)
		return scribe_hear(worker->scribe, head, body);
	if (body.p[0] == SLOT_BROKER)
		flow_reopen_holds(worker);
	if (body.p[0] == SLOT_KEEPER)
		tickets_begin(worker);
	if (body.p[0] == SLOT_LOADER)
		flow_loader_is_back(worker);
	if (body.p[0] == SLOT_POLICY)
		(void)post_send(worker->post, SLOT_POLICY, MSG_VIEW_ASK, 0, span_of(NULL, 0), -1);
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	struct worker *worker = arg;

	(void)from;
	switch (head->type) {
	case MSG_DOOR:
		return hear_door(worker, body, fd);
	case MSG_DOOR_SHUT:
		return hear_door_shut(worker, body);
	case MSG_DRAIN:
		return hear_drain(worker, body);
	case MSG_WHO_IS:
		return flow_hear_who(worker, head, body);
	case MSG_SOCKET_IS:
		return flow_hear_socket(worker, head, body, fd);
	case MSG_SKILL_STOP:
		return hear_skill_stop(worker, body);
	case MSG_ANALYSIS:
		return flow_hear_analysis(worker, head, body);
	case MSG_LEAF_IS:
		return flow_hear_leaf(worker, head, body);
	case MSG_PROOF_IS:
		return flow_hear_proof(worker, head, body);
	case MSG_MASK_KEYS_ARE:
		return policy_hear_keys(worker, body);
	case MSG_TICKET_KEYS_ARE:
		return tickets_hear(worker, body);
	case MSG_VIEW_OFFER:
		return policy_hear_offer(worker, body);
	case MSG_VIEW_SWAP:
		return policy_hear_swap(worker, body);
	case MSG_DECIDED:
		return flow_hear_decided(worker, body);
	case MSG_HOLD_STANDS:
		return flow_hear_stands(worker, body);
	case MSG_APPROVED_IS:
		return flow_hear_earlier(worker, head, body);
	case MSG_STOP:
		return stops_hear(worker, body);
	case MSG_WATCH:
		worker->watched = body.p[0];
		return true;
	case MSG_CANCEL:
		return hear_cancel(worker, body);
	case MSG_KEPT:
		return scribe_hear(worker->scribe, head, body);
	case MSG_PEER_UP:
		return hear_peer_up(worker, head, body);
	case MSG_PEER_DOWN:
		return hear_peer_down(worker, body);
	default:
		return true;
	}
}

static int
open_worker(struct worker *worker)
{
	int error = loop_new(&worker->loop);

	if (!error)
		error = post_new(&worker->post, worker->loop, worker->slot, hear, worker);
	if (!error)
		error = scribe_new(&worker->scribe, worker->post, msg_slot_name(worker->slot));
	if (!error)
		error = doors_new(&worker->doors, worker->loop, flow_accepted, worker);
	if (!error)
		error = sql_cache_new(&worker->shapes, SHAPES);
	return error;
}

int
main(int argc, char **argv)
{
	static struct worker worker;
	struct instance instance;
	struct box box = { .calls = calls, .descriptors = DESCRIPTORS };
	unsigned long number = argc == 2 ? strtoul(argv[1], NULL, 10) : MSG_WORKERS;
	int error = instance_inherit(&instance);

	if (error || number >= MSG_WORKERS) {
		fputs("worker: is started by interlockd, not by hand\n", stderr);
		return 2;
	}
	worker.slot = SLOT_WORKER + (unsigned int)number;
	log_open(msg_slot_name(worker.slot), (enum log_level)instance.log_level);
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	error = open_worker(&worker);
	box.uid = instance.uid_base + worker.slot;
	if (!error)
		error = box_enter(&box);
	if (error) {
		errno = -error;
		log_error("cannot start: %m");
		return 5;
	}
	close(MSG_FD_INSTANCE);
	(void)post_send(worker.post, SLOT_POLICY, MSG_VIEW_ASK, 0, span_of(NULL, 0), -1);
	tickets_begin(&worker);
	post_ready(worker.post);
	return loop_run(worker.loop);
}
