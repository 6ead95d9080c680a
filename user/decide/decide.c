/*
 * decide.c: from acts and rules to one verdict.
 * Each act is weighed against every rule of every duty the skill has on the
 * target. A rule can *cover* an act (its effect, object, reach match, and all
 * touched columns do) or only *touch* it (some column does, or none was told).
 * Covering is what an act needs to be let through; touching is enough for a
 * deny or a hold to bite. So a doubt about columns never opens a door, nor does one
 * about what a request of HTTP says (fit.h). The acts' verdicts are then joined: the strictest one is the action's. Nothing here
 * depends on the order of rules, duties or acts, but for which of several
 * equally strict rules is named.
 */
#include "decide/decide.h"

#include <stdio.h>

#include "base/glob.h"
#include "decide/fit.h"

#define SAY_MOST 240

enum match { MATCH_NONE, MATCH_EFFECT, MATCH_OBJECT, MATCH_TOUCH, MATCH_COVER };

/* What the rules say of one act. */
struct weighing {
	const struct view_rule *deny, *hold, *allow;	/* first of each */
	uint32_t deny_index, hold_index, allow_index;
	const struct view_rule *clash;	/* asks for other people than an earlier hold */
	const struct view_rule *near;	/* would match but for reach or columns */
	bool is_covered;
};

/* The whole question, and what is known so far. */
struct judging {
	const struct view_worker *view;
	const struct view_skill_duties *skill;
	uint32_t target;
	char *room;
	struct verdict *out;
	const struct view_rule *hold;	/* first that asked for people */
};

bool
decide_glob(const char *pattern, struct span text)
{
	return glob_match(pattern, text);
}

/* How the touched columns stand to a rule's list of columns. */
static enum match
match_columns(const struct view_rule *rule, const struct act *act)
{
	size_t matching = 0;
	bool is_open = act->column_count == 0;	/* none told: could be any */

	if (rule->column_count == 0)
		return MATCH_COVER;
	for (size_t i = 0; i < act->column_count; i++) {
		if (fit_any_glob(rule->columns, rule->column_count, act->columns[i]))
			matching++;
		else if (span_is(act->columns[i], "*"))
			is_open = true;
	}
	if (act->column_count > 0 && matching == act->column_count)
		return MATCH_COVER;
	return matching > 0 || is_open ? MATCH_TOUCH : MATCH_OBJECT;
}

static enum match
match_request(const struct view_rule *rule, const struct act *act, enum fit request)
{
	enum fit content = fit_content(rule, act);

	if (content == FIT_NO)
		return MATCH_OBJECT;
	return content == FIT_YES && request == FIT_YES ? MATCH_COVER : MATCH_TOUCH;
}

static enum match
match_rule(const struct view_rule *rule, const struct act *act)
{
	enum fit request;

	if ((rule->effects & (1u << act->effect)) == 0)
		return MATCH_NONE;
	request = fit_request(rule, act);
	if (request == FIT_NO)
		return MATCH_EFFECT;
	if (rule->reaches != 0 && (rule->reaches & (1u << act->reach)) == 0)
		return MATCH_OBJECT;
	return act->http ? match_request(rule, act, request) : match_columns(rule, act);
}

/* The smaller of two limits, where 0 is none. */
static uint64_t
smaller_limit(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a ? a : b;
	return a < b ? a : b;
}

/* Holds add up: most people, least time. Two groups cannot be asked by one hold. */
static void
add_hold(struct judging *judging, struct weighing *weighing,
    const struct view_rule *rule, uint32_t index)
{
	struct verdict *out = judging->out;
	bool is_first = !judging->hold;

	if (!weighing->hold) {
		weighing->hold = rule;
		weighing->hold_index = index;
	}
	if (is_first)
		judging->hold = rule;
	else if (judging->hold->approvers != rule->approvers)
		weighing->clash = rule;
	if (is_first || rule->need > out->need)
		out->need = rule->need;
	if (is_first || rule->expires_s < out->expires_s)
		out->expires_s = rule->expires_s;
	if (is_first || rule->retry_s < out->retry_s)
		out->retry_s = rule->retry_s;
	if (is_first || rule->answer < out->answer)
		out->answer = rule->answer;
	out->approvers = judging->hold->approvers;
}

