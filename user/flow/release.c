/*
 * release.c: from a verdict to the moment the ask goes upstream, or is refused.
 * Nothing goes before its entry is out of this process' reach: handed, written or
 * synced, as its effects ask. Where the recorder takes no entry the ask waits, and
 * is refused after ten seconds. A hold is entered, shown to people, and judged again
 * when they approve, since policy may have changed while it waited.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "decide/decide.h"
#include "entry/scribe.h"
#include "flow/flow.h"
#include "msg/post.h"
#include "record/record.h"

#define RETRY_NS (100 * MILLISECOND_NS)

/* How durable the entry must be: ARCHITECTURE section 2. */
static enum level
level_of(const struct pending *pending)
{
	const struct action *action = &pending->action;
	enum level level = LEVEL_HANDED;

	if (pending->phase == PHASE_PARSE)
		return LEVEL_HANDED;
	if (action->commits)
		return LEVEL_SYNCED;
	for (size_t i = 0; i < action->act_count; i++) {
		enum effect effect = action->acts[i].effect;

		if (effect == EFFECT_READ || effect == EFFECT_SESSION)
			continue;
		if (!action->in_transaction || effect > EFFECT_GRANT)
			return LEVEL_SYNCED;	/* no ROLLBACK undoes it */
		level = LEVEL_WRITTEN;
	}
	return level;
}

/* ---- entering ------------------------------------------------------------------- */

static const char *
phase_name(enum wire_phase phase)
{
	static const char *const names[] = {
		[PHASE_QUERY] = "query", [PHASE_PARSE] = "parse",
		[PHASE_BIND] = "bind", [PHASE_EXECUTE] = "execute",
		[PHASE_FUNCTION] = "function", [PHASE_REPLICATION] = "replication",
		[PHASE_REQUEST] = "request", [PHASE_MESSAGE] = "message",
	};

	return names[phase];
}

/* Text as it may stand in the ledger: sensitive values in it are masked too. */
struct span
flow_masked(struct flow *flow, struct span text)
{
	struct mask_tally tally = { 0 };
	struct out out = out_new(FLOW_UNIT_BYTES * 2);
	struct span result = text;

	if (mask_text(flow->policy->masks, ~0ULL, text, &out, &tally) != MASK_KEPT)
		result = out.failed ? SPAN("[redacted]") : arena_copy(flow->scratch, out_view(&out));
	out_free(&out);
	return result.p || !result.n ? result : SPAN("[redacted]");
}

/* A value in binary, as people write it where its type is known. */
static struct span
masked_binary(struct flow *flow, uint32_t type, struct span bytes)
{
	struct out out = out_new(FLOW_UNIT_BYTES);
	struct span text = SPAN("[binary]"), copy;

	if (sql_bound_text(type, bytes, &out)) {
		copy = arena_copy(flow->scratch, out_view(&out));
		text = copy.p || !out.n ? flow_masked(flow, copy) : SPAN("[redacted]");
	}
	out_free(&out);
	return text;
}

/* What is recorded of a value too large to be held. */
static struct span
cut_note(struct flow *flow, uint32_t bytes)
{
	char note[48];
	struct span copy;

	snprintf(note, sizeof(note), "[%u bytes, not kept]", bytes);
	copy = arena_copy(flow->scratch, span_text(note));
	return copy.p ? copy : SPAN("[not kept]");
}

/* Mask what is recorded of the ask, once: each try at entering it is the same. */
static bool
mask_ask(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	const struct wire_ask *ask = &pending->ask;
	struct record_value *values = pending->values;

	if (values)
		return true;
	values = arena_take(flow->scratch, (ask->value_count + 1) * sizeof(*values));
	for (size_t i = 0; values && i < ask->value_count; i++) {
		const struct wire_field *field = &ask->values[i];

		values[i].is_null = field->is_null;
		values[i].text = field->cut ? cut_note(flow, field->cut) : field->is_binary ?
		    masked_binary(flow, ask->value_types[i], field->bytes) :
		    flow_masked(flow, field->bytes);
	}
	pending->values = values;
	pending->masked = flow->meaning->masked(flow);
	return values != NULL;
}

