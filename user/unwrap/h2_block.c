/*
 * h2_block.c: what the peer sends becomes HTTP/1.1.
 * A header block is collected field by field, each checked by itself; at its end the whole is judged, and only
 * then written, from what was understood: a request line or status line, one Host, fields, one framing.
 * What is malformed (RFC 9113 section 8.1.1) is never written in part: its stream is reset.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/base64.h"
#include "unwrap/h2_inside.h"

#define FIELD_COST 32		/* RFC 9113 section 6.5.2 */
#define SEEN_TIMES 4		/* a block so many times larger than it may be is an attack by compression */

static const char *const pseudo_names[PSEUDOS] = {
	":method", ":scheme", ":authority", ":path", ":status", ":protocol", "host",
};

void
h2_block_free(struct h2_block *block)
{
	for (size_t i = 0; i < PSEUDOS; i++)
		out_free(&block->pseudo[i]);
	out_free(&block->fields);
	out_free(&block->cookie);
}

void
h2_block_begin(struct h2 *h2, struct h2_stream *stream)
{
	struct h2_block *block = &h2->block;
	size_t limit = 2 * (size_t)h2->limits.header_bytes;	/* never what decides: ": " and line ends are less than 32 */

	block->stream = stream;
	block->bytes = block->seen = 0;
	block->count = 0;
	block->length = H2_UNKNOWN;
	block->is_trailers = stream && stream->in_has_head;
	block->has_fields = block->is_bad = block->is_large = false;
	for (size_t i = 0; i < PSEUDOS; i++) {
		out_clear(&block->pseudo[i]);
		block->pseudo[i].limit = limit;
	}
	out_clear(&block->fields);
	out_clear(&block->cookie);
	block->fields.limit = block->cookie.limit = limit;
}

static void
put_line(struct out *out, struct span name, struct span value)
{
	out_span(out, name);
	out_bytes(out, ": ", 2);
	out_span(out, value);
	out_bytes(out, "\r\n", 2);
}

/* One of those that stand for themselves, and are there once. */
static bool
put_pseudo(struct h2_block *block, enum h2_pseudo which, struct span value)
{
	struct out *out = &block->pseudo[which];

	if (out->n || !value.n || block->is_trailers)
		return false;
	out_span(out, value);
	return true;
}

static bool
is_pseudo(struct h2_block *block, struct span name, struct span value)
{
	for (size_t i = 0; i < PSEUDO_HOST; i++)
		if (span_is(name, pseudo_names[i]))
			return put_pseudo(block, i, value);
	return false;	/* none that was negotiated (RFC 9113 section 8.3) */
}

static bool
put_cookie(struct out *cookie, struct span value)
{
	if (cookie->n)
		out_bytes(cookie, "; ", 2);
	out_span(cookie, value);
	return true;
}

/* What behind a body would be heard too late, or change where it ends. */
static bool
may_trail(enum h2_field kind)
{
	return kind == FIELD_PLAIN || kind == FIELD_SECRET || kind == FIELD_COOKIE || kind == FIELD_ACCEPT;
}

/* False: it is malformed. */
static bool
put_field(struct h2_block *block, struct span name, struct span value)
{
	enum h2_field kind = h2_field_kind(name);

	if (!h2_is_all(name, CLASS_LOWER) || !h2_is_value(value) || (block->is_trailers && !may_trail(kind)))
		return false;
	switch (kind) {
	case FIELD_HOP:
	case FIELD_CONNECTION:
	case FIELD_CODING:
		return false;
	case FIELD_TE:
		if (!h2_same_name(value, SPAN("trailers")))
			return false;
		break;
	case FIELD_HOST:
		return put_pseudo(block, PSEUDO_HOST, value);
	case FIELD_LENGTH:
		return block->length == H2_UNKNOWN && h2_read_length(value, &block->length);
	case FIELD_COOKIE:
		if (!block->is_trailers)
			return put_cookie(&block->cookie, value);
		break;
	default:
		break;
	}
	put_line(&block->fields, name, value);
	return true;
}

void
h2_block_field(struct h2 *h2, struct span name, struct span value)
{
	struct h2_block *block = &h2->block;
	size_t size = name.n + value.n + FIELD_COST;

	block->seen += size;
	if (block->seen > (size_t)h2->limits.header_bytes * SEEN_TIMES) {
		h2_break(h2, "header fields far beyond their limit", H2_ENHANCE_YOUR_CALM);
		return;
	}
	if (!block->stream || block->is_bad || block->is_large)
		return;
	block->bytes += size;
	block->count++;
	if (block->bytes > h2->limits.header_bytes || block->count > H2_FIELDS_MAX) {
		block->is_large = true;
		return;
	}
	if (name.n && name.p[0] == ':') {
		block->is_bad = block->has_fields || !is_pseudo(block, name, value);
	} else {
		block->has_fields = true;	/* pseudo-fields come first: RFC 9113 section 8.3 */
		block->is_bad = !put_field(block, name, value);
	}
}

