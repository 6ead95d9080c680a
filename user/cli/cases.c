/* cases.c: read cases with the policy's own reader, judge each, and count. */
#include "cli/cases.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/judge.h"
#include "cli/show_faults.h"
#include "rules/schema.h"
#include "rules/source.h"

#define CASES_MEMORY (64u << 20)
#define CASE_HEADERS 64

static const char *const expect_words[] = { "deny", "hold", "allow", NULL };

struct one_case {
	const struct node *skill, *target, *sql, *request, *headers, *body, *rule, *masked;
	uint32_t expect;
};

struct file {
	const struct node *version, *cases;
};

#define CASE(name) offsetof(struct one_case, name)
static const struct key case_keys[] = {
	{ "skill", SHAPE_TEXT, CASE(skill), true, 0, 0, NULL },
	{ "target", SHAPE_TEXT, CASE(target), true, 0, 0, NULL },
	{ "sql", SHAPE_TEXT, CASE(sql), false, 0, 0, NULL },
	{ "request", SHAPE_TEXT, CASE(request), false, 0, 0, NULL },
	{ "headers", SHAPE_TEXTS, CASE(headers), false, 0, 0, NULL },
	{ "body", SHAPE_TEXT, CASE(body), false, 0, 0, NULL },
	{ "expect", SHAPE_WORD, CASE(expect), true, 0, 0, expect_words },
	{ "rule", SHAPE_TEXT, CASE(rule), false, 0, 0, NULL },
	{ "masked", SHAPE_TEXTS, CASE(masked), false, 0, 0, NULL },
};
static const struct key file_keys[] = {
	{ "version", SHAPE_TEXT, offsetof(struct file, version), true, 0, 0, NULL },
	{ "cases", SHAPE_LIST, offsetof(struct file, cases), true, 0, 0, NULL },
};

struct running {
	const struct instance *instance;
	const struct rules *rules;
	struct arena *arena;
	struct faults *faults;
	size_t passed, failed;
};

static void
fail(struct running *running, const struct node *at, const char *what,
    const char *found, const char *expected)
{
	printf("%s:%u: %s: found %s, expected %s\n", at->place.file,
	    at->place.line, what, found, expected);
	running->failed++;
}

static bool
is_listed(const struct node *list, struct span name)
{
	for (const struct node *item = list->first; item; item = item->next) {
		if (span_is(name, item->text))
			return true;
	}
	return false;
}

/* The columns masked by name must be exactly those of `masked`. */
static bool
masks_are_right(struct running *running, const struct one_case *one,
    const struct judged *judged)
{
	size_t met = 0;

	for (size_t i = 0; i < judged->action.field_count; i++) {
		struct span name = judged->action.fields[i].name;
		bool is_masked = judge_field_masks(running->rules, judged, i) != 0;
		char text[128];

		snprintf(text, sizeof(text), "%.*s", (int)name.n,
		    name.n ? (const char *)name.p : "");
		if (is_masked == is_listed(one->masked, name)) {
			met += is_masked;
			continue;
		}
		fail(running, one->masked, text,
		    is_masked ? "it masked" : "it not masked",
		    is_masked ? "not masked" : "masked");
		return false;
	}
	if (met < one->masked->count) {
		fail(running, one->masked, "masked", "fewer columns in the answer",
		    "all that are listed");
		return false;
	}
	return true;
}

/* The statement or the request of a case, by what its target takes. */
static int
judge_asked(struct running *running, const struct one_case *one, uint32_t target, struct judged *judged)
{
	const char *headers[CASE_HEADERS];
	struct judge_request said = { .headers = headers };

	if (one->sql)
		return judge_text(running->instance, running->rules, one->skill->text, target, one->sql->text, judged);
	said.line = one->request->text;
	for (const struct node *item = one->headers ? one->headers->first : NULL; item; item = item->next) {
		if (said.header_count == CASE_HEADERS)
			return -E2BIG;
		headers[said.header_count++] = item->text;
	}
	if (one->body)
		said.body = span_of(one->body->text, one->body->n);
	return judge_request(running->rules, one->skill->text, target, &said, judged);
}

