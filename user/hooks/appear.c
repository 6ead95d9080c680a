/*
 * appear.c: see appear.h.
 * The tree of groups below the one where programs are attached is watched with
 * inotify, but only while the policy has a `match`. A group that appears is
 *   - taken at once, where its path alone tells the skill (unit, cgroup);
 *   - held, where its name is that of a container and some match asks for what a
 *     container is: the kernel's map has it as stopped, so that every connection is
 *     refused. Its runtime writes down what it is before the container's command
 *     runs; then it joins, or is let go as none of ours. Who is not known after
 *     HOLD_NS is let go too: not every runtime keeps files that we know.
 * A skill that cannot join stays refused, and is tried again. Groups that are there
 * already when the policy comes into force, or this process starts, are not held
 * before it is known that they are skills: others must not feel that we look.
 * A hold is a row of the map without a session's time. One that an earlier loader
 * left is dropped once all groups have been looked at.
 */
#include "hooks/appear.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/join.h"
#include "hooks/process.h"
#include "hooks/trust.h"
#include "loop/loop.h"
#include "registry/match.h"
#include "registry/registry.h"
#include "view.h"

#define FOLDERS_MOST 8192
#define WAITING_MOST 1024
#define SOON_NS (2 * MILLISECOND_NS)
#define LATER_NS (50 * MILLISECOND_NS)
#define AGAIN_NS SECOND_NS
#define HASTE_NS SECOND_NS		/* this long, we look every SOON_NS */
#define HOLD_NS (10 * SECOND_NS)
#define CONTAINER_ID 64			/* hex digits of those whose groups are named by it */

enum step {
	STEP_UNKNOWN,	/* held until its runtime tells */
	STEP_MEASURE,	/* a skill; it is being measured */
	STEP_AGAIN,	/* a skill that could not join */
	STEP_REFUSED,	/* two skills claim it: refused for as long as it lives */
};

/* A group that has appeared and is not settled. */
struct arrival {
	struct arrival *next;
	uint64_t id;		/* of the group */
	char group[LOADER_PATH];
	char container[REGISTRY_ID];	/* id, by its name; empty: none */
	char match[SESSION_MATCH];
	enum step step;
	uint64_t since, due;
	bool is_told;		/* that it could not join */
};

struct folder {
	int wd;
	char *path;
};

struct appear {
	struct loader *loader;
	int inotify;
	struct watch *watch;
	struct timer timer;
	struct folder *folders;
	size_t folder_count;
	struct arrival *arrivals;
	size_t arrival_count;
	bool is_full;		/* not all folders are watched */
	bool has_missed;	/* a group appeared when as many as may were waiting */
};

/* ---- what the policy says ------------------------------------------------------------ */

bool
appear_match(const struct loader *loader, const struct place *place,
    const struct view_skill **skill, char match[SESSION_MATCH], char *why)
{
	const struct view_loader *view = loader->view;
	const char *group = place_below(loader, place->group);
	char fitted[MATCH_WHY];

	*skill = NULL;
	*match = '\0';
	for (size_t i = 0; i < view->skill_count; i++) {
		const struct view_skill *one = &view->skills[i];

		if (!match_fits(&one->match, place->container, group, fitted))
			continue;
		if (*skill) {
			snprintf(why, LOADER_WHY, "the policy's match says both %.60s and %.60s of %.90s",
			    (*skill)->name, one->name, group);
			return false;
		}
		*skill = one;
		snprintf(match, SESSION_MATCH, "%s", fitted);
	}
	return true;
}

static bool
any_match(const struct loader *loader, bool (*asks)(const struct view_match *))
{
	for (size_t i = 0; i < loader->view->skill_count; i++)
		if (asks(&loader->view->skills[i].match))
			return true;
	return false;
}

/* ---- holding --------------------------------------------------------------------------- */

int
appear_hold(struct loader *loader, uint64_t id, const char *name)
{
	struct abi_skill skill = { .blocked = 1 };

	snprintf(skill.name, sizeof(skill.name), "%s", name);
	return hooks_skill_put(loader->hooks, id, &skill);
}

static int
hold(struct appear *a, uint64_t id, const char *name)
{
	return appear_hold(a->loader, id, name);
}

