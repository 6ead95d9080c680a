/*
 * http.c: requests of HTTP, as text after one byte that chooses the API. Whatever
 * comes is explained: as acts with an effect, whose path is the one reading of it
 * (encoded anew it is read as the same) or in doubt, and then nothing is known of what
 * it does. A body that is read as JSON is JSON to jansson too, and so are the ids of a call, in one line.
 */
#include "law.h"

#include <jansson.h>

#include "action.h"
#include "base/arena.h"
#include "facts/http/call.h"
#include "facts/http/http.h"
#include "facts/json/json.h"
#include "facts/http/request.h"

static struct view_operation operations[] = {
	{ "one", "GET", "/a/{b}", EFFECT_READ }, { "two", "POST", "/a/*", EFFECT_CALL }, { "tools/call *", "", "", EFFECT_READ },
	{ "query *", "", "", EFFECT_DELETE },
};
static struct view_target target = {
	.name = "t", .protocol = PROTOCOL_HTTP, .port = 443, .hosts = (const char *[]){ "s3.example", "b.s3.example" },
	.host_count = 2, .operations = operations, .operation_count = COUNT(operations),
};

static bool
is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~/", c));
}

static void
check_path(struct span path, struct arena *arena)
{
	struct out again = out_new(16u << 20);
	struct view_target plain = target;
	struct wire_request request = { .method = SPAN("GET"), .host = SPAN("s3.example"), .body_length = 0 };
	struct action action;

	plain.api = API_REST;
	law(path.p[0] == '/' || span_is(path, "*"), "a path begins with a slash");
	law(!memmem(path.p, path.n, "//", 2) && !memmem(path.p, path.n, "/../", 4), "a path is canonical");
	for (size_t i = 0; i < path.n; i++) {
		if (is_unreserved(path.p[i]) || path.p[i] == '*' || (path.p[i] == '%' && i + 2 < path.n))
			out_u8(&again, path.p[i]);
		else
			out_printf(&again, "%%%02X", path.p[i]);
	}
	request.path = out_view(&again);
	law(http_explain(&plain, &request, arena, &action) == 0, "memory is enough");
	law(span_equal(action.http->path, path), "a path has one reading");
	law(action.http->upstream.n == 0, "and needs no other");
	out_free(&again);
}

static void
check_acts(const struct action *action, struct arena *arena)
{
	law(action->act_count > 0 && action->act_count <= HTTP_ACTS_MOST && action->http, "a request is an act");
	for (size_t i = 0; i < action->act_count; i++) {
		const struct act *act = &action->acts[i];

		law(act->effect < EFFECTS && act->http, "with an effect");
		law(act->column_count <= HTTP_COLUMNS_MOST, "and no more columns than can be told");
		if (act->http->path.n && target.api == API_REST)
			check_path(act->http->path, arena);
		else if (target.api == API_REST)
			law(act->effect == EFFECT_UNKNOWN && act->note.n, "a path in doubt is of unknown effect");
	}
}

static void
check_json(struct span text, struct arena *arena)
{
	struct json_tree tree;
	json_error_t error;
	json_t *json;

	law(json_read(text, arena, &tree) == 0, "memory is enough for JSON");
	if (tree.fault)
		return;
	json = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	law(json || json_error_code(&error) == json_error_numeric_overflow, "what is read as JSON is JSON");
	json_decref(json);
}

/* It is put into a line of an event, as the value of a member. */
static void
check_id(struct span id)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)id.p, id.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	law(json || json_error_code(&error) == json_error_numeric_overflow, "an id is JSON");
	law(!json || json_is_string(json) || json_is_number(json), "a text or a number");
	law(id.n <= HTTP_CALL_ID_MOST && !memchr(id.p, '\n', id.n) && !memchr(id.p, '\r', id.n), "and one short line");
	json_decref(json);
}

static void
check_call(struct span body, struct arena *arena)
{
	struct http_call call;

	if (!http_read_call(body, arena, &call))
		return;
	check_id(call.id);
	if (call.progress.n)
		check_id(call.progress);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	struct wire_request request;
	struct arena *arena;
	struct action action;
	uint8_t api;

	if (!take_u8(&in, &api))
		return 0;
	target.api = (enum view_api)(api % APIS);
	request = request_of(&target, in);
	arena = arena_new(128u << 20);
	law(http_explain(&target, &request, arena, &action) == 0, "memory is enough");
	check_acts(&action, arena);
	check_json(request.body, arena);
	check_call(request.body, arena);
	arena_free(&arena);
	return 0;
}
