/*
 * hear.c: what other processes tell the broker, and the life of the process.
 * Which cgroups are skills is learned from the loader, at the start by asking
 * and then by MSG_SESSION; until it is known, nobody may approve.
 */
#include "desk/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "desk/control.h"
#include "entry/scribe.h"
#include "msg/post.h"
#include "msg/swap.h"
#include "view.h"

/* ---- policy ---------------------------------------------------------------------- */

const struct view_broker *
desk_view(const struct desk *desk, uint32_t epoch)
{
	const struct view_broker *views[] = { desk->view, desk->offered, desk->before };

	for (size_t i = 0; i < COUNT(views); i++) {
		if (views[i] && views[i]->head.epoch == epoch)
			return views[i];
	}
	return NULL;
}

static bool
hear_offer(struct desk *desk, struct span body)
{
	struct view_broker *view = NULL;
	int status = view_broker_read(&view, body);

	if (status == -EINVAL)
		return false;
	if (status) {
		swap_say_taken(desk->post, 0, status);
		return true;
	}
	view_free(desk->offered);
	desk->offered = view;
	swap_say_taken(desk->post, view->head.epoch, 0);
	return true;
}

static bool
hear_swap(struct desk *desk, struct span body)
{
	uint32_t epoch;

	if (!take_be32(&body, &epoch) || body.n)
		return false;
	if (!desk->offered || desk->offered->head.epoch != epoch)
		return desk->view && desk->view->head.epoch == epoch;
	view_free(desk->before);
	desk->before = desk->view;
	desk->view = take(&desk->offered);
	scribe_policy(desk->scribe, epoch, desk->view->head.digest);
	swap_say_done(desk->post, epoch);
	log_info("policy %u is in force", epoch);
	hold_policy_changed(desk);
	return true;
}

/* ---- sessions -------------------------------------------------------------------- */

static struct desk_session *
session_find(struct desk *desk, const struct id *id)
{
	for (size_t i = 0; i < desk->session_count; i++) {
		if (id_equal(&desk->sessions[i].id, id))
			return &desk->sessions[i];
	}
	return NULL;
}

static bool
copy_text(char *room, size_t size, struct span text)
{
	if (text.n >= size || (text.n && memchr(text.p, 0, text.n)))
		return false;
	if (text.n)
		memcpy(room, text.p, text.n);
	room[text.n] = 0;
	return true;
}

/* False: more than can be kept; then nobody can be told from a skill any more. */
static bool
session_put(struct desk *desk, const struct desk_session *session)
{
	struct desk_session *place = session_find(desk, &session->id);

	if (!place && desk->session_count < DESK_SESSIONS)
		place = &desk->sessions[desk->session_count++];
	if (!place) {
		log_error("more than %d sessions: approvals stop", DESK_SESSIONS);
		desk->knows_sessions = false;
		return true;
	}
	*place = *session;
	return true;
}

static bool
hear_session(struct desk *desk, struct span body)
{
	struct desk_session session = { 0 }, *known;
	struct span skill, starter, path;
	uint64_t cgroup;
	uint32_t uid;
	uint8_t began;

	if (!take_u8(&body, &began) || began > 1 || !msg_take_id(&body, &session.id) ||
	    !take_block(&body, &skill) || !take_block(&body, &starter) ||
	    !take_be32(&body, &uid) || !take_be64(&body, &cgroup) ||
	    !take_block(&body, &path) || body.n ||
	    !copy_text(session.skill, sizeof(session.skill), skill) ||
	    !copy_text(session.starter, sizeof(session.starter), starter) ||
	    !copy_text(session.cgroup, sizeof(session.cgroup), path))
		return false;
	if (began)
		return session_put(desk, &session);
	known = session_find(desk, &session.id);
	if (known)
		*known = desk->sessions[--desk->session_count];
	hold_session_ended(desk, &session.id);
	return true;
}

static void ask_sessions(void *arg);

/* What the loader says is running. */
static void
on_sessions(struct desk *desk, void *arg, const json_t *json)
{
	json_t *list = json_object_get(json, "sessions"), *item;
	size_t i;

	(void)arg;
	if (!json_is_array(list)) {
		(void)loop_set(desk->loop, &desk->ask_sessions, SECOND_NS, ask_sessions, desk);
		return;
	}
	desk->knows_sessions = true;
	stop_learn(desk, json_object_get(json, "stops"));
	json_array_foreach(list, i, item) {
		struct desk_session session = { 0 };

		if (!id_parse(span_text(request_text(item, "session")), &session.id) ||
		    !copy_text(session.skill, sizeof(session.skill), span_text(request_text(item, "skill"))) ||
		    !copy_text(session.cgroup, sizeof(session.cgroup), span_text(request_text(item, "cgroup"))) ||
		    !*session.cgroup) {
			desk->knows_sessions = false;
			continue;
		}
		session_put(desk, &session);
	}
	log_info("%zu sessions are known", desk->session_count);
}

static void
ask_sessions(void *arg)
{
	struct desk *desk = arg;

	if (relay_ask(desk, SLOT_LOADER, "status", on_sessions, NULL))
		(void)loop_set(desk->loop, &desk->ask_sessions, SECOND_NS, ask_sessions, desk);
}

