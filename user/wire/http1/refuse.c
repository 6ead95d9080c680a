/*
 * refuse.c: saying no in HTTP.
 * A refusal is an answer with a problem document (RFC 9457), in the place of the one
 * that was asked for. Where the beginning of another answer is with the client already,
 * nothing can be said any more: the answer is left without its end, which the client sees.
 */
#include "wire/http1/http1.h"

#include "base/json.h"

static void
write_document(struct out *out, unsigned int status, const struct wire_no *no, const char *why)
{
	bool first = false;
	struct out instance = out_new(HTTP1_PROBLEM_MAX);

	out_span(out, no->hold.n ? SPAN("{\"type\":\"" HTTP1_PROBLEM_HELD "\"") : SPAN("{\"type\":\"about:blank\""));
	json_member_text(out, &first, "title", no->message.n ? no->message : span_text(http1_reason(status)));
	json_member_uint(out, &first, "status", status);
	if (no->hint.n)
		json_member_text(out, &first, "detail", no->hint);
	if (no->id.n) {
		out_span(&instance, SPAN("urn:interlock:"));
		out_span(&instance, no->id);
		json_member_text(out, &first, "instance", out_view(&instance));
	}
	if (no->hold.n)
		json_member_text(out, &first, "hold", no->hold);
	if (no->sqlstate)
		json_member_text(out, &first, "code", span_text(no->sqlstate));
	if (why)
		json_member_text(out, &first, "reason", span_text(why));
	out_span(out, SPAN("}\n"));
	out_free(&instance);
}

/* A whole answer. `is_old`: HTTP/1.0, which must be told that the connection stays. */
static void
write_problem(struct out *client, unsigned int status, const struct wire_no *no, const char *why, bool closes,
    bool is_old, bool is_head)
{
	struct out document = out_new(HTTP1_PROBLEM_MAX);

	write_document(&document, status, no, why);
	if (document.failed)
		out_clear(&document);
	out_printf(client, "HTTP/1.1 %u %s\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\n",
	    status, http1_reason(status));
	if (no->retry_after_s)
		out_printf(client, "Retry-After: %u\r\n", no->retry_after_s);
	if (closes || is_old)
		out_printf(client, "Connection: %s\r\n", closes ? "close" : "keep-alive");
	out_printf(client, "Content-Length: %zu\r\n\r\n", document.n);
	if (!is_head)
		out_span(client, out_view(&document));
	out_free(&document);
}

/* Of one whose answer was begun as events. */
static void
write_event(struct http1 *h, unsigned int status, const struct wire_no *no, const char *why, struct out *client)
{
	struct out document = out_new(HTTP1_PROBLEM_MAX);

	write_document(&document, status, no, why);
	http1_events_error(h, no->message.n ? no->message : span_text(http1_reason(status)),
	    document.failed ? span_of(NULL, 0) : out_view(&document), client);
	out_free(&document);
}

static unsigned int
status_of(const struct wire_no *no, unsigned int otherwise)
{
	bool is_held = no->status == 202 && no->hold.n;

	return is_held || (no->status >= 400 && no->status <= 599) ? no->status : otherwise;
}

/* Nothing more is said or understood. */
static void
end_flow(struct http1 *h)
{
	h->is_over = true;
	h->is_asked = false;
}

/* Of the request under way whose answer has not begun, or of the one in hand. */
static void
answer_last(struct http1 *h, unsigned int status, const struct wire_no *no, const char *why, struct out *client)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	bool is_head = h->is_asked ? h->asked_head : head->is_of_head;
	struct span rpc = h->is_asked ? span_text(h->asked_rpc) : http1_rpc_type(head);

	if (h->events.is_on) {
		if (!h->events.has_begun && !h->events.is_spent)
			write_event(h, status, no, why, client);
		return;
	}
	if (rpc.n)
		http1_rpc_refuse(rpc, no, status, why, true, client);
	else
		write_problem(client, status, no, why, true, false, is_head);
}

void
http1_refuse_ask(struct http1 *h, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	bool closes = head->closes || h->is_open || no->fatal;
	struct span rpc = http1_rpc_type(head);

	if (h->state[WIRE_CLIENT] != HTTP1_HEAD) {	/* in the middle of its body: the server has half of it */
		if (h->is_asked && !h->has_answered)
			answer_last(h, status_of(no, 403), no, NULL, &to[WIRE_CLIENT]);
		else if (h->is_asked)
			(void)http1_rpc_end(h, no, &to[WIRE_CLIENT]);
		end_flow(h);
		return;
	}
	if (h->events.is_on)
		write_event(h, status_of(no, 403), no, NULL, &to[WIRE_CLIENT]);
	else if (rpc.n)
		http1_rpc_refuse(rpc, no, status_of(no, 403), NULL, closes, &to[WIRE_CLIENT]);
	else
		write_problem(&to[WIRE_CLIENT], status_of(no, 403), no, NULL, closes, head->minor == 0, head->is_of_head);
	h->events.is_on = false;
	h->turn++;
	http1_ask_done(h, h->is_open ? HTTP1_SINK : HTTP1_HEAD);
	h->is_over |= closes && h->state[WIRE_CLIENT] == HTTP1_HEAD;
}

void
http1_refuse_reply(struct http1 *h, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	if (!h->has_answered || h->events.is_on)
		answer_last(h, status_of(no, 502), no, NULL, &to[WIRE_CLIENT]);
	else
		(void)http1_rpc_end(h, no, &to[WIRE_CLIENT]);
	end_flow(h);
}

void
http1_farewell(void *state, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;
	bool is_first = h->turn == 0, waits = h->events.is_on || (h->is_asked && !h->has_answered);

	if (h->state[WIRE_SERVER] == HTTP1_MESSAGES)
		http1_message_refuse(h, WIRE_SERVER, no, to);
	if (!h->is_over && (waits || (!h->is_asked && (is_first || h->has_begun))))
		answer_last(h, h->why ? h->status : status_of(no, 503), no, h->why, &to[WIRE_CLIENT]);
	end_flow(h);
}

void
http1_calm(void *state, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;
	const struct http1_head *head = &h->head[WIRE_CLIENT];

	if (h->events.is_on && !h->is_asked)
		http1_events_calm(h, &to[WIRE_CLIENT]);
	else if (!h->why && h->named && !h->is_asked && head->takes_102)
		out_span(&to[WIRE_CLIENT], SPAN("HTTP/1.1 102 Processing\r\n\r\n"));
}
