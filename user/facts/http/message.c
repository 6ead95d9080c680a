/*
 * message.c: the names a message of Protocol Buffers has, as those of a JSON body: fields
 * by their names in the set ("customer.name", "items[].card"), of a map by its keys, of an
 * Any as if they stood in its place; a field that the set does not have by its number
 * ("#7"). Where readers could differ on what is said it is no message: a field twice that
 * may be there once, two of a oneof, a value of another type than the set's, a truth of more than a bit.
 */
#include <stdio.h>

#include "base/must.h"
#include "base/utf8.h"
#include "facts/http/http.h"
#include "facts/http/inside.h"
#include "view/schema.h"

#define PATH_MOST 512		/* bytes of a name */
#define NUMBER_MOST 400		/* characters of a number */

struct reading {
	struct explaining *explaining;
	const struct view_schema *schema;
	struct pairs *pairs;
	unsigned int depth;
	const char *why;
};

static void read_fields(struct reading *, const struct view_message *, struct span in, struct span outer);

static bool
fail(struct reading *reading, const char *why)
{
	if (!reading->why)
		reading->why = why;
	return false;
}

static struct span
path_of(struct reading *reading, struct span outer, const char *between, struct span name)
{
	size_t n = outer.n + strlen(between) + name.n;
	uint8_t *p = n <= PATH_MOST ? http_take(reading->explaining, n + 1) : NULL;

	if (!p) {
		reading->pairs->is_open = true;
		return SPAN("");
	}
	if (outer.n)
		memcpy(p, outer.p, outer.n);
	memcpy(p + outer.n, between, strlen(between));
	if (name.n)
		memcpy(p + n - name.n, name.p, name.n);
	return span_of(p, n);
}

static void
add(struct reading *reading, struct span path, struct span value, enum http_form form, bool is_default)
{
	struct pairs *pairs = reading->pairs;

	if (!path.n || pairs->n == HTTP_PAIRS_MOST)
		pairs->is_open = true;
	else
		pairs_add(reading->explaining, pairs, (struct http_pair){ .name = path, .value = value, .form = form,
		    .is_default = is_default });
}

static struct span
text_of_number(struct reading *reading, const struct view_proto_field *field, uint64_t value)
{
	struct out text = out_new(NUMBER_MOST + HTTP_NAME_MOST * 4);
	struct span copy;

	if (field->proto == PROTO_BOOL && value > 1)
		(void)fail(reading, "its message has a truth that is neither true nor false");
	schema_write_number(reading->schema, field, value, &text);
	copy = http_copy(reading->explaining, out_view(&text));
	out_free(&text);
	return copy;
}

static void
add_number(struct reading *reading, const struct view_proto_field *field, struct span path, uint64_t value, bool is_default)
{
	bool is_named = field->proto == PROTO_ENUM && schema_value(&reading->schema->enums[field->type], value).n;

	add(reading, path, text_of_number(reading, field, value), is_named ? HTTP_TEXT : HTTP_OTHER, is_default);
}

static bool
add_packed(struct reading *reading, const struct view_proto_field *field, struct span path, struct span in)
{
	uint64_t value;

	while (in.n && !reading->pairs->is_open) {
		if (!schema_take_packed(field->proto, &in, &value))
			return fail(reading, "its message has a list of numbers that is cut");
		add_number(reading, field, path, value, false);
	}
	return true;
}

/* The fields of a message, a group or an Any at `path`. */
static void
read_content(struct reading *reading, const struct view_message *message, struct span in, struct span path)
{
	const struct view_message *inner;
	struct span content;

	if (!schema_is_any(message)) {
		read_fields(reading, message, in, path);
		return;
	}
	if (!schema_read_any(reading->schema, in, &inner, &content)) {
		reading->pairs->is_open = true;
		return;
	}
	if (!inner)
		return;
	if (reading->depth == PROTOBUF_DEPTH_MOST) {
		(void)fail(reading, "its message is nested too deep");
		return;
	}
	reading->depth++;
	add(reading, path_of(reading, path, path.n ? "." : "", SPAN("@type")), span_text(inner->name), HTTP_TEXT, false);
	read_content(reading, inner, content, path);
	reading->depth--;
}

static bool
add_value(struct reading *reading, const struct view_proto_field *field, struct span path, const struct protobuf_field *value)
{
	const struct view_message *inner = schema_inner(reading->schema, field);
	bool is_text = field->proto == PROTO_STRING;

	if (inner) {
		add(reading, path, SPAN(""), HTTP_OPAQUE, false);
		read_content(reading, inner, value->bytes, path);
	} else if (is_text || field->proto == PROTO_BYTES) {
		bool is_utf8 = utf8_is_valid(value->bytes);

		if (is_text && !is_utf8)
			return fail(reading, "its message has a text that is not UTF-8");
		add(reading, path, value->bytes, is_utf8 ? HTTP_TEXT : HTTP_OPAQUE, false);
	} else {
		add_number(reading, field, path, value->value, false);
	}
	return true;
}

/* ---- maps ------------------------------------------------------------------------------------ */

