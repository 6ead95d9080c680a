/*
 * secret.c: locked pages, left out of core files; what is on them is wiped.
 * A system call or four for each secret are too many where each request has one, so small ones
 * share pages: a slab is cut into places of one size, and places that are free are a list. Slabs
 * stay until the process ends. A large one has pages of its own.
 */
#include "base/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLAB ((size_t)64 << 10)

struct place {
	struct place *after;
};

/* A process has one thread. */
static struct kind {
	size_t room;		/* bytes of a place */
	struct place *free;
} kinds[] = { { .room = 256 }, { .room = 1024 }, { .room = 4096 } };

/* Zeroed pages, or NULL. */
static void *
take_pages(size_t room)
{
	void *p = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* a low RLIMIT_MEMLOCK is no reason to fail: swap may be encrypted */
	(void)mlock(p, room);
	(void)madvise(p, room, MADV_DONTDUMP);
	return p;
}

/* The smallest kind with room for n bytes and a zero behind them; NULL: it is large. */
static struct kind *
kind_of(size_t n)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (n < kinds[i].room)
			return &kinds[i];
	return NULL;
}

static void
put_place(struct kind *kind, void *p)
{
	struct place *place = p;

	place->after = kind->free;
	kind->free = place;
}

static bool
make_places(struct kind *kind)
{
	uint8_t *slab = take_pages(SLAB);

	for (size_t at = SLAB; slab && at > 0; at -= kind->room)
		put_place(kind, slab + at - kind->room);
	return slab != NULL;
}

static void *
take_place(struct kind *kind)
{
	struct place *place;

	if (!kind->free && !make_places(kind))
		return NULL;
	place = kind->free;
	kind->free = place->after;
	place->after = NULL;
	return place;
}

int
secret_new(struct secret *secret, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct kind *kind = kind_of(n);
	size_t room = kind ? kind->room : (n / page + 1) * page;
	void *p = kind ? take_place(kind) : take_pages(room);

	if (!p)
		return -ENOMEM;
	*secret = (struct secret){ .p = p, .n = n, .room = room };
	return 0;
}

int
secret_copy(struct secret *secret, struct span in)
{
	int error = secret_new(secret, in.n);

	if (error)
		return error;
	if (in.n)
		memcpy(secret->p, in.p, in.n);
	return 0;
}

void
secret_free(struct secret *secret)
{
	struct kind *kind;

	if (!secret->p)
		return;
	explicit_bzero(secret->p, secret->room);
	kind = kind_of(secret->room - 1);
	if (kind)
		put_place(kind, secret->p);
	else
		munmap(secret->p, secret->room);
	*secret = (struct secret){ 0 };
}
