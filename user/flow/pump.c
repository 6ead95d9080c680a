/*
 * pump.c: everything that can be done now, unit by unit.
 * The codec names a unit, its handler in the table obeys, the bytes are consumed.
 * A handler says whether it did obey (ON), parked the unit (WAIT: it stays where it
 * is), or ended the flow. The backend goes first: its answers make room.
 */
#include <assert.h>
#include <stdio.h>

#include "base/must.h"
#include "flow/flow.h"
#include "msg/post.h"
#include "parse/parse.h"

enum pumped { PUMP_ON, PUMP_WAIT };

typedef enum pumped (*unit_fn)(struct flow *, enum wire_side, const struct wire_event *,
    struct span unit);

static enum pumped
pass(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	size_t from = flow->to[WIRE_CLIENT].n;

	flow->codec->pass(flow->codec_state, side, unit, flow->to);
	if (side == WIRE_SERVER)
		flow_answer_sent(flow, flow_turn_find(flow, event->turn), from);
	return PUMP_ON;
}

static enum pumped
drop(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	(void)event;
	flow->codec->drop(flow->codec_state, side, unit, flow->to);
	return PUMP_ON;
}

static enum pumped
own(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	drop(flow, side, event, unit);
	return PUMP_ON;
}

bool
flow_begin_tls(struct flow *flow, size_t leave)
{
	struct leg *leg = &flow->legs[WIRE_CLIENT];
	struct out cipher = out_new(FLOW_IN_BYTES);
	bool went_on;

	out_span(&cipher, flow_leg_in(flow, WIRE_CLIENT));
	if (leg->tls || cipher.failed ||
	    tls_server_new(&leg->tls, flow->codec->has_login ? flow->codec->alpn : NULL,
	    flow->codec->has_login)) {
		out_free(&cipher);
		flow_end(flow, "no memory for TLS, or TLS within TLS");
		return false;
	}
	flow_resume(flow, WIRE_CLIENT);
	leg->used = leg->in.n - leave;
	went_on = flow_decrypt(flow, WIRE_CLIENT, out_view(&cipher));
	out_free(&cipher);
	return went_on;
}

/* TLS from here on. What came in plain behind the request is an attack (CVE-2021-23222). */
static enum pumped
begin_tls(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	struct leg *leg = &flow->legs[side];

	drop(flow, side, event, unit);
	if (event->is_direct)	/* what is named is consumed by who called */
		return flow_begin_tls(flow, event->n) ? PUMP_ON : PUMP_WAIT;
	if (flow_leg_in(flow, side).n > event->n || leg->tls) {
		flow_end(flow, "bytes in plain behind the request for TLS");
		return PUMP_WAIT;
	}
	out_span(&leg->cipher, out_view(&flow->to[side]));
	out_clear(&flow->to[side]);
	if (tls_server_new(&leg->tls, flow->codec->alpn, false))
		flow_end(flow, "no memory for TLS");
	return PUMP_ON;
}

static enum pumped
login(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	bool went_on = flow_unit_login(flow, event);

	if (!flow->ended)
		drop(flow, side, event, unit);
	return went_on || !flow->ended ? PUMP_ON : PUMP_WAIT;
}

static enum pumped
cancel(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	flow_unit_cancel(flow, event);
	drop(flow, side, event, unit);
	flow_close(flow, "a cancel request");
	return PUMP_ON;
}

static enum pumped
ask(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	(void)side;
	if (flow->ask.state != ASK_CLEARED || !flow->meaning->is_same(flow, event)) {
		flow_unit_ask(flow, event);
		return PUMP_WAIT;
	}
	if (!flow_turn_add(flow)) {
		flow_end(flow, "no memory for a turn");
		return PUMP_WAIT;
	}
	flow->meaning->pass(flow, event, unit);
	flow_ask_clear(flow);
	return flow->ended ? PUMP_WAIT : PUMP_ON;
}

static enum pumped
bye(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	pass(flow, side, event, unit);
	if (flow->state == FLOW_OPEN)
		flow_move(flow, FLOW_DRAINING);
	else
		flow_close(flow, "the skill said good-bye");
	return PUMP_ON;
}

