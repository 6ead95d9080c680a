/*
 * lane.c: a connection of HTTP/2, whose streams are flows of their own.
 * The connection (a flow in FLOW_LANES) has the sockets, TLS and both faces of HTTP/2
 * (unwrap/h2.h); each of its streams is a lane: a flow without sockets, which reads and
 * writes HTTP/1.1 like any other, by the same codec. Where the backend speaks HTTP/1.1, too, each
 * lane has a socket to it (way.c). So a lane that is held stops none beside it. A lane takes from
 * its streams what it can look at, and no more, and they take from it what their peers have room
 * for: flow control reaches from end to end.
 * A lane is newer than its connection, and so stands before it in the worker's list:
 * who goes through that list may end either.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/must.h"
#include "flow/flow.h"

#define REST_NS SECOND_NS
#define UNSURE_S 5	/* what says nothing for longer is asked as if it spoke HTTP/2 */

static struct h2 *
face_of(const struct flow *lane, enum wire_side side)
{
	return lane->parent->legs[side].h2;
}

static struct flow *
find_lane(const struct flow *flow, enum wire_side side, uint32_t stream)
{
	struct flow *lane = flow->lanes;

	while (lane && lane->stream[side] != stream)
		lane = lane->next_lane;
	return lane;
}

static void
pump_later(void *arg)
{
	flow_pump(arg);
}

void
lanes_stir(struct flow *parent)
{
	parent->again = true;
	if (!parent->pumping && !parent->ended)
		must(loop_set(parent->worker->loop, &parent->retry, 0, pump_later, parent) == 0);
}

/* ---- the connection -------------------------------------------------------------------------- */

static void
begin_lanes(struct flow *flow)
{
	struct h2 *client = flow->legs[WIRE_CLIENT].h2;
	uint32_t stream = h2_begun(client);

	for (; stream && !flow->ended; stream = h2_begun(client)) {
		struct flow *lane = flow_new_lane(flow, stream);

		if (lane) {
			flow_pump(lane);
			continue;
		}
		h2_stream_reset(client, stream, H2_REFUSED_STREAM);
		h2_stream_free(client, stream);
	}
}

static void
stir_lanes(struct flow *flow, enum wire_side side)
{
	struct h2 *h2 = flow->legs[side].h2;
	uint32_t stream = h2 ? h2_stirred(h2) : 0;

	for (; stream && !flow->ended; stream = h2_stirred(h2)) {
		struct flow *lane = find_lane(flow, side, stream);

		if (lane)
			flow_pump(lane);
	}
}

/* Lanes that wait for the backend to take another stream, or connection. */
static void
try_waiting(struct flow *flow)
{
	for (struct flow *lane = flow->lanes; lane && !flow->ended; lane = lane->next_lane) {
		if (!lane->to[WIRE_SERVER].n || lane->stream[WIRE_SERVER] || lane->takes_way)
			continue;
		if (flow->lanes_kind == LANES_APART)
			(void)flow_flush(lane);
		else
			(void)lane_give(lane, WIRE_SERVER);
	}
}

#define FRAME_TYPE 3		/* where it stands: RFC 9113 section 4.1 */
#define FRAME_SETTINGS 4

/* A backend of HTTP/2 begins with SETTINGS (RFC 9113 section 3.4). What does not has not understood the preface, which no
 * request was sent behind yet. */
static void
settle(struct flow *flow)
{
	struct leg *server = &flow->legs[WIRE_SERVER];

	if (flow->lanes_kind != LANES_UNSURE || (server->in.n <= FRAME_TYPE && !server->eof))
		return;
	if (server->in.n > FRAME_TYPE && server->in.p[FRAME_TYPE] == FRAME_SETTINGS) {
		flow->lanes_kind = LANES_SHARED;
		return;
	}
	flow->lanes_kind = LANES_APART;
	(void)h2_take_sockets(flow->legs[WIRE_CLIENT].h2);
	h2_free(&server->h2);
	out_clear(&server->in);
	out_clear(&flow->to[WIRE_SERVER]);
	flow_leg_close(flow, WIRE_SERVER);
}

bool
lanes_doubt(struct flow *flow, enum wire_side side)
{
	if (side != WIRE_SERVER || flow->state != FLOW_LANES || flow->lanes_kind != LANES_UNSURE)
		return false;
	flow->legs[side].eof = true;
	out_clear(&flow->to[side]);
	return true;
}

static void
feed(struct flow *flow, enum wire_side side)
{
	struct leg *leg = &flow->legs[side];

	if (!leg->h2 || (side == WIRE_SERVER && flow->lanes_kind == LANES_UNSURE))
		return;
	h2_read(leg->h2, out_view(&leg->in));
	out_clear(&leg->in);
}

/* What the faces want said. True: more could be, once this is out. */
static bool
write_faces(struct flow *flow, enum h2_state states[WIRE_SIDES])
{
	bool more = false;

	for (int side = 0; side < WIRE_SIDES; side++) {
		struct h2 *h2 = flow->legs[side].h2;

		states[side] = H2_OPEN;
		if (!h2)
			continue;
		states[side] = h2_write(h2, &flow->to[side]);
		more |= h2_wants_write(h2);
		if (flow->legs[side].fd < 0)	/* nobody hears it */
			out_clear(&flow->to[side]);
	}
	return more;
}

