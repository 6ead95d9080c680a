/* status.c: `interlock status`, `watch` and `doctor`: what is, what goes on, what could be. */
#include "cli/status.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/say.h"
#include "desk/control.h"
#include "hooks/hooks.h"

struct watching {
	bool as_json;
};

/* What a member says, whatever its type, for people. */
static void
say_value(const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		say_text(stdout, json_string_value(value), false);
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	printf("%s", text ? text : "?");
	free(text);
}

static void
say_sessions(const json_t *loader)
{
	const json_t *list = json_object_get(loader, "sessions"), *s;
	size_t i;

	printf("sessions     %zu\n", json_array_size(list));
	json_array_foreach(list, i, s) {
		printf("  %s ", say_member(s, "session"));
		say_text(stdout, say_member(s, "skill"), false);
		printf(" started by ");
		say_text(stdout, say_member(s, "starter"), false);
		printf(", pid %d%s\n    ", (int)json_integer_value(json_object_get(s, "pid")),
		    json_is_true(json_object_get(s, "blocked")) ? ", STOPPED" : "");
		say_text(stdout, say_member(s, "cgroup"), false);
		putchar('\n');
	}
}

static long long
number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* What the kernel has counted of each skill at each target. */
static void
say_pairs(const json_t *hooks)
{
	const json_t *list = json_object_get(hooks, "pairs"), *pair;
	const json_t *counts = json_object_get(hooks, "counts");
	size_t i;

	printf("connections  %lld diverted; events lost: %lld\n", number(counts, "diverted"),
	    number(counts, "lost_events"));
	json_array_foreach(list, i, pair) {
		const char *skill = say_member(pair, "skill"), *target = say_member(pair, "target");

		printf("  ");
		say_text(stdout, *skill ? skill : "(others)", false);
		printf(" > ");
		say_text(stdout, *target ? target : "(no target)", false);
		printf(": %lld diverted, %lld refused, %lld closed, %lld bytes asked, %lld answered\n",
		    number(pair, "diverted"), number(pair, "refused"), number(pair, "closed"),
		    number(pair, "in"), number(pair, "out"));
	}
	if (number(hooks, "more_pairs"))
		printf("  … and %lld more: bpftool map dump pinned %s/maps/ilk_pairs\n",
		    number(hooks, "more_pairs"), say_member(hooks, "pins"));
}

/* What the daemon does not look into. */
static void
say_unseen(const json_t *loader)
{
	const json_t *list = json_object_get(loader, "targets"), *target;
	size_t i;

	json_array_foreach(list, i, target) {
		if (strcmp(say_member(target, "inspect"), "none") != 0)
			continue;
		printf("uninspected  target ");
		say_text(stdout, say_member(target, "target"), false);
		putchar('\n');
	}
}

/* Where DNS says that targets are. */
static void
say_learned(const json_t *loader)
{
	const json_t *list = json_object_get(loader, "targets"), *target, *address;
	size_t i, j;

	json_array_foreach(list, i, target) {
		const json_t *addresses = json_object_get(target, "from_dns");

		if (!addresses)
			continue;
		printf("from DNS     target ");
		say_text(stdout, say_member(target, "target"), false);
		printf(":%s", json_array_size(addresses) ? "" : " no address yet");
		json_array_foreach(addresses, j, address)
			printf(" %s", json_string_value(address));
		putchar('\n');
	}
}

static void
say_programs(const json_t *loader)
{
	const json_t *list = json_object_get(json_object_get(loader, "hooks"), "programs"), *p;
	size_t i;

	json_array_foreach(list, i, p) {
		printf("  %-15s id %-6lld %s\n", say_member(p, "name"),
		    (long long)json_integer_value(json_object_get(p, "id")),
		    json_is_false(json_object_get(p, "effective")) ? "NOT EFFECTIVE" : "effective");
	}
}

static void
say_processes(const json_t *status)
{
	const json_t *list = json_object_get(status, "processes"), *p;
	size_t i;

	json_array_foreach(list, i, p) {
		printf("  %-10s pid %-8d restarts %d%s\n", say_member(p, "name"),
		    (int)json_integer_value(json_object_get(p, "pid")),
		    (int)json_integer_value(json_object_get(p, "restarts")),
		    json_is_true(json_object_get(p, "down")) ? "  DOWN" : "");
	}
}

