/*
 * h2_head.c: the head of a message of HTTP/1.1 that is given, as fields of HTTP/2.
 * Our own serialiser wrote it, of what a peer said; it is read strictly all the same. Names become lower case where
 * they stand (RFC 9113 section 8.2), and what belongs to one connection is left out (section 8.2.2).
 */
#include "unwrap/h2_inside.h"

struct reading {
	struct h2_head *head;
	uint8_t *p;		/* what is left */
	size_t n;
	struct span connection[4];	/* values of Connection */
	size_t connections;
	struct span host;
	bool wants_trailers;	/* TE */
};

/* The next line without its end. False: there is none, or it ends in another way. */
static bool
next_line(struct reading *r, uint8_t **line, size_t *n)
{
	uint8_t *end = r->n ? memchr(r->p, '\n', r->n) : NULL;

	if (!end || end == r->p || end[-1] != '\r')
		return false;
	*line = r->p;
	*n = (size_t)(end - r->p) - 1;
	r->n -= *n + 2;
	r->p = end + 1;
	return true;
}

static void
put(struct h2_head *head, struct span name, struct span value, bool is_secret)
{
	head->fields[head->count++] = (nghttp2_nv){
		.name = (uint8_t *)name.p, .namelen = name.n, .value = (uint8_t *)value.p, .valuelen = value.n,
		.flags = is_secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE,
	};
}

static void
lower(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
}

/* Cut the next member off a list (RFC 9110 section 5.6.1). */
static bool
take_member(struct span *list, struct span *out)
{
	const uint8_t *comma;

	if (!list->n)
		return false;
	comma = memchr(list->p, ',', list->n);
	*out = span_trim(span_head(*list, comma ? (size_t)(comma - list->p) : list->n));
	*list = span_skip(*list, comma ? (size_t)(comma - list->p) + 1 : list->n);
	return true;
}

static bool
has_member(struct span list, struct span member)
{
	struct span one;

	while (take_member(&list, &one))
		if (h2_same_name(one, member))
			return true;
	return false;
}

static bool
read_connection(struct reading *r, struct span value)
{
	if (r->connections == COUNT(r->connection))
		return false;
	r->connection[r->connections++] = value;
	return true;
}

/* False: no head has that. */
static bool
read_field(struct reading *r, struct span name, struct span value)
{
	struct h2_head *head = r->head;
	enum h2_field kind = h2_field_kind(name);

	switch (kind) {
	case FIELD_HOP:
		return true;
	case FIELD_ACCEPT:
		if (head->switches)
			return true;
		break;
	case FIELD_CONNECTION:
		return read_connection(r, value);
	case FIELD_CODING:
		if (head->is_chunked || !h2_same_name(value, SPAN("chunked")))
			return false;
		head->is_chunked = true;
		return true;
	case FIELD_TE:
		r->wants_trailers |= has_member(value, SPAN("trailers"));
		return true;
	case FIELD_HOST:
		if (r->host.n)
			return false;
		r->host = value;
		return true;
	case FIELD_LENGTH:
		if (head->length != H2_UNKNOWN || !h2_read_length(value, &head->length))
			return false;
		break;
	default:
		break;
	}
	put(head, name, value, kind == FIELD_SECRET || kind == FIELD_COOKIE);
	return true;
}

static const char *
read_fields(struct reading *r)
{
	uint8_t *line, *colon;
	struct span value;
	size_t n, name_n;

	for (;;) {
		if (!next_line(r, &line, &n))
			return "a line of a head without its end";
		if (!n)
			return r->n ? "bytes behind a head" : NULL;
		colon = memchr(line, ':', n);
		name_n = colon ? (size_t)(colon - line) : 0;
		if (!colon || !h2_is_all(span_of(line, name_n), CLASS_TOKEN))
			return "a field without a name";
		lower(line, name_n);
		value = span_trim(span_of(colon + 1, n - name_n - 1));
		if (r->head->count >= COUNT(r->head->fields) - 1)
			return "too many fields";
		if (!h2_is_value(value) || !read_field(r, span_of(line, name_n), value))
			return "a field that cannot be sent";
	}
}

/* Leave out what Connection names: it was for us (RFC 9110 section 7.6.1). */
static void
drop_named(struct reading *r, size_t from)
{
	struct h2_head *head = r->head;
	size_t kept = from;

	for (size_t i = from; i < head->count; i++) {
		struct span name = span_of(head->fields[i].name, head->fields[i].namelen);
		bool is_named = false;

		for (size_t c = 0; c < r->connections; c++)
			is_named |= has_member(r->connection[c], name);
		if (!is_named || h2_field_kind(name) == FIELD_LENGTH)
			head->fields[kept++] = head->fields[i];
	}
	head->count = kept;
}

