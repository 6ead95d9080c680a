/*
 * message.c: what the frames of a WebSocket carry.
 * A message is named when its last frame is here, joined and without mask: the
 * client's as an ask, which nothing answers, the server's as a body in the turn of the
 * request that opened the way. Frames before the last are kept, as the codec's own.
 * What stands between them (pings, pongs) goes by at once.
 */
#include "wire/http1/http1.h"

#include "base/arena.h"
#include "base/utf8.h"

#define CLOSE_GOING_AWAY 1001	/* section 7.4.1 */
#define CLOSE_PROTOCOL 1002
#define CLOSE_POLICY 1008

void
http1_message_begin(struct http1 *h)
{
	http1_ask_done(h, HTTP1_MESSAGES);
	h->state[WIRE_SERVER] = HTTP1_MESSAGES;
	h->has_answered = true;
}

/* ---- next --------------------------------------------------------------------------------- */

static bool
is_control(const struct http1_frame *frame)
{
	return frame->opcode >= FRAME_CLOSE;
}

static bool
make_room(struct http1 *h, struct http1_channel *channel, size_t n)
{
	size_t size = channel->size ? channel->size : 4096;
	uint8_t *room;

	while (size < n)
		size *= 2;
	if (size <= channel->size)
		return true;
	room = arena_take(h->arena, size);
	if (!room)
		return http1_fail(h, 413, "no room for a message");
	if (channel->n)
		memcpy(room, channel->room, channel->n);
	arena_give(h->arena, channel->room);
	channel->room = room;
	channel->size = size;
	return true;
}

/* What the frame in hand carries, behind what came before it. */
static bool
join(struct http1 *h, enum wire_side side, struct span carried, struct span *joined)
{
	struct http1_channel *channel = &h->channel[side];
	static const uint8_t none[4];

	*joined = carried;
	if (side == WIRE_SERVER && channel->n == 0)
		return true;
	if (!make_room(h, channel, channel->n + carried.n))
		return false;
	http1_frame_mask(channel->room + channel->n, carried, side == WIRE_CLIENT ? channel->frame.key : none);
	*joined = span_of(channel->room, channel->n + carried.n);
	return true;
}

static bool
follows(struct http1 *h, const struct http1_channel *channel)
{
	const struct http1_frame *frame = &channel->frame;

	if (is_control(frame))
		return true;
	if ((frame->opcode == 0) != (channel->opcode != 0))
		return http1_fail(h, 400, "frames of two messages within each other");
	if (channel->n + frame->n > h->set.unit_limit)
		return http1_fail(h, 413, "a message longer than the limit");
	return true;
}

/* Section 7.4: a number that may be said, and a reason. */
static bool
close_fits(struct http1 *h, struct span carried)
{
	unsigned int code = carried.n >= 2 ? (unsigned int)carried.p[0] << 8 | carried.p[1] : 1000;
	bool is_known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);

	return (carried.n != 1 && is_known && utf8_is_valid(span_skip(carried, 2))) ||
	    http1_fail(h, 400, "a close without a reason that may be one");
}

static uint8_t
opcode_of(const struct http1_channel *channel)
{
	return channel->opcode ? channel->opcode : channel->frame.opcode;
}

static void
name_ask(struct http1 *h, struct span message, struct wire_event *event)
{
	const struct http1_opening *opening = &h->opening;
	bool is_text = opcode_of(&h->channel[WIRE_CLIENT]) == FRAME_TEXT;

	event->kind = UNIT_ASK;
	event->turn = h->turn + 1;
	event->ends_flow = true;
	event->ask = (struct wire_ask){
		.phase = PHASE_MESSAGE, .turn = h->turn + 1, .text = message, .transaction = 'I',
		.request = {
			.method = opening->method, .scheme = opening->scheme, .host = opening->host,
			.path = opening->path, .query = opening->query,
			.body = message, .body_length = message.n,
			.channel = is_text ? CHANNEL_TEXT : CHANNEL_BINARY,
		},
	};
}

static void
name_body(struct http1 *h, struct span message, enum wire_channel kind, struct wire_event *event)
{
	event->kind = UNIT_BODY;
	event->turn = h->opening.turn;
	event->body.bytes = message;
	event->body.channel = kind;
}

static bool
name_control(struct http1 *h, enum wire_side side, struct span carried, struct wire_event *event)
{
	const struct http1_frame *frame = &h->channel[side].frame;
	uint8_t plain[FRAME_CONTROL_MAX];
	struct span said = carried;

	if (side == WIRE_CLIENT) {
		http1_frame_mask(plain, carried, frame->key);
		said = span_of(plain, carried.n);
	}
	if (frame->opcode == FRAME_CLOSE && !close_fits(h, said))
		return false;
	event->kind = UNIT_PLAIN;
	if (side == WIRE_SERVER)
		name_body(h, frame->opcode == FRAME_CLOSE ? span_skip(carried, 2) : carried, CHANNEL_CONTROL, event);
	event->ends = side == WIRE_SERVER && frame->opcode == FRAME_CLOSE;
	return true;
}

static bool
name_message(struct http1 *h, enum wire_side side, struct span carried, struct wire_event *event)
{
	bool is_text = opcode_of(&h->channel[side]) == FRAME_TEXT;
	struct span message;

	if (!join(h, side, carried, &message))
		return false;
	if (is_text && !utf8_is_valid(message))
		return http1_fail(h, 400, "a text that is not UTF-8");
	if (side == WIRE_CLIENT)
		name_ask(h, message, event);
	else
		name_body(h, message, is_text ? CHANNEL_TEXT : CHANNEL_BINARY, event);
	return true;
}

