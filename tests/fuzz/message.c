/*
 * message.c: messages of protobuf, through masks and as the fields of a call. An input is
 * masks, and a message. What nothing touches is byte for byte as it came; what is written is
 * a message again, of which masks leave what they have left; as text it is JSON; and who
 * reads its fields and who masks it agree on whether it is one.
 */
#include "law.h"

#include <jansson.h>

#include "action.h"
#include "base/arena.h"
#include "base/grpc.h"
#include "facts/http/http.h"
#include "mask/mask.h"
#include "mask/message.h"
#include "proto.h"
#include "view/schema.h"
#include "wire.h"

#define BIT(n) (1u << (n))

static const char *const named[] = { "card", "inner.**", "notes.k", "numbers", "raw" };
static const char *const deep[] = { "**.card", "items[].n", "any.*" };
static struct view_mask masks[] = {
	{ .name = "all", .pattern = "", .detectors = BIT(DETECT_PATTERN) - 1 },
	{ .name = "card", .pattern = "", .detectors = BIT(DETECT_CARD), .way = WAY_PARTIAL, .keep = 4 },
	{ .name = "named", .pattern = "", .fields = (const char **)named, .field_count = COUNT(named) },
	{ .name = "deep", .pattern = "", .fields = (const char **)deep, .field_count = COUNT(deep), .way = WAY_NULL },
	{ .name = "none", .pattern = "", .fields = (const char *[]){ "no such key" }, .field_count = 1 },
};
#define NONE 4	/* the mask that touches nothing */
static const struct view_worker view = { .masks = masks, .mask_count = COUNT(masks) };
static struct view_target target = {
	.name = "t", .protocol = PROTOCOL_HTTP, .port = 443, .hosts = (const char *[]){ "a.example" }, .host_count = 1, .api = API_GRPC,
};

static const struct mask_set *
the_set(void)
{
	static const uint8_t keys[COUNT(masks)][MASK_KEY_SIZE];
	static struct mask_set *set;

	if (!set && mask_set_new(&set, &view, keys))
		abort();
	return set;
}

static bool
run(uint64_t active, struct span in, struct out *out, bool *edited)
{
	struct mask_message *mask = NULL;
	struct mask_tally tally = { 0 };
	bool right;

	*out = out_new(1 << 26);
	*edited = false;
	if (mask_message_new(&mask, the_set(), active, &proto_schema))
		abort();
	right = mask_message_put(mask, &proto_messages[T_OUTER], in, out, edited, &tally);
	law(right == !*mask_message_error(mask), "an error says what was wrong");
	mask_message_free(&mask);
	return right;
}

static bool
is_well_formed(struct span in)
{
	struct protobuf_field field;
	enum protobuf_step step;

	while ((step = protobuf_next(&in, &field)) == PROTOBUF_FIELD)
		;
	return step == PROTOBUF_END;
}

/* As the one message of a call. */
static enum effect
explain(struct span message, bool *is_open)
{
	static struct wire_pair headers[] = { { SPAN("Content-Type"), SPAN("application/grpc") } };
	struct wire_request request = { .method = SPAN("POST"), .host = SPAN("a.example"), .path = SPAN("/t.S/Get"),
		.headers = headers, .header_count = 1, .body_length = UINT64_MAX };
	struct arena *arena = arena_new(256u << 20);
	struct out body = out_new(1 << 26), text = out_new(1 << 26);
	struct action action;
	enum effect effect;
	json_t *json;

	target.schema = proto_schema;
	grpc_put(&body, 0, message);
	request.body = out_view(&body);
	law(http_explain(&target, &request, arena, &action) == 0, "memory is enough");
	law(action.act_count == 1 && action.acts[0].http, "a call of one message is an act");
	effect = action.acts[0].effect;
	*is_open = action.acts[0].http->places[HTTP_FIELD].is_open;
	if (http_write_messages(&target, request.path, request.body, false, &text)) {
		json_error_t error;

		json = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, &error);
		law(json || json_error_code(&error) == json_error_numeric_overflow ||
		    json_error_code(&error) == json_error_null_byte_in_key, "what people see is JSON");
		json_decref(json);
	}
	arena_free(&arena);
	out_free(&body);
	out_free(&text);
	return effect;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	uint8_t active = 0;
	struct out out, again;
	bool edited, is_open;

	take_u8(&in, &active);
	if (run(active & (BIT(NONE) - 1), in, &out, &edited)) {
		law(edited || span_equal(in, out_view(&out)), "what is not masked is byte for byte as it came");
		law(is_well_formed(out_view(&out)), "what is written is a message");
		law(run(BIT(NONE), out_view(&out), &again, &edited) && !edited && span_equal(out_view(&out), out_view(&again)),
		    "of its type, and nothing else is changed");
		out_free(&again);
	}
	out_free(&out);
	if (explain(in, &is_open) == EFFECT_READ && !is_open)
		law(run(BIT(NONE), in, &out, &edited) && !edited, "what is read as fields can be masked");
	else
		(void)run(BIT(NONE), in, &out, &edited);
	out_free(&out);
	return 0;
}