/* A rule has matched: take over what it obliges to. */
static void
weigh_rule(struct judging *judging, struct weighing *weighing,
    const struct view_rule *rule, uint32_t index, enum match match)
{
	struct verdict *out = judging->out;

	if (rule->verdict == VERDICT_DENY) {
		if (!weighing->deny) {
			weighing->deny = rule;
			weighing->deny_index = index;
		}
		return;
	}
	if (rule->verdict == VERDICT_ALLOW && match != MATCH_COVER) {
		weighing->near = rule;
		return;
	}
	weighing->is_covered |= match == MATCH_COVER;
	out->masks |= rule->masks;
	out->row_limit = smaller_limit(out->row_limit, rule->row_limit);
	if (rule->verdict == VERDICT_HOLD) {
		add_hold(judging, weighing, rule, index);
	} else if (!weighing->allow) {
		weighing->allow = rule;
		weighing->allow_index = index;
	}
}

static void
deny(struct judging *judging, uint32_t index, const struct view_rule *rule)
{
	struct verdict *out = judging->out;

	*out = (struct verdict){
		.kind = VERDICT_DENY, .rule = index,
		.where = span_text(rule ? rule->where : ""),
		.why = span_text(judging->room),
	};
}

static int
length_of(struct span text, size_t most)
{
	return (int)(text.n < most ? text.n : most);
}

/* "DELETE /orders/7", with its operation where it has one. */
static const char *
say_request(const struct act *act, char *room, size_t size)
{
	const struct http_facts *http = act->http;
	struct span where = act->object.n ? act->object : SPAN("a path in doubt");
	int n = length_of(http->operation, 60);

	snprintf(room, size, "%.*s %.*s%s%.*s%s", length_of(http->method, 20), (const char *)http->method.p,
	    length_of(where, 120), (const char *)where.p, n ? " (" : "", n, n ? (const char *)http->operation.p : "",
	    n ? ")" : "");
	return room;
}

/* What an act is on: an object, a request, or nothing. */
static const char *
say_object(const struct act *act, char *room, size_t size)
{
	int n = length_of(act->object, 120);

	if (act->http)
		return say_request(act, room, size);
	snprintf(room, size, "%.*s", n, n ? (const char *)act->object.p : "");
	return room;
}

/* What an act is called in a sentence: "delete without WHERE on public.orders". */
static const char *
say_act(const struct act *act, char *room, size_t size)
{
	bool reaches_all = act->reach == REACH_ALL &&
	    (act->effect == EFFECT_UPDATE || act->effect == EFFECT_DELETE);
	char object[SAY_MOST];

	(void)say_object(act, object, sizeof(object));
	snprintf(room, size, "%s%s%s%s", effect_name(act->effect),
	    reaches_all ? " without WHERE" : "", *object ? " on " : "", object);
	return room;
}

static bool
is_on_target(const struct judging *judging, size_t i)
{
	return judging->view->duties[judging->skill->duties[i]].target ==
	    judging->target;
}

/* Names of the skill's duties on the target: "duty a" or "duties a, b". */
static const char *
say_duties(const struct judging *judging, char *room, size_t size)
{
	size_t used = 0, count = 0;

	room[0] = '\0';
	for (size_t i = 0; i < judging->skill->duty_count; i++)
		count += is_on_target(judging, i);
	for (size_t i = 0; i < judging->skill->duty_count && used < size; i++) {
		uint32_t duty = judging->skill->duties[i];
		int n;

		if (!is_on_target(judging, i))
			continue;
		n = snprintf(room + used, size - used, "%s%s",
		    used ? ", " : count > 1 ? "duties " : "duty ",
		    judging->view->duties[duty].name);
		used += n > 0 ? (size_t)n : 0;
	}
	return room;
}

