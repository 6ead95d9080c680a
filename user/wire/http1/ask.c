/*
 * ask.c: what comes from the client.
 * A request is named once it is here as far as an ask holds it; then, where its body
 * is longer, the rest by runs. Who waits to be told to go on (Expect: 100-continue)
 * is told here, as soon as the head is read: the server has no say in it.
 */
#include "wire/http1/http1.h"

#include <stdio.h>

#include "base/arena.h"

void
http1_ask_done(struct http1 *h, enum http1_state behind)
{
	h->state[WIRE_CLIENT] = behind;
	h->body[WIRE_CLIENT] = h->scan;
	h->scan = (struct http1_body){ 0 };
	http1_head_done(&h->head[WIRE_CLIENT]);
	h->named = h->scanned = h->room_n = h->framed = h->trailers_n = 0;
	h->is_open = h->is_continued = h->had_blank = h->has_begun = h->is_hastened = false;
	h->trailers[WIRE_CLIENT].count = 0;
	if (h->room_size > HTTP1_KEPT_ROOM) {
		arena_give(h->arena, h->room);
		h->room = NULL;
		h->room_size = 0;
	}
}

/* ---- the head ------------------------------------------------------------------- */

/* An empty line before a request, which old clients send behind a body (RFC 9112 section 2.2): one. */
static enum wire_step
skip_blank(struct http1 *h, struct span in, struct wire_event *event)
{
	if (in.n < 2)
		return http1_more(event, 2);
	if (in.p[1] != '\n' || h->had_blank) {
		http1_fail(h, 400, "a request that begins with an empty line");
		return http1_bad(h, event);
	}
	event->kind = UNIT_OWN;
	event->n = 2;
	return WIRE_UNIT;
}

/* The head is read, or read already. */
static enum wire_step
read_head(struct http1 *h, struct span in, struct wire_event *event)
{
	struct http1_head *head = &h->head[WIRE_CLIENT];
	struct span line, rest;
	enum wire_step step;

	if (head->n && head->base == in.p)
		return WIRE_UNIT;
	step = http1_head_find(h, head, in, &line, &rest, event);
	if (step != WIRE_UNIT)
		return step;
	return http1_request_read(h, head, line, rest) ? WIRE_UNIT : http1_bad(h, event);
}

/* ---- the body, as far as an ask holds it ---------------------------------------------- */

static bool
keep(struct http1 *h, struct span bytes)
{
	size_t size = h->room_size ? h->room_size : 4096;
	uint8_t *room;

	while (size < h->room_n + bytes.n)
		size *= 2;
	if (size > h->room_size) {
		room = arena_take(h->arena, size);
		if (!room)
			return http1_fail(h, 413, "no room for a body");
		if (h->room_n)
			memcpy(room, h->room, h->room_n);
		arena_give(h->arena, h->room);
		h->room = room;
		h->room_size = size;
	}
	memcpy(h->room + h->room_n, bytes.p, bytes.n);
	h->room_n += bytes.n;
	return true;
}

static enum wire_step
await_chunks(struct http1 *h, struct span body, struct wire_event *event)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];

	/* gRPC's calls are streams in both directions, whose client may well listen before it goes on, behind a message */
	event->hunger = http1_rpc_type(head).n && http1_rpc_is_between(h) ? HUNGER_DIALOGUE : HUNGER_OPEN;
	return http1_more(event, head->n + body.n + 1);
}

/* The chunks that are here. UNIT: the ask is whole, or as much of it as an ask may hold. */
static enum wire_step
read_chunks(struct http1 *h, struct span body, struct wire_event *event)
{
	struct span in = span_head(body, h->set.unit_limit);
	struct http1_run run;
	enum wire_step step;

	do {
		step = http1_body_step(h, &h->scan, span_skip(in, h->scanned), &h->trailers[WIRE_CLIENT], &run, event);
		if (step != WIRE_UNIT)
			break;
		if (run.bytes.n && !keep(h, run.bytes))
			return http1_bad(h, event);
		h->scanned += run.n;
		h->scan = run.after;
		h->trailers_n = run.trailers_n;
	} while (!run.ends);
	if (step == WIRE_BAD)
		return step;
	h->is_open = step == WIRE_MORE;
	if (step == WIRE_MORE && body.n < h->set.unit_limit && !h->is_hastened)
		return await_chunks(h, body, event);
	h->named = h->head[WIRE_CLIENT].n + h->scanned;
	return WIRE_UNIT;
}

