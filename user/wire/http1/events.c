/*
 * events.c: an answer that is begun before there is one.
 * Who waits for people, and listens to server-sent events (HTML, "Server-sent events",
 * text/event-stream), is answered with 200 at once: comments keep it patient, and whatever
 * comes then is an event. An answer of the server that is such a stream goes on as it is;
 * one that is JSON becomes the data of one event; anything else, and every refusal, is an
 * error of JSON-RPC 2.0 (section 5.1) under the id of the call, since its status and its
 * fields can be said no more.
 */
#include "wire/http1/http1.h"

#include "base/json.h"

#define OK 200
#define REFUSED (-32050)	/* of the codes that JSON-RPC leaves to servers */

static void
write_chunk(struct out *client, struct span bytes)
{
	http1_write_run(FRAMING_CHUNKED, bytes, client);
}

/* ---- while it waits ---------------------------------------------------------------------- */

static bool
may_begin(const struct http1 *h, struct span call)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];

	return !h->why && !h->is_over && h->named && !h->is_asked && !h->is_open && !h->events.is_on &&
	    h->state[WIRE_CLIENT] == HTTP1_HEAD && head->minor == 1 && !head->is_of_head && !head->opens &&
	    call.n > 0 && call.n <= sizeof(h->events.call);
}

bool
http1_events_begin(void *state, struct span call, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;
	struct out *client = &to[WIRE_CLIENT];

	if (!may_begin(h, call))
		return false;
	h->events = (struct http1_events){ .is_on = true, .call_n = call.n };
	memcpy(h->events.call, call.p, call.n);
	out_span(client, SPAN("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"));
	if (h->head[WIRE_CLIENT].closes)
		out_span(client, SPAN("Connection: close\r\n"));
	out_span(client, SPAN("Transfer-Encoding: chunked\r\n\r\n"));
	return true;
}

void
http1_events_tell(void *state, struct span data, struct out to[WIRE_SIDES])
{
	struct http1 *h = state;
	struct out event = out_new(HTTP1_PROBLEM_MAX);

	if (!h->events.is_on || h->is_asked || h->why)
		return;
	out_span(&event, SPAN("event: message\ndata: "));
	out_span(&event, data);
	out_span(&event, SPAN("\n\n"));
	if (!event.failed)
		write_chunk(&to[WIRE_CLIENT], out_view(&event));
	out_free(&event);
}

void
http1_events_calm(struct http1 *h, struct out *client)
{
	if (!h->why)
		write_chunk(client, SPAN(": waiting\n\n"));
}

/* ---- no, or not as it should be ----------------------------------------------------------------- */

void
http1_events_error(struct http1 *h, struct span message, struct span document, struct out *client)
{
	struct http1_fields none = { 0 };
	struct out event = out_new(2 * HTTP1_PROBLEM_MAX);
	bool first = false;

	while (document.n && document.p[document.n - 1] == '\n')
		document.n--;
	out_span(&event, SPAN("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":"));
	out_bytes(&event, h->events.call, h->events.call_n);
	out_printf(&event, ",\"error\":{\"code\":%d", REFUSED);
	json_member_text(&event, &first, "message", message);
	if (document.n) {
		out_span(&event, SPAN(",\"data\":"));
		out_span(&event, document);
	}
	out_span(&event, SPAN("}}\n\n"));
	if (!event.failed)
		write_chunk(client, out_view(&event));
	http1_write_end(FRAMING_CHUNKED, &none, false, NULL, client);
	h->events.is_spent = true;
	out_free(&event);
}

/* ---- the server's answer ------------------------------------------------------------------------ */

static struct span
field_of(const struct http1_head *head, enum http1_name name)
{
	for (size_t i = 0; i < head->fields.count; i++)
		if (head->fields.names[i] == name)
			return head->fields.pairs[i].value;
	return span_of(NULL, 0);
}

/* That type, with parameters or none. */
static bool
is_type(struct span value, const char *type)
{
	size_t n = strlen(type);

	return value.n >= n && http1_is(span_head(value, n), type) &&
	    (value.n == n || value.p[n] == ';' || value.p[n] == ' ' || value.p[n] == '\t');
}

void
http1_events_head(struct http1 *h, const struct http1_head *head, bool has_body, struct out *client)
{
	struct span type = field_of(head, NAME_CONTENT_TYPE), coding = field_of(head, NAME_CONTENT_ENCODING);
	bool is_plain = has_body && head->status == OK && (!coding.n || http1_is(coding, "identity"));
	struct out message = out_new(HTTP1_CALL_MAX);

	h->events.is_json = is_plain && is_type(type, "application/json");
	if (h->events.is_json || (is_plain && is_type(type, "text/event-stream")))
		return;
	out_printf(&message, "the answer has status %03u and is no event", head->status);
	http1_events_error(h, out_view(&message), span_of(NULL, 0), client);
	out_free(&message);
}

/* Lines of data, joined again by who reads them. A CR ends a line too, so that none may stand in one. */
static void
wrap(struct http1 *h, struct span bytes, struct out *lines)
{
	if (!h->events.has_begun)
		out_span(lines, SPAN("event: message\ndata: "));
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n')
			out_span(lines, SPAN("\ndata: "));
		else if (bytes.p[i] != '\r')
			out_u8(lines, bytes.p[i]);
	}
}

void
http1_events_run(struct http1 *h, struct span bytes, bool ends, struct out *client)
{
	struct http1_fields none = { 0 };
	struct out lines = out_new(SIZE_MAX);

	if (h->events.is_spent)
		return;
	if (!h->events.is_json) {
		write_chunk(client, bytes);
	} else {
		if (bytes.n)
			wrap(h, bytes, &lines);
		if (ends)
			out_span(&lines, SPAN("\n\n"));
		client->failed |= lines.failed;
		write_chunk(client, out_view(&lines));
	}
	h->events.has_begun |= bytes.n > 0;
	if (ends)
		http1_write_end(FRAMING_CHUNKED, &none, false, NULL, client);
	out_free(&lines);
}
