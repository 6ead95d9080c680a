/* call.c: the ids of one request of JSON-RPC, written anew so that they are one line of JSON. */
#include "facts/http/call.h"

#include "base/arena.h"
#include "base/json.h"
#include "facts/json/json.h"

/* A text or a number; empty: it is another thing, or too long. */
static struct span
write_id(const struct json_value *value, struct arena *arena)
{
	struct out out = out_new(HTTP_CALL_ID_MOST);
	struct span copy = { 0 };

	if (value && value->kind == JSON_IS_TEXT)
		json_text(&out, value->text);
	else if (value && value->kind == JSON_IS_NUMBER)
		out_span(&out, value->text);
	if (!out.failed && out.n)
		copy = arena_copy(arena, out_view(&out));
	out_free(&out);
	return copy.p ? copy : span_of(NULL, 0);
}

static const struct json_value *
member_of(const struct json_tree *tree, const struct json_value *of, const char *name)
{
	return of && of->kind == JSON_IS_OBJECT ? json_member(tree, (uint32_t)(of - tree->values), name) : NULL;
}

bool
http_read_call(struct span body, struct arena *arena, struct http_call *out)
{
	struct http_call call = { 0 };
	const struct json_value *method, *meta;
	struct json_tree tree;

	if (json_read(body, arena, &tree) || tree.count == 0 || tree.values[0].kind != JSON_IS_OBJECT)
		return false;
	method = json_member(&tree, 0, "method");
	if (!method || method->kind != JSON_IS_TEXT)
		return false;
	call.method = method->text;
	call.id = write_id(json_member(&tree, 0, "id"), arena);
	meta = member_of(&tree, json_member(&tree, 0, "params"), "_meta");
	call.progress = write_id(member_of(&tree, meta, "progressToken"), arena);
	if (!call.id.n)
		return false;
	*out = call;
	return true;
}