/* "GET /path HTTP/1.1" */
static bool
read_request_line(struct span line, struct span *method, struct span *path)
{
	const uint8_t *space = memchr(line.p, ' ', line.n);

	if (!space)
		return false;
	*method = span_head(line, (size_t)(space - line.p));
	line = span_skip(line, method->n + 1);
	if (line.n < 9 || !span_equal(span_of(line.p + line.n - 9, 9), SPAN(" HTTP/1.1")))
		return false;
	*path = span_head(line, line.n - 9);
	return h2_is_all(*method, CLASS_TOKEN) && !span_is(*method, "CONNECT") && h2_is_all(*path, CLASS_PATH) &&
	    (path->p[0] == '/' || span_is(*path, "*"));
}

/* "HTTP/1.1 200 OK", and the phrase may be empty. */
static bool
read_status_line(struct h2_head *head, struct span line, struct span *status)
{
	uint64_t n;

	if (line.n < 12 || !span_equal(span_head(line, 9), SPAN("HTTP/1.1 ")) || (line.n > 12 && line.p[12] != ' '))
		return false;
	*status = span_of(line.p + 9, 3);
	if (!h2_read_length(*status, &n) || n < 100)
		return false;
	head->switches = n == 101;
	if (head->switches && !head->takes_switch)	/* it is not in HTTP/2: RFC 9113 section 8.6 */
		return false;
	if (head->takes_switch && n >= 200 && n < 300)	/* it would be taken for a WebSocket */
		return false;
	if (head->switches)
		*status = SPAN("200");	/* RFC 8441 section 5 */
	head->status = head->switches ? 200 : (unsigned int)n;
	return true;
}

static const char *
read_rest(struct reading *r)
{
	struct h2_head *head = r->head;
	size_t from = head->count;
	const char *why = read_fields(r);

	if (why)
		return why;
	if (head->is_chunked && head->length != H2_UNKNOWN)
		return "a body with two lengths";
	if (r->connections)
		drop_named(r, from);
	if (r->wants_trailers)
		put(head, SPAN("te"), SPAN("trailers"), false);
	return NULL;
}

static const char *
read_request(struct reading *r, struct span line, const char *scheme)
{
	struct h2_head *head = r->head;
	struct span method, path;
	const char *why;

	if (!read_request_line(line, &method, &path))
		return "a request line that cannot be sent";
	put(head, SPAN(":method"), method, false);
	put(head, SPAN(":scheme"), span_text(scheme), false);
	put(head, SPAN(":authority"), SPAN(""), false);
	put(head, SPAN(":path"), path, false);
	head->is_head = span_is(method, "HEAD");
	why = read_rest(r);
	if (why)
		return why;
	if (!h2_is_all(r->host, CLASS_HOST))
		return "a request without a host";
	head->fields[2].value = (uint8_t *)r->host.p;
	head->fields[2].valuelen = r->host.n;
	return NULL;
}

const char *
h2_head_read(struct h2_head *head, uint8_t *p, size_t n, const char *scheme, bool is_request)
{
	struct reading r = { .head = head, .p = p, .n = n };
	struct span status;
	uint8_t *line;
	size_t line_n;

	head->count = 0;
	head->length = H2_UNKNOWN;
	head->is_chunked = head->is_head = head->switches = false;
	head->status = 0;
	if (!next_line(&r, &line, &line_n))
		return "a head without a line";
	if (is_request)
		return read_request(&r, span_of(line, line_n), scheme);
	if (!read_status_line(head, span_of(line, line_n), &status))
		return "a status line that cannot be sent";
	put(head, SPAN(":status"), status, false);
	return read_rest(&r);
}

const char *
h2_head_trailers(struct h2_head *head, uint8_t *p, size_t n)
{
	struct reading r = { .head = head, .p = p, .n = n };
	const char *why;

	head->count = 0;
	head->length = H2_UNKNOWN;
	head->is_chunked = head->switches = false;
	why = read_fields(&r);
	if (!why && (r.host.n || r.connections || r.wants_trailers || head->is_chunked || head->length != H2_UNKNOWN))
		why = "a trailer that belongs into the head";
	return why;
}
