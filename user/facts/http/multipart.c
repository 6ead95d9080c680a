/*
 * multipart.c: the parts of a multipart/form-data body (RFC 7578, RFC 2046 section
 * 5.1). Read strictly: nothing before the first boundary but what is empty, nothing
 * behind the last but a line's end, lines end in CR LF, a part has one
 * Content-Disposition with one name. Servers differ about all else, so whatever is
 * not so leaves the list open. A file's name is told, its content is opaque.
 */
#include "base/caseless.h"
#include "base/utf8.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

#define BOUNDARY_MOST 70	/* RFC 2046 section 5.1.1 */
#define HEADERS_MOST 16		/* of a part */

static bool
starts_with(struct span in, struct span head)
{
	return in.n >= head.n && span_equal(span_head(in, head.n), head);
}

/* A line without its CR LF; false: there is none. */
static bool
take_line(struct span *in, struct span *line)
{
	const uint8_t *end = in->n ? memmem(in->p, in->n, "\r\n", 2) : NULL;

	if (!end)
		return false;
	*line = span_head(*in, (size_t)(end - in->p));
	*in = span_skip(*in, line->n + 2);
	return !line->n || (!memchr(line->p, '\r', line->n) && !memchr(line->p, '\n', line->n) && !memchr(line->p, 0, line->n));
}

/* "Content-Disposition: form-data; name="a"; filename="b"". */
static bool
read_disposition(struct span value, struct http_pair *pair)
{
	const uint8_t *semicolon = value.n ? memchr(value.p, ';', value.n) : NULL;
	struct span kind = semicolon ? span_head(value, (size_t)(semicolon - value.p)) : value, file;

	while (kind.n && (kind.p[0] == ' ' || kind.p[0] == '\t'))
		kind = span_skip(kind, 1);
	while (kind.n && (kind.p[kind.n - 1] == ' ' || kind.p[kind.n - 1] == '\t'))
		kind.n--;
	if (!caseless_equal(kind, SPAN("form-data")) || memmem(value.p, value.n, "*=", 2) ||
	    http_parameter(value, "name", &pair->name) <= 0)
		return false;
	if (http_parameter(value, "filename", &file) != 0)
		pair->form = HTTP_OPAQUE;
	return pair->name.n && !memchr(pair->name.p, '%', pair->name.n) && utf8_is_valid(pair->name);
}

/* The head of a part. */
static bool
read_head(struct span *in, struct http_pair *pair)
{
	bool has_name = false;
	struct span line;

	for (size_t i = 0; i <= HEADERS_MOST && take_line(in, &line); i++) {
		const uint8_t *colon;
		struct span name;

		if (line.n == 0)
			return has_name;
		colon = memchr(line.p, ':', line.n);
		if (!colon || line.p[0] == ' ' || line.p[0] == '\t')
			return false;
		name = span_head(line, (size_t)(colon - line.p));
		if (caseless_equal(name, SPAN("content-transfer-encoding")))
			return false;
		if (!caseless_equal(name, SPAN("content-disposition")))
			continue;
		if (has_name || !read_disposition(span_skip(line, name.n + 1), pair))
			return false;
		has_name = true;
	}
	return false;
}

/* `mark` is CR LF, two dashes and the boundary. */
static bool
read_parts(struct explaining *explaining, struct span in, struct span mark, struct pairs *pairs)
{
	struct span opening = span_skip(mark, 2);

	if (!starts_with(in, opening))
		return false;
	in = span_skip(in, opening.n);
	while (!starts_with(in, SPAN("--"))) {
		struct http_pair pair = { .form = HTTP_TEXT };
		const uint8_t *end;

		if (!starts_with(in, SPAN("\r\n")) || pairs->n == HTTP_PAIRS_MOST)
			return false;
		in = span_skip(in, 2);
		if (!read_head(&in, &pair))
			return false;
		end = in.n ? memmem(in.p, in.n, mark.p, mark.n) : NULL;
		if (!end)
			return false;
		pair.value = span_head(in, (size_t)(end - in.p));
		in = span_skip(in, pair.value.n + mark.n);
		if (pair.form == HTTP_OPAQUE || !utf8_is_valid(pair.value)) {
			pair.form = HTTP_OPAQUE;
			pair.value = span_of("", 0);
		}
		pairs_add(explaining, pairs, pair);
		if (!explaining->has_memory)
			return false;
	}
	in = span_skip(in, 2);
	return in.n == 0 || span_is(in, "\r\n");
}

void
http_read_multipart(struct explaining *explaining, struct span in, struct pairs *pairs)
{
	uint8_t mark[4 + BOUNDARY_MOST] = "\r\n--";
	struct span boundary = explaining->boundary;
	bool is_good = boundary.n > 0 && boundary.n <= BOUNDARY_MOST;

	if (is_good) {
		memcpy(mark + 4, boundary.p, boundary.n);
		is_good = read_parts(explaining, in, span_of(mark, 4 + boundary.n), pairs);
	}
	if (is_good)
		return;
	pairs->is_open = true;
	http_note(explaining, "its form cannot be read without doubt");
}