static int
enter(struct flow *flow, enum level level, scribe_fn fn)
{
	struct pending *pending = &flow->ask;
	struct record_flow record = flow_record(flow);
	uint8_t digest[32];
	struct record_ask ask = {
		.turn = &pending->turn, .phase = phase_name(pending->phase),
		.text_digest = digest, .name = pending->ask.name,
		.value_count = pending->ask.value_count,
		.action = &pending->action, .verdict = &pending->verdict,
		.refusal = &pending->refusal, .hold = &pending->hold,
	};
	struct record_call call = {
		.level = level, .fn = fn, .arg = flow, .sequence = &pending->sequence,
	};

	/* of the text as recorded: that of what masks hide could be guessed from */
	if (!mask_ask(flow) || !EVP_Digest(pending->masked.p, pending->masked.n,
	    digest, NULL, flow_sha256(), NULL))
		return -ENOMEM;
	ask.text = pending->masked;
	ask.values = pending->values;
	return record_ask(&record, &ask, &call);
}

/* The recorder takes nothing now: try again until the deadline of the state. */
static void
again(void *arg)
{
	struct flow *flow = arg;

	if (flow->ended)
		return;
	if (flow->ask.state == ASK_ENTERING)
		flow_ask_allow(flow);
	else if (flow->ask.state == ASK_REFUSING)
		flow_ask_deny(flow);
	else if (flow->ask.state == ASK_HOLDING)
		flow_ask_hold(flow);
}

/* Park once, so that the deadline counts from the first try. */
static void
park_once(struct flow *flow, enum ask_state state)
{
	if (flow->ask.state != state)
		flow_park(flow, state);
}

static void
try_again(struct flow *flow, int error)
{
	if (error != -EAGAIN) {
		flow_farewell(flow, error == -EMSGSIZE ? REFUSAL_LIMIT : REFUSAL_INTERNAL,
		    error == -EMSGSIZE ? "an ask larger than its record may be" :
		    "an entry could not be made");
		return;
	}
	must(loop_set(flow->worker->loop, &flow->retry, RETRY_NS, again, flow) == 0);
}

static void
may_go(void *arg, int status)
{
	struct flow *flow = arg;

	flow->ask.sequence = 0;
	if (flow->ended || status)
		return;
	flow_watch_ask(flow);
	flow_ask_go(flow);
}

void
flow_ask_go(struct flow *flow)
{
	if (flow->meaning->is_ready(flow))
		flow_pass_ask(flow);
}

void
flow_ask_fail(struct flow *flow, enum refusal what, const char *reason)
{
	struct wire_event done = { .done = { .turn = flow->ask.ask.turn, .is_last = true } };
	struct turn *turn = flow_turn_add(flow) ? flow_turn_find(flow, flow->ask.ask.turn) : NULL;

	if (!turn) {
		flow_end(flow, "no memory for a turn");
		return;
	}
	out_printf(&turn->error, "not sent: %s", reason);
	flow->ask.refusal = flow_refusal_id(flow->worker);
	if (flow_unit_done(flow, &done))
		flow_refuse_ask(flow, what);
}

void
flow_ask_allow(struct flow *flow)
{
	int error;

	park_once(flow, ASK_ENTERING);
	error = enter(flow, level_of(&flow->ask), may_go);
	if (error)
		try_again(flow, error);
}

static void
say_no(void *arg, int status)
{
	struct flow *flow = arg;

	flow->ask.sequence = 0;
	if (flow->ended || status)
		return;
	flow_watch_ask(flow);
	flow_refuse_ask(flow, flow->ask.no);
}

void
flow_ask_deny(struct flow *flow)
{
	int error;

	park_once(flow, ASK_REFUSING);
	if (!id_is_set(&flow->ask.refusal))
		flow->ask.refusal = flow_refusal_id(flow->worker);
	error = enter(flow, LEVEL_WRITTEN, say_no);
	if (error)
		try_again(flow, error);
}

/* ---- holding ---------------------------------------------------------------------- */

