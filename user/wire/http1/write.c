/*
 * write.c: heads and bodies as they go on.
 * Every byte of a head is written here: the line, Host first, the fields that are
 * for who reads it next, and lengths and Connection as they are true on this side.
 */
#include "wire/http1/http1.h"

#define CHANGES_MOST 64		/* fields that are set: a bit for each */

/* What is for no one else, whoever asks: a change of these would undo what was written. */
static bool
pair_fits(const struct wire_pair *pair)
{
	enum http1_name name;

	if (!http1_is_token(pair->name) || !http1_is_value(pair->value))
		return false;
	name = http1_name_of(pair->name);
	return name == NAME_HOST ? http1_is_host(pair->value) : !(http1_name_flags(name) & HTTP1_HOP);
}

bool
http1_change_fits(const struct wire_change *change)
{
	struct span target = change ? change->path_and_query : (struct span){ 0 };
	const uint8_t *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
	size_t n = mark ? (size_t)(mark - target.p) : target.n;

	for (size_t i = 0; change && i < change->set_count; i++)
		if (i >= CHANGES_MOST || !pair_fits(&change->set[i]))
			return false;
	if (target.n == 0)
		return true;
	return target.p[0] == '/' && http1_is_path(span_head(target, n)) && (!mark || http1_is_query(span_skip(target, n + 1)));
}

static void
write_field(struct out *out, struct span name, struct span value)
{
	out_span(out, name);
	out_span(out, SPAN(": "));
	out_span(out, value);
	out_span(out, SPAN("\r\n"));
}

static bool
drops(const struct wire_change *change, struct span name)
{
	for (size_t i = 0; change && i < change->drop_count; i++)
		if (http1_same(change->drop[i], name))
			return true;
	return false;
}

/* Write what `change` sets for this name, once. True: it sets it. NULL: what was not written yet. */
static bool
write_set(const struct wire_change *change, const struct span *name, uint64_t *written, struct out *out)
{
	bool is_set = false;

	for (size_t i = 0; change && i < change->set_count; i++) {
		const struct wire_pair *pair = &change->set[i];

		if (name ? !http1_same(pair->name, *name) : http1_name_of(pair->name) == NAME_HOST)
			continue;
		is_set = true;
		if (!(*written & 1ULL << i))
			write_field(out, pair->name, pair->value);
		*written |= 1ULL << i;
	}
	return is_set;
}

/* The fields that go on, in their order. `keeps_trailer`: trailers will follow, or may. */
static void
write_fields(const struct http1_head *head, const struct wire_change *change, bool keeps_trailer, struct out *out)
{
	unsigned int goes = HTTP1_HOP | (change && change->is_new_body ? HTTP1_OF_BODY : 0);
	uint64_t written = 0;

	for (size_t i = 0; i < head->fields.count; i++) {
		const struct wire_pair *pair = &head->fields.pairs[i];
		enum http1_name name = (enum http1_name)head->fields.names[i];

		if ((http1_name_flags(name) & goes) && !(name == NAME_TRAILER && keeps_trailer))
			continue;
		if (http1_is_named(head, pair->name) || write_set(change, &pair->name, &written, out))
			continue;
		if (!drops(change, pair->name))
			write_field(out, pair->name, pair->value);
	}
	write_set(change, NULL, &written, out);
}

static void
write_length(struct out *out, uint64_t n)
{
	out_printf(out, "Content-Length: %llu\r\n", (unsigned long long)n);
}

/* ---- bodies ------------------------------------------------------------------------- */

void
http1_write_run(enum http1_framing framing, struct span bytes, struct out *out)
{
	if (bytes.n == 0)
		return;	/* an empty chunk would be the last */
	if (framing == FRAMING_CHUNKED)
		out_printf(out, "%zx\r\n", bytes.n);
	out_span(out, bytes);
	if (framing == FRAMING_CHUNKED)
		out_span(out, SPAN("\r\n"));
}

void
http1_write_end(enum http1_framing framing, const struct http1_fields *trailers, bool is_new_body,
    const struct wire_change *change, struct out *out)
{
	uint64_t written = 0;

	if (framing != FRAMING_CHUNKED)
		return;
	out_span(out, SPAN("0\r\n"));
	for (size_t i = 0; i < trailers->count; i++) {
		const struct wire_pair *pair = &trailers->pairs[i];

		if (is_new_body && http1_name_flags((enum http1_name)trailers->names[i]) & HTTP1_OF_BODY)
			continue;
		if (!write_set(change, &pair->name, &written, out) && !drops(change, pair->name))
			write_field(out, pair->name, pair->value);
	}
	out_span(out, SPAN("\r\n"));
}

/* ---- requests ------------------------------------------------------------------------- */

