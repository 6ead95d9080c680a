/*
 * ask.c: what the client's next message is, once it is logged in.
 * A table by tag says how long a message may be and who reads it. Nothing is
 * changed here, but that a Parse or Bind is read into pg->made, which pass()
 * puts under its name. Between a failure and the client's Sync nothing needs a
 * verdict: it is named PLAIN and pass() throws it away, as the server would.
 *
 * A portal with a name can be run by others than Execute: FETCH and MOVE run what
 * any portal holds, DELETE too, and so do functions that are given its name. So its
 * Bind needs a verdict, as does one of a statement that SQL may have made. What SQL
 * made is called by what SQL would say to run it, EXECUTE and FETCH.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define SLOTS_PER_MESSAGE 8	/* of one message and what it makes us send */
#define SMALL 10000		/* as the server: PQ_SMALL_MESSAGE_LIMIT */
#define SQL_NAME_MAX 63		/* as the server: NAMEDATALEN - 1. SQL cuts longer ones, the protocol does not */

typedef enum wire_step read_fn(struct pg *, struct span body, struct wire_event *);

/* '?' while something unanswered may change it. */
static char
transaction_of(const struct pg *pg)
{
	return pg->run_segment > pg->settled_segment ? '?' : pg->transaction;
}

static bool
is_ours(struct span name)
{
	return span_equal(span_head(name, sizeof(PG_OURS) - 1), SPAN(PG_OURS));
}

static enum wire_step
ask(struct pg *pg, struct wire_event *event, enum wire_phase phase)
{
	event->kind = UNIT_ASK;
	event->turn = pg->turns + 1;
	event->ask = (struct wire_ask){ .phase = phase, .turn = event->turn, .transaction = transaction_of(pg) };
	return WIRE_UNIT;
}

static enum wire_step
read_query(struct pg *pg, struct span body, struct wire_event *event)
{
	struct span text;

	if (!take_text(&body, &text) || body.n)
		return pg_bad(pg, event, "a Query that is not well formed");
	ask(pg, event, pg->login.is_replication ? PHASE_REPLICATION : PHASE_QUERY);
	event->ask.text = text;
	return WIRE_UNIT;
}

static enum wire_step
read_parse(struct pg *pg, struct span body, struct wire_event *event)
{
	pg->made = pg_read_parse(pg, body);
	if (!pg->made)
		return pg_bad(pg, event, "a Parse that is not well formed, or no room for it");
	if (is_ours(pg->made->name))
		return pg_bad(pg, event, "a statement's name that begins with _ilk");
	if (pg->kept_count[KEPT_STATEMENT] >= PG_STATEMENTS_MAX)
		return pg_bad(pg, event, "too many prepared statements");
	ask(pg, event, PHASE_PARSE);
	event->ask.text = pg->made->text;
	event->ask.name = pg->made->name;
	return WIRE_UNIT;
}

/* `words` and the name, quoted, in pg->bytes; a text of NULL where SQL could not say it. */
static struct span
say(struct pg *pg, const char *words, struct span name)
{
	size_t n = strlen(words);

	if (!name.n || name.n > SQL_NAME_MAX)
		return span_of(NULL, 0);
	pg->view_serial = 0;
	pg->bytes = pg_room(pg, pg->bytes, &pg->byte_room, n + 2 * SQL_NAME_MAX + 2, 1);
	if (!pg->bytes)
		return span_of(NULL, 0);
	memcpy(pg->bytes, words, n);
	pg->bytes[n++] = '"';
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"')
			pg->bytes[n++] = '"';
		pg->bytes[n++] = name.p[i];
	}
	pg->bytes[n++] = '"';
	return span_of(pg->bytes, n);
}

static void
tell_portal(const struct pg_kept *portal, struct wire_ask *out)
{
	out->values = portal->values;
	out->value_types = portal->types;
	out->value_count = portal->value_count;
	out->result_formats = portal->formats;
	if (!portal->statement)
		return;
	out->text = portal->statement->text;
	out->statement = portal->statement->turn;
}

static bool
bind_is_ask(const struct pg *pg, const struct pg_kept *portal)
{
	return portal->name.n || (!portal->statement && portal->source.n && pg->has_prepared);
}

