/*
 * shown.c: a request of HTTP as people and the ledger see it.
 * A text of its own: what it asks for, the fields that can matter, its body. What proves who
 * the skill is stands there as a mark by the node's key, so that another proof is another
 * request, and nobody learns it. The ledger's has sensitive values masked: in the body by
 * the keys that lead to them too.
 */
#include <openssl/hmac.h>
#include <stdio.h>
#include <strings.h>

#include "base/arena.h"
#include "base/caseless.h"
#include "facts/http/http.h"
#include "flow/flow.h"

/* Fields that change nothing of what is asked, and are others each time it is asked again. */
static const char *const passing[] = {
	"accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length",
	"date", "dnt", "expect", "grpc-accept-encoding", "grpc-encoding", "grpc-timeout", "grpc-trace-bin",
	"host", "keep-alive", "pragma", "priority", "sec-fetch-dest",
	"sec-fetch-mode", "sec-fetch-site", "sec-websocket-extensions", "sec-websocket-key",
	"sec-websocket-version", "te", "traceparent", "tracestate", "transfer-encoding", "user-agent",
	"x-amzn-trace-id", "x-correlation-id", "x-request-id",
};

/* Fields, and parameters behind the '?', that prove something. */
static const char *const proofs[] = {
	"access-token", "access_token", "api-key", "api_key", "apikey", "authorization", "cookie", "password",
	"private-token", "proxy-authorization", "sec-websocket-protocol", "sig", "signature", "token",
	"x-access-token", "x-amz-security-token", "x-amz-signature", "x-api-key", "x-auth-token", "x-goog-api-key",
	"x-goog-signature",
};

static bool
is_called(struct span name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (name.n == strlen(names[i]) &&
		    strncasecmp((const char *)name.p, names[i], name.n) == 0)
			return true;
	return false;
}

#define MARK_BYTES 8

/* The same for the same value, and of no use to who guesses values. */
static void
put_mark(const struct flow *flow, struct span value, struct out *out)
{
	uint8_t mark[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!HMAC(EVP_sha256(), flow->policy->hold_key, sizeof(flow->policy->hold_key), value.p, value.n,
	    mark, &n) || n < MARK_BYTES) {
		out->failed = true;
		return;
	}
	out_printf(out, "[not shown, ");
	for (size_t i = 0; i < MARK_BYTES; i++)
		out_printf(out, "%02x", mark[i]);
	out_u8(out, ']');
}

static void
put_fields(const struct flow *flow, const struct wire_pair *fields, size_t count, struct out *out)
{
	for (size_t i = 0; i < count; i++) {
		if (is_called(fields[i].name, passing, COUNT(passing)))
			continue;
		out_span(out, fields[i].name);
		out_span(out, SPAN(": "));
		if (is_called(fields[i].name, proofs, COUNT(proofs)))
			put_mark(flow, fields[i].value, out);
		else
			out_span(out, fields[i].value);
		out_u8(out, '\n');
	}
}

static void
put_parameter(const struct flow *flow, struct span parameter, struct out *out)
{
	const uint8_t *is = parameter.n ? memchr(parameter.p, '=', parameter.n) : NULL;
	struct span name = is ? span_head(parameter, (size_t)(is - parameter.p)) : parameter;

	if (!is || !is_called(name, proofs, COUNT(proofs))) {
		out_span(out, parameter);
		return;
	}
	out_span(out, name);
	out_u8(out, '=');
	put_mark(flow, span_skip(parameter, name.n + 1), out);
}

static void
put_query(const struct flow *flow, struct span query, struct out *out)
{
	const char *before = "?";

	for (;;) {
		const uint8_t *end = query.n ? memchr(query.p, '&', query.n) : NULL;
		struct span parameter = end ? span_head(query, (size_t)(end - query.p)) : query;

		out_span(out, span_text(before));
		put_parameter(flow, parameter, out);
		if (!end)
			return;
		query = span_skip(query, parameter.n + 1);
		before = "&";
	}
}

static void
put_head(const struct flow *flow, const struct wire_request *request, struct out *out)
{
	out_span(out, request->method);
	out_u8(out, ' ');
	out_span(out, request->path);
	if (request->query.p)
		put_query(flow, request->query, out);
	out_span(out, SPAN("\nhost: "));
	out_span(out, request->host);
	out_u8(out, '\n');
	put_fields(flow, request->headers, request->header_count, out);
	put_fields(flow, request->trailers, request->trailer_count, out);
}

static void
put_body(const struct wire_request *request, struct span body, struct out *out)
{
	if (body.n) {
		out_u8(out, '\n');
		out_span(out, body);
	}
	if (request->is_open)
		out_span(out, SPAN("\n[it goes on]"));
}

