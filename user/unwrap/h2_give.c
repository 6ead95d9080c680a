/*
 * h2_give.c: HTTP/1.1 that is given becomes frames.
 * Lines are gathered until a head is whole; bytes of a body go into the stream's queue, from which libnghttp2 takes
 * them as the peer's windows allow. A small state for each part of a message; what is given may be cut anywhere.
 */
#include "unwrap/h2_inside.h"

#define SIZE_LINE_MOST 18	/* sixteen digits and the line's end */

/* Put one line, or the beginning of one, into `text`. True: it is whole. */
static bool
take_line(struct h2_stream *stream, struct span *in)
{
	const uint8_t *end = memchr(in->p, '\n', in->n);
	size_t n = end ? (size_t)(end - in->p) + 1 : in->n;

	out_bytes(&stream->text, in->p, n);
	*in = span_skip(*in, n);
	return end;
}

/* An empty line ends a head. */
static bool
is_last_line(const struct out *text)
{
	if (text->n == 2)
		return !memcmp(text->p, "\r\n", 2);
	return text->n >= 4 && !memcmp(text->p + text->n - 4, "\r\n\r\n", 4);
}

/* ---- what libnghttp2 asks for ---- */

/* The body is over. False: what follows it cannot be sent. */
static bool
end_body(struct h2 *h2, struct h2_stream *stream, uint32_t *flags)
{
	struct h2_head head = { .count = 0 };

	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (!stream->has_trailers)
		return true;
	if (h2_head_trailers(&head, stream->text.p, stream->text.n))
		return false;
	if (!head.count)
		return true;
	*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	return !nghttp2_submit_trailer(h2->session, stream->id, head.fields, head.count);
}

static ssize_t
take_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = nghttp2_session_get_stream_user_data(session, id);
	size_t n;

	(void)source;
	if (!stream || stream->is_reset)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	n = stream->body.n < room ? stream->body.n : room;
	if (n)
		memcpy(to, stream->body.p, n);
	out_drop(&stream->body, n);
	if (stream->give == GIVE_DONE && !stream->body.n) {
		if (!end_body(h2, stream, flags))
			return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	} else if (!n) {
		stream->is_waiting = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)n;
}

/* ---- heads ---- */

/* How its body is told apart: RFC 9112 section 6.3. */
static enum h2_give
body_of(const struct h2 *h2, const struct h2_stream *stream, const struct h2_head *head)
{
	bool is_bare = h2->is_server && (stream->answers_head || head->status == 204 || head->status == 304);

	if (is_bare || !head->length)
		return GIVE_DONE;
	if (head->is_chunked)
		return GIVE_SIZE;
	if (head->length != H2_UNKNOWN)
		return GIVE_LENGTH;
	return h2->is_server ? GIVE_ALL : GIVE_DONE;
}

static bool
submit_request(struct h2 *h2, struct h2_stream *stream, const struct h2_head *head, const nghttp2_data_provider *body)
{
	int32_t id = nghttp2_submit_request(h2->session, NULL, head->fields, head->count, body, stream);

	if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) {
		stream->is_closed = true;
		h2_stream_fail(h2, stream, H2_REFUSED_STREAM);
		stream->may_retry = true;
		return true;
	}
	if (id < 0)
		return false;
	stream->id = id;
	stream->is_open = true;
	stream->answers_head = head->is_head;
	return true;
}

static bool
submit(struct h2 *h2, struct h2_stream *stream, struct h2_head *head)
{
	nghttp2_data_provider body = { .read_callback = take_body };

	if (h2->is_server && head->status < 200)
		return !nghttp2_submit_headers(h2->session, NGHTTP2_FLAG_NONE, stream->id, NULL, head->fields, head->count, NULL);
	stream->give = body_of(h2, stream, head);
	stream->give_left = head->length;
	if (h2->is_server)
		return !nghttp2_submit_response(h2->session, stream->id, head->fields, head->count,
		    stream->give == GIVE_DONE ? NULL : &body);
	return submit_request(h2, stream, head, stream->give == GIVE_DONE ? NULL : &body);
}

static bool
give_head(struct h2 *h2, struct h2_stream *stream, struct span *in)
{
	struct h2_head head = { .takes_switch = stream->opens_socket };
	bool is_good;

	if (!take_line(stream, in) || !is_last_line(&stream->text))
		return !stream->text.failed;
	is_good = !h2_head_read(&head, stream->text.p, stream->text.n, h2->scheme, !h2->is_server) &&
	    submit(h2, stream, &head);
	out_clear(&stream->text);
	return is_good;
}

/* ---- bodies ---- */

