/*
 * h2_stream.c: the table of streams, and what the caller sees of each.
 * A stream has two holders: libnghttp2 (is_open) and the caller (is_kept). Its place is free when
 * neither has it. There are a few more places than streams at once, for those that have ended while their
 * caller is not done with them; when all are taken, a stream that begins is refused, which may be retried.
 */
#include <stdlib.h>

#include "unwrap/h2_inside.h"

struct h2_stream *
h2_stream_find(const struct h2 *h2, uint32_t number)
{
	for (uint32_t i = 0; number && i < h2->slot_top; i++)
		if (h2->numbers[i] == number)
			return h2->slots[i];
	return NULL;
}

struct h2_stream *
h2_stream_new(struct h2 *h2)
{
	struct h2_stream *stream;

	for (uint32_t i = 0; i < h2->slot_count; i++) {	/* the first that is free, so that those in use are few to go through */
		if (h2->slots[i])
			continue;
		stream = calloc(1, sizeof(*stream));
		if (!stream)
			return NULL;
		/* DATA of one byte is six as a chunk; beside it a few heads */
		stream->in = out_new(4 * (size_t)h2->limits.header_bytes + 8 * (size_t)h2->limits.stream_window);
		stream->text = out_new(2 * (size_t)h2->limits.header_bytes);
		stream->body = out_new(h2->limits.queue_bytes);
		stream->linger_bytes = h2->limits.linger_bytes;
		stream->linger_seconds = h2->limits.linger_seconds;
		h2->slots[i] = stream;
		h2->slot_top = i < h2->slot_top ? h2->slot_top : i + 1;
		return stream;
	}
	return NULL;
}

/* Bytes of DATA that are the caller's no longer: the windows open. */
static void
consume(struct h2 *h2, struct h2_stream *stream, size_t n)
{
	if (n && !h2->is_broken)
		nghttp2_session_consume(h2->session, stream->id, n);
	stream->owed -= n;
}

static void
forget_in(struct h2 *h2, struct h2_stream *stream)
{
	consume(h2, stream, stream->owed);
	h2->waiting -= stream->in.n;
	out_free(&stream->in);
}

static void
unstir(struct h2 *h2, struct h2_stream *stream)
{
	h2->stirred -= stream->is_stirred;
	stream->is_stirred = false;
}

void
h2_stream_drop(struct h2 *h2, struct h2_stream *stream)
{
	forget_in(h2, stream);
	unstir(h2, stream);
	out_free(&stream->text);
	out_free(&stream->body);
	if (h2->block.stream == stream)
		h2->block.stream = NULL;
	for (uint32_t i = 0; i < h2->slot_top; i++) {
		if (h2->slots[i] != stream)
			continue;
		h2->slots[i] = NULL;
		h2->numbers[i] = 0;
	}
	while (h2->slot_top && !h2->slots[h2->slot_top - 1])
		h2->slot_top--;
	free(stream);
}

void
h2_stream_stir(struct h2 *h2, struct h2_stream *stream)
{
	if (!stream->is_kept || !stream->is_told || stream->is_stirred)
		return;
	stream->is_stirred = true;
	h2->stirred++;
}

void
h2_stream_begin(struct h2 *h2, struct h2_stream *stream, uint32_t number)
{
	stream->number = number;
	stream->is_kept = true;
	h2->untold += !stream->is_told;
	for (uint32_t i = 0; i < h2->slot_top; i++)
		if (h2->slots[i] == stream)
			h2->numbers[i] = number;
}

void
h2_streams_relieve(struct h2 *h2)
{
	bool is_any_short = false;

	for (uint32_t i = 0; h2->is_any_short && i < h2->slot_top; i++) {
		struct h2_stream *stream = h2->slots[i];

		if (!stream || !stream->was_short)
			continue;
		stream->was_short = !h2_stream_has_room(h2, stream);
		is_any_short |= stream->was_short;
		if (!stream->was_short)
			h2_stream_stir(h2, stream);
	}
	h2->is_any_short = is_any_short;
}

void
h2_stream_ask(struct h2 *h2, struct h2_stream *stream)
{
	if (!stream->is_waiting || !stream->is_open)
		return;
	stream->is_waiting = false;
	nghttp2_session_resume_data(h2->session, stream->id);
}

/* Nothing more will go either way. */
static void
mark_reset(struct h2 *h2, struct h2_stream *stream, uint32_t code)
{
	if (stream->is_reset)
		return;
	stream->is_reset = true;
	stream->code = code;
	stream->may_retry = code == H2_REFUSED_STREAM && !stream->by_us;
	out_clear(&stream->body);
	out_clear(&stream->text);
	h2_stream_stir(h2, stream);
}

static void
submit_reset(struct h2 *h2, struct h2_stream *stream, uint32_t code)
{
	if (stream->is_open && !h2->is_broken)
		nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, stream->id, code);
}

void
h2_stream_fail(struct h2 *h2, struct h2_stream *stream, uint32_t code)
{
	mark_reset(h2, stream, code);
	stream->may_retry = false;
	submit_reset(h2, stream, code);
	stream->is_closed = !stream->is_open;	/* where its request was never sent, nothing follows */
}

/* A client gave it up before it was answered, or made us do so: what rapid resets cost. */
#define COST_OF_RESET 20
#define WORTH_OF_STREAM 20