/* When the node's checkpoints were last seen elsewhere, or that they never were. */
static void
say_ledger(const json_t *ledger)
{
	time_t seen = (time_t)(json_integer_value(json_object_get(ledger, "elsewhere_wall")) / 1000000000);
	char text[32] = "never";
	struct tm tm;

	if (!json_is_object(ledger))
		return;
	if (seen > 0 && gmtime_r(&seen, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("ledger       %lld entries written, %lld synced, %lld signed; last kept elsewhere: %s\n",
	    (long long)json_integer_value(json_object_get(ledger, "written")),
	    (long long)json_integer_value(json_object_get(ledger, "synced")),
	    (long long)json_integer_value(json_object_get(ledger, "signed")), text);
}

static void
say_status(const json_t *status)
{
	const json_t *faults = json_object_get(status, "faults"), *fault, *stop;
	const json_t *loader = json_object_get(status, "loader");
	size_t i;

	say_line("instance", say_member(status, "name"));
	printf("health       %s\n", json_array_size(faults) ? "NOT HEALTHY" : "healthy");
	json_array_foreach(faults, i, fault) {
		printf("  ! ");
		say_value(fault);
		putchar('\n');
	}
	printf("policy       epoch ");
	say_value(json_object_get(json_object_get(status, "policy"), "epoch"));
	putchar('\n');
	say_ledger(json_object_get(json_object_get(status, "ledger"), "ledger"));
	say_learned(loader);
	say_unseen(loader);
	say_sessions(loader);
	say_pairs(json_object_get(loader, "hooks"));
	printf("holds        %lld open\n", (long long)json_integer_value(json_object_get(status, "holds")));
	json_array_foreach(json_object_get(status, "stops"), i, stop) {
		printf("stopped      %s ", say_member(stop, "scope"));
		say_text(stdout, say_member(stop, "name"), false);
		putchar('\n');
	}
	printf("processes\n");
	say_processes(status);
	printf("programs\n");
	say_programs(loader);
}

/* "--json" or nothing. False: anything else. */
static bool
only_json(int argc, char **argv, bool *as_json)
{
	*as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
	return argc == 1 || *as_json;
}

int
cli_status(const struct instance *instance, int argc, char **argv)
{
	json_t *answer = NULL;
	bool as_json, healthy;
	int code;

	if (argc > 1 && strcmp(argv[1], "--bpf") == 0)
		return cli_status_bpf(instance, argc - 1, argv + 1);
	if (!only_json(argc, argv, &as_json))
		return say_usage(STATUS_USAGE);
	code = client_call(instance, json_pack("{s:s}", "do", "status"), NULL, NULL, &answer);
	if (code) {
		json_decref(answer);
		return code;
	}
	if (as_json)
		say_json(answer);
	else
		say_status(answer);
	healthy = json_is_true(json_object_get(answer, "healthy"));
	json_decref(answer);
	return healthy ? CLI_OK : CLI_NO;
}

/* ---- watch ---------------------------------------------------------------------- */

static bool
show_turn(void *arg, const json_t *turn)
{
	const struct watching *watching = arg;
	static const char *const members[] = {
		"text", "verdict", "hold", "refusal", "tag", "error", NULL
	};

	if (watching->as_json) {
		json_t *row = json_copy((json_t *)turn);

		json_object_set_new(row, "v", json_integer(CONTROL_VERSION));
		say_json(row);
		json_decref(row);
		return !ferror(stdout);
	}
	if (json_object_get(turn, "lost")) {
		printf("… %lld turns were not shown\n",
		    (long long)json_integer_value(json_object_get(turn, "lost")));
		return true;
	}
	printf("%s ", say_member(turn, "turn"));
	say_text(stdout, say_member(turn, "skill"), false);
	printf(" > ");
	say_text(stdout, say_member(turn, "target"), false);
	printf(" %s", say_member(turn, "what"));
	for (const char *const *name = members; *name; name++) {
		const char *text = say_member(turn, *name);

		if (!*text)
			continue;
		printf(" %s=", *name);
		say_text(stdout, text, false);
	}
	putchar('\n');
	fflush(stdout);
	return !ferror(stdout);
}

int
cli_watch(const struct instance *instance, int argc, char **argv)
{
	static const struct option options[] = {
		{ "skill", required_argument, NULL, 's' },
		{ "target", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	const char *skill = "", *target = "";
	struct watching watching = { 0 };
	int option;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			skill = optarg;
		else if (option == 't')
			target = optarg;
		else if (option == 'j')
			watching.as_json = true;
		else
			return say_usage(WATCH_USAGE);
	}
	if (optind < argc)
		return say_usage(WATCH_USAGE);
	return client_call(instance, json_pack("{s:s,s:s,s:s}", "do", "watch", "skill", skill,
	    "target", target), show_turn, &watching, NULL);
}

/* ---- doctor ----------------------------------------------------------------------- */

/* A line for each finding: is it enforced, its name, what was found, what to do. */
static void
say_findings(const json_t *findings)
{
	const json_t *checks = json_object_get(findings, "checks"), *check;
	size_t i;

	json_array_foreach(checks, i, check) {
		const char *to_do = say_member(check, "do");

		printf("%-4s %-18s ", json_is_true(json_object_get(check, "ok")) ? "yes" : "NO",
		    say_member(check, "name"));
		say_text(stdout, say_member(check, "what"), false);
		if (*to_do) {
			printf("\n%24s", "do: ");
			say_text(stdout, to_do, false);
		}
		putchar('\n');
	}
	say_line("mode", say_member(findings, "mode"));
}

int
cli_doctor(const struct instance *instance, int argc, char **argv)
{
	cleanup(free_memory) char *text = NULL;
	json_t *findings;
	bool as_json;
	int status;

	if (!only_json(argc, argv, &as_json))
		return say_usage(DOCTOR_USAGE);
	if (geteuid() != 0) {
		client_complain("doctor tries what this kernel can do, which only root may: use sudo");
		return CLI_PERMISSION;
	}
	status = hooks_doctor(instance, &text);
	if (status < 0) {
		client_complain("this kernel cannot be examined: %s", strerror(-status));
		return CLI_FAILED;
	}
	findings = json_loads(text, 0, NULL);
	if (as_json || !findings)
		printf("%s\n", text);
	else
		say_findings(findings);
	json_decref(findings);
	return CLI_OK;
}