/* An entry: its key is a part of its value's path. One without a value has the type's zero. */
static bool
add_entry(struct reading *reading, const struct view_proto_field *field, struct span path, struct span in)
{
	const struct view_message *entry = &reading->schema->messages[field->type];
	struct protobuf_field parts[2] = { 0 }, part;
	bool has[2] = { false, false }, is_packed;
	enum protobuf_step step;
	struct span key;

	while ((step = protobuf_next(&in, &part)) == PROTOBUF_FIELD) {
		uint32_t i = part.number - 1;

		if (i > 1 || has[i] || !schema_fits(&entry->fields[i], part.wire, &is_packed))
			return fail(reading, "its message has a map with an entry that is none");
		has[i] = true;
		parts[i] = part;
	}
	if (step == PROTOBUF_BAD)
		return fail(reading, "its message has a map with an entry that is cut");
	key = entry->fields[0].proto == PROTO_STRING ? parts[0].bytes : text_of_number(reading, &entry->fields[0], parts[0].value);
	if (!utf8_is_valid(key))
		return fail(reading, "its message has a text that is not UTF-8");
	return add_value(reading, &entry->fields[1], path_of(reading, path, ".", key), &parts[1]);
}

/* ---- fields ------------------------------------------------------------------------------------- */

/* What was seen of one message. */
struct seen {
	const struct view_message *message;
	bool *fields;		/* by their places in it */
};

/* May it be there once more? False: readers could differ. */
static bool
note(struct reading *reading, struct seen *seen, const struct view_proto_field *field)
{
	const struct view_message *message = seen->message;

	if (seen->fields[field - message->fields])
		return field->is_repeated || fail(reading, "its message has a field twice that may be there once");
	seen->fields[field - message->fields] = true;
	for (size_t i = 0; field->oneof && i < message->field_count; i++)
		if (&message->fields[i] != field && message->fields[i].oneof == field->oneof && seen->fields[i])
			return fail(reading, "its message has two fields of which one may be there");
	return true;
}

static bool
read_field(struct reading *reading, struct seen *seen, const struct protobuf_field *value, struct span outer)
{
	const struct view_proto_field *field = schema_field(seen->message, value->number);
	struct span path, item;
	char number[16];
	bool is_packed, is_first;

	if (!field) {
		snprintf(number, sizeof(number), "#%u", value->number);
		add(reading, path_of(reading, outer, outer.n ? "." : "", span_text(number)), SPAN(""), HTTP_OPAQUE, false);
		return true;
	}
	if (!schema_fits(field, value->wire, &is_packed))
		return fail(reading, "its message has a field of another type than the set's");
	is_first = !seen->fields[field - seen->message->fields];
	if (!note(reading, seen, field))
		return false;
	path = path_of(reading, outer, outer.n ? "." : "", span_text(field->name));
	if (field->is_repeated && is_first)
		add(reading, path, SPAN(""), HTTP_OPAQUE, false);
	if (schema_is_map(reading->schema, field))
		return add_entry(reading, field, path, value->bytes);
	item = field->is_repeated ? path_of(reading, path, "[]", SPAN("")) : path;
	return is_packed ? add_packed(reading, field, item, value->bytes) : add_value(reading, field, item, value);
}

/* Fields that are not there, and are as good as zero. */
static void
add_defaults(struct reading *reading, const struct seen *seen, struct span outer)
{
	for (size_t i = 0; i < seen->message->field_count && !reading->pairs->is_open; i++) {
		const struct view_proto_field *field = &seen->message->fields[i];
		struct span path;
		uint64_t zero = 0;

		if (!field->is_implicit || seen->fields[i])
			continue;
		path = path_of(reading, outer, outer.n ? "." : "", span_text(field->name));
		if (field->proto == PROTO_ENUM)
			zero = reading->schema->enums[field->type].values[0].number;
		if (schema_wire(field->proto) == PROTOBUF_LENGTH)
			add(reading, path, SPAN(""), HTTP_TEXT, true);
		else
			add_number(reading, field, path, zero, true);
	}
}

static void
read_fields(struct reading *reading, const struct view_message *message, struct span in, struct span outer)
{
	struct seen seen = { message, http_take(reading->explaining, message->field_count + 1) };
	struct protobuf_field value;
	enum protobuf_step step = PROTOBUF_END;

	if (reading->depth == PROTOBUF_DEPTH_MOST) {
		(void)fail(reading, "its message is nested too deep");
		return;
	}
	reading->depth++;
	while (seen.fields && !reading->why && (step = protobuf_next(&in, &value)) == PROTOBUF_FIELD) {
		reading->pairs->is_open |= reading->pairs->n == HTTP_PAIRS_MOST;	/* what follows would only take memory */
		if (reading->pairs->n == HTTP_PAIRS_MOST || !read_field(reading, &seen, &value, outer))
			break;
	}
	if (step == PROTOBUF_BAD)
		(void)fail(reading, "its message is cut, or none");
	if (seen.fields && !reading->why)
		add_defaults(reading, &seen, outer);
	reading->depth--;
}

const char *
http_read_message(struct explaining *explaining, const struct view_message *message, struct span in, struct pairs *pairs)
{
	struct reading reading = { .explaining = explaining, .schema = &explaining->target->schema, .pairs = pairs };

	read_content(&reading, message, in, SPAN(""));
	return reading.why;
}
