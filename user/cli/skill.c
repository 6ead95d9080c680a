/* skill.c: the verbs about skills: attach, detach, stop, skill diff and accept. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/release.h"
#include "cli/run.h"
#include "cli/say.h"
#include "cli/status.h"

#define ATTACH_USAGE "attach --skill NAME --cgroup PATH | --pid PID"
#define DETACH_USAGE "detach SESSION | --skill NAME"
#define STOP_USAGE "stop [--resume] NAME | --skill NAME | --session ID | --target NAME | --all"
#define SKILL_USAGE "skill diff|accept NAME [--json]"

/* Ask, and print the final line's members that people want. */
static int
ask_and_say(const struct instance *instance, json_t *request, const char *what)
{
	json_t *answer = NULL;
	int code = client_call(instance, request, NULL, NULL, &answer);

	if (code == CLI_OK) {
		printf("%s", what);
		if (*say_member(answer, "session"))
			printf(" %s", say_member(answer, "session"));
		putchar('\n');
		if (*say_member(answer, "caution"))
			client_complain("warning: %s", say_member(answer, "caution"));
	}
	json_decref(answer);
	return code;
}

static int
attach(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "skill", required_argument, NULL, 's' },
		{ "cgroup", required_argument, NULL, 'c' },
		{ "pid", required_argument, NULL, 'p' },
		{ 0 },
	};
	const char *skill = NULL, *cgroup = NULL;
	json_t *request;
	long pid = 0;
	int option;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			skill = optarg;
		else if (option == 'c')
			cgroup = optarg;
		else if (option == 'p')
			pid = strtol(optarg, NULL, 10);
		else
			return say_usage(ATTACH_USAGE);
	}
	if (!skill || optind < argc || (cgroup != NULL) == (pid > 0))
		return say_usage(ATTACH_USAGE);
	request = json_pack("{s:s,s:s}", "do", "attach", "skill", skill);
	if (cgroup)
		json_object_set_new(request, "cgroup", json_string(cgroup));
	else
		json_object_set_new(request, "pid", json_integer(pid));
	return ask_and_say(instance, request, "attached");
}

static int
detach(const struct instance *instance, int argc, char **argv)
{
	bool by_skill = argc == 3 && strcmp(argv[1], "--skill") == 0;

	if (!by_skill && (argc != 2 || argv[1][0] == '-'))
		return say_usage(DETACH_USAGE);
	return ask_and_say(instance, json_pack("{s:s,s:s}", "do", "detach",
	    by_skill ? "skill" : "session", argv[argc - 1]), "detached");
}

static int
stop(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "skill", required_argument, NULL, 's' },
		{ "session", required_argument, NULL, 'i' },
		{ "target", required_argument, NULL, 't' },
		{ "all", no_argument, NULL, 'a' },
		{ "resume", no_argument, NULL, 'r' },
		{ 0 },
	};
	const char *scope = NULL, *name = "";
	bool resume = false;
	size_t count = 0;
	int option;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return say_usage(STOP_USAGE);
		resume |= option == 'r';
		if (option == 'r')
			continue;
		scope = option == 's' ? "skill" : option == 'i' ? "session" :
		    option == 't' ? "target" : "all";
		name = option == 'a' ? "" : optarg;
		count++;
	}
	if (optind + 1 == argc && count == 0) {
		name = argv[optind++];
		scope = "any";	/* the daemon knows what has this name */
		count++;
	}
	if (optind < argc || count != 1)
		return say_usage(STOP_USAGE);
	return ask_and_say(instance, json_pack("{s:s,s:s,s:s,s:b}", "do", "stop",
	    "scope", scope, "name", name, "undo", resume), resume ? "resumed" : "stopped");
}

static bool
show_change(void *arg, const json_t *row)
{
	const bool *as_json = arg;

	if (*as_json) {
		say_json(row);
		return true;
	}
	printf("%-9s ", say_member(row, "change"));
	say_text(stdout, say_member(row, "path"), false);
	putchar('\n');
	return true;
}

static int
skill(const struct instance *instance, int argc, char **argv)
{
	bool as_json = argc == 4 && strcmp(argv[3], "--json") == 0;
	bool accepts = argc > 1 && strcmp(argv[1], "accept") == 0;
	json_t *answer = NULL;
	json_int_t changes;
	int code;

	if ((argc != 3 && !as_json) || (!accepts && strcmp(argv[1], "diff") != 0))
		return say_usage(SKILL_USAGE);
	code = client_call(instance, json_pack("{s:s,s:s}", "do",
	    accepts ? "skill_accept" : "skill_diff", "skill", argv[2]),
	    show_change, &as_json, &answer);
	if (code) {
		json_decref(answer);
		return code;
	}
	changes = json_integer_value(json_object_get(answer, "changes"));
	if (as_json)
		say_json(answer);
	else if (accepts)
		printf("accepted\n");
	else
		printf("%lld changes\n", (long long)changes);
	json_decref(answer);
	return !accepts && changes ? CLI_NO : CLI_OK;
}

const struct cli_verb cli_skill_verbs[] = {
	{ "run", cli_run, RUN_USAGE, "start a command as a skill" },
	{ "attach", attach, ATTACH_USAGE, "make a running cgroup or process a skill" },
	{ "detach", detach, DETACH_USAGE, "let an attached one go, for the record" },
	{ "stop", stop, STOP_USAGE, "refuse everything at once, until --resume" },
	{ "status", cli_status, STATUS_USAGE, "what runs, what is caught, what is wrong" },
	{ "watch", cli_watch, WATCH_USAGE, "turns as they happen" },
	{ "skill", skill, SKILL_USAGE, "what changed in a skill's files; take it in" },
	{ "release", cli_release, RELEASE_USAGE, "take the programs out of the kernel, daemon stopped" },
	{ "doctor", cli_doctor, DOCTOR_USAGE, "what this kernel can and cannot enforce" },
	{ NULL, NULL, NULL, NULL },
};