static enum wire_step
read_bind(struct pg *pg, struct span body, struct wire_event *event)
{
	pg->made = pg_read_bind(pg, body);
	if (!pg->made)
		return pg_bad(pg, event, "a Bind that is not well formed, or no room for it");
	if (is_ours(pg->made->name))
		return pg_bad(pg, event, "a portal's name that begins with _ilk");
	if (pg->kept_count[KEPT_PORTAL] >= PG_PORTALS_MAX)
		return pg_bad(pg, event, "too many portals");
	pg->made->has_passed = bind_is_ask(pg, pg->made);	/* once it does */
	if (!pg->made->has_passed)
		return WIRE_UNIT;
	ask(pg, event, PHASE_BIND);
	event->ask.name = pg->made->name;
	tell_portal(pg->made, &event->ask);
	if (!pg->made->statement)
		event->ask.text = say(pg, "EXECUTE ", pg->made->source);
	return WIRE_UNIT;
}

static enum wire_step
read_execute(struct pg *pg, struct span body, struct wire_event *event)
{
	struct pg_kept *portal;
	struct wire_ask *out = &event->ask;
	struct span name;
	uint32_t limit;

	if (!take_text(&body, &name) || !take_be32(&body, &limit) || body.n)
		return pg_bad(pg, event, "an Execute that is not well formed");
	if (is_ours(name))
		return pg_bad(pg, event, "a portal's name that begins with _ilk");
	ask(pg, event, PHASE_EXECUTE);
	out->name = name;
	out->row_limit = limit;
	portal = pg_kept_find(pg, KEPT_PORTAL, name);
	if (portal && portal->statement && pg_kept_is_certain(pg, portal)) {
		tell_portal(portal, out);
		out->continues = portal->has_passed;
		out->bound = portal->bound;
		return WIRE_UNIT;
	}
	/* Whatever has this name, SQL declared it or its Bind has passed. */
	out->bound = pg->turns;
	if (name.n || (portal && portal->has_passed))
		out->text = say(pg, "FETCH ALL FROM ", name.n ? name : SPAN("unnamed"));
	return WIRE_UNIT;
}

static enum wire_step
read_target(struct pg *pg, struct span body, struct wire_event *event)
{
	struct span name;
	uint8_t kind;

	if (!take_u8(&body, &kind) || (kind != 'S' && kind != 'P') || !take_text(&body, &name) || body.n)
		return pg_bad(pg, event, "a Describe or Close that is not well formed");
	if (is_ours(name))
		return pg_bad(pg, event, "a name that begins with _ilk");
	return WIRE_UNIT;
}

static enum wire_step
read_empty(struct pg *pg, struct span body, struct wire_event *event)
{
	return body.n ? pg_bad(pg, event, "a message that should be empty is not") : WIRE_UNIT;
}

static enum wire_step
read_bye(struct pg *pg, struct span body, struct wire_event *event)
{
	event->kind = UNIT_BYE;
	return read_empty(pg, body, event);
}

static enum wire_step
read_any(struct pg *pg, struct span body, struct wire_event *event)
{
	(void)pg, (void)body, (void)event;
	return WIRE_UNIT;
}

/* Formats, then the arguments, into pg->fields. */
static bool
read_arguments(struct pg *pg, struct span *body, uint16_t *count)
{
	struct span formats, value;
	uint16_t n;
	uint32_t size;

	if (!take_be16(body, &n) || !take_bytes(body, (size_t)n * 2, &formats) || !take_be16(body, count))
		return false;
	if (n > 1 && n != *count)
		return false;
	pg->view_serial = 0;
	pg->fields = pg_room(pg, pg->fields, &pg->field_room, *count, sizeof(*pg->fields));
	if (!pg->fields)
		return false;
	for (size_t i = 0; i < *count; i++) {
		bool is_binary = n && span_be16(formats, n == 1 ? 0 : i * 2) != 0;

		if (!take_be32(body, &size))
			return false;
		pg->fields[i] = (struct wire_field){ .is_null = size == UINT32_MAX, .is_binary = is_binary };
		if (size != UINT32_MAX && !take_bytes(body, size, &value))
			return false;
		if (size != UINT32_MAX)
			pg->fields[i].bytes = value;
	}
	return true;
}

