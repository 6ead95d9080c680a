/*
 * dialogue.c: the SCRAM dialogues that are open.
 * A plain array, searched from the front and only as far as it was ever used:
 * few logins are under way at one time, and a proof costs a thousand times more
 * than the search.
 */
#include "vault/dialogue.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/must.h"

struct dialogues {
	uint64_t age;
	size_t used;		/* rows from the front that were ever used */
	struct dialogue rows[DIALOGUE_LIMIT];
};

int
dialogues_new(struct dialogues **out)
{
	struct dialogues *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	*out = made;
	return 0;
}

struct dialogue *
dialogue_find(struct dialogues *all, unsigned int worker, const struct id *flow)
{
	for (size_t i = 0; i < all->used; i++) {
		struct dialogue *row = &all->rows[i];

		if (row->age && row->worker == worker && id_equal(&row->flow, flow))
			return row;
	}
	return NULL;
}

/* A free row, or else the oldest. */
static struct dialogue *
make_room(struct dialogues *all)
{
	struct dialogue *oldest = &all->rows[0];

	for (size_t i = 0; i < all->used; i++) {
		struct dialogue *row = &all->rows[i];

		if (row->age < oldest->age)
			oldest = row;
		if (!row->age)
			return row;
	}
	if (all->used < DIALOGUE_LIMIT)
		return &all->rows[all->used++];
	return oldest;
}

struct dialogue *
dialogue_begin(struct dialogues *all, unsigned int worker, const struct id *flow)
{
	struct dialogue *row = dialogue_find(all, worker, flow);

	if (!row)
		row = make_room(all);
	dialogue_end(row);
	row->age = ++all->age;
	row->worker = worker;
	row->flow = *flow;
	return row;
}

void
dialogue_end(struct dialogue *row)
{
	if (row)
		OPENSSL_cleanse(row, sizeof(*row));
}

void
dialogues_forget(struct dialogues *all, unsigned int worker)
{
	for (size_t i = 0; i < all->used; i++)
		if (all->rows[i].worker == worker)
			dialogue_end(&all->rows[i]);
}

void
dialogues_clear(struct dialogues *all)
{
	for (size_t i = 0; i < all->used; i++)
		dialogue_end(&all->rows[i]);
	all->used = 0;
}

size_t
dialogues_open(const struct dialogues *all)
{
	size_t count = 0;

	for (size_t i = 0; i < all->used; i++)
		count += all->rows[i].age != 0;
	return count;
}

void
dialogues_free(struct dialogues **all)
{
	if (*all)
		dialogues_clear(*all);
	free(*all);
	*all = NULL;
}
