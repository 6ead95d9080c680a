/*
 * message.c: Parse and Bind, read into what is kept of them.
 * What is kept points into copies of the message; the values of a Bind have a
 * piece of memory of their own, so that it can go as soon as they are spent.
 * Each must be consumed to its last byte: where the server would say
 * "invalid message format", this says nothing is there.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

struct pg_kept *
pg_read_parse(struct pg *pg, struct span body)
{
	struct span in = body, name, text;
	struct pg_kept *it;
	uint8_t *room;
	uint16_t count;

	if (!take_text(&in, &name) || !take_text(&in, &text) || !take_be16(&in, &count))
		return NULL;
	if (in.n != (size_t)count * 4)
		return NULL;
	it = pg_kept_new(pg, KEPT_STATEMENT, (size_t)count * 4 + body.n, &room);
	if (!it)
		return NULL;
	it->types = (uint32_t *)(void *)room;
	it->type_count = count;
	for (size_t i = 0; i < count; i++)
		it->types[i] = span_be32(in, i * 4);
	room += (size_t)count * 4;
	memcpy(room, body.p, body.n);
	it->name = span_of(room, name.n);
	it->text = span_of(room + name.n + 1, text.n);
	return it;
}

/* The lengths and bytes of `count` values, which must end at the result formats. */
static bool
read_values(struct span *in, uint16_t count, struct span formats, struct wire_field *values)
{
	for (size_t i = 0; i < count; i++) {
		struct wire_field value = { 0 };
		uint32_t n;

		if (!take_be32(in, &n))
			return false;
		value.is_null = n == UINT32_MAX;
		if (!value.is_null && !take_bytes(in, n, &value.bytes))
			return false;
		if (formats.n)
			value.is_binary = span_be16(formats, formats.n == 2 ? 0 : i * 2) != 0;
		if (values)
			values[i] = value;
	}
	return true;
}

struct bind {
	struct span portal, statement, results;
	uint16_t count;
};

static bool
read_bind(struct span in, struct bind *bind, struct wire_field *values)
{
	struct span formats;
	uint16_t n;

	if (!take_text(&in, &bind->portal) || !take_text(&in, &bind->statement))
		return false;
	if (!take_be16(&in, &n) || !take_bytes(&in, (size_t)n * 2, &formats) || !take_be16(&in, &bind->count))
		return false;
	if ((n > 1 && n != bind->count) || !read_values(&in, bind->count, formats, values))
		return false;
	return take_be16(&in, &n) && take_bytes(&in, (size_t)n * 2, &bind->results) && in.n == 0;
}

/* Values and types in memory of their own. False: no memory. */
static bool
keep_values(struct pg *pg, struct pg_kept *it, struct span body, struct bind *bind)
{
	size_t values = bind->count * sizeof(*it->values), types = bind->count * sizeof(*it->types);

	if (bind->count == 0)
		return true;
	it->body = arena_take(pg->arena, values + types + body.n);
	if (!it->body)
		return false;
	it->values = (struct wire_field *)(void *)it->body;
	it->types = (uint32_t *)(void *)(it->body + values);
	it->value_count = it->type_count = bind->count;
	memcpy(it->body + values + types, body.p, body.n);
	return read_bind(span_of(it->body + values + types, body.n), bind, it->values);
}

/* Which statement, if that is certain, and what its Parse said of the types. */
void
pg_keep_origin(struct pg *pg, struct pg_kept *it)
{
	struct pg_kept *from = pg_kept_find(pg, KEPT_STATEMENT, it->source);

	if (!from || !pg_kept_is_certain(pg, from))
		return;
	it->statement = pg_kept_ref(from);
	it->turn = from->turn;
	for (size_t i = 0; i < it->type_count && i < from->type_count; i++)
		it->types[i] = from->types[i];
}

static struct span
put_copy(uint8_t **room, struct span bytes)
{
	uint8_t *at = *room;

	if (bytes.n)
		memcpy(at, bytes.p, bytes.n);
	*room += bytes.n;
	return span_of(at, bytes.n);
}

struct pg_kept *
pg_kept_portal(struct pg *pg, struct span name, struct span source, struct span formats)
{
	uint8_t *room;
	struct pg_kept *it = pg_kept_new(pg, KEPT_PORTAL, name.n + source.n + formats.n, &room);

	if (!it)
		return NULL;
	it->name = put_copy(&room, name);
	it->source = put_copy(&room, source);
	it->formats = put_copy(&room, formats);
	return it;
}

struct pg_kept *
pg_read_bind(struct pg *pg, struct span body)
{
	struct pg_kept *it;
	struct bind bind;

	if (!read_bind(body, &bind, NULL))
		return NULL;
	it = pg_kept_portal(pg, bind.portal, bind.statement, bind.results);
	if (it && !keep_values(pg, it, body, &bind))
		pg_kept_release(pg, &it);
	if (it)
		pg_keep_origin(pg, it);
	return it;
}
