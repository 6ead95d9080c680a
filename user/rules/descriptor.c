/*
 * descriptor.c: messages and methods from a descriptor set (google.protobuf.FileDescriptorSet,
 * as protoc --descriptor_set_out --include_imports writes it), of proto2 and proto3. First
 * the names of all types are found, then each field is given the type it names. Extensions
 * are fields of what they extend. What the set says that does not fit together is a fault.
 */
#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"
#include "rules/document.h"
#include "rules/work.h"
#include "view/schema.h"

#define TYPES_MOST 65536	/* messages, and enums, of a set */
#define FIELD_NUMBER_MOST 536870911	/* 2 to the power of 29, less 1 */
#define FIELDS_MOST 4096		/* of a message */

/* Numbers of fields in descriptor.proto. */
enum { SET_FILE = 1 };
enum { FILE_PACKAGE = 2, FILE_MESSAGE = 4, FILE_ENUM = 5, FILE_SERVICE = 6, FILE_EXTENSION = 7, FILE_SYNTAX = 12 };
enum { MESSAGE_NAME = 1, MESSAGE_FIELD = 2, MESSAGE_MESSAGE = 3, MESSAGE_ENUM = 4, MESSAGE_EXTENSION = 6, MESSAGE_OPTIONS = 7 };
enum { OPTIONS_MAP_ENTRY = 7, OPTIONS_IDEMPOTENCY = 34 };
enum { FIELD_NAME = 1, FIELD_EXTENDEE = 2, FIELD_NUMBER = 3, FIELD_LABEL = 4, FIELD_TYPE = 5, FIELD_TYPE_NAME = 6,
	FIELD_ONEOF = 9, FIELD_PROTO3_OPTIONAL = 17 };
enum { ENUM_NAME = 1, ENUM_VALUE = 2, VALUE_NAME = 1, VALUE_NUMBER = 2 };
enum { SERVICE_NAME = 1, SERVICE_METHOD = 2 };
enum { METHOD_NAME = 1, METHOD_INPUT = 2, METHOD_OUTPUT = 3, METHOD_OPTIONS = 4, METHOD_MANY_ASKS = 5, METHOD_MANY_ANSWERS = 6 };
#define LABEL_REPEATED 3
#define NO_SIDE_EFFECTS 1

/* A message or an enum, before all names are known. */
struct type {
	const char *name;	/* full, without a dot before it */
	struct span body;
	struct list fields;	/* of a message: struct view_proto_field */
	bool is_proto3, is_map_entry;
};

struct extension {
	struct span body;
	bool is_proto3;
};

struct service {
	const char *package;
	struct span body;
};

struct descriptors {
	struct work *work;
	struct list messages, enums, extensions, services;
	const char *why;	/* the first thing wrong; NULL */
	const char *where;	/* the name of what it is in */
};

static bool
fail(struct descriptors *set, const char *where, const char *why)
{
	if (!set->why) {
		set->why = why;
		set->where = where;
	}
	return false;
}

/* ---- one field of the descriptor -------------------------------------------------------- */

/* The last of that number: a text or message, or a varint. False: there is none. */
static bool
find_bytes(struct span body, uint32_t number, struct span *out)
{
	struct protobuf_field field;
	bool is_there = false;

	while (protobuf_next(&body, &field) == PROTOBUF_FIELD) {
		if (field.number != number || field.wire != PROTOBUF_LENGTH)
			continue;
		*out = field.bytes;
		is_there = true;
	}
	return is_there;
}

static uint64_t
find_number(struct span body, uint32_t number)
{
	struct protobuf_field field;
	uint64_t value = 0;

	while (protobuf_next(&body, &field) == PROTOBUF_FIELD)
		if (field.number == number && field.wire == PROTOBUF_VARINT)
			value = field.value;
	return value;
}

