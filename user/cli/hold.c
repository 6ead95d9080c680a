/*
 * hold.c: `interlock holds`, `show`, `approve`, `deny`.
 * An approval shows the hold and sends the digest of what it showed, so that
 * nothing else can be approved by it, however long the person thinks.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/say.h"

#define HOLDS_USAGE "holds [--watch] [--json]"
#define SHOW_USAGE "show HOLD [--json]"
#define APPROVE_USAGE "approve HOLD [--yes]"
#define DENY_USAGE "deny HOLD --reason TEXT"

struct listing {
	bool as_json, watches;
	size_t count;
};

static void
say_people(const json_t *hold)
{
	const json_t *list = json_object_get(hold, "approved_by"), *person;
	size_t i;

	printf("%lld needed of %s", (long long)json_integer_value(json_object_get(hold, "need")),
	    say_member(hold, "approvers"));
	json_array_foreach(list, i, person)
		printf("%s%s", i ? ", " : "; approved by ", json_string_value(person));
	putchar('\n');
}

static bool
show_row(void *arg, const json_t *row)
{
	struct listing *listing = arg;

	listing->count++;
	if (listing->as_json) {
		say_json(row);
		return !ferror(stdout);
	}
	if (listing->watches)
		printf("%-10s ", *say_member(row, "event") ? say_member(row, "event") : "is");
	printf("%s  ", say_member(row, "hold"));
	say_text(stdout, say_member(row, "skill"), false);
	printf(" > ");
	say_text(stdout, say_member(row, "target"), false);
	printf("  %s, %llds left  ", say_member(row, "state"),
	    (long long)json_integer_value(json_object_get(row, "expires_in_s")));
	say_text(stdout, say_member(row, "text"), false);
	printf("%s\n", json_is_true(json_object_get(row, "cut")) ? " …" : "");
	fflush(stdout);
	return !ferror(stdout);
}

static int
holds(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "watch", no_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct listing listing = { 0 };
	int option, code;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return say_usage(HOLDS_USAGE);
		listing.watches |= option == 'w';
		listing.as_json |= option == 'j';
	}
	if (optind < argc)
		return say_usage(HOLDS_USAGE);
	code = client_call(instance, json_pack("{s:s,s:b}", "do", "holds", "watch",
	    listing.watches), show_row, &listing, NULL);
	if (code == CLI_OK && listing.count == 0 && !listing.as_json)
		printf("nothing is held\n");
	return code;
}

/* ---- one hold, whole ------------------------------------------------------------- */

static void
say_acts(const json_t *acts)
{
	const json_t *act, *column;
	size_t i, j;

	json_array_foreach(acts, i, act) {
		printf("  %s ", say_member(act, "effect"));
		if (*say_member(act, "method")) {
			say_text(stdout, say_member(act, "method"), false);
			putchar(' ');
		}
		say_text(stdout, say_member(act, "object"), false);
		if (*say_member(act, "operation")) {
			printf(", operation ");
			say_text(stdout, say_member(act, "operation"), false);
		}
		json_array_foreach(json_object_get(act, "columns"), j, column) {
			printf("%s", j ? ", " : " (");
			say_text(stdout, json_string_value(column), false);
		}
		if (json_array_size(json_object_get(act, "columns")))
			putchar(')');
		if (strcmp(say_member(act, "reach"), "all") == 0)
			printf("  EVERY ROW");
		if (*say_member(act, "note")) {
			printf("  — ");
			say_text(stdout, say_member(act, "note"), false);
		}
		putchar('\n');
	}
}

static void
say_values(const json_t *values)
{
	const json_t *value;
	size_t i;

	json_array_foreach(values, i, value) {
		const json_t *bytes = json_object_get(value, "value");

		printf("  $%zu = ", i + 1);
		if (json_is_null(bytes)) {
			printf("null");
		} else {
			printf("%s'", json_is_true(json_object_get(value, "hex")) ? "hex " : "");
			say_text(stdout, json_string_value(bytes), false);
			putchar('\'');
		}
		printf("  (type %lld)\n", (long long)json_integer_value(json_object_get(value, "type")));
	}
}