static enum pumped
fields(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	if (!flow_unit_fields(flow, event))
		return PUMP_WAIT;
	return pass(flow, side, event, unit);
}

static enum pumped
row(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	(void)side;
	return flow_unit_row(flow, event, unit) ? PUMP_ON : PUMP_WAIT;
}

static enum pumped
text(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	(void)side;
	if (flow->state == FLOW_LOGGING_IN && event->is_final) {
		flow_login_refused(flow, event);
		return PUMP_WAIT;
	}
	return flow_unit_text(flow, event, unit) ? PUMP_ON : PUMP_WAIT;
}

static enum pumped
done(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	pass(flow, side, event, unit);
	return flow_unit_done(flow, event) ? PUMP_ON : PUMP_WAIT;
}

static enum pumped
reply(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	if (flow->ask.state == ASK_NAMES &&
	    !sql_catalogue_row(flow->names, event->row.fields, event->row.count)) {
		flow_end(flow, "the catalogue's answer was not understood");
		return PUMP_WAIT;
	}
	return drop(flow, side, event, unit);
}

static enum pumped
reply_end(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	bool failed = event->done.error.n > 0, is_cancelled = span_is(event->done.error, "57014");

	drop(flow, side, event, unit);
	if (flow->ask.state != ASK_NAMES)
		return PUMP_ON;
	if (failed) {
		if (is_cancelled)
			flow->ask.cancelled = "cancelled while the backend was asked what its names mean";
		flow_ask_nameless(flow);
		return PUMP_ON;
	}
	if (flow->names_forgotten) {
		flow_ask_names(flow);
		return PUMP_ON;
	}
	sql_catalogue_done(flow->names, flow->ask.analysis);
	flow_ask_judge(flow);
	return PUMP_ON;
}

static enum pumped
logged_in(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	drop(flow, side, event, unit);
	if (flow->state == FLOW_LOGGING_IN)
		flow_move(flow, FLOW_OPEN);
	return PUMP_ON;
}

static enum pumped
head(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	(void)side;
	return flow_unit_head(flow, event, unit) ? PUMP_ON : PUMP_WAIT;
}

static enum pumped
body(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	if (side == WIRE_CLIENT)	/* of an ask that was judged with its beginning */
		return flow_upload(flow, event, unit) ? PUMP_ON : PUMP_WAIT;
	return flow_unit_body(flow, event, unit) ? PUMP_ON : PUMP_WAIT;
}

static const unit_fn units[] = {
	[UNIT_PLAIN] = pass, [UNIT_OWN] = own, [UNIT_TLS] = begin_tls,
	[UNIT_LOGIN] = login, [UNIT_CANCEL] = cancel, [UNIT_ASK] = ask,
	[UNIT_BYE] = bye, [UNIT_FIELDS] = fields, [UNIT_ROW] = row,
	[UNIT_TEXT] = text, [UNIT_DONE] = done, [UNIT_REPLY] = reply,
	[UNIT_REPLY_END] = reply_end, [UNIT_LOGGED_IN] = logged_in,
	[UNIT_HEAD] = head, [UNIT_BODY] = body,
};
static_assert(COUNT(units) == UNIT_KINDS, "a handler for each unit");

/* ---- one side --------------------------------------------------------------- */

static void
not_understood(struct flow *flow, enum wire_side side, const char *why)
{
	char reason[160];

	snprintf(reason, sizeof(reason), "%s: not understood: %s",
	    side == WIRE_CLIENT ? "skill" : "backend", why);
	if (side == WIRE_SERVER && flow->state == FLOW_LOGGING_IN)
		flow_backend_failed(flow, reason);
	else
		flow_farewell(flow, side == WIRE_CLIENT ? REFUSAL_PROTOCOL :
		    REFUSAL_BACKEND, reason);
}

/* A part of a unit too large to hold. It cannot be masked, only passed. */
static enum pumped
part(struct flow *flow, enum wire_side side, const struct wire_event *event,
    struct span unit)
{
	if (side == WIRE_SERVER && event->kind == UNIT_ROW)
		return row(flow, side, event, unit);
	return pass(flow, side, event, unit);
}

