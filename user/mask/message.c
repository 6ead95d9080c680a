/* message.c: one message, field by field. What is in it is appended where it stands, and its length put before it after. */
#include "mask/message.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "mask/body_value.h"
#include "view/schema.h"

#define PLACES 3		/* at each depth: of a field, within its list, of a map's value */
#define LENGTH_MOST 5		/* bytes of a length */
#define NUMBER_MOST 400		/* characters of a number */
#define UNKNOWN_DEPTH_MOST 16	/* messages within what the set does not have, */
#define LISTS_DEPTH_MOST 3	/* and so deep lists of numbers: each depth is a look at all of it */

struct mask_message {
	struct body_eyes eyes;
	struct body_value value;
	const struct view_schema *schema;
	uint64_t *places;	/* owned: PLACES for each depth */
	struct out text;	/* of a number */
	struct out edited;	/* a text */
	size_t edits;
	const char *error;
};

/* Where a message stands. */
struct spot {
	const struct view_message *message;
	const uint64_t *place;
	int hider;		/* the mask that hides all of it; -1: none */
	unsigned int depth;
};

/* A field of it. */
struct slot {
	const struct view_proto_field *field;
	const uint64_t *place;
	int hider;
	struct span name;
	unsigned int depth;
};

static bool edit_message(struct mask_message *, const struct spot *, struct span in, struct out *);
static bool edit_inner(struct mask_message *, const struct slot *, const struct protobuf_field *, struct out *);

static bool
fail(struct mask_message *m, const char *why)
{
	if (!*m->error)
		m->error = why;
	return false;
}

static uint64_t *
place_at(struct mask_message *m, unsigned int depth, unsigned int which)
{
	return m->places + ((size_t)depth * PLACES + which) * m->eyes.set->paths.words;
}

