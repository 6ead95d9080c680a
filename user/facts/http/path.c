/*
 * path.c: the one reading of a path (RFC 3986 sections 5.2.4 and 6.2.2), or a doubt.
 * Every percent sign is decoded, once, so that no spelling of a path slips past a
 * rule; only an encoded percent sign stays as it is, so that the text is never
 * decoded twice. What a server somewhere reads as more than a byte of a name is a
 * doubt: an encoded slash, a backslash, a ';' (parameters of a segment), control
 * characters, an empty segment, and what would mean something when decoded again.
 * One slash at the end does not count. Dot segments are removed, and then path and
 * query go upstream without them, since not every server removes them.
 */
#include "base/utf8.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

struct segment {
	struct span raw, text;
};

struct path {
	struct segment segments[HTTP_SEGMENTS_MOST];
	size_t count;
	bool has_dots;		/* segments were removed */
	bool ends_open;		/* a slash, or a dot segment, was the last */
};

static bool
is_escape(struct span in, size_t at)
{
	return at + 2 < in.n && in.p[at] == '%' && http_hex(in.p[at + 1]) >= 0 && http_hex(in.p[at + 2]) >= 0;
}

/* Why a byte cannot be part of a segment's name; NULL: it can. */
static const char *
doubt_of_byte(uint8_t c, bool was_encoded)
{
	if (c == '/' || c == '\\')
		return was_encoded ? "its path has an encoded slash" : "its path has a backslash";
	if (c == ';')
		return "its path has parameters (';')";
	if (c < 0x20 || c == 0x7f)
		return "its path has control characters";
	if (!was_encoded && (c >= 0x80 || c == ' ' || c == '#' || c == '?'))
		return "its path has bytes that must be encoded";
	return NULL;
}

/* Is there a percent sign, which a segment's text has as "%25", before two digits, however they were written? */
static bool
is_encoded_twice(struct span text)
{
	for (size_t i = 0; i + 4 < text.n; i++) {
		if (text.p[i] == '%' && http_hex(text.p[i + 3]) >= 0 && http_hex(text.p[i + 4]) >= 0)
			return true;
	}
	return false;
}

/* Decode one segment. Percent signs that stay are written "%25". */
static const char *
decode_segment(struct explaining *explaining, struct span raw, struct span *text)
{
	uint8_t *p = http_take(explaining, raw.n);
	size_t n = 0;

	for (size_t i = 0; p && i < raw.n; i++) {
		bool is_encoded = raw.p[i] == '%';
		uint8_t c = raw.p[i];
		const char *doubt;

		if (is_encoded) {
			if (!is_escape(raw, i))
				return "its path has a percent sign that encodes nothing";
			c = (uint8_t)(http_hex(raw.p[i + 1]) << 4 | http_hex(raw.p[i + 2]));
			i += 2;
		}
		doubt = doubt_of_byte(c, is_encoded);
		if (doubt)
			return doubt;
		p[n++] = c;
		if (c != '%')
			continue;
		p[n++] = '2';
		p[n++] = '5';
	}
	*text = span_of(p ? (const void *)p : "", n);
	if (is_encoded_twice(*text))
		return "its path is encoded twice";
	return utf8_is_valid(*text) ? NULL : "its path is not UTF-8";
}

static const char *
add_segment(struct explaining *explaining, struct path *path, struct span raw)
{
	struct segment segment = { .raw = raw };
	const char *doubt = decode_segment(explaining, raw, &segment.text);
	bool is_dot = span_is(segment.text, "."), is_double = span_is(segment.text, "..");

	path->ends_open = is_dot || is_double;
	path->has_dots |= is_dot || is_double;
	if (doubt || is_dot)
		return doubt;
	if (is_double)
		return path->count-- > 0 ? NULL : "its path climbs above its root";
	if (path->count == HTTP_SEGMENTS_MOST)
		return "its path has too many segments";
	path->segments[path->count++] = segment;
	return NULL;
}

static const char *
split(struct explaining *explaining, struct span in, struct path *path)
{
	while (in.n > 0) {
		const uint8_t *slash;
		struct span raw;
		const char *doubt;

		in = span_skip(in, 1);
		slash = in.n ? memchr(in.p, '/', in.n) : NULL;
		raw = slash ? span_head(in, (size_t)(slash - in.p)) : in;
		in = span_skip(in, raw.n);
		if (raw.n == 0 && in.n > 0)
			return "its path has an empty segment";
		if (raw.n == 0) {
			path->ends_open = true;
			return NULL;
		}
		doubt = add_segment(explaining, path, raw);
		if (doubt)
			return doubt;
	}
	return NULL;
}

/* All segments, each behind a slash; at least one slash. */
static struct span
join(struct explaining *explaining, const struct path *path, bool is_raw, struct span query)
{
	size_t n = 0, size = 2 + query.n + 1;
	uint8_t *p;

	for (size_t i = 0; i < path->count; i++)
		size += 1 + (is_raw ? path->segments[i].raw.n : path->segments[i].text.n);
	p = http_take(explaining, size);
	if (!p)
		return span_of("", 0);
	for (size_t i = 0; i < path->count; i++) {
		struct span one = is_raw ? path->segments[i].raw : path->segments[i].text;

		p[n++] = '/';
		memcpy(p + n, one.p, one.n);
		n += one.n;
	}
	if (path->count == 0 || (is_raw && path->ends_open))
		p[n++] = '/';
	if (is_raw && query.p) {
		p[n++] = '?';
		if (query.n)
			memcpy(p + n, query.p, query.n);
		n += query.n;
	}
	return span_of(p, n);
}

const char *
http_canonical(struct explaining *explaining, struct span raw, struct span *out)
{
	struct path path = { .count = 0 };
	const char *doubt = raw.n && raw.p[0] == '/' ? split(explaining, raw, &path) : "it is no path";

	*out = doubt ? span_of("", 0) : join(explaining, &path, false, (struct span){ 0 });
	return doubt;
}

void
http_read_path(struct explaining *explaining)
{
	const struct wire_request *request = explaining->request;
	struct http_facts *facts = explaining->facts;
	struct path path = { .count = 0 };
	const char *doubt;

	facts->path = facts->upstream = span_of("", 0);
	if (span_is(request->path, "*")) {
		facts->path = request->path;
		return;
	}
	if (request->path.n == 0 || request->path.p[0] != '/') {
		http_doubt(explaining, "it has no path");
		return;
	}
	doubt = split(explaining, request->path, &path);
	if (doubt) {
		http_doubt(explaining, doubt);
		return;
	}
	facts->path = join(explaining, &path, false, (struct span){ 0 });
	if (path.has_dots)
		facts->upstream = join(explaining, &path, true, request->query);
}
