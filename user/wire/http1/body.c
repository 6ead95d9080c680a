/*
 * body.c: bodies, run by run (RFC 9112 sections 6 and 7).
 * A step changes nothing: it says what the next bytes are, and where the body stands
 * behind them. Of chunks, one step is what frames a chunk with the data that is here
 * of it, or the last chunk with all trailers. A chunk's line is its size: what could
 * stand behind that (extensions, blanks) nobody uses, and readers skip it differently.
 */
#include "wire/http1/http1.h"

#define SIZE_MOST 15	/* digits of a chunk's size */

/* The line end that is due. MORE, BAD, or UNIT: it was there and is cut off. */
static enum wire_step
take_line_end(struct http1 *h, struct span in, size_t at, struct wire_event *event)
{
	if ((in.n > at && in.p[at] != '\r') || (in.n > at + 1 && in.p[at + 1] != '\n')) {
		http1_fail(h, 400, "a chunk that does not end where it said");
		return http1_bad(h, event);
	}
	return in.n < at + 2 ? http1_more(event, at + 2) : WIRE_UNIT;
}

/* A chunk's line at *at, which goes behind it. */
static enum wire_step
take_size(struct http1 *h, struct span in, size_t *at, uint64_t *size, struct wire_event *event)
{
	struct span line = span_skip(in, *at);
	const uint8_t *end;

	line = span_head(line, SIZE_MOST + 1);
	end = line.n ? memchr(line.p, '\r', line.n) : NULL;
	if (line.n && !http1_read_hex(span_head(line, end ? (size_t)(end - line.p) : line.n), size)) {
		http1_fail(h, 400, "a chunk's size that is no plain number");
		return http1_bad(h, event);
	}
	if (!end)
		return http1_more(event, in.n + 1);
	*at += (size_t)(end - line.p) + 2;
	return take_line_end(h, in, *at - 2, event);
}

static bool
trailers_fit(struct http1 *h, const struct http1_fields *trailers)
{
	for (size_t i = 0; i < trailers->count; i++)
		if (http1_name_flags((enum http1_name)trailers->names[i]) & HTTP1_NOT_TRAILING)
			return http1_fail(h, 400, "a trailer that may not be one");
	return true;
}

/* Behind the last chunk's line: trailers, which end with an empty line. */
static enum wire_step
take_trailers(struct http1 *h, struct span in, size_t at, struct http1_fields *trailers, struct http1_run *run,
    struct wire_event *event)
{
	struct span lines = span_skip(in, at);
	size_t sought = 0, n;

	if (!http1_block_find(h, lines, HTTP1_TRAILERS_MAX, &sought, &n))
		return http1_bad(h, event);
	if (n == 0)
		return http1_more(event, in.n + 1);
	if (!http1_fields_read(h, trailers, span_head(lines, n)) || !trailers_fit(h, trailers))
		return http1_bad(h, event);
	run->n = at + n;
	run->trailers_n = n;
	run->ends = true;
	return WIRE_UNIT;
}

/* What is here of `left` bytes, behind the first `at` of the input. */
static enum wire_step
take_data(struct span in, size_t at, struct http1_run *run, struct wire_event *event)
{
	uint64_t *left = &run->after.left;

	if (in.n <= at)
		return http1_more(event, at + 1);
	run->bytes = span_skip(in, at);
	if (run->bytes.n > *left)
		run->bytes.n = (size_t)*left;
	*left -= run->bytes.n;
	run->n = at + run->bytes.n;
	return WIRE_UNIT;
}

static enum wire_step
chunk_step(struct http1 *h, struct span in, struct http1_fields *trailers, struct http1_run *run, struct wire_event *event)
{
	struct http1_body *after = &run->after;
	size_t at = 0;
	enum wire_step step = WIRE_UNIT;

	if (after->left)
		return take_data(in, 0, run, event);
	if (after->is_between) {
		step = take_line_end(h, in, 0, event);
		at = 2;
	}
	if (step == WIRE_UNIT)
		step = take_size(h, in, &at, &after->left, event);
	if (step != WIRE_UNIT)
		return step;
	after->is_between = true;
	return after->left ? take_data(in, at, run, event) : take_trailers(h, in, at, trailers, run, event);
}

enum wire_step
http1_body_step(struct http1 *h, const struct http1_body *body, struct span in, struct http1_fields *trailers,
    struct http1_run *run, struct wire_event *event)
{
	enum wire_step step;

	*run = (struct http1_run){ .after = *body };
	trailers->count = 0;
	switch (body->framing) {
	case FRAMING_CHUNKED:
		return chunk_step(h, in, trailers, run, event);
	case FRAMING_LENGTH:
		step = take_data(in, 0, run, event);
		run->ends = run->after.left == 0;
		return step;
	default:
		run->after.left = UINT64_MAX;
		return take_data(in, 0, run, event);
	}
}
