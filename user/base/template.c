/*
 * template.c: match a template segment by segment. Within a segment only stars and
 * places can stretch, and a segment that does not fit ends the match, so the worst
 * is the product of the two segments' lengths.
 */
#include "base/template.h"

#include <string.h>

/* Cut the next segment off *rest, which begins with '/'; the slash is dropped. */
static struct span
next_segment(struct span *rest)
{
	struct span in = span_skip(*rest, 1);
	const uint8_t *slash = in.n ? memchr(in.p, '/', in.n) : NULL;
	size_t n = slash ? (size_t)(slash - in.p) : in.n;

	*rest = span_skip(in, n);
	return span_head(in, n);
}

static bool
is_rest(struct span segment)
{
	return span_is(segment, "**");
}

/* Bytes of the place that `segment` has at `at`: "{name}" or '*'; 0: none is there. */
static size_t
place_at(struct span segment, size_t at)
{
	const uint8_t *end;

	if (at >= segment.n)
		return 0;
	if (segment.p[at] == '*')
		return 1;
	if (segment.p[at] != '{')
		return 0;
	end = memchr(segment.p + at, '}', segment.n - at);
	return end ? (size_t)(end - segment.p) - at + 1 : 0;
}

/* The usual walk with one place to come back to: the last one that was opened. */
static bool
segment_match(struct span pattern, struct span text)
{
	size_t p = 0, t = 0, back_p = SIZE_MAX, back_t = 0;

	if (text.n == 0)
		return pattern.n == 0;
	while (t < text.n) {
		size_t place = place_at(pattern, p);

		if (place) {
			t += pattern.p[p] == '{';	/* which takes one byte at least */
			p += place;
			back_p = p;
			back_t = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (back_p != SIZE_MAX && back_t < text.n) {
			p = back_p;
			t = ++back_t;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return t == text.n && p == pattern.n;
}

/* No '{' without its '}', nothing within one, no two places side by side. */
static bool
segment_is_valid(struct span segment)
{
	bool was_place = false;

	for (size_t i = 0; i < segment.n;) {
		size_t place = place_at(segment, i);

		if (place == 2 || (place && was_place) || (!place && (segment.p[i] == '{' || segment.p[i] == '}')))
			return false;
		if (place && segment.p[i] == '{' && memchr(segment.p + i + 1, '{', place - 1))
			return false;
		was_place = place > 0;
		i += place ? place : 1;
	}
	return segment.n > 0;
}

bool
template_is_valid(const char *text)
{
	struct span rest = span_text(text);

	if (rest.n > TEMPLATE_LIMIT)
		return false;
	if (span_is(rest, "**") || span_is(rest, "*") || span_is(rest, "/"))
		return true;
	if (rest.n == 0 || rest.p[0] != '/')
		return false;
	while (rest.n > 0) {
		struct span segment = next_segment(&rest);

		if (is_rest(segment) ? rest.n > 0 : !segment_is_valid(segment))
			return false;
	}
	return true;
}

bool
template_match(const char *text, struct span path)
{
	struct span rest = span_text(text);

	if (rest.n == 0 || path.n == 0)
		return false;
	if (span_is(rest, "**"))
		return true;
	if (rest.p[0] != '/' || path.p[0] != '/')
		return span_equal(rest, path);
	if (path.n == 1)
		path.n = 0;	/* "/" has no segment */
	if (rest.n == 1)
		rest.n = 0;
	while (rest.n > 0) {
		struct span segment = next_segment(&rest);

		if (is_rest(segment))
			return true;
		if (path.n == 0 || !segment_match(segment, next_segment(&path)))
			return false;
	}
	return path.n == 0;
}

/* Bytes that stand for themselves; *is_plain: all of them do. */
static size_t
count_text(struct span segment, bool *is_plain)
{
	size_t count = 0;

	*is_plain = true;
	for (size_t i = 0; i < segment.n;) {
		size_t place = place_at(segment, i);

		*is_plain &= place == 0;
		count += place == 0;
		i += place ? place : 1;
	}
	return count;
}

static int
compare_segments(struct span a, struct span b)
{
	bool is_plain_a, is_plain_b;
	size_t text_a = count_text(a, &is_plain_a), text_b = count_text(b, &is_plain_b);

	if (is_rest(a) || is_rest(b))
		return is_rest(b) - is_rest(a);
	if (is_plain_a != is_plain_b)
		return is_plain_a - is_plain_b;
	return (text_a > text_b) - (text_a < text_b);
}

int
template_compare(const char *a, const char *b)
{
	struct span left = span_text(a), right = span_text(b);

	if (left.n == 0 || left.p[0] != '/' || right.n == 0 || right.p[0] != '/')
		return (left.n && left.p[0] == '/') - (right.n && right.p[0] == '/');
	while (left.n > 0 && right.n > 0) {
		int order = compare_segments(next_segment(&left), next_segment(&right));

		if (order)
			return order;
	}
	return (right.n > 0) - (left.n > 0);
}