/* As much of it as there is room for, at most `most`. */
static size_t
give_body(struct h2 *h2, struct h2_stream *stream, struct span *in, uint64_t most)
{
	size_t n = stream->body.limit - stream->body.n;

	n = in->n < n ? in->n : n;
	n = most < n ? (size_t)most : n;
	out_bytes(&stream->body, in->p, n);
	if (stream->body.failed)
		return 0;
	*in = span_skip(*in, n);
	h2_stream_ask(h2, stream);
	return n;
}

static bool
hex_of(struct span line, uint64_t *out)
{
	uint64_t n = 0;

	if (!line.n || line.n > 15)
		return false;
	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			n = n << 4 | (uint64_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = n;
	return true;
}

static bool
give_size(struct h2_stream *stream, struct span *in)
{
	struct span line;

	if (!take_line(stream, in))
		return !stream->text.failed && stream->text.n < SIZE_LINE_MOST;
	line = out_view(&stream->text);
	if (line.n < 3 || line.p[line.n - 2] != '\r' || !hex_of(span_head(line, line.n - 2), &stream->give_left))
		return false;
	out_clear(&stream->text);
	stream->give = stream->give_left ? GIVE_CHUNK : GIVE_TRAILERS;
	return true;
}

static bool
give_chunk_end(struct h2_stream *stream, struct span *in)
{
	bool is_whole = take_line(stream, in);

	if (stream->text.failed || stream->text.n > 2)
		return false;
	if (!is_whole)
		return true;
	if (!is_last_line(&stream->text))
		return false;
	out_clear(&stream->text);
	stream->give = GIVE_SIZE;
	return true;
}

static bool
give_trailers(struct h2 *h2, struct h2_stream *stream, struct span *in)
{
	if (!take_line(stream, in) || !is_last_line(&stream->text))
		return !stream->text.failed;
	stream->has_trailers = stream->text.n > 2;	/* kept in `text` until they are sent */
	stream->give = GIVE_DONE;
	h2_stream_ask(h2, stream);
	return true;
}

/* One part of it. False: it is no message. */
static bool
give_part(struct h2 *h2, struct h2_stream *stream, struct span *in)
{
	switch (stream->give) {
	case GIVE_HEAD:
		return give_head(h2, stream, in);
	case GIVE_SIZE:
		return give_size(stream, in);
	case GIVE_CHUNK_END:
		return give_chunk_end(stream, in);
	case GIVE_TRAILERS:
		return give_trailers(h2, stream, in);
	case GIVE_LENGTH:
	case GIVE_CHUNK:
		stream->give_left -= give_body(h2, stream, in, stream->give_left);
		if (!stream->give_left)
			stream->give = stream->give == GIVE_CHUNK ? GIVE_CHUNK_END : GIVE_DONE;
		return !stream->body.failed;
	case GIVE_ALL:
		give_body(h2, stream, in, H2_UNKNOWN);
		return !stream->body.failed;
	case GIVE_DONE:
		break;	/* one stream, one message */
	}
	return false;
}

bool
h2_stream_has_room(const struct h2 *h2, const struct h2_stream *stream)
{
	switch (stream->give) {
	case GIVE_HEAD:	/* heads that are not sent are in libnghttp2's memory */
		return h2->memory.used < h2->memory.limit / 4;
	case GIVE_LENGTH:
	case GIVE_CHUNK:
	case GIVE_ALL:
		return stream->body.n <= stream->body.limit / 2;
	default:
		return true;
	}
}

size_t
h2_stream_give(struct h2 *h2, uint32_t number, struct span in)
{
	struct h2_stream *stream = h2_stream_find(h2, number);
	struct span rest = in;

	while (rest.n) {
		if (!stream || stream->is_reset || stream->is_closed)
			return in.n;
		if (!h2_stream_has_room(h2, stream)) {
			stream->was_short = h2->is_any_short = true;
			break;
		}
		if (!give_part(h2, stream, &rest)) {
			stream->by_us = true;
			h2_stream_fail(h2, stream, H2_INTERNAL_ERROR);
		}
	}
	return in.n - rest.n;
}

void
h2_stream_end(struct h2 *h2, uint32_t number)
{
	struct h2_stream *stream = h2_stream_find(h2, number);

	if (!stream || stream->is_reset || stream->give == GIVE_DONE)
		return;
	if (stream->give != GIVE_ALL) {
		h2_stream_reset(h2, number, h2->is_server ? H2_INTERNAL_ERROR : H2_CANCEL);
		return;
	}
	stream->give = GIVE_DONE;
	h2_stream_ask(h2, stream);
}
