/*
 * match.h: is this the skill that a policy's `match` means?
 * Every kind that the match names must fit, each by any of its texts. Pure.
 */
#ifndef REGISTRY_MATCH_H
#define REGISTRY_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct container;
struct view_match;

#define MATCH_WHY 160

/* Does it match at all, and does it look at containers? */
bool match_is_given(const struct view_match *);
bool match_wants_container(const struct view_match *);
/*
 * `container` may be NULL: not known to be one. `group` is the cgroup's path below
 * the one where programs attach, "/system.slice/x.service". `why` is what fitted:
 * "label app=lookup".
 */
bool match_fits(const struct view_match *, const struct container *, const char *group,
    char why[MATCH_WHY]);

#endif
