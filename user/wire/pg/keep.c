/*
 * keep.c: prepared statements and portals by name.
 * A name changes its meaning when the client's message is passed on, before the
 * server has agreed; the slot remembers the old meaning and gives it back if the
 * message fails or is skipped. Within a segment that is exact: what follows a
 * failed Parse is skipped too. Across segments it can be in doubt which of two
 * statements a name stands for; then it stands for none, and what is executed
 * through it is unknown. SQL can change the same names (DEALLOCATE with PREPARE,
 * DECLARE): where a text could, the names it could have changed are in doubt.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

static uint32_t
bucket_of(struct span name)
{
	uint32_t h = 2166136261u;	/* FNV-1a: only spreads; the table is bounded */

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 16777619u;
	return h % PG_BUCKETS;
}

struct pg_kept *
pg_kept_find(struct pg *pg, enum pg_kept_kind kind, struct span name)
{
	struct pg_kept *it = pg->kept[kind][bucket_of(name)];

	while (it && !span_equal(it->name, name))
		it = it->next;
	return it;
}

/* One piece of memory: the struct, then *room. NULL: no memory. */
struct pg_kept *
pg_kept_new(struct pg *pg, enum pg_kept_kind kind, size_t bytes, uint8_t **room)
{
	struct pg_kept *it = arena_take(pg->arena, sizeof(*it) + bytes);

	if (!it)
		return NULL;
	it->kind = kind;
	it->refs = 1;
	it->segment = pg->segment;
	*room = (uint8_t *)(it + 1);
	return it;
}

struct pg_kept *
pg_kept_ref(struct pg_kept *it)
{
	if (it)
		it->refs++;
	return it;
}

void
pg_kept_release(struct pg *pg, struct pg_kept **slot)
{
	struct pg_kept *it = *slot;

	*slot = NULL;
	if (!it || --it->refs > 0)
		return;
	arena_give(pg->arena, it->body);
	pg_kept_release(pg, &it->statement);
	pg_columns_release(pg, &it->columns);
	arena_give(pg->arena, it);
}

void
pg_kept_spend(struct pg *pg, struct pg_kept *it)
{
	it->is_doubtful = true;
	it->values = NULL;
	it->types = NULL;
	it->value_count = it->type_count = 0;
	arena_give(pg->arena, it->body);
	it->body = NULL;
}

void
pg_columns_release(struct pg *pg, struct pg_columns **columns)
{
	struct pg_columns *it = *columns;

	*columns = NULL;
	if (it && --it->refs == 0)
		arena_give(pg->arena, it);
}

struct pg_kept *
pg_kept_put(struct pg *pg, enum pg_kept_kind kind, struct span name, struct pg_kept *it)
{
	struct pg_kept **at = &pg->kept[kind][bucket_of(name)], *old;

	while (*at && !span_equal((*at)->name, name))
		at = &(*at)->next;
	old = *at;
	if (old) {
		*at = old->next;
		old->next = NULL;
		pg->kept_count[kind]--;
	}
	if (it) {
		it->next = pg->kept[kind][bucket_of(name)];
		pg->kept[kind][bucket_of(name)] = it;
		pg->kept_count[kind]++;
	}
	return old;
}

/*
 * Take back what `slot` did to a name. `behind` is the first slot that stays:
 * a later change of the same name then replaced what the name meant before
 * this one; where there is none, the name means that again.
 */
void
pg_kept_undo(struct pg *pg, struct pg_slot *slot, size_t behind)
{
	struct span name = slot->it ? slot->it->name : slot->old->name;
	struct pg_kept *was;

	slot->has_change = false;
	for (size_t i = behind; i < pg->slot_count; i++) {
		struct pg_slot *later = pg_slot_at(pg, i);
		struct pg_kept *its = later->it ? later->it : later->old;

		if (!later->has_change || later->changed != slot->changed || !span_equal(its->name, name))
			continue;
		if (!later->it && !slot->old)
			later->has_change = false;	/* it closes what never was */
		pg_kept_release(pg, &later->old);
		later->old = slot->old;
		slot->old = NULL;
		return;
	}
	was = pg_kept_put(pg, slot->changed, name, slot->old);
	slot->old = NULL;
	pg_kept_release(pg, &was);
}

/* The transaction of this segment is over, and its portals with it. */
void
pg_kept_end_portals(struct pg *pg, uint32_t segment)
{
	if (pg->kept_count[KEPT_PORTAL] == 0)
		return;
	for (size_t i = 0; i < PG_BUCKETS; i++) {
		struct pg_kept **at = &pg->kept[KEPT_PORTAL][i];

		while (*at) {
			struct pg_kept *it = *at;

			if (it->segment > segment) {
				at = &it->next;
				continue;
			}
			*at = it->next;
			it->next = NULL;
			pg->kept_count[KEPT_PORTAL]--;
			pg_kept_release(pg, &it);
		}
	}
}

/* Letters only; `word` is lower case. */
static bool
mentions(struct span text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.n; i++) {
		size_t k = 0;

		while (k < n && (text.p[i + k] | 0x20) == (uint8_t)word[k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

/* Is it certain that its name stands for this? Else another may have it. */
bool
pg_kept_is_certain(const struct pg *pg, const struct pg_kept *it)
{
	return !it->is_doubtful && (it->is_confirmed || it->segment == pg->segment || !it->has_replaced);
}

/* Names in doubt: all of them, or only those the server has not confirmed. Unnamed ones SQL cannot reach. */
static void
doubt(struct pg *pg, enum pg_kept_kind kind, bool all)
{
	if (pg->kept_count[kind] == 0)
		return;
	for (size_t i = 0; i < PG_BUCKETS; i++)
		for (struct pg_kept *it = pg->kept[kind][i]; it; it = it->next)
			if (it->name.n && (all || !it->is_confirmed))
				it->is_doubtful = true;
}

void
pg_kept_doubt(struct pg *pg, struct span text)
{
	bool is_unknown = !text.p;

	if (is_unknown || mentions(text, "declare")) {
		pg->has_declared = true;
		doubt(pg, KEPT_PORTAL, true);
	}
	if (is_unknown || mentions(text, "deallocate") || mentions(text, "discard"))
		pg->is_loose = true;
	if (is_unknown || mentions(text, "prepare")) {
		pg->has_prepared = true;
		doubt(pg, KEPT_STATEMENT, pg->is_loose);
	}
}
