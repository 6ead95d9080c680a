/*
 * row.c: columns and rows.
 * What RowDescription says belongs to the statement or portal it described, or
 * to the running Query. A row is shown beside a *view* of its columns: those of
 * its portal or statement with the formats Bind asked for; where nothing was
 * described, as many zeros as the row has fields. What was told of a portal goes
 * for its statement too, since drivers describe once and execute often.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

static bool
take_column(struct span *in, struct wire_column *out)
{
	struct wire_column column = { 0 };
	struct span rest = *in;
	uint32_t modifier;
	uint16_t size, format;

	if (!take_text(&rest, &column.name) || !take_be32(&rest, &column.table) ||
	    !take_be16(&rest, &column.column) || !take_be32(&rest, &column.type) ||
	    !take_be16(&rest, &size) || !take_be32(&rest, &modifier) || !take_be16(&rest, &format))
		return false;
	column.is_binary = format != 0;
	*out = column;
	*in = rest;
	return true;
}

/* Room in pg->columns for `count`. */
static bool
columns_room(struct pg *pg, size_t count)
{
	pg->view_serial = 0;
	pg->columns = pg_room(pg, pg->columns, &pg->column_room, count, sizeof(*pg->columns));
	return pg->columns != NULL;
}

static bool
fields_room(struct pg *pg, size_t count)
{
	pg->fields = pg_room(pg, pg->fields, &pg->field_room, count, sizeof(*pg->fields));
	return pg->fields != NULL;
}

enum wire_step
pg_read_columns(struct pg *pg, struct span body, struct wire_event *event)
{
	uint16_t count;

	if (!take_be16(&body, &count) || count > WIRE_FIELDS_MAX)
		return pg_bad(pg, event, "a RowDescription that is not well formed");
	if (!columns_room(pg, count))
		return pg_bad(pg, event, "no memory left for this flow");
	for (size_t i = 0; i < count; i++)
		if (!take_column(&body, &pg->columns[i]))
			return pg_bad(pg, event, "a RowDescription that is not well formed");
	if (body.n)
		return pg_bad(pg, event, "a RowDescription that is not well formed");
	event->kind = UNIT_FIELDS;
	event->fields.columns = pg->columns;
	event->fields.count = count;
	event->fields.is_copy = false;
	return WIRE_UNIT;
}

/* A copy of its own; pg_read_columns() has found it well formed. NULL: no memory. */
struct pg_columns *
pg_columns_new(struct pg *pg, struct span body)
{
	struct pg_columns *columns;
	struct span in;
	uint16_t count = 0;
	uint8_t *room;

	take_be16(&body, &count);
	columns = arena_take(pg->arena, sizeof(*columns) + count * sizeof(columns->column[0]) + body.n);
	if (!columns)
		return NULL;
	room = (uint8_t *)&columns->column[count];
	if (body.n)
		memcpy(room, body.p, body.n);
	in = span_of(room, body.n);
	columns->refs = 1;
	while (columns->count < count && take_column(&in, &columns->column[columns->count]))
		columns->count++;
	return columns;
}

/* *promised: they were told of the statement, before this portal was made. */
static const struct pg_columns *
columns_of(const struct pg_slot *slot, bool *promised)
{
	const struct pg_kept *it = slot->it;

	*promised = false;
	if (slot->kind == SLOT_QUERY)
		return slot->columns;
	if (!it)
		return NULL;
	*promised = !it->columns && it->statement;
	return *promised ? it->statement->columns : it->columns;
}

static bool
is_binary(struct span formats, size_t i)
{
	if (formats.n == 2)
		return span_be16(formats, 0) != 0;
	return formats.n >= (i + 1) * 2 && span_be16(formats, i * 2) != 0;
}

