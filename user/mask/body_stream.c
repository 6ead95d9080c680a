/*
 * body_stream.c: one text that comes in pieces. It is looked at up to where it may be cut
 * (body_cut.c), with what came just before, since a word there may say what a number is. Of
 * more than 8 KiB that cannot be cut the first 4 KiB are done when the next 4 KiB are there,
 * as body_text.c does it with long lines, and what was found is hidden to the next blank.
 */
#include "mask/body_stream.h"

#include <stdlib.h>

#include "base/utf8.h"

#define WINDOW 8192	/* bytes looked at */
#define PART 4096	/* of these, what is done with */
#define WORDS_MOST (16u << 20)

void
body_stream_open(struct body_stream *stream, bool is_json)
{
	*stream = (struct body_stream){ .is_json = is_json, .is_apart = true };
	stream->pending = out_new(2 * (size_t)BODY_HELD_MOST);
	stream->words = out_new(WORDS_MOST);
	stream->room = out_new(4 * (size_t)BODY_HELD_MOST);
	stream->masked = out_new(WORDS_MOST);
}

void
body_stream_close(struct body_stream *stream)
{
	out_free(&stream->pending);
	out_free(&stream->words);
	out_free(&stream->room);
	out_free(&stream->masked);
	free(stream->edits);
	explicit_bzero(stream, sizeof(*stream));
}

/* ---- edits -------------------------------------------------------------------------- */

/* Room for one more. */
static bool
grow_edits(struct body_stream *stream)
{
	size_t room = stream->edit_room ? 2 * stream->edit_room : 8;
	struct stream_edit *edits;

	if (stream->edit_count < stream->edit_room)
		return true;
	edits = realloc(stream->edits, room * sizeof(*edits));
	stream->failed |= !edits;
	if (!edits)
		return false;
	stream->edits = edits;
	stream->edit_room = room;
	return true;
}

static void
add_edit(struct body_stream *stream, size_t at, size_t n, struct span words)
{
	while (stream->edit_count > stream->edit_first && stream->edits[stream->edit_count - 1].at >= at)
		stream->edit_count--;	/* all is hidden instead */
	if (!grow_edits(stream))
		return;
	stream->edits[stream->edit_count++] = (struct stream_edit){ at, n, stream->words.n, words.n };
	out_span(&stream->words, words);
}

static void
note_hit(void *noter, const struct mask_hit *hit, struct span written)
{
	struct body_stream *stream = noter;

	add_edit(stream, hit->at + stream->shift, hit->n, written);
}

bool
body_stream_hits(const struct body_stream *stream, size_t at, size_t end)
{
	for (size_t i = stream->edit_first; i < stream->edit_count && stream->edits[i].at < end; i++)
		if (stream->edits[i].at + stream->edits[i].n > at)
			return true;
	return false;
}

void
body_stream_write(const struct body_stream *stream, size_t at, struct span text, struct out *out)
{
	size_t end = at + text.n, done = at;

	for (size_t i = stream->edit_first; i < stream->edit_count && stream->edits[i].at < end; i++) {
		const struct stream_edit *edit = &stream->edits[i];
		size_t stop = edit->at + edit->n;

		if (stop <= at)
			continue;
		if (edit->at >= at) {
			out_bytes(out, text.p + (done - at), edit->at - done);
			out_bytes(out, stream->words.p + edit->words_at, edit->words_n);
		}
		done = stop < end ? stop : end;
	}
	out_bytes(out, text.p + (done - at), end - done);
}

void
body_stream_forget(struct body_stream *stream, size_t at)
{
	while (stream->edit_first < stream->edit_count &&
	    stream->edits[stream->edit_first].at + stream->edits[stream->edit_first].n <= at)
		stream->edit_first++;
	if (stream->edit_first < stream->edit_count)
		return;
	stream->edit_first = stream->edit_count = 0;
	out_clear(&stream->words);
}

/* ---- looking -------------------------------------------------------------------------- */

/* What is remembered, from where a character begins. */
static struct span
known(const struct body_stream *stream)
{
	struct span before = span_of(stream->before, stream->before_n);

	while (before.n && (before.p[0] & 0xc0) == 0x80)
		before = span_skip(before, 1);
	return span_head(before, utf8_is_valid(before) ? before.n : 0);
}

