/*
 * decide.h: judge what someone asks for.
 * Pure: same rules, same question, same verdict. Lives in the worker, and in
 * `interlock policy explain` and `test`.
 */
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include "action.h"
#include "span.h"
#include "verdict.h"
#include "view.h"

/*
 * Judge one action of `skill` on target number `target`. Cannot fail: where no
 * rule speaks, the verdict is deny. Every act must be allowed; deny beats hold,
 * hold beats allow; among rules that match one act the strictest wins; masks of
 * all rules that allowed are added up; the smallest row limit counts. An act
 * whose effect is unknown is denied unless a rule names `unknown`. `room` (at
 * least DECIDE_WHY bytes) takes the sentence that out->why points to.
 */
#define DECIDE_WHY 512
void decide_judge(const struct view_worker *, struct span skill, uint32_t target,
    const struct action *, char *room, struct verdict *out);

/*
 * May this skill use this target at all, with this role and database? As an
 * action: `session` on "login", and what the login does besides (`settings`, at
 * most DECIDE_SETTINGS; more are denied). Judged before anything is dialled.
 */
#define DECIDE_SETTINGS 64
void decide_login(const struct view_worker *, struct span skill, uint32_t target,
    struct span role, struct span database, const struct act *settings, size_t count,
    char *room, struct verdict *out);

/*
 * Masks of every rule this skill has on the target. An error or a notice may show
 * values that its ask's own rule never thought of (the row a constraint refused),
 * so its text goes under all of them.
 */
uint64_t decide_masks(const struct view_worker *, struct span skill, uint32_t target);

/* Has the skill any duty on the target? Else `room` (DECIDE_WHY bytes) says what is missing. */
bool decide_has_duty(const struct view_worker *, struct span skill, uint32_t target, char *room);

/* Could the skill be let do that, by itself or by people, if only what it carries (its fields, the values that
 * conditions speak of) is right? For what is offered before it is asked. */
bool decide_could(const struct view_worker *, struct span skill, uint32_t target, const struct act *);

/* Does glob `pattern` ('*' any run but '.', '**' any run, '?' one) match all of `text`? No backtracking bombs. */
bool decide_glob(const char *pattern, struct span text);

#endif