static enum wire_step
read_function(struct pg *pg, struct span body, struct wire_event *event)
{
	uint32_t function;
	uint16_t count = 0;

	if (!take_be32(&body, &function) || !read_arguments(pg, &body, &count) || body.n != 2)
		return pg_bad(pg, event, "a FunctionCall that is not well formed");
	ask(pg, event, PHASE_FUNCTION);
	event->ask.function = function;
	event->ask.values = pg->fields;
	event->ask.value_count = count;
	event->ask.result_formats = body;
	return WIRE_UNIT;
}

/* Nobody reads it: the head is named, and refused; the rest is thrown away as it comes. */
static enum wire_step
read_too_large(struct pg *pg, enum wire_phase phase, struct wire_event *event)
{
	pg_kept_release(pg, &pg->made);
	ask(pg, event, phase);
	event->ask.is_too_large = true;
	return WIRE_UNIT;
}

static enum wire_step
read_large(struct pg *pg, struct span in, struct wire_event *event)
{
	enum wire_step step;

	switch (in.p[0]) {
	case 'Q':
		return read_too_large(pg, PHASE_QUERY, event);
	case 'P':
		return read_too_large(pg, PHASE_PARSE, event);
	case 'F':
		return read_too_large(pg, PHASE_FUNCTION, event);
	default:
		step = pg_large_bind(pg, in, event);
	}
	if (step != WIRE_PART)
		return step;
	if (bind_is_ask(pg, pg->made))
		return read_too_large(pg, PHASE_BIND, event);
	if (pg->kept_count[KEPT_PORTAL] >= PG_PORTALS_MAX)
		return pg_bad(pg, event, "too many portals");
	return step;
}

static const struct message {
	char tag;
	bool streams;		/* may be passed in parts */
	bool is_small;
	bool outside_copy;	/* inside a COPY the server ends the connection for it */
	read_fn *read;
} messages[] = {
	{ 'Q', false, false, true, read_query },
	{ 'P', false, false, true, read_parse },
	{ 'B', false, false, true, read_bind },
	{ 'E', false, true, true, read_execute },
	{ 'D', false, true, true, read_target },
	{ 'C', false, true, true, read_target },
	{ 'F', false, false, true, read_function },
	{ 'S', false, true, false, read_empty },
	{ 'H', false, true, false, read_empty },
	{ 'd', true, false, false, read_any },
	{ 'c', false, true, false, read_empty },
	{ 'f', false, true, false, read_any },
	{ 'X', false, true, false, read_bye },
};

static const struct message *
message_of(uint8_t tag)
{
	for (size_t i = 0; i < COUNT(messages); i++)
		if (messages[i].tag == (char)tag)
			return &messages[i];
	return NULL;
}

enum wire_step
pg_ask_next(struct pg *pg, struct span in, struct wire_event *event)
{
	const struct message *message;
	size_t total, limit;

	event->kind = UNIT_PLAIN;
	pg_kept_release(pg, &pg->made);
	if (pg->left[WIRE_CLIENT])
		return pg_part(pg, WIRE_CLIENT, in, event);
	if (in.n < 5)
		return pg_more(event, 5);
	message = message_of(in.p[0]);
	total = pg_total(in);
	if (!message || total < 5)
		return pg_bad(pg, event, "a message no client sends");
	limit = message->is_small && SMALL < pg->set.unit_limit ? SMALL : pg->set.unit_limit;
	if (message->streams && total > PG_PART_FROM)
		return pg_part_begin(pg, WIRE_CLIENT, in, event);
	if (total > (message->is_small ? limit : PG_MESSAGE_MAX))
		return pg_bad(pg, event, "a message larger than the limit");
	if (in.n < total && total <= limit)
		return pg_more(event, total);
	if (!pg_slots_reserve(pg, SLOTS_PER_MESSAGE))
		return pg_bad(pg, event, "too many unanswered messages");
	event->n = total > limit ? 5 : total;
	if (pg->mute && message->read != read_empty && message->read != read_bye)
		return WIRE_UNIT;
	if (message->outside_copy && pg_in_copy(pg))
		return pg_bad(pg, event, "a message that has no place in a COPY");
	if (total > limit)
		return read_large(pg, in, event);
	return message->read(pg, span_skip(span_head(in, total), 5), event);
}