/* What the rule that came nearest asks beside what it is about. */
static const char *
say_missing(const struct view_rule *near, const struct act *act)
{
	bool is_reach = near->reaches && !(near->reaches & (1u << act->reach));

	if (is_reach)
		return act->reach == REACH_ALL ? "without WHERE" : act->reach == REACH_WHERE ? "with a WHERE" : "in this form";
	if (!act->http)
		return "all the columns it touches";
	if (fit_request(near, act) == FIT_MAYBE)
		return "while it is in doubt what that is";
	return near->condition_count ? "with what it says" : "all the fields it sends";
}

/* No rule let the act through: say which would have, but for what. */
static void
deny_uncovered(struct judging *judging, const struct weighing *weighing,
    const struct act *act)
{
	char what[SAY_MOST + 60], duties[160];
	const struct view_rule *near = weighing->near;

	if (near) {
		snprintf(judging->room, DECIDE_WHY, "%s allows %s on %s, but not %s%s%.*s", near->where,
		    effect_name(act->effect), say_object(act, what, sizeof(what)), say_missing(near, act),
		    act->http && act->note.n ? ": " : "", act->http ? length_of(act->note, 120) : 0,
		    act->note.n ? (const char *)act->note.p : "");
	} else {
		snprintf(judging->room, DECIDE_WHY, "no rule of %s names "
		    "effect %s%s%.*s", say_duties(judging, duties,
		    sizeof(duties)), say_act(act, what, sizeof(what)), act->note.n ? ": " : "",
		    length_of(act->note, 120), act->note.n ? (const char *)act->note.p : "");
	}
	deny(judging, UINT32_MAX, NULL);
}

/* The rules of one duty, whose first has number `index` in the view. */
static void
weigh_duty(struct judging *judging, const struct act *act,
    const struct view_duty *duty, uint32_t index, struct weighing *weighing)
{
	for (uint32_t r = 0; r < duty->rule_count; r++) {
		const struct view_rule *rule = &duty->rules[r];
		enum match match = match_rule(rule, act);

		if (match >= MATCH_TOUCH)
			weigh_rule(judging, weighing, rule, index + r, match);
		else if (match == MATCH_OBJECT && rule->verdict != VERDICT_DENY)
			weighing->near = rule;
	}
}

static void
weigh(struct judging *judging, const struct act *act, struct weighing *weighing)
{
	const struct view_skill_duties *skill = judging->skill;
	const struct view_worker *view = judging->view;
	uint32_t index = 0, d = 0;

	/* Duties of a skill rise, as rules/ writes them; another order is only slower. */
	for (size_t i = 0; i < skill->duty_count; i++) {
		if (skill->duties[i] < d)
			d = index = 0;
		for (; d < skill->duties[i]; d++)
			index += (uint32_t)view->duties[d].rule_count;
		if (view->duties[d].target == judging->target)
			weigh_duty(judging, act, &view->duties[d], index,
			    weighing);
	}
}

/* Join one act's verdict to the action's. False: denied, nothing can change it. */
static bool
judge_act(struct judging *judging, const struct act *act)
{
	struct verdict *out = judging->out;
	struct weighing weighing = { 0 };
	char what[SAY_MOST + 60];

	if (act->http && act->http->refusal.n) {
		snprintf(judging->room, DECIDE_WHY, "%s is refused: %.*s", say_object(act, what, sizeof(what)),
		    length_of(act->http->refusal, 120), (const char *)act->http->refusal.p);
		deny(judging, UINT32_MAX, NULL);
		return false;
	}
	weigh(judging, act, &weighing);
	if (weighing.deny) {
		snprintf(judging->room, DECIDE_WHY, "%s denies %s",
		    weighing.deny->where, say_act(act, what, sizeof(what)));
		deny(judging, weighing.deny_index, weighing.deny);
		return false;
	}
	if (!weighing.is_covered) {
		deny_uncovered(judging, &weighing, act);
		return false;
	}
	if (weighing.clash) {
		snprintf(judging->room, DECIDE_WHY, "%s and %s ask different "
		    "groups of approvers, and one hold asks one: ask in "
		    "separate statements", judging->hold->where,
		    weighing.clash->where);
		deny(judging, UINT32_MAX, weighing.clash);
		return false;
	}
	if (weighing.hold) {
		bool is_first = out->kind != VERDICT_HOLD;

		out->kind = VERDICT_HOLD;
		if (!is_first)
			return true;
		out->rule = weighing.hold_index;
		out->where = span_text(weighing.hold->where);
		snprintf(judging->room, DECIDE_WHY, "%s holds %s",
		    weighing.hold->where, say_act(act, what, sizeof(what)));
	} else if (out->rule == UINT32_MAX) {
		out->rule = weighing.allow_index;
		out->where = span_text(weighing.allow->where);
		snprintf(judging->room, DECIDE_WHY, "%s allows %s",
		    weighing.allow->where, say_act(act, what, sizeof(what)));
	}
	return true;
}