static void
count_hit(struct mask_message *m, int hider)
{
	if (hider >= 0)
		m->eyes.tally->hits[hider]++;
	m->edits++;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static bool
can_hold_a_hit(enum view_proto proto)
{
	return proto != PROTO_BOOL && proto != PROTO_ENUM;
}

static bool
number_hits(struct mask_message *m, const struct view_proto_field *field, struct span name, uint64_t value)
{
	if (!m->eyes.detects || !can_hold_a_hit(field->proto))
		return false;
	out_clear(&m->text);
	schema_write_number(m->schema, field, value, &m->text);
	if (m->text.n < m->eyes.shortest_number)
		return false;
	out_clear(&m->edited);
	return m->text.failed || body_look(&m->eyes, name, out_view(&m->text), &m->edited) != MASK_KEPT;
}

static uint64_t
zero_of(const struct mask_message *m, const struct view_proto_field *field)
{
	return field->proto == PROTO_ENUM ? m->schema->enums[field->type].values[0].number : 0;
}

/* The number that goes on. */
static uint64_t
edit_number(struct mask_message *m, const struct slot *slot, uint64_t value)
{
	uint64_t zero = zero_of(m, slot->field);

	if (slot->hider < 0 && !number_hits(m, slot->field, slot->name, value))
		return value;
	if (value != zero)
		count_hit(m, slot->hider);
	return zero;
}

static void
put_number(enum view_proto proto, uint64_t value, struct out *out)
{
	enum protobuf_wire wire = schema_wire(proto);

	if (wire == PROTOBUF_VARINT)
		protobuf_put_varint(out, value);
	else
		protobuf_put_fixed(out, wire == PROTOBUF_FIXED64 ? 8 : 4, value);
}

static bool
edit_single(struct mask_message *m, const struct slot *slot, const struct protobuf_field *value, struct out *out)
{
	uint64_t number = edit_number(m, slot, value->value);

	if (number == value->value) {
		out_span(out, value->whole);
		return true;
	}
	protobuf_put_tag(out, value->number, value->wire);
	put_number(slot->field->proto, number, out);
	return true;
}

/* ---- what has a length ------------------------------------------------------------------------- */

/* Room for the tag and the length of what is written next. */
static size_t
begin_length(uint32_t number, struct out *out)
{
	protobuf_put_tag(out, number, PROTOBUF_LENGTH);
	out_zero(out, LENGTH_MOST);
	return out->n;
}

/* It is written: its length goes before it, and it moves up to that. */
static void
end_length(size_t from, struct out *out)
{
	struct out length = out_new(2 * LENGTH_MOST);
	size_t n = out->n - from;

	protobuf_put_varint(&length, n);
	if (!out->failed && !length.failed) {
		memcpy(out->p + from - LENGTH_MOST, length.p, length.n);
		memmove(out->p + from - LENGTH_MOST + length.n, out->p + from, n);
		out->n -= LENGTH_MOST - length.n;
	} else {
		out->failed = true;
	}
	out_free(&length);
}

/* … and of a value that nothing has changed in, since there were so many edits, write what came: it may have been longer. */
static void
end_value(const struct mask_message *m, size_t from, size_t mark, size_t edits, struct span whole, struct out *out)
{
	end_length(from, out);
	if (m->edits != edits || out->failed)
		return;
	out->n = mark;
	out_span(out, whole);
}

static bool
edit_packed(struct mask_message *m, const struct slot *slot, const struct protobuf_field *value, struct out *out)
{
	struct span in = value->bytes;
	size_t mark = out->n, edits = m->edits, from = begin_length(value->number, out);
	uint64_t number;

	while (in.n) {
		if (!schema_take_packed(slot->field->proto, &in, &number))
			return fail(m, "a message has a list of numbers that is cut");
		put_number(slot->field->proto, edit_number(m, slot, number), out);
	}
	end_value(m, from, mark, edits, value->whole, out);
	return true;
}

/* ---- texts --------------------------------------------------------------------------------------- */

/* Bytes that are no text. */
static enum mask_result
edit_bytes(struct mask_message *m, const struct slot *slot, struct span bytes)
{
	if (slot->hider >= 0) {
		body_hide(&m->eyes, (unsigned int)slot->hider, bytes, &m->edited);
		return MASK_EDITED;
	}
	if (!m->eyes.detects || !mask_bytes_hits(m->eyes.set, &m->eyes.lineup, bytes, false, m->eyes.tally))
		return MASK_KEPT;
	out_span(&m->edited, SPAN(MASK_REDACTED));
	return MASK_EDITED;
}

static bool
edit_text(struct mask_message *m, const struct slot *slot, const struct protobuf_field *value, struct out *out)
{
	bool is_utf8 = utf8_is_valid(value->bytes), is_null;
	enum mask_result result;

	if (!is_utf8 && slot->field->proto == PROTO_STRING)
		return fail(m, "a message has a text that is not UTF-8");
	is_null = slot->hider >= 0 && m->eyes.set->masks[slot->hider].view->way == WAY_NULL;
	out_clear(&m->edited);
	if (is_null || is_utf8)
		result = body_value_edit(&m->value, slot->place, slot->hider, slot->name, value->bytes, &m->edited);
	else
		result = edit_bytes(m, slot, value->bytes);
	if (result == MASK_KEPT) {
		out_span(out, value->whole);
		return true;
	}
	m->edits++;
	protobuf_put_bytes(out, value->number, result == MASK_NULLED ? SPAN("") :
	    m->edited.failed ? SPAN(MASK_REDACTED) : out_view(&m->edited));
	return true;
}

/* ---- what the set does not have ------------------------------------------------------------------ */

/* As whatever number it could be. */
static bool
unknown_number_hits(struct mask_message *m, enum protobuf_wire wire, uint64_t value)
{
	static const enum view_proto protos[][2] = {
		[PROTOBUF_VARINT] = { PROTO_UINT64, PROTO_SINT64 }, [PROTOBUF_FIXED64] = { PROTO_FIXED64, PROTO_DOUBLE },
		[PROTOBUF_FIXED32] = { PROTO_FIXED32, PROTO_FLOAT },
	};

	for (size_t i = 0; i < COUNT(protos[0]); i++) {
		const struct view_proto_field field = { .name = "", .proto = protos[wire][i] };

		if (number_hits(m, &field, SPAN(""), value))
			return true;
	}
	return false;
}

/* As numbers packed. */
static bool
unknown_list_hits(struct mask_message *m, struct span bytes)
{
	uint64_t value;

	while (protobuf_take_varint(&bytes, &value))
		if (unknown_number_hits(m, PROTOBUF_VARINT, value))
			return true;
	return false;
}

/* Is there a hit in it, as a text, as bytes, or in what it is made of if it is a message, or a list? Doubt is a hit. */
static bool
unknown_hits(struct mask_message *m, struct span bytes, unsigned int depth)
{
	struct protobuf_field field;
	struct span in = bytes;
	enum protobuf_step step;

	if (depth == UNKNOWN_DEPTH_MOST || mask_bytes_hits(m->eyes.set, &m->eyes.lineup, bytes, false, m->eyes.tally))
		return true;
	while ((step = protobuf_next(&in, &field)) == PROTOBUF_FIELD) {
		if (field.wire == PROTOBUF_LENGTH || field.wire == PROTOBUF_GROUP) {
			if (field.bytes.n && unknown_hits(m, field.bytes, depth + 1))
				return true;
		} else if (unknown_number_hits(m, field.wire, field.value)) {
			return true;
		}
	}
	return step == PROTOBUF_BAD && depth < LISTS_DEPTH_MOST && !utf8_is_valid(bytes) && unknown_list_hits(m, bytes);
}

static void
edit_unknown(struct mask_message *m, const struct spot *at, const struct protobuf_field *value, struct out *out)
{
	uint64_t *place = place_at(m, at->depth, 0);
	int hider = at->hider;

	if (m->eyes.names) {
		path_enter_key(&m->eyes.set->paths, at->place, SPAN("#"), place);	/* no name, that only stars fit */
		hider = body_named(&m->eyes, place, hider);
	}
	if (hider >= 0 || (m->eyes.detects && unknown_hits(m, value->whole, 0)))
		count_hit(m, hider);
	else
		out_span(out, value->whole);
}

/* ---- maps ------------------------------------------------------------------------------------------ */

/* Whatever way hides a whole map leaves nothing of its keys where it leaves nothing of its values. */
static bool
hides_keys(const struct mask_message *m, int hider)
{
	if (hider < 0)
		return false;
	return m->eyes.set->masks[hider].view->way == WAY_REDACT || m->eyes.set->masks[hider].view->way == WAY_NULL;
}

static bool
edit_key(struct mask_message *m, const struct slot *map, const struct view_proto_field *field, const struct protobuf_field *key,
    struct out *out)
{
	const struct slot slot = { .field = field, .hider = hides_keys(m, map->hider) ? map->hider : -1, .name = SPAN("") };

	if (field->proto != PROTO_STRING)
		return edit_single(m, &slot, key, out);
	out_clear(&m->edited);
	if (slot.hider >= 0) {
		m->eyes.tally->hits[slot.hider]++;
		out_span(&m->edited, SPAN(MASK_REDACTED));
	} else if (!body_value_look(&m->value, key->bytes, &m->edited)) {
		out_span(out, key->whole);
		return true;
	}
	m->edits++;
	protobuf_put_bytes(out, key->number, m->edited.failed ? SPAN(MASK_REDACTED) : out_view(&m->edited));
	return true;
}

/* An entry's key and value. False: it is none. */
static bool
read_entry(struct mask_message *m, const struct view_message *entry, struct span in, struct protobuf_field parts[2])
{
	struct protobuf_field part;
	enum protobuf_step step;
	bool is_packed;

	memset(parts, 0, 2 * sizeof(*parts));
	while ((step = protobuf_next(&in, &part)) == PROTOBUF_FIELD) {
		uint32_t i = part.number - 1;

		if (i > 1 || parts[i].number || !schema_fits(&entry->fields[i], part.wire, &is_packed))
			return fail(m, "a message has a map with an entry that is none");
		parts[i] = part;
	}
	if (step == PROTOBUF_BAD)
		return fail(m, "a message has a map with an entry that is cut");
	return entry->fields[0].proto != PROTO_STRING || utf8_is_valid(parts[0].bytes) ||
	    fail(m, "a message has a text that is not UTF-8");
}

static struct span
key_text(struct mask_message *m, const struct view_proto_field *field, const struct protobuf_field *key)
{
	if (field->proto == PROTO_STRING)
		return key->bytes;
	out_clear(&m->text);
	schema_write_number(m->schema, field, key->value, &m->text);
	return out_view(&m->text);
}

static bool edit_value(struct mask_message *, const struct slot *, const struct protobuf_field *, struct out *);

static bool
edit_entry(struct mask_message *m, const struct slot *map, const struct protobuf_field *value, struct out *out)
{
	const struct view_message *entry = &m->schema->messages[map->field->type];
	struct protobuf_field parts[2];
	struct slot inner = { .field = &entry->fields[1], .hider = map->hider, .depth = map->depth };
	size_t mark = out->n, edits = m->edits, from;
	uint64_t *place = place_at(m, map->depth, 2);
	struct out key = out_new(BODY_NAME_MOST);

	if (!read_entry(m, entry, value->bytes, parts))
		return false;
	inner.place = place;
	if (m->eyes.names) {
		path_enter_key(&m->eyes.set->paths, map->place, key_text(m, &entry->fields[0], &parts[0]), place);
		inner.hider = body_named(&m->eyes, place, inner.hider);
	}
	out_span(&key, span_head(key_text(m, &entry->fields[0], &parts[0]), BODY_NAME_MOST));
	inner.name = out_view(&key);
	from = begin_length(value->number, out);
	if ((parts[0].number && !edit_key(m, map, &entry->fields[0], &parts[0], out)) ||
	    (parts[1].number && !edit_value(m, &inner, &parts[1], out))) {
		out_free(&key);
		return false;
	}
	out_free(&key);
	end_value(m, from, mark, edits, value->whole, out);
	return true;
}

/* ---- messages ----------------------------------------------------------------------------------------- */

/* Of an Any what it holds is read by its own type, in its place. */
static bool
edit_any(struct mask_message *m, const struct spot *at, struct span in, struct out *out)
{
	const struct view_message *message;
	struct span content;
	struct spot inner = *at;
	struct protobuf_field field;
	bool right = true;

	if (!schema_read_any(m->schema, in, &message, &content))
		return fail(m, "a message has an Any of a type that is not in the descriptor set");
	inner.message = message;
	while (right && protobuf_next(&in, &field) == PROTOBUF_FIELD) {
		size_t mark = out->n, edits = m->edits, from;

		if (field.number == 1 && m->eyes.detects && mask_bytes_hits(m->eyes.set, &m->eyes.lineup, field.bytes, false,
		    m->eyes.tally))
			return fail(m, "a message has an Any whose type is no name");
		if (field.number == 1 || !message) {
			out_span(out, field.whole);
			continue;
		}
		from = begin_length(field.number, out);
		right = edit_message(m, &inner, content, out);
		end_value(m, from, mark, edits, field.whole, out);
	}
	return right;
}

static bool
edit_inner(struct mask_message *m, const struct slot *slot, const struct protobuf_field *value, struct out *out)
{
	const struct spot inner = { schema_inner(m->schema, slot->field), slot->place, slot->hider, slot->depth + 1 };
	size_t mark = out->n, edits = m->edits, from, head;

	if (value->wire == PROTOBUF_GROUP) {
		head = (size_t)(value->bytes.p - value->whole.p);
		out_span(out, span_head(value->whole, head));
		if (!edit_message(m, &inner, value->bytes, out))
			return false;
		out_span(out, span_skip(value->whole, head + value->bytes.n));
		return true;
	}
	from = begin_length(value->number, out);
	if (!edit_message(m, &inner, value->bytes, out))
		return false;
	end_value(m, from, mark, edits, value->whole, out);
	return true;
}

/* A value, with its tag. */
static bool
edit_value(struct mask_message *m, const struct slot *slot, const struct protobuf_field *value, struct out *out)
{
	bool is_packed;

	if (!schema_fits(slot->field, value->wire, &is_packed))
		return fail(m, "a message has a field of another type than the descriptor set's");
	if (is_packed)
		return edit_packed(m, slot, value, out);
	if (schema_inner(m->schema, slot->field))
		return edit_inner(m, slot, value, out);
	if (value->wire == PROTOBUF_LENGTH)
		return edit_text(m, slot, value, out);
	return edit_single(m, slot, value, out);
}

static bool
edit_field(struct mask_message *m, const struct spot *at, const struct protobuf_field *value, struct out *out)
{
	const struct view_proto_field *field = schema_field(at->message, value->number);
	struct slot slot = { .field = field, .hider = at->hider, .depth = at->depth };
	bool is_map;

	if (!field) {
		edit_unknown(m, at, value, out);
		return true;
	}
	slot.name = span_text(field->name);
	slot.place = place_at(m, at->depth, 0);
	is_map = schema_is_map(m->schema, field);
	if (m->eyes.names) {
		const struct path_rules *paths = &m->eyes.set->paths;

		path_enter_key(paths, at->place, slot.name, place_at(m, at->depth, 0));
		if (field->is_repeated && !is_map) {
			slot.hider = body_named(&m->eyes, slot.place, slot.hider);
			path_enter_array(paths, slot.place, place_at(m, at->depth, 1));
			slot.place = place_at(m, at->depth, 1);
		}
		slot.hider = body_named(&m->eyes, slot.place, slot.hider);
	}
	if (is_map && value->wire == PROTOBUF_LENGTH)
		return edit_entry(m, &slot, value, out);
	return edit_value(m, &slot, value, out);
}

static bool
edit_message(struct mask_message *m, const struct spot *at, struct span in, struct out *out)
{
	struct protobuf_field value;
	enum protobuf_step step;

	if (at->depth >= PROTOBUF_DEPTH_MOST)
		return fail(m, "a message is nested too deep");
	if (schema_is_any(at->message))
		return edit_any(m, &(const struct spot){ at->message, at->place, at->hider, at->depth + 1 }, in, out);
	while ((step = protobuf_next(&in, &value)) == PROTOBUF_FIELD)
		if (!edit_field(m, at, &value, out))
			return false;
	return step == PROTOBUF_END || fail(m, "a message is cut, or none");
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

int
mask_message_new(struct mask_message **out, const struct mask_set *set, uint64_t active, const struct view_schema *schema)
{
	struct mask_message *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	body_eyes_open(&m->eyes, set, active);
	m->schema = schema;
	m->error = "";
	m->text = out_new(NUMBER_MOST + BODY_HELD_MOST);
	m->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	m->places = calloc((PROTOBUF_DEPTH_MOST + 2) * PLACES, (set->paths.words + 1) * sizeof(*m->places));
	if (body_value_open(&m->value, &m->eyes) || !m->places) {
		mask_message_free(&m);
		return -ENOMEM;
	}
	*out = m;
	return 0;
}

bool
mask_message_put(struct mask_message *m, const struct view_message *message, struct span in, struct out *out, bool *edited,
    struct mask_tally *tally)
{
	const struct spot at = { message, m->value.root, -1, 0 };

	m->eyes.tally = tally;
	m->error = "";
	m->edits = 0;
	if (!edit_message(m, &at, in, out))
		return false;
	*edited = m->edits > 0;
	return !out->failed || fail(m, "there is no room for what is written");
}

const char *
mask_message_error(const struct mask_message *m)
{
	return m->error;
}

void
mask_message_free(struct mask_message **p)
{
	struct mask_message *m = *p;

	*p = NULL;
	if (!m)
		return;
	body_value_close(&m->value);
	body_eyes_close(&m->eyes);
	out_free(&m->text);
	out_free(&m->edited);
	free(m->places);
	free(m);
}
