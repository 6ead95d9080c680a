/*
 * duty.c: the section `duties`: rules, and the targets they are for. A duty is
 * read once and its rules built once; skill.c then gives it to skills, target by
 * target. The profiles are duties too (profile.c), whose targets come from use.
 */
#include <stdio.h>
#include <string.h>

#include "rules/work.h"

#define RULES_MOST 1000
#define DAY_MS 86400000ULL
#define EXPIRES_DEFAULT_MS 600000ULL

static const char *const effect_words[] = {
	"read", "insert", "update", "delete", "define", "grant", "call",
	"export", "session", "unknown", NULL
};
static const char *const where_words[] = { "any", "present", "absent", NULL };
static const char *const verdict_words[] = { "deny", "hold", "allow", NULL };
static const char *const answer_words[] = { "wait", "events", "retry", "retry-202", NULL };
_Static_assert(COUNT(answer_words) == HOLD_ANSWERS + 1, "a word per answer");
_Static_assert(COUNT(effect_words) == EFFECTS + 1, "a word per effect");
enum { WHERE_ANY, WHERE_PRESENT, WHERE_ABSENT };

#define DUTY(name) offsetof(struct draft_duty, name)
static const struct key duty_keys[] = {
	{ "targets", SHAPE_TEXTS, DUTY(targets), true, 0, 0, NULL },
	{ "rules", SHAPE_LIST, DUTY(rules), true, 0, 0, NULL },
};
static const struct key profile_keys[] = {
	{ "rules", SHAPE_LIST, DUTY(rules), true, 0, 0, NULL },
};

#define RULE(name) offsetof(struct draft_rule, name)
#define CONDITIONS \
	{ "effects", SHAPE_WORDS, RULE(effects), false, 0, 0, effect_words }, \
	{ "objects", SHAPE_TEXTS, RULE(objects), false, 0, 0, NULL }, \
	{ "columns", SHAPE_TEXTS, RULE(columns), false, 0, 0, NULL }, \
	{ "hosts", SHAPE_TEXTS, RULE(hosts), false, 0, 0, NULL }, \
	{ "methods", SHAPE_TEXTS, RULE(methods), false, 0, 0, NULL }, \
	{ "paths", SHAPE_TEXTS, RULE(paths), false, 0, 0, NULL }, \
	{ "operations", SHAPE_TEXTS, RULE(operations), false, 0, 0, NULL }, \
	{ "where", SHAPE_WORD, RULE(where), false, 0, 0, where_words }
static const struct key rule_keys[] = {
	CONDITIONS,
	{ "when", SHAPE_LIST, RULE(when), false, 0, 0, NULL },
	{ "verdict", SHAPE_WORD, RULE(verdict), true, 0, 0, verdict_words },
	{ "masks", SHAPE_TEXTS, RULE(masks), false, 0, 0, NULL },
	{ "rows", SHAPE_NUMBER, RULE(rows), false, 1, 1000000000000ULL, NULL },
	{ "approvers", SHAPE_TEXT, RULE(approvers), false, 0, 0, NULL },
	{ "need", SHAPE_NUMBER, RULE(need_count), false, 1, 100, NULL },
	{ "expires", SHAPE_DURATION, RULE(expires_ms), false, 1000, 7 * DAY_MS, NULL },
	{ "retry", SHAPE_DURATION, RULE(retry_ms), false, 0, 7 * DAY_MS, NULL },
	{ "answer", SHAPE_WORD, RULE(answer), false, 0, 0, answer_words },
};
static const struct key when_keys[] = { CONDITIONS };

/* The conditions of `when` join those of the rule; none may be said twice, but for those on values. */
static void
read_when(struct work *work, const struct node *entry, struct draft_rule *rule,
    const char *what)
{
	for (const struct node *item = rule->when->first; item;
	    item = item->next) {
		const struct node *seen;

		if (condition_is_here(item)) {
			condition_read(work, item, what, &rule->conditions);
			continue;
		}
		if (!schema_read(work->faults, item, what, when_keys,
		    COUNT(when_keys), rule))
			continue;
		for (const struct node *value = item->first; value;
		    value = value->next) {
			seen = tree_find(entry, value->key->text);
			for (const struct node *other = rule->when->first;
			    !seen && other != item; other = other->next)
				seen = tree_find(other, value->key->text);
			if (seen)
				fault_add(work->faults, value->key->place,
				    "%s: when: found %s a second time, first "
				    "in line %u; expected it once", what,
				    value->key->text, seen->place.line);
		}
	}
}