static bool
has_number(struct span body, uint32_t number)
{
	struct protobuf_field field;

	while (protobuf_next(&body, &field) == PROTOBUF_FIELD)
		if (field.number == number && field.wire == PROTOBUF_VARINT)
			return true;
	return false;
}

static bool
is_name(struct span text, bool is_full)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		    (is_full && c == '.' && i)))
			return false;
	}
	return text.n > 0 && text.n <= 512;
}

/* "outer.name", or "name" where there is no outer. NULL: it is none. */
static const char *
full_name(struct descriptors *set, const char *outer, struct span body, uint32_t number)
{
	struct span name;

	if (!find_bytes(body, number, &name) || !is_name(name, false)) {
		(void)fail(set, outer, "has something without a right name");
		return NULL;
	}
	return *outer ? work_text(set->work, "%s.%.*s", outer, (int)name.n, (const char *)name.p) :
	    work_text(set->work, "%.*s", (int)name.n, (const char *)name.p);
}

/* ---- names ---------------------------------------------------------------------------------- */

static struct type *
add_type(struct descriptors *set, struct list *list, const char *outer, struct span body, bool is_proto3)
{
	struct type *type = work_take(set->work, sizeof(*type));
	const char *name = full_name(set, outer, body, 1);

	if (!type || !name)
		return NULL;
	type->name = name;
	type->body = body;
	type->is_proto3 = is_proto3;
	if (list->n >= TYPES_MOST)
		(void)fail(set, name, "is one type too many");
	else
		list_add(set->work, list, type);
	return type;
}

static void
add_extension(struct descriptors *set, struct span body, bool is_proto3)
{
	struct extension *extension = work_take(set->work, sizeof(*extension));

	if (!extension)
		return;
	*extension = (struct extension){ body, is_proto3 };
	list_add(set->work, &set->extensions, extension);
}

static bool
add_message(struct descriptors *set, const char *outer, struct span body, bool is_proto3, unsigned int depth)
{
	struct type *type = add_type(set, &set->messages, outer, body, is_proto3);
	struct protobuf_field field;
	enum protobuf_step step;
	struct span options;

	if (!type)
		return false;
	if (depth == PROTOBUF_DEPTH_MOST)
		return fail(set, type->name, "is nested too deep");
	type->is_map_entry = find_bytes(body, MESSAGE_OPTIONS, &options) && find_number(options, OPTIONS_MAP_ENTRY);
	while ((step = protobuf_next(&body, &field)) == PROTOBUF_FIELD && set->work->has_memory && !set->why) {
		if (field.wire != PROTOBUF_LENGTH)
			continue;
		if (field.number == MESSAGE_MESSAGE)
			(void)add_message(set, type->name, field.bytes, is_proto3, depth + 1);
		else if (field.number == MESSAGE_ENUM)
			(void)add_type(set, &set->enums, type->name, field.bytes, is_proto3);
		else if (field.number == MESSAGE_EXTENSION)
			add_extension(set, field.bytes, is_proto3);
	}
	return step != PROTOBUF_BAD || fail(set, type->name, "is cut, or none");
}

static void
add_service(struct descriptors *set, const char *package, struct span body)
{
	struct service *service = work_take(set->work, sizeof(*service));

	if (!service)
		return;
	*service = (struct service){ package, body };
	list_add(set->work, &set->services, service);
}

