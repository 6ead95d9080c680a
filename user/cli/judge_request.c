/*
 * judge_request.c: request to verdict, in this process. The request is put together
 * from what a person typed: "GET /orders/5?x=1", fields of a head, a body. Its Host
 * is the target's first name, or address, where none is given; messages of gRPC are JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/caseless.h"
#include "cli/judge.h"
#include "cli/judge_call.h"
#include "facts/http/http.h"
#include "wire.h"

#define ARENA_LIMIT (64u << 20)
#define BODY_LIMIT (1u << 20)	/* FLOW_UNIT_BYTES: what a worker holds of one */

struct typed {
	struct wire_request request;
	struct wire_pair headers[WIRE_HEADERS_MAX];
	char host[INET6_ADDRSTRLEN + 2];
};

/* Cut up to `c` off *in; false: there is none, and *head is all of it. */
static bool
cut(struct span *in, char c, struct span *head)
{
	const uint8_t *at = in->n ? memchr(in->p, c, in->n) : NULL;

	*head = span_head(*in, at ? (size_t)(at - in->p) : in->n);
	*in = span_skip(*in, head->n + 1);
	return at;
}

/* "GET /orders/5?x=1", "OPTIONS *", "GET https://host/path". */
static bool
read_line(struct wire_request *request, struct span line)
{
	const uint8_t *mark;

	if (!cut(&line, ' ', &request->method) || request->method.n == 0 || line.n == 0)
		return false;
	mark = memmem(line.p, line.n, "://", 3);
	if (mark && line.p[0] != '/') {
		request->scheme = span_head(line, (size_t)(mark - line.p));
		line = span_skip(line, request->scheme.n + 3);
		mark = memchr(line.p, '/', line.n);
		request->host = span_head(line, mark ? (size_t)(mark - line.p) : line.n);
		line = mark ? span_skip(line, request->host.n) : SPAN("/");
	}
	if (cut(&line, '?', &request->path))
		request->query = line;
	return request->path.n > 0 && !memchr(request->path.p, ' ', request->path.n);
}

static bool
read_header(struct wire_request *request, struct wire_pair *headers, struct span text)
{
	struct wire_pair *pair = &headers[request->header_count];

	if (request->header_count == WIRE_HEADERS_MAX || !cut(&text, ':', &pair->name) || pair->name.n == 0)
		return false;
	while (text.n && text.p[0] == ' ')
		text = span_skip(text, 1);
	pair->value = text;
	request->header_count++;
	if (caseless_equal(pair->name, SPAN("host")))
		request->host = text;
	return true;
}

/* What the target is called, where the request names no host. */
static void
fill_host(struct typed *typed, const struct view_target *target)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char ip[INET6_ADDRSTRLEN];

	if (typed->request.host.p)
		return;
	typed->request.host = span_text(target->host_count ? target->hosts[0] : "");
	if (target->host_count || !target->address_count)
		return;
	if (memcmp(target->addresses[0].ip, mapped, sizeof(mapped)) == 0) {
		inet_ntop(AF_INET, target->addresses[0].ip + sizeof(mapped), ip, sizeof(ip));
		snprintf(typed->host, sizeof(typed->host), "%s", ip);
	} else {
		inet_ntop(AF_INET6, target->addresses[0].ip, ip, sizeof(ip));
		snprintf(typed->host, sizeof(typed->host), "[%s]", ip);
	}
	typed->request.host = span_text(typed->host);
}

static int
read_typed(struct typed *typed, const struct view_target *target, const struct judge_request *said)
{
	struct wire_request *request = &typed->request;

	request->headers = typed->headers;
	if (!read_line(request, span_text(said->line)))
		return -EINVAL;
	for (size_t i = 0; i < said->header_count; i++) {
		if (!read_header(request, typed->headers, span_text(said->headers[i])))
			return -EINVAL;
	}
	fill_host(typed, target);
	request->body = span_head(said->body, BODY_LIMIT);
	request->body_length = said->body.n;
	request->is_open = said->body.n > BODY_LIMIT;
	return 0;
}

int
judge_request(const struct rules *rules, const char *skill, uint32_t target, const struct judge_request *said,
    struct judged *out)
{
	const struct view_target *at = &rules->worker.targets[target];
	struct typed *typed;
	int status;

	*out = (struct judged){ .arena = arena_new(ARENA_LIMIT), .text = strdup(said->line) };
	typed = out->arena ? arena_take(out->arena, sizeof(*typed)) : NULL;
	status = typed && out->text ? read_typed(typed, at, said) : -ENOMEM;
	if (status == 0 && !judge_call(at, &typed->request, typed->headers, out->arena))
		status = -EBADMSG;
	if (status == 0)
		status = http_explain(at, &typed->request, out->arena, &out->action);
	if (status < 0) {
		judge_free(out);
		return status;
	}
	decide_judge(&rules->worker, span_text(skill), target, &out->action, out->room, &out->verdict);
	return 0;
}