static struct span
pseudo(const struct h2_block *block, enum h2_pseudo which)
{
	return out_view(&block->pseudo[which]);
}

static void
put_text(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text));
}

static void
put_number(struct out *out, const char *before, uint64_t n, const char *after)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%" PRIu64 "%s", before, n, after);
	put_text(out, text);
}

static void
put_size(struct out *out, size_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%zx\r\n", n);
	put_text(out, text);
}

/* The body's framing, and the end of the head. `must_tell`: a body that is not there is told of. */
static void
put_framing(struct h2_stream *stream, uint64_t length, bool ends, bool must_tell)
{
	stream->in_left = ends || stream->in_is_bare ? 0 : length;
	stream->in_is_chunked = stream->in_left == H2_UNKNOWN;
	if (length != H2_UNKNOWN)
		put_number(&stream->in, "Content-Length: ", length, "\r\n");
	else if (stream->in_is_chunked)
		put_text(&stream->in, "Transfer-Encoding: chunked\r\n");
	else if (must_tell)
		put_text(&stream->in, "Content-Length: 0\r\n");
	put_text(&stream->in, "\r\n");
}

static bool
is_path(struct span path, struct span method)
{
	if (span_is(path, "*"))
		return span_is(method, "OPTIONS");
	return h2_is_all(path, CLASS_PATH) && path.p[0] == '/';
}

/* The host that is asked for, told in one way or in both alike. */
static bool
read_host(const struct h2_block *block, struct span *out)
{
	struct span authority = pseudo(block, PSEUDO_AUTHORITY), host = pseudo(block, PSEUDO_HOST);

	if (authority.n && host.n && !h2_same_name(authority, host))
		return false;
	*out = authority.n ? authority : host;
	return h2_is_all(*out, CLASS_HOST);
}

/* The line, Host, and all that the peer has said: what frames the body comes behind. */
static void
put_head(const struct h2_block *block, struct span method, struct span path, struct span host, struct out *in)
{
	out_span(in, method);
	out_u8(in, ' ');
	out_span(in, path);
	put_text(in, " HTTP/1.1\r\nHost: ");
	out_span(in, host);
	put_text(in, "\r\n");
	out_span(in, out_view(&block->fields));
	if (block->cookie.n)
		put_line(in, SPAN("cookie"), out_view(&block->cookie));
}

#define KEY_BYTES 16	/* RFC 6455 section 4.1 */

