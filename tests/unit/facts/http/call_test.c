/* call_test.c: the ids of a call are those it has, as one line of JSON; of what is no single call there are none. */
#include "facts/http/call.h"

#include "base/arena.h"
#include "check.h"

static const struct {
	const char *body, *method, *id, *progress;	/* method NULL: it is no call */
} rows[] = {
	{ "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"_meta\":{\"progressToken\":3}}}", "tools/call", "7", "3" },
	{ "{\"id\":\"a\\u000a\\\"b\",\"method\":\"m\",\"params\":{\"_meta\":{\"progressToken\":\"t\\/\\n\"}}}", "m", "\"a\\n\\\"b\"", "\"t/\\n\"" },
	{ "{\"id\":-1.5e3,\"method\":\"\\u006d\"}", "m", "-1.5e3", "" },
	{ "{\"id\":1,\"method\":\"m\",\"params\":[{\"_meta\":{\"progressToken\":3}}]}", "m", "1", "" },
	{ "{\"id\":1,\"method\":\"m\",\"params\":{\"_meta\":3}}", "m", "1", "" },
	{ "{\"id\":1,\"method\":\"m\",\"params\":{\"_meta\":{\"progressToken\":{\"a\":1}}}}", "m", "1", "" },
	{ "{\"id\":1,\"method\":\"m\",\"_meta\":{\"progressToken\":3}}", "m", "1", "" },
	{ "{\"method\":\"m\"}", NULL, "", "" },
	{ "{\"id\":null,\"method\":\"m\"}", NULL, "", "" },
	{ "{\"id\":[1],\"method\":\"m\"}", NULL, "", "" },
	{ "{\"id\":1,\"method\":2}", NULL, "", "" },
	{ "{\"id\":1,\"result\":{}}", NULL, "", "" },
	{ "[{\"id\":1,\"method\":\"m\"}]", NULL, "", "" },
	{ "{\"id\":1,\"id\":2,\"method\":\"m\"}", NULL, "", "" },
	{ "{\"id\":1,\"method\":\"m\"} ,", NULL, "", "" },
	{ "", NULL, "", "" }, { "7", NULL, "", "" },
};

static void
check_row(size_t i)
{
	struct arena *arena = arena_new(1 << 20);
	struct span body = on_cliff(span_text(rows[i].body));
	struct http_call call = { 0 };
	bool is_call = http_read_call(body, arena, &call);

	CHECK_ROW(rows[i].body, is_call == (rows[i].method != NULL));
	CHECK_ROW(rows[i].body, span_is(call.method, rows[i].method ? rows[i].method : ""));
	if (!CHECK_ROW(rows[i].body, span_is(call.id, rows[i].id) && span_is(call.progress, rows[i].progress)))
		fprintf(stderr, "%.*s %.*s\n", (int)call.id.n, (const char *)call.id.p, (int)call.progress.n, (const char *)call.progress.p);
	for (size_t n = 0; n < body.n; n++)	/* what is cut is no call */
		CHECK_ROW(rows[i].body, !http_read_call(on_cliff(span_head(body, n)), arena, &call) || body.p[n] == ' ' || body.p[n] == ',');
	arena_free(&arena);
}

int
main(void)
{
	char long_id[600];
	struct arena *arena = arena_new(1 << 20);
	struct http_call call = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(i);
	snprintf(long_id, sizeof(long_id), "{\"method\":\"m\",\"id\":\"%0254d\"}", 1);
	CHECK(http_read_call(span_text(long_id), arena, &call) && call.id.n == HTTP_CALL_ID_MOST);
	snprintf(long_id, sizeof(long_id), "{\"method\":\"m\",\"id\":\"%0255d\"}", 1);
	CHECK(!http_read_call(span_text(long_id), arena, &call));
	arena_free(&arena);
	return check_end();
}