/* The backend begins no other stream: what it has not begun may be tried again on another connection. */
static void
send_away(struct flow *flow)
{
	struct h2 *client = flow->legs[WIRE_CLIENT].h2;
	struct flow *lane = flow->lanes;

	h2_goaway(client);
	while (lane) {
		struct flow *after = lane->next_lane;

		if (!lane->stream[WIRE_SERVER] && lane->turns) {
			h2_stream_reset(client, lane->stream[WIRE_CLIENT], H2_REFUSED_STREAM);
			flow_end(lane, "the backend takes no other stream");
		}
		lane = after;
	}
}

/* Does it need the backend no more? What it has not asked yet is sent away when it asks. */
static bool
is_answered(const struct flow *lane)
{
	if (!lane->turns)
		return lane->ask.state == ASK_NONE;
	return lane->stream[WIRE_SERVER] && (lane->legs[WIRE_SERVER].eof ||
	    h2_stream_state(face_of(lane, WIRE_SERVER), lane->stream[WIRE_SERVER]).has_ended);
}

static const char gone[] = "the backend closed";

/* The backend is gone: answers that are here whole still reach the skill, as fast as it reads. */
static void
lose_backend(struct flow *flow)
{
	struct flow *lane = flow->lanes;

	h2_goaway(flow->legs[WIRE_SERVER].h2);
	send_away(flow);
	for (lane = flow->lanes; lane;) {
		struct flow *after = lane->next_lane;

		if (!is_answered(lane))
			flow_end(lane, gone);
		lane = after;
	}
	flow_leg_close(flow, WIRE_SERVER);
	if (!flow->lanes && !h2_lingers(flow->legs[WIRE_CLIENT].h2))
		flow_close(flow, gone);
}

static void
check_ends(struct flow *flow, const enum h2_state states[WIRE_SIDES])
{
	char reason[160];

	for (int side = 0; side < WIRE_SIDES; side++) {
		if (states[side] != H2_BROKEN)
			continue;
		snprintf(reason, sizeof(reason), "%s: %s", side == WIRE_CLIENT ? "skill" : "backend",
		    h2_error(flow->legs[side].h2));
		flow_close(flow, reason);
		return;
	}
	if (states[WIRE_SERVER] != H2_OPEN)
		send_away(flow);
	if (flow->legs[WIRE_CLIENT].eof)
		flow_end(flow, "the skill left");
	else if (flow->legs[WIRE_SERVER].fd >= 0 && (flow->legs[WIRE_SERVER].eof || states[WIRE_SERVER] == H2_CLOSED))
		lose_backend(flow);
	else if (states[WIRE_CLIENT] == H2_CLOSED)
		flow_close(flow, flow->legs[WIRE_SERVER].h2 && flow->legs[WIRE_SERVER].fd < 0 ? gone : "the skill said good-bye");
}

static void
pump_once(struct flow *flow)
{
	flow->again = false;
	settle(flow);
	for (int side = WIRE_SIDES - 1; side >= 0; side--)
		feed(flow, (enum wire_side)side);
	stir_lanes(flow, WIRE_SERVER);
	if (!flow->ended)
		begin_lanes(flow);
	if (!flow->ended)
		stir_lanes(flow, WIRE_CLIENT);
	if (!flow->ended)
		try_waiting(flow);
}

/* What went out has made room for what lanes still have: nothing else may ever stir them. */
static bool
has_made_room(const struct flow *flow)
{
	const struct h2 *server = flow->legs[WIRE_SERVER].h2;

	return h2_is_stirred(flow->legs[WIRE_CLIENT].h2) || (server && h2_is_stirred(server));
}

/* Nothing waits for a socket. */
static bool
is_out(const struct flow *flow)
{
	for (int side = 0; side < WIRE_SIDES; side++)
		if (flow->to[side].n || flow->legs[side].cipher.n)
			return false;
	return true;
}

void
lanes_pump(struct flow *flow)
{
	enum h2_state states[WIRE_SIDES];
	bool more;

	do {
		flow->pumping = true;
		while (flow->again && !flow->ended)
			pump_once(flow);
		flow->pumping = false;
		if (flow->ended)
			return;
		more = write_faces(flow, states);
		check_ends(flow, states);
		if (flow->ended || !flow_flush(flow))
			return;
		more = more && is_out(flow);
		flow->again |= has_made_room(flow);
	} while (flow->state == FLOW_LANES && (more || flow->again));
}

/* Time brings back the patience that frames without use have taken. */
static void
rest(void *arg)
{
	struct flow *flow = arg;

	for (int side = 0; side < WIRE_SIDES; side++)
		if (flow->legs[side].h2)
			h2_rest(flow->legs[side].h2, REST_NS / SECOND_NS);
	if (flow->lanes_kind == LANES_UNSURE && flow->unsure_s++ >= UNSURE_S)
		flow->lanes_kind = LANES_SHARED;
	lanes_stir(flow);
	must(loop_set(flow->worker->loop, &flow->calm, REST_NS, rest, flow) == 0);
}

