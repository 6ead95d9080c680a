/* secret.c: whole pages of their own, locked, left out of core files, wiped. */
#include "base/secret.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int
secret_new(struct secret *secret, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (n / page + 1) * page;
	void *p;

	p = mmap(NULL, room, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	/* a low RLIMIT_MEMLOCK is no reason to fail: swap may be encrypted */
	(void)mlock(p, room);
	(void)madvise(p, room, MADV_DONTDUMP);
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
	if (!secret->p)
		return;
	explicit_bzero(secret->p, secret->room);
	munmap(secret->p, secret->room);
	*secret = (struct secret){ 0 };
}