static bool
read_file(struct descriptors *set, struct span body)
{
	struct span package = SPAN(""), syntax = SPAN("proto2");
	struct protobuf_field field;
	enum protobuf_step step;
	const char *outer;
	bool is_proto3;

	(void)find_bytes(body, FILE_PACKAGE, &package);
	(void)find_bytes(body, FILE_SYNTAX, &syntax);
	if (package.n && !is_name(package, true))
		return fail(set, "a file", "has a package without a right name");
	outer = work_text(set->work, "%.*s", (int)package.n, (const char *)package.p);
	is_proto3 = span_is(syntax, "proto3");
	if (!is_proto3 && !span_is(syntax, "proto2"))
		return fail(set, *outer ? outer : "a file", "is neither of proto2 nor of proto3");
	while ((step = protobuf_next(&body, &field)) == PROTOBUF_FIELD && set->work->has_memory && !set->why) {
		if (field.wire != PROTOBUF_LENGTH)
			continue;
		if (field.number == FILE_MESSAGE)
			(void)add_message(set, outer, field.bytes, is_proto3, 0);
		else if (field.number == FILE_ENUM)
			(void)add_type(set, &set->enums, outer, field.bytes, is_proto3);
		else if (field.number == FILE_EXTENSION)
			add_extension(set, field.bytes, is_proto3);
		else if (field.number == FILE_SERVICE)
			add_service(set, outer, field.bytes);
	}
	return step != PROTOBUF_BAD || fail(set, *outer ? outer : "a file", "is cut, or none");
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct type *const *)a)->name, (*(struct type *const *)b)->name);
}

static bool
sort_types(struct descriptors *set, struct list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_name);
	for (size_t i = 1; i < list->n; i++) {
		const struct type *type = list->v[i];

		if (by_name(&list->v[i - 1], &list->v[i]) == 0)
			return fail(set, type->name, "is there twice");
	}
	return true;
}

/* The type called ".shop.Order". */
static struct type *
find_type(struct descriptors *set, const struct list *list, struct span name, uint32_t *index)
{
	struct type key, *wanted = &key, **found = NULL;

	if (name.n < 2 || name.p[0] != '.' || !is_name(span_skip(name, 1), true))
		return NULL;
	key.name = work_text(set->work, "%.*s", (int)name.n - 1, (const char *)name.p + 1);
	if (list->n)
		found = bsearch(&wanted, list->v, list->n, sizeof(*list->v), by_name);
	if (!found)
		return NULL;
	*index = (uint32_t)((void **)found - list->v);
	return *found;
}

/* ---- fields --------------------------------------------------------------------------------- */

static bool
give_type(struct descriptors *set, const char *where, struct span body, struct view_proto_field *field)
{
	const struct list *list = field->proto == PROTO_ENUM ? &set->enums : &set->messages;
	struct span name;

	if (field->proto != PROTO_ENUM && field->proto != PROTO_MESSAGE && field->proto != PROTO_GROUP)
		return true;
	if (!find_bytes(body, FIELD_TYPE_NAME, &name) || !find_type(set, list, name, &field->type))
		return fail(set, where, "has a field whose type is not in the set (--include_imports)");
	return true;
}

static bool
add_field(struct descriptors *set, struct type *to, struct span body, bool is_proto3)
{
	struct view_proto_field *field = work_take(set->work, sizeof(*field));
	uint64_t type = find_number(body, FIELD_TYPE), number = find_number(body, FIELD_NUMBER);
	bool is_optional = find_number(body, FIELD_PROTO3_OPTIONAL), is_inner;

	if (!field)
		return false;
	field->name = full_name(set, "", body, FIELD_NAME);
	if (!field->name || number == 0 || number > FIELD_NUMBER_MOST || type == PROTO_NONE || type >= PROTOS)
		return fail(set, to->name, "has a field of no right name, number or type");
	field->number = (uint32_t)number;
	field->proto = (enum view_proto)type;
	field->is_repeated = find_number(body, FIELD_LABEL) == LABEL_REPEATED;
	if (has_number(body, FIELD_ONEOF) && !is_optional)
		field->oneof = (uint32_t)find_number(body, FIELD_ONEOF) + 1;
	is_inner = type == PROTO_MESSAGE || type == PROTO_GROUP;
	field->is_implicit = is_proto3 && !field->is_repeated && !field->oneof && !is_optional && !is_inner;
	if (to->fields.n >= FIELDS_MOST)
		return fail(set, to->name, "has too many fields");
	list_add(set->work, &to->fields, field);
	return give_type(set, to->name, body, field);
}

