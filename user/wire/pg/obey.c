/*
 * obey.c: the verdict on a client's message, carried out.
 * What is passed goes on as it came and takes the slots its answer will need.
 * What is refused is replaced by something that fails on purpose, and the
 * refusal waits in that slot for the server's error, whose place it takes:
 *   Query, FunctionCall   a Query whose text no server parses: an error, then
 *                         ReadyForQuery, and a transaction that is truly aborted;
 *   Parse, Execute        Describe of a portal that is not there: an error, then
 *                         the server skips to the client's own Sync. Until then
 *                         nothing of the client's goes on.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

typedef void pass_fn(struct pg *, struct span body);

static void
pass_query(struct pg *pg, struct span body)
{
	struct span text = { 0 };
	struct pg_slot *slot;
	struct pg_kept *was;

	take_text(&body, &text);
	slot = pg_slot_push(pg, SLOT_QUERY, ++pg->turns);
	slot->form = pg->form;
	was = pg_kept_put(pg, KEPT_STATEMENT, SPAN(""), NULL);	/* as the server: drop_unnamed_stmt() */
	pg_kept_release(pg, &was);
	pg_kept_doubt(pg, text);
	pg->run_segment = pg->segment;
	pg_slots_close(pg);
}

/* What pg->made is called, it is from now on. */
static struct pg_slot *
name_made(struct pg *pg, enum pg_slot_kind kind)
{
	struct pg_kept *it = pg->made;
	struct pg_slot *slot = pg_slot_push(pg, kind, it->turn);
	bool by_sql = it->kind == KEPT_PORTAL ? pg->has_declared : pg->has_prepared;

	pg->made = NULL;
	it->segment = pg->segment;
	slot->it = pg_kept_ref(it);
	slot->changed = it->kind;
	slot->has_change = true;
	slot->old = pg_kept_put(pg, it->kind, it->name, it);
	it->has_replaced = slot->old || (it->name.n && by_sql);
	if (it->kind == KEPT_PORTAL && it->name.n == 0)
		pg_kept_release(pg, &slot->old);	/* nobody runs it again; its values may be many */
	pg->is_open = true;
	return slot;
}

static void
pass_parse(struct pg *pg, struct span body)
{
	(void)body;
	pg->made->turn = ++pg->turns;
	name_made(pg, SLOT_PARSE);
}

static void
pass_bind(struct pg *pg, struct span body)
{
	bool is_ask = pg->made->has_passed;
	struct pg_slot *slot;

	(void)body;
	pg->turns += is_ask;
	pg->made->bound = pg->turns;
	slot = name_made(pg, SLOT_BIND);
	if (is_ask)
		slot->turn = pg->turns;
}

static void
pass_describe(struct pg *pg, struct span body)
{
	bool is_portal = body.p[0] == 'P';
	struct span name = span_of(body.p + 1, body.n - 2);
	struct pg_kept *it = pg_kept_find(pg, is_portal ? KEPT_PORTAL : KEPT_STATEMENT, name);
	struct pg_slot *slot = pg_slot_push(pg, is_portal ? SLOT_DESCRIBE_PORTAL : SLOT_DESCRIBE_STATEMENT, 0);

	pg->is_open = true;
	if (!it || !pg_kept_is_certain(pg, it))
		return;
	slot->it = pg_kept_ref(it);
	slot->turn = it->turn;
}

static void
pass_close(struct pg *pg, struct span body)
{
	struct span name = span_of(body.p + 1, body.n - 2);
	struct pg_slot *slot = pg_slot_push(pg, SLOT_CLOSE, 0);

	slot->changed = body.p[0] == 'P' ? KEPT_PORTAL : KEPT_STATEMENT;
	slot->old = pg_kept_put(pg, slot->changed, name, NULL);
	slot->has_change = slot->old != NULL;
	pg->is_open = true;
}

static void
pass_execute(struct pg *pg, struct span body)
{
	struct pg_slot *slot = pg_slot_push(pg, SLOT_EXECUTE, ++pg->turns);
	struct span name = { 0 };
	struct pg_kept *it;
	uint32_t limit = 0;

	take_text(&body, &name);
	take_be32(&body, &limit);
	it = pg_kept_find(pg, KEPT_PORTAL, name);
	pg->run_segment = pg->segment;
	pg->is_open = true;
	if (!it || !pg_kept_is_certain(pg, it)) {
		pg_kept_doubt(pg, span_of(NULL, 0));
		return;
	}
	slot->it = pg_kept_ref(it);
	slot->form = pg->form;
	it->has_passed = true;
	pg_kept_doubt(pg, it->statement ? it->statement->text : span_of(NULL, 0));
	if (name.n == 0 && limit == 0)
		pg_kept_spend(pg, it);
}

static void
pass_function(struct pg *pg, struct span body)
{
	struct pg_slot *slot = pg_slot_push(pg, SLOT_FUNCTION, ++pg->turns);

	slot->is_binary = span_be16(body, body.n - 2) != 0;
	slot->function = span_be32(body, 0);
	pg->run_segment = pg->segment;
	pg_slots_close(pg);
}

static void
pass_sync(struct pg *pg, struct span body)
{
	(void)body;
	pg->mute = false;
	if (pg_in_copy(pg)) {
		pg->maybe++;	/* the server swallows it */
		return;
	}
	pg_slot_push(pg, SLOT_SYNC, pg->turns);
	pg_slots_close(pg);
}

