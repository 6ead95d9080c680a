/*
 * wanted.h: which sockets are a group's, for those who look for them in the kernel's
 * tables (destroy.c, peers.c). Not for others.
 */
#ifndef HOOKS_WANTED_H
#define HOOKS_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WANTED_SPACES 32

struct numbers {
	uint64_t *p;
	size_t n, room;
};

struct wanted {
	struct numbers inodes;		/* of sockets that a process of the group holds */
	struct numbers unixes;		/* of these, unix sockets */
	struct numbers kept;		/* … beside its standard descriptors */
	struct numbers groups;		/* ids of the group and of those below it */
	int spaces[WANTED_SPACES];	/* network namespaces: theirs and our own */
	size_t space_count;
};

/* Find all of it; `own` is our namespace. *wanted is zero before, and freed by the
 * caller with wanted_free() in any case. 0 or -errno. */
int wanted_find(struct wanted *, int own, const char *cgroup);
bool numbers_have(const struct numbers *, uint64_t number);
void wanted_free(struct wanted *);

#endif
