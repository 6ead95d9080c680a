/*
 * copy.c: rows of COPY … TO STDOUT.
 * The protocol tells binary from the rest, but not text from CSV, nor any of
 * their options: the conductor says, from the statement, how rows are written
 * (copy_form). What it cannot say, and what is in an encoding where TAB and
 * quotes need not be themselves, is one opaque field: masked whole or not at all.
 * A row that is not what was announced is BAD. Where a field's bytes stand in the
 * row is kept until the next row, so that what is not edited goes on as it came.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

/* How a format's row is taken apart, and one field of it written. */
static const struct pg_copy_format {
	bool (*split)(struct pg *, const struct pg_slot *, struct span row);
	void (*write)(const struct pg_slot *, const struct pg_raw *, const struct wire_field *, struct out *);
} formats[WIRE_COPY_FORMATS] = {
	[WIRE_COPY_TEXT] = { pg_copy_split_text, pg_copy_write_text },
	[WIRE_COPY_CSV] = { pg_copy_split_csv, pg_copy_write_csv },
	[WIRE_COPY_BINARY] = { pg_copy_split_binary, pg_copy_write_binary },
};

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
	if (body.n < 3 || slot->form.format == WIRE_COPY_OPAQUE)
		return false;
	return body.p[0] ? slot->form.format == WIRE_COPY_BINARY :
	    slot->form.format != WIRE_COPY_BINARY && is_plain_encoding(pg);
}

/* Columns of which nothing is known but their format. */
static bool
columns_for(struct pg *pg, size_t count, bool is_binary)
{
	pg->view_serial = 0;
	pg->columns = pg_room(pg, pg->columns, &pg->column_room, count, sizeof(*pg->columns));
	if (!pg->columns)
		return false;
	for (size_t i = 0; i < count; i++)
		pg->columns[i] = (struct wire_column){ .is_binary = is_binary };
	return true;
}

enum wire_step
pg_read_copy_out(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	struct span in = body, each;
	bool splits = pg_copy_splits(pg, slot, body);
	uint8_t is_binary;
	uint16_t count;

	if (!take_u8(&in, &is_binary) || !take_be16(&in, &count) ||
	    !take_bytes(&in, (size_t)count * 2, &each) || in.n || count > WIRE_FIELDS_MAX)
		return pg_bad(pg, event, "a CopyOutResponse that is not well formed");
	if (!splits)
		count = 1;
	if (!columns_for(pg, count, !splits || is_binary))
		return pg_bad(pg, event, "no memory left for this flow");
	event->kind = UNIT_FIELDS;
	event->fields.columns = pg->columns;
	event->fields.count = count;
	event->fields.is_copy = true;
	return WIRE_UNIT;
}

static bool
view_copy(struct pg *pg, const struct pg_slot *slot, size_t count)
{
	if (pg->view_serial == slot->serial)
		return true;
	if (!columns_for(pg, count, slot->form.format == WIRE_COPY_OPAQUE || slot->form.format == WIRE_COPY_BINARY))
		return false;
	pg->view_serial = slot->serial;
	pg->view_count = count;
	return true;
}

static bool
rooms(struct pg *pg, struct span row, size_t count)
{
	pg->bytes = pg_room(pg, pg->bytes, &pg->byte_room, row.n + 1, 1);
	pg->fields = pg_room(pg, pg->fields, &pg->field_room, count, sizeof(*pg->fields));
	pg->raws = pg_room(pg, pg->raws, &pg->raw_room, count, sizeof(*pg->raws));
	return pg->bytes && pg->fields && pg->raws;
}

static bool
take_row(struct pg *pg, const struct pg_slot *slot, struct span row, struct wire_event *event)
{
	const struct pg_copy_format *format = &formats[slot->form.format];

	if (format->split)
		return format->split(pg, slot, row);
	pg->fields[0] = (struct wire_field){ .bytes = row, .is_binary = true };
	pg->raws[0] = (struct pg_raw){ .n = row.n };
	event->row.is_opaque = true;
	return true;
}

enum wire_step
pg_read_copy_row(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	size_t count = slot->form.format == WIRE_COPY_OPAQUE ? 1 : slot->copy_count;

	if (slot->form.has_header && !slot->copy_began) {
		event->kind = UNIT_PLAIN;	/* names of columns */
		return WIRE_UNIT;
	}
	if (slot->form.format == WIRE_COPY_BINARY && pg_copy_ends_binary(slot, body)) {
		event->kind = UNIT_PLAIN;
		return WIRE_UNIT;
	}
	if (!view_copy(pg, slot, count) || !rooms(pg, body, count))
		return pg_bad(pg, event, "no memory left for this flow");
	if (!take_row(pg, slot, body, event))
		return pg_bad(pg, event, "a row of a COPY that is not what was announced");
	event->kind = UNIT_ROW;
	event->row.begins = true;
	event->row.fields = pg->fields;
	event->row.count = count;
	event->row.columns = pg->columns;
	return WIRE_UNIT;
}

/* The line without its end; false: it has none. */
bool
pg_copy_line(struct span row, struct span *line)
{
	if (row.n == 0 || row.p[row.n - 1] != '\n')
		return false;
	*line = span_head(row, row.n - 1);
	return true;
}

bool
pg_copy_split_line(struct pg *pg, const struct pg_slot *slot, struct span row, pg_take_field_fn *take)
{
	struct span line, rest;
	uint8_t *room = pg->bytes;

	if (!pg_copy_line(row, &line))
		return false;
	rest = line;
	for (size_t i = 0; i < slot->copy_count; i++) {
		struct pg_raw *raw = &pg->raws[i];

		if (i && rest.n == 0)
			return false;
		rest = span_skip(rest, i > 0);	/* the delimiter */
		*raw = (struct pg_raw){ .at = (size_t)(rest.p - line.p) };
		if (!take(&slot->form, &rest, &room, raw))
			return false;
		pg->fields[i] = (struct wire_field){ .bytes = raw->value, .is_null = raw->is_null };
	}
	return rest.n == 0;
}

/* Is it what was read? `fields` of a rewrite may be pg->fields themselves. */
static bool
is_unedited(const struct pg_raw *raw, const struct wire_field *now)
{
	return now->is_null == raw->is_null && now->bytes.p == raw->value.p && now->bytes.n == raw->value.n;
}

void
pg_write_copy(struct pg *pg, struct span unit, const struct wire_field *fields, size_t count, struct out *out)
{
	const struct pg_slot *slot = pg_slot_head(pg);
	struct span row = span_skip(unit, 5);
	size_t at = pg_begin(out, 'd'), done = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pg_raw *raw = &pg->raws[i];

		out_span(out, span_head(span_skip(row, done), raw->at - done));
		done = raw->at + raw->n;
		if (is_unedited(raw, &fields[i]))
			out_span(out, span_head(span_skip(row, raw->at), raw->n));
		else if (slot && formats[slot->form.format].write)
			formats[slot->form.format].write(slot, raw, &fields[i], out);
		else
			out_span(out, fields[i].bytes);
	}
	out_span(out, span_skip(row, done));
	pg_end(out, at);
}
