/*
 * table.c: the flows of one worker.
 * A flow that ends is closed at once and taken off every list, but freed only when
 * the round is over: whoever is in the middle of it sees flow->ended and leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "accept/accept.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "flow/flow.h"
#include "msg/post.h"
#include "record/record.h"
#include "splice/splice.h"

struct record_flow
flow_record(const struct flow *flow)
{
	return (struct record_flow){
		.scribe = flow->worker->scribe, .who = &flow->who, .flow = &flow->id,
		.target = flow->target_name, .role = flow->role,
		.database = flow->database, .destination = flow->destination,
	};
}

static void
link_flow(struct flow *flow)
{
	struct worker *worker = flow->worker;

	flow->after = worker->flows;
	if (worker->flows)
		worker->flows->before = flow;
	worker->flows = flow;
	worker->count++;
}

static void
unlink_flow(struct flow *flow)
{
	struct worker *worker = flow->worker;

	if (flow->before)
		flow->before->after = flow->after;
	else
		worker->flows = flow->after;
	if (flow->after)
		flow->after->before = flow->before;
	worker->count--;
	worker->whole -= flow->whole;
}

static bool
has_parts(struct flow *flow)
{
	flow->last_turn = &flow->turns;
	for (int side = 0; side < WIRE_SIDES; side++) {
		flow->legs[side].fd = -1;
		flow->legs[side].in = out_new(FLOW_IN_BYTES);
		flow->legs[side].in_most = FLOW_IN_BYTES;
		flow->legs[side].cipher = out_new(FLOW_OUT_BYTES);
		flow->to[side] = out_new(FLOW_OUT_BYTES);
	}
	flow->ask.acts = out_new(FLOW_UNIT_BYTES);
	flow->arena = arena_new(FLOW_ARENA_BYTES);
	flow->scratch = arena_new(FLOW_SCRATCH_BYTES);
	return flow->arena && flow->scratch;
}

static struct flow *
make_flow(struct worker *worker, const struct abi_origin *origin)
{
	struct flow *flow = worker->count < FLOW_MOST ? calloc(1, sizeof(*flow)) : NULL;

	if (!flow)
		return NULL;
	flow->worker = worker;
	flow->began = clock_mono();
	flow->who.origin = *origin;
	if (has_parts(flow))
		return flow;
	flow_free(flow);
	return NULL;
}

static bool
make_key(struct flow *flow)
{
	flow->key.n = sizeof(flow->key.p);
	return getrandom(flow->key.p, sizeof(flow->key.p), 0) == sizeof(flow->key.p);
}

struct flow *
flow_new(struct worker *worker, int fd, const struct abi_origin *origin)
{
	struct flow *flow = make_flow(worker, origin);

	if (!flow)
		return NULL;
	flow->id = flow_make_id(worker, ID_FLOW);
	record_destination(origin, flow->destination);
	if (!make_key(flow) || flow_leg_open(flow, WIRE_CLIENT, fd)) {
		flow_free(flow);
		return NULL;
	}
	link_flow(flow);
	flow->legs[WIRE_CLIENT].connected = true;
	flow_rest_begin(worker);
	return flow;
}

/* Its entries are those of its connection. */
struct flow *
flow_new_lane(struct flow *parent, uint32_t stream)
{
	struct flow *lane = flow_has_room(parent->worker, &parent->who.origin) ?
	    make_flow(parent->worker, &parent->who.origin) : NULL, **last = &parent->lanes;

	if (!lane)
		return NULL;
	lane->id = parent->id;
	lane->who = parent->who;
	lane->policy = policy_hold(parent->policy);
	lane->target = parent->target;
	strcpy(lane->target_name, parent->target_name);
	strcpy(lane->destination, parent->destination);
	strcpy(lane->server_name, parent->server_name);
	if (!flow_open_codec(lane)) {
		flow_free(lane);
		return NULL;
	}
	lane->parent = parent;
	lane->stream[WIRE_CLIENT] = stream;
	while (*last)
		last = &(*last)->next_lane;
	*last = lane;
	for (int side = 0; side < WIRE_SIDES; side++)
		lane->legs[side].connected = true;
	link_flow(lane);
	flow_move(lane, FLOW_OPEN);
	return lane;
}

/* ---- requests ------------------------------------------------------------- */

static void
forget_request(struct flow *flow)
{
	struct flow **at;

	if (!flow->request)
		return;
	at = &flow->worker->asked[flow->request % FLOW_BUCKETS];
	while (*at != flow)
		at = &(*at)->next_asked;
	*at = flow->next_asked;
	flow->request = 0;
}

uint64_t
flow_request(struct flow *flow)
{
	struct flow **bucket;

	forget_request(flow);
	flow->request = post_id(flow->worker->post);
	bucket = &flow->worker->asked[flow->request % FLOW_BUCKETS];
	flow->next_asked = *bucket;
	*bucket = flow;
	return flow->request;
}

struct flow *
flow_asked(struct worker *worker, uint64_t request)
{
	struct flow *flow = request ? worker->asked[request % FLOW_BUCKETS] : NULL;

	while (flow && flow->request != request)
		flow = flow->next_asked;
	if (flow)
		forget_request(flow);
	return flow;
}