static struct arrival **
find(struct appear *a, uint64_t id)
{
	struct arrival **at = &a->arrivals;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

/* It is settled. Its row in the map is a session's by now, or goes. */
static void
forget(struct appear *a, struct arrival **at)
{
	struct arrival *gone = *at;

	*at = gone->next;
	a->arrival_count--;
	if (!session_of_cgroup(a->loader, gone->id))
		hooks_skill_drop(a->loader->hooks, gone->id);
	free(gone);
}

static void on_timer(void *);
static void walk_tree(struct appear *);

static void
set_timer(struct appear *a)
{
	uint64_t now = loop_now(a->loader->loop), first = UINT64_MAX;

	for (const struct arrival *one = a->arrivals; one; one = one->next)
		if (one->due < first)
			first = one->due;
	if (first == UINT64_MAX)
		loop_unset(a->loader->loop, &a->timer);
	else
		must(loop_set(a->loader->loop, &a->timer, first > now ? first - now : 0,
		    on_timer, a) == 0);
}

/* ---- joining --------------------------------------------------------------------------- */

/* What is measured belongs to a group, which may have gone meanwhile. */
struct judging {
	struct appear *appear;
	uint64_t id;
	char skill[ABI_NAME_SIZE];
};

/* By its path alone. */
static void
place_plain(const struct arrival *one, struct place *out)
{
	snprintf(out->group, sizeof(out->group), "%s", one->group);
}

/* Where it is: with its container, when it is one. */
static int
place_of(const struct appear *a, const struct arrival *one, struct place *out, char *why)
{
	struct container *c = NULL;
	int r;

	if (!*one->container) {
		place_plain(one, out);
		return 0;
	}
	r = registry_load("", one->container, &c);
	if (r < 0) {
		snprintf(why, LOADER_WHY, "its runtime has not written down what it is");
		return r;
	}
	return place_of_container(a->loader, c, out, why);
}

static void
stay_refused(struct appear *a, struct arrival *one, const char *skill, const char *why)
{
	uint64_t now = loop_now(a->loader->loop);

	if (hold(a, one->id, skill) < 0)
		log_error("%s cannot be held", one->group);
	if (!one->is_told && now - one->since > HASTE_NS)
		log_error("%s is refused: it is skill %s by %s, but %s", one->group, skill,
		    one->match, why);
	one->is_told = now - one->since > HASTE_NS;
	one->step = STEP_AGAIN;	/* soon at first: its runtime may be about to let go of it */
	one->due = now + (now - one->since < HASTE_NS ? LATER_NS : AGAIN_NS);
}

static void
on_measured(void *arg, const struct finding *finding)
{
	struct judging *m cleanup(free_memory) = arg;
	struct place place cleanup(place_free) = PLACE_CLEAN;
	struct arrival **at = find(m->appear, m->id), *one = *at;
	struct loader *loader = m->appear->loader;
	struct join j = { .place = &place, .skill = m->skill, .person = "", .is_held = true,
		.detail = "attached by the policy's match" };
	char why[JOIN_WHY] = "";
	struct session *s;
	struct right right;

	if (!one || one->step != STEP_MEASURE)
		return;
	if (session_of_cgroup(loader, one->id)) {	/* its runtime's hook was faster */
		forget(m->appear, at);
		return;
	}
	j.match = one->match;
	if (right_judge(loader, m->skill, finding, &right) < 0) {
		if (right_skill(loader, m->skill) && finding->status != -ECANCELED)
			right_enter(loader, m->skill, &right);
		stay_refused(m->appear, one, m->skill, right.why);
	} else if (place_of(m->appear, one, &place, why) < 0 || join(loader, &j, &s, why) != 0) {
		stay_refused(m->appear, one, m->skill, why);
	} else {
		trust_join(s, place.container, false, 0, NULL);
		forget(m->appear, at);
	}
	set_timer(m->appear);
}

static void
begin(struct appear *a, struct arrival *one, const struct view_skill *skill)
{
	struct judging *m = malloc(sizeof(*m));

	if (!m || hold(a, one->id, skill->name) < 0) {
		free(m);
		stay_refused(a, one, skill->name, "there is no memory");
		return;
	}
	one->step = STEP_MEASURE;
	one->due = UINT64_MAX;
	*m = (struct judging){ .appear = a, .id = one->id };
	snprintf(m->skill, sizeof(m->skill), "%s", skill->name);
	inspect(a->loader, m->skill, 0, on_measured, m);	/* may settle it at once */
}

/* ---- finding out -------------------------------------------------------------------------- */

/* Look once at what it is. False: it is settled, and has been forgotten. */
static bool
look(struct appear *a, struct arrival **at)
{
	struct place place cleanup(place_free) = PLACE_CLEAN;
	const struct view_skill *skill;
	struct arrival *one = *at;
	char why[LOADER_WHY] = "";
	uint64_t id, now = loop_now(a->loader->loop);

	if (group_id(one->group, &id) < 0 || id != one->id || session_of_cgroup(a->loader, one->id)) {
		forget(a, at);
		return false;
	}
	if (place_of(a, one, &place, why) < 0) {
		one->due = now + (now - one->since < HASTE_NS ? SOON_NS : LATER_NS);
		if (one->step == STEP_UNKNOWN && now - one->since > HOLD_NS) {
			log_warning("no runtime says what %s is: it goes by its path alone", one->group);
			*one->container = '\0';
		}
		return true;
	}
	if (!appear_match(a->loader, &place, &skill, one->match, why)) {
		log_error("%s is refused: %s", one->group, why);
		one->step = STEP_REFUSED;
		one->due = now + AGAIN_NS;
	} else if (!skill) {
		forget(a, at);
		return false;
	} else {
		begin(a, one, skill);
	}
	return true;
}

/* Whoever is due. What it settles may be anywhere in the list: begin again then. */
static void
on_timer(void *arg)
{
	struct appear *a = arg;
	uint64_t now = loop_now(a->loader->loop);
	struct arrival **at = &a->arrivals;

	while (*at) {
		if ((*at)->due > now) {
			at = &(*at)->next;
			continue;
		}
		(*at)->due = now + LATER_NS;
		if (!look(a, at))
			continue;
		at = &a->arrivals;	/* each is due later by now */
	}
	if (a->has_missed && a->arrival_count < WAITING_MOST) {
		a->has_missed = false;
		walk_tree(a);
	}
	set_timer(a);
}

/* ---- groups ---------------------------------------------------------------------------------- */

/* The id of the container whose group has that name; empty: it is not named like one. */
static void
container_of(const char *name, char id[REGISTRY_ID])
{
	static const char *const before[] = { "libpod-payload-", "libpod-", "docker-",
		"cri-containerd-", "crio-", "" };
	static const char *const after[] = { "", ".scope" };

	*id = '\0';
	for (size_t i = 0; i < COUNT(before); i++) {
		size_t n = strlen(before[i]);

		if (strncmp(name, before[i], n) != 0 ||
		    strspn(name + n, "0123456789abcdef") != CONTAINER_ID)
			continue;
		for (size_t j = 0; j < COUNT(after); j++)
			if (strcmp(name + n + CONTAINER_ID, after[j]) == 0)
				snprintf(id, REGISTRY_ID, "%.*s", CONTAINER_ID, name + n);
		return;
	}
}

static void
add_arrival(struct appear *a, const struct arrival *arrival)
{
	struct arrival *one;

	one = malloc(sizeof(*one));
	if (!one) {
		hooks_skill_drop(a->loader->hooks, arrival->id);
		log_error("%s is not looked at: no memory", arrival->group);
		return;
	}
	*one = *arrival;
	one->since = loop_now(a->loader->loop);
	one->due = one->since;
	one->next = a->arrivals;
	a->arrivals = one;
	a->arrival_count++;
}

/* Does its path alone tell, or what its runtime has written down by now? */
static bool
is_known_skill(struct appear *a, const struct arrival *one)
{
	struct place place cleanup(place_free) = PLACE_CLEAN;
	const struct view_skill *skill;
	char match[SESSION_MATCH], why[LOADER_WHY];

	if (place_of(a, one, &place, why) < 0)
		place_plain(one, &place);
	return !appear_match(a->loader, &place, &skill, match, why) || skill;
}

/* A group: is it to be refused until more is known? */
static void
consider(struct appear *a, const char *path, bool is_new)
{
	const char *name = strrchr(path, '/') + 1;
	struct arrival one = { .step = STEP_UNKNOWN };
	bool is_container;

	if (snprintf(one.group, sizeof(one.group), "%s", path) >= (int)sizeof(one.group) ||
	    group_id(path, &one.id) < 0 || session_of_path(a->loader, path) || *find(a, one.id))
		return;
	container_of(name, one.container);
	is_container = *one.container && any_match(a->loader, match_wants_container);
	if (!is_container)
		*one.container = '\0';
	if (!(is_container && is_new) && !is_known_skill(a, &one))
		return;
	if (a->arrival_count == WAITING_MOST) {
		if (!a->has_missed)
			log_error("%s waits to be looked at: too many groups appear", path);
		a->has_missed = true;
		return;
	}
	if (hold(a, one.id, is_container ? "unknown-container" : "unknown-group") < 0)
		log_error("%s cannot be held", path);
	add_arrival(a, &one);
}

static bool
is_ours(const struct loader *loader, const char *path)
{
	return strcmp(path, loader->instance.skill_cgroup) == 0 ||
	    strcmp(path, loader->instance.daemon_cgroup) == 0;
}

static struct folder *
folder_of(struct appear *a, int wd)
{
	for (size_t i = 0; i < a->folder_count; i++)
		if (a->folders[i].wd == wd)
			return &a->folders[i];
	return NULL;
}

static bool
watch_folder(struct appear *a, const char *path)
{
	int wd = inotify_add_watch(a->inotify, path, IN_CREATE | IN_ONLYDIR);
	struct folder *folder;

	if (wd < 0)
		return errno == ENOENT;
	folder = folder_of(a, wd);
	if (!folder) {
		if (a->folder_count == FOLDERS_MOST)
			return false;
		folder = &a->folders[a->folder_count++];
		*folder = (struct folder){ .wd = wd };
	}
	free(folder->path);
	folder->path = strdup(path);
	return folder->path != NULL;
}

struct walk {
	struct appear *appear;
	bool is_new;
};

/* Watch it first, look at it and below then: what comes in between is seen twice. */
static int
visit(void *arg, const char *path, const char *name)
{
	struct walk *walk = arg;
	struct appear *a = walk->appear;

	(void)name;
	if (is_ours(a->loader, path))
		return 0;
	if (!watch_folder(a, path) && !a->is_full) {
		a->is_full = true;
		log_error("not all groups can be watched: what appears below %s is not seen", path);
	}
	consider(a, path, walk->is_new);
	return group_each_below(path, visit, walk);
}

static void
walk_tree(struct appear *a)
{
	struct walk walk = { a, false };
	const char *root = a->loader->instance.cgroup;

	if (!watch_folder(a, root) || group_each_below(root, visit, &walk) < 0)
		log_error("%s cannot be watched for skills that appear", root);
	set_timer(a);
}

/* ---- events ------------------------------------------------------------------------------------ */

static void
drop_folder(struct appear *a, int wd)
{
	struct folder *folder = folder_of(a, wd);

	if (!folder)
		return;
	free(folder->path);
	*folder = a->folders[--a->folder_count];
	a->is_full = false;
}

static void
take_event(struct appear *a, const struct inotify_event *e)
{
	const struct folder *folder = folder_of(a, e->wd);
	struct walk walk = { a, true };
	char path[PATH_MAX];

	if (e->mask & IN_Q_OVERFLOW) {
		log_warning("groups appear faster than they can be looked at");
		walk_tree(a);
	} else if (e->mask & IN_IGNORED) {
		drop_folder(a, e->wd);
	} else if (folder && (e->mask & IN_ISDIR) && e->len &&
	    snprintf(path, sizeof(path), "%s/%s", folder->path, e->name) < (int)sizeof(path)) {
		visit(&walk, path, e->name);
	}
}

static void
on_inotify(void *arg, uint32_t events)
{
	_Alignas(struct inotify_event) char room[16384];
	struct appear *a = arg;
	ssize_t n;

	(void)events;
	while ((n = read(a->inotify, room, sizeof(room))) > 0)
		for (char *p = room; p < room + n;) {
			struct inotify_event *e = (struct inotify_event *)p;

			take_event(a, e);
			p += sizeof(*e) + e->len;
		}
	set_timer(a);
}

/* ---- beginning and end ---------------------------------------------------------------------------- */

static void
stop_watching(struct appear *a)
{
	loop_unwatch(a->loader->loop, &a->watch);
	close_fd(&a->inotify);
	while (a->folder_count > 0)
		free(a->folders[--a->folder_count].path);
}

static int
start_watching(struct appear *a)
{
	int r;

	if (a->inotify >= 0)
		return 0;
	a->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (a->inotify < 0)
		return -errno;
	r = loop_watch(a->loader->loop, a->inotify, EPOLLIN, on_inotify, a, &a->watch);
	if (r < 0)
		close_fd(&a->inotify);
	return r;
}

static bool
is_held(void *arg, uint64_t id, const struct abi_skill *skill)
{
	struct appear *a = arg;

	return skill->session_time || *find(a, id) || session_of_cgroup(a->loader, id);
}

int
appear_open(struct loader *loader)
{
	struct appear *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->loader = loader;
	a->inotify = -1;
	a->folders = calloc(FOLDERS_MOST, sizeof(*a->folders));
	loader->appear = a;
	return a->folders ? 0 : -ENOMEM;
}

void
appear_follow(struct loader *loader)
{
	struct appear *a = loader->appear;
	int r;

	if (any_match(loader, match_is_given)) {
		r = start_watching(a);
		if (r < 0)
			log_error("groups cannot be watched: %s", strerror(-r));
		else
			walk_tree(a);
	} else {
		stop_watching(a);
	}
	hooks_skill_keep(loader->hooks, is_held, a);
}

void
appear_close(struct loader *loader)
{
	struct appear *a = take(&loader->appear);

	if (!a)
		return;
	stop_watching(a);
	loop_unset(loader->loop, &a->timer);
	while (a->arrivals) {	/* they stay refused until the next loader looks */
		struct arrival *one = a->arrivals;

		a->arrivals = one->next;
		free(one);
	}
	free(a->folders);
	free(a);
}
