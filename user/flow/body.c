/*
 * body.c: an answer of HTTP, from its head to its end.
 * The head says what its body is. Where masks could touch it, the body is rewritten as
 * it streams through, and the head with it; a body that cannot be read as what the head
 * says it is, is refused. What no mask can touch passes as it came. Where neither a type nor
 * a length is told (202 of a server that streams), it is most likely nothing: that much may pass.
 */
#include <assert.h>
#include <stdio.h>
#include <strings.h>

#include "base/must.h"
#include "flow/flow.h"

#define OK 200
#define UNAUTHORIZED 401	/* the credential may have been replaced meanwhile */
#define SWITCHED 101		/* it is the answer; its messages follow */
#define HEADER_ROOM (64u << 10)

/* ---- what it is ---------------------------------------------------------------------------- */

static const struct wire_pair *
find_field(const struct wire_head *head, const char *name)
{
	for (size_t i = 0; i < head->header_count; i++) {
		struct span is = head->headers[i].name;

		if (is.n == strlen(name) && strncasecmp((const char *)is.p, name, is.n) == 0)
			return &head->headers[i];
	}
	return NULL;
}

/* False: it cannot be looked into. */
static bool
open_mask(struct flow *flow, struct turn *turn, const struct wire_head *head, int *error)
{
	const struct wire_pair *type = find_field(head, "content-type");
	bool redacts = flow->policy->view->targets[flow->target].unparsable == UNPARSABLE_REDACT;
	enum mask_form form;

	*error = 0;
	if (type && mask_form_of(type->value, &form))
		*error = mask_body_new(&turn->body, turn->policy->masks, turn->masks, form);
	else if (type && mask_is_parts(type->value))
		*error = mask_body_new_parts(&turn->body, turn->policy->masks, turn->masks, type->value, redacts);
	return turn->body || *error;
}

/* Begin to undo its coding. False: it has one that is not known, or several. */
static bool
begin_decoding(struct turn *turn, const struct wire_head *head)
{
	static const struct coding_limits limits = {
		.bytes = FLOW_CODED_BYTES, .ratio = FLOW_CODED_RATIO, .memory = FLOW_CODED_MEMORY,
	};
	const struct wire_pair *coding = find_field(head, "content-encoding");
	enum coding_kind kind;

	if (!coding || (coding->value.n == 8 && strncasecmp((const char *)coding->value.p, "identity", 8) == 0))
		return true;
	return coding_find(coding->value, &kind) && coding_new(&turn->coding, kind, &limits) == 0;
}

/* ---- the head -------------------------------------------------------------------------------- */

/* Values of fields are looked into as text. False: more than may be. */
static bool
mask_fields(struct turn *turn, const struct wire_pair *fields, size_t count, struct wire_pair *set, size_t *set_count,
    struct span *drop, size_t *drop_count, struct out *room)
{
	size_t starts[WIRE_HEADERS_MAX + 1];

	*drop_count = 0;
	for (size_t i = 0; i < count; i++) {
		enum mask_result result;

		starts[*set_count] = room->n;
		result = turn->rpc ? flow_rpc_field(turn, &fields[i], room) :
		    mask_text(turn->policy->masks, turn->masks, fields[i].value, room, &turn->tally);
		if (turn->rpc && result == MASK_NULLED)
			drop[(*drop_count)++] = fields[i].name;
		else if (result != MASK_KEPT)
			set[(*set_count)++].name = fields[i].name;
	}
	starts[*set_count] = room->n;
	for (size_t i = 0; i < *set_count; i++)
		set[i].value = span_of(room->p + starts[i], starts[i + 1] - starts[i]);
	return !room->failed;
}

static void
note_echo(struct turn *turn)
{
	if (!turn->error.n)
		out_span(&turn->error, SPAN("the backend said the credential back: it was written over"));
}

static bool
change_head(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span unit)
{
	static struct wire_pair set[WIRE_HEADERS_MAX + 1];	/* a process has one thread */
	static struct span drop[WIRE_HEADERS_MAX + 1];
	bool is_final = event->head.status >= 200;	/* else there is no body to tell of */
	struct out room = out_new(HEADER_ROOM);
	struct wire_change change = { .set = set, .own_reason = true,
	    .is_new_body = is_final && (turn->body || turn->redacts || turn->tools || turn->rpc) };
	size_t from = flow->to[WIRE_CLIENT].n;
	size_t echoed = 0;
	bool right = event->head.header_count <= WIRE_HEADERS_MAX &&
	    mask_fields(turn, event->head.headers, event->head.header_count, set, &change.set_count, drop,
	    &change.drop_count, &room);

	if (turn->redacts)
		set[change.set_count++] = (struct wire_pair){ SPAN("Content-Type"), SPAN("text/plain") };
	if (turn->redacts || turn->coding)
		drop[change.drop_count++] = SPAN("Content-Encoding");
	change.drop = drop;
	right = right && inject_head(flow->inject, &event->head, flow->scratch, &change, &echoed) == 0;
	if (echoed)
		note_echo(turn);
	if (right)
		flow->codec->change(flow->codec_state, WIRE_SERVER, unit, &change, flow->to);
	out_free(&room);
	if (!right)
		return flow_stop_answer(flow, unit, REFUSAL_LIMIT, "a head too large to be masked");
	flow_answer_sent(flow, turn, from);
	return true;
}

