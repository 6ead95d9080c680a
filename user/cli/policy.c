/*
 * policy.c: `interlock policy check|explain|test` and `interlock reload`. Only
 * reload needs a daemon.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/must.h"
#include "cli/cases.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/judge.h"
#include "cli/secret_set.h"
#include "cli/show_faults.h"
#include "cli/show_judged.h"
#include "rules/source.h"

#define BODY_MOST (16u << 20)

/* What a verb was given. */
struct words {
	const char *skill, *target, *directory;
	const char *body;		/* a file */
	const char *headers[64];
	size_t header_count;
	const char *rest[64];
	size_t rest_count;
	bool as_json, is_offline;
};

static void
free_rules(struct rules **rules)
{
	rules_free(rules);
}

static bool
takes_value(struct words *words, const char *word, const char *value, bool *taken)
{
	static const struct {
		const char *name;
		size_t offset;
	} options[] = {
		{ "--skill", offsetof(struct words, skill) },
		{ "--target", offsetof(struct words, target) },
		{ "--directory", offsetof(struct words, directory) },
		{ "--body", offsetof(struct words, body) },
	};

	if (strcmp(word, "--header") == 0) {
		if (!value || words->header_count == COUNT(words->headers))
			return false;
		words->headers[words->header_count++] = value;
		*taken = true;
	}
	for (size_t i = 0; i < COUNT(options); i++) {
		if (strcmp(word, options[i].name) != 0)
			continue;
		if (!value)
			return false;
		*(const char **)(void *)((char *)words + options[i].offset) = value;
		*taken = true;
	}
	return true;
}

static bool
read_words(struct words *words, int argc, char **argv)
{
	bool is_plain = false;

	for (int i = 0; i < argc; i++) {
		bool taken = false;

		if (!is_plain && strcmp(argv[i], "--") == 0) {
			is_plain = true;
			continue;
		}
		if (!is_plain && !takes_value(words, argv[i],
		    i + 1 < argc ? argv[i + 1] : NULL, &taken))
			return false;
		if (taken)
			i++;
		else if (!is_plain && strcmp(argv[i], "--json") == 0)
			words->as_json = true;
		else if (!is_plain && strcmp(argv[i], "--offline") == 0)
			words->is_offline = true;
		else if ((!is_plain && strncmp(argv[i], "--", 2) == 0) ||
		    words->rest_count == COUNT(words->rest))
			return false;
		else
			words->rest[words->rest_count++] = argv[i];
	}
	return true;
}

static int
say_check(const struct rules *rules, const struct faults *faults, bool as_json)
{
	json_t *json;

	if (as_json) {
		json = json_pack("{s:b,s:I,s:o}", "ok", rules != NULL, "faults",
		    (json_int_t)faults->errors, "list", show_faults_json(faults));
		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(json);
	} else {
		show_faults(faults, stdout, true);
	}
	if (!rules) {
		client_complain("%zu fault%s", faults->errors,
		    faults->errors == 1 ? "" : "s");
		return CLI_NO;
	}
	if (!as_json)
		printf("policy is right: %zu targets, %zu skills, %zu masks\n",
		    rules->worker.target_count, rules->worker.skill_count,
		    rules->worker.mask_count);
	return CLI_OK;
}

static int
check(const struct instance *instance, const struct words *words)
{
	struct rules_options options = {
		.uid_base = instance->uid_base, .is_offline = words->is_offline,
	};
	struct faults *faults cleanup(free_memory) = calloc(1, sizeof(*faults));
	struct rules *rules cleanup(free_rules) = NULL;
	const char *directory;
	int status;

	if (words->rest_count > 1)
		return CLI_USAGE;
	if (!faults)
		return CLI_FAILED;
	directory = words->rest_count ? words->rest[0] : instance->policy_directory;
	if (access(directory, R_OK | X_OK)) {
		client_complain("%s: %s; give the directory of a policy.yaml", directory, strerror(errno));
		return CLI_FAILED;
	}
	status = rules_load(&rules, directory, &options, faults);
	if (status < 0 && status != -EINVAL) {
		client_complain("the policy cannot be read: %s",
		    strerror(-status));
		return CLI_FAILED;
	}
	return say_check(rules, faults, words->as_json);
}

static void
free_arena(struct arena **arena)
{
	arena_free(arena);
}

/* A request of HTTP as it was typed. */
static int
explain_request(const struct words *words, const struct rules *rules, uint32_t target)
{
	struct arena *arena cleanup(free_arena) = arena_new(BODY_MOST + 4096);
	struct judge_request said = {
		.line = words->rest[0], .headers = words->headers, .header_count = words->header_count,
	};
	struct judged judged;
	int status = arena ? 0 : -ENOMEM;

	if (status == 0 && words->body)
		status = source_read_file(arena, words->body, BODY_MOST, &said.body);
	if (status < 0) {
		client_complain("%s: %s", words->body ? words->body : "request", strerror(-status));
		return CLI_FAILED;
	}
	status = judge_request(rules, words->skill, target, &said, &judged);
	if (status == -EINVAL) {
		client_complain("a request is written like 'GET /orders/5?x=1', its fields like 'Name: value'");
		return CLI_USAGE;
	}
	if (status == -EBADMSG) {
		client_complain("the body is not JSON of the method's messages, by the names of the target's descriptors");
		return CLI_USAGE;
	}
	if (status < 0) {
		client_complain("the request cannot be analysed: %s", strerror(-status));
		return CLI_FAILED;
	}
	show_judged(rules, &judged, words->as_json);
	judge_free(&judged);
	return CLI_OK;
}

