/*
 * row.c: rows of an answer, masked one by one.
 * A row is held whole while it is masked. One larger than a unit is waited for,
 * up to a limit of its own and as long as the worker's memory for such rows lasts;
 * where nothing is masked, rows stream through in parts, however large.
 */
#include "base/must.h"
#include "flow/flow.h"

#define ROW_SPARE 4096	/* for masks that are longer than what they hide */
#define ROOM_KEPT (64u << 10)	/* of memory for a row's edits, from row to row */

bool
flow_stop_answer(struct flow *flow, struct span unit, enum refusal what, const char *reason)
{
	char room[REFUSAL_ROOM];
	struct wire_no no;

	flow->refusal = flow_refusal_id(flow->worker);
	no = flow_refusal(what, &flow->refusal, 0, room);
	no.fatal = true;
	flow->codec->refuse(flow->codec_state, WIRE_SERVER, unit, &no, flow->to);
	flow_close(flow, reason);
	return false;
}

static void
pass_row(struct flow *flow, struct turn *turn, struct span unit)
{
	size_t from = flow->to[WIRE_CLIENT].n;

	flow->codec->pass(flow->codec_state, WIRE_SERVER, unit, flow->to);
	flow_answer_sent(flow, turn, from);
}

/*
 * Mask every field; edits stand one behind the other in `room`, whose memory may
 * move while it grows, so the new spans are set once all are written.
 */
static int
mask_fields(const struct turn *turn, struct wire_field *fields, size_t count,
    struct out *room, struct mask_tally *tally)
{
	size_t starts[WIRE_FIELDS_MAX + 1];
	bool edited[WIRE_FIELDS_MAX];
	int edits = 0;

	for (size_t i = 0; i < count; i++) {
		enum mask_result result = MASK_KEPT;

		starts[i] = room->n;
		if (!fields[i].is_null)
			result = mask_value(turn->plan, i, fields[i].bytes, room, tally);
		edited[i] = result == MASK_EDITED;
		fields[i].is_null = fields[i].is_null || result == MASK_NULLED;
		edits += result != MASK_KEPT;
	}
	starts[count] = room->n;
	for (size_t i = 0; i < count; i++)
		if (edited[i])
			fields[i].bytes = span_of(room->p + starts[i], starts[i + 1] - starts[i]);
	return room->failed ? -1 : edits;
}

static bool
mask_row(struct flow *flow, struct turn *turn, const struct wire_event *event,
    struct span unit)
{
	static struct wire_field fields[WIRE_FIELDS_MAX];	/* a process has one thread */
	static struct out room;		/* what is masked in one row: no secret */
	size_t from = flow->to[WIRE_CLIENT].n, count = event->row.count;
	int edits;

	if (count > WIRE_FIELDS_MAX || !event->row.fields)
		return flow_stop_answer(flow, unit, REFUSAL_LIMIT, "a row too large to be masked");
	if (event->row.is_opaque)
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT,
		    "a COPY in a format that cannot be masked");
	memcpy(fields, event->row.fields, count * sizeof(*fields));
	out_clear(&room);
	room.limit = unit.n * 2 + ROW_SPARE > ROOM_KEPT ? unit.n * 2 + ROW_SPARE : ROOM_KEPT;
	edits = mask_fields(turn, fields, count, &room, &turn->tally);
	if (edits > 0)
		flow->codec->rewrite(flow->codec_state, unit, fields, count, flow->to);
	else if (edits == 0)
		flow->codec->pass(flow->codec_state, WIRE_SERVER, unit, flow->to);
	if (room.room > ROOM_KEPT)
		out_free(&room);
	if (edits < 0)
		return flow_stop_answer(flow, unit, REFUSAL_LIMIT, "a row too large to be masked");
	flow_answer_sent(flow, turn, from);
	return true;
}

/* The first part of a row that must be masked: let the buffer grow until it is whole. */
static bool
want_whole(struct flow *flow, struct span unit)
{
	struct leg *leg = &flow->legs[WIRE_SERVER];
	struct worker *worker = flow->worker;

	if (flow->whole || worker->whole + FLOW_ROW_BYTES > FLOW_WHOLE_BYTES)
		return flow_stop_answer(flow, unit, REFUSAL_LIMIT, "a row too large to be masked");
	flow->whole = FLOW_ROW_BYTES;
	worker->whole += flow->whole;
	leg->in_most = leg->in.limit = FLOW_ROW_BYTES + FLOW_SPARE_BYTES;
	flow->codec->whole(flow->codec_state, FLOW_ROW_BYTES);
	flow->again = true;
	return false;
}

void
flow_row_let_go(struct flow *flow)
{
	struct leg *leg = &flow->legs[WIRE_SERVER];

	if (flow->ended || !flow->whole_is_done || leg->in.n > FLOW_IN_BYTES)
		return;
	flow->worker->whole -= flow->whole;
	flow->whole = 0;
	flow->whole_is_done = false;
	leg->in_most = leg->in.limit = FLOW_IN_BYTES;
	if (leg->in.n == 0)
		out_free(&leg->in);
	flow->codec->whole(flow->codec_state, 0);
}

bool
flow_unit_row(struct flow *flow, const struct wire_event *event, struct span unit)
{
	struct turn *turn = flow_turn_find(flow, event->turn);
	bool is_free;

	if (!turn) {
		flow_end(flow, "a row that nobody asked for");
		return false;
	}
	is_free = !turn->masks || (turn->plan && mask_plan_is_empty(turn->plan));
	if (!is_free && !event->row.fields)
		return want_whole(flow, unit);
	turn->bytes_in += unit.n;
	turn->rows += event->row.begins;
	if (turn->row_limit && turn->rows > turn->row_limit)
		return flow_stop_answer(flow, unit, REFUSAL_LIMIT, "more rows than policy allows");
	if (is_free) {
		pass_row(flow, turn, unit);
		return true;
	}
	if (!turn->plan && flow_plan_columns(flow, turn, event->row.columns,
	    event->row.columns ? event->row.count : 0)) {
		flow_end(flow, "an answer's masks could not be planned");
		return false;
	}
	flow->whole_is_done = flow->whole > 0;
	if (mask_plan_is_empty(turn->plan)) {
		pass_row(flow, turn, unit);
		return true;
	}
	return mask_row(flow, turn, event, unit);
}
