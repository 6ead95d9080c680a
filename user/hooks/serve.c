/*
 * serve.c: the loader's conversation: what it hears, and from whom.
 * It is ready when a policy is in force: only then does it know who may start
 * what, and only then are the sessions of an earlier loader taken over. Views
 * come in two phases; a policy whose targets the kernel does not take ends the
 * process, because half a policy is none, and the next loader tries again.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "box/box.h"
#include "entry/scribe.h"
#include "hooks/hooks.h"
#include "hooks/loader.h"
#include "msg/post.h"
#include "msg/swap.h"
#include "out.h"
#include "view.h"

#define BIT(cap) (1ULL << (cap))
#define QUIT_LOOK_NS (5 * MILLISECOND_NS)
#define QUIT_MOST_NS SECOND_NS

/* BPF NET_ADMIN PERFMON: programs. SYS_ADMIN: setns, mounts, cgroups' clone.
 * SYS_PTRACE: /proc of other users. LEASE: who has a file open. SYS_CHROOT: setns to
 * a container's mounts. The rest: to make a child of root's less. */
#define KEEP (BIT(CAP_BPF) | BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON) | \
	BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_SETUID) | \
	BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_KILL) | \
	BIT(CAP_DAC_OVERRIDE) | BIT(CAP_CHOWN) | BIT(CAP_LEASE) | \
	BIT(CAP_SYS_CHROOT))

int
loader_confine(void)
{
	static const struct box box = { .uid = BOX_ROOT, .keep = KEEP };

	return box_enter(&box);
}

/* ---- the policy's view ------------------------------------------------ */

static bool
hear_offer(struct loader *loader, struct span body)
{
	struct view_loader *view;
	int r = view_loader_read(&view, body);

	if (r == -EINVAL)
		return false;
	if (r < 0) {
		swap_say_taken(loader->post, 0, r);
		return true;
	}
	view_free(loader->offered);
	loader->offered = view;
	swap_say_taken(loader->post, view->head.epoch, 0);
	return true;
}

/* They ask who is behind a connection, which is known only once sessions are. */
static void
listen_to_workers(struct loader *loader, bool on)
{
	for (unsigned int i = 0; i < MSG_WORKERS; i++)
		post_listen(loader->post, SLOT_WORKER + i, on);
}

/* Sessions of an earlier loader, once it is known what the skills are. */
static void
serve(struct loader *loader)
{
	size_t count;

	if (loader->is_ready || !loader->view || !loader->has_listeners)
		return;
	loader->is_ready = true;
	hooks_ears_clear(loader->hooks);
	ear_open_all(loader);
	keep_read_stops(loader);
	count = keep_take_over(loader);
	if (count > 0)
		log_info("took over %zu sessions", count);
	trust_sweep(loader);
	stash_clear(loader, true);
	session_sweep(loader);
	appear_follow(loader);
	watchdog_begin(loader);
	listen_to_workers(loader, true);
	post_ready(loader->post);
}

static bool
hear_swap(struct loader *loader, struct span body)
{
	bool was_ready;
	uint32_t epoch;
	int r;

	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (!loader->offered || loader->offered->head.epoch != epoch)
		return loader->view && loader->view->head.epoch == epoch;
	r = hooks_servers(loader->hooks, loader->offered->servers);
	if (r == 0)
		r = learned_put(loader, loader->offered);
	if (r < 0) {
		log_error("the targets and servers of policy %u cannot be put in place: %s",
		    epoch, strerror(-r));
		loop_stop(loader->loop, 1);	/* fail closed: start anew */
		return true;
	}
	view_free(loader->view);
	loader->view = take(&loader->offered);
	scribe_policy(loader->scribe, epoch, loader->view->head.digest);
	r = surroundings_hosts(loader);
	if (r < 0)
		log_error("the hosts file cannot be written: %s", strerror(-r));
	swap_say_done(loader->post, epoch);
	frost_all(loader);
	was_ready = loader->is_ready;
	serve(loader);
	if (was_ready)
		appear_follow(loader);
	return true;
}

/* ---- messages --------------------------------------------------------- */

static bool
hear_beats(struct loader *loader, struct span body)
{
	uint64_t oldest;

	if (!take_be64(&body, &oldest) || body.n)
		return false;
	watchdog_beat(loader, oldest);
	return true;
}

static bool
hear_peer(struct loader *loader, const struct msg_head *head, struct span body)
{
	uint8_t slot;

	if (!take_u8(&body, &slot) || body.n || slot >= SLOTS)
		return false;
	if (head->type == MSG_PEER_DOWN)
		return true;
	if (slot == SLOT_POLICY)
		post_send(loader->post, SLOT_POLICY, MSG_VIEW_ASK, 0,
		    SPAN(""), -1);
	if (slot == SLOT_BROKER)
		for (const struct session *s = loader->sessions; s; s = s->next)
			session_tell(s, true);
	if (slot == SLOT_RESOLVER)
		ear_open_all(loader);
	if (msg_is_worker(slot)) {
		stop_tell_all(loader, slot);
		door_tell_all(loader, slot);
	}
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head,
    struct span body, int fd)
{
	int owned cleanup(close_fd) = fd;
	struct loader *loader = arg;

