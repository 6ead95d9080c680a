/* query.c: AWS sorts pairs by their encoded names, then values ("Create a canonical request"). */
#include "inject/query.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "inject/percent.h"
#include "out.h"

static const char *const own_names[] = {
	"access_token",
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
	"X-Amz-Signature", "X-Amz-Security-Token",
};
/* Signature Version 2: names of all days, but for the first. */
static const char *const old_names[] = { "AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token" };

static struct inject_pair
pair_of(struct span piece)
{
	const uint8_t *sign = memchr(piece.p, '=', piece.n);
	struct inject_pair pair = { .name = piece, .has_value = sign };

	if (!sign)
		return pair;
	pair.name.n = (size_t)(sign - piece.p);
	pair.value = span_skip(piece, pair.name.n + 1);
	return pair;
}

/* Cut the next piece off, up to a '&'. False: there is none. */
static bool
take_piece(struct span *rest, struct span *piece)
{
	const uint8_t *end;

	if (!rest->n)
		return false;
	end = memchr(rest->p, '&', rest->n);
	*piece = span_head(*rest, end ? (size_t)(end - rest->p) : rest->n);
	*rest = span_skip(*rest, piece->n + 1);
	return true;
}

static size_t
count_pieces(struct span query)
{
	struct span piece;
	size_t count = 0;

	while (take_piece(&query, &piece))
		count += piece.n > 0;
	return count;
}

bool
inject_query_fits(struct span query)
{
	return count_pieces(query) <= INJECT_QUERY_MOST;
}

int
inject_query_split(struct arena *arena, struct span query, struct inject_query *out)
{
	struct inject_query made = { 0 };
	struct span rest = query, piece;
	size_t count = count_pieces(query);

	if (count > INJECT_QUERY_MOST)
		return -E2BIG;
	made.pairs = arena_take(arena, (count + 1) * sizeof(*made.pairs));
	if (!made.pairs)
		return -ENOMEM;
	while (take_piece(&rest, &piece))
		if (piece.n)
			made.pairs[made.count++] = pair_of(piece);
	*out = made;
	return 0;
}

static bool
is_one_of(struct span name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (inject_percent_is(name, names[i]))
			return true;
	return false;
}

void
inject_query_strip(struct inject_query *query, const char *name)
{
	size_t kept = 0;
	bool is_old = false;

	for (size_t i = 0; i < query->count; i++)
		is_old |= inject_percent_is(query->pairs[i].name, old_names[0]);
	for (size_t i = 0; i < query->count; i++) {
		struct span its = query->pairs[i].name;

		if (is_one_of(its, own_names, COUNT(own_names)) || (*name && inject_percent_is(its, name)) ||
		    (is_old && is_one_of(its, old_names, COUNT(old_names))))
			continue;
		query->pairs[kept++] = query->pairs[i];
	}
	query->count = kept;
}

void
inject_query_write(struct out *out, const struct inject_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		if (i)
			out_u8(out, '&');
		out_span(out, query->pairs[i].name);
		if (query->pairs[i].has_value)
			out_u8(out, '=');
		out_span(out, query->pairs[i].value);
	}
}

void
inject_query_write_again(struct out *out, const struct inject_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		if (i)
			out_u8(out, '&');
		inject_percent_again(out, query->pairs[i].name, 0, true);
		if (query->pairs[i].has_value)
			out_u8(out, '=');
		inject_percent_again(out, query->pairs[i].value, 0, true);
	}
}

/* Of bytes, so that a shorter one comes first. */
static int
compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

static int
compare_pairs(const void *a, const void *b)
{
	const struct inject_pair *one = a, *other = b;
	int r = compare(one->name, other->name);

	return r ? r : compare(one->value, other->value);
}

/* Encoded again, in the arena. */
static struct span
encoded(struct arena *arena, struct out *room, struct span in)
{
	out_clear(room);
	inject_percent_again(room, in, 0, true);
	return room->failed ? span_of(NULL, 0) : arena_copy(arena, out_view(room));
}

int
inject_query_canonical(struct out *out, struct arena *arena, const struct inject_query *query)
{
	struct inject_pair *sorted = arena_take(arena, (query->count + 1) * sizeof(*sorted));
	struct out room = out_new(out->limit);
	int r = sorted ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < query->count; i++) {
		sorted[i].name = encoded(arena, &room, query->pairs[i].name);
		sorted[i].value = encoded(arena, &room, query->pairs[i].value);
		r = sorted[i].name.p && sorted[i].value.p ? 0 : -ENOMEM;
	}
	out_free(&room);
	if (r)
		return r;
	qsort(sorted, query->count, sizeof(*sorted), compare_pairs);
	for (size_t i = 0; i < query->count; i++) {
		if (i)
			out_u8(out, '&');
		out_span(out, sorted[i].name);
		out_u8(out, '=');
		out_span(out, sorted[i].value);
	}
	return out->failed ? -ENOMEM : 0;
}