static enum wire_step
read_length(struct http1 *h, struct span in, struct wire_event *event)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	size_t limit = h->set.unit_limit, n;

	h->is_open = head->length > limit;
	n = h->is_open ? limit : (size_t)head->length;
	if (in.n < head->n + n)
		return http1_more(event, head->n + n);
	h->scan.left = head->length - n;
	h->named = head->n + n;
	return WIRE_UNIT;
}

static enum wire_step
read_body(struct http1 *h, struct span in, struct out *client, struct wire_event *event)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];

	if (head->expects && !h->is_continued)
		out_span(client, SPAN("HTTP/1.1 100 Continue\r\n\r\n"));
	h->is_continued = true;
	h->scan.framing = head->framing;
	switch (head->framing) {
	case FRAMING_CHUNKED:
		return read_chunks(h, span_skip(in, head->n), event);
	case FRAMING_LENGTH:
		return read_length(h, in, event);
	default:
		h->named = head->n;
		return WIRE_UNIT;
	}
}

static void
name_ask(struct http1 *h, struct span in, struct wire_event *event)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	bool is_chunked = head->framing == FRAMING_CHUNKED;
	struct span text = span_head(in, h->named);

	event->kind = UNIT_ASK;
	event->n = h->named;
	event->turn = h->turn + 1;
	event->ends_flow = head->closes || h->is_open;
	event->ask = (struct wire_ask){
		.phase = PHASE_REQUEST, .turn = h->turn + 1, .text = text, .transaction = 'I',
		.request = {
			.method = head->method, .scheme = head->scheme, .host = head->host,
			.path = head->path, .query = head->query,
			.headers = head->fields.pairs, .header_count = head->fields.count,
			.body = is_chunked ? span_of(h->room, h->room_n) : span_skip(text, head->n),
			.is_open = h->is_open,
			.body_length = is_chunked ? UINT64_MAX : head->length,
			.trailers = h->trailers[WIRE_CLIENT].pairs,
			.trailer_count = h->is_open ? 0 : h->trailers[WIRE_CLIENT].count,
			.channel = head->opens ? CHANNEL_OPEN : CHANNEL_NONE,
		},
	};
}

bool
http1_hasten(void *state)
{
	struct http1 *h = state;

	h->is_hastened = !h->why && h->scan.framing == FRAMING_CHUNKED && !h->named;
	return h->is_hastened;
}

/* ---- next ------------------------------------------------------------------------- */

/* Another run of a body whose beginning an ask was. */
static enum wire_step
next_run(struct http1 *h, struct span in, struct wire_event *event)
{
	struct http1_run *run = &h->run[WIRE_CLIENT];
	struct http1_fields *trailers = &h->trailers[WIRE_CLIENT];
	enum wire_step step = http1_body_step(h, &h->body[WIRE_CLIENT], in, trailers, run, event);
	bool is_lost = h->state[WIRE_CLIENT] == HTTP1_SINK;

	if (step != WIRE_UNIT)
		return step;
	event->kind = is_lost ? UNIT_OWN : UNIT_BODY;
	event->n = run->n;
	event->turn = h->turn;
	event->ends = run->ends;
	event->is_final = is_lost && run->ends;
	event->body.bytes = run->bytes;
	event->body.trailers = trailers->pairs;
	event->body.trailer_count = trailers->count;
	return WIRE_UNIT;
}

/* It has been named before, and its bytes may lie elsewhere by now. */
static enum wire_step
read_again(struct http1 *h, struct span in, struct wire_event *event)
{
	bool has_moved = h->head[WIRE_CLIENT].base != in.p;
	enum wire_step step = read_head(h, in, event);

	if (step == WIRE_UNIT && has_moved && h->trailers_n && !http1_fields_read(h, &h->trailers[WIRE_CLIENT],
	    span_of(in.p + h->named - h->trailers_n, h->trailers_n)))
		step = http1_bad(h, event);
	return step;
}