static bool
pass_unit(struct flow *flow, struct turn *turn, struct span unit)
{
	size_t from = flow->to[WIRE_CLIENT].n;

	flow->codec->pass(flow->codec_state, WIRE_SERVER, unit, flow->to);
	flow_answer_sent(flow, turn, from);
	return true;
}

static bool
finish(struct flow *flow, struct turn *turn, const struct wire_event *event)
{
	struct wire_event done = { .done = { .turn = turn->number, .is_last = true } };

	if (!event->ends)
		return true;
	return flow_unit_done(flow, &done);
}

static bool
begin_body(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span unit)
{
	int error;

	if (turn->tools && (event->head.status != OK || !event->head.has_body))
		flow_tools_free(&turn->tools);	/* it lists none */
	if (turn->tools && !flow_tools_fit(turn->tools, &event->head))
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT, "a list of tools that cannot be looked into");
	if (!turn->has_bodies || !event->head.has_body || event->head.body_length == 0)
		return true;
	if (turn->rpc && flow_rpc_head(turn, &event->head))
		return true;
	flow_rpc_free(&turn->rpc);	/* it is of another kind */
	if (begin_decoding(turn, &event->head) && open_mask(flow, turn, &event->head, &error)) {
		if (!error)
			return true;
		flow_end(flow, "no memory to mask an answer");
		return false;
	}
	turn->redacts = flow->policy->view->targets[flow->target].unparsable == UNPARSABLE_REDACT;
	turn->is_untold = event->head.body_length == UINT64_MAX && !find_field(&event->head, "content-type");
	if (!turn->redacts && !turn->is_untold)
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT,
		    "an answer of a type that cannot be looked into, where masks apply");
	return true;
}

/* Early hints too tell things. */
static bool
pass_head(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span unit)
{
	return turn->masks || turn->echo || turn->tools ? change_head(flow, turn, event, unit) :
	    pass_unit(flow, turn, unit);
}

static void
renew(struct flow *flow)
{
	inject_renew(flow->inject);
	if (flow->parent)
		inject_renew(flow->parent->inject);
}

bool
flow_unit_head(struct flow *flow, const struct wire_event *event, struct span unit)
{
	struct turn *turn = flow_turn_find(flow, event->turn);

	if (!turn) {
		flow_end(flow, "an answer that nobody asked for");
		return false;
	}
	turn->bytes_in += unit.n;
	if (event->head.status < 200 && event->head.status != SWITCHED)
		return pass_head(flow, turn, event, unit);
	flow->is_channel |= event->head.status == SWITCHED;
	out_clear(&turn->tag);
	out_printf(&turn->tag, "%u", event->head.status);
	if (event->head.status == UNAUTHORIZED)
		renew(flow);
	if (!begin_body(flow, turn, event, unit))
		return false;
	if (!pass_head(flow, turn, event, unit))
		return false;
	return finish(flow, turn, event);
}

/* ---- the body ---------------------------------------------------------------------------------- */

static bool
redact_body(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span unit)
{
	size_t from = flow->to[WIRE_CLIENT].n;

	flow->codec->put(flow->codec_state, WIRE_SERVER, unit,
	    event->ends ? SPAN("[redacted]\n") : span_of("", 0), flow->to);
	flow_answer_sent(flow, turn, from);
	return true;
}

enum room { ROOM_DECODED, ROOM_FILTERED, ROOM_MASKED, ROOM_LOOKED_AT, ROOMS };
static_assert(ROOMS == FLOW_ROOMS, "as many as who calls it has");

