/*
 * codec.c: the HTTP/1.1 codec as the worker sees it: the table of wire.h.
 * There is no login, no TLS of its own, no question of ours and nothing to cancel:
 * those functions do nothing. A row, a text or a COPY it never names.
 */
#include "wire/http1/http1.h"

#include "base/arena.h"

static int
sniff(struct span head, size_t *need)
{
	size_t n = 0;

	*need = head.n;
	while (n < head.n && n < HTTP1_METHOD_MAX && http1_is_token(span_of(head.p + n, 1)))
		n++;
	if (n == head.n && n < HTTP1_METHOD_MAX)
		*need = n + 1;
	if (n == head.n || n == 0 || head.p[n] != ' ')
		return 0;
	head = span_skip(head, n + 1);
	if (head.n && (head.p[0] == '/' || head.p[0] == '*'))
		return 100;
	if (!http1_same(span_head(head, 4), span_head(SPAN("http"), head.n)))
		return 0;
	if (head.n < 4)
		*need += 1;
	return head.n < 4 ? 0 : 90;
}

static void *
open_flow(const struct wire_settings *settings)
{
	struct http1 *h = arena_take(settings->arena, sizeof(*h));

	if (!h)
		return NULL;
	h->set = *settings;
	h->arena = settings->arena;
	return h;
}

static enum wire_step
next(void *state, enum wire_side side, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	struct http1 *h = state;

	*event = (struct wire_event){ 0 };
	if (!h->why && h->is_over && in.n)
		http1_fail(h, 400, "the flow has ended");
	if (h->why)
		return http1_bad(h, event);
	if (h->is_over)
		return http1_more(event, 1);
	return side == WIRE_CLIENT ? http1_ask_next(h, in, to, event) : http1_reply_next(h, in, event);
}

static void
change(void *state, enum wire_side side, struct span unit, const struct wire_change *change, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;

	if (h->why)
		return;
	if (h->state[side] == HTTP1_MESSAGES)
		http1_message_pass(h, side, unit, NULL, to);
	else if (side == WIRE_CLIENT && h->state[side] == HTTP1_HEAD && h->named)
		http1_ask_pass(h, change, to);
	else if (side == WIRE_CLIENT)
		http1_ask_body(h, NULL, to);
	else if (h->state[side] == HTTP1_HEAD)
		http1_reply_pass(h, change, to);
	else
		http1_reply_body(h, NULL, to);
}

static void
pass(void *state, enum wire_side side, struct span unit, struct out to[WIRE_SIDES])
{
	change(state, side, unit, NULL, to);
}

static void
put(void *state, enum wire_side side, struct span unit, struct span bytes, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;

	if (!h->why && h->state[side] == HTTP1_MESSAGES)
		http1_message_pass(h, side, unit, &bytes, to);
	if (h->why || h->state[side] != HTTP1_BODY)
		return;
	if (side == WIRE_CLIENT)
		http1_ask_body(h, &bytes, to);
	else
		http1_reply_body(h, &bytes, to);
}

static void
trail(void *state, const struct wire_change *change)
{
	struct http1 *h = state;

	if (http1_change_fits(change))
		h->trailing = change;
	else
		http1_fail(h, 500, "a change of trailers that would be none");
}

static void
refuse(void *state, enum wire_side side, struct span unit, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;

	(void)unit;
	if (h->why)
		return;
	if (h->state[side] == HTTP1_MESSAGES)
		http1_message_refuse(h, side, no, to);
	else if (side == WIRE_CLIENT)
		http1_refuse_ask(h, no, to);
	else
		http1_refuse_reply(h, no, to);
}

/* Of the client: an empty line, or a run that is the server's no more. Of the server: a run, without its bytes. */
static void
drop(void *state, enum wire_side side, struct span unit, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;

	if (h->state[side] == HTTP1_MESSAGES)
		http1_message_drop(h, side, unit);
	else if (side == WIRE_SERVER)
		put(state, side, unit, SPAN(""), to);
	else if (!h->why)
		http1_ask_drop(h);
}

static void
rewrite(void *state, struct span unit, const struct wire_field *fields, size_t count, struct out to[WIRE_SIDES])
{
	(void)fields, (void)count;
	pass(state, WIRE_SERVER, unit, to);
}

static bool
is_idle(void *state)
{
	const struct http1 *h = state;

	return !h->is_asked && h->state[WIRE_CLIENT] == HTTP1_HEAD;
}

static bool
has_room(void *state)
{
	const struct http1 *h = state;

	return !h->is_over && (!h->is_asked || h->state[WIRE_CLIENT] != HTTP1_HEAD);
}

/* ---- what HTTP has no use for ----------------------------------------------------- */

static void
login_begin(void *state, struct span role, struct span database, struct out to[WIRE_SIDES])
{
	(void)state, (void)role, (void)database, (void)to;
}

static bool
wants_proof(void *state, uint8_t *step, struct span *input)
{
	(void)state, (void)step, (void)input;
	return false;
}

static void
login_proof(void *state, uint8_t step, struct span output, struct out to[WIRE_SIDES])
{
	(void)state, (void)step, (void)output, (void)to;
}

static void
challenge(void *state, bool binds, struct out to[WIRE_SIDES])
{
	(void)state, (void)binds, (void)to;
}

static void
tls_ask(void *state, struct out to[WIRE_SIDES])
{
	(void)state, (void)to;
}

static char
tls_answer(void *state)
{
	(void)state;
	return 0;
}

static bool
own_turn(void *state, struct span text, struct out to[WIRE_SIDES])
{
	(void)state, (void)text, (void)to;
	return false;
}

static bool
cancel(void *state, struct out *out)
{
	(void)state, (void)out;
	return false;
}

static bool
holds_key(const void *state, const struct wire_cancel *cancel)
{
	(void)state, (void)cancel;
	return false;
}

static struct span
setting(void *state, const char *name)
{
	(void)state, (void)name;
	return SPAN("");
}

static void
copy_form(void *state, const struct wire_copy *form)
{
	(void)state, (void)form;
}

static void
whole(void *state, size_t limit)
{
	(void)state, (void)limit;
}

const struct wire_codec wire_http1 = {
	.name = "http/1.1",
	.first = WIRE_CLIENT,
	.alpn = "http/1.1",
	.has_login = false,
	.sniff = sniff,
	.open = open_flow,
	.next = next,
	.ended = http1_ended,
	.pass = pass,
	.refuse = refuse,
	.drop = drop,
	.rewrite = rewrite,
	.change = change,
	.put = put,
	.trail = trail,
	.hasten = http1_hasten,
	.copy_form = copy_form,
	.whole = whole,
	.challenge = challenge,
	.login_begin = login_begin,
	.wants_proof = wants_proof,
	.login_proof = login_proof,
	.tls_ask = tls_ask,
	.tls_answer = tls_answer,
	.own_turn = own_turn,
	.calm = http1_calm,
	.events = http1_events_begin,
	.tell = http1_events_tell,
	.farewell = http1_farewell,
	.cancel = cancel,
	.holds_key = holds_key,
	.setting = setting,
	.is_idle = is_idle,
	.has_room = has_room,
};