/* The request is for a WebSocket (RFC 8441 section 4). False: it cannot be one. */
static bool
write_opening(const struct h2 *h2, struct h2_stream *stream, struct span path, bool ends)
{
	const struct h2_block *block = &h2->block;
	struct out *in = &stream->in;
	uint8_t key[KEY_BYTES];
	struct span host;

	if (!h2->takes_sockets || ends || block->length != H2_UNKNOWN || !span_is(pseudo(block, PSEUDO_PROTOCOL), "websocket") ||
	    !is_path(path, SPAN("GET")) || !span_is(pseudo(block, PSEUDO_SCHEME), h2->scheme) || !read_host(block, &host) ||
	    getrandom(key, sizeof(key), 0) != sizeof(key))
		return false;
	put_head(block, SPAN("GET"), path, host, in);
	put_text(in, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ");
	base64_write(in, span_of(key, sizeof(key)));
	put_text(in, "\r\n\r\n");
	stream->opens_socket = stream->in_has_head = true;
	stream->in_left = H2_UNKNOWN;	/* whatever comes, as it is */
	return true;
}

static bool
write_request(const struct h2 *h2, struct h2_stream *stream, bool ends)
{
	const struct h2_block *block = &h2->block;
	struct span method = pseudo(block, PSEUDO_METHOD), path = pseudo(block, PSEUDO_PATH), host;
	struct out *in = &stream->in;

	if (span_is(method, "CONNECT") && !block->pseudo[PSEUDO_STATUS].n)
		return write_opening(h2, stream, path, ends);
	if (block->pseudo[PSEUDO_STATUS].n || block->pseudo[PSEUDO_PROTOCOL].n || !h2_is_all(method, CLASS_TOKEN) ||
	    !is_path(path, method) || !span_is(pseudo(block, PSEUDO_SCHEME), h2->scheme) || !read_host(block, &host) ||
	    (ends && block->length != H2_UNKNOWN && block->length))
		return false;
	stream->answers_head = span_is(method, "HEAD");
	put_head(block, method, path, host, in);
	put_framing(stream, block->length, ends,
	    span_is(method, "POST") || span_is(method, "PUT") || span_is(method, "PATCH"));
	stream->in_has_head = true;
	return true;
}

static bool
write_answer(const struct h2 *h2, struct h2_stream *stream, bool ends)
{
	const struct h2_block *block = &h2->block;
	struct span status = pseudo(block, PSEUDO_STATUS);
	uint64_t length = block->length, code;
	bool is_interim;

	for (size_t i = 0; i < PSEUDO_HOST; i++)
		if (i != PSEUDO_STATUS && block->pseudo[i].n)
			return false;
	if (status.n != 3 || !h2_read_length(status, &code) || code < 100 || code == 101)
		return false;
	is_interim = code < 200;
	stream->in_is_bare = stream->answers_head || is_interim || code == 204 || code == 304;
	if (is_interim || code == 204)
		length = H2_UNKNOWN;
	if ((is_interim && ends) || (ends && !stream->in_is_bare && length != H2_UNKNOWN && length))
		return false;
	put_number(&stream->in, "HTTP/1.1 ", code, " \r\n");
	out_span(&stream->in, out_view(&block->fields));
	if (block->cookie.n)
		put_line(&stream->in, SPAN("cookie"), out_view(&block->cookie));
	put_framing(stream, length, ends, !stream->in_is_bare);
	stream->in_has_head = !is_interim;
	return true;
}

/* Bytes came into `in`: they wait, and are news. */
static uint32_t
came(struct h2 *h2, struct h2_stream *stream, size_t was)
{
	h2->waiting += stream->in.n - was;
	if (stream->in.failed)
		return H2_ENHANCE_YOUR_CALM;	/* heads of 1xx without end */
	h2_stream_stir(h2, stream);
	return 0;
}

uint32_t
h2_block_end(struct h2 *h2, bool ends)
{
	struct h2_block *block = &h2->block;
	struct h2_stream *stream = block->stream;
	size_t was = stream->in.n;
	bool is_good;

	if (block->is_large)
		return H2_ENHANCE_YOUR_CALM;
	if (block->fields.failed || block->cookie.failed)
		return H2_INTERNAL_ERROR;
	if (block->is_bad || stream->in_ended || (block->is_trailers && !ends))
		return H2_PROTOCOL_ERROR;
	if (block->is_trailers)
		return h2_body_end(h2, stream, out_view(&block->fields));
	is_good = h2->is_server ? write_request(h2, stream, ends) : write_answer(h2, stream, ends);
	if (!is_good)
		return H2_PROTOCOL_ERROR;
	if (came(h2, stream, was))
		return H2_ENHANCE_YOUR_CALM;
	return ends ? h2_body_end(h2, stream, SPAN("")) : 0;
}

uint32_t
h2_body_put(struct h2 *h2, struct h2_stream *stream, struct span data)
{
	size_t was = stream->in.n;

	if (!stream->in_has_head || stream->in_ended)
		return H2_PROTOCOL_ERROR;
	if (!data.n)
		return 0;
	if (stream->in_is_chunked) {
		put_size(&stream->in, data.n);
		out_span(&stream->in, data);
		put_text(&stream->in, "\r\n");
	} else {
		if (data.n > stream->in_left)
			return H2_PROTOCOL_ERROR;	/* RFC 9113 section 8.1.1 */
		stream->in_left -= stream->opens_socket ? 0 : data.n;
		out_span(&stream->in, data);
	}
	stream->owed += data.n;
	return came(h2, stream, was);
}

uint32_t
h2_body_end(struct h2 *h2, struct h2_stream *stream, struct span trailers)
{
	size_t was = stream->in.n;

	if (!stream->in_has_head || stream->in_ended || (stream->opens_socket ? trailers.n > 0 :
	    !stream->in_is_chunked && stream->in_left))
		return H2_PROTOCOL_ERROR;
	if (stream->in_is_chunked) {
		put_text(&stream->in, "0\r\n");
		out_span(&stream->in, trailers);
		put_text(&stream->in, "\r\n");
	}
	stream->in_ended = true;
	return came(h2, stream, was);
}
