/*
 * h2_peer.c: what libnghttp2 tells of the peer, and of what it has sent.
 * Each callback finds the stream and hands on; none of them fails, since a failure would end the connection for
 * the fault of one stream.
 */
#include "unwrap/h2_inside.h"

#define WORTH_OF_DATA 3		/* a reader may answer a frame of DATA with two WINDOW_UPDATE and a PING */

static struct h2_stream *
stream_of(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

static void
fail_if(struct h2 *h2, struct h2_stream *stream, uint32_t code)
{
	if (code && !stream->is_reset)
		h2_stream_fail(h2, stream, code);
}

/* A request: is there a place for it? */
static struct h2_stream *
open_stream(struct h2 *h2, int32_t id)
{
	struct h2_stream *stream = h2->waiting <= h2->limits.waiting_bytes ? h2_stream_new(h2) : NULL;

	if (!stream) {
		nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, id, H2_REFUSED_STREAM);
		return NULL;
	}
	stream->id = id;
	stream->is_open = true;
	nghttp2_session_set_stream_user_data(h2->session, id, stream);
	return stream;
}

static int
on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = stream_of(session, frame->hd.stream_id);

	if (h2->is_server && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		stream = open_stream(h2, frame->hd.stream_id);
	h2_block_begin(h2, stream);
	return 0;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2 *h2 = arg;

	(void)session, (void)frame, (void)flags;
	h2_block_field(h2, span_of(name, name_n), span_of(value, value_n));
	return 0;
}

/* Where libnghttp2 would leave a field out, the whole is malformed. */
static int
on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2 *h2 = arg;

	on_header(session, frame, name, name_n, value, value_n, flags, arg);
	h2->block.is_bad = true;
	return 0;
}

static void
headers_came(struct h2 *h2, const nghttp2_frame *frame)
{
	struct h2_stream *stream = h2->block.stream;
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM, had_head;
	uint32_t code;

	h2->block.stream = NULL;
	if (!stream || stream->id != frame->hd.stream_id || stream->is_reset)
		return;
	had_head = stream->in_has_head;
	if (!stream->is_kept && (had_head || !h2->is_server)) {	/* it was freed */
		stream->in_ended |= ends;
		return;
	}
	h2->block.stream = stream;
	code = h2_block_end(h2, ends);
	h2->block.stream = NULL;
	fail_if(h2, stream, code);
	if (!code && h2->is_server && !had_head)
		h2_stream_begin(h2, stream, (uint32_t)stream->id);
}

static void
data_ended(struct h2 *h2, struct h2_stream *stream)
{
	if (!stream || stream->is_reset)
		return;
	if (!stream->is_kept)
		stream->in_ended = true;
	else
		fail_if(h2, stream, h2_body_end(h2, stream, SPAN("")));
}

static int
on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		headers_came(h2, frame);
		break;
	case NGHTTP2_DATA:
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			data_ended(h2, stream_of(session, frame->hd.stream_id));
		break;
	case NGHTTP2_GOAWAY:
		h2->is_going = true;
		break;
	case NGHTTP2_SETTINGS:
		h2->has_settings |= !(frame->hd.flags & NGHTTP2_FLAG_ACK);
		break;
	default:
		break;
	}
	return 0;
}

static int
on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream = stream_of(session, id);

	(void)flags;
	if (!stream || !stream->is_kept || stream->is_reset)
		h2_linger_data(h2, stream, id, n);
	else
		fail_if(h2, stream, h2_body_put(h2, stream, span_of(p, n)));
	return 0;
}

static int
on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_stream *stream = stream_of(session, id);

	if (stream)
		h2_stream_closed(arg, stream, code);
	return 0;
}

/* The last of a message went out. */
static void
message_sent(struct h2 *h2, struct h2_stream *stream)
{
	stream->is_sent = true;
	h2_stream_stir(h2, stream);
	if (!stream->is_kept && !stream->in_ended && h2->is_server)
		h2_linger_begin(h2, stream);
}

/* Why we say GOAWAY: RFC 9113 section 7. */
static const char *
sentence_of(uint32_t code)
{
	switch (code) {
	case NGHTTP2_FLOW_CONTROL_ERROR:
		return "the peer sent more than its windows allow";
	case NGHTTP2_FRAME_SIZE_ERROR:
		return "a frame of a size it cannot have";
	case NGHTTP2_COMPRESSION_ERROR:
		return "header fields that cannot be decoded";
	case NGHTTP2_STREAM_CLOSED:
		return "frames for a stream that is closed";
	default:
		return "the peer broke the rules of HTTP/2";
	}
}

static int
on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream;

	if (frame->hd.type == NGHTTP2_GOAWAY) {
		h2->is_going = true;
		if (frame->goaway.error_code != NGHTTP2_NO_ERROR)
			h2_break(h2, sentence_of(frame->goaway.error_code), 0);
		return 0;
	}
	if (frame->hd.type == NGHTTP2_DATA)
		h2_guard_earn(&h2->guard, WORTH_OF_DATA);
	if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
	    frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		stream = stream_of(session, frame->hd.stream_id);
		if (stream)
			message_sent(h2, stream);
	}
	return 0;
}

/* A head that cannot be sent. Of a request that cannot, its stream is closed besides. */
static int
on_frame_not_send(nghttp2_session *session, const nghttp2_frame *frame, int error, void *arg)
{
	struct h2 *h2 = arg;
	struct h2_stream *stream;

	(void)error;
	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		return 0;
	stream = stream_of(session, frame->hd.stream_id);
	if (stream)
		fail_if(h2, stream, H2_INTERNAL_ERROR);
	return 0;
}

void
h2_peer_set(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_send);
}
