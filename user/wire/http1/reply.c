/*
 * reply.c: what comes from the server.
 * Heads, the last of which is the answer's, and then its body by runs. An answer is
 * believed only where one is owed. What ends it, where nothing else says so, is the
 * end of the connection: ended() names that as the last run.
 */
#include "wire/http1/http1.h"

/* ---- next ------------------------------------------------------------------------- */

static bool
has_body(const struct http1_head *head)
{
	return !head->has_no_body && head->framing != FRAMING_NONE &&
	    !(head->framing == FRAMING_LENGTH && head->length == 0);
}

/* Whether the flow ends behind this answer, if nobody puts another body in place of its own. */
static bool
closes(const struct http1 *h, const struct http1_head *head)
{
	return h->asked_close || head->closes || (h->asked_old && has_body(head) && head->framing == FRAMING_CHUNKED);
}

static enum wire_step
next_head(struct http1 *h, struct span in, struct wire_event *event)
{
	struct http1_head *head = &h->head[WIRE_SERVER];
	struct span line, rest;
	enum wire_step step = WIRE_UNIT;

	if (!head->n || head->base != in.p) {
		step = http1_head_find(h, head, in, &line, &rest, event);
		if (step == WIRE_UNIT && !http1_status_read(h, head, line, rest))
			step = http1_bad(h, event);
	}
	if (step != WIRE_UNIT)
		return step;
	event->kind = UNIT_HEAD;
	event->n = head->n;
	event->turn = h->turn;
	event->head = (struct wire_head){
		.status = head->status,
		.headers = head->fields.pairs, .header_count = head->fields.count,
		.body_length = head->framing == FRAMING_LENGTH ? head->length : has_body(head) ? UINT64_MAX : 0,
		.has_body = has_body(head),
	};
	if (head->status >= 200) {
		event->ends = !has_body(head);
		event->ends_flow = closes(h, head);
		event->is_final = event->ends && event->ends_flow;
	}
	return WIRE_UNIT;
}

static void
name_run(struct http1 *h, struct wire_event *event)
{
	const struct http1_run *run = &h->run[WIRE_SERVER];

	event->kind = UNIT_BODY;
	event->n = run->n;
	event->turn = h->turn;
	event->ends = run->ends;
	event->is_final = run->ends && h->closes;
	event->body.bytes = run->bytes;
	event->body.trailers = h->trailers[WIRE_SERVER].pairs;
	event->body.trailer_count = h->trailers[WIRE_SERVER].count;
}

enum wire_step
http1_reply_next(struct http1 *h, struct span in, struct wire_event *event)
{
	enum wire_step step;

	if (!h->is_asked) {
		if (in.n == 0)
			return http1_more(event, 1);
		http1_fail(h, 502, "an answer that nobody asked for");
		return http1_bad(h, event);
	}
	if (h->state[WIRE_SERVER] == HTTP1_MESSAGES) {
		step = http1_message_next(h, WIRE_SERVER, in, event);
	} else if (h->state[WIRE_SERVER] == HTTP1_HEAD) {
		step = next_head(h, in, event);
	} else {
		step = http1_body_step(h, &h->body[WIRE_SERVER], in, &h->trailers[WIRE_SERVER], &h->run[WIRE_SERVER], event);
		if (step == WIRE_UNIT)
			name_run(h, event);
	}
	if (step == WIRE_BAD)
		h->status = 502;	/* whoever was asked is at fault, not who asked */
	return step;
}

bool
http1_ended(void *state, enum wire_side side, struct wire_event *event)
{
	struct http1 *h = state;

	*event = (struct wire_event){ 0 };
	if (!h->why && h->state[side] == HTTP1_MESSAGES)
		return http1_message_ended(h, side, event);
	if (h->why || side != WIRE_SERVER || h->state[side] != HTTP1_BODY || h->body[side].framing != FRAMING_CLOSE)
		return false;
	h->run[side] = (struct http1_run){ .after = h->body[side], .ends = true };
	h->trailers[side].count = 0;
	name_run(h, event);
	return true;
}

/* ---- obey ------------------------------------------------------------------------------ */

static void
finish(struct http1 *h)
{
	h->events.is_on = false;
	h->is_asked = false;
	h->is_over |= h->closes;
	h->state[WIRE_SERVER] = HTTP1_HEAD;
}

/* How the body goes to the client: as it came where it can, else so that a cut is seen. */
static enum http1_framing
framing_towards(const struct http1 *h, const struct http1_head *head)
{
	if (!has_body(head))
		return FRAMING_NONE;
	if (h->events.is_on)
		return FRAMING_CHUNKED;
	if (head->framing == FRAMING_LENGTH && !h->is_new_body)
		return FRAMING_LENGTH;
	return h->asked_old ? FRAMING_CLOSE : FRAMING_CHUNKED;
}

void
http1_reply_pass(struct http1 *h, const struct wire_change *change, struct out to[WIRE_SIDES])
{
	struct http1_head *head = &h->head[WIRE_SERVER];

	if (!http1_change_fits(change)) {
		http1_fail(h, 500, "a change of an answer that would be none");
		return;
	}
	if (head->status < 200) {	/* 100: the client has been told already; HTTP/1.0 knows none */
		if (head->status != 100 && !h->asked_old && !h->events.is_on)
			http1_write_status(h, change, &to[WIRE_CLIENT]);
		if (head->status == 101)
			http1_message_begin(h);
		http1_head_done(head);
		return;
	}
	h->is_new_body = change && change->is_new_body;
	h->owed = 0;
	h->to[WIRE_CLIENT] = framing_towards(h, head);
	h->closes = closes(h, head) || h->to[WIRE_CLIENT] == FRAMING_CLOSE;
	h->has_answered = true;
	if (h->events.is_on)
		http1_events_head(h, head, has_body(head), &to[WIRE_CLIENT]);
	else
		http1_write_status(h, change, &to[WIRE_CLIENT]);
	h->body[WIRE_SERVER] = (struct http1_body){ .framing = head->framing,
		.left = head->framing == FRAMING_LENGTH ? head->length : 0 };
	h->state[WIRE_SERVER] = HTTP1_BODY;
	if (!has_body(head))
		finish(h);
	http1_head_done(head);
}

/* What is put may come later than its run, but no more than there was, and all of it by the end. */
static bool
keeps_length(struct http1 *h, size_t n)
{
	const struct http1_run *run = &h->run[WIRE_SERVER];
	uint64_t there = h->owed + run->bytes.n;

	if (n > there || (run->ends && n < there))
		return false;
	h->owed = there - n;
	return true;
}

void
http1_reply_body(struct http1 *h, const struct span *bytes, struct out to[WIRE_SIDES])
{
	struct http1_run *run = &h->run[WIRE_SERVER];
	enum http1_framing framing = h->to[WIRE_CLIENT];

	if (framing == FRAMING_LENGTH && !keeps_length(h, bytes ? bytes->n : run->bytes.n)) {
		http1_fail(h, 502, "a body of another length than was announced");
		return;
	}
	if (h->events.is_on)
		http1_events_run(h, bytes ? *bytes : run->bytes, run->ends, &to[WIRE_CLIENT]);
	else
		http1_write_run(framing, bytes ? *bytes : run->bytes, &to[WIRE_CLIENT]);
	if (run->ends && !h->events.is_on)
		http1_write_end(framing, &h->trailers[WIRE_SERVER], h->is_new_body, h->trailing, &to[WIRE_CLIENT]);
	h->trailing = NULL;
	h->body[WIRE_SERVER] = run->after;
	if (run->ends)
		finish(h);
	*run = (struct http1_run){ 0 };
}