/* Make pg->columns this slot's view. False: the row is not what was described. */
static bool
view(struct pg *pg, const struct pg_slot *slot, size_t count)
{
	bool promised;
	const struct pg_columns *columns = columns_of(slot, &promised);

	if (pg->view_serial == slot->serial)
		return pg->view_count == count;
	if (columns && columns->count != count && promised)
		columns = NULL;		/* FETCH of another cursor by now: nothing is known */
	if ((columns && columns->count != count) || !columns_room(pg, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		pg->columns[i] = columns ? columns->column[i] : (struct wire_column){ 0 };
		pg->columns[i].is_promised = promised;
		if (slot->kind == SLOT_EXECUTE)	/* of an unknown portal, nobody knows */
			pg->columns[i].is_binary = !slot->it || is_binary(slot->it->formats, i);
	}
	pg->view_serial = slot->serial;
	pg->view_count = count;
	return true;
}

static bool
take_value(struct span *in, struct wire_field *field)
{
	uint32_t n;

	if (!take_be32(in, &n))
		return false;
	field->is_null = n == UINT32_MAX;
	field->bytes = span_of(in->p, 0);
	return field->is_null || take_bytes(in, n, &field->bytes);
}

enum wire_step
pg_read_row(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	uint16_t count;

	if (!take_be16(&body, &count) || count > WIRE_FIELDS_MAX)
		return pg_bad(pg, event, "a DataRow that is not well formed");
	if (slot->copy != COPY_NONE || !view(pg, slot, count) || !fields_room(pg, count))
		return pg_bad(pg, event, "a DataRow that is not what was described, or no memory for it");
	for (size_t i = 0; i < count; i++) {
		if (!take_value(&body, &pg->fields[i]))
			return pg_bad(pg, event, "a DataRow that is not well formed");
		pg->fields[i].is_binary = pg->columns[i].is_binary;
		pg->fields[i].type = pg->columns[i].type;
		pg->fields[i].code = 0;
	}
	if (body.n)
		return pg_bad(pg, event, "a DataRow that is not well formed");
	event->kind = pg_slot_is_own(slot) ? UNIT_REPLY : UNIT_ROW;
	event->row.begins = true;
	event->row.fields = pg->fields;
	event->row.count = count;
	event->row.columns = pg->columns;
	return WIRE_UNIT;
}

/*
 * What libpq's large objects call (lo_open, lo_import and the like), by the OIDs of
 * pg_proc.dat, which no server changes: a FunctionCall is answered without a type.
 */
static uint32_t
type_of_function(uint32_t function)
{
	switch (function) {
	case 715: case 764: case 957:			/* lo_create, lo_import, lo_creat: oid */
		return 26;
	case 952: case 953: case 955: case 956:		/* lo_open, lo_close, lowrite, lo_lseek: int4 */
	case 958: case 964: case 1004: case 3172:	/* lo_tell, lo_unlink, lo_truncate, lo_truncate64 */
		return 23;
	case 3170: case 3171:				/* lo_lseek64, lo_tell64: int8 */
		return 20;
	default:	/* loread too: what a large object holds is anything, so a mask withholds it */
		return 0;
	}
}

/* FunctionCallResponse: one value. */
enum wire_step
pg_read_value(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	if (!columns_room(pg, 1) || !fields_room(pg, 1))
		return pg_bad(pg, event, "no memory left for this flow");
	pg->columns[0] = (struct wire_column){ .is_binary = slot->is_binary,
		.type = type_of_function(slot->function) };
	pg->fields[0] = (struct wire_field){ .is_binary = slot->is_binary };
	if (!take_value(&body, &pg->fields[0]) || body.n)
		return pg_bad(pg, event, "a FunctionCallResponse that is not well formed");
	event->kind = UNIT_ROW;
	event->row.begins = true;
	event->row.fields = pg->fields;
	event->row.count = 1;
	event->row.columns = pg->columns;
	return WIRE_UNIT;
}

static void
write_value(const struct wire_field *field, struct out *out)
{
	if (field->is_null)
		out_be32(out, UINT32_MAX);
	else
		out_block(out, field->bytes);
}

void
pg_write_row(struct span unit, const struct wire_field *fields, size_t count, struct out *out)
{
	size_t at = pg_begin(out, (char)unit.p[0]);

	out_be16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		write_value(&fields[i], out);
	pg_end(out, at);
}

void
pg_write_value(const struct wire_field *field, struct out *out)
{
	size_t at = pg_begin(out, 'V');

	write_value(field, out);
	pg_end(out, at);
}