bool
flow_look_into(struct flow *flow, struct turn *turn, bool is_last, struct span *bytes, struct out rooms[FLOW_ROOMS])
{
	for (int i = 0; i < ROOMS; i++) {
		out_clear(&rooms[i]);
		rooms[i].limit = FLOW_OUT_BYTES;
	}
	if (turn->coding) {
		if (coding_put(turn->coding, bytes, is_last, FLOW_OUT_BYTES, &rooms[ROOM_DECODED]) != CODING_MORE)
			return false;
		*bytes = out_view(&rooms[ROOM_DECODED]);
	}
	if (turn->tools && !flow_tools_put(flow, turn, is_last, bytes, &rooms[ROOM_FILTERED]))
		return false;
	if (turn->rpc && !flow_rpc_put(turn, is_last, bytes, &rooms[ROOM_MASKED]))
		return false;
	if (turn->body) {
		if (!mask_body_put(turn->body, *bytes, is_last, &rooms[ROOM_MASKED], &turn->tally) || rooms[ROOM_MASKED].failed)
			return false;
		*bytes = out_view(&rooms[ROOM_MASKED]);
	}
	if (turn->echo) {
		if (!inject_echo_put(turn->echo, *bytes, is_last, &rooms[ROOM_LOOKED_AT]) || rooms[ROOM_LOOKED_AT].failed)
			return false;
		*bytes = out_view(&rooms[ROOM_LOOKED_AT]);
		if (inject_echo_hits(turn->echo))
			note_echo(turn);
	}
	return true;
}

static const char *
what_failed(const struct turn *turn)
{
	if (turn->coding && *coding_error(turn->coding))
		return coding_error(turn->coding);
	if (turn->rpc)
		return flow_rpc_error(turn);
	if (turn->tools)
		return "a list of tools that cannot be read";
	return turn->body && *mask_body_error(turn->body) ? mask_body_error(turn->body) :
	    "no memory to look into an answer";
}

static bool
put_body(struct flow *flow, struct turn *turn, const struct wire_event *event, struct span unit)
{
	static struct out rooms[ROOMS];	/* of one run; given back when they were large */
	size_t from = flow->to[WIRE_CLIENT].n;
	struct span bytes = event->body.bytes;

	if (!flow_look_into(flow, turn, event->ends, &bytes, rooms))
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT, what_failed(turn));
	flow->codec->put(flow->codec_state, WIRE_SERVER, unit, bytes, flow->to);
	for (int i = 0; i < ROOMS; i++)
		if (rooms[i].room > FLOW_UNIT_BYTES)
			out_free(&rooms[i]);
	flow_answer_sent(flow, turn, from);
	return true;
}

/* What stands behind a body goes on as it came, or the answer does not. */
static bool
trailers_may_pass(const struct flow *flow, struct turn *turn, const struct wire_event *event)
{
	struct inject_marks *secrets = inject_secrets(flow->inject);
	struct out room = out_new(HEADER_ROOM);
	bool right = true;

	for (size_t i = 0; right && i < event->body.trailer_count; i++) {
		struct span value = event->body.trailers[i].value;

		right = (!turn->masks || turn->rpc || mask_text(turn->policy->masks, turn->masks, value, &room,
		    &turn->tally) == MASK_KEPT) && (!secrets || !inject_marks_in(secrets, value));
	}
	out_free(&room);
	return right;
}

/* Those of gRPC, which are its answer's other half, are masked. */
static bool
mask_trailers(struct flow *flow, struct turn *turn, const struct wire_event *event)
{
	static struct wire_pair set[WIRE_HEADERS_MAX + 1];
	static struct span drop[WIRE_HEADERS_MAX + 1];
	static struct wire_change change;
	static struct out room;

	if (!turn->rpc || !event->body.trailer_count)
		return true;
	change = (struct wire_change){ .set = set, .drop = drop };
	room.limit = HEADER_ROOM;
	out_clear(&room);
	if (event->body.trailer_count > WIRE_HEADERS_MAX || !mask_fields(turn, event->body.trailers,
	    event->body.trailer_count, set, &change.set_count, drop, &change.drop_count, &room))
		return false;
	flow->codec->trail(flow->codec_state, &change);
	return true;
}

bool
flow_unit_body(struct flow *flow, const struct wire_event *event, struct span unit)
{
	struct turn *turn = flow_turn_find(flow, event->turn);

	if (!turn) {
		flow_end(flow, "a body that nobody asked for");
		return false;
	}
	turn->bytes_in += unit.n;
	if (!trailers_may_pass(flow, turn, event) || !mask_trailers(flow, turn, event))
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT, "a trailer that would have to be masked");
	if (turn->is_untold && !turn->redacts && event->body.bytes.n)
		return flow_stop_answer(flow, unit, REFUSAL_FORMAT, "an answer that does not say what it is, where masks apply");
	if (!(event->body.channel ? flow_message_body(flow, turn, event, unit) :
	    turn->redacts ? redact_body(flow, turn, event, unit) :
	    turn->body || turn->echo || turn->tools || turn->rpc ? put_body(flow, turn, event, unit) : pass_unit(flow, turn, unit)))
		return false;
	return finish(flow, turn, event);
}