static void
add_fields(struct descriptors *set, struct type *type)
{
	struct span body = type->body;
	struct protobuf_field field;

	while (protobuf_next(&body, &field) == PROTOBUF_FIELD && set->work->has_memory && !set->why)
		if (field.number == MESSAGE_FIELD && field.wire == PROTOBUF_LENGTH)
			(void)add_field(set, type, field.bytes, type->is_proto3);
}

static void
extend(struct descriptors *set, const struct extension *extension)
{
	struct span extendee;
	struct type *type = NULL;
	uint32_t index;

	if (find_bytes(extension->body, FIELD_EXTENDEE, &extendee))
		type = find_type(set, &set->messages, extendee, &index);
	if (type)
		(void)add_field(set, type, extension->body, extension->is_proto3);
	else
		(void)fail(set, "an extension", "extends what is not in the set");
}

static int
by_number(const void *a, const void *b)
{
	uint32_t left = (*(struct view_proto_field *const *)a)->number, right = (*(struct view_proto_field *const *)b)->number;

	return (left > right) - (left < right);
}

static void
build_message(struct descriptors *set, const struct type *type, struct view_message *message)
{
	const struct list *fields = &type->fields;

	message->name = type->name;
	message->is_map_entry = type->is_map_entry;
	message->fields = work_take(set->work, fields->n * sizeof(*message->fields));
	if (fields->n)
		qsort(fields->v, fields->n, sizeof(*fields->v), by_number);
	for (size_t i = 0; message->fields && i < fields->n; i++) {
		const struct view_proto_field *field = fields->v[i];

		if (i && field->number == message->fields[i - 1].number)
			(void)fail(set, type->name, "has a number twice");
		message->fields[message->field_count++] = *field;
	}
}

/* ---- enums ------------------------------------------------------------------------------------ */

static size_t
count_values(struct span body)
{
	struct protobuf_field field;
	size_t n = 0;

	while (protobuf_next(&body, &field) == PROTOBUF_FIELD)
		n += field.number == ENUM_VALUE && field.wire == PROTOBUF_LENGTH;
	return n;
}

static void
build_enum(struct descriptors *set, const struct type *type, struct view_enum *to)
{
	struct span body = type->body;
	struct protobuf_field field;
	enum protobuf_step step;

	to->values = work_take(set->work, count_values(body) * sizeof(*to->values));
	while ((step = protobuf_next(&body, &field)) == PROTOBUF_FIELD && to->values && !set->why) {
		struct view_enum_value *value = &to->values[to->value_count];

		if (field.number != ENUM_VALUE || field.wire != PROTOBUF_LENGTH)
			continue;
		value->name = full_name(set, "", field.bytes, VALUE_NAME);
		value->number = (uint32_t)find_number(field.bytes, VALUE_NUMBER);
		to->value_count++;
	}
	if (step == PROTOBUF_BAD || !to->value_count)
		(void)fail(set, type->name, "is an enum without values");
}

/* ---- methods ------------------------------------------------------------------------------------ */

static void
add_method(struct descriptors *set, const char *service, struct span body, struct list *to)
{
	struct view_method *method = work_take(set->work, sizeof(*method));
	struct span name, input, output, options;

	if (!method)
		return;
	if (!find_bytes(body, METHOD_NAME, &name) || !is_name(name, false) || !find_bytes(body, METHOD_INPUT, &input) ||
	    !find_bytes(body, METHOD_OUTPUT, &output) || !find_type(set, &set->messages, input, &method->input) ||
	    !find_type(set, &set->messages, output, &method->output)) {
		(void)fail(set, service, "has a method whose messages are not in the set (--include_imports)");
		return;
	}
	method->name = work_text(set->work, "%s/%.*s", service, (int)name.n, (const char *)name.p);
	method->has_many_asks = find_number(body, METHOD_MANY_ASKS);
	method->has_many_answers = find_number(body, METHOD_MANY_ANSWERS);
	method->is_read = find_bytes(body, METHOD_OPTIONS, &options) &&
	    find_number(options, OPTIONS_IDEMPOTENCY) == NO_SIDE_EFFECTS;
	list_add(set->work, to, method);
}