static bool
fill_card(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	const struct wire_ask *ask = &pending->ask;
	struct hold_value *values;

	values = arena_take(flow->scratch, (ask->value_count + 1) * sizeof(*values));
	if (!values)
		return false;
	for (size_t i = 0; i < ask->value_count; i++)
		values[i] = (struct hold_value){
			.bytes = ask->values[i].bytes, .is_null = ask->values[i].is_null,
			.is_binary = ask->values[i].is_binary, .type = ask->value_types[i],
		};
	out_clear(&pending->acts);
	approve_acts(&pending->action, &pending->acts);
	pending->card = (struct hold){
		.id = pending->hold, .session = flow->who.session, .flow = flow->id,
		.turn = pending->turn, .skill = span_text(flow->who.skill),
		.starter = span_text(flow->who.starter), .starter_uid = flow->who.starter_uid,
		.target = span_text(flow->target_name), .role = span_text(flow->role),
		.database = span_text(flow->database),
		.search_path = sql_catalogue_schema(pending->names),
		.transaction = ask->transaction, .phase = (uint8_t)ask->phase,
		.text = ask->text, .values = values, .value_count = ask->value_count,
		.row_limit = ask->row_limit, .acts = out_view(&pending->acts),
		.rule = pending->verdict.where, .why = pending->verdict.why,
		.approvers = pending->verdict.approvers, .need = pending->verdict.need,
		.expires_s = pending->verdict.expires_s, .retry_s = pending->verdict.retry_s,
		.answer = flow_asks_again(flow) ? (uint8_t)pending->verdict.answer : ANSWER_WAIT,
		.epoch = flow->policy->view->head.epoch,
	};
	return !pending->acts.failed && approve_digest(&pending->card, flow->policy->hold_key) == 0;
}

void
flow_ask_open_hold(struct flow *flow)
{
	flow_park(flow, ASK_HELD);
	if (approve_open(flow->worker->post, &flow->ask.card)) {
		flow_refuse_ask(flow, REFUSAL_INTERNAL);
		return;
	}
	log_line(LOG_LEVEL_INFO, &flow->id, "an ask is held for approval");
	if (!flow_asks_again(flow))
		flow_calm_begin(flow);
}

/* The hold is in the ledger; was exactly this approved already? */
static void
held(void *arg, int status)
{
	struct flow *flow = arg;

	flow->ask.sequence = 0;
	if (flow->ended || status)
		return;
	flow_watch_ask(flow);
	if (flow->ask.cancelled) {
		flow_refuse_ask(flow, REFUSAL_CANCELLED);
		return;
	}
	if (flow_asks_again(flow) && flow->ask.standing != STANDING_APPROVED) {
		flow_retry_go(flow);
		return;
	}
	if (!flow->ask.verdict.retry_s) {
		flow_ask_open_hold(flow);
		return;
	}
	flow_park(flow, ASK_EARLIER);
	if (approve_ask_earlier(flow->worker->post, flow_request(flow), &flow->ask.card, true))
		flow_refuse_ask(flow, REFUSAL_INTERNAL);
}

void
flow_ask_hold(struct flow *flow)
{
	int error;

	if (!id_is_set(&flow->ask.hold)) {
		flow->ask.hold = flow_make_id(flow->worker, ID_HOLD);
		flow->ask.refusal = flow_refusal_id(flow->worker);
	}
	if (!fill_card(flow)) {
		flow->ask.verdict.kind = VERDICT_DENY;
		flow->ask.verdict.why = SPAN("more than a person could be shown");
		flow_ask_deny(flow);
		return;
	}
	if (flow_asks_again(flow) && !flow->ask.knows_standing) {
		flow_retry_ask(flow);
		return;
	}
	park_once(flow, ASK_HOLDING);
	error = enter(flow, LEVEL_SYNCED, held);
	if (error)
		try_again(flow, error);
}

/* ---- deciding ------------------------------------------------------------------------ */

static void
released(void *arg, int status)
{
	struct flow *flow = arg;

	flow->ask.sequence = 0;
	if (flow->ended || status)
		return;
	if (flow->ask.verdict.kind == VERDICT_DENY)
		flow_refuse_ask(flow, REFUSAL_POLICY);
	else
		may_go(flow, 0);
}

/* Those who approved are those whom another policy asks, as far as it can be told; else they are asked for nothing. */
static void
deny_unless_asked(struct pending *pending)
{
	struct verdict *verdict = &pending->verdict;

	if (verdict->kind != VERDICT_HOLD ||
	    (verdict->approvers == pending->card.approvers && verdict->need <= pending->card.need))
		return;
	verdict->kind = VERDICT_DENY;
	verdict->why = SPAN("the policy now asks other people, or more of them");
}