static void
judge_case(struct running *running, const struct one_case *one, uint32_t target)
{
	const struct node *asked = one->sql ? one->sql : one->request;
	struct judged judged;
	int status = judge_asked(running, one, target, &judged);
	char where[256];

	if (status < 0) {
		fail(running, asked, asked->key->text, strerror(-status), "an analysis");
		return;
	}
	snprintf(where, sizeof(where), "%.*s", (int)judged.verdict.where.n,
	    judged.verdict.where.n ? (const char *)judged.verdict.where.p : "");
	if (judged.verdict.kind != (enum verdict_kind)one->expect) {
		fail(running, asked, asked->text,
		    verdict_name(judged.verdict.kind), expect_words[one->expect]);
		printf("  why: %.*s\n", (int)judged.verdict.why.n,
		    (const char *)judged.verdict.why.p);
	} else if (one->rule && !strstr(where, one->rule->text)) {
		fail(running, one->rule, "rule", where[0] ? where : "none",
		    one->rule->text);
	} else if (!one->masked || masks_are_right(running, one, &judged)) {
		running->passed++;
	}
	judge_free(&judged);
}

static void
run_case(struct running *running, const struct node *node)
{
	struct one_case one = { 0 };
	bool is_good = schema_read(running->faults, node, "case", case_keys, COUNT(case_keys), &one);
	uint32_t target;

	if (!one.sql && !one.request)
		fault_add(running->faults, node->place, "case: key \"sql\" is missing, expected it or request");
	if (!is_good || (!one.sql && !one.request))
		return;
	target = judge_target(running->rules, one.target->text);
	if (target == UINT32_MAX)
		fault_add(running->faults, one.target->place, "case: found "
		    "target \"%.40s\", expected one of the policy's",
		    one.target->text);
	else if (!judge_knows_skill(running->rules, one.skill->text))
		fault_add(running->faults, one.skill->place, "case: found "
		    "skill \"%.40s\", expected one of the policy's",
		    one.skill->text);
	else if (judge_takes_requests(running->rules, target) ? !one.request || one.sql : !one.sql || one.request)
		fault_add(running->faults, node->place, "case: expected %s, and nothing else, for target %s",
		    judge_takes_requests(running->rules, target) ? "request" : "sql", one.target->text);
	else
		judge_case(running, &one, target);
}

static void
run_file(struct running *running, const char *path)
{
	struct span name = arena_copy(running->arena, span_text(path));
	struct place place = { (const char *)name.p, 0, 0 };
	struct file file = { 0 };
	struct node *root = NULL;
	struct span text;
	int status;

	if (!name.p)
		return;
	status = source_read_file(running->arena, path, TREE_FILE_LIMIT, &text);
	if (status < 0) {
		fault_add(running->faults, place, "cannot be read: %s",
		    strerror(-status));
		return;
	}
	if (tree_read(running->arena, text, place.file, running->faults,
	    &root) < 0 || !schema_read(running->faults, root, "cases",
	    file_keys, COUNT(file_keys), &file))
		return;
	if (strcmp(file.version->text, "1") != 0)
		fault_add(running->faults, file.version->place,
		    "version: found \"%.20s\", expected 1", file.version->text);
	for (const struct node *item = file.cases->first; item;
	    item = item->next)
		run_case(running, item);
}

static void
run_beside(struct running *running, const char *directory)
{
	static const char *const patterns[] = {
		"policy.test.yaml", "tests/*.yaml",
	};

	for (size_t i = 0; i < COUNT(patterns); i++) {
		char pattern[1024];
		glob_t found = { 0 };

		snprintf(pattern, sizeof(pattern), "%s/%s", directory, patterns[i]);
		if (glob(pattern, 0, NULL, &found) == 0) {
			for (size_t n = 0; n < found.gl_pathc; n++)
				run_file(running, found.gl_pathv[n]);
		}
		globfree(&found);
	}
}

int
cases_run(const struct instance *instance, const struct rules *rules,
    const char *directory, const char *const *files, size_t count)
{
	struct faults *faults cleanup(free_memory) = calloc(1, sizeof(*faults));
	struct running running = {
		.instance = instance, .rules = rules, .faults = faults,
		.arena = arena_new(CASES_MEMORY),
	};

	if (!faults || !running.arena) {
		arena_free(&running.arena);
		client_complain("no memory");
		return CLI_FAILED;
	}
	for (size_t i = 0; i < count; i++)
		run_file(&running, files[i]);
	if (count == 0)
		run_beside(&running, directory);
	show_faults(faults, stdout, true);
	printf("%zu passed, %zu failed\n", running.passed,
	    running.failed + faults->errors);
	if (running.passed + running.failed + faults->errors == 0)
		client_complain("no cases found: write them into %s/"
		    "policy.test.yaml, or name a file", directory);
	arena_free(&running.arena);
	return running.passed > 0 && running.failed + faults->errors == 0 ?
	    CLI_OK : CLI_NO;
}