/* ---- processes ------------------------------------------------------------------- */

static bool
hear_child(struct desk *desk, struct span body)
{
	struct desk_child child = { 0 };
	uint8_t slot;

	if (!take_u8(&body, &slot) || slot >= SLOTS || !take_be32(&body, &child.pid) ||
	    !take_be32(&body, &child.restarts) || !take_be64(&body, &child.started) || body.n)
		return false;
	desk->children[slot] = child;
	return true;
}

static bool
hear_peer(struct desk *desk, const struct msg_head *head, struct span whole)
{
	struct span body = whole;
	uint8_t slot;

	if (!take_u8(&body, &slot) || body.n || slot >= SLOTS)
		return false;
	desk->children[slot].is_down = head->type == MSG_PEER_DOWN;
	if (head->type == MSG_PEER_DOWN) {
		relay_peer_down(desk, slot);
		if (msg_is_worker(slot))
			hold_worker_down(desk, slot);
		return true;
	}
	if (slot == SLOT_POLICY)
		(void)post_send(desk->post, SLOT_POLICY, MSG_VIEW_ASK, 0, SPAN(""), -1);
	if (slot == SLOT_LOADER)
		ask_sessions(desk);
	stop_tell(desk, slot);
	watch_tell(desk, slot);
	return slot != SLOT_RECORDER || scribe_hear(desk->scribe, head, whole);
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	cleanup(close_fd) int owned = fd;
	struct desk *desk = arg;

	switch (head->type) {
	case MSG_VIEW_OFFER:
		return hear_offer(desk, body);
	case MSG_VIEW_SWAP:
		return hear_swap(desk, body);
	case MSG_KEPT:
		return scribe_hear(desk->scribe, head, body);
	case MSG_PEER_UP:
	case MSG_PEER_DOWN:
		return hear_peer(desk, head, body);
	case MSG_CHILD:
		return hear_child(desk, body);
	case MSG_SESSION:
		return hear_session(desk, body);
	case MSG_HOLD:
		return hold_hear(desk, from, body);
	case MSG_HOLD_LEFT:
		return hold_hear_left(desk, from, body);
	case MSG_APPROVED_ASK:
		return hold_hear_ask(desk, from, head->id, body);
	case MSG_TURN:
		return watch_hear(desk, body);
	case MSG_DONE:
		return relay_hear(desk, from, head->id, body);
	default:
		return false;
	}
}

/* ---- the process ------------------------------------------------------------------- */

/* Descriptors would be dropped unseen, but even that may wait, for a TCP socket that
 * lingers: from Linux 6.16 on the kernel can refuse to send them, here and on each
 * connection to here. */
static void
refuse_descriptors(int fd)
{
	static const int no = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
}

int
desk_listen(const struct instance *instance)
{
	cleanup(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	refuse_descriptors(fd);
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
	    instance->run_directory, CONTROL_SOCKET) >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	if (unlink(address.sun_path) && errno != ENOENT)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    chmod(address.sun_path, 0666) || listen(fd, 128))
		return -errno;
	return take_fd(&fd);
}

static int
open_all(struct desk *desk)
{
	int status = loop_new(&desk->loop);

	if (!status)
		status = post_new(&desk->post, desk->loop, SLOT_BROKER, hear, desk);
	if (!status)
		status = scribe_new(&desk->scribe, desk->post, msg_slot_name(SLOT_BROKER));
	if (!status)
		status = instance_find_cgroup2(desk->cgroup_mount, sizeof(desk->cgroup_mount));
	if (!status)
		status = loop_watch(desk->loop, desk->listener, EPOLLIN, guest_accept,
		    desk, &desk->listen);
	if (!status)
		status = post_send(desk->post, SLOT_POLICY, MSG_VIEW_ASK, 0, SPAN(""), -1);
	if (status)
		return status;
	ask_sessions(desk);
	post_ready(desk->post);
	return 0;
}

static void
desk_free(struct desk *desk)
{
	if (desk->loop)
		loop_unset(desk->loop, &desk->ask_sessions);
	guests_free(desk);
	relays_free(desk);
	holds_free(desk);
	if (desk->loop)
		loop_unwatch(desk->loop, &desk->listen);
	close_fd(&desk->listener);
	view_free(desk->view);
	view_free(desk->offered);
	view_free(desk->before);
	scribe_free(&desk->scribe);
	post_free(&desk->post);
	loop_free(&desk->loop);
	free(desk->sessions);
	free(desk);
}

int
desk_serve(const struct instance *instance, int listener)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	int status = -ENOMEM;

	if (!desk) {
		close(listener);
		return 1;
	}
	desk->instance = *instance;
	desk->listener = listener;
	desk->sessions = calloc(DESK_SESSIONS, sizeof(*desk->sessions));
	if (desk->sessions)
		status = open_all(desk);
	if (status)
		log_error("cannot start: %s", strerror(-status));
	else
		status = loop_run(desk->loop);
	desk_free(desk);
	return status ? 1 : 0;
}