static const struct view_skill_duties *
find_skill(const struct view_worker *view, struct span skill)
{
	for (size_t i = 0; i < view->skill_count; i++) {
		if (span_is(skill, view->skills[i].skill))
			return &view->skills[i];
	}
	return NULL;
}

/* Begin: who is it, and has it anything to do with this target? */
static bool
begin(struct judging *judging, const struct view_worker *view,
    struct span skill, uint32_t target, char *room, struct verdict *out)
{
	*judging = (struct judging){
		.view = view, .target = target, .room = room, .out = out,
	};
	*out = (struct verdict){ .kind = VERDICT_DENY, .rule = UINT32_MAX };
	if (target >= view->target_count) {
		snprintf(room, DECIDE_WHY, "target number %u is not in policy",
		    target);
		deny(judging, UINT32_MAX, NULL);
		return false;
	}
	judging->skill = find_skill(view, skill);
	for (size_t i = 0; judging->skill && i < judging->skill->duty_count; i++) {
		if (is_on_target(judging, i))
			return true;
	}
	snprintf(room, DECIDE_WHY, "skill %.*s has no duty on target %s",
	    (int)(skill.n < 64 ? skill.n : 64),
	    skill.n ? (const char *)skill.p : "", view->targets[target].name);
	deny(judging, UINT32_MAX, NULL);
	return false;
}

/* Masks and row limits of every rule for the target: whatever rows come, these hold for them. */
static void
oblige_by_all(const struct view_worker *view, const struct view_skill_duties *duties, uint32_t target,
    struct verdict *out)
{
	for (size_t i = 0; i < duties->duty_count; i++) {
		const struct view_duty *duty = &view->duties[duties->duties[i]];

		for (size_t r = 0; duty->target == target && r < duty->rule_count; r++) {
			out->masks |= duty->rules[r].masks;
			out->row_limit = smaller_limit(out->row_limit, duty->rules[r].row_limit);
		}
	}
}

void
decide_judge(const struct view_worker *view, struct span skill, uint32_t target,
    const struct action *action, char *room, struct verdict *out)
{
	/* An ask that does nothing (";") still is a use of the session. */
	static const struct act nothing = {
		.effect = EFFECT_SESSION,
		.object = { (const uint8_t *)"nothing", 7 },
	};
	const struct act *acts = action->act_count ? action->acts : &nothing;
	size_t count = action->act_count ? action->act_count : 1;
	struct judging judging;

	if (!begin(&judging, view, skill, target, room, out))
		return;
	out->kind = VERDICT_ALLOW;
	for (size_t i = 0; i < count; i++) {
		if (!judge_act(&judging, &acts[i]))
			return;
	}
	if (action->has_other_rows)
		oblige_by_all(view, judging.skill, target, out);
	out->why = span_text(room);
}

bool
decide_has_duty(const struct view_worker *view, struct span skill, uint32_t target, char *room)
{
	struct judging judging;
	struct verdict verdict;

	return begin(&judging, view, skill, target, room, &verdict);
}

