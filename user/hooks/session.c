/*
 * session.c: one run of a skill, from attach to exit.
 * A session owns its registration in the kernel's map, its file (keep.c), its
 * share of the doors and, when we made it, its cgroup. A session of a command
 * ends when its cgroup is empty, not when the command exits: what it left
 * running is still that skill. An attached group may be empty for a while (a
 * service restarting) and ends by detach, or when the group itself is removed.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "entry/scribe.h"
#include "hooks/hooks.h"
#include "hooks/process.h"
#include "msg/post.h"
#include "out.h"

#define SWEEP_NS (5 * SECOND_NS)

int
session_new(struct loader *loader, struct session **out, const char *skill,
    const char *starter, uint32_t starter_uid)
{
	struct session *s;
	uint32_t chance;

	if (loader->session_count >= SESSIONS_MOST)
		return -EUSERS;
	if (strlen(skill) >= sizeof(s->skill) ||
	    strlen(starter) >= sizeof(s->starter))
		return -ENAMETOOLONG;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		return -EIO;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->loader = loader;
	s->id = id_make(ID_SESSION, SLOT_LOADER,
	    clock_wall() / MILLISECOND_NS, chance);
	id_format(&s->id, s->text);
	strcpy(s->skill, skill);
	strcpy(s->starter, starter);
	s->starter_uid = starter_uid;
	s->events_fd = -1;
	s->launched = (struct launched){ .pidfd = -1, .line = -1, .end = -1 };
	*out = s;
	return 0;
}

static void
look_away(struct session *s)
{
	loop_unwatch(s->loader->loop, &s->events);
	loop_unwatch(s->loader->loop, &s->line);
	loop_unwatch(s->loader->loop, &s->end);
	close_fd(&s->events_fd);
	launch_forget(&s->launched);
}

void
session_free(struct session **given)
{
	struct session *s = take(given);

	if (!s)
		return;
	look_away(s);
	free(s);
}

static int
put(const struct session *s)
{
	struct abi_skill skill = {
		.session_time = s->id.time,
		.session_chance = s->id.chance,
		.session_slot = s->id.slot,
		.blocked = s->is_blocked,
	};

	strcpy(skill.name, s->skill);
	return hooks_skill_put(s->loader->hooks, s->cgroup_id, &skill);
}

int
session_update(struct session *s)
{
	int r = put(s);

	return r < 0 ? r : keep_session(s);
}

void
session_check(struct session *s)
{
	int r = group_is_populated(s->events_fd);

	if (r == 1 || (r == 0 && s->is_attached))
		return;
	/* before its first process, an empty group is only a beginning; and a
	 * process leaves its group before we have read its exit code */
	if (r == 0 && (!s->has_begun || s->end))
		return;
	session_end(&s, r < 0 ? "its cgroup is gone" : "all processes ended",
	    NULL);
}

static void
on_group(void *arg, uint32_t events)
{
	(void)events;
	session_check(arg);
}

static int
watch_group(struct session *s)
{
	char path[LOADER_PATH + 16];

	snprintf(path, sizeof(path), "%s/cgroup.events", s->cgroup);
	s->events_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->events_fd < 0)
		return -errno;
	if (group_is_populated(s->events_fd) < 0)	/* arms the next event */
		return -EIO;
	return loop_watch(s->loader->loop, s->events_fd, EPOLLPRI, on_group, s,
	    &s->events);
}

int
session_register(struct session *s)
{
	int r = group_id(s->cgroup, &s->cgroup_id);

	if (r < 0)
		return r;
	s->is_blocked = stop_covers(s->loader, s);
	r = keep_session(s);
	if (r < 0)
		return r;
	/* counted from its first connection; one that was not counted then, never */
	if (!s->is_taken_over)
		r = hooks_counts_begin(s->loader->hooks, &s->id, s->skill);
	if (r == 0)
		r = put(s);
	if (r == 0)
		r = watch_group(s);
	if (r < 0) {
		hooks_skill_drop(s->loader->hooks, s->cgroup_id);
		if (s->is_taken_over)
			return r;
		hooks_counts_end(s->loader->hooks, &s->id);
		keep_forget(s);
		return r;
	}
	s->next = s->loader->sessions;
	s->loader->sessions = s;
	s->loader->session_count++;
	return 0;
}

void
session_who(const struct session *s, struct who *who)
{
	*who = (struct who){ .session = s->id, .starter_uid = s->starter_uid };
	who->origin.cgroup = s->cgroup_id;
	who->origin.pid = (uint32_t)s->pid;
	strcpy(who->skill, s->skill);
	strcpy(who->starter, s->starter);
}

