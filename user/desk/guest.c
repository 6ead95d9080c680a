/*
 * guest.c: connections of people's commands.
 * Lines are cut out of a bounded buffer; answers wait in a bounded queue, and a
 * client that does not read them is closed, so that nobody slow costs memory.
 * A client that is dead is freed by the next accept or at the end, never inside
 * a call that may still use it.
 * No descriptor is ever taken from a client: to close one may wait for ever.
 * syscalls(broker): accept4 recvfrom sendmsg getsockopt close
 */
#include "desk/desk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "desk/control.h"

#define READ_SIZE 16384
#define READS 16		/* of one client in a round */

/* From here on it is only memory; sweep() gives that back. */
static void
kill_guest(struct guest *client)
{
	struct desk *desk = client->desk;

	if (client->is_dead)
		return;
	client->is_dead = true;
	loop_unset(desk->loop, &client->deadline);
	loop_unwatch(desk->loop, &client->watch);
	close_fd(&client->fd);
	caller_close(&client->caller);
	relay_client_gone(desk, client);
	watch_end(client);
	out_free(&client->in);
	out_free(&client->out);
}

static void
sweep(struct desk *desk)
{
	struct guest **at = &desk->clients;

	while (*at) {
		struct guest *client = *at;

		if (!client->is_dead) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		desk->guest_count--;
		free(client);
	}
}

void
guests_free(struct desk *desk)
{
	for (struct guest *client = desk->clients; client; client = client->next)
		kill_guest(client);
	sweep(desk);
}

struct guest *
guest_find(struct desk *desk, uint64_t number)
{
	for (struct guest *client = desk->clients; client; client = client->next) {
		if (client->number == number && !client->is_dead)
			return client;
	}
	return NULL;
}