enum wire_step
http1_message_next(struct http1 *h, enum wire_side side, struct span in, struct wire_event *event)
{
	struct http1_channel *channel = &h->channel[side];
	struct http1_frame *frame = &channel->frame;
	enum wire_step step;
	struct span carried;
	bool is_well;

	if (channel->is_closed && in.n) {
		http1_fail(h, 400, "something behind the close of a WebSocket");
		return http1_bad(h, event);
	}
	step = http1_frame_read(h, side, in, frame, event);
	if (step == WIRE_BAD || (in.n >= 2 && in.n >= frame->head && !follows(h, channel)))
		return http1_bad(h, event);
	if (step != WIRE_UNIT)
		return step;
	carried = span_head(span_skip(in, frame->head), frame->n);
	event->n = frame->head + frame->n;
	event->kind = UNIT_OWN;
	is_well = is_control(frame) ? name_control(h, side, carried, event) :
	    !frame->is_last || name_message(h, side, carried, event);
	return is_well ? WIRE_UNIT : http1_bad(h, event);
}

/* A server that leaves without a word: nothing more comes in that turn. */
bool
http1_message_ended(struct http1 *h, enum wire_side side, struct wire_event *event)
{
	if (side != WIRE_SERVER || h->channel[side].is_closed)
		return false;
	h->channel[side].is_closed = true;
	h->channel[side].frame = (struct http1_frame){ 0 };
	name_body(h, SPAN(""), CHANNEL_CONTROL, event);
	event->ends = true;
	return true;
}

/* ---- obey ------------------------------------------------------------------------------------ */

static void
forget(struct http1 *h, struct http1_channel *channel)
{
	channel->n = 0;
	channel->opcode = 0;
	if (channel->size <= HTTP1_KEPT_ROOM)
		return;
	arena_give(h->arena, channel->room);
	channel->room = NULL;
	channel->size = 0;
}

static void
pass_control(struct http1_channel *channel, const uint8_t *key, struct span carried, const struct span *bytes, struct out *out)
{
	const struct http1_frame *frame = &channel->frame;
	struct span first = { 0 }, rest = carried;
	uint8_t plain[FRAME_CONTROL_MAX];

	if (key) {
		http1_frame_mask(plain, carried, key);
		rest = span_of(plain, carried.n);
	}
	channel->is_closed = frame->opcode == FRAME_CLOSE;
	if (frame->opcode == FRAME_CLOSE) {
		first = span_head(rest, 2);
		rest = span_skip(rest, 2);
	}
	if (bytes)	/* what has grown too long is left away */
		rest = first.n + bytes->n <= FRAME_CONTROL_MAX && (first.n || frame->opcode != FRAME_CLOSE) ? *bytes : SPAN("");
	http1_frame_write(frame->opcode, key, first, rest, out);
}

void
http1_message_pass(struct http1 *h, enum wire_side side, struct span unit, const struct span *bytes, struct out to[WIRE_SIDES])
{
	struct http1_channel *channel = &h->channel[side];
	const struct http1_frame *frame = &channel->frame;
	bool is_client = side == WIRE_CLIENT;
	const uint8_t *key = is_client ? channel->opcode ? channel->key : frame->key : NULL;
	struct span carried = span_skip(unit, frame->head), message;

	if (frame->head == 0)	/* the end of a side, which was no frame */
		return;
	if (is_control(frame)) {
		pass_control(channel, is_client ? frame->key : NULL, carried, bytes, &to[!side]);
	} else if (join(h, side, carried, &message)) {
		http1_frame_write(opcode_of(channel), key, bytes ? *bytes : message, SPAN(""), &to[!side]);
		h->turn += is_client;
		forget(h, channel);
	}
}

/* A frame that is not the last of its message; or what is not to go on. */
void
http1_message_drop(struct http1 *h, enum wire_side side, struct span unit)
{
	struct http1_channel *channel = &h->channel[side];
	const struct http1_frame *frame = &channel->frame;
	struct span carried = span_skip(unit, frame->head), joined;
	static const uint8_t none[4];

	if (is_control(frame))
		return;
	if (frame->is_last) {
		h->turn += side == WIRE_CLIENT;
		forget(h, channel);
		return;
	}
	if (!channel->opcode) {
		channel->opcode = frame->opcode;
		memcpy(channel->key, frame->key, sizeof(channel->key));
	}
	if (!make_room(h, channel, channel->n + carried.n))
		return;
	http1_frame_mask(channel->room + channel->n, carried, side == WIRE_CLIENT ? frame->key : none);
	joined = span_of(channel->room, channel->n + carried.n);
	channel->n = joined.n;
}

/* Nothing of HTTP can be said any more: the way is closed, with the reason. */
void
http1_message_refuse(struct http1 *h, enum wire_side side, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	(void)side;
	if (!h->is_over && !h->channel[WIRE_SERVER].is_closed)
		http1_frame_close(h->why ? CLOSE_PROTOCOL : no->status >= 500 ? CLOSE_GOING_AWAY : CLOSE_POLICY, no->message,
		    &to[WIRE_CLIENT]);
	h->is_over = true;
	h->is_asked = false;
}