static bool
is_choked(const struct flow *flow, enum wire_side side)
{
	return flow->to[side].n > FLOW_HIGH_BYTES * 4;
}

/* A proof is on its way: what that side says meanwhile, a backend's last word too, is unread. */
static bool
awaits_proof(const struct flow *flow, enum wire_side side)
{
	return flow->request && flow->state == (side == WIRE_SERVER ? FLOW_LOGGING_IN : FLOW_PROVING);
}

static bool
pump_side(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];
	struct span in = flow_leg_in(flow, side);
	struct wire_event event;
	enum wire_step step;
	enum pumped pumped;

	if (flow->ended || !flow->codec || !in.n || flow->state == FLOW_LANES)
		return false;
	if (!flow_reads(flow, side) && !(side == WIRE_CLIENT && flow->ask.state == ASK_CLEARED))
		return false;
	if (awaits_proof(flow, side))
		return false;
	if (side == WIRE_CLIENT && flow->state == FLOW_GREETING && !flow->codec->has_login)
		return flow_greet(flow);
	if (is_choked(flow, !side)) {
		flow->choked = true;	/* let the other side drain first */
		return false;
	}
	if (side == WIRE_CLIENT && flow->signing)
		in = span_head(in, flow->signing);	/* no more is signed */
	step = parse_next(flow->codec, flow->codec_state, side, in, leg->in_most,
	    flow->to, &event);
	if (step == WIRE_MORE) {
		flow_hunger(flow, &event);
		return false;
	}
	if (step == WIRE_BAD) {
		not_understood(flow, side, event.why);
		return false;
	}
	if (side == WIRE_CLIENT && flow->ask.state == ASK_CLEARED && event.kind != UNIT_ASK)
		flow_ask_clear(flow);	/* an error came first: the server skips it now */
	pumped = step == WIRE_PART ? part(flow, side, &event, span_head(in, event.n)) :
	    units[event.kind](flow, side, &event, span_head(in, event.n));
	if (flow->ended || pumped == PUMP_WAIT)
		return false;
	leg->used += event.n;
	if (event.is_final)
		flow_close(flow, "the protocol ended it");
	if (event.lost_reply && flow->ask.state == ASK_NAMES &&
	    event.kind != UNIT_REPLY_END)
		flow_ask_nameless(flow);
	if (side == WIRE_SERVER && flow->state == FLOW_LOGGING_IN)
		flow_login_step(flow);
	if (side == WIRE_CLIENT && flow->state == FLOW_PROVING)
		flow_prove_step(flow);
	return !flow->ended;
}

/* A unit that lasts as long as its connection has ended with it. False: the flow has. */
static bool
end_last_unit(struct flow *flow)
{
	struct wire_event event;

	if (!flow->codec->ended || !flow->codec->ended(flow->codec_state, WIRE_SERVER, &event))
		return true;
	return units[event.kind](flow, WIRE_SERVER, &event, span_of(NULL, 0)) == PUMP_ON && !flow->ended;
}

/* A stream has one request, and ends with its answer. */
static void
check_lane(struct flow *flow)
{
	if (!flow->turns && !flow->to[WIRE_CLIENT].n)
		flow_close(flow, "its one request is answered");
}

/* Of a WebSocket both sides have a last word. */
static bool
is_answered(const struct flow *flow)
{
	return flow->turn_total && flow->ask.state == ASK_NONE && !flow->is_channel;
}