static void
check_rule(struct work *work, const struct draft_rule *rule, const char *what)
{
	const struct node *at = rule->at;
	bool is_hold = rule->verdict == VERDICT_HOLD;

	if (rule->effects == 0)
		fault_add(work->faults, at->place, "%s: key \"effects\" is "
		    "missing, expected a list of effects", what);
	for (const char *const *key = (const char *const[]){ "approvers",
	    "need", "expires", "retry", "answer", NULL }; *key && !is_hold; key++) {
		const struct node *value = tree_find(at, *key);

		if (value)
			fault_add(work->faults, value->key->place, "%s: found "
			    "%s with verdict %s, expected it with hold only",
			    what, *key, verdict_words[rule->verdict]);
	}
	if (rule->verdict == VERDICT_DENY && (rule->masks || rule->rows))
		fault_add(work->faults, at->place, "%s: found masks or rows "
		    "with verdict deny, expected them with allow or hold", what);
	rule_check_names(work, rule, what);
}

static void
rule_read(struct work *work, struct draft_duty *duty, const struct node *entry)
{
	struct draft_rule *rule = work_take(work, sizeof(*rule));
	const char *what = work_text(work, "duty %s: rule %zu",
	    duty->draft.name, duty->drafts.n + 1);

	if (!rule)
		return;
	rule->at = entry;
	rule->expires_ms = EXPIRES_DEFAULT_MS;
	list_add(work, &duty->drafts, rule);
	if (!schema_read(work->faults, entry, what, rule_keys,
	    COUNT(rule_keys), rule))
		return;
	if (rule->when)
		read_when(work, entry, rule, what);
	check_rule(work, rule, what);
}

void
duty_read(struct work *work, const struct node *entry)
{
	struct draft_duty *duty = work_take(work, sizeof(*duty));
	const char *what = work_text(work, "duty %s", entry->key->text);
	const struct key *keys = work->is_built_in ? profile_keys : duty_keys;
	size_t count = work->is_built_in ? COUNT(profile_keys) : COUNT(duty_keys);

	if (!duty)
		return;
	duty->draft = (struct draft){ entry->key->text, entry->key,
	    work->is_built_in };
	list_add(work, &work->duties, duty);
	(void)schema_read(work->faults, entry, what, keys, count, duty);
	if (duty->rules && duty->rules->count > RULES_MOST) {
		fault_add(work->faults, duty->rules->place, "%s: found %zu "
		    "rules, expected at most %d", what, duty->rules->count,
		    RULES_MOST);
		return;
	}
	work_no_doubles(work, duty->targets, what);
	for (const struct node *item = duty->rules ? duty->rules->first : NULL;
	    item; item = item->next)
		rule_read(work, duty, item);
}

/* The group a hold asks: the one it names, else `default`, else the only one. */
static const struct draft_approvers *
find_group(struct work *work, struct draft_duty *duty,
    const struct draft_rule *rule, const char *what, uint32_t *index)
{
	const struct draft_approvers *group;

	if (rule->approvers)
		return list_need(work, &work->approvers, rule->approvers,
		    work_text(work, "%s: approvers", what), "approver group",
		    index);
	group = list_find(&work->approvers, "default", index);
	if (!group && work->approvers.n == 1) {
		*index = 0;
		group = work->approvers.v[0];
	}
	if (!group && !duty->draft.is_built_in)
		fault_add(work->faults, rule->at->place, "%s: key "
		    "\"approvers\" is missing, expected the name of an "
		    "approver group", what);
	if (!group)
		duty->is_weakened = true;
	return group;
}

/* Its approval is of use to nothing but an ask that comes later. */
static bool
asks_again(const struct draft_rule *draft)
{
	return draft->answer == ANSWER_RETRY || draft->answer == ANSWER_RETRY_202;
}

