/* place.c: see place.h. */
#include "hooks/place.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/process.h"
#include "registry/registry.h"

static int
fail(int error, char *why, const char *text)
{
	snprintf(why, LOADER_WHY, "%s", text);
	return error;
}

void
place_free(struct place *place)
{
	registry_free(&place->container);
}

const char *
place_below(const struct loader *loader, const char *group)
{
	size_t n = strlen(loader->instance.cgroup);

	return strncmp(group, loader->instance.cgroup, n) == 0 ? group + n : group;
}

/* A path without links, of a cgroup2 folder. */
static int
settle(const char *given, char *group)
{
	char real[PATH_MAX];
	struct statfs fs;

	if (!realpath(given, real) || statfs(real, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOTDIR;
	return snprintf(group, LOADER_PATH, "%s", real) >= LOADER_PATH ? -ENAMETOOLONG : 0;
}

/* ---- by path, by process ---------------------------------------------------------- */

static int
by_cgroup(const struct loader *loader, const char *path, struct place *place, char *why)
{
	char root[LOADER_PATH], given[PATH_MAX];
	size_t n;
	int r = instance_find_cgroup2(root, sizeof(root));

	(void)loader;
	if (r < 0)
		return fail(r, why, "the daemon cannot find cgroup2");
	n = strlen(root);
	if (snprintf(given, sizeof(given), "%s%s%s", strncmp(path, root, n) == 0 &&
	    (path[n] == '/' || !path[n]) ? "" : root, *path == '/' ? "" : "/", path) >= (int)sizeof(given))
		return fail(-ENAMETOOLONG, why, "the path is too long");
	r = settle(given, place->group);
	return r < 0 ? fail(r, why, "no such cgroup2 group") : 0;
}

static bool
has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

/*
 * The group of that process, read while it lives: its number is its own for as
 * long as its pidfd says so. `ticks` 0: whenever it started.
 */
static int
by_process(pid_t pid, uint64_t ticks, struct place *place, char *why)
{
	int pidfd cleanup(close_fd) = (int)syscall(SYS_pidfd_open, pid, 0U);
	char root[LOADER_PATH], given[LOADER_PATH];
	uint64_t started = 0;
	int r = instance_find_cgroup2(root, sizeof(root));

	if (pidfd < 0)
		return fail(-errno, why, "no such process");
	if (r == 0)
		r = process_started(pid, &started);
	if (r == 0 && ticks && ticks != started)
		r = -ESRCH;
	if (r == 0)
		r = process_cgroup(pid, root, given, sizeof(given));
	if (r == 0 && has_ended(pidfd))
		r = -ESRCH;
	if (r == 0)
		r = settle(given, place->group);
	if (r < 0)
		return fail(r, why, "its process has ended, or its group cannot be told");
	place->pid = pid;
	place->ticks = started;
	return 0;
}

static int
by_pid(const struct loader *loader, pid_t pid, struct place *place, char *why)
{
	(void)loader;
	return pid > 0 ? by_process(pid, 0, place, why) : fail(-EINVAL, why, "a pid is above 0");
}

bool
place_holds(const struct place *place)
{
	struct place now = PLACE_CLEAN;
	char why[LOADER_WHY];
	size_t n = strlen(place->group);

	if (!place->pid)
		return true;
	return by_process(place->pid, place->ticks, &now, why) == 0 &&
	    strncmp(now.group, place->group, n) == 0 && (now.group[n] == '/' || !now.group[n]);
}

/* ---- containers and pods ------------------------------------------------------------ */

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is it in the name as a whole word: "libpod-ID.scope", not "otherIDs"? */
static bool
names(const char *folder, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = strstr(folder, id); p; p = strstr(p + 1, id))
		if ((p == folder || !is_word(p[-1])) && !is_word(p[n]))
			return true;
	return false;
}

/* Go up from the group to the nearest one of that id. False: none has it. */
static bool
climb(const struct loader *loader, char *group, const char *id)
{
	size_t least = strlen(loader->instance.cgroup);

	while (strlen(group) > least) {
		char *last = strrchr(group, '/');

		if (names(last + 1, id))
			return true;
		*last = '\0';
	}
	return false;
}

int
place_of_container(const struct loader *loader, struct container *given, struct place *out, char *why)
{
	struct container *c cleanup(registry_free) = given;
	struct place place = PLACE_CLEAN;
	int r = by_process(c->pid, c->ticks, &place, why);

	if (r < 0)
		return r;
	if (!climb(loader, place.group, c->id))
		return fail(-EINVAL, why, "the container has no cgroup of its own below the one where "
		    "programs are attached; give its group by --cgroup");
	snprintf(place.name, sizeof(place.name), "%s", *c->name ? c->name : c->id);
	place.container = take(&c);
	*out = place;
	return 0;
}

static int
by_container(const struct loader *loader, const char *text, struct place *place, char *why)
{
	struct container *c = NULL;
	int r = registry_find("", text, &c, why);

	return r < 0 ? r : place_of_container(loader, c, place, why);
}

/* A group of the kubelet's is called "pod" and the uid, which systemd's names have with
 * underscores. */
static bool
climb_to_pod(const struct loader *loader, char *group, const char *uid)
{
	size_t least = strlen(loader->instance.cgroup);
	char plain[REGISTRY_TEXT + 4], escaped[REGISTRY_TEXT + 4];

	snprintf(plain, sizeof(plain), "pod%s", uid);
	strcpy(escaped, plain);
	for (char *p = escaped; *p; p++)
		if (*p == '-')
			*p = '_';
	while (strlen(group) > least) {
		char *last = strrchr(group, '/');

		if (names(last + 1, plain) || names(last + 1, escaped))
			return true;
		*last = '\0';
	}
	return false;
}

static int
by_pod(const struct loader *loader, const char *text, struct place *out, char *why)
{
	struct container *c cleanup(registry_free) = NULL;
	struct place place = PLACE_CLEAN;
	char uid[REGISTRY_TEXT];
	int r = registry_find_pod("", text, &c, uid, why);

	if (r == 0)
		r = by_process(c->pid, c->ticks, &place, why);
	if (r < 0)
		return r;
	if (!climb_to_pod(loader, place.group, uid))
		return fail(-EINVAL, why, "no cgroup of the pod's uid is above its containers'");
	place.pid = 0;		/* the pod outlives each of its containers */
	place.ticks = 0;
	snprintf(place.name, sizeof(place.name), "pod/%s", text);
	*out = place;
	return 0;
}

/* ---- units and slices ----------------------------------------------------------------- */

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0 && !strchr(name, '/');
}

