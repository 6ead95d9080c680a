/* trust.h: have a container trust this node when it becomes a skill. Lives in the loader. */
#ifndef HOOKS_TRUST_H
#define HOOKS_TRUST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct container;
struct session;

/*
 * Cover the bundles of this container (NULL: it is none), which is that session now, and
 * give `request` (0: nobody waits) that answer, which is taken, whether they could be covered
 * or not. `is_created`: its runtime waits, and it has not begun.
 */
void trust_join(struct session *, const struct container *, bool is_created, uint64_t request,
    json_t *answer);

#endif
