/*
 * request.h: requests written as text: "POST /a?b=c\nHost: x\n\nbody", with the line
 * ends of Unix. Without a Host the target's first name is meant.
 */
#ifndef TEST_REQUEST_H
#define TEST_REQUEST_H

#include "check.h"
#include "view.h"
#include "wire.h"

static struct wire_pair request_headers[WIRE_HEADERS_MAX];

static struct span
request_cut(struct span *in, char c)
{
	const uint8_t *at = in->n ? memchr(in->p, c, in->n) : NULL;
	struct span head = span_head(*in, at ? (size_t)(at - in->p) : in->n);

	*in = span_skip(*in, head.n + 1);
	return head;
}

__attribute__((unused)) static struct wire_request
request_of(const struct view_target *target, struct span text)
{
	struct wire_request request = { .headers = request_headers };
	struct span line = request_cut(&text, '\n'), path;

	request.host = target->host_count ? span_text(target->hosts[0]) : SPAN("10.0.0.1");
	request.method = request_cut(&line, ' ');
	path = line;
	request.path = request_cut(&path, '?');
	if (request.path.n < line.n)
		request.query = path;
	while (text.n > 0 && request.header_count < WIRE_HEADERS_MAX) {
		struct span value = request_cut(&text, '\n'), name;

		if (value.n == 0)
			break;
		name = request_cut(&value, ':');
		while (value.n && value.p[0] == ' ')
			value = span_skip(value, 1);
		if (span_is(name, "Host"))
			request.host = value;
		request_headers[request.header_count++] = (struct wire_pair){ name, value };
	}
	request.body = text;
	request.body_length = text.n;
	return request;
}

#endif
