/*
 * answer.c: what the server's next message is, once logged in.
 * It belongs to the slot at the head, which says which messages may answer it;
 * any other means that the two sides no longer agree, and that is BAD. Nothing
 * is changed here: settle.c does, once the unit has been obeyed.
 */
#include "wire/pg/pg.h"

#include <assert.h>

#include "base/arena.h"

typedef enum wire_step read_fn(struct pg *, struct pg_slot *, struct span body, struct wire_event *);

/* Which messages answer which slot; errors, notices and settings come at any time. */
static const char *const answers[] = {
	[SLOT_PARSE] = "1",
	[SLOT_BIND] = "2",
	[SLOT_DESCRIBE_STATEMENT] = "tTn",
	[SLOT_DESCRIBE_PORTAL] = "Tn",
	[SLOT_EXECUTE] = "DCsIGHWdc",
	[SLOT_CLOSE] = "3",
	[SLOT_SYNC] = "Z",
	[SLOT_QUERY] = "TDCIGHWdcZ",
	[SLOT_FUNCTION] = "VZ",
	[SLOT_COPY_END] = "",
	[SLOT_REFUSED] = "",
	[SLOT_REFUSED_QUERY] = "Z",
	[SLOT_OWN_CLOSE] = "3",
	[SLOT_OWN_PARSE] = "1",
	[SLOT_OWN_BIND] = "2",
	[SLOT_OWN_EXECUTE] = "DCI",
	[SLOT_OWN_SYNC] = "Z",
};
static_assert(COUNT(answers) == PG_SLOT_KINDS, "every slot has its answers");

static bool
may_answer(const struct pg_slot *slot, char tag)
{
	if (!strchr(answers[slot->kind], tag))
		return false;
	if (tag == 'd' || tag == 'c')
		return slot->copy == COPY_OUT || slot->copy == COPY_BOTH;
	if (tag == 'Z' && slot->kind == SLOT_REFUSED_QUERY)
		return slot->has_failed;
	return true;
}

static enum wire_step
done(struct pg_slot *slot, struct wire_event *event, struct span tag, bool is_last)
{
	event->kind = slot->kind == SLOT_OWN_EXECUTE ? UNIT_REPLY_END : UNIT_DONE;
	event->done = (struct wire_done){ .turn = event->turn, .tag = tag, .is_last = is_last };
	return WIRE_UNIT;
}

static enum wire_step
read_empty(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	if (body.n)
		return pg_bad(pg, event, "a message of the server that should be empty is not");
	event->kind = pg_slot_is_own(slot) ? UNIT_OWN : UNIT_PLAIN;
	return WIRE_UNIT;
}

static enum wire_step
read_parsed(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	if (pg_slot_is_own(slot) || body.n)
		return read_empty(pg, slot, body, event);
	return done(slot, event, SPAN(""), true);
}

static enum wire_step
read_bound(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	bool is_ask = slot->it && slot->turn != slot->it->turn;

	return is_ask ? read_parsed(pg, slot, body, event) : read_empty(pg, slot, body, event);
}

static enum wire_step
read_end(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	if (body.n)
		return pg_bad(pg, event, "a message of the server that should be empty is not");
	return done(slot, event, SPAN(""), slot->kind != SLOT_QUERY);
}

static enum wire_step
read_complete(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	struct span tag;

	if (!take_text(&body, &tag) || body.n)
		return pg_bad(pg, event, "a CommandComplete that is not well formed");
	return done(slot, event, tag, slot->kind != SLOT_QUERY);
}

static enum wire_step
read_plain(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	(void)pg, (void)slot, (void)body;
	event->kind = UNIT_PLAIN;
	return WIRE_UNIT;
}

static enum wire_step
read_description(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	(void)slot;
	return pg_read_columns(pg, body, event);
}

static enum wire_step
read_ready(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	const struct pg_failure *failure = &pg->failure;

	if (body.n != 1 || !memchr("ITE", body.p[0], 3))
		return pg_bad(pg, event, "a ReadyForQuery that is not well formed");
	if (slot && slot->kind == SLOT_OWN_SYNC) {
		event->kind = UNIT_OWN;
		return WIRE_UNIT;
	}
	event->kind = UNIT_DONE;
	event->done = (struct wire_done){ .transaction = (char)body.p[0], .is_last = true };
	if (slot)
		event->done.upto = slot->turn;
	if (slot && slot->kind != SLOT_SYNC)
		event->done.turn = slot->turn;
	if (failure->is_set) {
		event->done.turn = failure->turn;
		event->done.error = span_text(failure->sqlstate);
		event->done.message = span_of(failure->message, failure->message_n);
	}
	event->turn = event->done.turn;
	return WIRE_UNIT;
}

