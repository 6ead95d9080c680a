/*
 * attach.c: `interlock attach` and `interlock detach`.
 * A group that lives already becomes a skill. What its processes did before is
 * the danger: connections they had are destroyed (destroy.c), each with an entry,
 * and a group that holds what cannot be made safe is refused: a ring, sockets that
 * reach no hook (holdings.c), unix sockets that lead out of it (peers.c), a listener
 * from elsewhere. The group must be one of its own:
 * not the root, not the daemon's, not above or below another skill's; and one
 * that its processes cannot leave: where a tree is delegated (the user manager's
 * is), whoever it is delegated to moves them as they like.
 */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"
#include "hooks/process.h"
#include "view.h"

static bool
is_within(const char *path, const char *above)
{
	size_t n = strlen(above);

	return strncmp(path, above, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

static bool
is_related(const char *a, const char *b)
{
	return is_within(a, b) || is_within(b, a);
}

/* Why this group cannot be a skill, whatever is in it; NULL: it can. */
static const char *
objection(struct loader *loader, const char *group, const char *root)
{
	char self[LOADER_PATH];

	if (process_cgroup(getpid(), root, self, sizeof(self)) < 0)
		return "the daemon cannot tell its own cgroup";
	if (!is_within(group, loader->instance.cgroup))
		return "it is not below the cgroup where programs are attached";
	if (strcmp(group, root) == 0 ||
	    strcmp(group, loader->instance.cgroup) == 0)
		return "the root of all groups is no skill";
	if (is_within(self, group) ||
	    is_related(group, loader->instance.daemon_cgroup))
		return "the daemon itself is in it";
	if (is_within(loader->instance.skill_cgroup, group))
		return "it holds all skills";
	for (const struct session *s = loader->sessions; s; s = s->next)
		if (is_related(group, s->cgroup))
			return "it is, holds or is part of a group that is "
			    "registered already";
	return NULL;
}

/* May this group be a skill? Answers if not. */
static bool
may_attach(struct loader *loader, const struct request *request,
    const char *group)
{
	char root[LOADER_PATH], above[LOADER_PATH];
	const char *no = "the daemon cannot find cgroup2";
	uint32_t uid;
	int r = instance_find_cgroup2(root, sizeof(root));

	if (r == 0)
		no = objection(loader, group, root);
	if (no) {
		answer_error(loader, request->id, ANSWER_NO, "%s: %s", group,
		    no);
		return false;
	}
	r = group_is_loose(group, root, above, sizeof(above), &uid);
	if (r == 0)
		return true;
	if (r < 0)
		answer_error(loader, request->id, ANSWER_FAILED, "%s: whose "
		    "the groups above it are cannot be told: %s", group,
		    strerror(-r));
	else
		answer_error(loader, request->id, ANSWER_NO, "%s: its "
		    "processes could be moved out of it, because "
		    "%s/cgroup.procs is not root's alone (it is uid %u's); "
		    "attach a group of which all above belong to root, or "
		    "start the skill with interlock run", group, above, uid);
	return false;
}

/* The group meant, as a path without links. 0 or -errno. */
static int
find_group(const struct request *request, char *group)
{
	const json_t *pid = json_object_get(request->json, "pid");
	const char *path = json_string_value(json_object_get(request->json,
	    "cgroup"));
	char root[LOADER_PATH], given[PATH_MAX], real[PATH_MAX];
	struct statfs fs;
	int r = instance_find_cgroup2(root, sizeof(root));

	if (r < 0 || !path == !pid)
		return r < 0 ? r : -EINVAL;
	if (pid && json_integer_value(pid) <= 0)
		return -EINVAL;
	if (pid)
		r = process_cgroup((pid_t)json_integer_value(pid), root, given,
		    sizeof(given));
	else if (snprintf(given, sizeof(given), "%s%s%s", is_within(path, root) ?
	    "" : root, *path == '/' ? "" : "/", path) >= (int)sizeof(given))
		r = -ENAMETOOLONG;
	if (r < 0)
		return r;
	if (!realpath(given, real) || statfs(real, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENOTDIR;
	return snprintf(group, LOADER_PATH, "%s", real) >= LOADER_PATH ?
	    -ENAMETOOLONG : 0;
}

/* Is there what cannot be made safe? 0: no; -errno, and why. */
static int
look_for_danger(const struct session *s, char *why)
{
	struct hooks_socket found;
	char what[LOADER_WHY / 2];
	int r = group_holdings(s->cgroup, why, LOADER_WHY);

	if (r != 0)
		return r < 0 ? r : -EPERM;
	snprintf(why, LOADER_WHY, "what its sockets lead to cannot be told");
	r = hooks_foreign_peer(s->loader->hooks, s->cgroup, what, sizeof(what));
	if (r == 1)
		snprintf(why, LOADER_WHY, "it holds %s, over which others may act for it: "
		    "attach the group before that is made", what);
	if (r != 0)
		return r < 0 ? r : -EPERM;
	r = hooks_foreign_listener(s->loader->hooks, s->cgroup, &found);
	if (r <= 0)
		return r;
	snprintf(why, LOADER_WHY, "it holds a listening socket (port %u) that was "
	    "made outside the group, and whose connections no program sees: let "
	    "it make its own, after it is attached", found.port);
	return -EPERM;
}

static int
enter_cut(void *arg, const struct hooks_socket *cut)
{
	return refusals_cut(arg, cut);
}

/*
 * From here on what they connect is ours. Everything is decided, and the start is
 * in the record, before what they had is cut; and so is each that is.
 */
static int
take_group(struct session *s, char *why)
{
	int r = session_open_doors(s);

	snprintf(why, LOADER_WHY, "no listener in its network namespace");
	if (r == 0)
		r = look_for_danger(s, why);
	if (r < 0)
		return r;
	snprintf(why, LOADER_WHY, "its start cannot be recorded");
	r = session_announce(s, "attached");
	if (r < 0)
		return r;
	snprintf(why, LOADER_WHY, "its connections cannot be destroyed and recorded");
	r = hooks_destroy_sockets(s->loader->hooks, s->cgroup, enter_cut, s);
	return r < 0 ? r : 0;
}

static int
attach(struct loader *loader, const struct request *request,
    const struct view_skill *skill, const char *group, struct session **out,
    char *why)
{
	pid_t pid = (pid_t)json_integer_value(json_object_get(request->json,
	    "pid"));
	struct session *s;
	int r = session_new(loader, &s, skill->name, request->person,
	    request->uid);

	snprintf(why, LOADER_WHY, "no session could be made");
	if (r < 0)
		return r;
	strcpy(s->cgroup, group);
	s->is_attached = true;
	if (pid && process_started(pid, &s->pid_ticks) == 0)
		s->pid = pid;
	r = session_register(s);
	if (r < 0) {
		session_free(&s);
		return r;
	}
	r = take_group(s, why);
	if (r < 0) {
		session_end(&s, why, NULL);
		return r;
	}
	*out = s;
	return 0;
}

/* It is what was accepted, and the group may be one. */
static void
attach_measured(struct loader *loader, const struct request *request,
    const struct view_skill *skill)
{
	char group[LOADER_PATH], why[LOADER_WHY], caution[LOADER_WHY];
	struct session *s = NULL;
	int r = find_group(request, group);

	if (r < 0) {
		answer_error(loader, request->id, ANSWER_USAGE,
		    "no such cgroup2 group or process: %s", strerror(-r));
		return;
	}
	if (!may_attach(loader, request, group))
		return;
	r = attach(loader, request, skill, group, &s, why);
	if (r < 0) {
		answer_error(loader, request->id, ANSWER_FAILED,
		    "%s is not attached: %s (%s)", group, why, strerror(-r));
		return;
	}
	log_info("session %s: skill %s attached to %s", s->text, s->skill,
	    s->cgroup);
	group_cautions(s->cgroup, caution, sizeof(caution));
	if (*caution)
		log_warning("session %s: %s", s->text, caution);
	answer_done(loader, request->id, json_pack("{s:s,s:s,s:s}", "session",
	    s->text, "cgroup", s->cgroup, "caution", caution));
}

static const char *
name_of(const struct request *request)
{
	const char *name = json_string_value(json_object_get(request->json,
	    "skill"));

	return name ? name : "";
}

static void
on_measured(void *arg, const struct finding *finding)
{
	struct request *request cleanup(request_free) = arg;
	struct loader *loader = request->loader;
	const char *name = name_of(request);
	struct right right;

	if (right_judge(loader, name, finding, &right) == 0) {
		attach_measured(loader, request, right_skill(loader, name));
		return;
	}
	if (right_skill(loader, name) && finding->status != -ECANCELED)
		right_enter(loader, name, &right);
	answer_error(loader, request->id, ANSWER_NO, "%s", right.why);
}

void
attach_begin(struct loader *loader, struct request *given)
{
	struct request *request = request_keep(loader, given);

	if (request)
		inspect(loader, name_of(request), (pid_t)json_integer_value(
		    json_object_get(request->json, "pid")), on_measured,
		    request);
}

/* By session, or every session of a skill. */
void
attach_end(struct loader *loader, struct request *request)
{
	const char *text = json_string_value(json_object_get(request->json,
	    "session"));
	const char *skill = json_string_value(json_object_get(request->json,
	    "skill"));
	struct session *next;
	size_t count = 0;

	for (struct session *s = loader->sessions; s; s = next) {
		next = s->next;
		if ((text && strcmp(text, s->text)) ||
		    (skill && strcmp(skill, s->skill)) || (!text && !skill))
			continue;
		session_end(&s, "detached", request->person);
		count++;
	}
	if (count == 0)
		answer_error(loader, request->id, ANSWER_NO,
		    "no such session: see interlock status");
	else
		answer_done(loader, request->id, json_pack("{s:I}", "detached",
		    (json_int_t)count));
}