void
flow_ask_release(struct flow *flow, struct span people)
{
	struct pending *pending = &flow->ask;
	struct record_flow record = flow_record(flow);
	struct record_call call = {
		.level = LEVEL_SYNCED, .fn = released, .arg = flow,
		.sequence = &pending->sequence,
	};
	bool changed = flow->policy != flow->worker->policy;

	if (!policy_is_whole(flow->worker)) {
		pending->people = arena_copy(flow->scratch, people);
		flow_park(flow, ASK_POLICY);
		return;
	}
	/* the rules may have changed while people thought: judge again */
	if (stops_cover(flow->worker, flow) || !flow_renew_policy(flow)) {
		pending->verdict = (struct verdict){
			.kind = VERDICT_DENY,
			.why = SPAN("it was stopped, or its target is gone"),
		};
	} else if (changed) {
		decide_judge(flow->policy->view, span_text(flow->who.skill),
		    flow->target, &pending->action, pending->why, &pending->verdict);
		deny_unless_asked(pending);
	}
	flow_park(flow, ASK_ENTERING);
	if (record_release(&record, &pending->turn, &pending->hold, pending->card.digest,
	    &pending->verdict, people, &call))
		flow_refuse_ask(flow, REFUSAL_RECORD);
}

struct flow *
flow_find_held(struct worker *worker, const struct id *hold)
{
	struct flow *flow = worker->flows;

	while (flow && !(flow->ask.state == ASK_HELD && id_equal(&flow->ask.hold, hold)))
		flow = flow->after;
	return flow;
}

bool
flow_hear_decided(struct worker *worker, struct span body)
{
	struct approve_answer answer;
	struct flow *flow;

	if (!approve_hear(body, &answer))
		return false;
	flow = flow_find_held(worker, &answer.hold);
	if (!flow)
		return true;	/* its client left meanwhile */
	loop_unset(worker->loop, &flow->calm);
	if (answer.is_approved &&
	    memcmp(answer.digest, flow->ask.card.digest, sizeof(answer.digest)) == 0)
		flow_ask_release(flow, answer.people);
	else
		flow_refuse_ask(flow, span_is(answer.reason, "expired") ?
		    REFUSAL_HOLD_EXPIRED : REFUSAL_HOLD_DENIED);
	return true;
}

bool
flow_hear_earlier(struct worker *worker, const struct msg_head *head, struct span body)
{
	struct flow *flow = flow_asked(worker, head->id);
	struct approve_answer answer;

	if (!approve_hear_earlier(body, &answer))
		return false;
	if (!flow || (flow->ask.state != ASK_EARLIER && flow->ask.state != ASK_STANDING))
		return true;
	if (flow->ask.state == ASK_STANDING)
		flow_retry_hear(flow, &answer);
	else if (flow->ask.cancelled)
		flow_refuse_ask(flow, REFUSAL_CANCELLED);
	else if (answer.is_approved)
		flow_ask_release(flow, answer.people);
	else if (flow_asks_again(flow))	/* used by another, meanwhile, or its time is over */
		flow_refuse_ask(flow, REFUSAL_INTERNAL);
	else
		flow_ask_open_hold(flow);
	return true;
}

void
flow_reopen_holds(struct worker *worker)
{
	for (struct flow *flow = worker->flows; flow; flow = flow->after)
		if (flow->ask.state == ASK_HELD)
			(void)approve_open(worker->post, &flow->ask.card);
}

void
flow_ask_leave(struct flow *flow)
{
	approve_leave(flow->worker->post, &flow->ask.hold);
}

/* The deadline of what the ask waits for has passed. */
void
flow_ask_late(struct flow *flow)
{
	struct pending *pending = &flow->ask;

	if (pending->sequence)
		scribe_forget(flow->worker->scribe, pending->sequence);
	if (!id_is_set(&pending->refusal))
		pending->refusal = flow_refusal_id(flow->worker);
	if (pending->state == ASK_HELD) {
		flow_ask_leave(flow);
		flow_refuse_ask(flow, REFUSAL_HOLD_EXPIRED);
	} else if (pending->state == ASK_CLEARED) {
		flow_end(flow, "the backend takes nothing");
	} else if (pending->state == ASK_SIGNING) {
		flow_end(flow, "the keeper did not sign a body");
	} else if (pending->state == ASK_LENDING) {
		flow_ask_fail(flow, REFUSAL_INTERNAL, "the keeper did not answer");
	} else if (pending->state == ASK_GRAMMAR || pending->state == ASK_POLICY) {
		flow_refuse_ask(flow, REFUSAL_INTERNAL);
	} else {
		flow_refuse_ask(flow, REFUSAL_RECORD);
	}
}
