/*
 * join.h: a group that lives already becomes a skill.
 * Whether the skill is still what was accepted is for the caller to have judged;
 * here is decided whether this group may be one, and it becomes one or nothing
 * happens. By a person's word (attach.c), a runtime's hook, or because the policy
 * says so of what appears (appear.c).
 */
#ifndef HOOKS_JOIN_H
#define HOOKS_JOIN_H

#include "hooks/place.h"

#define JOIN_WHY (LOADER_PATH + LOADER_WHY + 256)

struct join {
	const struct place *place;
	const char *skill;
	const char *person;	/* who; empty: nobody in person */
	uint32_t uid;
	const char *match;	/* of the policy, that found it; empty: none */
	const char *detail;	/* how, for the record */
	bool is_held;		/* refused until now, and if it cannot join, still */
	bool is_created;	/* its runtime waits: nothing of it has run */
};

/*
 * 0: *out is the session, with a listener in each namespace of its processes, its
 * start in the record, and all programs in effect. Else an enum answer_code, and
 * why; the group is then as it was, but for connections that may have been cut.
 */
int join(struct loader *, const struct join *, struct session **out, char why[JOIN_WHY]);

#endif
