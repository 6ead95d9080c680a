/*
 * settle.c: a unit of the server has been obeyed, and the state follows.
 * Slots are answered and go; names become certain or lose their meaning; an
 * error takes its segment with it. Where the answer is to something we sent,
 * the client gets nothing, or its refusal in the place of the server's error.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

static void
remember_failure(struct pg *pg, uint32_t turn, struct span sqlstate, struct span message)
{
	struct pg_failure *failure = &pg->failure;

	*failure = (struct pg_failure){ .is_set = true, .turn = turn };
	for (size_t i = 0; i < 5 && i < sqlstate.n; i++)
		failure->sqlstate[i] = (char)sqlstate.p[i];
	failure->message_n = message.n < sizeof(failure->message) ? message.n : sizeof(failure->message);
	if (failure->message_n)
		memcpy(failure->message, message.p, failure->message_n);
}

static void
write_refusal(struct pg *pg, struct pg_slot *slot, struct out *client)
{
	const struct pg_no *no = slot->no;
	const char *sqlstate = no && no->sqlstate[0] ? no->sqlstate : "42501";
	struct span message = no ? no->message : SPAN("refused");

	pg_error(client, "ERROR", sqlstate, message, no ? no->hint : SPAN(""));
	remember_failure(pg, slot->turn, span_text(sqlstate), message);
}

/* A question of ours failed inside the client's batch, and the batch with it. */
static void
write_poisoned(struct pg *pg, struct out *client)
{
	struct span message = SPAN("a question needed to judge this could not be answered");

	pg_error(client, "ERROR", "58000", message, SPAN("nothing more of this batch has been run; try again"));
	remember_failure(pg, 0, SPAN("58000"), message);
}

static bool
own_has_sync(struct pg *pg)
{
	for (size_t i = 0; i < pg->slot_count; i++) {
		enum pg_slot_kind kind = pg_slot_at(pg, i)->kind;

		if (kind == SLOT_SYNC || kind == SLOT_OWN_SYNC)
			return kind == SLOT_OWN_SYNC;
	}
	return false;
}

/* True: the server's error goes to the client. */
static bool
settle_error(struct pg *pg, struct span body, struct out *client)
{
	struct pg_slot *slot = pg_slot_head(pg);

	if (pg_text_is_fatal(body)) {
		pg->state = PG_ENDED;
		return true;
	}
	switch (slot->kind) {
	case SLOT_OWN_SYNC:
		return false;
	case SLOT_REFUSED_QUERY:
		write_refusal(pg, slot, client);
		slot->has_failed = true;
		return false;
	case SLOT_REFUSED:
		write_refusal(pg, slot, client);
		pg_slots_fail(pg);
		return false;
	case SLOT_OWN_CLOSE: case SLOT_OWN_PARSE: case SLOT_OWN_BIND: case SLOT_OWN_EXECUTE:
		if (!own_has_sync(pg))
			write_poisoned(pg, client);
		pg_slots_fail(pg);
		return false;
	default:
		remember_failure(pg, slot->turn, pg_text_piece(body, 'C'), pg_text_piece(body, 'M'));
		if (slot->kind != SLOT_QUERY && slot->kind != SLOT_FUNCTION && slot->kind != SLOT_SYNC)
			pg_slots_fail(pg);
		return true;
	}
}

static bool
settle_ready(struct pg *pg, char transaction)
{
	struct pg_slot *slot = pg_slot_head(pg);
	bool is_spare = !slot || (slot->kind != SLOT_SYNC && slot->kind != SLOT_QUERY &&
	    slot->kind != SLOT_FUNCTION && slot->kind != SLOT_REFUSED_QUERY && slot->kind != SLOT_OWN_SYNC);
	bool is_own = slot && slot->kind == SLOT_OWN_SYNC;

	pg->transaction = transaction;
	if (is_spare) {
		pg->maybe--;
		pg->mute = false;
		pg->failure.is_set = false;
		return true;
	}
	pg->settled_segment = slot->segment;
	if (transaction == 'I')
		pg_kept_end_portals(pg, slot->segment);
	if (!is_own)
		pg->failure.is_set = false;
	pg_slot_pop(pg);
	return !is_own;
}

