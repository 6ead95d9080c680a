/* schema.c: names by halves, since sets have thousands; numbers of a message too. */
#include "view/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int
compare(struct span a, const char *text)
{
	struct span b = span_text(text);
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int
by_method(const void *key, const void *row)
{
	return compare(*(const struct span *)key, ((const struct view_method *)row)->name);
}

static int
by_message(const void *key, const void *row)
{
	return compare(*(const struct span *)key, ((const struct view_message *)row)->name);
}

static int
by_number(const void *key, const void *row)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct view_proto_field *)row)->number;

	return (a > b) - (a < b);
}

const struct view_method *
schema_method(const struct view_schema *schema, struct span name)
{
	if (!schema->method_count)
		return NULL;
	return bsearch(&name, schema->methods, schema->method_count, sizeof(*schema->methods), by_method);
}

const struct view_message *
schema_message(const struct view_schema *schema, struct span name)
{
	if (!schema->message_count)
		return NULL;
	return bsearch(&name, schema->messages, schema->message_count, sizeof(*schema->messages), by_message);
}

const struct view_proto_field *
schema_field(const struct view_message *message, uint32_t number)
{
	if (number - 1 < message->field_count && message->fields[number - 1].number == number)
		return &message->fields[number - 1];
	if (!message->field_count)
		return NULL;
	return bsearch(&number, message->fields, message->field_count, sizeof(*message->fields), by_number);
}

struct span
schema_value(const struct view_enum *known, uint64_t number)
{
	for (size_t i = 0; i < known->value_count; i++)
		if (known->values[i].number == (uint32_t)number)
			return span_text(known->values[i].name);
	return SPAN("");
}

enum protobuf_wire
schema_wire(enum view_proto proto)
{
	switch (proto) {
	case PROTO_DOUBLE:
	case PROTO_FIXED64:
	case PROTO_SFIXED64:
		return PROTOBUF_FIXED64;
	case PROTO_FLOAT:
	case PROTO_FIXED32:
	case PROTO_SFIXED32:
		return PROTOBUF_FIXED32;
	case PROTO_STRING:
	case PROTO_BYTES:
	case PROTO_MESSAGE:
		return PROTOBUF_LENGTH;
	case PROTO_GROUP:
		return PROTOBUF_GROUP;
	default:
		return PROTOBUF_VARINT;
	}
}

bool
schema_fits(const struct view_proto_field *field, enum protobuf_wire wire, bool *is_packed)
{
	enum protobuf_wire own = schema_wire(field->proto);

	*is_packed = wire != own && wire == PROTOBUF_LENGTH && own != PROTOBUF_GROUP && field->is_repeated;
	return wire == own || *is_packed;
}

const struct view_message *
schema_inner(const struct view_schema *schema, const struct view_proto_field *field)
{
	return field->proto == PROTO_MESSAGE || field->proto == PROTO_GROUP ? &schema->messages[field->type] : NULL;
}

bool
schema_is_map(const struct view_schema *schema, const struct view_proto_field *field)
{
	return field->proto == PROTO_MESSAGE && field->is_repeated && schema->messages[field->type].is_map_entry;
}

bool
schema_is_any(const struct view_message *message)
{
	return strcmp(message->name, "google.protobuf.Any") == 0;
}

/* The name behind the last slash of "type.googleapis.com/shop.Order". */
static struct span
type_of(struct span url)
{
	for (size_t i = url.n; i-- > 0;)
		if (url.p[i] == '/')
			return span_skip(url, i + 1);
	return SPAN("");
}

bool
schema_read_any(const struct view_schema *schema, struct span any, const struct view_message **message, struct span *content)
{
	struct span url = SPAN(""), value = SPAN("");
	struct protobuf_field field;
	size_t urls = 0, values = 0;
	enum protobuf_step step;

	while ((step = protobuf_next(&any, &field)) == PROTOBUF_FIELD) {
		if (field.wire != PROTOBUF_LENGTH || field.number > 2)
			return false;
		*(field.number == 1 ? &url : &value) = field.bytes;
		*(field.number == 1 ? &urls : &values) += 1;
	}
	if (step == PROTOBUF_BAD || urls > 1 || values > 1)
		return false;
	*content = value;
	*message = schema_message(schema, type_of(url));
	return *message || (!urls && !values);
}

/* ---- numbers ------------------------------------------------------------------------------ */