static void
write_request_line(const struct http1_head *head, const struct wire_change *change, struct out *out)
{
	out_span(out, head->method);
	out_u8(out, ' ');
	if (change && change->path_and_query.n) {
		out_span(out, change->path_and_query);
	} else {
		out_span(out, head->path);
		if (head->query.p) {
			out_u8(out, '?');
			out_span(out, head->query);
		}
	}
	out_span(out, SPAN(" HTTP/1.1\r\n"));
}

static struct span
host_of(const struct http1_head *head, const struct wire_change *change)
{
	for (size_t i = 0; change && i < change->set_count; i++)
		if (http1_name_of(change->set[i].name) == NAME_HOST)
			return change->set[i].value;
	return head->host;
}

static void
write_request_body(struct http1 *h, struct span body, struct out *out)
{
	enum http1_framing framing = h->to[WIRE_SERVER];

	http1_write_run(framing, body, out);
	if (!h->is_open)
		http1_write_end(framing, &h->trailers[WIRE_CLIENT], false, NULL, out);
}

/* A whole body goes with its length, whoever cut it into chunks: there is one way to read that. So does a new one. */
static enum http1_framing
framing_of(const struct http1 *h, bool is_new)
{
	enum http1_framing framing = h->head[WIRE_CLIENT].framing;

	if (is_new)
		return FRAMING_LENGTH;
	return framing != FRAMING_CHUNKED ? framing :
	    h->is_open || h->trailers[WIRE_CLIENT].count ? FRAMING_CHUNKED : FRAMING_LENGTH;
}

void
http1_write_request(struct http1 *h, const struct wire_change *change, struct out *out)
{
	const struct http1_head *head = &h->head[WIRE_CLIENT];
	bool is_chunked = head->framing == FRAMING_CHUNKED;
	bool is_new = change && change->has_body;
	struct span body = is_new ? change->body : is_chunked ? span_of(h->room, h->room_n) :
	    span_of(head->base + head->n, h->named - head->n);

	h->to[WIRE_SERVER] = framing_of(h, is_new);
	write_request_line(head, change, out);
	write_field(out, SPAN("Host"), host_of(head, change));
	write_fields(head, change, h->to[WIRE_SERVER] == FRAMING_CHUNKED, out);
	if (head->opens)
		http1_socket_write_ask(head, out);
	else if (head->takes_trailers)
		out_span(out, SPAN("TE: trailers\r\n"));
	if (!head->opens && (head->takes_trailers || head->closes))
		out_printf(out, "Connection: %s%s%s\r\n", head->closes ? "close" : "",
		    head->closes && head->takes_trailers ? ", " : "", head->takes_trailers ? "TE" : "");
	if (h->to[WIRE_SERVER] == FRAMING_LENGTH)
		write_length(out, is_new ? change->body_length : is_chunked ? h->room_n : head->length);
	if (h->to[WIRE_SERVER] == FRAMING_CHUNKED)
		out_span(out, SPAN("Transfer-Encoding: chunked\r\n"));
	out_span(out, SPAN("\r\n"));
	write_request_body(h, body, out);
}

/* ---- answers -------------------------------------------------------------------------- */

/* A length is told too where there is no body: of what GET would have had (RFC 9110 section 9.3.2). */
static bool
tells_length(const struct http1 *h, const struct http1_head *head)
{
	if (head->framing != FRAMING_LENGTH || head->status == 204)
		return false;
	return !h->is_new_body || (head->length == 0 && !head->has_no_body);
}

void
http1_write_status(struct http1 *h, const struct wire_change *change, struct out *out)
{
	const struct http1_head *head = &h->head[WIRE_SERVER];
	bool is_last = head->status >= 200;
	enum http1_framing framing = is_last ? h->to[WIRE_CLIENT] : FRAMING_NONE;

	out_printf(out, "HTTP/1.1 %03u ", head->status);
	out_span(out, change && change->own_reason ? span_text(http1_reason(head->status)) : head->reason);
	out_span(out, SPAN("\r\n"));
	write_fields(head, change, framing == FRAMING_CHUNKED && head->framing == FRAMING_CHUNKED, out);
	if (head->status == 101)
		http1_socket_write_answer(h, out);
	if (is_last && h->closes)
		out_span(out, SPAN("Connection: close\r\n"));
	else if (is_last && h->asked_old)
		out_span(out, SPAN("Connection: keep-alive\r\n"));
	if (is_last && tells_length(h, head))
		write_length(out, head->length);
	if (framing == FRAMING_CHUNKED)
		out_span(out, SPAN("Transfer-Encoding: chunked\r\n"));
	out_span(out, SPAN("\r\n"));
}