/* Note what begins in the first `upto` bytes of what is pending; how many are done. */
static size_t
look(struct body_stream *stream, struct body_eyes *eyes, struct span part, size_t upto)
{
	struct span before = known(stream);
	struct body_sight sight;
	struct mask_window window = { .begin = before.n, .from = before.n, .upto = before.n + upto,
		.place = &stream->place, .note = note_hit, .noter = stream };

	if (body_may_hit(eyes, part, &sight)) {
		window.class = &sight.class;
		window.detectors = sight.detectors;
	} else if (!stream->is_json || !memchr(part.p, '\\', part.n)) {	/* an escape may stand for what no class tells */
		return upto;
	}
	out_clear(&stream->room);
	out_span(&stream->room, before);
	out_span(&stream->room, part);
	out_clear(&stream->masked);
	stream->shift = stream->settled - before.n;
	if (mask_scan_part(eyes->set, &eyes->lineup, out_view(&stream->room), &window,
	    stream->is_json ? FORM_JSON : FORM_MESSAGE, &stream->masked, eyes->tally) == MASK_EDITED)
		upto = window.used - before.n;
	stream->failed |= stream->room.failed || stream->masked.failed;
	return upto;
}

/* How much belongs to what was found before it, of which at most `most` may be taken; it goes. */
static size_t
swallow(struct body_stream *stream, struct span part, size_t most)
{
	size_t n = 0;

	if (stream->swallow == STREAM_KEY) {
		n = body_key_end(part);
		n = n ? n : most;
		stream->swallow = body_key_end(part) ? STREAM_NONE : STREAM_KEY;
	} else {
		while (n < most && part.p[n] != ' ' && part.p[n] != '\t' && part.p[n] != '\n')
			n++;
		stream->swallow = n < most ? STREAM_NONE : STREAM_WORD;
	}
	if (n)
		add_edit(stream, stream->settled, n, span_of(NULL, 0));
	return n;
}

static void
settle(struct body_stream *stream, size_t n)
{
	struct span done = span_head(out_view(&stream->pending), n), tail = done;
	size_t keep = stream->before_n;

	json_walk(&stream->place, done);
	if (tail.n > BODY_NAME_MOST)
		tail = span_skip(tail, tail.n - BODY_NAME_MOST);
	keep = keep + tail.n > BODY_NAME_MOST ? BODY_NAME_MOST - tail.n : keep;
	memmove(stream->before, stream->before + stream->before_n - keep, keep);
	if (tail.n)
		memcpy(stream->before + keep, tail.p, tail.n);
	stream->before_n = keep + tail.n;
	stream->settled += n;
	out_drop(&stream->pending, n);
}

/* Settle what can be. False: nothing. */
static bool
step(struct body_stream *stream, struct body_eyes *eyes, bool is_end)
{
	struct span text = out_view(&stream->pending), part = text;
	size_t cut = is_end ? text.n : body_cut(text, eyes->lineup.pattern_count || stream->swallow == STREAM_KEY,
	    stream->is_apart), upto = cut, n;

	if (!text.n || stream->failed || (!cut && text.n <= WINDOW))
		return false;
	part = span_head(text, cut ? cut : body_character_at(text, WINDOW));
	upto = cut ? cut : body_character_at(text, PART);
	if (stream->swallow != STREAM_NONE) {
		n = swallow(stream, part, upto);
	} else {
		n = look(stream, eyes, part, upto);
		if (body_has_open_key(eyes, span_head(part, n)))
			stream->swallow = STREAM_KEY;
		else if (!cut && n == part.n)
			stream->swallow = STREAM_WORD;
	}
	stream->is_apart = cut && n == cut;
	settle(stream, n);
	return true;
}

static bool
run(struct body_stream *stream, struct body_eyes *eyes, bool is_end)
{
	while (step(stream, eyes, is_end))
		;
	return !stream->failed && !stream->pending.failed && !stream->words.failed;
}

bool
body_stream_add(struct body_stream *stream, struct body_eyes *eyes, struct span piece)
{
	out_span(&stream->pending, piece);
	return run(stream, eyes, false);
}

bool
body_stream_end(struct body_stream *stream, struct body_eyes *eyes)
{
	stream->has_ended = true;
	return run(stream, eyes, true);
}
