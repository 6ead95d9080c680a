/*
 * copy.c: rows of COPY TO STDOUT.
 * The protocol does not tell text from CSV, nor its delimiter, so a row is taken
 * apart only where the statement gave no options at all, the encoding is one in
 * which TAB and backslash are themselves; a row with another number of fields
 * than the server announced is BAD. Else a row is one field that says it is
 * binary: to be masked whole or not at all. The line's end belongs to no field.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

static bool
is_word(struct span in, const char *word)
{
	for (size_t i = 0; word[i]; i++)
		if (i >= in.n || (in.p[i] | 0x20) != (uint8_t)word[i])
			return false;
	return true;
}

/* Nothing but blanks and semicolons behind the first STDOUT. */
bool
pg_copy_is_plain(struct span text)
{
	while (text.n && !is_word(text, "stdout"))
		text = span_skip(text, 1);
	if (text.n == 0)
		return false;
	text = span_skip(text, 6);
	while (text.n && memchr(" \t\r\n;", text.p[0], 5))
		text = span_skip(text, 1);
	return text.n == 0;
}

static bool
is_plain_encoding(struct pg *pg)
{
	struct span encoding = pg_setting(pg, "client_encoding");

	return encoding.n == 0 || span_is(encoding, "UTF8") || span_is(encoding, "SQL_ASCII") ||
	    span_is(encoding, "LATIN1") || span_is(encoding, "LATIN9");
}

/* May the rows this CopyOutResponse announces be taken apart? */
bool
pg_copy_splits(struct pg *pg, const struct pg_slot *slot, struct span body)
{
	return slot->is_plain_copy && body.n >= 3 && body.p[0] == 0 && is_plain_encoding(pg);
}

enum wire_step
pg_read_copy_out(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	struct span in = body, formats;
	bool splits = pg_copy_splits(pg, slot, body);
	uint8_t is_binary;
	uint16_t count;

	if (!take_u8(&in, &is_binary) || !take_be16(&in, &count) ||
	    !take_bytes(&in, (size_t)count * 2, &formats) || in.n || count > WIRE_FIELDS_MAX)
		return pg_bad(pg, event, "a CopyOutResponse that is not well formed");
	if (!splits)
		count = 1;
	pg->view_serial = 0;
	pg->columns = pg_room(pg, pg->columns, &pg->column_room, count, sizeof(*pg->columns));
	if (!pg->columns)
		return pg_bad(pg, event, "no memory left for this flow");
	for (size_t i = 0; i < count; i++)
		pg->columns[i] = (struct wire_column){ .is_binary = !splits };
	event->kind = UNIT_FIELDS;
	event->fields.columns = pg->columns;
	event->fields.count = count;
	event->fields.is_copy = true;
	return WIRE_UNIT;
}

static int
digit_of(uint8_t c, int base)
{
	int value = 99;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		value = (c | 0x20) - 'a' + 10;
	return value < base ? value : -1;
}

/* What stands behind a backslash: its byte, and how many bytes it took. */
static size_t
unescape(struct span in, uint8_t *out)
{
	static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
	const char *letter = in.p[0] ? strchr(letters, in.p[0]) : NULL;
	int base = in.p[0] == 'x' ? 16 : 8, most = base == 16 ? 2 : 3;
	size_t i = base == 16 ? 1 : 0, end = i + (size_t)most;
	int value = 0, digit;
	bool any = false;

	if (letter) {
		*out = (uint8_t)bytes[letter - letters];
		return 1;
	}
	for (; i < end && i < in.n && (digit = digit_of(in.p[i], base)) >= 0; i++, any = true)
		value = value * base + digit;
	*out = any ? (uint8_t)value : in.p[0];
	return any ? i : 1;
}

/* One field, up to a TAB or the end, decoded at *room, which moves on. False: a lone backslash. */
static bool
take_field(struct span *in, uint8_t **room, struct wire_field *field)
{
	const uint8_t *from = *room;
	struct span raw = *in;

	while (in->n && in->p[0] != '\t') {
		if (in->p[0] != '\\') {
			*(*room)++ = in->p[0];
			*in = span_skip(*in, 1);
			continue;
		}
		if (in->n < 2)
			return false;
		*in = span_skip(*in, 1);
		*in = span_skip(*in, unescape(*in, (*room)++));
	}
	raw.n = (size_t)(in->p - raw.p);
	*field = (struct wire_field){ .is_null = span_is(raw, "\\N") };
	field->bytes = span_of(from, (size_t)(*room - from));
	if (field->is_null)
		field->bytes.n = 0;
	return true;
}

