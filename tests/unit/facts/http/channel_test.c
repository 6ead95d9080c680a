/*
 * channel_test.c: WebSockets. Who opens one may send over it, and so does more than read,
 * whatever an API's description says of it; a message is judged by its own fields.
 */
#include "action.h"
#include "base/arena.h"
#include "check.h"
#include "facts/http/http.h"
#include "request.h"

static struct view_operation named[] = {
	{ "watch", "GET", "/watch", EFFECT_READ }, { "tools/call search", "", "", EFFECT_READ },
};
static struct view_target target = {
	.name = "t", .protocol = PROTOCOL_HTTP, .port = 443, .hosts = (const char *[]){ "a.example" }, .host_count = 1,
	.operations = named, .operation_count = COUNT(named),
};

static const struct {
	const char *name;
	enum view_api api;
	enum wire_channel channel;
	const char *request;
	enum effect effect;
	const char *object;
	size_t columns;
	bool is_open;
} rows[] = {
	{ "read", API_REST, CHANNEL_NONE, "GET /watch", EFFECT_READ, "/watch", 0, false },
	{ "opened", API_REST, CHANNEL_OPEN, "GET /x?a=1", EFFECT_CALL, "/x", 0, false },
	{ "an operation", API_REST, CHANNEL_OPEN, "GET /watch", EFFECT_CALL, "/watch", 0, false },
	{ "JSON", API_REST, CHANNEL_TEXT, "GET /x\n\n{\"a\":1,\"b\":{\"c\":2}}", EFFECT_CALL, "/x", 2, false },
	{ "text", API_REST, CHANNEL_TEXT, "GET /x\n\nhello", EFFECT_CALL, "/x", 0, true },
	{ "two of a name", API_REST, CHANNEL_TEXT, "GET /x\n\n{\"a\":1,\"a\":2}", EFFECT_CALL, "/x", 0, true },
	{ "bytes", API_REST, CHANNEL_BINARY, "GET /x\n\n{\"a\":1}", EFFECT_CALL, "/x", 0, true },
	{ "nothing", API_REST, CHANNEL_TEXT, "GET /x", EFFECT_CALL, "/x", 0, false },
	{ "a doubt", API_REST, CHANNEL_TEXT, "GET /x%2fy\n\n{}", EFFECT_UNKNOWN, "", 0, false },
	{ "MCP, opened", API_MCP, CHANNEL_OPEN, "GET /mcp", EFFECT_CALL, "/mcp", 0, false },
	{ "a tool", API_MCP, CHANNEL_TEXT, "GET /mcp\n\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
	    "{\"name\":\"search\",\"arguments\":{\"q\":1}}}", EFFECT_READ, "/mcp", 1, false },
	{ "another tool", API_MCP, CHANNEL_TEXT, "GET /mcp\n\n{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"drop\"}}",
	    EFFECT_UNKNOWN, "/mcp", 0, false },
	{ "no call", API_JSON_RPC, CHANNEL_TEXT, "GET /rpc\n\nhello", EFFECT_UNKNOWN, "/rpc", 0, true },
	{ "bytes are no call", API_MCP, CHANNEL_BINARY, "GET /mcp\n\n{\"id\":2,\"method\":\"tools/list\"}", EFFECT_UNKNOWN, "/mcp", 0, true },
	{ "GraphQL", API_GRAPHQL, CHANNEL_TEXT, "GET /g\n\n{\"query\":\"{ a }\"}", EFFECT_UNKNOWN, "/g", 1, false },
	{ "S3", API_S3, CHANNEL_TEXT, "GET /b/k\n\n{}", EFFECT_UNKNOWN, "/b/k", 0, false },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new(1 << 20);
		struct wire_request request = request_of(&target, span_text(rows[i].request));
		struct action action;
		const struct act *act;

		target.api = rows[i].api;
		request.channel = rows[i].channel;
		CHECK_ROW(rows[i].name, http_explain(&target, &request, arena, &action) == 0 && action.act_count == 1);
		act = &action.acts[0];
		CHECK_ROW(rows[i].name, act->effect == rows[i].effect);
		CHECK_ROW(rows[i].name, span_equal(act->object, span_text(rows[i].object)));
		CHECK_ROW(rows[i].name, act->column_count == rows[i].columns);
		CHECK_ROW(rows[i].name, act->http->places[HTTP_FIELD].is_open == rows[i].is_open);
		arena_free(&arena);
	}
	return check_end();
}
