/*
 * doctor_test.c: a trial finds what the other tests found, leaves nothing, and
 * says what is not enforced.
 */
#include "scene.h"

#include <dirent.h>
#include <jansson.h>

static bool
is_ok(const json_t *checks, const char *name)
{
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check) {
		if (!strcmp(json_string_value(json_object_get(check, "name")), name))
			return json_is_true(json_object_get(check, "ok"));
	}
	CHECK_ROW(name, !"is among the checks");
	return false;
}

static bool
is_left(const char *folder, const char *prefix)
{
	const struct dirent *entry;
	DIR *d = opendir(folder);
	bool found = false;

	while (d && (entry = readdir(d)))
		found |= !strncmp(entry->d_name, prefix, strlen(prefix));
	if (d)
		closedir(d);
	return found;
}

static const char *const enforced[] = {
	"namespaces", "programs", "redirect4", "redirect6", "peername", "refusal",
	"heartbeat", "udp", "raw", "mptcp", "bind", "events", "unix", "cgroup2", "btf",
	"delegation",
};

/* What no program closes is always said. */
static const char *const outside[] = {
	"family-packet", "family-vsock", "family-netlink", "io_uring-inherited",
	"descriptors", "attached-uid", "attached-sockets", "bpf-rights",
	"traffic-control", "no-sockets", "reboot",
};

/* A group of the skills' that somebody may move them out of is named. */
static void
check_delegation(void)
{
	char file[512], *text = NULL;
	json_t *report;

	snprintf(scene.instance.skill_cgroup, sizeof(scene.instance.skill_cgroup),
	    "%.240s/skills", scene.instance.cgroup);
	snprintf(file, sizeof(file), "%s/cgroup.procs", scene.instance.cgroup);
	CHECK(!chown(file, 54321, 0));
	CHECK(!hooks_doctor(&scene.instance, &text));
	report = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CHECK(!is_ok(json_object_get(report, "checks"), "delegation"));
	CHECK(strstr(text, file) && strstr(text, "uid 54321"));
	json_decref(report);
	free(text);
}

int
main(void)
{
	char *text = NULL, prefix[64];
	const json_t *checks;
	json_t *report;

	scene_instance(&scene.instance);
	mkdir(scene.instance.cgroup, 0755);
	CHECK(!hooks_doctor(&scene.instance, &text));
	report = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CHECK(report != NULL);
	checks = json_object_get(report, "checks");
	CHECK(!strcmp(json_string_value(json_object_get(report, "mode")), "full"));
	for (size_t i = 0; i < COUNT(enforced); i++)
		CHECK_ROW(enforced[i], is_ok(checks, enforced[i]));
	for (size_t i = 0; i < COUNT(outside); i++)
		CHECK_ROW(outside[i], !is_ok(checks, outside[i]));
	CHECK(!is_ok(checks, "root"));	/* this instance is not at the root */
	snprintf(prefix, sizeof(prefix), "ilk-trial-%d", getpid());
	CHECK(!is_left("/sys/fs/bpf", prefix));
	CHECK(!is_left(scene.instance.cgroup, prefix));
	json_decref(report);
	free(text);
	check_delegation();

	/* nowhere to try: an honest "refuse", not a failure */
	rmdir(scene.instance.cgroup);
	CHECK(!hooks_doctor(&scene.instance, &text));
	CHECK(text && strstr(text, "\"mode\":\"refuse\""));
	free(text);
	return check_end();
}