int
session_announce(struct session *s, const char *detail)
{
	struct entry *e = scribe_begin(s->loader->scribe, ENTRY_ATTACH);
	struct who who;
	int r;

	session_who(s, &who);
	scribe_who(e, &who, NULL, NULL);
	entry_text(e, KEY_NAME, span_text(s->cgroup));
	entry_text(e, KEY_DETAIL, span_text(detail));
	r = scribe_send(s->loader->scribe, LEVEL_HANDED, NULL, NULL, NULL);
	if (r < 0)
		return r;
	session_tell(s, true);
	return 0;
}

void
session_tell(const struct session *s, bool began)
{
	struct out body cleanup(out_free) = out_new(MSG_INLINE);

	out_u8(&body, began);
	msg_put_id(&body, &s->id);
	out_block(&body, span_text(s->skill));
	out_block(&body, span_text(s->starter));
	out_be32(&body, s->starter_uid);
	out_be64(&body, s->cgroup_id);
	out_block(&body, span_text(s->cgroup));
	if (post_send(s->loader->post, SLOT_BROKER, MSG_SESSION, 0,
	    out_view(&body), -1) < 0)
		log_error("the broker does not hear of %s", s->text);
}

static int
open_door(void *arg, pid_t pid)
{
	struct session *s = arg;
	int netns cleanup(close_fd) = process_netns(pid);
	struct door *door;
	int r;

	if (netns == -ESRCH || netns == -ENOENT)
		return 0;	/* it has ended */
	if (netns < 0)
		return netns;
	r = door_take(s->loader, netns, &door);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s->door_count; i++)
		if (s->doors[i] == door) {
			door_give(s->loader, &door);
			return 0;
		}
	if (s->door_count == SESSION_DOORS) {
		door_give(s->loader, &door);
		return -ENOSPC;
	}
	r = ear_open(s, door);
	if (r < 0) {
		door_give(s->loader, &door);
		return r;
	}
	s->doors[s->door_count++] = door;
	return 0;
}

int
session_open_doors(struct session *s)
{
	return group_each(s->cgroup, open_door, s);
}

static void
shut_doors(struct session *s)
{
	while (s->door_count > 0) {
		s->door_count--;
		ear_shut(s, s->doors[s->door_count]);
		door_give(s->loader, &s->doors[s->door_count]);
	}
}

static void
unlist(struct session *s)
{
	struct session **at = &s->loader->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->loader->session_count--;
}

static void
stop_flows(struct session *s)
{
	struct out body cleanup(out_free) = out_new(16);

	msg_put_id(&body, &s->id);
	for (unsigned int i = 0; i < MSG_WORKERS; i++)
		post_send(s->loader->post, SLOT_WORKER + i, MSG_SKILL_STOP, 0,
		    out_view(&body), -1);
}

void
session_end(struct session **given, const char *reason, const char *person)
{
	struct session *s = take(given);
	struct loader *loader = s->loader;

	if (s->request) {
		answer_error(loader, s->request, ANSWER_FAILED,
		    "%s ended: %s", s->text, reason);
		s->request = 0;
	}
	stop_flows(s);
	shut_doors(s);
	hooks_skill_drop(loader->hooks, s->cgroup_id);
	hooks_unix_drop(loader->hooks, s->cgroup_id);
	s->is_over = true;
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	snprintf(s->ender, sizeof(s->ender), "%s", person ? person : "");
	if (keep_session(s) < 0)
		log_error("%s is over, which could not be written down", s->text);
	session_tell(s, false);
	unlist(s);
	if (!s->is_attached && group_remove(s->cgroup) < 0)
		log_warning("the cgroup of %s is not empty", s->text);
	log_info("session %s of skill %s ended: %s", s->text, s->skill, reason);
	look_away(s);
	settle_begin(&s);
}

struct session *
session_of_cgroup(struct loader *loader, uint64_t cgroup_id)
{
	for (struct session *s = loader->sessions; s; s = s->next)
		if (s->cgroup_id == cgroup_id)
			return s;
	return NULL;
}

struct session *
session_of_text(struct loader *loader, const char *text)
{
	for (struct session *s = loader->sessions; s; s = s->next)
		if (strcmp(s->text, text) == 0)
			return s;
	return NULL;
}

/* A removed group says nothing, and neither does a program detached: look. */
void
session_sweep(void *arg)
{
	struct loader *loader = arg;
	struct session *next;

	for (struct session *s = loader->sessions; s; s = next) {
		next = s->next;
		if (access(s->cgroup, F_OK) < 0)
			session_end(&s, "its cgroup is gone", NULL);
	}
	ground_watch(loader);
	loop_set(loader->loop, &loader->sweep, SWEEP_NS, session_sweep, loader);
}