/* An error: whose is it? */
static enum wire_step
read_error(struct pg *pg, struct pg_slot *slot, struct span body, struct wire_event *event)
{
	enum wire_step step = pg_read_text(pg, 'E', body, event);

	if (step != WIRE_UNIT)
		return step;
	event->is_final = pg_text_is_fatal(body);
	if (!slot && !event->is_final)
		return pg_bad(pg, event, "an error that answers nothing");
	if (!slot || event->is_final)
		return step;
	event->lost_reply = pg_slots_lose_own(pg);
	if (slot->kind == SLOT_REFUSED || slot->kind == SLOT_REFUSED_QUERY || slot->kind == SLOT_OWN_SYNC)
		event->kind = UNIT_OWN;
	else if (pg_slot_is_own(slot)) {
		event->kind = UNIT_REPLY_END;
		event->done = (struct wire_done){ .is_last = true, .error = pg_text_piece(body, 'C'),
			.message = pg_text_piece(body, 'M') };
	}
	return step;
}

static enum wire_step
read_aside(struct pg *pg, char tag, struct span body, struct wire_event *event)
{
	event->kind = UNIT_PLAIN;
	return tag == 'S' ? WIRE_UNIT : pg_read_text(pg, tag, body, event);
}

static const struct answer {
	char tag;
	read_fn *read;
} table[] = {
	{ 'D', pg_read_row },
	{ 'C', read_complete },
	{ 'Z', read_ready },
	{ '1', read_parsed },
	{ '2', read_bound },
	{ '3', read_empty },
	{ 'T', read_description },
	{ 't', read_plain },
	{ 'n', read_empty },
	{ 's', read_end },
	{ 'I', read_end },
	{ 'G', read_plain },
	{ 'H', pg_read_copy_out },
	{ 'W', pg_read_copy_out },
	{ 'd', pg_read_copy_row },
	{ 'c', read_empty },
	{ 'V', pg_read_value },
};

static enum wire_step
read_answer(struct pg *pg, char tag, struct span body, struct wire_event *event)
{
	struct pg_slot *slot = pg_slot_head(pg);

	if (tag == 'N' || tag == 'S' || tag == 'A')
		return read_aside(pg, tag, body, event);
	if (tag == 'E')
		return read_error(pg, slot, body, event);
	if (tag == 'Z' && pg->maybe && (!slot || !may_answer(slot, 'Z')))
		return read_ready(pg, NULL, body, event);	/* slots.c: a Sync not swallowed after all */
	if (!slot || !may_answer(slot, tag))
		return pg_bad(pg, event, "the server's answer does not fit the question");
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].tag == tag)
			return table[i].read(pg, slot, body, event);
	return pg_bad(pg, event, "a message no server sends");
}

/* A row too large to be held goes in parts, which nobody can mask. */
static enum wire_step
begin_large(struct pg *pg, struct span in, struct wire_event *event)
{
	struct pg_slot *slot = pg_slot_head(pg);
	char tag = (char)in.p[0];

	if ((tag != 'D' && tag != 'd') || !slot || !may_answer(slot, tag))
		return pg_bad(pg, event, "a message of the server larger than the limit");
	event->kind = pg_slot_is_own(slot) ? UNIT_REPLY : UNIT_ROW;
	event->row.begins = true;
	event->row.fields = NULL;
	event->row.columns = NULL;
	event->row.count = 0;
	return pg_part_begin(pg, WIRE_SERVER, in, event);
}

static size_t
limit_of(const struct pg *pg, uint8_t tag)
{
	return (tag == 'D' || tag == 'd') && pg->whole ? pg->whole : pg->set.unit_limit;
}

enum wire_step
pg_answer_next(struct pg *pg, struct span in, struct wire_event *event)
{
	struct pg_slot *slot = pg_slot_head(pg);
	size_t total;

	if (pg->left[WIRE_SERVER])
		return pg_part(pg, WIRE_SERVER, in, event);
	if (in.n < 5)
		return pg_more(event, 5);
	total = pg_total(in);
	if (total < 5)
		return pg_bad(pg, event, "a message of the server shorter than its length");
	event->turn = slot && !pg_slot_is_own(slot) && slot->kind != SLOT_SYNC ? slot->turn : 0;
	if (total > limit_of(pg, in.p[0]))
		return begin_large(pg, in, event);
	if (in.n < total)
		return pg_more(event, total);
	event->n = total;
	return read_answer(pg, (char)in.p[0], span_skip(span_head(in, total), 5), event);
}
