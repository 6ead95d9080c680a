/*
 * message_text.c: messages of gRPC as JSON, a line each, for people and the ledger.
 * In the order in which they came, so that another message is another text: what the set
 * does not have stands by its number, what is no text in base 64. The fields of an Any stand in its place, so that the
 * same masks name them as in a message. For a record of what is masked bytes in which nobody can look are left out.
 */
#include <inttypes.h>

#include "base/base64.h"
#include "base/grpc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "facts/http/http.h"
#include "view/schema.h"

#define NUMBER_MOST 4096	/* characters of a number, or of an enum's name */

struct writing {
	const struct view_schema *schema;
	struct out *out;
	bool leaves_bytes_out;
	unsigned int depth;
};

static bool write_message(struct writing *, const struct view_message *, struct span in);

static void
write_bytes(const struct writing *writing, struct span bytes, bool is_text)
{
	struct out *out = writing->out;

	if (is_text) {
		json_text(out, bytes);
		return;
	}
	if (writing->leaves_bytes_out) {
		out_printf(out, "\"[%zu bytes]\"", bytes.n);
		return;
	}
	out_span(out, SPAN("\"base64:"));
	base64_write(out, bytes);
	out_u8(out, '"');
}

static void
write_number(struct writing *writing, const struct view_proto_field *field, uint64_t value)
{
	struct out text = out_new(NUMBER_MOST);
	bool is_bare;

	schema_write_number(writing->schema, field, value, &text);
	is_bare = field->proto == PROTO_BOOL || (text.n && text.p[text.n - 1] >= '0' && text.p[text.n - 1] <= '9' &&
	    field->proto != PROTO_ENUM);
	if (is_bare)
		out_span(writing->out, out_view(&text));
	else
		json_text(writing->out, out_view(&text));
	out_free(&text);
}

static bool
write_packed(struct writing *writing, const struct view_proto_field *field, struct span in)
{
	uint64_t value;

	if (!in.n)
		out_span(writing->out, SPAN("null"));
	for (bool is_first = true; in.n; is_first = false) {
		if (!schema_take_packed(field->proto, &in, &value))
			return false;
		if (!is_first)
			out_u8(writing->out, ',');
		write_number(writing, field, value);
	}
	return true;
}

static bool
write_value(struct writing *writing, const struct view_proto_field *field, const struct protobuf_field *value)
{
	const struct view_message *inner = schema_inner(writing->schema, field);
	bool is_packed;

	if (!schema_fits(field, value->wire, &is_packed))
		return false;
	if (is_packed)
		return write_packed(writing, field, value->bytes);
	if (inner)
		return write_message(writing, inner, value->bytes);
	if (value->wire == PROTOBUF_LENGTH)
		write_bytes(writing, value->bytes, utf8_is_valid(value->bytes));
	else
		write_number(writing, field, value->value);
	return true;
}

/* {"key":value} */
static bool
write_entry(struct writing *writing, const struct view_proto_field *field, struct span in)
{
	const struct view_message *entry = &writing->schema->messages[field->type];
	struct protobuf_field key = { .wire = schema_wire(entry->fields[0].proto) }, value = { 0 }, part;
	struct out text = out_new(NUMBER_MOST);

	while (protobuf_next(&in, &part) == PROTOBUF_FIELD) {
		struct protobuf_field *to = part.number == 1 ? &key : &value;

		if (part.number > 2 || to->number)
			return false;	/* another would be shown than is read */
		*to = part;
	}
	if (in.n || key.wire != schema_wire(entry->fields[0].proto))
		return false;
	if (key.wire != PROTOBUF_LENGTH)
		schema_write_number(writing->schema, &entry->fields[0], key.value, &text);
	json_text(writing->out, key.wire == PROTOBUF_LENGTH ? key.bytes : out_view(&text));
	out_free(&text);
	out_u8(writing->out, ':');
	if (value.number)
		return write_value(writing, &entry->fields[1], &value);
	out_span(writing->out, SPAN("null"));
	return true;
}

static void
write_unknown(const struct writing *writing, const struct protobuf_field *value)
{
	struct out *out = writing->out;

	out_printf(out, "\"#%" PRIu32 "\":", value->number);
	if (value->wire == PROTOBUF_LENGTH || value->wire == PROTOBUF_GROUP)
		write_bytes(writing, value->bytes, !writing->leaves_bytes_out && utf8_is_valid(value->bytes));
	else
		out_printf(out, "%" PRIu64, value->value);
}

/* One after the other; those of a list or a map that stand together are one. */
static bool
write_fields(struct writing *writing, const struct view_message *message, struct span in, const char *between)
{
	const struct view_proto_field *open = NULL, *field;
	struct protobuf_field value;
	enum protobuf_step step;

	while ((step = protobuf_next(&in, &value)) == PROTOBUF_FIELD) {
		bool is_map, right;

		field = schema_field(message, value.number);
		is_map = field && schema_is_map(writing->schema, field);
		if (open && open != field)
			out_u8(writing->out, schema_is_map(writing->schema, open) ? '}' : ']');
		out_span(writing->out, span_text(between));
		between = ",";
		if (!field) {
			open = NULL;
			write_unknown(writing, &value);
			continue;
		}
		if (open != field) {
			json_text(writing->out, span_text(field->name));
			out_span(writing->out, is_map ? SPAN(":{") : field->is_repeated ? SPAN(":[") : SPAN(":"));
		}
		open = field->is_repeated ? field : NULL;
		right = is_map ? value.wire == PROTOBUF_LENGTH && write_entry(writing, field, value.bytes) :
		    write_value(writing, field, &value);
		if (!right)
			return false;
	}
	if (open)
		out_u8(writing->out, schema_is_map(writing->schema, open) ? '}' : ']');
	return step == PROTOBUF_END;
}

static bool
write_content(struct writing *writing, const struct view_message *message, struct span in, const char *between)
{
	const struct view_message *inner;
	struct span content;
	bool right;

	if (!schema_is_any(message))
		return write_fields(writing, message, in, between);
	if (!schema_read_any(writing->schema, in, &inner, &content))
		return !writing->leaves_bytes_out && write_fields(writing, message, in, between);
	if (!inner)
		return true;
	if (writing->depth == PROTOBUF_DEPTH_MOST)
		return false;
	writing->depth++;
	out_printf(writing->out, "%s\"@type\":", between);
	json_text(writing->out, span_text(inner->name));
	right = write_content(writing, inner, content, ",");
	writing->depth--;
	return right;
}

static bool
write_message(struct writing *writing, const struct view_message *message, struct span in)
{
	bool right;

	if (writing->depth == PROTOBUF_DEPTH_MOST)
		return false;
	writing->depth++;
	out_u8(writing->out, '{');
	right = write_content(writing, message, in, "");
	out_u8(writing->out, '}');
	writing->depth--;
	return right;
}

bool
http_write_messages(const struct view_target *target, struct span path, struct span body, bool leaves_bytes_out, struct out *out)
{
	struct writing writing = { .schema = &target->schema, .out = out, .leaves_bytes_out = leaves_bytes_out };
	const struct view_method *method = schema_method(&target->schema, span_skip(path, 1));
	struct grpc_frame frame;
	enum grpc_step step = GRPC_FRAME;

	if (!method)
		return false;
	while (body.n && (step = grpc_next(&body, GRPC_MESSAGE_MOST, &frame)) == GRPC_FRAME) {
		if (frame.flags || !write_message(&writing, &target->schema.messages[method->input], frame.message))
			return false;
		out_u8(out, '\n');
	}
	return step != GRPC_BAD && !out->failed;
}
