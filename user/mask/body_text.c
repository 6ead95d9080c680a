/*
 * body_text.c: plain text, line by line. No detector but that of private keys finds what is
 * on two lines, so a line is held until it is whole, with what came just before it, since a
 * word there may say what a number is. Of a line longer than 8 KiB the first 4 KiB are done
 * when the next 4 KiB are there; what begins in them is found where it is no longer than
 * that, or known by its beginning; then all is hidden up to the next blank. A private key is hidden to
 * its END line, however far that is. A pattern of one's own sees one line at a time.
 */
#include "mask/body_inside.h"

#include <stdlib.h>

#include "base/utf8.h"

#define WINDOW 8192	/* bytes looked at */
#define PART 4096	/* of these, what is done with */

enum swallow { SWALLOW_NONE, SWALLOW_WORD, SWALLOW_KEY };

struct text {
	struct body_eyes *eyes;
	struct out held;	/* a line that is not whole */
	struct out room;	/* what came before, and the part at hand */
	enum swallow swallow;	/* what was found goes on */
	uint8_t before[BODY_NAME_MOST];
	size_t before_n;
};

static void
remember(struct text *text, struct span done)
{
	size_t keep;

	if (done.n < BODY_NAME_MOST) {
		keep = BODY_NAME_MOST - done.n < text->before_n ? BODY_NAME_MOST - done.n : text->before_n;
		memmove(text->before, text->before + text->before_n - keep, keep);
	} else {
		keep = 0;
		done = span_skip(done, done.n - BODY_NAME_MOST);
	}
	if (done.n)
		memcpy(text->before + keep, done.p, done.n);
	text->before_n = keep + done.n;
}

/* What is remembered, from where a character begins. */
static struct span
known(const struct text *text)
{
	struct span before = span_of(text->before, text->before_n);

	while (before.n && (before.p[0] & 0xc0) == 0x80)
		before = span_skip(before, 1);
	return span_head(before, utf8_is_valid(before) ? before.n : 0);
}

/* ---- what goes on ------------------------------------------------------------------- */

/* How much of the part belongs to what was found before it, of which at most `most` may be taken. */
static size_t
swallow(struct text *text, struct span part, size_t most)
{
	size_t n = 0;

	if (text->swallow == SWALLOW_KEY) {
		n = body_key_end(part);
		if (!n)
			return most;
		text->swallow = SWALLOW_NONE;
		return n;
	}
	while (n < most && part.p[n] != ' ' && part.p[n] != '\t')
		n++;
	if (n < most)
		text->swallow = SWALLOW_NONE;
	return n;
}

/* ---- a part of a line --------------------------------------------------------------- */

/* Look at the part and write what begins in its first `upto` bytes; how many were done. */
static size_t
look(struct text *text, struct span part, size_t upto, struct out *out)
{
	struct span before = known(text);
	struct body_sight sight;
	struct mask_window window = { .begin = before.n, .from = before.n, .upto = before.n + upto,
		.class = &sight.class };
	enum mask_result result;

	if (!body_may_hit(text->eyes, part, &sight)) {
		out_span(out, span_head(part, upto));
		return upto;
	}
	window.detectors = sight.detectors;
	out_clear(&text->room);
	out_span(&text->room, before);
	out_span(&text->room, part);
	result = mask_scan_part(text->eyes->set, &text->eyes->lineup, out_view(&text->room), &window, FORM_MESSAGE,
	    out, text->eyes->tally);
	if (result != MASK_EDITED)
		out_span(out, span_head(part, upto));
	return result == MASK_EDITED ? window.used - before.n : upto;
}

/* The beginning of a line, or, where `is_end`, the rest of one; how many bytes were done. */
static size_t
put_part(struct text *text, struct span line, bool is_end, struct out *out)
{
	struct span part = is_end ? line : span_head(line, body_character_at(line, WINDOW));
	size_t upto = is_end ? line.n : body_character_at(line, PART), n;

	if (text->swallow != SWALLOW_NONE) {
		n = swallow(text, part, upto);
	} else {
		n = look(text, part, upto, out);
		if (body_has_open_key(text->eyes, span_head(part, n)))
			text->swallow = SWALLOW_KEY;
		else if (!is_end && n == part.n)
			text->swallow = SWALLOW_WORD;
	}
	remember(text, span_head(line, n));
	return n;
}

/* A line, or all of one that is here; how many bytes were done. */
static size_t
put_line(struct text *text, struct span line, bool is_end, struct out *out)
{
	size_t done = 0;

	while (line.n - done > WINDOW)
		done += put_part(text, span_skip(line, done), false, out);
	while (is_end && done < line.n)
		done += put_part(text, span_skip(line, done), true, out);
	return done;
}

static void
put_end(struct text *text, struct span end, struct out *out)
{
	if (!end.n)
		return;
	if (text->swallow == SWALLOW_WORD)
		text->swallow = SWALLOW_NONE;
	if (text->swallow == SWALLOW_NONE)
		out_span(out, end);
	remember(text, end);
}

/* ---- runs ------------------------------------------------------------------------------ */

/* One line's bytes from the front of a run, `n` of them with its end if that is there. */
static void
put_bytes(struct text *text, struct span in, bool has_end, bool is_last, struct out *out)
{
	struct span end = span_skip(in, in.n - has_end), line = span_head(in, in.n - has_end);
	bool is_end = has_end || is_last;

	if (!text->held.n && is_end) {
		put_line(text, line, true, out);
	} else {
		out_span(&text->held, line);
		out_drop(&text->held, put_line(text, out_view(&text->held), is_end, out));
	}
	put_end(text, end, out);
}

static bool
put_text(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	struct text *text = state;

	*why = "";
	if (in.n && memchr(in.p, 0, in.n)) {
		*why = "a text has a byte that is none of a text";
		return false;
	}
	while (in.n || (is_last && text->held.n)) {
		const uint8_t *newline = in.n ? memchr(in.p, '\n', in.n) : NULL;
		struct span bytes = span_head(in, newline ? (size_t)(newline - in.p) + 1 : in.n);

		in = span_skip(in, bytes.n);
		put_bytes(text, bytes, newline != NULL, is_last && !in.n && !newline, out);
		if (out->failed || text->held.failed || text->room.failed) {
			*why = "there is no room for what is written";
			return false;
		}
	}
	return true;
}

static void *
open_text(struct body_eyes *eyes)
{
	struct text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->eyes = eyes;
	text->held = out_new(SIZE_MAX / 4);
	text->room = out_new(4 * WINDOW);
	return text;
}

static void
close_text(void *state)
{
	struct text *text = state;

	out_free(&text->held);
	out_free(&text->room);
	explicit_bzero(text, sizeof(*text));
	free(text);
}

const struct body_form body_form_text = { open_text, put_text, close_text };