/* Messages of gRPC are written as what they say. False: it is no such body, or none that can be read. */
static bool
put_messages(const struct flow *flow, bool is_masked, struct out *out)
{
	const struct view_target *target = &flow->policy->view->targets[flow->target];
	size_t mark = out->n;

	if (target->api == API_GRPC && flow->ask.plain.n &&
	    http_write_messages(target, flow->ask.ask.request.path, flow->ask.plain, is_masked, out) && out->n > mark)
		return true;
	out->n = mark;
	return false;
}

bool
flow_write_down(struct flow *flow)
{
	struct pending *pending = &flow->ask;
	struct out text = out_new(FLOW_UNIT_BYTES * 2), body = out_new(FLOW_UNIT_BYTES * 2);
	bool is_call = put_messages(flow, false, &body);

	put_head(flow, &pending->ask.request, &text);
	put_body(&pending->ask.request, is_call ? out_view(&body) : pending->ask.request.body, &text);
	out_free(&body);
	pending->ask.text = text.failed ? span_of(NULL, 0) : arena_copy(flow->scratch, out_view(&text));
	out_free(&text);
	return pending->ask.text.p != NULL;
}

/* ---- masked ------------------------------------------------------------------------------- */

/* What its sender says it is, or what it looks like. */
static enum mask_form
form_of(const struct action *action, struct span body)
{
	struct span type = action->http ? action->http->content_type : span_of(NULL, 0);
	enum mask_form form;

	if (type.n && mask_form_of(type, &form) && form != MASK_FORM_TEXT && form != MASK_FORM_JSON)
		return form;
	for (size_t i = 0; i < body.n; i++) {
		if (body.p[i] == ' ' || body.p[i] == '\t' || body.p[i] == '\r' || body.p[i] == '\n')
			continue;
		return body.p[i] == '{' || body.p[i] == '[' ? MASK_FORM_JSON : MASK_FORM_TEXT;
	}
	return MASK_FORM_TEXT;
}

/* Its Content-Type where it is made of parts; empty: it is not. */
static struct span
parts_type(const struct wire_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (caseless_equal(request->headers[i].name, SPAN("content-type")) && mask_is_parts(request->headers[i].value))
			return request->headers[i].value;
	return span_of("", 0);
}

static int
open_mask(const struct flow *flow, struct span body, bool is_call, struct mask_body **out)
{
	const struct wire_request *request = &flow->ask.ask.request;
	const struct mask_set *masks = flow->policy->masks;
	struct span type = parts_type(request);

	if (is_call)
		return mask_body_new(out, masks, ~0ULL, MASK_FORM_NDJSON);
	return type.n ? mask_body_new_parts(out, masks, ~0ULL, type, true) :
	    mask_body_new(out, masks, ~0ULL, form_of(&flow->ask.action, body));
}

static bool
mask_body_of(const struct flow *flow, struct span body, bool is_call, struct out *out)
{
	struct mask_tally tally = { 0 };
	struct mask_body *mask = NULL;
	bool right = open_mask(flow, body, is_call, &mask) == 0 && mask_body_put(mask, body, true, out, &tally) && !out->failed;

	mask_body_free(&mask);
	return right;
}

/* One that cannot be read is not recorded, for nobody knows where in it a value stands. */
static void
put_masked_body(const struct flow *flow, struct out *out)
{
	const struct wire_request *request = &flow->ask.ask.request;
	const struct mask_set *masks = flow->policy->masks;
	struct out body = out_new(FLOW_UNIT_BYTES * 4), messages = out_new(FLOW_UNIT_BYTES * 4);
	bool is_masked = !mask_body_is_idle(masks, ~0ULL), is_call = put_messages(flow, is_masked, &messages);
	struct span shown = is_call ? out_view(&messages) : request->body;
	char note[64];

	if (is_masked) {
		bool is_lost = !is_call && flow->policy->view->targets[flow->target].api == API_GRPC;

		snprintf(note, sizeof(note), "[%zu bytes, not recorded]", shown.n);
		shown = !is_lost && mask_body_of(flow, shown, is_call, &body) ? out_view(&body) : span_text(note);
	}
	put_body(request, shown, out);
	out_free(&body);
	out_free(&messages);
}

struct span
flow_masked_request(struct flow *flow)
{
	struct mask_tally tally = { 0 };
	struct out head = out_new(FLOW_UNIT_BYTES), text = out_new(FLOW_UNIT_BYTES * 6);
	struct span result = SPAN("[redacted]");

	put_head(flow, &flow->ask.ask.request, &head);
	if (mask_found(flow->policy->masks, ~0ULL, out_view(&head), &text, &tally) == MASK_KEPT)
		out_span(&text, out_view(&head));
	if (flow->ask.ask.request.body.n || flow->ask.ask.request.is_open)
		put_masked_body(flow, &text);
	if (!head.failed && !text.failed)
		result = arena_copy(flow->scratch, out_view(&text));
	out_free(&head);
	out_free(&text);
	return result.p ? result : SPAN("[redacted]");
}