/* What a Parse, Bind or Close did to a name is now certain. */
static bool
settle_named(struct pg *pg)
{
	struct pg_slot *slot = pg_slot_head(pg);
	bool is_own = pg_slot_is_own(slot);

	if (slot->it)
		slot->it->is_confirmed = true;
	pg->maybe = 0;
	pg_slot_pop(pg);
	return !is_own;
}

/* RowDescription, or NoData with an empty body: remembered where rows will look for it. */
static void
settle_columns(struct pg *pg, struct span body)
{
	struct pg_slot *slot = pg_slot_head(pg);
	struct pg_columns *columns = body.n ? pg_columns_new(pg, body) : NULL;
	bool is_query = slot->kind == SLOT_QUERY;
	struct pg_columns **at = is_query ? &slot->columns : slot->it ? &slot->it->columns : NULL;

	pg->view_serial = 0;
	if (at) {
		pg_columns_release(pg, at);
		*at = columns;
		columns = NULL;
	}
	if (slot->it && slot->it->statement && !slot->it->statement->columns && slot->it->columns) {
		slot->it->columns->refs++;
		slot->it->statement->columns = slot->it->columns;
	}
	pg_columns_release(pg, &columns);
	if (!is_query)
		pg_slot_pop(pg);
}

/* ParameterDescription: the types that Parse left to the server. */
static void
settle_parameters(struct pg *pg, struct span body)
{
	struct pg_kept *it = pg_slot_head(pg)->it;
	uint16_t count = 0;
	uint32_t *types;

	if (!it || it->body || !take_be16(&body, &count) || body.n != count * sizeof(*types))
		return;
	types = arena_take(pg->arena, (count + 1) * sizeof(*types));
	if (!types)
		return;		/* then they stay unknown */
	for (size_t i = 0; i < count; i++)
		types[i] = span_be32(body, i * sizeof(*types));
	it->body = (uint8_t *)types;
	it->types = types;
	it->type_count = count;
}

static bool
settle_complete(struct pg *pg)
{
	struct pg_slot *slot = pg_slot_head(pg);
	bool is_own = pg_slot_is_own(slot);

	slot->copy = COPY_NONE;
	pg->maybe = 0;
	pg_columns_release(pg, &slot->columns);
	pg->view_serial = 0;
	if (slot->kind != SLOT_QUERY)
		pg_slot_pop(pg);
	return !is_own;
}

static void
settle_copy(struct pg *pg, char tag, struct span body)
{
	struct pg_slot *slot = pg_slot_head(pg);

	if (tag == 'G') {
		pg_slots_copy_in(pg);
		return;
	}
	slot->copy = tag == 'H' ? COPY_OUT : COPY_BOTH;
	if (tag != 'H' || !pg_copy_splits(pg, slot, body))
		slot->form = (struct wire_copy){ .format = WIRE_COPY_OPAQUE };
	slot->copy_began = false;
	slot->copy_count = body.n < 3 ? 0 : span_be16(body, 1);
	pg->view_serial = 0;
}

bool
pg_answer_settle(struct pg *pg, struct span unit, struct out to[WIRE_SIDES])
{
	struct pg_slot *slot = pg_slot_head(pg);
	struct span body = span_skip(unit, 5);

	switch (unit.p[0]) {
	case 'S':
		pg_setting_keep(pg, body);
		return true;
	case 'E':
		return settle_error(pg, body, &to[WIRE_CLIENT]);
	case 'Z':
		return settle_ready(pg, (char)body.p[0]);
	case '1': case '2': case '3':
		return settle_named(pg);
	case 'T': case 'n':
		settle_columns(pg, body);
		return true;
	case 't':
		settle_parameters(pg, body);
		return true;
	case 'C': case 'I': case 's':
		return settle_complete(pg);
	case 'G': case 'H': case 'W':
		settle_copy(pg, (char)unit.p[0], body);
		return true;
	case 'D':
		return !pg_slot_is_own(slot);
	case 'd':
		slot->copy_began = true;
		return true;
	default:
		return true;	/* notices, copy rows and their end, function results */
	}
}
