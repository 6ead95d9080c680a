/*
 * start.c: from accept() to the first unit.
 * The loader says who it is; the destination says which target; the flow's first
 * entry is handed over; then the codec of the target's protocol reads. A target
 * with `inspect: none` has no codec: its bytes are carried, its name noted.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "accept/accept.h"
#include "base/log.h"
#include "decide/decide.h"
#include "dial/dial.h"
#include "flow/flow.h"
#include "identify/identify.h"
#include "msg/post.h"
#include "record/record.h"

static void
enter_refusal(struct flow *flow, const char *reason)
{
	struct record_flow record = flow_record(flow);
	struct id refusal = flow_refusal_id(flow->worker);

	log_line(LOG_LEVEL_WARNING, &flow->id, "refused: %s", reason);
	(void)record_flow_refused(&record, reason, &refusal);
}

static void
refuse_flow(struct flow *flow, const char *reason)
{
	enter_refusal(flow, reason);
	flow_end(flow, reason);
}

/* Nobody to name: the socket was connected straight to the port. */
static void
enter_stranger(struct worker *worker, uint64_t netns, int status)
{
	struct who nobody = { .origin.netns = netns };
	struct id refusal = flow_refusal_id(worker);
	struct record_flow record = {
		.scribe = worker->scribe, .who = &nobody,
		.target = "", .role = "", .database = "", .destination = "",
	};

	(void)record_flow_refused(&record, status == -ENOENT ?
	    "connected to the listener without being diverted" :
	    "its origin could not be read", &refusal);
}

/* One skill must not take the room of all. */
bool
flow_has_room(const struct worker *worker, const struct abi_origin *origin)
{
	unsigned int count = 0;

	for (const struct flow *flow = worker->flows; flow; flow = flow->after)
		count += flow->who.origin.cgroup == origin->cgroup;
	return count < FLOW_OF_SKILL;
}

static void
enter_full(struct worker *worker, const struct abi_origin *origin)
{
	struct who somebody = { .origin = *origin };
	struct id refusal = flow_refusal_id(worker);
	char destination[RECORD_DESTINATION];
	struct record_flow record = {
		.scribe = worker->scribe, .who = &somebody,
		.target = "", .role = "", .database = "", .destination = destination,
	};

	record_destination(origin, destination);
	log_warning("no room for another flow of cgroup %llu",
	    (unsigned long long)origin->cgroup);
	(void)record_flow_refused(&record, "too many flows at once", &refusal);
}

void
flow_accepted(void *arg, int fd, uint64_t netns, int status, const struct abi_origin *origin)
{
	struct worker *worker = arg;
	struct flow *flow;

	if (status) {
		enter_stranger(worker, netns, status);
		accept_reset(fd);
		return;
	}
	flow = flow_has_room(worker, origin) ? flow_new(worker, fd, origin) : NULL;
	if (!flow) {
		enter_full(worker, origin);
		accept_reset(fd);
		return;
	}
	flow_move(flow, FLOW_IDENTIFYING);
	if (identify_ask(worker->post, flow_request(flow), origin))
		flow_end(flow, "the loader cannot be asked");
}

/* What the loader before owed is asked again of this one. */
void
flow_loader_is_back(struct worker *worker)
{
	struct flow *flow = worker->flows;

	while (flow) {
		struct flow *after = flow->after;

		if (flow->state == FLOW_IDENTIFYING && flow->request &&
		    identify_ask(worker->post, flow_request(flow), &flow->who.origin))
			flow_end(flow, "the loader cannot be asked");
		flow = after;
	}
}

/* ---- which target, which codec ----------------------------------------------- */

/* Where DNS has a target's addresses, the kernel knows them and the policy does not:
 * its word counts, if it is of this policy. */
static uint32_t
find_target(const struct view_worker *view, const struct abi_origin *origin)
{
	uint32_t found = dial_find(view->targets, (uint32_t)view->target_count, origin->ip, origin->port);

	if (found == UINT32_MAX && origin->epoch == view->head.epoch &&
	    origin->target < view->target_count && view->targets[origin->target].is_learned &&
	    view->targets[origin->target].port == origin->port)
		return origin->target;
	return found;
}

static bool
choose_target(struct flow *flow)
{
	struct policy *policy = flow->worker->policy;
	const struct view_target *target;

	if (!policy) {
		refuse_flow(flow, "no policy is in force");
		return false;
	}
	flow->policy = policy_hold(policy);
	flow->target = find_target(policy->view, &flow->who.origin);
	if (flow->target == UINT32_MAX) {
		refuse_flow(flow, "the destination is no registered target");
		return false;
	}
	target = &policy->view->targets[flow->target];
	snprintf(flow->target_name, sizeof(flow->target_name), "%s", target->name);
	if (stops_cover(flow->worker, flow)) {
		refuse_flow(flow, "stopped by an operator");
		return false;
	}
	return true;
}

bool
flow_open_codec(struct flow *flow)
{
	const struct view_target *target = &flow->policy->view->targets[flow->target];
	struct wire_settings settings = {
		.arena = flow->arena, .unit_limit = FLOW_UNIT_BYTES, .offers_tls = true,
		.key = flow->key, .needs_proof = target->needs_proof,
	};

	flow->codec = wire_find(target->protocol);
	flow->meaning = flow->codec && flow->codec->change ? &meaning_request : &meaning_statement;
	if (flow->meaning == &meaning_statement && sql_catalogue_new(&flow->names, FLOW_UNIT_BYTES))
		return false;
	if (flow->codec)
		flow->codec_state = flow->codec->open(&settings);
	return flow->codec && flow->codec_state;
}