/* As few digits as tell it; a whole number without an exponent, which would hide a card. */
static void
write_real(double value, bool is_single, struct out *out)
{
	int digits = is_single ? 6 : 15, most = is_single ? 9 : 17;
	char text[40];

	if (__builtin_isnan(value) || __builtin_isinf(value)) {
		out_printf(out, __builtin_isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
		return;
	}
	if (value > -1e18 && value < 1e18 && (double)(int64_t)value == value) {
		out_printf(out, "%" PRId64, (int64_t)value);
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*g", digits, value);
	while (digits++ < most && (is_single ? (double)strtof(text, NULL) : strtod(text, NULL)) != value);
	out_span(out, span_text(text));
}

static void
write_point(const struct view_proto_field *field, uint64_t value, struct out *out)
{
	uint32_t bits = (uint32_t)value;
	double real;
	float single;

	if (field->proto == PROTO_DOUBLE) {
		memcpy(&real, &value, sizeof(real));
		write_real(real, false, out);
	} else {
		memcpy(&single, &bits, sizeof(single));
		write_real((double)single, true, out);
	}
}

void
schema_write_number(const struct view_schema *schema, const struct view_proto_field *field, uint64_t value, struct out *out)
{
	struct span name = { 0 };

	switch (field->proto) {
	case PROTO_DOUBLE:
	case PROTO_FLOAT:
		write_point(field, value, out);
		return;
	case PROTO_ENUM:
		name = schema_value(&schema->enums[field->type], value);
		if (name.n) {
			out_span(out, name);
			return;
		}
		/* fall through */
	case PROTO_INT32:
	case PROTO_SFIXED32:
		out_printf(out, "%" PRId32, (int32_t)(uint32_t)value);
		return;
	case PROTO_SINT32:
		out_printf(out, "%" PRId32, (int32_t)protobuf_zigzag((uint32_t)value));
		return;
	case PROTO_INT64:
	case PROTO_SFIXED64:
		out_printf(out, "%" PRId64, (int64_t)value);
		return;
	case PROTO_SINT64:
		out_printf(out, "%" PRId64, protobuf_zigzag(value));
		return;
	case PROTO_BOOL:
		if (value > 1)	/* some read 32 bits of it, others all */
			out_printf(out, "%" PRIu64, value);
		else
			out_printf(out, value ? "true" : "false");
		return;
	case PROTO_UINT32:
	case PROTO_FIXED32:
		out_printf(out, "%" PRIu32, (uint32_t)value);
		return;
	default:
		out_printf(out, "%" PRIu64, value);
		return;
	}
}

bool
schema_take_packed(enum view_proto proto, struct span *in, uint64_t *value)
{
	switch (schema_wire(proto)) {
	case PROTOBUF_VARINT:
		return protobuf_take_varint(in, value);
	case PROTOBUF_FIXED64:
		return protobuf_take_fixed(in, 8, value);
	case PROTOBUF_FIXED32:
		return protobuf_take_fixed(in, 4, value);
	default:
		return false;
	}
}

/* ---- as it was read ------------------------------------------------------------------------- */

static bool
field_is_right(const struct view_schema *schema, const struct view_proto_field *field)
{
	bool is_message = field->proto == PROTO_MESSAGE || field->proto == PROTO_GROUP;

	if (field->proto == PROTO_NONE || field->proto >= PROTOS || !field->name[0])
		return false;
	if (field->proto == PROTO_ENUM)
		return field->type < schema->enum_count;
	return !is_message || field->type < schema->message_count;
}

/* A map's entry has a key, which is no message, and a value. */
static bool
message_is_right(const struct view_schema *schema, const struct view_message *message)
{
	const struct view_proto_field *fields = message->fields;

	for (size_t i = 0; i < message->field_count; i++)
		if (!field_is_right(schema, &fields[i]) || fields[i].number == 0 ||
		    (i && fields[i].number <= fields[i - 1].number))
			return false;
	return !message->is_map_entry || (message->field_count == 2 && fields[0].number == 1 && fields[1].number == 2 &&
	    !schema_inner(schema, &fields[0]) && !fields[0].is_repeated && !fields[1].is_repeated);
}

bool
schema_is_right(const struct view_schema *schema)
{
	for (size_t i = 0; i < schema->message_count; i++)
		if (!message_is_right(schema, &schema->messages[i]) ||
		    (i && strcmp(schema->messages[i - 1].name, schema->messages[i].name) >= 0))
			return false;
	for (size_t i = 0; i < schema->enum_count; i++)
		if (!schema->enums[i].value_count)
			return false;
	for (size_t i = 0; i < schema->method_count; i++)
		if (schema->methods[i].input >= schema->message_count || schema->methods[i].output >= schema->message_count ||
		    (i && strcmp(schema->methods[i - 1].name, schema->methods[i].name) >= 0))
			return false;
	return true;
}
