/*
 * status_bpf.c: `interlock status --bpf`: what is in the kernel, as the kernel says, and
 * whether it is what this version would put there. Asks no daemon, so that it tells
 * what stands when none runs; needs root.
 */
#include "cli/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/say.h"
#include "hooks/hooks.h"

static long long
number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static bool
is_set(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* A line for each hook that is as it should be; more where it is not, or others are there. */
static void
say_hook(const json_t *hook)
{
	const json_t *list = json_object_get(hook, "effective"), *program;
	size_t i;

	printf("%-26s %3lld  %-15s", say_member(hook, "hook"), number(hook, "attach_type"),
	    say_member(hook, "name"));
	json_array_foreach(list, i, program) {
		if (is_set(program, "ours"))
			printf(" id %-6lld tag %s", number(program, "id"), say_member(program, "tag"));
	}
	if (is_set(hook, "as_expected"))
		puts(is_set(hook, "known") ? "  as expected" : "  not known to this kernel");
	else
		printf("  NOT AS EXPECTED (tag %s)\n", say_member(hook, "tag"));
	json_array_foreach(list, i, program) {
		if (is_set(program, "ours"))
			continue;
		printf("%33s", "beside it: ");
		say_text(stdout, say_member(program, "name"), false);
		printf(" id %lld tag %s\n", number(program, "id"), say_member(program, "tag"));
	}
}

static void
say_measured(const json_t *hooks)
{
	const json_t *hook;
	size_t i;

	printf("\n%-15s %12s %7s %6s %6s %6s\n", "verifier", "instructions", "states", "peak",
	    "stack", "us");
	json_array_foreach(hooks, i, hook) {
		const json_t *m = json_object_get(hook, "verifier");

		printf("%-15s %12lld %7lld %6lld %6lld %6lld\n", say_member(hook, "name"),
		    number(m, "instructions"), number(m, "states"), number(m, "peak"),
		    number(m, "stack"), number(m, "microseconds"));
	}
}

static void
say_maps(const json_t *maps, const json_t *storage)
{
	const json_t *map;
	size_t i;

	printf("\n%-15s %-13s %8s %8s %6s %6s %6s\n", "map", "type", "used", "room", "key", "value",
	    "BTF");
	json_array_foreach(maps, i, map) {
		const json_t *used = json_object_get(map, "used");

		printf("%-15s ", say_member(map, "name"));
		if (json_is_null(json_object_get(map, "id"))) {
			puts("MISSING");
			continue;
		}
		printf("%-13s ", say_member(map, "type"));
		if (json_is_integer(used))
			printf("%8lld ", (long long)json_integer_value(used));
		else
			printf("%8s ", "-");
		printf("%8lld %6lld %6lld %6lld\n", number(map, "room"), number(map, "key"),
		    number(map, "value"), number(map, "btf"));
	}
	printf("sk_storage: %lld sockets in %lld network namespaces%s%s\n", number(storage, "sockets"),
	    number(storage, "namespaces"), *say_member(storage, "error") ? "; not all could be asked: " : "",
	    say_member(storage, "error"));
}

static void
say_look(const json_t *look)
{
	const json_t *hooks = json_object_get(look, "hooks"), *hook;
	size_t i;

	say_line("cgroup", say_member(look, "cgroup"));
	say_line("pins", say_member(look, "pins"));
	putchar('\n');
	json_array_foreach(hooks, i, hook)
		say_hook(hook);
	say_measured(hooks);
	say_maps(json_object_get(look, "maps"), json_object_get(look, "storage"));
	puts(is_set(look, "as_expected") ? "\nall as expected" : "\nNOT AS EXPECTED");
}

int
cli_status_bpf(const struct instance *instance, int argc, char **argv)
{
	cleanup(free_memory) char *text = NULL;
	bool as_json = argc == 2 && strcmp(argv[1], "--json") == 0, is_expected = false;
	char why[512] = "";
	json_t *look;
	int error;

	if (argc != 1 && !as_json)
		return say_usage(STATUS_USAGE);
	if (geteuid() != 0) {
		client_complain("status --bpf looks into the kernel, which only root may: use sudo");
		return CLI_PERMISSION;
	}
	error = hooks_look(instance, &text, &is_expected, why, sizeof(why));
	if (error) {
		client_complain("the kernel cannot be looked into: %s", *why ? why : strerror(-error));
		return CLI_FAILED;
	}
	look = json_loads(text, 0, NULL);
	if (as_json || !look)
		printf("%s\n", text);
	else
		say_look(look);
	json_decref(look);
	return is_expected ? CLI_OK : CLI_NO;
}
