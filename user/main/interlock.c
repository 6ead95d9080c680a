/*
 * interlock.c: the command people type. Finds the verb among four groups, each
 * in its own file (cli/cli.h), and the instance it is for: --instance FILE,
 * or INTERLOCK_INSTANCE, or the installed one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instance.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"

#define WORD_MOST 32	/* bytes of a verb that are compared with others */

static const struct {
	const char *title;
	const struct cli_verb *verbs;
} groups[] = {
	{ "skills", cli_skill_verbs },
	{ "holds", cli_hold_verbs },
	{ "policy", cli_policy_verbs },
	{ "ledger", cli_ledger_verbs },
};

static void
print_help(FILE *f)
{
	fputs("interlock: see and steer what skills do (interlock VERB --help)\n"
	    "usage: interlock [--instance FILE] VERB …\n", f);
	for (size_t i = 0; i < COUNT(groups); i++) {
		fprintf(f, "\n%s\n", groups[i].title);
		for (const struct cli_verb *verb = groups[i].verbs; verb->name; verb++)
			fprintf(f, "  %-10s %s\n", verb->name, verb->what);
	}
	fputs("\nexit codes: 0 done, 1 no, 2 wrong usage, 3 no daemon, 4 not permitted, 5 failed\n", f);
}

static const struct cli_verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		for (const struct cli_verb *verb = groups[i].verbs; verb->name; verb++) {
			if (strcmp(verb->name, name) == 0)
				return verb;
		}
	}
	return NULL;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, delete or change to make one word the other (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MOST + 1], m = strnlen(a, WORD_MOST), n = strnlen(b, WORD_MOST);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t changed = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = least(changed, 1 + least(row[j], row[j - 1]));
		}
	}
	return row[n];
}

static int
unknown(const char *name)
{
	const struct cli_verb *best = NULL;
	size_t nearest = 3;

	for (size_t i = 0; i < COUNT(groups); i++) {
		for (const struct cli_verb *verb = groups[i].verbs; verb->name; verb++) {
			size_t d = distance(name, verb->name);

			if (d < nearest) {
				nearest = d;
				best = verb;
			}
		}
	}
	if (best)
		client_complain("there is no verb \"%s\"; did you mean \"%s\"?", name, best->name);
	else
		client_complain("there is no verb \"%s\"; see interlock --help", name);
	return CLI_USAGE;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Is help asked for before any "--", which begins someone else's command? */
static bool
wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (is_help(argv[i]))
			return true;
	}
	return false;
}

static int
read_instance(const char *path, struct instance *instance)
{
	unsigned int line = 0;
	int status = instance_read(path, instance, &line);

	if (status == 0)
		return CLI_OK;
	if (line)
		client_complain("%s:%u: not a setting", path, line);
	else
		client_complain("%s: %s", path, strerror(-status));
	return CLI_FAILED;
}

static int
run_verb(const char *path, int argc, char **argv)
{
	const struct cli_verb *verb = find_verb(argv[0]);
	struct instance instance;
	int code;

	if (!verb)
		return unknown(argv[0]);
	if (wants_help(argc, argv)) {
		printf("interlock %s: %s\nusage: interlock %s\n", verb->name, verb->what, verb->usage);
		return CLI_OK;
	}
	code = read_instance(path, &instance);
	if (code)
		return code;
	log_open("interlock", LOG_LEVEL_WARNING);
	code = verb->run(&instance, argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		client_complain("not everything could be printed");
		return code ? code : CLI_FAILED;
	}
	return code;
}

int
main(int argc, char **argv)
{
	const char *path = getenv("INTERLOCK_INSTANCE");
	int at = 1;

	if (!path || !*path)
		path = INSTANCE_FILE;
	if (at + 1 < argc && strcmp(argv[at], "--instance") == 0) {
		path = argv[at + 1];
		at += 2;
	} else if (at < argc && strncmp(argv[at], "--instance=", 11) == 0) {
		path = argv[at++] + 11;
	}
	if (at < argc && (is_help(argv[at]) || strcmp(argv[at], "help") == 0)) {
		print_help(stdout);
		return CLI_OK;
	}
	if (at < argc && strcmp(argv[at], "--version") == 0) {
		printf("interlock %s\n", INTERLOCK_VERSION);
		return CLI_OK;
	}
	if (at >= argc) {
		print_help(stderr);
		return CLI_USAGE;
	}
	return run_verb(path, argc - at, argv + at);
}