static void
say_hold(const json_t *hold)
{
	static const char *const members[] = {
		"hold", "state", "skill", "session", "starter", "target", "role", "database",
		"search_path", "transaction", "phase", "rule", "why", NULL
	};
	json_int_t limit = json_integer_value(json_object_get(hold, "row_limit"));

	for (const char *const *name = members; *name; name++)
		say_line(*name, say_member(hold, *name));
	printf("%-12s ", "approvers");
	say_people(hold);
	printf("%-12s %lld s\n", "expires in",
	    (long long)json_integer_value(json_object_get(hold, "expires_in_s")));
	if (limit)
		printf("%-12s %lld\n", "row limit", (long long)limit);
	printf("effects\n");
	say_acts(json_object_get(hold, "acts"));
	printf("statement%s\n", json_is_true(json_object_get(hold, "escaped")) ?
	    " (bytes that are not UTF-8 are shown as \\xNN)" : "");
	printf("-----\n");
	say_text(stdout, say_member(hold, "text"), true);
	printf("\n-----\n");
	if (json_array_size(json_object_get(hold, "values")))
		printf("values\n");
	say_values(json_object_get(hold, "values"));
	say_line("digest", say_member(hold, "digest"));
	fflush(stdout);
}

/* Ask on an open conversation; the final line is the caller's. */
static int
ask(struct client *client, json_t *request, json_t **answer)
{
	int status = client_send(client, request);

	if (status == 0)
		status = client_read(client, answer);
	if (status < 0) {
		client_complain("the daemon ended the conversation: %s", strerror(-status));
		return CLI_DAEMON;
	}
	return client_judge(*answer);
}

static void
forget(json_t **json)
{
	json_decref(*json);
}

static int
show(const struct instance *instance, int argc, char **argv)
{
	bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0;
	cleanup(forget) json_t *answer = NULL;
	int code;

	if (argc != 2 && !as_json)
		return say_usage(SHOW_USAGE);
	code = client_call(instance, json_pack("{s:s,s:s}", "do", "show", "hold", argv[1]),
	    NULL, NULL, &answer);
	if (code)
		return code;
	if (as_json)
		say_json(json_object_get(answer, "hold"));
	else
		say_hold(json_object_get(answer, "hold"));
	return CLI_OK;
}

/* ---- deciding -------------------------------------------------------------------- */

static bool
says_yes(void)
{
	char line[16] = "";

	printf("approve exactly this? [y/N] ");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static int
say_decided(const json_t *answer)
{
	json_int_t have = json_integer_value(json_object_get(answer, "approved_by"));
	json_int_t need = json_integer_value(json_object_get(answer, "need"));

	if (have < need)
		printf("recorded; %lld of %lld people have approved\n", (long long)have, (long long)need);
	else
		printf("approved; it runs now, or at the next identical ask\n");
	return CLI_OK;
}

static int
approve(const struct instance *instance, int argc, char **argv)
{
	bool yes = argc == 3 && strcmp(argv[2], "--yes") == 0;
	cleanup(client_close) struct client *client = NULL;
	cleanup(forget) json_t *shown = NULL, *answer = NULL;
	const json_t *hold;
	int code;

	if (argc != 2 && !yes)
		return say_usage(APPROVE_USAGE);
	code = client_open(&client, instance);
	if (!code)
		code = ask(client, json_pack("{s:s,s:s}", "do", "show", "hold", argv[1]), &shown);
	if (code)
		return code;
	hold = json_object_get(shown, "hold");
	say_hold(hold);
	if (!json_is_true(json_object_get(hold, "may_approve"))) {
		client_complain("%s", say_member(hold, "may_not_because"));
		return CLI_PERMISSION;
	}
	if (!yes && !says_yes()) {
		printf("not approved; it waits, or: interlock deny %s --reason …\n", argv[1]);
		return CLI_NO;
	}
	client_close(&client);	/* reading may have taken longer than the daemon waits */
	code = client_call(instance, json_pack("{s:s,s:s,s:s}", "do", "approve",
	    "hold", argv[1], "digest", say_member(hold, "digest")), NULL, NULL, &answer);
	return code ? code : say_decided(answer);
}

static int
deny(const struct instance *instance, int argc, char **argv)
{
	int code;

	if (argc != 4 || strcmp(argv[2], "--reason") != 0)
		return say_usage(DENY_USAGE);
	if (!argv[3][strspn(argv[3], " \t\r\n")]) {
		client_complain("a denial needs its reason: who asks why will read it");
		return CLI_USAGE;
	}
	code = client_call(instance, json_pack("{s:s,s:s,s:s}", "do", "deny", "hold", argv[1],
	    "reason", argv[3]), NULL, NULL, NULL);
	if (!code)
		printf("denied\n");
	return code;
}

const struct cli_verb cli_hold_verbs[] = {
	{ "holds", holds, HOLDS_USAGE, "what waits for people" },
	{ "show", show, SHOW_USAGE, "one of them, whole" },
	{ "approve", approve, APPROVE_USAGE, "let exactly what is shown run, once" },
	{ "deny", deny, DENY_USAGE, "refuse it, and say why" },
	{ NULL, NULL, NULL, NULL },
};
