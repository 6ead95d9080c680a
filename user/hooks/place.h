/*
 * place.h: where a skill is to be: a group that lives already, and who is in it.
 * People name it as a cgroup, a process, a container, a pod, a unit or a slice.
 * Containers are found by their runtimes' files (registry/), units and slices by
 * the paths that systemd gives them. Nothing here changes anything.
 */
#ifndef HOOKS_PLACE_H
#define HOOKS_PLACE_H

#include <jansson.h>

#include "hooks/loader.h"

struct container;

struct place {
	char group[LOADER_PATH];	/* absolute, without links */
	pid_t pid;			/* its first process, where that is known; */
	uint64_t ticks;			/* which started then */
	struct container *container;	/* NULL: none is known to be in it */
	char name[SESSION_NAME];	/* of the container, or "pod/NAMESPACE/NAME"; empty: none */
};

#define PLACE_CLEAN { .pid = 0 }

/* The members by which a request names a place; exactly one of them is there. */
bool place_is_named(const json_t *request);
/* Find it. 0 or -errno, and why; on failure *out is untouched. */
int place_find(const struct loader *, const json_t *request, struct place *out, char *why);
/* The place of a container, which is taken in every case. As place_find(). */
int place_of_container(const struct loader *, struct container *, struct place *out, char *why);
/* Is it all still so: does that process live, in that group? Without a process: yes. */
bool place_holds(const struct place *);
void place_free(struct place *);

/* Below the cgroup where programs attach, as a policy's `match` has it. */
const char *place_below(const struct loader *, const char *group);

#endif