static int
explain(const struct instance *instance, const struct words *words)
{
	struct rules *rules cleanup(free_rules) = NULL;
	struct judged judged;
	uint32_t target;
	int status;

	if (!words->skill || !words->target || words->rest_count != 1)
		return CLI_USAGE;
	status = judge_load(words->directory ? words->directory :
	    instance->policy_directory, instance, &rules);
	if (status != CLI_OK)
		return status;
	target = judge_target(rules, words->target);
	if (target == UINT32_MAX || !judge_knows_skill(rules, words->skill)) {
		client_complain("policy knows no %s called %s",
		    target == UINT32_MAX ? "target" : "skill",
		    target == UINT32_MAX ? words->target : words->skill);
		return CLI_NO;
	}
	if (judge_takes_requests(rules, target))
		return explain_request(words, rules, target);
	if (words->header_count || words->body)
		return CLI_USAGE;
	status = judge_text(instance, rules, words->skill, target,
	    words->rest[0], &judged);
	if (status < 0) {
		client_complain("the statement cannot be analysed: %s",
		    strerror(-status));
		return CLI_FAILED;
	}
	show_judged(rules, &judged, words->as_json);
	judge_free(&judged);
	return CLI_OK;
}

static int
test(const struct instance *instance, const struct words *words)
{
	const char *directory = words->directory ? words->directory :
	    instance->policy_directory;
	struct rules *rules cleanup(free_rules) = NULL;
	int status = judge_load(directory, instance, &rules);

	if (status != CLI_OK)
		return status;
	return cases_run(instance, rules, directory, words->rest,
	    words->rest_count);
}

static const struct {
	const char *name;
	int (*run)(const struct instance *, const struct words *);
	const char *usage;
} verbs[] = {
	{ "check", check, "policy check [DIR] [--offline] [--json]" },
	{ "explain", explain, "policy explain --skill NAME --target NAME "
	    "[--directory DIR] [--json] 'SQL' | [--header 'NAME: VALUE']… [--body FILE] 'METHOD PATH'" },
	{ "test", test, "policy test [--directory DIR] [FILE…]" },
};

static int
policy(const struct instance *instance, int argc, char **argv)
{
	struct words words = { 0 };
	int status;

	for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		status = read_words(&words, argc - 2, argv + 2) ?
		    verbs[i].run(instance, &words) : CLI_USAGE;
		if (status == CLI_USAGE)
			client_complain("usage: interlock %s", verbs[i].usage);
		return status;
	}
	client_complain("usage: interlock policy check|explain|test …");
	return CLI_USAGE;
}

struct told {
	bool as_json;
};

static bool
show_row(void *arg, const json_t *row)
{
	const struct told *told = arg;
	const char *file = json_string_value(json_object_get(row, "file"));
	const char *fault = json_string_value(json_object_get(row, "fault"));

	if (told->as_json) {
		json_dumpf(row, stdout, JSON_COMPACT);
		putchar('\n');
		return true;
	}
	printf("%s:%d:%d: %s%s\n", file ? file : "policy",
	    (int)json_integer_value(json_object_get(row, "line")),
	    (int)json_integer_value(json_object_get(row, "column")),
	    json_is_true(json_object_get(row, "warning")) ? "warning: " : "",
	    fault ? fault : "?");
	return true;
}

static int
reload(const struct instance *instance, int argc, char **argv)
{
	struct told told = { argc == 2 && strcmp(argv[1], "--json") == 0 };
	json_t *answer = NULL;
	int status;

	if (argc > 2 || (argc == 2 && !told.as_json)) {
		client_complain("usage: interlock reload [--json]");
		return CLI_USAGE;
	}
	status = client_call(instance, json_pack("{s:s}", "do", "reload"),
	    show_row, &told, &answer);
	if (status == CLI_OK && told.as_json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (status == CLI_OK) {
		printf("policy epoch %d is in force\n", (int)json_integer_value(
		    json_object_get(answer, "epoch")));
	}
	json_decref(answer);
	return status;
}

const struct cli_verb cli_policy_verbs[] = {
	{ "policy", policy, "policy check [DIR] [--offline] [--json]\n"
	  "       interlock policy explain --skill NAME --target NAME [--directory DIR] [--json] 'SQL'\n"
	  "       interlock policy explain … [--header 'NAME: VALUE']… [--body FILE] 'METHOD PATH'\n"
	  "       interlock policy test [--directory DIR] [FILE…]",
	  "check the policy, explain a verdict, run its test cases" },
	{ "reload", reload, "reload [--json]",
	  "put the policy's files in force, all or nothing" },
	{ "secret", secret_set, "secret set TARGET | --skill SKILL\n"
	  "       interlock secret set TARGET --certificate FILE --key FILE",
	  "replace a secret of a target, or of a skill, without a restart" },
	{ NULL, NULL, NULL, NULL },
};