/* Write what the socket takes. */
static void
flush(struct guest *client)
{
	while (!client->is_dead && client->out.n) {
		ssize_t n = send(client->fd, client->out.p, client->out.n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			out_drop(&client->out, (size_t)n);
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		kill_guest(client);
		return;
	}
	if (client->is_dead)
		return;
	if (client->out.n == 0 && client->is_ending) {
		kill_guest(client);
		return;
	}
	loop_change(client->desk->loop, client->watch,
	    (client->is_ending ? 0 : EPOLLIN) | (client->out.n ? EPOLLOUT : 0));
}

static void
too_late(void *arg)
{
	struct guest *client = arg;

	if (client->in.n)
		guest_error(client, CODE_USAGE, "the request was not finished in time");
	guest_end(client);
}

void
guest_settle(struct guest *client)
{
	struct loop *loop = client->desk->loop;

	if (client->is_dead)
		return;
	if (client->in.n || client->is_ending) {
		if (!client->is_timed)
			(void)loop_set(loop, &client->deadline, DESK_LINE_NS, too_late, client);
		client->is_timed = true;
		return;
	}
	client->is_timed = false;
	if (client->owed || client->turns.is_on || client->watches_holds) {
		loop_unset(loop, &client->deadline);
	} else {
		(void)loop_set(loop, &client->deadline, DESK_IDLE_NS, too_late, client);
	}
}

void
guest_end(struct guest *client)
{
	if (client->is_dead)
		return;
	if (client->is_ending) {	/* it does not even read the end */
		kill_guest(client);
		return;
	}
	client->is_ending = true;
	client->is_timed = false;
	out_clear(&client->in);
	guest_settle(client);
	flush(client);
}

static void
kill_slow(struct guest *client)
{
	log_warning("a client of uid %u does not read its answers", client->caller.uid);
	kill_guest(client);
}

void
guest_send_text(struct guest *client, struct span line)
{
	if (client->is_dead)
		return;
	out_span(&client->out, line);
	out_u8(&client->out, '\n');
	if (client->out.failed) {
		kill_slow(client);
		return;
	}
	flush(client);
}

void
guest_hand(struct guest *client, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char space = ' ';		/* JSON may begin with it */
	struct iovec part = { &space, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	if (client->is_dead)
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (client->out.n || sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		kill_slow(client);
}

void
guest_send(struct guest *client, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (text)
		guest_send_text(client, span_text(text));
	else
		guest_send_text(client, SPAN("{\"v\":1,\"ok\":false,"
		    "\"error\":\"no memory for the answer\",\"code\":5}"));
	free(text);
}

void
guest_row(struct guest *client, json_t *row)
{
	guest_send(client, json_pack("{s:i,s:o}", "v", CONTROL_VERSION, "row", row));
}

void
guest_ok(struct guest *client, json_t *more)
{
	json_t *json = json_pack("{s:i,s:b}", "v", CONTROL_VERSION, "ok", 1);

	if (json && more)
		json_object_update(json, more);
	json_decref(more);
	guest_send(client, json);
}

void
guest_error(struct guest *client, int code, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	guest_send(client, json_pack("{s:i,s:b,s:o,s:i}", "v", CONTROL_VERSION,
	    "ok", 0, "error", show_text(span_text(text)), "code", code));
}

/* ---- reading ---------------------------------------------------------------- */

/* One read. False: nothing more for now, or the end. */
static bool
read_some(struct guest *client)
{
	uint8_t room[READ_SIZE];
	ssize_t n = recv(client->fd, room, sizeof(room), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		kill_guest(client);
		return false;
	}
	out_bytes(&client->in, room, (size_t)n);
	return true;
}

static void
hear_lines(struct guest *client)
{
	while (!client->is_dead && !client->is_ending) {
		const uint8_t *end = client->in.n ?
		    memchr(client->in.p, '\n', client->in.n) : NULL;
		size_t n;

		if (!end)
			break;
		n = (size_t)(end - client->in.p);
		request_hear(client, span_of(client->in.p, n));
		if (!client->is_dead && !client->is_ending) {
			out_drop(&client->in, n + 1);
			client->is_timed = false;
		}
	}
	if (!client->is_dead && client->in.failed) {
		guest_error(client, CODE_USAGE, "a request may have %u bytes", CONTROL_LINE);
		guest_end(client);
	}
}

static void
guest_ready(void *arg, uint32_t events)
{
	struct guest *client = arg;

	if (events & EPOLLOUT)
		flush(client);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		if (client->is_ending && !client->is_dead) {
			kill_guest(client);
			return;
		}
		for (int i = 0; i < READS && !client->is_dead && read_some(client); i++)
			hear_lines(client);
	}
	guest_settle(client);
}

/* ---- accepting ---------------------------------------------------------------- */

static bool
has_room(const struct desk *desk, uint32_t uid)
{
	size_t same = 0;

	for (const struct guest *client = desk->clients; client; client = client->next)
		same += client->caller.uid == uid;
	if (uid == 0)
		return desk->guest_count < DESK_CLIENTS + DESK_CLIENTS_OF_ONE;
	return desk->guest_count < DESK_CLIENTS && same < DESK_CLIENTS_OF_ONE;
}

static int
add_guest(struct desk *desk, int fd, struct caller *caller)
{
	struct guest *client;
	int status;

	if (!has_room(desk, caller->uid))
		return -EUSERS;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->desk = desk;
	client->number = ++desk->next_client;
	client->in = out_new(CONTROL_LINE + 1);
	client->out = out_new(DESK_QUEUE);
	status = loop_watch(desk->loop, fd, EPOLLIN, guest_ready, client, &client->watch);
	if (status) {
		free(client);
		return status;
	}
	client->fd = fd;
	client->caller = *caller;
	client->next = desk->clients;
	desk->clients = client;
	desk->guest_count++;
	guest_settle(client);
	return 0;
}

void
guest_accept(void *arg, uint32_t events)
{
	struct desk *desk = arg;

	(void)events;
	sweep(desk);
	for (int i = 0; i < READS; i++) {
		cleanup(close_fd) int fd = accept4(desk->listener, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct caller caller = { .pidfd = -1 };
		int status;

		if (fd < 0)
			return;
		status = caller_open(fd, &caller);
		if (!status)
			status = add_guest(desk, fd, &caller);
		if (status) {
			log_warning("a connection of uid %u is refused: %s", caller.uid,
			    strerror(-status));
			caller_close(&caller);
			continue;
		}
		(void)take_fd(&fd);
	}
}