static void
entered(void *arg, int status)
{
	struct flow *flow = arg;
	bool unseen = flow->policy->view->targets[flow->target].inspect == INSPECT_NONE;

	flow->entry = 0;
	if (flow->ended || status)
		return;
	if (unseen) {
		struct verdict verdict;
		char why[DECIDE_WHY];

		decide_login(flow->policy->view, span_text(flow->who.skill), flow->target,
		    span_of(NULL, 0), span_of(NULL, 0), NULL, 0, why, &verdict);
		if (verdict.kind != VERDICT_ALLOW) {
			refuse_flow(flow, "this skill has no duty on that target");
			return;
		}
		flow_dial(flow);
		return;
	}
	if (!flow_open_codec(flow)) {
		refuse_flow(flow, "no codec for the target's protocol");
		return;
	}
	flow_move(flow, FLOW_GREETING);
	flow_flush(flow);
}

static void
enter_flow(struct flow *flow)
{
	bool unseen = flow->policy->view->targets[flow->target].inspect == INSPECT_NONE;
	struct record_flow record = flow_record(flow);
	struct record_call call = {
		.level = LEVEL_HANDED, .fn = entered, .arg = flow, .sequence = &flow->entry,
	};

	flow_move(flow, FLOW_ENTERING);
	if (record_flow_begin(&record, unseen, &call))
		flow_end(flow, "it cannot be recorded");
}

void
flow_identified(struct flow *flow)
{
	flow->is_known = !policy_is_whole(flow->worker);
	if (!flow->is_known && choose_target(flow))
		enter_flow(flow);
}

bool
flow_hear_who(struct worker *worker, const struct msg_head *head, struct span body)
{
	struct flow *flow = flow_asked(worker, head->id);
	struct who who = { .skill = "" };
	char reason[128];
	int status;

	if (flow)
		who.origin = flow->who.origin;
	if (!identify_hear(body, &who, &status, reason, sizeof(reason)))
		return false;
	if (!flow)
		return true;	/* it has ended meanwhile */
	flow->who = who;
	if (status)
		refuse_flow(flow, *reason ? reason : "the loader does not know this skill");
	else
		flow_identified(flow);
	return true;
}

/* ---- the client's TLS ----------------------------------------------------------- */

/* Another flow has had that leaf just now, by this policy: go on with it. */
static bool
recall_leaf(struct flow *flow, struct out *question)
{
	struct leg *leg = &flow->legs[WIRE_CLIENT];

	out_be32(question, flow->policy->view->head.epoch);
	if (question->failed || !tls_recall_leaf(leg->tls, out_view(question)))
		return false;
	flow_move(flow, FLOW_GREETING);
	if (tls_write(leg->tls, span_of(NULL, 0), &leg->cipher) == TLS_BROKEN)
		flow_close(flow, tls_error(leg->tls));
	return true;
}

void
flow_want_leaf(struct flow *flow, struct span server_name)
{
	struct out body = out_new(1024);
	size_t n;
	int error;

	snprintf(flow->server_name, sizeof(flow->server_name), "%.*s",
	    (int)server_name.n, (const char *)server_name.p);
	out_block(&body, span_text(flow->target_name));
	out_block(&body, span_head(server_name, 255));
	out_bytes(&body, flow->who.origin.ip, 16);
	n = body.n;
	if (recall_leaf(flow, &body)) {
		out_free(&body);
		return;
	}
	flow_move(flow, FLOW_LEAF);
	error = body.failed ? -ENOMEM : post_send(flow->worker->post, SLOT_KEEPER,
	    MSG_LEAF, flow_request(flow), span_head(out_view(&body), n), -1);
	out_free(&body);
	if (error)
		flow_end(flow, "the keeper cannot be asked");
}

void
flow_end_shaking(struct flow *flow, const char *reason)
{
	struct leg *leg = &flow->legs[WIRE_CLIENT];
	struct span name, protocols;

	if (tls_needs_choice(leg->tls, &name, &protocols) || tls_needs_leaf(leg->tls, &name)) {
		tls_refuse(leg->tls);
		tls_write(leg->tls, span_of(NULL, 0), &leg->cipher);
	}
	flow_close(flow, reason);
	flow_flush(flow);
}

static void
no_leaf(struct flow *flow)
{
	static const char reason[] = "no certificate is made for the name the skill asked for";

	enter_refusal(flow, reason);
	flow_end_shaking(flow, reason);
}

bool
flow_hear_leaf(struct worker *worker, const struct msg_head *head, struct span body)
{
	struct flow *flow = flow_asked(worker, head->id);
	struct leg *leg = flow ? &flow->legs[WIRE_CLIENT] : NULL;
	struct span chain = { 0 }, key = { 0 };
	enum tls_state state;
	uint32_t status;

	if (!take_be32(&body, &status) || (!status &&
	    (!take_block(&body, &chain) || !take_block(&body, &key) || body.n)))
		return false;
	if (!flow)
		return true;
	if (status || tls_set_leaf(leg->tls, chain, key)) {
		no_leaf(flow);
		return true;
	}
	flow_move(flow, FLOW_GREETING);
	state = tls_write(leg->tls, span_of(NULL, 0), &leg->cipher);
	if (state == TLS_BROKEN) {
		flow_close(flow, tls_error(leg->tls));
		flow_flush(flow);
		return true;
	}
	leg->tls_open = state == TLS_OPEN;
	flow_pump(flow);
	return true;
}
