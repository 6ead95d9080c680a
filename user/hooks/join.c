/*
 * join.c: see join.h.
 * What its processes did before is the danger: connections they had are destroyed
 * (destroy.c), each with an entry, and a group that holds what cannot be made safe is
 * refused: a ring, sockets that reach no hook (holdings.c), unix sockets that lead out
 * of it (peers.c), a listener from elsewhere. The group must be one of its own: not the root, not the daemon's, not above or below
 * another skill's; and one that its processes cannot leave: where a tree is delegated
 * (the user manager's is), whoever it is delegated to moves them as they like.
 */
#include "hooks/join.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/process.h"
#include "registry/registry.h"

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

/* May this group be a skill? 0, or the code to answer with, and why. */
static int
judge(struct loader *loader, const char *group, char *why)
{
	char root[LOADER_PATH], above[LOADER_PATH];
	const char *no = "the daemon cannot find cgroup2";
	uint32_t uid;
	int r = instance_find_cgroup2(root, sizeof(root));

	if (r == 0)
		no = objection(loader, group, root);
	if (no) {
		snprintf(why, JOIN_WHY, "%s: %s", group, no);
		return ANSWER_NO;
	}
	r = group_is_loose(group, root, above, sizeof(above), &uid);
	if (r == 0)
		return 0;
	if (r < 0) {
		snprintf(why, JOIN_WHY, "%s: whose the groups above it are "
		    "cannot be told: %s", group, strerror(-r));
		return ANSWER_FAILED;
	}
	snprintf(why, JOIN_WHY, "%s: its processes could be moved out of it, "
	    "because %.300s/cgroup.procs is not root's alone (it is uid %u's); "
	    "attach a group of which all above belong to root, or start the "
	    "skill with interlock run", group, above, uid);
	return ANSWER_NO;
}

/*
 * Is there what cannot be made safe? 0: no; -errno, and why. A container that is being
 * created has a process of its runtime's yet, with sockets that lead to the runtime
 * and close when the container's command is executed.
 */
static int
look_for_danger(const struct session *s, const struct join *j, char *why)
{
	struct hooks_socket found;
	char what[LOADER_WHY / 2];
	int r = group_holdings(s->cgroup, why, LOADER_WHY);

	if (r != 0)
		return r < 0 ? r : -EPERM;
	snprintf(why, LOADER_WHY, "what its sockets lead to cannot be told");
	r = j->is_created ? 0 : hooks_foreign_peer(s->loader->hooks, s->cgroup, what, sizeof(what));
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
take_group(struct session *s, const struct join *j, char *why)
{
	bool has_unix;
	int r = session_open_doors(s);

	snprintf(why, LOADER_WHY, "no listener in its network namespace");
	if (r == 0)
		r = look_for_danger(s, j, why);
	if (r < 0)
		return r;
	snprintf(why, LOADER_WHY, "its process has ended, or left the group");
	if (!place_holds(j->place))
		return -ESRCH;
	snprintf(why, LOADER_WHY, "the kernel programs are not all in effect");
	r = ground_check(s->loader, &has_unix);
	if (r < 0)
		return r;
	snprintf(why, LOADER_WHY, "its start cannot be recorded");
	r = session_announce(s, j->detail);
	if (r < 0)
		return r;
	snprintf(why, LOADER_WHY, "its connections cannot be destroyed and recorded");
	r = hooks_destroy_sockets(s->loader->hooks, s->cgroup, enter_cut, s);
	return r < 0 ? r : 0;
}

static void
identify(struct session *s, const struct join *j)
{
	const struct container *c = j->place->container;
	struct identity *i = &s->identity;

	snprintf(i->container, sizeof(i->container), "%s", c ? c->id : j->place->name);
	snprintf(i->name, sizeof(i->name), "%s", j->place->name);
	snprintf(i->match, sizeof(i->match), "%s", j->match);
	if (!c)
		return;
	snprintf(i->image, sizeof(i->image), "%s", c->image);
	snprintf(i->digest, sizeof(i->digest), "%s", *c->digest ? c->digest : c->image_id);
}

static int
begin(struct loader *loader, const struct join *j, struct session **out, char *why)
{
	struct session *s;
	int r = session_new(loader, &s, j->skill, j->person, j->uid);

	snprintf(why, LOADER_WHY, "no session could be made");
	if (r < 0)
		return r;
	strcpy(s->cgroup, j->place->group);
	identify(s, j);
	s->is_attached = s->has_begun = true;
	s->stays_refused = j->is_held;
	s->pid = j->place->pid;
	s->pid_ticks = j->place->ticks;
	r = session_register(s);
	if (r < 0) {
		session_free(&s);
		return r;
	}
	r = take_group(s, j, why);
	if (r < 0) {
		session_end(&s, why, NULL);
		return r;
	}
	s->stays_refused = false;
	*out = s;
	return 0;
}

int
join(struct loader *loader, const struct join *j, struct session **out, char why[JOIN_WHY])
{
	int code = judge(loader, j->place->group, why), r;
	char what[LOADER_WHY];

	if (code)
		return code;
	r = begin(loader, j, out, what);
	if (r < 0) {
		snprintf(why, JOIN_WHY, "%s is not attached: %s (%s)", j->place->group, what,
		    strerror(-r));
		return ANSWER_FAILED;
	}
	log_info("session %s: skill %s attached to %s%s%s", (*out)->text, (*out)->skill,
	    (*out)->cgroup, *j->match ? ", by " : "", j->match);
	return 0;
}
