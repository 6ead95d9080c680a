/* Lists of tools, as JSON and as events, of which some may be called. */
#include "facts/http/tools.h"

#include <errno.h>

#include "action.h"
#include "base/arena.h"
#include "check.h"
#include "view.h"

static struct view_operation operations[] = {
	{ "tools/call read_*", "", "", EFFECT_READ },
};
static const struct view_target target = {
	.name = "t", .protocol = PROTOCOL_HTTP, .api = API_MCP, .operations = operations, .operation_count = 1,
};
static unsigned int asked;

/* Reads, and whatever is called open. */
static bool
may(void *arg, const struct act *act)
{
	CHECK(arg == &asked && act->http && span_is(act->http->method, "POST"));
	CHECK(span_is(act->http->path, "/mcp") && span_is(act->object, "/mcp") && span_is(act->http->host, "h"));
	asked++;
	return act->effect == EFFECT_READ || span_is(act->http->operation, "tools/call open");
}

static const struct row {
	const char *name, *body, *out;
	bool is_events;
	int error;
} rows[] = {
	{ "one stays", "{\"id\":1, \"result\": {\"tools\": [{\"name\":\"read_a\"}, {\"name\":\"drop\"}]}}",
	    "{\"id\":1, \"result\": {\"tools\": [{\"name\":\"read_a\"}]}}", false, 0 },
	{ "the first goes", "{\"result\":{\"tools\":[{\"name\":\"drop\"},{\"name\":\"open\",\"x\":[1]}],\"nextCursor\":\"c\"}}",
	    "{\"result\":{\"tools\":[{\"name\":\"open\",\"x\":[1]}],\"nextCursor\":\"c\"}}", false, 0 },
	{ "none stays", "{\"result\":{\"tools\":[{\"name\":\"drop\"}]}}", "{\"result\":{\"tools\":[]}}", false, 0 },
	{ "an escaped name", "{\"result\":{\"tools\":[{\"name\":\"dr\\u006fp\"},{\"name\":\"\\u006fpen\"}]}}",
	    "{\"result\":{\"tools\":[{\"name\":\"\\u006fpen\"}]}}", false, 0 },
	{ "several answers", "[{\"result\":{\"tools\":[{\"name\":\"drop\"}]}},{\"result\":{}},3]",
	    "[{\"result\":{\"tools\":[]}},{\"result\":{}},3]", false, 0 },
	{ "no list", "{\"error\":{\"code\":1}}", "{\"error\":{\"code\":1}}", false, 0 },
	{ "what is no tool", "{\"result\":{\"tools\":[{\"name\":\"open\"},7]}}", NULL, false, -EINVAL },
	{ "a tool without a name", "{\"result\":{\"tools\":[{\"title\":\"open\"}]}}", NULL, false, -EINVAL },
	{ "two names", "{\"result\":{\"tools\":[{\"name\":\"open\",\"name\":\"drop\"}]}}", NULL, false, -EINVAL },
	{ "no JSON", "{\"result\":", NULL, false, -EINVAL },
	{ "nothing", "", NULL, false, -EINVAL },
	{ "events", "event: message\ndata: {\"result\":{\"tools\":[{\"name\":\"drop\"},{\"name\":\"open\"}]}}\n\n",
	    "event: message\ndata: {\"result\":{\"tools\":[{\"name\":\"open\"}]}}\n\n", true, 0 },
	{ "in several lines of data", "id: 3\r\ndata: {\"result\":{\"tools\":\r\ndata: [{\"name\":\"drop\"}]}}\r\n\r\n: bye\n\n",
	    "id: 3\r\ndata: {\"result\":{\"tools\": []}}\n\n: bye\n\n", true, 0 },
	{ "an event that lists nothing is as it was", "data:{\"method\":\"notifications/x\"}\r\r",
	    "data:{\"method\":\"notifications/x\"}\r\r", true, 0 },
	{ "text", "data: hello\n\ndata\n\n", "data: hello\n\ndata\n\n", true, 0 },
	{ "an event without an end", "data: {\"result\":{\"tools\":[{\"name\":\"drop\"}]}}",
	    "data: {\"result\":{\"tools\":[]}}\n\n", true, 0 },
	{ "an event that cannot be read", "data: {\"result\":\n\n", NULL, true, -EINVAL },
};

int
main(void)
{
	const struct http_listing base = { .target = &target, .host = SPAN("h"), .path = SPAN("/mcp"), .may = may, .arg = &asked };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_listing listing = base;
		struct arena *arena = arena_new(1u << 20);
		struct out out = out_new(1u << 20);

		listing.is_events = rows[i].is_events;
		CHECK_ROW(rows[i].name, http_filter_tools(&listing, span_text(rows[i].body), arena, &out) == rows[i].error);
		CHECK_ROW(rows[i].name, rows[i].error || span_is(out_view(&out), rows[i].out));
		out_free(&out);
		arena_free(&arena);
	}
	CHECK(asked > COUNT(rows) / 2);
	return check_end();
}
