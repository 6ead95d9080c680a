/*
 * fitting.c: does what a rule says fit the protocols of the targets it is for? Paths
 * and methods are nothing to a database, nor is a WHERE anything to HTTP. A profile
 * is for any target, and its rules speak where they can.
 */
#include <string.h>

#include "base/template.h"
#include "rules/work.h"

static void
check_templates(struct work *work, const struct node *list, const char *what, const char *key)
{
	for (const struct node *item = list ? list->first : NULL; item; item = item->next) {
		if (item->n > 0 && !template_is_valid(item->text))
			fault_add(work->faults, item->place, "%s: %s: found \"%.80s\", expected a path like /orders/{id}, "
			    "/orders/* or /orders/**, without a / at its end", what, key, item->text);
	}
}

static void
check_methods(struct work *work, const struct node *list, const char *what)
{
	for (const struct node *item = list ? list->first : NULL; item; item = item->next) {
		if (item->n > 0 && strspn(item->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-*?") != item->n)
			fault_add(work->faults, item->place, "%s: methods: found \"%.40s\", expected one in capitals, like GET",
			    what, item->text);
	}
}

void
rule_check_names(struct work *work, const struct draft_rule *rule, const char *what)
{
	work_check_globs(work, rule->objects, what);
	work_check_globs(work, rule->columns, what);
	work_check_globs(work, rule->operations, what);
	work_check_globs(work, rule->hosts, what);
	check_templates(work, rule->paths, what, "paths");
	check_methods(work, rule->methods, what);
	for (const struct node *item = rule->hosts ? rule->hosts->first : NULL; item; item = item->next) {
		if (strpbrk(item->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ/"))
			fault_add(work->faults, item->place, "%s: hosts: found \"%.80s\", expected a host name in lower case", what,
			    item->text);
	}
}

/* "public.orders" has a dot; a pattern that can match none is a mistake. */
static void
check_objects(struct work *work, const struct draft_rule *rule, bool has_http, bool has_other, const char *what)
{
	const uint64_t on_tables = 1u << EFFECT_READ | 1u << EFFECT_INSERT |
	    1u << EFFECT_UPDATE | 1u << EFFECT_DELETE;

	for (const struct node *item = rule->objects ? rule->objects->first : NULL; item; item = item->next) {
		bool is_path = has_http && template_is_valid(item->text);
		bool is_tables = has_other && item->text[0] != '/' && ((rule->effects & ~on_tables) != 0 ||
		    strchr(item->text, '.') || strstr(item->text, "**"));

		if (item->n == 0 || is_path || is_tables)
			continue;
		fault_add(work->faults, item->place, has_other ? "%s: objects: found \"%.60s\", which no table matches; expected "
		    "schema.name, schema.* or **" : "%s: objects: found \"%.60s\", which no path matches; expected one like "
		    "/orders/{id} or /orders/**", what, item->text);
	}
}

/* A key of the rule, in itself or in its `when`; NULL: it is not there. */
static const struct node *
find_key(const struct draft_rule *rule, const char *name)
{
	const struct node *value = tree_find(rule->at, name);

	for (const struct node *item = rule->when ? rule->when->first : NULL; item && !value; item = item->next)
		value = tree_find(item, name);
	return value;
}

static void
check_keys(struct work *work, const struct draft_rule *rule, const struct draft_target *target, const char *what)
{
	static const struct {
		const char *name;
		bool is_http;
	} keys[] = {
		{ "hosts", true }, { "methods", true }, { "paths", true }, { "operations", true },
		{ "answer", true }, { "where", false }, { "rows", false },
	};
	bool is_http = target->protocol == PROTOCOL_HTTP;

	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct node *value = find_key(rule, keys[i].name);

		if (value && keys[i].is_http != is_http)
			fault_add(work->faults, value->key->place, "%s: found %s for target %s, which is %s; expected it for %s",
			    what, keys[i].name, target->draft.name, protocol_words[target->protocol],
			    is_http ? "databases only" : "http only");
	}
	if (rule->answer == ANSWER_RETRY_202 && target->api == API_MCP)
		fault_add(work->faults, find_key(rule, "answer")->key->place, "%s: found answer retry-202 for target %s, which is "
		    "mcp, where 202 says that no answer comes; expected retry", what, target->draft.name);
	if (rule->answer == ANSWER_EVENTS && is_http && target->api != API_MCP)
		fault_add(work->faults, find_key(rule, "answer")->key->place, "%s: found answer events for target %s, "
		    "expected it for api: mcp only", what, target->draft.name);
	for (size_t i = 0; i < rule->conditions.n && !is_http; i++) {
		const struct draft_condition *condition = rule->conditions.v[i];

		fault_add(work->faults, condition->at->place, "%s: when: found a value of a request for target %s, which is %s; "
		    "expected it for http only", what, target->draft.name, protocol_words[target->protocol]);
	}
}

void
rule_check_targets(struct work *work, const struct draft_duty *duty, const struct draft_rule *rule, const char *what)
{
	bool has_http = false, has_other = !duty->targets || !duty->targets->first;

	if (duty->draft.is_built_in)
		return;
	for (const struct node *item = duty->targets ? duty->targets->first : NULL; item; item = item->next) {
		const struct draft_target *target = item->kind == NODE_SCALAR ?
		    list_find(&work->targets, item->text, NULL) : NULL;

		if (target)
			check_keys(work, rule, target, what);
		has_http |= target && target->protocol == PROTOCOL_HTTP;
		has_other |= !target || target->protocol != PROTOCOL_HTTP;
	}
	check_objects(work, rule, has_http, has_other, what);
}