static void
count_end(struct h2 *h2, const struct h2_stream *stream)
{
	if (stream->in_ended && stream->is_sent)
		h2_guard_earn(&h2->guard, WORTH_OF_STREAM);
	else if (h2->is_server && !stream->is_sent && !stream->by_us && !h2_guard_spend(&h2->guard, COST_OF_RESET))
		h2_break(h2, "too many streams were given up", H2_ENHANCE_YOUR_CALM);
}

void
h2_stream_closed(struct h2 *h2, struct h2_stream *stream, uint32_t code)
{
	bool is_whole = stream->in_ended && stream->is_sent;

	stream->is_open = false;
	stream->is_closed = true;
	count_end(h2, stream);
	if (!is_whole)
		mark_reset(h2, stream, code);
	if (stream->is_kept && !stream->is_told) {	/* nobody has heard of it, and nobody will */
		stream->is_kept = false;
		h2->untold--;
	}
	if (!stream->is_kept)
		h2_stream_drop(h2, stream);
	else
		h2_stream_stir(h2, stream);
}

void
h2_streams_lose(struct h2 *h2, uint32_t code)
{
	for (uint32_t i = 0; i < h2->slot_top; i++) {
		struct h2_stream *stream = h2->slots[i];

		if (stream && !(stream->in_ended && stream->is_sent))
			mark_reset(h2, stream, code);
	}
}

/* ---- what the caller calls ---- */

uint32_t
h2_begun(struct h2 *h2)
{
	struct h2_stream *stream;

	for (uint32_t i = 0; h2->untold && !h2->is_broken && i < h2->slot_top; i++) {
		stream = h2->slots[i];
		if (!stream || !stream->is_kept || stream->is_told)
			continue;
		stream->is_told = true;
		h2->untold--;
		h2_stream_stir(h2, stream);
		return stream->number;
	}
	return 0;
}

static uint32_t
streams_at_once(const struct h2 *h2)
{
	uint32_t theirs = nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

	if (!h2->has_settings)	/* its limit is not known: any takes one */
		return 1;
	return theirs < h2->limits.streams ? theirs : h2->limits.streams;
}

static uint32_t
streams_now(const struct h2 *h2)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < h2->slot_top; i++)
		n += h2->slots[i] && !h2->slots[i]->is_closed;
	return n;
}

uint32_t
h2_begin(struct h2 *h2)
{
	struct h2_stream *stream;

	if (h2->is_server || h2->is_going || h2->is_broken || !nghttp2_session_check_request_allowed(h2->session) ||
	    streams_now(h2) >= streams_at_once(h2) || h2->last_number == UINT32_MAX)
		return 0;
	stream = h2_stream_new(h2);
	if (!stream)
		return 0;
	stream->is_told = true;
	h2_stream_begin(h2, stream, ++h2->last_number);
	return stream->number;
}

uint32_t
h2_stirred(struct h2 *h2)
{
	struct h2_stream *stream;

	for (uint32_t i = 0; h2->stirred && i < h2->slot_top; i++) {
		h2->cursor = (h2->cursor + 1) % h2->slot_top;
		stream = h2->slots[h2->cursor];
		if (!stream || !stream->is_stirred)
			continue;
		unstir(h2, stream);
		return stream->number;
	}
	return 0;
}

bool
h2_is_stirred(const struct h2 *h2)
{
	return h2->stirred > 0 && !h2->is_broken;
}

struct h2_stream_state
h2_stream_state(const struct h2 *h2, uint32_t number)
{
	const struct h2_stream *stream = h2_stream_find(h2, number);

	if (!stream)
		return (struct h2_stream_state){ .is_reset = true, .code = H2_CANCEL };
	return (struct h2_stream_state){
		.has_ended = stream->in_ended, .is_reset = stream->is_reset, .is_sent = stream->is_sent,
		.may_retry = stream->may_retry, .code = stream->code,
		.room = h2_stream_has_room(h2, stream) ? stream->body.limit - stream->body.n : 0,
	};
}

struct span
h2_stream_in(const struct h2 *h2, uint32_t number)
{
	const struct h2_stream *stream = h2_stream_find(h2, number);

	return stream ? out_view(&stream->in) : SPAN("");
}

void
h2_stream_take(struct h2 *h2, uint32_t number, size_t n)
{
	struct h2_stream *stream = h2_stream_find(h2, number);

	if (!stream)
		return;
	n = n < stream->in.n ? n : stream->in.n;
	h2->waiting -= n;
	out_drop(&stream->in, n);
	if (stream->owed > stream->in.n)
		consume(h2, stream, stream->owed - stream->in.n);
}

void
h2_stream_reset(struct h2 *h2, uint32_t number, uint32_t code)
{
	struct h2_stream *stream = h2_stream_find(h2, number);

	if (!stream || stream->is_closed)
		return;
	if (h2->is_server && code == H2_NO_ERROR && !stream->is_sent)
		code = H2_INTERNAL_ERROR;	/* nobody shall take half an answer for a whole one */
	stream->by_us = true;
	h2_stream_fail(h2, stream, code);
}

void
h2_stream_free(struct h2 *h2, uint32_t number)
{
	struct h2_stream *stream = h2_stream_find(h2, number);

	if (!stream)
		return;
	forget_in(h2, stream);
	unstir(h2, stream);
	stream->is_kept = false;
	if (!stream->is_open) {
		h2_stream_drop(h2, stream);
		return;
	}
	stream->by_us = true;
	if (stream->is_reset)
		return;
	if (stream->give != GIVE_DONE || (!h2->is_server && !stream->in_ended))
		submit_reset(h2, stream, H2_CANCEL);
	else if (stream->is_sent)
		h2_linger_begin(h2, stream);
}
