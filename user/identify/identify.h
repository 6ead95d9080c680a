/*
 * identify.h: who is it that connected?
 * The loader knows which cgroup belongs to which session and measures the skill;
 * the worker asks it once for each flow.
 */
#ifndef IDENTIFY_IDENTIFY_H
#define IDENTIFY_IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"
#include "who.h"

struct post;

/* Ask the loader (MSG_WHO). Returns 0 or -errno. */
int identify_ask(struct post *, uint64_t id, const struct abi_origin *);
/*
 * Read MSG_WHO_IS into *who, whose origin stays as it is. *status is 0 or a
 * positive errno: EACCES a changed skill, ESRCH no such session. `reason` (of
 * `size` bytes) says why in words. False: not a whole message.
 */
bool identify_hear(struct span body, struct who *who, int *status, char *reason, size_t size);

#endif
