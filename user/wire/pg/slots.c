/*
 * slots.c: what the server still owes, in order.
 * Every message that will be answered has a slot; an answer belongs to the head.
 * When a message of the extended protocol fails, the server skips to Sync, and
 * so do the slots: they go, with what they did to names, and if the Sync has not
 * been sent yet, whatever the client sends before it is muted.
 *
 * COPY IN is the crooked corner: the server, once in it, swallows Flush and Sync
 * (copyfromparse.c: for clients that did not notice it was a COPY). So a Sync
 * sent before CopyDone loses its slot, and is counted as one that may be
 * answered all the same, should the COPY fail before the server read it.
 */
#include "wire/pg/pg.h"

#include "base/arena.h"

#define SLOTS_FIRST 8	/* one question needs no more; pipelines grow it */

struct pg_slot *
pg_slot_at(struct pg *pg, size_t i)
{
	return &pg->slots[(pg->slot_first + i) % pg->slot_room];
}

struct pg_slot *
pg_slot_head(struct pg *pg)
{
	return pg->slot_count ? pg_slot_at(pg, 0) : NULL;
}

bool
pg_slots_reserve(struct pg *pg, size_t more)
{
	size_t room = pg->slot_room ? pg->slot_room : SLOTS_FIRST;
	struct pg_slot *slots;

	while (room < pg->slot_count + more)
		room *= 2;
	if (room == pg->slot_room)
		return true;
	if (room > PG_SLOTS_MAX)
		return false;
	slots = arena_take(pg->arena, room * sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < pg->slot_count; i++)
		slots[i] = *pg_slot_at(pg, i);
	arena_give(pg->arena, pg->slots);
	pg->slots = slots;
	pg->slot_room = room;
	pg->slot_first = 0;
	return true;
}

/* Room has been reserved. */
struct pg_slot *
pg_slot_push(struct pg *pg, enum pg_slot_kind kind, uint32_t turn)
{
	struct pg_slot *slot = pg_slot_at(pg, pg->slot_count++);

	*slot = (struct pg_slot){ .kind = kind, .turn = turn, .segment = pg->segment, .serial = ++pg->serial };
	return slot;
}

void
pg_slots_close(struct pg *pg)
{
	pg->segment++;
	pg->is_open = false;
}

static void
empty(struct pg *pg, struct pg_slot *slot)
{
	pg_kept_release(pg, &slot->it);
	pg_kept_release(pg, &slot->old);
	pg_columns_release(pg, &slot->columns);
	if (slot->no) {
		arena_give(pg->arena, (void *)(uintptr_t)slot->no->message.p);
		arena_give(pg->arena, (void *)(uintptr_t)slot->no->hint.p);
		arena_give(pg->arena, slot->no);
	}
	*slot = (struct pg_slot){ 0 };
}

static void
pop(struct pg *pg)
{
	empty(pg, pg_slot_at(pg, 0));
	pg->slot_first = (pg->slot_first + 1) % pg->slot_room;
	pg->slot_count--;
}

/* A copy's end that reaches the head ended nothing: the server ignores it. */
static void
skip_ends(struct pg *pg)
{
	while (pg->slot_count && pg_slot_head(pg)->kind == SLOT_COPY_END)
		pop(pg);
}

void
pg_slot_pop(struct pg *pg)
{
	pop(pg);
	skip_ends(pg);
}

bool
pg_slot_is_own(const struct pg_slot *slot)
{
	return slot->kind >= SLOT_OWN_CLOSE;
}

static bool
is_sync(const struct pg_slot *slot)
{
	return slot->kind == SLOT_SYNC || slot->kind == SLOT_OWN_SYNC;
}

/* How many slots a failure of the head takes with it: all up to the next Sync. */
static size_t
reach(struct pg *pg)
{
	size_t n = 0;

	while (n < pg->slot_count && !is_sync(pg_slot_at(pg, n)))
		n++;
	return n;
}

bool
pg_slots_lose_own(struct pg *pg)
{
	struct pg_slot *head = pg_slot_head(pg);
	size_t n = reach(pg);

	for (size_t i = 1; i < n; i++) {
		struct pg_slot *slot = pg_slot_at(pg, i);

		if (slot->kind == SLOT_OWN_EXECUTE && !(pg_slot_is_own(head) && slot->turn == head->turn))
			return true;
	}
	return false;
}

void
pg_slots_fail(struct pg *pg)
{
	size_t n = reach(pg);

	for (size_t i = n; i-- > 0;)
		if (pg_slot_at(pg, i)->has_change)
			pg_kept_undo(pg, pg_slot_at(pg, i), n);
	if (n == pg->slot_count)
		pg->mute = true;
	while (n-- > 0)
		pop(pg);
	skip_ends(pg);
}

bool
pg_in_copy(struct pg *pg)
{
	struct pg_slot *head = pg_slot_head(pg);

	if (!head || (head->copy != COPY_IN && head->copy != COPY_BOTH))
		return false;
	for (size_t i = 1; i < pg->slot_count; i++)
		if (pg_slot_at(pg, i)->kind == SLOT_COPY_END)
			return false;
	return true;
}

void
pg_slots_copy_in(struct pg *pg)
{
	size_t kept = 1, i = 1;

	pg_slot_head(pg)->copy = COPY_IN;
	while (i < pg->slot_count && pg_slot_at(pg, i)->kind != SLOT_COPY_END) {
		struct pg_slot *slot = pg_slot_at(pg, i++);

		if (is_sync(slot)) {
			pg->maybe++;
			empty(pg, slot);
			continue;
		}
		*pg_slot_at(pg, kept++) = *slot;
	}
	while (i < pg->slot_count)
		*pg_slot_at(pg, kept++) = *pg_slot_at(pg, i++);
	pg->slot_count = kept;
}
