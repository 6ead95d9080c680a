/*
 * secret.h: bytes that must not linger.
 * Locked in memory where the limits allow it, kept out of core files, wiped on
 * release. There is no function that prints one, on purpose.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "span.h"

struct secret {
	uint8_t *p;
	size_t n;
	size_t room;	/* more than n */
};

/* Room for n bytes, zeroed. Returns 0 or -ENOMEM. */
int secret_new(struct secret *, size_t n);
int secret_copy(struct secret *, struct span in);
static inline struct span
secret_view(const struct secret *s)
{
	return span_of(s->p, s->n);
}
/* Wipe and give back. An empty one is fine. */
void secret_free(struct secret *);

#endif
