/*
 * search.h: find the bundles of authorities that a skill's programs may read.
 * Bounded: known places, and a few names below a few folders. Nothing is opened but
 * folders. Lives in a child of the loader, and in `interlock doctor`.
 */
#ifndef HOOKS_SEARCH_H
#define HOOKS_SEARCH_H

#include "roots/roots.h"

/* Whose programs: any may be NULL. */
struct search_for {
	char *const *env;		/* ended by NULL */
	const char *folder, *cwd;	/* the program's own, and where it begins */
};

/* What may be there: it is not known that it is. False: enough. */
typedef bool search_fn(void *arg, const char *path, enum roots_kind, enum roots_whose);

/* Folders first, then what may lie in them. A path may come twice. */
void search_roots(const struct search_for *, search_fn *, void *arg);
/* The system's own places only. */
void search_system(search_fn *, void *arg);

#endif