static void
add_methods(struct descriptors *set, const struct service *service, struct list *to)
{
	const char *name = full_name(set, service->package, service->body, SERVICE_NAME);
	struct span body = service->body;
	struct protobuf_field field;
	enum protobuf_step step;

	while (name && (step = protobuf_next(&body, &field)) != PROTOBUF_END && set->work->has_memory && !set->why) {
		if (step == PROTOBUF_BAD)
			(void)fail(set, name, "is cut, or none");
		else if (field.number == SERVICE_METHOD && field.wire == PROTOBUF_LENGTH)
			add_method(set, name, field.bytes, to);
	}
}

static int
by_method(const void *a, const void *b)
{
	return strcmp((*(struct view_method *const *)a)->name, (*(struct view_method *const *)b)->name);
}

static void
build_methods(struct descriptors *set, struct view_schema *schema)
{
	struct list methods = { 0 };

	for (size_t i = 0; i < set->services.n && !set->why; i++)
		add_methods(set, set->services.v[i], &methods);
	if (methods.n)
		qsort(methods.v, methods.n, sizeof(*methods.v), by_method);
	schema->methods = work_take(set->work, methods.n * sizeof(*schema->methods));
	for (size_t i = 0; schema->methods && i < methods.n; i++)
		schema->methods[schema->method_count++] = *(struct view_method *)methods.v[i];
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static void
build(struct descriptors *set, struct view_schema *schema)
{
	if (!sort_types(set, &set->messages) || !sort_types(set, &set->enums))
		return;
	for (size_t i = 0; i < set->messages.n; i++)
		add_fields(set, set->messages.v[i]);
	for (size_t i = 0; i < set->extensions.n; i++)
		extend(set, set->extensions.v[i]);
	schema->messages = work_take(set->work, set->messages.n * sizeof(*schema->messages));
	for (size_t i = 0; schema->messages && i < set->messages.n; i++)
		build_message(set, set->messages.v[i], &schema->messages[schema->message_count++]);
	schema->enums = work_take(set->work, set->enums.n * sizeof(*schema->enums));
	for (size_t i = 0; schema->enums && i < set->enums.n; i++)
		build_enum(set, set->enums.v[i], &schema->enums[schema->enum_count++]);
	build_methods(set, schema);
	if (!set->why && set->work->has_memory && !schema_is_right(schema))
		(void)fail(set, "it", "does not fit together");
}

void
descriptors_read(struct work *work, const struct node *at, const char *what, struct view_schema *schema)
{
	struct descriptors set = { .work = work };
	struct protobuf_field field;
	enum protobuf_step step;
	struct span text;

	if (!work_read_file(work, at, what, &text))
		return;
	while ((step = protobuf_next(&text, &field)) == PROTOBUF_FIELD && work->has_memory && !set.why)
		if (field.number == SET_FILE && field.wire == PROTOBUF_LENGTH)
			(void)read_file(&set, field.bytes);
	if (step == PROTOBUF_BAD)
		(void)fail(&set, "it", "is no such set");
	if (!set.why && work->has_memory)
		build(&set, schema);
	if (!set.why && work->has_memory && !schema->method_count)
		(void)fail(&set, "it", "has no methods");
	if (set.why && work->has_memory) {
		*schema = (struct view_schema){ 0 };
		fault_add(work->faults, at->place, "%s: %.120s: %.200s %s; expected the output of protoc --descriptor_set_out "
		    "--include_imports", what, at->text, set.where && *set.where ? set.where : "it", set.why);
	}
}
