/*
 * must.h: small guards used everywhere.
 * must(x) is for our own bugs only and stays on in release; no byte from a
 * network may reach one. take_fd/take hand an owned local to its new owner.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stdlib.h>
#include <unistd.h>

void must_fail(const char *what, const char *file, int line) __attribute__((noreturn, cold));
#define must(x) ((x) ? (void)0 : must_fail(#x, __FILE__, __LINE__))

#define cleanup(fn) __attribute__((cleanup(fn)))

static inline void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void
free_memory(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

#define take(p) ({ __auto_type took_ = *(p); *(p) = NULL; took_; })
static inline int
take_fd(int *fd)
{
	int took = *fd;

	*fd = -1;
	return took;
}

#endif
