/*
 * post_send.c: messages that go out.
 * Each peer has a queue of packets its channel had no room for. A packet in the
 * queue owns the descriptor it carries. A body larger than MSG_INLINE goes into a
 * sealed memfd, whose descriptor then takes the one place in SCM_RIGHTS; such
 * messages carry no other descriptor.
 * syscalls: sendmsg fcntl; seal_new()'s
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "base/seal.h"
#include "msg/post_own.h"

#define QUEUE_BYTES (16u << 20)	/* most that waits for one peer */
#define QUEUE_FDS 512		/* and how many descriptors with it: they are this process' own */

static ssize_t
send_packet(int to, const struct msg_head *head, struct span body, int fd)
{
	struct iovec parts[2] = {
		{ .iov_base = (void *)head, .iov_len = sizeof(*head) },
		{ .iov_base = (void *)body.p, .iov_len = body.n },
	};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (fd >= 0) {
		struct cmsghdr *c;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	return sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
packet_free(struct packet *packet)
{
	close_fd(&packet->fd);
	explicit_bzero(packet->body, packet->n);	/* a password, or a key */
	free(packet);
}

void
post_watch(struct peer *peer)
{
	uint32_t events = peer->is_unheard ? 0 : EPOLLIN;

	loop_change(peer->post->loop, peer->watch, events | (peer->first ? EPOLLOUT : 0));
}

void
post_flush(struct peer *peer)
{
	while (peer->first) {
		struct packet *packet = peer->first;
		struct span body = span_of(packet->body, packet->n);

		if (send_packet(peer->fd, &packet->head, body, packet->fd) < 0) {
			if (errno == EAGAIN || errno == EINTR || errno == ETOOMANYREFS)
				return;
			log_error("sending to %s: %m", msg_slot_name(peer->slot));
		}
		peer->first = packet->after;
		if (!peer->first)
			peer->last = &peer->first;
		peer->waiting -= sizeof(*packet) + packet->head.length;
		peer->waiting_fds -= packet->fd >= 0;
		packet_free(packet);
	}
	post_watch(peer);
	if (peer->room)
		peer->room(peer->room_arg);
}

static int
enqueue(struct peer *peer, const struct msg_head *head, struct span body, int fd)
{
	size_t size = sizeof(struct packet) + head->length;	/* sealed bodies count too */
	struct packet *packet;

	if (size > QUEUE_BYTES - peer->waiting ||
	    (fd >= 0 && peer->waiting_fds == QUEUE_FDS))
		return -EAGAIN;
	packet = malloc(sizeof(*packet) + body.n);
	if (!packet)
		return -EAGAIN;
	packet->after = NULL;
	packet->n = body.n;
	packet->head = *head;
	packet->fd = -1;
	if (fd >= 0) {
		packet->fd = fcntl(fd, F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);
		if (packet->fd < 0) {
			free(packet);
			return -EAGAIN;
		}
	}
	if (body.n)
		memcpy(packet->body, body.p, body.n);
	*peer->last = packet;
	if (peer->first == packet)
		post_watch(peer);
	peer->last = &packet->after;
	peer->waiting += size;
	peer->waiting_fds += fd >= 0;
	return 0;
}

static int
send_or_queue(struct peer *peer, const struct msg_head *head, struct span body, int fd)
{
	if (!peer->first) {
		if (send_packet(peer->fd, head, body, fd) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR && errno != ETOOMANYREFS)
			return -errno;
	}
	return enqueue(peer, head, body, fd);
}

int
post_send(struct post *post, unsigned int to, uint16_t type, uint64_t id,
    struct span body, int fd)
{
	struct peer *peer = to < SLOTS ? &post->peers[to] : NULL;
	const struct msg_rule *rule = msg_rule_find(type, post->slot, to);
	struct msg_head head = {
		.version = MSG_VERSION, .type = type,
		.length = (uint32_t)body.n, .build = post->build, .id = id,
	};
	cleanup(close_fd) int sealed = -1;

	must(rule && body.n >= rule->least);
	must(fd < 0 || rule->has_fd);
	if (!peer || peer->fd < 0)
		return -ENOTCONN;
	if (body.n > rule->most || (body.n > MSG_INLINE && fd >= 0))
		return -EMSGSIZE;
	if (body.n <= MSG_INLINE)
		return send_or_queue(peer, &head, body, fd);
	sealed = seal_new("message", body);
	if (sealed < 0)
		return sealed;
	return send_or_queue(peer, &head, span_of(NULL, 0), sealed);
}

size_t
post_waiting(const struct post *post, unsigned int to)
{
	return to < SLOTS ? post->peers[to].waiting : 0;
}

void
post_on_room(struct post *post, unsigned int to, void (*fn)(void *), void *arg)
{
	must(to < SLOTS);
	post->peers[to].room = fn;
	post->peers[to].room_arg = arg;
}

void
post_drop(struct peer *peer)
{
	while (peer->first) {
		struct packet *packet = peer->first;

		peer->first = packet->after;
		packet_free(packet);
	}
	peer->last = &peer->first;
	peer->waiting = peer->waiting_fds = 0;
}
