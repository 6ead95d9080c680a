/*
 * frame.c: where a PostgreSQL message begins and ends, and how one is written.
 * A message is a tag, a 32-bit length that counts itself, and a body. What is
 * too large to be held goes in parts: the first has the header, left[] counts
 * down what is still to come. Knows lengths, not meaning.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

enum wire_step
pg_more(struct wire_event *event, size_t need)
{
	event->need = need;
	return WIRE_MORE;
}

enum wire_step
pg_bad(struct pg *pg, struct wire_event *event, const char *why)
{
	if (!pg->why)
		pg->why = why;
	event->why = pg->why;
	event->n = 0;
	return WIRE_BAD;
}

/* Bytes of the whole message that begins here; the header is there. */
size_t
pg_total(struct span unit)
{
	return 1 + (size_t)span_be32(unit, 1);
}

/* More of a message whose first part has been passed. */
enum wire_step
pg_part(struct pg *pg, enum wire_side side, struct span in, struct wire_event *event)
{
	if (in.n == 0)
		return pg_more(event, 1);
	event->n = in.n < pg->left[side] ? in.n : pg->left[side];
	event->kind = pg->part_kind[side];
	event->turn = pg->part_turn[side];
	return WIRE_PART;
}

/* The first part: kind and turn are in the event already. */
enum wire_step
pg_part_begin(struct pg *pg, enum wire_side side, struct span in, struct wire_event *event)
{
	size_t total = pg_total(in);

	event->n = in.n < total ? in.n : total;
	pg->part_kind[side] = event->kind;
	pg->part_turn[side] = event->turn;
	return WIRE_PART;
}

bool
pg_part_done(struct pg *pg, enum wire_side side, struct span unit, bool drops)
{
	if (pg->left[side]) {
		pg->left[side] -= unit.n < pg->left[side] ? unit.n : pg->left[side];
		return true;
	}
	if (unit.n < 5 || pg_total(unit) <= unit.n)
		return false;
	pg->left[side] = pg_total(unit) - unit.n;
	pg->part_drops[side] = drops;
	return true;
}

size_t
pg_begin(struct out *out, char tag)
{
	out_u8(out, (uint8_t)tag);
	out_be32(out, 0);
	return out->n - 4;
}

void
pg_end(struct out *out, size_t at)
{
	if (!out->failed)
		out_put_be32(out, at, (uint32_t)(out->n - at));
}

/* Text with its NUL; nothing behind a NUL inside it. */
void
pg_string(struct out *out, struct span text)
{
	const uint8_t *nul = text.n ? memchr(text.p, 0, text.n) : NULL;

	out_span(out, nul ? span_of(text.p, (size_t)(nul - text.p)) : text);
	out_u8(out, 0);
}

static void
piece(struct out *out, char code, struct span text)
{
	if (text.n == 0)
		return;
	out_u8(out, (uint8_t)code);
	pg_string(out, text);
}

/* ErrorResponse, or NoticeResponse when the severity is NOTICE. */
void
pg_error(struct out *out, const char *severity, const char *sqlstate, struct span message,
    struct span hint)
{
	size_t at = pg_begin(out, strcmp(severity, "NOTICE") == 0 ? 'N' : 'E');

	piece(out, 'S', span_text(severity));
	piece(out, 'V', span_text(severity));
	piece(out, 'C', span_text(sqlstate));
	piece(out, 'M', message.n ? message : SPAN("refused"));
	piece(out, 'H', hint);
	out_u8(out, 0);
	pg_end(out, at);
}

/* An array with room for `need` elements, its old content lost; NULL: no memory, the old one gone. */
void *
pg_room(struct pg *pg, void *p, size_t *room, size_t need, size_t size)
{
	if (p && need <= *room)
		return p;
	arena_give(pg->arena, p);
	*room = 0;
	p = arena_take(pg->arena, (need ? need : 1) * size);
	if (p)
		*room = need ? need : 1;
	return p;
}
