/*
 * proto.h: a small descriptor set, and messages written as text: "2:'4111' 7:5 3:{1:'x'}"
 * are fields by their numbers: a text, a varint, a message, (a group), %a fixed64.
 */
#ifndef TEST_PROTO_H
#define TEST_PROTO_H

#include <stdlib.h>

#include "base/protobuf.h"
#include "check.h"
#include "view.h"

enum { T_ANY, T_ENTRY, T_INNER, T_OUTER };

static struct view_proto_field proto_any[] = {
	{ .number = 1, .name = "type_url", .proto = PROTO_STRING, .is_implicit = true },
	{ .number = 2, .name = "value", .proto = PROTO_BYTES, .is_implicit = true },
};
static struct view_proto_field proto_entry[] = {
	{ .number = 1, .name = "key", .proto = PROTO_STRING }, { .number = 2, .name = "value", .proto = PROTO_STRING },
};
static struct view_proto_field proto_inner[] = {
	{ .number = 1, .name = "card", .proto = PROTO_STRING },
	{ .number = 2, .name = "n", .proto = PROTO_INT64, .is_implicit = true },
	{ .number = 3, .name = "deep", .proto = PROTO_MESSAGE, .type = T_INNER },
};
static struct view_proto_field proto_outer[] = {
	{ .number = 1, .name = "name", .proto = PROTO_STRING },
	{ .number = 2, .name = "card", .proto = PROTO_STRING },
	{ .number = 3, .name = "inner", .proto = PROTO_MESSAGE, .type = T_INNER },
	{ .number = 4, .name = "items", .proto = PROTO_MESSAGE, .type = T_INNER, .is_repeated = true },
	{ .number = 5, .name = "notes", .proto = PROTO_MESSAGE, .type = T_ENTRY, .is_repeated = true },
	{ .number = 6, .name = "raw", .proto = PROTO_BYTES },
	{ .number = 7, .name = "account", .proto = PROTO_INT64 },
	{ .number = 8, .name = "kind", .proto = PROTO_ENUM, .type = 0 },
	{ .number = 9, .name = "numbers", .proto = PROTO_UINT64, .is_repeated = true },
	{ .number = 10, .name = "any", .proto = PROTO_MESSAGE, .type = T_ANY },
	{ .number = 11, .name = "a", .proto = PROTO_STRING, .oneof = 1 },
	{ .number = 12, .name = "b", .proto = PROTO_STRING, .oneof = 1 },
	{ .number = 13, .name = "group", .proto = PROTO_GROUP, .type = T_INNER },
	{ .number = 14, .name = "amount", .proto = PROTO_DOUBLE },
	{ .number = 15, .name = "flag", .proto = PROTO_BOOL },
	{ .number = 16, .name = "tags", .proto = PROTO_STRING, .is_repeated = true },
};
#define FIELDS_OF(table) .fields = table, .field_count = COUNT(table)
static struct view_message proto_messages[] = {
	[T_ANY] = { .name = "google.protobuf.Any", FIELDS_OF(proto_any) },
	[T_ENTRY] = { .name = "t.Entry", FIELDS_OF(proto_entry), .is_map_entry = true },
	[T_INNER] = { .name = "t.Inner", FIELDS_OF(proto_inner) },
	[T_OUTER] = { .name = "t.Outer", FIELDS_OF(proto_outer) },
};
static struct view_enum_value proto_values[] = { { 0, "NONE" }, { 1, "ADMIN" } };
static struct view_enum proto_enums[] = { { proto_values, COUNT(proto_values) } };
static struct view_method proto_methods[] = {
	{ .name = "t.S/Any", .input = T_ANY, .output = T_ANY },
	{ .name = "t.S/Get", .input = T_OUTER, .output = T_OUTER, .is_read = true },
	{ .name = "t.S/Inner", .input = T_INNER, .output = T_INNER },
	{ .name = "t.S/Many", .input = T_OUTER, .output = T_OUTER, .has_many_asks = true },
};
static const struct view_schema proto_schema = {
	.messages = proto_messages, .message_count = COUNT(proto_messages), .enums = proto_enums, .enum_count = COUNT(proto_enums),
	.methods = proto_methods, .method_count = COUNT(proto_methods),
};

static const char *proto_put(const char *text, char end, struct out *out);

static const char *
proto_put_one(const char *p, struct out *out)
{
	uint32_t number = (uint32_t)strtoul(p, (char **)(uintptr_t)&p, 10);
	struct out inner = out_new(1 << 24);

	p++;	/* ':' */
	if (*p == '\'') {
		size_t n = strcspn(p + 1, "'");

		protobuf_put_bytes(out, number, span_of(p + 1, n));
		p += n + 2;
	} else if (*p == '{') {
		p = proto_put(p + 1, '}', &inner);
		protobuf_put_bytes(out, number, out_view(&inner));
	} else if (*p == '(') {
		protobuf_put_tag(out, number, PROTOBUF_GROUP);
		p = proto_put(p + 1, ')', out);
		protobuf_put_tag(out, number, PROTOBUF_GROUP_END);
	} else if (*p == '%') {
		double value = strtod(p + 1, (char **)(uintptr_t)&p);
		uint64_t bits;

		memcpy(&bits, &value, sizeof(bits));
		protobuf_put_tag(out, number, PROTOBUF_FIXED64);
		protobuf_put_fixed(out, 8, bits);
	} else {
		protobuf_put_tag(out, number, PROTOBUF_VARINT);
		protobuf_put_varint(out, strtoull(p, (char **)(uintptr_t)&p, 10));
	}
	out_free(&inner);
	return p;
}

static const char *
proto_put(const char *text, char end, struct out *out)
{
	while (*text && *text != end)
		text = *text == ' ' ? text + 1 : proto_put_one(text, out);
	return *text ? text + 1 : text;
}

/* Before an unreadable page: see check.h. */
__attribute__((unused)) static struct span
proto_of(const char *text)
{
	struct out out = out_new(1 << 24);
	struct span copy;

	proto_put(text, '\0', &out);
	copy = on_cliff(out_view(&out));
	out_free(&out);
	return copy;
}

#endif