struct looking {
	const char *name;
	char *found;		/* LOADER_PATH bytes */
	size_t count;
};

/* Units stand in slices, and slices in slices. What a unit has below it is its own
 * (a user's manager names groups there as its user likes). */
static int
look(void *arg, const char *path, const char *name)
{
	struct looking *looking = arg;

	if (strcmp(name, looking->name) == 0) {
		looking->count++;
		snprintf(looking->found, LOADER_PATH, "%s", path);
	}
	return ends_in(name, ".slice") ? group_each_below(path, look, looking) : 0;
}

static int
by_unit(const struct loader *loader, const char *name, struct place *place, char *why)
{
	char found[LOADER_PATH] = "";
	struct looking looking = { .name = name, .found = found };
	int r;

	if (!ends_in(name, ".service") && !ends_in(name, ".scope"))
		return fail(-EINVAL, why, "a unit is named with its ending: NAME.service or NAME.scope");
	r = group_each_below(loader->instance.cgroup, look, &looking);
	if (r < 0)
		return fail(r, why, "the slices cannot be looked through");
	if (looking.count != 1)
		return fail(looking.count ? -ENOTUNIQ : -ENOENT, why, looking.count ?
		    "more than one slice has a unit of that name; give its group by --cgroup" :
		    "no slice has a running unit of that name (see: systemctl status)");
	r = settle(found, place->group);
	return r < 0 ? fail(r, why, "the unit has just ended") : 0;
}

/* a-b.slice stands in a.slice: the name says the path (systemd.slice(5)). */
static int
by_slice(const struct loader *loader, const char *name, struct place *place, char *why)
{
	char path[LOADER_PATH];
	size_t used = strlen(loader->instance.cgroup);
	int r;

	if (!ends_in(name, ".slice") || *name == '-' || strlen(name) > NAME_MAX || strstr(name, "--") ||
	    strstr(name, "-."))
		return fail(-EINVAL, why, "a slice is named NAME.slice");
	memcpy(path, loader->instance.cgroup, used);
	for (const char *p = strchr(name, '-');; p = strchr(p + 1, '-')) {
		int length = (int)(p ? p - name : (ptrdiff_t)strlen(name) - 6);
		int n = snprintf(path + used, sizeof(path) - used, "/%.*s.slice", length, name);

		if (n >= (int)(sizeof(path) - used))
			return fail(-ENAMETOOLONG, why, "its path is too long");
		used += (size_t)n;
		if (!p)
			break;
	}
	r = settle(path, place->group);
	return r < 0 ? fail(r, why, "there is no such slice (see: systemctl status)") : 0;
}

/* ---- what a request names --------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*find)(const struct loader *, const char *text, struct place *, char *why);
} ways[] = {
	{ "cgroup", by_cgroup },
	{ "container", by_container },
	{ "pod", by_pod },
	{ "unit", by_unit },
	{ "slice", by_slice },
};

bool
place_is_named(const json_t *request)
{
	size_t count = json_is_integer(json_object_get(request, "pid"));

	for (size_t i = 0; i < COUNT(ways); i++)
		count += json_is_string(json_object_get(request, ways[i].name));
	return count == 1;
}

int
place_find(const struct loader *loader, const json_t *request, struct place *out, char *why)
{
	const json_t *pid = json_object_get(request, "pid");

	if (!place_is_named(request))
		return fail(-EINVAL, why, "give one of cgroup, pid, container, pod, unit, slice");
	if (pid)
		return by_pid(loader, (pid_t)json_integer_value(pid), out, why);
	for (size_t i = 0; i < COUNT(ways); i++) {
		const char *text = json_string_value(json_object_get(request, ways[i].name));

		if (text)
			return ways[i].find(loader, text, out, why);
	}
	return -EINVAL;
}
