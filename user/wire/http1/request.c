/*
 * request.c: what a request's head says (RFC 9112 sections 3, 6 and 7.2 of RFC 9110).
 * Whatever its form, a target is taken apart here once, and goes on in origin form.
 */
#include "wire/http1/http1.h"

static bool
read_version(struct http1 *h, struct http1_head *head, struct span version)
{
	if (span_is(version, "HTTP/1.1") || span_is(version, "HTTP/1.0")) {
		head->minor = version.p[7] - '0';
		return true;
	}
	if (version.n == 8 && span_is(span_head(version, 5), "HTTP/"))
		return http1_fail(h, 505, "a version other than HTTP/1.1 and HTTP/1.0");
	return http1_fail(h, 400, "a request line that does not end with a version");
}

static bool
read_method(struct http1 *h, struct http1_head *head)
{
	if (!http1_is_token(head->method))
		return http1_fail(h, 400, "a method that is no token");
	if (head->method.n > HTTP1_METHOD_MAX)
		return http1_fail(h, 501, "a method longer than the limit");
	if (http1_is(head->method, "CONNECT") || http1_is(head->method, "TRACE"))
		return http1_fail(h, 501, "a CONNECT or TRACE, which is not carried");
	return true;
}

/* Path, and query behind the first '?'. */
static bool
split_target(struct http1 *h, struct http1_head *head, struct span target)
{
	const uint8_t *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
	size_t n = mark ? (size_t)(mark - target.p) : target.n;

	head->path = span_head(target, n);
	head->query = mark ? span_skip(target, n + 1) : span_of(NULL, 0);
	if (!http1_is_path(head->path) || !http1_is_query(head->query))
		return http1_fail(h, 400, "a target with a byte that may not stand there");
	return true;
}

/* "http://host/path": the authority must be what Host says, and is left away. */
static bool
read_absolute(struct http1 *h, struct http1_head *head, struct span target, struct span *authority)
{
	size_t scheme = http1_is(span_head(target, 7), "http://") ? 4 : http1_is(span_head(target, 8), "https://") ? 5 : 0;
	size_t n = 0;

	if (scheme == 0)
		return http1_fail(h, 400, "a target that is neither a path nor http");
	head->scheme = span_head(target, scheme);
	target = span_skip(target, scheme + 3);
	while (n < target.n && target.p[n] != '/' && target.p[n] != '?' && target.p[n] != '#')
		n++;
	*authority = span_head(target, n);
	if (!split_target(h, head, span_skip(target, n)))
		return false;
	if (head->path.n == 0)	/* RFC 9112 section 3.2.4 */
		head->path = span_is(head->method, "OPTIONS") && !head->query.p ? SPAN("*") : SPAN("/");
	return true;
}

static bool
read_target(struct http1 *h, struct http1_head *head, struct span target, struct span *authority)
{
	if (target.n && target.p[0] == '/')
		return split_target(h, head, target);
	if (!span_is(target, "*"))
		return read_absolute(h, head, target, authority);
	if (!span_is(head->method, "OPTIONS"))
		return http1_fail(h, 400, "a target '*' of another method than OPTIONS");
	head->path = target;
	return true;
}

static bool
read_line(struct http1 *h, struct http1_head *head, struct span line, struct span *authority)
{
	const uint8_t *first = line.n ? memchr(line.p, ' ', line.n) : NULL, *last;
	struct span target;

	if (!first)
		return http1_fail(h, 400, "a request line that is none");
	head->method = span_head(line, (size_t)(first - line.p));
	head->is_of_head = span_is(head->method, "HEAD");
	line = span_skip(line, head->method.n + 1);
	last = line.n ? memchr(line.p, ' ', line.n) : NULL;
	if (!last)
		return http1_fail(h, 400, "a request line that is none");
	target = span_head(line, (size_t)(last - line.p));
	return read_version(h, head, span_skip(line, target.n + 1)) && read_method(h, head) &&
	    read_target(h, head, target, authority);
}

static bool
read_host(struct http1 *h, struct http1_head *head, struct span value)
{
	if (head->host.p)
		return http1_fail(h, 400, "more than one Host");
	if (!http1_is_host(value))
		return http1_fail(h, 400, "a Host that is no name with a port");
	head->host = value;
	return true;
}

static bool
read_expect(struct http1 *h, struct http1_head *head, struct span value)
{
	if (!http1_is(value, "100-continue"))
		return http1_fail(h, 417, "an Expect other than 100-continue");
	head->expects = head->minor == 1;
	return true;
}

/* curl, and what is made of it; and who waits for 1xx anyway. */
static bool
takes_102(const struct http1_head *head)
{
	for (size_t i = 0; i < head->fields.count; i++)
		if (head->fields.names[i] == NAME_USER_AGENT && http1_is(span_head(head->fields.pairs[i].value, 5), "curl/"))
			return head->minor == 1;
	return head->expects;
}

static bool
read_own_fields(struct http1 *h, struct http1_head *head)
{
	for (size_t i = 0; i < head->fields.count; i++) {
		struct span value = head->fields.pairs[i].value;

		if (head->fields.names[i] == NAME_HOST && !read_host(h, head, value))
			return false;
		if (head->fields.names[i] == NAME_EXPECT && !read_expect(h, head, value))
			return false;
	}
	return head->host.p || http1_fail(h, 400, "no Host");
}

bool
http1_request_read(struct http1 *h, struct http1_head *head, struct span line, struct span rest)
{
	struct span authority = { 0 };

	head->scheme = head->host = span_of(NULL, 0);
	head->framing = FRAMING_NONE;
	head->closes = head->names_fields = head->expects = head->takes_trailers = false;
	if (!read_line(h, head, line, &authority) || !http1_fields_read(h, &head->fields, rest) ||
	    !http1_head_common(h, head) || !read_own_fields(h, head))
		return false;
	if (head->scheme.p && !http1_same(authority, head->host))
		return http1_fail(h, 400, "a target whose host is not Host's");
	if (!http1_socket_asked(h, head))
		return false;
	head->expects &= head->framing == FRAMING_CHUNKED || (head->framing == FRAMING_LENGTH && head->length > 0);
	head->takes_102 = takes_102(head);
	return true;
}
