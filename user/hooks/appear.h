/*
 * appear.h: skills that the policy's `match` finds by itself.
 * Which skill a container, unit or group is; and a watch over the tree of groups,
 * so that one that appears is refused every connection until it is known what it is
 * and, if it is a skill, until it has joined.
 */
#ifndef HOOKS_APPEAR_H
#define HOOKS_APPEAR_H

#include "hooks/place.h"

struct view_skill;

/*
 * The skill of a place, by the policy in force: *skill and what of the match
 * fitted, or NULL: none. False: more than one, which `why` says.
 */
bool appear_match(const struct loader *, const struct place *, const struct view_skill **skill,
    char match[SESSION_MATCH], char *why);

#endif
