/*
 * own.c: a question of the daemon's own, put where the flow now stands.
 * Parse, Bind and Execute under names no client may use, with slots whose
 * answers are swallowed. Where the client has begun a batch and not yet sent its
 * Sync, Flush makes the server answer without ending that batch; should the
 * question fail there, the batch has failed (settle.c tells the client). Else a
 * Sync of our own ends what the question began, and harms nothing.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define OWN_SLOTS 8

static void
push(struct pg *pg, enum pg_slot_kind kind)
{
	pg_slot_push(pg, kind, pg->owns);
}

static void
write_close(struct pg *pg, char what, struct out *out)
{
	size_t at = pg_begin(out, 'C');

	out_u8(out, (uint8_t)what);
	out_text(out, PG_OWN);
	pg_end(out, at);
	push(pg, SLOT_OWN_CLOSE);
}

static void
write_question(struct pg *pg, struct span text, struct out *out)
{
	size_t at = pg_begin(out, 'P');

	out_text(out, PG_OWN);
	pg_string(out, text);
	out_be16(out, 0);
	pg_end(out, at);
	push(pg, SLOT_OWN_PARSE);

	at = pg_begin(out, 'B');
	out_text(out, PG_OWN);
	out_text(out, PG_OWN);
	out_zero(out, 6);	/* no formats, no values, results as text */
	pg_end(out, at);
	push(pg, SLOT_OWN_BIND);

	at = pg_begin(out, 'E');
	out_text(out, PG_OWN);
	out_be32(out, 0);
	pg_end(out, at);
	push(pg, SLOT_OWN_EXECUTE);
}

bool
pg_own_turn(void *state, struct span text, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;
	struct pg_slot *head = pg_slot_head(pg);
	bool is_known = pg->run_segment <= pg->settled_segment;
	struct out *out = &to[WIRE_SERVER];

	if (pg->state != PG_READY || pg->why || pg->mute || pg->left[WIRE_CLIENT])
		return false;
	if ((is_known && pg->transaction == 'E') || (head && (head->copy == COPY_IN || head->copy == COPY_BOTH)))
		return false;
	if (text.n == 0 || memchr(text.p, 0, text.n) || !pg_slots_reserve(pg, OWN_SLOTS))
		return false;
	pg->owns++;
	write_close(pg, 'P', out);	/* of a question that failed half-way */
	write_close(pg, 'S', out);
	write_question(pg, text, out);
	write_close(pg, 'P', out);
	write_close(pg, 'S', out);
	if (pg->is_open) {
		pg_end(out, pg_begin(out, 'H'));
		return true;
	}
	push(pg, SLOT_OWN_SYNC);
	pg_end(out, pg_begin(out, 'S'));
	pg_slots_close(pg);
	return true;
}
