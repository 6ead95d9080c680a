/* ticket_keys.c: two keys on a page of their own; the newer moves back when its hour is over. */
#include "vault/ticket_keys.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/secret.h"

struct ticket_keys {
	struct secret keys;	/* TICKET_KEYS of them */
	size_t count;
	uint64_t made;		/* the first; counts where there is one */
};

int
ticket_keys_new(struct ticket_keys **out)
{
	struct ticket_keys *made = calloc(1, sizeof(*made));

	if (!made || secret_new(&made->keys, TICKET_KEYS * TICKET_KEY)) {
		free(made);
		return -ENOMEM;
	}
	*out = made;
	return 0;
}

/* `since`: how long ago the first was made. One that has been the first for two hours opens nothing any more. */
static int
turn(struct ticket_keys *all, uint64_t since)
{
	uint8_t made[TICKET_KEY];

	if (RAND_bytes(made, sizeof(made)) != 1)
		return -EIO;
	memmove(all->keys.p + TICKET_KEY, all->keys.p, TICKET_KEY);
	memcpy(all->keys.p, made, TICKET_KEY);
	explicit_bzero(made, sizeof(made));
	all->count = all->count && since < 2 * TICKET_TURN_S ? 2 : 1;
	return 0;
}

int
ticket_keys_now(struct ticket_keys *all, uint64_t now, struct span *out, uint32_t *left)
{
	if (!all->count || now - all->made >= TICKET_TURN_S) {
		int r = turn(all, now - all->made);

		if (r)
			return r;
		all->made = now;
	}
	*out = span_of(all->keys.p, all->count * TICKET_KEY);
	*left = (uint32_t)(TICKET_TURN_S - (now - all->made));
	return 0;
}

void
ticket_keys_free(struct ticket_keys **all)
{
	if (*all)
		secret_free(&(*all)->keys);
	free(*all);
	*all = NULL;
}