void
lanes_begin(struct flow *flow)
{
	struct leg *client = &flow->legs[WIRE_CLIENT], *server = &flow->legs[WIRE_SERVER];

	flow->lanes_kind = !server->tls ? LANES_UNSURE : span_is(tls_protocol(server->tls), "h2") ? LANES_SHARED : LANES_APART;
	if (h2_server_new(&client->h2, client->tls ? "https" : "http", NULL) || (flow->lanes_kind != LANES_APART &&
	    h2_client_new(&server->h2, server->tls ? "https" : "http", NULL))) {
		flow_end(flow, "no memory for HTTP/2");
		return;
	}
	if (flow->lanes_kind == LANES_APART) {
		(void)h2_take_sockets(client->h2);	/* without memory for it there are none */
		ways_begin(flow);
	}
	flow_move(flow, FLOW_LANES);
	rest(flow);
	flow_pump(flow);
}

/* ---- a lane ------------------------------------------------------------------------------------ */

/* The stream was ended by its peer: the other one hears it with the same code. False. */
static bool
end_reset(struct flow *lane, enum wire_side side, const struct h2_stream_state *state)
{
	uint32_t code = state->may_retry ? H2_REFUSED_STREAM : state->code;

	if (lane->stream[!side])
		h2_stream_reset(face_of(lane, !side), lane->stream[!side], code);
	flow_end(lane, side == WIRE_CLIENT ? "the skill left" : "the backend ended the stream");
	return false;
}

/* Take from one stream what there is room for. False: the lane has ended. */
static bool
fill(struct flow *lane, enum wire_side side, bool *more)
{
	struct leg *leg = &lane->legs[side];
	struct h2 *h2 = face_of(lane, side);
	uint32_t stream = lane->stream[side];
	struct h2_stream_state state;
	struct span in;

	if (!stream)
		return true;
	state = h2_stream_state(h2, stream);
	if (state.is_reset && (side == WIRE_CLIENT || !state.has_ended))
		return end_reset(lane, side, &state);
	if (leg->eof || !flow_reads(lane, side) || lane->to[!side].n >= FLOW_HIGH_BYTES)
		return true;
	in = h2_stream_in(h2, stream);
	leg->eof = state.has_ended && in.n <= leg->in_most - leg->in.n;
	in = span_head(in, leg->in_most - leg->in.n);
	*more |= in.n || leg->eof;
	out_span(&leg->in, in);
	leg->received += in.n;
	h2_stream_take(h2, stream, in.n);
	if (leg->in.failed)
		flow_end(lane, "no memory");
	return !lane->ended;
}

bool
lane_fill(struct flow *lane)
{
	bool more = false;

	if (!lane->parent)
		return false;
	return fill(lane, WIRE_SERVER, &more) && fill(lane, WIRE_CLIENT, &more) && more;
}

/* The backend's stream begins with the first bytes for it. False: there is none now. */
static bool
begin_upstream(struct flow *lane)
{
	if (!lane->stream[WIRE_SERVER] && lane->parent->lanes_kind == LANES_SHARED)
		lane->stream[WIRE_SERVER] = h2_begin(face_of(lane, WIRE_SERVER));
	return lane->stream[WIRE_SERVER] != 0;
}

bool
lane_give(struct flow *lane, enum wire_side side)
{
	struct out *to = &lane->to[side];
	size_t n;

	if (side == WIRE_SERVER && lane->parent->lanes_kind == LANES_APART)
		return !way_find(lane);
	if (!to->n)
		return true;
	if (side == WIRE_SERVER && !begin_upstream(lane)) {
		if (!lane->parent->pumping)
			lanes_stir(lane->parent);	/* which knows whether there will ever be one */
		return true;
	}
	n = h2_stream_give(face_of(lane, side), lane->stream[side], out_view(to));
	lane->legs[side].sent += n;
	out_drop(to, n);
	if (n)
		lanes_stir(lane->parent);
	return true;
}

void
lane_calm(struct flow *lane)
{
	h2_ping(face_of(lane, WIRE_CLIENT));
	lanes_stir(lane->parent);
}

void
lane_end(struct flow *lane)
{
	struct flow **at = &lane->parent->lanes;

	for (int side = 0; side < WIRE_SIDES; side++) {
		if (!lane->stream[side])
			continue;
		if (side == WIRE_CLIENT)
			h2_stream_end(face_of(lane, side), lane->stream[side]);
		h2_stream_free(face_of(lane, side), lane->stream[side]);
	}
	way_leave(lane);
	while (*at != lane)
		at = &(*at)->next_lane;
	*at = lane->next_lane;
	lane->parent->turn_total += lane->turn_total;
	lanes_stir(lane->parent);
}

void
lanes_end(struct flow *flow)
{
	while (flow->lanes)
		flow_end(flow->lanes, "its connection ended");
	ways_free(flow);
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct h2 *h2 = take(&flow->legs[side].h2);

		if (!h2)
			continue;
		h2_goaway(h2);
		(void)h2_write(h2, &flow->to[side]);
		h2_free(&h2);
	}
}