	switch (head->type) {
	case MSG_BEATS:
		return hear_beats(loader, body);
	case MSG_PEER_UP:
		return hear_peer(loader, head, body) &&
		    (body.p[0] != SLOT_RECORDER ||
		    scribe_hear(loader->scribe, head, body));
	case MSG_PEER_DOWN:
		return hear_peer(loader, head, body);
	case MSG_KEPT:
		return scribe_hear(loader->scribe, head, body);
	case MSG_VIEW_OFFER:
		return hear_offer(loader, body);
	case MSG_VIEW_SWAP:
		return hear_swap(loader, body);
	case MSG_LISTENER_KEPT:
		if (!stash_hear(loader, body, take_fd(&owned)))
			return false;
		serve(loader);
		return true;
	case MSG_WHO:
		return who_hear(loader, from, head->id, body);
	case MSG_SOCKET:
		return backend_hear(loader, from, head->id, body);
	case MSG_ADDRESSES:
		return learned_hear(loader, body);
	case MSG_STOP:
		return stop_hear(loader, body);
	case MSG_DO:
		return verbs_hear(loader, head->id, body, take_fd(&owned));
	default:
		return false;
	}
}

/* ---- beginning and end ------------------------------------------------ */

static void
quit_when_idle(void *arg)
{
	struct loader *loader = arg;

	if (inspect_is_idle(loader) || clock_mono() > loader->quit_until)
		loop_stop(loader->loop, 0);
	else
		must(loop_set(loader->loop, &loader->quit, QUIT_LOOK_NS, quit_when_idle, loader) == 0);
}

/* Who has asked is answered; who asks now is answered by the next loader. */
static void
quit(void *arg)
{
	struct loader *loader = arg;

	listen_to_workers(loader, false);
	post_listen(loader->post, SLOT_BROKER, false);
	loader->quit_until = clock_mono() + QUIT_MOST_NS;
	quit_when_idle(loader);
}

static int
enter_start(struct loader *loader)
{
	struct entry *e = scribe_begin(loader->scribe, ENTRY_START);

	entry_text(e, KEY_NAME, span_text(msg_slot_name(SLOT_LOADER)));
	return scribe_send(loader->scribe, LEVEL_HANDED, NULL, NULL, NULL);
}

/* Notes of `interlock release`, one a line, each an entry; then they are gone. */
static void
enter_released(struct loader *loader)
{
	char path[2 * INSTANCE_PATH_SIZE], line[128];
	FILE *notes;

	snprintf(path, sizeof(path), "%s/released", loader->instance.state_directory);
	notes = fopen(path, "re");
	if (!notes)
		return;
	while (fgets(line, sizeof(line), notes)) {
		struct entry *e = scribe_begin(loader->scribe, ENTRY_DETACH);
		const char *person = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		entry_text(e, KEY_REASON, SPAN("all programs were released while no daemon ran"));
		entry_text(e, KEY_PERSON, span_text(person ? person + 1 : "unknown"));
		entry_text(e, KEY_DETAIL, span_text(line));
		(void)scribe_send(loader->scribe, LEVEL_SYNCED, NULL, NULL, NULL);
	}
	fclose(notes);
	unlink(path);
}

static int
open_all(struct loader *loader, char *why, size_t size)
{
	int r = hooks_open(&loader->hooks, &loader->instance, why, size);

	if (r < 0)
		return r;
	snprintf(why, size, "out of memory or descriptors");
	r = measure_new(&loader->measure);
	if (r == 0)
		r = inspect_open(loader);
	if (r == 0)
		r = refusals_new(loader);
	if (r == 0)
		r = appear_open(loader);
	if (r == 0)
		r = loop_watch(loader->loop, hooks_events_fd(loader->hooks),
		    EPOLLIN, refusals_read, loader, &loader->events);
	if (r < 0)
		return r;
	snprintf(why, size, "no place to keep sessions in");
	r = keep_open(loader);
	if (r < 0)
		return r;
	snprintf(why, size, "the start cannot be entered");
	enter_released(loader);
	return enter_start(loader);
}

int
loader_serve(struct loader *loader)
{
	/* the first process of a skill ends whenever its last one does */
	const struct sigaction unmourned = { .sa_handler = SIG_DFL,
		.sa_flags = SA_NOCLDWAIT };
	char why[LOADER_WHY] = "";
	int r = loop_new(&loader->loop);

	sigaction(SIGCHLD, &unmourned, NULL);
	if (r == 0)
		r = post_new(&loader->post, loader->loop, SLOT_LOADER, hear,
		    loader);
	if (r == 0)
		r = scribe_new(&loader->scribe, loader->post,
		    msg_slot_name(SLOT_LOADER));
	if (r == 0) {
		listen_to_workers(loader, false);
		post_on_quit(loader->post, quit, loader);
		r = open_all(loader, why, sizeof(why));
	}
	if (r == 0)
		r = post_send(loader->post, SLOT_POLICY, MSG_VIEW_ASK, 0,
		    SPAN(""), -1);
	if (r < 0) {
		log_error("cannot start: %s%s%s", why, *why ? ": " : "",
		    strerror(-r));
		return 1;
	}
	return loop_run(loader->loop);
}

/* Sessions, doors and pins stay: the next loader takes them over. */
void
loader_close(struct loader *loader)
{
	struct session *next;

	inspect_close(loader);
	appear_close(loader);
	for (struct session *s = loader->sessions; s; s = next) {
		next = s->next;
		session_free(&s);
	}
	settle_leave(loader);
	stash_clear(loader, false);
	if (loader->frost)
		close(loader->frost);
	refusals_free(loader);
	learned_free(loader);
	measure_free(&loader->measure);
	view_free(loader->view);
	view_free(loader->offered);
	if (loader->loop)
		loop_unwatch(loader->loop, &loader->events);
	hooks_close(&loader->hooks);
	scribe_free(&loader->scribe);
	post_free(&loader->post);
	loop_free(&loader->loop);
}