/* One side has sent its last byte and everything of it is done. */
static void
check_ends(struct flow *flow)
{
	const struct leg *client = &flow->legs[WIRE_CLIENT];
	const struct leg *server = &flow->legs[WIRE_SERVER];

	if (flow->ended || flow->state == FLOW_CLOSING || awaits_proof(flow, WIRE_SERVER))
		return;
	if (server->eof && flow->state == FLOW_LOGGING_IN) {
		flow_backend_failed(flow, "the backend closed during the login");
		return;
	}
	if (flow->parent && !flow->turns && (server->eof || is_answered(flow))) {
		check_lane(flow);
		return;
	}
	if (server->eof && server->connected && !flow->choked && end_last_unit(flow)) {	/* else there is more of it */
		if (flow->parent && flow->turns)
			flow_farewell(flow, REFUSAL_BACKEND, "the backend closed");
		flow_close(flow, flow->state == FLOW_DRAINING ?
		    "the skill said good-bye" : "the backend closed");
		return;
	}
	if (!client->eof || flow->ask.state != ASK_NONE)
		return;
	if (flow->parent && !flow_leg_in(flow, WIRE_CLIENT).n) {
		check_lane(flow);
		return;
	}
	if (flow->state == FLOW_OPEN && !flow_leg_in(flow, WIRE_CLIENT).n)
		flow_move(flow, FLOW_DRAINING);
	else if (flow->state == FLOW_PROVING)
		flow_end(flow, "the skill left without proving its password");
	else if (flow->state == FLOW_OPEN || flow->state == FLOW_GREETING)
		flow_end(flow, "the skill left in the middle of a message");
}

/* TLS upstream is up: the login may begin. */
static void
push_login(struct flow *flow)
{
	if (!flow->ended && flow->state == FLOW_LOGGING_IN && !flow->upstream_asked)
		flow_login_step(flow);
}

static void
pump_round(struct flow *flow)
{
	flow->pumping = true;
	flow->choked = false;
	push_login(flow);
	while (flow->again) {
		flow->again = false;
		while (pump_side(flow, WIRE_SERVER) || pump_side(flow, WIRE_CLIENT))
			;
	}
	check_ends(flow);
	flow->pumping = false;
	for (int side = 0; side < WIRE_SIDES; side++) {
		out_drop(&flow->legs[side].in, flow->legs[side].used);
		flow->legs[side].used = 0;
	}
	flow_row_let_go(flow);
}

/* What was choked goes on as soon as the flush made room: nobody else would wake it. */
void
flow_pump(struct flow *flow)
{
	flow->again = true;
	flow->stirred = true;
	if (flow->ended || flow->pumping)
		return;
	lane_fill(flow);
	while (!flow->ended && flow->state != FLOW_LANES) {
		flow->again = true;
		pump_round(flow);
		if (flow->ended || !flow_flush(flow))
			return;
		if (!lane_fill(flow) && flow->state != FLOW_LANES &&
		    !(flow->choked && !is_choked(flow, WIRE_CLIENT) && !is_choked(flow, WIRE_SERVER)))
			return;
	}
	if (!flow->ended) {
		flow->again = true;	/* what came with its first bytes, too */
		lanes_pump(flow);
	}
}

void
flow_pass_ask(struct flow *flow)
{
	flow_park(flow, ASK_CLEARED);
	flow_pump(flow);
}

void
flow_refuse_ask(struct flow *flow, enum refusal what)
{
	struct pending *pending = &flow->ask;
	struct leg *leg = &flow->legs[WIRE_CLIENT];
	struct span unit = span_head(flow_leg_in(flow, WIRE_CLIENT), pending->n);
	char room[REFUSAL_ROOM];
	bool may_retry = what == REFUSAL_HOLD_EXPIRED && pending->verdict.retry_s;
	struct wire_no no = flow_refusal(what, &pending->refusal,
	    may_retry ? pending->verdict.retry_s / 60 : 0, room);
	struct wire_event event;

	if (what == REFUSAL_HOLD_WAITS)
		no = flow_refusal_held(&pending->refusal, &pending->hold, pending->verdict.answer, room);
	if (parse_next(flow->codec, flow->codec_state, WIRE_CLIENT, unit, FLOW_IN_BYTES,
	    flow->to, &event) != WIRE_UNIT || event.n != unit.n) {
		flow_end(flow, "a refused ask was no longer there");
		return;
	}
	if (event.kind == UNIT_ASK)
		flow->codec->refuse(flow->codec_state, WIRE_CLIENT, unit, &no, flow->to);
	else
		flow->codec->pass(flow->codec_state, WIRE_CLIENT, unit, flow->to);
	leg->used += unit.n;
	flow_ask_clear(flow);
	if (event.kind == UNIT_ASK && event.ends_flow && (flow->parent || !event.ask.request.is_open))
		flow_close(flow, "a refusal ended it");	/* else its rest is read first, for nobody; of a lane, by its stream */
	flow_pump(flow);
}