/* Does the rule speak of what is carried, and how does the rest of it fit? */
static enum match
match_without_content(const struct view_rule *rule, const struct act *act, bool *speaks_of_content)
{
	struct view_rule bare = *rule;

	*speaks_of_content = rule->column_count || rule->condition_count;
	bare.column_count = bare.condition_count = 0;
	return match_rule(&bare, act);
}

bool
decide_could(const struct view_worker *view, struct span skill, uint32_t target, const struct act *act)
{
	const struct view_skill_duties *duties = find_skill(view, skill);
	bool is_covered = false, speaks_of_content;

	for (size_t i = 0; duties && i < duties->duty_count; i++) {
		const struct view_duty *duty = &view->duties[duties->duties[i]];

		for (size_t r = 0; duty->target == target && r < duty->rule_count; r++) {
			const struct view_rule *rule = &duty->rules[r];
			enum match match = match_without_content(rule, act, &speaks_of_content);

			if (rule->verdict == VERDICT_DENY && match >= MATCH_TOUCH && !speaks_of_content)
				return false;
			is_covered |= rule->verdict != VERDICT_DENY && match == MATCH_COVER;
		}
	}
	return is_covered;
}

uint64_t
decide_masks(const struct view_worker *view, struct span skill, uint32_t target)
{
	const struct view_skill_duties *duties = find_skill(view, skill);
	struct verdict all = { 0 };

	if (duties)
		oblige_by_all(view, duties, target, &all);
	return all.masks;
}

static bool
database_is_listed(const struct view_target *target, struct span database)
{
	if (target->database_count == 0)
		return true;
	for (size_t i = 0; i < target->database_count; i++) {
		if (span_is(database, target->databases[i]))
			return true;
	}
	return false;
}

void
decide_login(const struct view_worker *view, struct span skill, uint32_t target,
    struct span role, struct span database, const struct act *settings, size_t count,
    char *room, struct verdict *out)
{
	struct act acts[1 + DECIDE_SETTINGS] = {
		{ .effect = EFFECT_SESSION, .object = SPAN("login") },
	};
	struct action action = { .acts = acts, .act_count = 1 + count };
	const struct view_target *at;
	struct judging judging;

	if (!begin(&judging, view, skill, target, room, out))
		return;
	if (count > DECIDE_SETTINGS) {
		snprintf(room, DECIDE_WHY, "the login makes too many settings");
		deny(&judging, UINT32_MAX, NULL);
		return;
	}
	if (count)
		memcpy(acts + 1, settings, count * sizeof(*settings));
	at = &view->targets[target];
	if (at->protocol == PROTOCOL_HTTP && at->inspect == INSPECT_FULL) {
		/* nobody logs in: each request is judged by itself */
		snprintf(room, DECIDE_WHY, "skill %.*s has a duty on target %s", length_of(skill, 64),
		    (const char *)skill.p, at->name);
		out->kind = VERDICT_ALLOW;
		out->why = span_text(room);
		return;
	}
	if (at->role[0])
		role = span_text(at->role);
	if (database.n == 0)
		database = role;	/* as PostgreSQL does */
	if (role.n == 0 && at->protocol == PROTOCOL_POSTGRESQL &&
	    at->inspect == INSPECT_FULL) {
		snprintf(room, DECIDE_WHY, "no role: neither target %s nor the "
		    "skill named one", at->name);
		deny(&judging, UINT32_MAX, NULL);
		return;
	}
	if (at->inspect == INSPECT_FULL && !database_is_listed(at, database)) {
		snprintf(room, DECIDE_WHY, "database %.*s is not among the "
		    "databases of target %s",
		    (int)(database.n < 80 ? database.n : 80),
		    database.n ? (const char *)database.p : "", at->name);
		deny(&judging, UINT32_MAX, NULL);
		return;
	}
	decide_judge(view, skill, target, &action, room, out);
	if (out->kind != VERDICT_HOLD)
		return;
	snprintf(room, DECIDE_WHY, "a rule holds the login, and a login cannot "
	    "wait for people: name objects in it, or allow \"login\"");
	judging.out = out;
	deny(&judging, out->rule, NULL);
}
