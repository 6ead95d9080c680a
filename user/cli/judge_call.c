/*
 * judge_call.c: a call of gRPC as a person types it. Its messages are written as JSON, one
 * behind the other, with the names of the target's descriptor set, and become what a client
 * would have sent.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/caseless.h"
#include "base/grpc.h"
#include "cli/judge_call.h"
#include "view/schema.h"
#include "wire.h"

#define BODY_MOST (1u << 20)

static bool put_message(const struct view_schema *, const struct view_message *, const json_t *, struct out *);

static const struct view_proto_field *
find_field(const struct view_message *message, const char *name)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (strcmp(message->fields[i].name, name) == 0)
			return &message->fields[i];
	return NULL;
}

static bool
enum_number(const struct view_enum *known, const char *name, uint64_t *number)
{
	for (size_t i = 0; i < known->value_count; i++)
		if (strcmp(known->values[i].name, name) == 0) {
			*number = (uint64_t)(int64_t)(int32_t)known->values[i].number;
			return true;
		}
	return false;
}

/* The bits of a number, as its type has them. */
static uint64_t
bits_of(enum view_proto proto, const json_t *json, int64_t whole)
{
	double real = json_number_value(json);
	float single = (float)real;
	uint64_t bits = (uint64_t)whole;
	uint32_t half;

	switch (proto) {
	case PROTO_DOUBLE:
		memcpy(&bits, &real, sizeof(bits));
		return bits;
	case PROTO_FLOAT:
		memcpy(&half, &single, sizeof(half));
		return half;
	case PROTO_SINT32:
	case PROTO_SINT64:
		return (uint64_t)whole << 1 ^ (whole < 0 ? UINT64_MAX : 0);
	default:
		return bits;
	}
}

static bool
put_number(const struct view_schema *schema, const struct view_proto_field *field, const json_t *json, struct out *out)
{
	enum protobuf_wire wire = schema_wire(field->proto);
	bool is_real = field->proto == PROTO_DOUBLE || field->proto == PROTO_FLOAT;
	uint64_t bits;

	if (field->proto == PROTO_BOOL && json_is_boolean(json))
		bits = json_is_true(json);
	else if (field->proto == PROTO_ENUM && json_is_string(json)) {
		if (!enum_number(&schema->enums[field->type], json_string_value(json), &bits))
			return false;
	} else if (is_real ? json_is_number(json) : json_is_integer(json))
		bits = bits_of(field->proto, json, json_integer_value(json));
	else
		return false;
	protobuf_put_tag(out, field->number, wire);
	if (wire == PROTOBUF_VARINT)
		protobuf_put_varint(out, bits);
	else
		protobuf_put_fixed(out, wire == PROTOBUF_FIXED64 ? 8 : 4, bits);
	return true;
}

static bool
put_inner(const struct view_schema *schema, const struct view_proto_field *field, const json_t *json, struct out *out)
{
	struct out inner = out_new(BODY_MOST);
	bool right = put_message(schema, schema_inner(schema, field), json, &inner) && !inner.failed;

	if (right && field->proto == PROTO_GROUP) {
		protobuf_put_tag(out, field->number, PROTOBUF_GROUP);
		out_span(out, out_view(&inner));
		protobuf_put_tag(out, field->number, PROTOBUF_GROUP_END);
	} else if (right) {
		protobuf_put_bytes(out, field->number, out_view(&inner));
	}
	out_free(&inner);
	return right;
}

static bool
put_value(const struct view_schema *schema, const struct view_proto_field *field, const json_t *json, struct out *out)
{
	if (schema_inner(schema, field))
		return put_inner(schema, field, json, out);
	if (schema_wire(field->proto) != PROTOBUF_LENGTH)
		return put_number(schema, field, json, out);
	if (!json_is_string(json))
		return false;
	protobuf_put_bytes(out, field->number, span_of(json_string_value(json), json_string_length(json)));
	return true;
}

/* {"key": value}: an entry each, whose key is a text. */
static bool
put_map(const struct view_schema *schema, const struct view_proto_field *field, json_t *json, struct out *out)
{
	const struct view_message *entry = &schema->messages[field->type];
	const char *key;
	json_t *value;

	if (!json_is_object(json) || entry->fields[0].proto != PROTO_STRING)
		return false;
	json_object_foreach(json, key, value) {
		struct out inner = out_new(BODY_MOST);
		bool right;

		protobuf_put_bytes(&inner, 1, span_text(key));
		right = put_value(schema, &entry->fields[1], value, &inner) && !inner.failed;
		if (right)
			protobuf_put_bytes(out, field->number, out_view(&inner));
		out_free(&inner);
		if (!right)
			return false;
	}
	return true;
}

static bool
put_field(const struct view_schema *schema, const struct view_proto_field *field, json_t *json, struct out *out)
{
	json_t *item;
	size_t i;

	if (schema_is_map(schema, field))
		return put_map(schema, field, json, out);
	if (!field->is_repeated)
		return put_value(schema, field, json, out);
	if (!json_is_array(json))
		return false;
	json_array_foreach(json, i, item)
		if (!put_value(schema, field, item, out))
			return false;
	return true;
}

static bool
put_message(const struct view_schema *schema, const struct view_message *message, const json_t *json, struct out *out)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return false;
	json_object_foreach((json_t *)(uintptr_t)json, name, value) {
		const struct view_proto_field *field = find_field(message, name);

		if (!field || !put_field(schema, field, value, out))
			return false;
	}
	return true;
}

/* All of them, framed; none is written: one without fields. */
static bool
put_messages(const struct view_schema *schema, const struct view_message *message, struct span text, struct out *out)
{
	struct out one = out_new(BODY_MOST);
	bool right = true;

	do {
		json_error_t error;
		json_t *json = text.n ? json_loadb((const char *)text.p, text.n, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES,
		    &error) : json_object();

		out_clear(&one);
		right = json && put_message(schema, message, json, &one) && !one.failed;
		if (right)
			grpc_put(out, 0, out_view(&one));
		json_decref(json);
		text = span_skip(text, right && text.n ? (size_t)error.position : text.n);
		while (text.n && text.p[0] <= ' ')
			text = span_skip(text, 1);
	} while (right && text.n);
	out_free(&one);
	return right && !out->failed;
}

static bool
has_type(const struct wire_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (caseless_equal(request->headers[i].name, SPAN("content-type")))
			return true;
	return false;
}

bool
judge_call(const struct view_target *target, struct wire_request *request, struct wire_pair *headers, struct arena *arena)
{
	const struct view_method *method;
	struct out body;
	bool right;

	if (target->api != API_GRPC || has_type(request) || request->header_count == WIRE_HEADERS_MAX)
		return true;
	headers[request->header_count++] = (struct wire_pair){ SPAN("content-type"), SPAN("application/grpc") };
	method = schema_method(&target->schema, span_skip(request->path, 1));
	if (!method)
		return true;
	body = out_new(BODY_MOST);
	right = put_messages(&target->schema, &target->schema.messages[method->input], request->body, &body);
	if (right)
		request->body = arena_copy(arena, out_view(&body));
	out_free(&body);
	return right && request->body.p;
}