static void
build_hold(struct work *work, struct draft_duty *duty,
    const struct draft_rule *draft, const char *what, struct view_rule *rule)
{
	const struct draft_approvers *group;
	uint32_t need = (uint32_t)draft->need_count;

	group = find_group(work, duty, draft, what, &rule->approvers);
	if (!group) {
		rule->verdict = VERDICT_DENY;
		rule->where = work_text(work, "%s (would hold, but policy has "
		    "no approvers)", rule->where);
		return;
	}
	if (need && need < group->need)
		fault_add(work->faults, draft->at->place, "%s: found need %u, "
		    "expected at least %u, which approvers %s ask", what, need,
		    (unsigned int)group->need, group->draft.name);
	if (need && group->people && need > group->people->count)
		fault_add(work->faults, draft->at->place, "%s: found need %u "
		    "with %zu people in approvers %s, expected at most as many",
		    what, need, group->people->count, group->draft.name);
	rule->need = need ? need : (uint32_t)group->need;
	rule->expires_s = (uint32_t)(draft->expires_ms / 1000);
	rule->answer = (enum hold_answer)draft->answer;
	rule->retry_s = (uint32_t)((asks_again(draft) && !tree_find(draft->at, "retry") ? draft->expires_ms :
	    draft->retry_ms) / 1000);
	if (asks_again(draft) && rule->retry_s == 0)
		fault_add(work->faults, draft->at->place, "%s: found answer %s with retry 0s, expected a longer retry", what,
		    answer_words[draft->answer]);
	if (draft->retry_ms > draft->expires_ms)
		fault_add(work->faults, draft->at->place, "%s: found retry "
		    "longer than expires, expected at most as long", what);
}

static void
build_rule(struct work *work, struct draft_duty *duty, size_t i)
{
	const struct draft_rule *draft = duty->drafts.v[i];
	struct view_rule *rule = &duty->built[i];
	const char *what = work_text(work, "duty %s: rule %zu",
	    duty->draft.name, i + 1);
	uint32_t index;

	rule->where = duty->draft.is_built_in ?
	    work_text(work, "profile %s rule %zu", duty->draft.name, i + 1) :
	    work_text(work, "%s:%u duty %s rule %zu", draft->at->place.file,
	    draft->at->place.line, duty->draft.name, i + 1);
	rule->effects = (uint32_t)draft->effects;
	rule->reaches = draft->where == WHERE_PRESENT ? 1u << REACH_WHERE :
	    draft->where == WHERE_ABSENT ? 1u << REACH_ALL : 0;
	rule->objects = work_texts(work, draft->objects, &rule->object_count);
	rule->columns = work_texts(work, draft->columns, &rule->column_count);
	rule->hosts = work_texts(work, draft->hosts, &rule->host_count);
	rule->methods = work_texts(work, draft->methods, &rule->method_count);
	rule->paths = work_texts(work, draft->paths, &rule->path_count);
	rule->operations = work_texts(work, draft->operations, &rule->operation_count);
	conditions_build(work, &draft->conditions, rule);
	rule_check_targets(work, duty, draft, what);
	rule->verdict = (enum verdict_kind)draft->verdict;
	rule->row_limit = draft->rows;
	for (const struct node *mask = draft->masks ? draft->masks->first :
	    NULL; mask; mask = mask->next) {
		if (list_need(work, &work->masks, mask,
		    work_text(work, "%s: masks", what), "mask", &index) &&
		    index < 64)
			rule->masks |= UINT64_C(1) << index;
	}
	if (rule->verdict == VERDICT_HOLD)
		build_hold(work, duty, draft, what, rule);
}

void
duty_build(struct work *work)
{
	for (size_t i = 0; i < work->duties.n; i++) {
		struct draft_duty *duty = work->duties.v[i];
		const char *what = work_text(work, "duty %s: targets",
		    duty->draft.name);

		for (const struct node *item = duty->targets ?
		    duty->targets->first : NULL; item; item = item->next)
			(void)list_need(work, &work->targets, item, what,
			    "target", NULL);
		duty->built = work_take(work,
		    duty->drafts.n * sizeof(*duty->built));
		if (!duty->built)
			return;
		for (size_t r = 0; r < duty->drafts.n; r++)
			build_rule(work, duty, r);
		duty->built_count = duty->drafts.n;
	}
}
