/*
 * json_rpc.c: JSON-RPC 2.0 over HTTP, and MCP's streamable transport, which is that.
 * A body is one call, or a list of them, each an act: its operation is the method,
 * its fields are what it is called with. What a method does the policy says; of MCP's
 * own some are known. Whatever is no call, or cannot be read, is unknown.
 */
#include "base/glob.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"

struct call {
	struct span method;		/* empty: it answers a call of the other side */
	uint32_t parameters;		/* index of what it is called with, or that of nothing */
	bool has_parameters;
};

/* What its method means; false: nobody can say. */
typedef bool mean_fn(struct explaining *, struct call *, struct meant *);

static bool
is_text(const struct json_value *value)
{
	return value && value->kind == JSON_IS_TEXT && value->text.n > 0;
}

/* One call at `at`. False: it is none. */
static bool
read_call(const struct json_tree *tree, uint32_t at, struct call *call)
{
	const struct json_value *method = json_member(tree, at, "method");
	const struct json_value *parameters = json_member(tree, at, "params");

	*call = (struct call){ .method = method ? method->text : span_of("", 0) };
	if (parameters) {
		call->parameters = (uint32_t)(parameters - tree->values);
		call->has_parameters = true;
	}
	if (method)
		return is_text(method);
	return json_member(tree, at, "id") && (json_member(tree, at, "result") || json_member(tree, at, "error"));
}

static void
explain_call(struct explaining *explaining, uint32_t at, mean_fn *mean)
{
	struct pairs *fields = http_take(explaining, sizeof(*fields));
	struct meant meant = { .effect = EFFECT_UNKNOWN, .fields = fields };
	const struct view_operation *operation;
	struct call call;

	if (!fields)
		return;
	if (!read_call(&explaining->json, at, &call)) {
		http_doubt(explaining, "its body is not a call");
		return;
	}
	meant.operation = call.method;
	if (!mean(explaining, &call, &meant))
		meant.note = "what it calls is not said to be harmless";
	operation = http_find_named(explaining, meant.operation);
	if (operation) {
		meant.effect = operation->effect;
		meant.note = NULL;
	}
	if (call.has_parameters)
		http_read_json(explaining, &explaining->json, call.parameters, fields);
	http_add_act(explaining, &meant);
}

/* All calls of a body. */
static void
explain_body(struct explaining *explaining, mean_fn *mean)
{
	const struct json_tree *tree = &explaining->json;

	if (tree->count == 0)
		http_doubt(explaining, "its body cannot be read");
	else if (tree->values[0].kind != JSON_IS_LIST)
		explain_call(explaining, 0, mean);
	else if (tree->values[0].next == 1)
		http_doubt(explaining, "its body has no call");
	else
		for (uint32_t i = 1; i < tree->values[0].next; i = tree->values[i].next)
			explain_call(explaining, i, mean);
}

/* An act for what has none: of unknown effect, if there was a doubt. */
static void
explain_rest(struct explaining *explaining, enum effect effect)
{
	struct meant meant = { .effect = effect };

	if (explaining->act_count == 0)
		http_add_act(explaining, &meant);
}

static bool
mean_nothing(struct explaining *explaining, struct call *call, struct meant *meant)
{
	(void)meant;
	if (call->method.n == 0)
		http_doubt(explaining, "its body is not a call");
	return false;
}

void
http_explain_json_rpc(struct explaining *explaining)
{
	if (span_is(explaining->facts->method, "POST"))
		explain_body(explaining, mean_nothing);
	else
		http_doubt(explaining, "a call is a POST");
	explain_rest(explaining, EFFECT_UNKNOWN);
}

/* "tools/call NAME", with the tool's arguments. */
static bool
mean_tool(struct explaining *explaining, struct call *call, struct meant *meant)
{
	static const char head[] = "tools/call ";
	const struct json_tree *tree = &explaining->json;
	const struct json_value *name = json_member(tree, call->parameters, "name");
	const struct json_value *arguments = json_member(tree, call->parameters, "arguments");
	uint8_t *p;

	if (!call->has_parameters || !is_text(name)) {
		http_doubt(explaining, "it calls a tool without a name");
		return false;
	}
	p = http_take(explaining, sizeof(head) + name->text.n);
	if (!p)
		return false;
	memcpy(p, head, sizeof(head) - 1);
	memcpy(p + sizeof(head) - 1, name->text.p, name->text.n);
	meant->operation = span_of(p, sizeof(head) - 1 + name->text.n);
	call->has_parameters = arguments;
	if (arguments)
		call->parameters = (uint32_t)(arguments - tree->values);
	return false;
}

/* Model Context Protocol 2025-06-18, "Server features", "Lifecycle", "Utilities". */
static bool
mean_mcp(struct explaining *explaining, struct call *call, struct meant *meant)
{
	static const struct {
		const char *method;
		enum effect effect;
	} methods[] = {
		{ "initialize", EFFECT_SESSION }, { "ping", EFFECT_SESSION }, { "notifications/**", EFFECT_SESSION },
		{ "logging/setLevel", EFFECT_SESSION }, { "resources/subscribe", EFFECT_SESSION },
		{ "resources/unsubscribe", EFFECT_SESSION }, { "tools/list", EFFECT_READ }, { "resources/list", EFFECT_READ },
		{ "resources/templates/list", EFFECT_READ }, { "resources/read", EFFECT_READ }, { "prompts/list", EFFECT_READ },
		{ "prompts/get", EFFECT_READ }, { "completion/complete", EFFECT_READ },
	};

	if (call->method.n == 0) {
		meant->effect = EFFECT_SESSION;
		meant->operation = SPAN("answer");
		return true;
	}
	if (span_is(call->method, "tools/call"))
		return mean_tool(explaining, call, meant);
	for (size_t i = 0; i < COUNT(methods); i++) {
		if (glob_match(methods[i].method, call->method)) {
			meant->effect = methods[i].effect;
			return true;
		}
	}
	return false;
}

void
http_explain_mcp(struct explaining *explaining)
{
	struct span method = explaining->facts->method;

	if (span_is(method, "POST"))
		explain_body(explaining, mean_mcp);
	else if (!span_is(method, "GET") && !span_is(method, "DELETE"))
		http_doubt(explaining, "MCP has no such method");
	explain_rest(explaining, EFFECT_SESSION);	/* GET listens, DELETE ends the session */
}
