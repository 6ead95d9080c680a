/*
 * codec.c: the PostgreSQL codec as the worker sees it: the table of wire.h.
 * Which file reads depends on the state of the flow: its start, its login, and
 * then asks from one side and answers from the other.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

static int
sniff(struct span head, size_t *need)
{
	uint32_t n, code;

	*need = 8;
	if (head.n && head.p[0] != 0) {
		*need = head.n;
		return 0;
	}
	if (head.n < 8)
		return 0;
	*need = head.n;
	n = span_be32(head, 0);
	code = span_be32(head, 4);
	if (n < 8 || n > PG_START_MAX)
		return 0;
	return code >> 16 == 3 || code >> 16 == 1234 ? 100 : 0;	/* 1234: cancel, TLS, GSS */
}

static void *
open_flow(const struct wire_settings *settings)
{
	struct pg *pg = arena_take(settings->arena, sizeof(*pg));

	if (!pg)
		return NULL;
	pg->set = *settings;
	pg->arena = settings->arena;
	pg->segment = 1;
	pg->transaction = 'I';
	if (!pg_slots_reserve(pg, 1))
		return NULL;
	return pg;
}

static enum wire_step
next_client(struct pg *pg, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	switch (pg->state) {
	case PG_START:
		return pg_start_next(pg, in, to, event);
	case PG_LOGIN:
		return pg_prove_next(pg, in, event);
	case PG_READY:
		return pg_ask_next(pg, in, event);
	default:
		return in.n ? pg_bad(pg, event, "the flow has ended") : pg_more(event, 1);
	}
}

static enum wire_step
next_server(struct pg *pg, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	switch (pg->state) {
	case PG_START: case PG_LOGIN:
		return pg_login_next(pg, in, to, event);
	case PG_READY:
		return pg_answer_next(pg, in, event);
	default:
		return in.n ? pg_bad(pg, event, "the flow has ended") : pg_more(event, 1);
	}
}

static enum wire_step
next(void *state, enum wire_side side, struct span in, struct out to[WIRE_SIDES], struct wire_event *event)
{
	struct pg *pg = state;

	*event = (struct wire_event){ 0 };
	if (pg->why)
		return pg_bad(pg, event, pg->why);
	return side == WIRE_CLIENT ? next_client(pg, in, to, event) : next_server(pg, in, to, event);
}

/* In the login: an error ends it, the rest is as it came. */
static void
obey_login(struct pg *pg, struct span unit)
{
	if (unit.n < 5 || pg->tls_waits)
		return;
	if (unit.p[0] == 'S')
		pg_setting_keep(pg, span_skip(unit, 5));
	if (unit.p[0] == 'E')
		pg->state = PG_ENDED;
}

/* True: the bytes of this unit of the server go to the client. */
static bool
obey_server(struct pg *pg, struct span unit, bool drops, struct out to[WIRE_SIDES])
{
	if (pg->state == PG_LOGIN)
		obey_login(pg, unit);
	if (pg->state != PG_READY)
		return true;
	if (unit.n == 6 && unit.p[0] == 'Z' && pg->slot_count == 0 && !pg->maybe)
		return false;	/* UNIT_LOGGED_IN: told already */
	if (pg_part_done(pg, WIRE_SERVER, unit, drops || pg->part_kind[WIRE_SERVER] == UNIT_REPLY))
		return !pg->part_drops[WIRE_SERVER];
	return pg_answer_settle(pg, unit, to);
}

static void
enter_login(struct pg *pg)
{
	if (pg->state == PG_START && pg->has_login)
		pg->state = PG_LOGIN;
}

static void
pass(void *state, enum wire_side side, struct span unit, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;

	if (side == WIRE_CLIENT && pg->state == PG_READY)
		pg_ask_pass(pg, unit, to);
	else if (side == WIRE_CLIENT)
		enter_login(pg);
	else if (obey_server(pg, unit, false, to))
		out_span(&to[WIRE_CLIENT], unit);
}

static void
drop(void *state, enum wire_side side, struct span unit, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;

	if (side == WIRE_CLIENT && pg->state == PG_READY)
		pg_ask_drop(pg, unit);
	else if (side == WIRE_CLIENT)
		enter_login(pg);
	else
		obey_server(pg, unit, true, to);
}

static void
refuse(void *state, enum wire_side side, struct span unit, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;

	if (side == WIRE_CLIENT && pg->state == PG_READY)
		pg_ask_refuse(pg, unit, no, to);
	else
		pg_farewell(pg, no, to);
}

static void
rewrite(void *state, struct span unit, const struct wire_field *fields, size_t count, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;
	struct out *client = &to[WIRE_CLIENT];

	switch (unit.n ? unit.p[0] : 0) {
	case 'D':
		pg_write_row(unit, fields, count, client);
		break;
	case 'V':
		pg_write_value(fields, client);
		break;
	case 'd':
		pg_write_copy(pg, unit, fields, count, client);
		break;
	case 'E': case 'N': case 'A':
		pg_write_text(unit, fields, count, client);
		break;
	default:
		pass(pg, WIRE_SERVER, unit, to);
		return;
	}
	obey_server(pg, unit, false, to);
}

static void
copy_form(void *state, const struct wire_copy *form)
{
	struct pg *pg = state;

	pg->form = *form;
}

static void
whole(void *state, size_t limit)
{
	struct pg *pg = state;

	pg->whole = limit;
}

static bool
is_idle(void *state)
{
	struct pg *pg = state;

	return pg->state == PG_READY && pg->slot_count == 0 && !pg->mute &&
	    pg->left[WIRE_CLIENT] == 0 && pg->left[WIRE_SERVER] == 0;
}

static bool
has_room(void *state)
{
	struct pg *pg = state;

	return pg->slot_count < PG_SLOTS_FULL;
}

const struct wire_codec wire_pg = {
	.name = "postgresql",
	.first = WIRE_CLIENT,
	.alpn = "postgresql",
	.has_login = true,
	.sniff = sniff,
	.open = open_flow,
	.next = next,
	.pass = pass,
	.refuse = refuse,
	.drop = drop,
	.rewrite = rewrite,
	.copy_form = copy_form,
	.whole = whole,
	.challenge = pg_challenge,
	.login_begin = pg_login_begin,
	.wants_proof = pg_wants_proof,
	.login_proof = pg_login_proof,
	.tls_ask = pg_tls_ask,
	.tls_answer = pg_tls_answer,
	.own_turn = pg_own_turn,
	.calm = pg_calm,
	.farewell = pg_farewell,
	.cancel = pg_cancel,
	.holds_key = pg_holds_key,
	.setting = pg_setting,
	.is_idle = is_idle,
	.has_room = has_room,
};
