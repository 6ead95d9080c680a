/*
 * large.c: a Bind too large to be held, read as it goes by.
 * Its head is waited for: the names, the formats, how many values there are. Then its
 * bytes are passed as they come. Small values are kept, as of any Bind; of the others
 * only the length is known, and whoever records or shows them says no more than that.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define HEAD_MAX 65536		/* names, formats, number of values */
#define KEPT_BYTES 65536	/* small values of one Bind, together */
#define RESULTS_MAX (2 * 1664)	/* formats of results: as many as a row may have columns */

struct head {
	struct span portal, statement, formats;
	uint16_t count;
};

static bool
read_head(struct span *in, struct head *head)
{
	uint16_t n;

	return take_text(in, &head->portal) && take_text(in, &head->statement) && take_be16(in, &n) &&
	    take_bytes(in, (size_t)n * 2, &head->formats) && take_be16(in, &head->count);
}

/* Room for the values, their types, what is kept of them and the formats of results. */
static bool
make_room(struct pg *pg, struct pg_kept *it, const struct head *head)
{
	size_t values = head->count * sizeof(*it->values), types = head->count * sizeof(*it->types);

	it->body = arena_take(pg->arena, values + types + KEPT_BYTES + RESULTS_MAX);
	if (!it->body)
		return false;
	it->values = (struct wire_field *)(void *)it->body;
	it->types = (uint32_t *)(void *)(it->body + values);
	it->value_count = it->type_count = head->count;
	for (size_t i = 0; i < head->count; i++)
		it->values[i].is_binary = head->formats.n &&
		    span_be16(head->formats, head->formats.n == 2 ? 0 : i * 2) != 0;
	return true;
}

enum wire_step
pg_large_bind(struct pg *pg, struct span in, struct wire_event *event)
{
	struct span body = span_skip(in, 5);
	struct head head;
	struct pg_kept *it;
	size_t n;

	body = span_head(body, pg_total(in) - 5);
	if (!read_head(&body, &head))
		return in.n < HEAD_MAX && in.n < pg_total(in) ? pg_more(event, in.n + 1) :
		    pg_bad(pg, event, "a Bind whose names and formats are too long");
	n = (size_t)(body.p - in.p);
	if ((head.formats.n > 2 && head.formats.n != head.count * 2u) || n >= pg_total(in))
		return pg_bad(pg, event, "a Bind that is not well formed");
	it = pg_kept_portal(pg, head.portal, head.statement, SPAN(""));
	if (it && !make_room(pg, it, &head))
		pg_kept_release(pg, &it);
	if (!it)
		return pg_bad(pg, event, "no room for a Bind");
	pg_keep_origin(pg, it);
	pg->made = it;
	pg_part_begin(pg, WIRE_CLIENT, in, event);
	event->n = n;	/* the head alone: the formats of results are behind it at the least */
	return WIRE_PART;
}

/* One byte more of the number that is being read; true: it is whole. */
static bool
take_number(struct pg_large *large, struct span *in, size_t n, uint32_t *number)
{
	while (large->number_n < n && in->n) {
		large->number = large->number << 8 | in->p[0];
		large->number_n++;
		*in = span_skip(*in, 1);
	}
	if (large->number_n < n)
		return false;
	*number = large->number;
	large->number = 0;
	large->number_n = 0;
	return true;
}

static bool
begin_value(struct pg_large *large, uint32_t n)
{
	struct wire_field *value = &large->it->values[large->index++];

	value->is_null = n == UINT32_MAX;
	if (value->is_null)
		return true;
	if (n > INT32_MAX)
		return false;
	large->left = n;
	large->keeps = n <= large->room_n;
	value->cut = large->keeps ? 0 : n;
	value->bytes = large->keeps ? span_of(large->room, n) : span_of(NULL, 0);
	return true;
}

static void
take_value(struct pg_large *large, struct span *in)
{
	size_t n = in->n < large->left ? in->n : large->left;

	if (large->keeps) {
		memcpy(large->room, in->p, n);
		large->room += n;
		large->room_n -= n;
	}
	large->left -= n;
	*in = span_skip(*in, n);
}

/* Formats of results, behind the last value. */
static bool
begin_results(struct pg_large *large, uint32_t count)
{
	struct pg_kept *it = large->it;

	large->in_results = true;
	large->left = (size_t)count * 2;
	large->room = it->body + it->value_count * (sizeof(*it->values) + sizeof(*it->types)) + KEPT_BYTES;
	large->room_n = RESULTS_MAX;
	large->keeps = true;
	it->formats = span_of(large->room, large->left);
	return large->left <= RESULTS_MAX;
}

static bool
feed(struct pg_large *large, struct span in)
{
	uint32_t number;

	while (in.n) {
		bool in_values = large->index < large->it->value_count;

		if (large->left) {
			take_value(large, &in);
			continue;
		}
		if (large->in_results)
			return false;	/* bytes behind the end */
		if (!take_number(large, &in, in_values ? 4 : 2, &number))
			return true;
		if (!(in_values ? begin_value(large, number) : begin_results(large, number)))
			return false;
	}
	return true;
}

void
pg_large_begin(struct pg *pg, struct pg_kept *it, struct span body)
{
	struct head head;

	if (!read_head(&body, &head))
		return;		/* it was whole when the portal was made of it */
	pg->large = (struct pg_large){
		.it = pg_kept_ref(it), .room_n = KEPT_BYTES,
		.room = it->body + it->value_count * (sizeof(*it->values) + sizeof(*it->types)),
	};
	pg_large_feed(pg, body);
}

void
pg_large_feed(struct pg *pg, struct span bytes)
{
	struct pg_large *large = &pg->large;
	bool is_well = feed(large, bytes);

	if (!is_well || (pg->left[WIRE_CLIENT] == 0 && (!large->in_results || large->left)))
		pg->why = "a Bind that is not well formed";
	if (pg->why || pg->left[WIRE_CLIENT] == 0)
		pg_kept_release(pg, &large->it);
}