enum wire_step
http1_ask_next(struct http1 *h, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	enum wire_step step;

	if (h->state[WIRE_CLIENT] == HTTP1_MESSAGES)
		return http1_message_next(h, WIRE_CLIENT, in, event);
	if (h->state[WIRE_CLIENT] != HTTP1_HEAD)
		return next_run(h, in, event);
	h->has_begun |= in.n > 0;
	if (h->named && in.n >= h->named) {
		step = read_again(h, in, event);
	} else if (in.n && in.p[0] == '\r') {
		return skip_blank(h, in, event);
	} else {
		step = read_head(h, in, event);
		if (step == WIRE_UNIT)
			step = read_body(h, in, &to[WIRE_CLIENT], event);
	}
	if (step == WIRE_UNIT)
		name_ask(h, in, event);
	return step;
}

/* ---- obey ----------------------------------------------------------------------------- */

static bool
begin_new_body(struct http1 *h, const struct wire_change *change)
{
	h->is_new_ask = change && change->has_body;
	if (!change || !change->has_body)
		return true;
	if (change->body.n > change->body_length)
		return false;
	h->ask_left = change->body_length - change->body.n;
	return h->is_open || !h->ask_left;
}

void
http1_ask_pass(struct http1 *h, const struct wire_change *change, struct out to[WIRE_SIDES])
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	struct span type = http1_rpc_type(head);

	if (!http1_change_fits(change)) {
		http1_fail(h, 500, "a change of a request that would be none");
		return;
	}
	h->turn++;
	h->is_asked = true;
	h->has_answered = h->is_new_body = false;
	h->asked_head = head->is_of_head;
	h->asked_old = head->minor == 0;
	h->asked_close = h->closes = head->closes;
	snprintf(h->asked_rpc, sizeof(h->asked_rpc), "%.*s", (int)type.n, (const char *)type.p);
	if (!http1_socket_begin(h))
		return;
	if (!begin_new_body(h, change)) {
		http1_fail(h, 500, "a body of another length than was announced");
		return;
	}
	http1_write_request(h, change, &to[WIRE_SERVER]);
	http1_ask_done(h, h->is_open ? HTTP1_BODY : HTTP1_HEAD);
}

/* Is the body as long as was announced, as far as can be seen? */
static bool
run_fits(struct http1 *h, const struct span *bytes)
{
	const struct http1_run *run = &h->run[WIRE_CLIENT];

	if (!h->is_new_ask)
		return !bytes || h->to[WIRE_SERVER] == FRAMING_CHUNKED || bytes->n == run->bytes.n;
	if (!bytes || bytes->n > h->ask_left)
		return false;
	h->ask_left -= bytes->n;
	return !run->ends || !h->ask_left;
}

void
http1_ask_body(struct http1 *h, const struct span *bytes, struct out to[WIRE_SIDES])
{
	const struct http1_run *run = &h->run[WIRE_CLIENT];
	enum http1_framing framing = h->to[WIRE_SERVER];

	if (!run_fits(h, bytes)) {
		http1_fail(h, 500, "a body of another length than was announced");
		return;
	}
	http1_write_run(framing, bytes ? *bytes : run->bytes, &to[WIRE_SERVER]);
	if (run->ends)
		http1_write_end(framing, &h->trailers[WIRE_CLIENT], false, NULL, &to[WIRE_SERVER]);
	http1_ask_drop(h);
}

/* An empty line, or a run: it is consumed. An ask nobody answers, with all of its body. */
void
http1_ask_drop(struct http1 *h)
{
	struct http1_run *run = &h->run[WIRE_CLIENT];

	if (h->named) {
		h->turn++;
		http1_ask_done(h, h->is_open ? HTTP1_SINK : HTTP1_HEAD);
		return;
	}
	if (h->state[WIRE_CLIENT] == HTTP1_HEAD) {
		h->had_blank = true;
		return;
	}
	h->body[WIRE_CLIENT] = run->after;
	h->trailers[WIRE_CLIENT].count = 0;
	if (run->ends) {
		h->is_over |= h->state[WIRE_CLIENT] == HTTP1_SINK;
		h->state[WIRE_CLIENT] = HTTP1_HEAD;
	}
	*run = (struct http1_run){ 0 };
}