/* Take a line apart into as many fields as were announced. */
static bool
split(struct pg *pg, struct span line, size_t count)
{
	uint8_t *room;

	pg->bytes = pg_room(pg, pg->bytes, &pg->byte_room, line.n + 1, 1);
	pg->fields = pg_room(pg, pg->fields, &pg->field_room, count, sizeof(*pg->fields));
	if (!pg->bytes || !pg->fields || (line.n && memchr(line.p, '\n', line.n)))
		return false;
	room = pg->bytes;
	for (size_t i = 0; i < count; i++) {
		if (!take_field(&line, &room, &pg->fields[i]))
			return false;
		if (i + 1 == count)
			break;
		if (line.n == 0)
			return false;
		line = span_skip(line, 1);
	}
	return line.n == 0;
}

static struct span
line_of(struct span body)
{
	return body.n && body.p[body.n - 1] == '\n' ? span_head(body, body.n - 1) : body;
}

/* The row as one field that nobody can look into. */
static bool
take_whole(struct pg *pg, struct span line)
{
	pg->fields = pg_room(pg, pg->fields, &pg->field_room, 1, sizeof(*pg->fields));
	if (pg->fields)
		pg->fields[0] = (struct wire_field){ .bytes = line, .is_binary = true };
	return pg->fields != NULL;
}

/* Columns for them, of which nothing is known. */
static bool
view_copy(struct pg *pg, const struct pg_slot *slot, size_t count)
{
	if (pg->view_serial == slot->serial)
		return true;
	pg->columns = pg_room(pg, pg->columns, &pg->column_room, count, sizeof(*pg->columns));
	if (!pg->columns)
		return false;
	for (size_t i = 0; i < count; i++)
		pg->columns[i] = (struct wire_column){ .is_binary = !slot->is_plain_copy };
	pg->view_serial = slot->serial;
	pg->view_count = count;
	return true;
}

enum wire_step
pg_read_copy_row(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	size_t count = slot->is_plain_copy ? slot->copy_count : 1;
	struct span line = line_of(body);

	if (!view_copy(pg, slot, count))
		return pg_bad(pg, event, "no memory left for this flow");
	if (slot->is_plain_copy ? line.n == body.n || !split(pg, line, count) : !take_whole(pg, line))
		return pg_bad(pg, event, "a row of a COPY that is not what was announced, or no memory for it");
	event->kind = UNIT_ROW;
	event->row.fields = pg->fields;
	event->row.count = count;
	event->row.columns = pg->columns;
	return WIRE_UNIT;
}

static void
escape(struct span in, struct out *out)
{
	static const char bytes[] = "\b\f\n\r\t\v\\", letters[] = "bfnrtv\\";

	for (size_t i = 0; i < in.n; i++) {
		const char *found = in.p[i] ? strchr(bytes, in.p[i]) : NULL;

		if (found)
			out_u8(out, '\\');
		out_u8(out, found ? (uint8_t)letters[found - bytes] : in.p[i]);
	}
}

/* Where the field that begins here ends, in the bytes as they came. */
static struct span
take_raw(struct span *in)
{
	struct span raw = *in;

	while (in->n && in->p[0] != '\t')
		*in = span_skip(*in, in->p[0] == '\\' ? 2 : 1);
	raw.n = (size_t)(in->p - raw.p);
	*in = span_skip(*in, 1);
	return raw;
}

static void
write_field(const struct wire_field *now, const struct wire_field *was, struct span raw, struct out *out)
{
	if (now->is_null == was->is_null && span_equal(now->bytes, was->bytes))
		out_span(out, raw);
	else if (now->is_null)
		out_span(out, SPAN("\\N"));
	else
		escape(now->bytes, out);
}

/* `fields` may be pg->fields with edits, so the row is read again into room of its own. */
void
pg_write_copy(struct pg *pg, struct span unit, const struct wire_field *fields, size_t count, struct out *out)
{
	struct span body = span_skip(unit, 5), line = line_of(body), rest = line;
	size_t at = pg_begin(out, 'd');
	uint8_t *scratch = arena_take(pg->arena, line.n + 1), *room = scratch;

	if (count == 1 && fields[0].is_binary)
		out_span(out, fields[0].bytes);
	else if (!scratch)
		out->failed = true;
	for (size_t i = 0; scratch && i < count && !fields[i].is_binary; i++) {
		struct span left = rest, raw = take_raw(&rest);
		struct wire_field was = { 0 };

		take_field(&left, &room, &was);
		if (i)
			out_u8(out, '\t');
		write_field(&fields[i], &was, raw, out);
	}
	arena_give(pg->arena, scratch);
	if (line.n < body.n)
		out_u8(out, '\n');
	pg_end(out, at);
}
