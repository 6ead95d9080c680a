/*
 * text.c: errors, notices and notifications, piece by piece.
 * The pieces of an error have the protocol's field codes. A notification's are
 * 'a' (channel) and 'A' (payload), which no error has.
 */
#include "wire/pg/pg.h"

static bool
take_piece(struct span *in, char *code, struct span *text)
{
	uint8_t byte;

	if (!take_u8(in, &byte) || byte == 0 || !take_text(in, text))
		return false;
	*code = (char)byte;
	return true;
}

static bool
read_notification(struct span body, struct wire_field *fields, size_t *count)
{
	uint32_t pid;

	fields[0] = (struct wire_field){ .code = 'a' };
	fields[1] = (struct wire_field){ .code = 'A' };
	*count = 2;
	return take_be32(&body, &pid) && take_text(&body, &fields[0].bytes) &&
	    take_text(&body, &fields[1].bytes) && body.n == 0;
}

/* Pieces, then one NUL, then nothing. */
static bool
read_pieces(struct span body, struct wire_field *fields, size_t *count)
{
	size_t n = 0;

	while (n < PG_TEXTS_MAX && body.n && body.p[0]) {
		fields[n] = (struct wire_field){ 0 };
		if (!take_piece(&body, &fields[n].code, &fields[n].bytes))
			return false;
		n++;
	}
	*count = n;
	return body.n == 1 && body.p[0] == 0;
}

enum wire_step
pg_read_text(struct pg *pg, char tag, struct span body, struct wire_event *event)
{
	size_t count;

	pg->fields = pg_room(pg, pg->fields, &pg->field_room, PG_TEXTS_MAX, sizeof(*pg->fields));
	if (!pg->fields)
		return pg_bad(pg, event, "no memory left for this flow");
	if (tag == 'A' ? !read_notification(body, pg->fields, &count) : !read_pieces(body, pg->fields, &count))
		return pg_bad(pg, event, "an error or notice that is not well formed");
	event->kind = UNIT_TEXT;
	event->row.fields = pg->fields;
	event->row.count = count;
	event->row.columns = NULL;
	return WIRE_UNIT;
}

struct span
pg_text_piece(struct span body, char code)
{
	struct span text;
	char its;

	while (take_piece(&body, &its, &text))
		if (its == code)
			return text;
	return span_of("", 0);
}

bool
pg_text_is_fatal(struct span body)
{
	struct span severity = pg_text_piece(body, 'V');

	if (severity.n == 0)
		severity = pg_text_piece(body, 'S');	/* before PostgreSQL 9.6 */
	return span_is(severity, "FATAL") || span_is(severity, "PANIC");
}

void
pg_write_text(struct span unit, const struct wire_field *fields, size_t count, struct out *out)
{
	size_t at = pg_begin(out, (char)unit.p[0]);
	bool is_notification = unit.p[0] == 'A';

	if (is_notification)
		out_be32(out, span_be32(unit, 5));
	for (size_t i = 0; i < count; i++) {
		if (!is_notification)
			out_u8(out, (uint8_t)fields[i].code);
		pg_string(out, fields[i].is_null ? SPAN("") : fields[i].bytes);
	}
	if (!is_notification)
		out_u8(out, 0);
	pg_end(out, at);
}