static void
pass_copy_end(struct pg *pg, struct span body)
{
	(void)body;
	if (pg->slot_count)
		pg_slot_push(pg, SLOT_COPY_END, 0);
}

static pass_fn *
pass_of(uint8_t tag)
{
	switch (tag) {
	case 'Q': return pass_query;
	case 'P': return pass_parse;
	case 'B': return pass_bind;
	case 'D': return pass_describe;
	case 'C': return pass_close;
	case 'E': return pass_execute;
	case 'F': return pass_function;
	case 'S': return pass_sync;
	case 'c': case 'f': return pass_copy_end;
	default: return NULL;	/* Flush, CopyData, Terminate: no answer */
	}
}

static void
pass_part(struct pg *pg, struct span unit, bool is_first, struct out *server)
{
	struct pg_kept *it = pg->made;

	if (pg->part_drops[WIRE_CLIENT])
		return;
	if (is_first && it) {
		pass_bind(pg, unit);
		pg_large_begin(pg, it, span_skip(unit, 5));
	} else if (pg->large.it) {
		pg_large_feed(pg, unit);
	}
	if (!pg->why)
		out_span(server, unit);
}

void
pg_ask_pass(struct pg *pg, struct span unit, struct out to[WIRE_SIDES])
{
	bool is_first = pg->left[WIRE_CLIENT] == 0;
	pass_fn *pass;

	if (pg_part_done(pg, WIRE_CLIENT, unit, pg->mute)) {
		pass_part(pg, unit, is_first, &to[WIRE_SERVER]);
		return;
	}
	if (unit.n < 5 || (pg->mute && unit.p[0] != 'S' && unit.p[0] != 'X'))
		return;
	pass = pass_of(unit.p[0]);
	if (pass)
		pass(pg, span_skip(unit, 5));
	pg->form = (struct wire_copy){ .format = WIRE_COPY_OPAQUE };
	out_span(&to[WIRE_SERVER], unit);
}

void
pg_ask_drop(struct pg *pg, struct span unit)
{
	pg_part_done(pg, WIRE_CLIENT, unit, true);
	pg_kept_release(pg, &pg->made);
}

static struct pg_no *
keep_no(struct pg *pg, const struct wire_no *no)
{
	struct pg_no *kept = arena_take(pg->arena, sizeof(*kept));

	if (!kept)
		return NULL;	/* then the refusal has no words of its own */
	for (size_t i = 0; i < 5 && no->sqlstate[i]; i++)
		kept->sqlstate[i] = no->sqlstate[i];
	kept->message = arena_copy(pg->arena, no->message);
	kept->hint = arena_copy(pg->arena, no->hint);
	if (!kept->message.p)
		kept->message.n = 0;
	if (!kept->hint.p)
		kept->hint.n = 0;
	return kept;
}

static void
refuse_query(struct pg *pg, const struct wire_no *no, struct out *server)
{
	struct pg_slot *slot = pg_slot_push(pg, SLOT_REFUSED_QUERY, ++pg->turns);
	size_t at = pg_begin(server, 'Q');
	struct pg_kept *was = pg_kept_put(pg, KEPT_STATEMENT, SPAN(""), NULL);

	out_text(server, PG_REFUSED);
	pg_end(server, at);
	slot->no = keep_no(pg, no);
	pg_kept_release(pg, &was);
	pg->run_segment = pg->segment;
	pg_slots_close(pg);
}

static void
refuse_extended(struct pg *pg, const struct wire_no *no, bool is_ask, struct out *server)
{
	struct pg_slot *slot = pg_slot_push(pg, SLOT_REFUSED, is_ask ? ++pg->turns : 0);
	size_t at = pg_begin(server, 'D');

	out_u8(server, 'P');
	out_text(server, PG_REFUSED);
	pg_end(server, at);
	slot->no = keep_no(pg, no);
	pg->run_segment = pg->segment;
	pg->is_open = true;
	pg->mute = true;
}

void
pg_ask_refuse(struct pg *pg, struct span unit, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	pg_kept_release(pg, &pg->made);
	if (no->fatal || unit.n < 5) {
		pg_farewell(pg, no, to);
		return;
	}
	pg_part_done(pg, WIRE_CLIENT, unit, true);	/* of a message too large to be read: the rest goes too */
	if (pg->mute)
		return;		/* it has its error already */
	switch (unit.p[0]) {
	case 'Q': case 'F':
		refuse_query(pg, no, &to[WIRE_SERVER]);
		return;
	case 'P': case 'B': case 'D': case 'C': case 'E':
		refuse_extended(pg, no, unit.p[0] != 'D' && unit.p[0] != 'C', &to[WIRE_SERVER]);
		return;
	default:
		pg_farewell(pg, no, to);
	}
}

void
pg_farewell(void *state, const struct wire_no *no, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;

	if (pg->state != PG_ENDED && pg->left[WIRE_SERVER] == 0)
		pg_error(&to[WIRE_CLIENT], "FATAL", no->sqlstate, no->message, no->hint);
	pg->state = PG_ENDED;
}

/* A server may send a notice at any time, but not inside another message. */
void
pg_calm(void *state, struct out to[WIRE_SIDES])
{
	struct pg *pg = state;

	if (pg->state == PG_READY && pg->left[WIRE_SERVER] == 0)
		pg_error(&to[WIRE_CLIENT], "NOTICE", "00000", SPAN("waiting for approval"), SPAN(""));
}