/* ---- ending ------------------------------------------------------------------ */

static void
enter_end(struct flow *flow, const char *reason)
{
	const struct leg *client = &flow->legs[WIRE_CLIENT];
	const struct leg *server = &flow->legs[WIRE_SERVER];
	struct record_flow record = flow_record(flow);
	struct abi_tally kernel;
	struct record_end end = {
		.reason = reason, .refusal = &flow->refusal,
		.server_name = flow->server_name,
		.asked = client->received, .answered = client->sent,
		.received = server->received, .sent = server->sent,
		.duration_ns = clock_mono() - flow->began,
		.turns = flow->turn_total,
	};

	if (flow->splice) {
		struct splice_totals totals = splice_totals(flow->splice);

		end.asked = totals.asked;
		end.sent = totals.sent;
		end.received = totals.received;
		end.answered = totals.answered;
	}
	if (accept_tally(client->fd, &kernel) == 0)
		end.kernel = &kernel;
	if (record_flow_end(&record, &end))
		log_line(LOG_LEVEL_ERROR, &flow->id, "its end was not recorded: %s", reason);
}

static void
bury(void *arg)
{
	struct worker *worker = arg;

	while (worker->dead) {
		struct flow *flow = worker->dead;

		worker->dead = flow->after;
		flow_free(flow);
	}
}

/* Whatever the flow waits for is not wanted any more. */
static void
await_nothing(struct flow *flow)
{
	if (flow->ask.state == ASK_HELD)
		flow_ask_leave(flow);
	forget_request(flow);
	if (flow->entry)
		scribe_forget(flow->worker->scribe, flow->entry);
	if (flow->ask.sequence)
		scribe_forget(flow->worker->scribe, flow->ask.sequence);
	flow->entry = 0;
	flow_ask_clear(flow);
}

void
flow_end(struct flow *flow, const char *reason)
{
	struct worker *worker = flow->worker;

	if (flow->ended)
		return;
	flow->ended = true;
	lanes_end(flow);
	log_line(LOG_LEVEL_DEBUG, &flow->id, "ends: %s", reason);
	await_nothing(flow);
	if (flow->parent)
		lane_end(flow);
	else
		enter_end(flow, reason);
	loop_unset(worker->loop, &flow->deadline);
	splice_free(&flow->splice);
	flow_leg_close(flow, WIRE_CLIENT);
	flow_leg_close(flow, WIRE_SERVER);
	unlink_flow(flow);
	flow->after = worker->dead;
	worker->dead = flow;
	must(loop_set(worker->loop, &worker->bury, 0, bury, worker) == 0);
}

void
flow_close(struct flow *flow, const char *reason)
{
	if (flow->ended || flow->state == FLOW_CLOSING)
		return;
	snprintf(flow->reason, sizeof(flow->reason), "%s", reason);
	await_nothing(flow);
	lanes_end(flow);
	flow_move(flow, FLOW_CLOSING);
}

/* Of a lane, whose end is no entry: its connection goes on. */
static void
enter_farewell(struct flow *flow, const char *reason)
{
	struct record_flow record = flow_record(flow);

	if (record_flow_refused(&record, reason, &flow->refusal))
		log_line(LOG_LEVEL_ERROR, &flow->id, "what was said at its end was not recorded: %s", reason);
}

void
flow_farewell(struct flow *flow, enum refusal what, const char *reason)
{
	char room[REFUSAL_ROOM];
	struct wire_no no;

	if (flow->ended || flow->state == FLOW_CLOSING)
		return;
	if (!flow->codec) {
		flow_end(flow, reason);
		return;
	}
	if (flow->state == FLOW_LANES) {	/* GOAWAY is its last word */
		flow_close(flow, reason);
		flow_flush(flow);
		return;
	}
	if (!id_is_set(&flow->refusal)) {
		flow->refusal = flow_refusal_id(flow->worker);
		if (flow->parent)
			enter_farewell(flow, reason);
	}
	no = flow_refusal(what, &flow->refusal, 0, room);
	no.fatal = true;
	flow->codec->farewell(flow->codec_state, &no, flow->to);
	flow_close(flow, reason);
	if (!flow->pumping)
		flow_flush(flow);
}

void
flow_free(struct flow *flow)
{
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct leg *leg = &flow->legs[side];

		if (leg->fd >= 0)
			close(leg->fd);
		tls_free(&leg->tls);
		out_free(&leg->in);
		out_free(&leg->cipher);
		out_free(&flow->to[side]);
	}
	while (flow->turns) {
		struct turn *turn = flow->turns;

		flow->turns = turn->after;
		flow_turn_free(turn);
	}
	inject_close(&flow->inject);
	sql_drop(&flow->ask.analysis);
	sql_catalogue_free(&flow->ask.names);
	out_free(&flow->ask.acts);
	memos_free(&flow->memos);
	sql_catalogue_free(&flow->names);
	arena_free(&flow->arena);
	arena_free(&flow->scratch);
	policy_drop(&flow->policy);
	free(flow);
}
