/*
 * reach.c: looks at a built policy as a whole and asks two questions that no
 * single key answers: could anybody approve what is held, and can a skill log
 * in at all? Nobody approves for a skill they own, or for a session they began.
 */
#include <string.h>

#include "rules/work.h"

/* How many of a group could approve for `skill` when `starter` began it. */
static size_t
count_eligible(const struct view_approvers *group,
    const struct view_skill *skill, const char *starter)
{
	size_t count = 0;

	for (size_t i = 0; i < group->person_count; i++)
		count += strcmp(group->people[i], skill->owner) != 0 &&
		    (!starter || strcmp(group->people[i], starter) != 0);
	return count;
}

static void
check_hold(struct work *work, const struct draft_skill *draft,
    const struct view_skill *skill, const struct view_rule *rule)
{
	const struct view_broker *broker = &work->rules->broker;
	const struct view_approvers *group;
	size_t blocked = 0;
	const char *who = "";

	if (rule->approvers >= broker->approver_count)
		return;
	group = &broker->approvers[rule->approvers];
	for (size_t i = 0; i < skill->starter_count; i++) {
		const char *starter = skill->starters[i];

		if (strcmp(starter, "*") == 0)
			starter = NULL;
		if (count_eligible(group, skill, starter) < rule->need) {
			who = skill->starters[i];
			blocked++;
		}
	}
	if (blocked == 0)
		return;
	if (blocked == skill->starter_count)
		fault_add(work->faults, draft->draft.at->place, "skill %s: "
		    "nobody could approve what %s holds: approvers %s without "
		    "the skill's owner and starters are fewer than the %u "
		    "needed", skill->name, rule->where, group->name, rule->need);
	else
		fault_warn(work->faults, draft->draft.at->place, "skill %s: "
		    "when started by %s, nobody could approve what %s holds "
		    "(approvers %s)", skill->name, who, rule->where,
		    group->name);
}

static void
check_login(struct work *work, const struct draft_skill *draft,
    const struct view_skill_duties *given, uint32_t target)
{
	const struct view_worker *view = &work->rules->worker;
	const struct view_target *at = &view->targets[target];

	if (at->protocol == PROTOCOL_HTTP && at->inspect == INSPECT_FULL)
		return;		/* nobody logs in there */
	for (size_t i = 0; i < given->duty_count; i++) {
		const struct view_duty *duty = &view->duties[given->duties[i]];

		for (size_t r = 0; duty->target == target &&
		    r < duty->rule_count; r++) {
			if (duty->rules[r].verdict == VERDICT_ALLOW &&
			    duty->rules[r].effects & 1u << EFFECT_SESSION)
				return;
		}
	}
	fault_warn(work->faults, draft->draft.at->place, "skill %s: cannot log "
	    "in to target %s: no rule allows effect session there",
	    given->skill, view->targets[target].name);
}

static void
check_skill(struct work *work, size_t n)
{
	const struct view_worker *view = &work->rules->worker;
	const struct view_skill_duties *given = &view->skills[n];
	const struct draft_skill *draft = work->skills.v[n];

	for (size_t i = 0; i < given->duty_count; i++) {
		const struct view_duty *duty = &view->duties[given->duties[i]];
		bool is_seen = false;

		for (size_t r = 0; r < duty->rule_count; r++) {
			if (duty->rules[r].verdict == VERDICT_HOLD)
				check_hold(work, draft,
				    &work->rules->loader.skills[n],
				    &duty->rules[r]);
		}
		for (size_t b = 0; b < i; b++)
			is_seen |= view->duties[given->duties[b]].target ==
			    duty->target;
		if (!is_seen)
			check_login(work, draft, given, duty->target);
	}
}

void
check_people(struct work *work)
{
	for (size_t i = 0; i < work->rules->worker.skill_count; i++)
		check_skill(work, i);
}
