/*
 * h2_linger.c: requests whose answer is whole before they are.
 * A server may answer early (401, 413) and then tell the client to send no more (RFC 9113 section 8.1). But many clients take
 * that for a failure and throw the answer away. So the rest of such a request is read and dropped, its windows kept open, as
 * long as it is not too much and does not take too long; only then is the client told.
 */
#include "unwrap/h2_inside.h"

static bool
is_lingering(const struct h2_stream *stream)
{
	return stream && stream->is_open && !stream->is_kept && stream->is_sent && !stream->in_ended && !stream->is_reset &&
	    !stream->is_dismissed;
}

static void
dismiss(struct h2 *h2, struct h2_stream *stream)
{
	stream->is_dismissed = true;
	if (!h2->is_broken)
		nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id, H2_NO_ERROR);
}

void
h2_linger_begin(struct h2 *h2, struct h2_stream *stream)
{
	if (is_lingering(stream) && (!stream->linger_bytes || !stream->linger_seconds))
		dismiss(h2, stream);
}

/* Who sends and does not read the answer has no other window once this one is used up. */
void
h2_linger_data(struct h2 *h2, struct h2_stream *stream, int32_t id, size_t n)
{
	bool is_ours = stream && h2->is_server && !stream->is_reset;

	if (!is_ours || stream->linger_bytes)
		nghttp2_session_consume(h2->session, id, n);
	else
		nghttp2_session_consume_connection(h2->session, n);
	if (!is_ours)
		return;
	stream->linger_bytes -= n < stream->linger_bytes ? (uint32_t)n : stream->linger_bytes;
	h2_linger_begin(h2, stream);
}

void
h2_linger_rest(struct h2 *h2, uint32_t seconds)
{
	for (uint32_t i = 0; i < h2->slot_top; i++) {
		struct h2_stream *stream = h2->slots[i];

		if (!is_lingering(stream))
			continue;
		stream->linger_seconds -= seconds < stream->linger_seconds ? seconds : stream->linger_seconds;
		h2_linger_begin(h2, stream);
	}
}

bool
h2_lingers(const struct h2 *h2)
{
	for (uint32_t i = 0; h2->is_server && i < h2->slot_top; i++)
		if (is_lingering(h2->slots[i]))
			return true;
	return false;
}
