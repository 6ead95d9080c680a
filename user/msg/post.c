/*
 * post.c: all channels of one process.
 * Each peer has a descriptor (or none), a watch, and a queue of packets its
 * channel had no room for. A packet in the queue owns the descriptor it carries.
 * A body larger than MSG_INLINE goes into a sealed memfd, whose descriptor then
 * takes the one place in SCM_RIGHTS; such messages carry no other descriptor.
 * syscalls: sendmsg recvmmsg memfd_create fcntl mmap munmap ftruncate
 */
#include "msg/post.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "id.h"
#include "loop/loop.h"
#include "out.h"

#define QUEUE_BYTES (16u << 20)	/* most that waits for one peer */
#define BEAT_NS (250 * MILLISECOND_NS)
#define BURST 64		/* messages read from one peer in a round */
#define AT_ONCE 16		/* messages read with one system call */
#define CONTROL CMSG_SPACE(4 * sizeof(int))
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct packet {
	struct packet *after;
	size_t n;
	int fd;		/* owned, or -1 */
	struct msg_head head;
	uint8_t body[];
};

struct peer {
	struct post *post;
	unsigned int slot;
	int fd;
	struct watch *watch;
	struct packet *first, **last;
	size_t waiting;
	void (*room)(void *);	/* NULL: nobody wants to know */
	void *room_arg;
};

/* Where one message is received. */
struct place {
	struct iovec part;
	_Alignas(struct cmsghdr) char control[CONTROL];
	_Alignas(struct msg_head) uint8_t buffer[sizeof(struct msg_head) + MSG_INLINE];
};

struct post {
	struct loop *loop;
	unsigned int slot;
	post_fn fn;
	void *arg;
	uint64_t next_id, build;
	struct timer beat;
	struct peer peers[SLOTS];
	struct mmsghdr messages[AT_ONCE];
	struct place places[AT_ONCE];
};

/* Both ends must come from the same build: FNV-1a over version numbers. */
static uint64_t
build_id(void)
{
	static const char text[] = INTERLOCK_VERSION;
	uint64_t h = 14695981039346656037ULL;

	for (size_t i = 0; i < sizeof(text); i++)
		h = (h ^ (uint8_t)text[i]) * 1099511628211ULL;
	return (h ^ MSG_VERSION) * 1099511628211ULL;
}

/* ---- sending ---------------------------------------------------------- */

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
	free(packet);
}

static void peer_ready(void *, uint32_t);

static void
flush(struct peer *peer)
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
		packet_free(packet);
	}
	loop_change(peer->post->loop, peer->watch, EPOLLIN);
	if (peer->room)
		peer->room(peer->room_arg);
}

static int
enqueue(struct peer *peer, const struct msg_head *head, struct span body, int fd)
{
	size_t size = sizeof(struct packet) + head->length;	/* sealed bodies count too */
	struct packet *packet;

	if (size > QUEUE_BYTES - peer->waiting)
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
	if (!peer->first)
		loop_change(peer->post->loop, peer->watch, EPOLLIN | EPOLLOUT);
	*peer->last = packet;
	peer->last = &packet->after;
	peer->waiting += size;
	return 0;
}

static int
seal_body(struct span body)
{
	cleanup(close_fd) int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < body.n;) {
		ssize_t n = write(fd, body.p + done, body.n - done);

		if (n <= 0)
			return -EIO;
		done += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, SEALS))
		return -errno;
	return take_fd(&fd);
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
	sealed = seal_body(body);
	if (sealed < 0)
		return sealed;
	return send_or_queue(peer, &head, span_of(NULL, 0), sealed);
}

/* ---- receiving -------------------------------------------------------- */

static int
fd_of(struct msghdr *message)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
	    c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

static void
report(struct post *post, unsigned int from, uint16_t type)
{
	uint8_t body[3] = { (uint8_t)from, (uint8_t)(type >> 8), (uint8_t)type };

	log_error("%s sent message %u as it must not",
	    msg_slot_name(from), type);
	if (post->slot != SLOT_WARDEN && from != SLOT_WARDEN)
		(void)post_send(post, SLOT_WARDEN, MSG_SENDER_FAULT, 0,
		    span_of(body, sizeof(body)), -1);
}

/* The body in a sealed memfd, mapped. */
static bool
deliver_sealed(struct post *post, unsigned int from, const struct msg_head *head,
    int fd)
{
	struct stat st;
	void *p;
	bool right;

	if (fcntl(fd, F_GET_SEALS) != SEALS || fstat(fd, &st) ||
	    st.st_size != (off_t)head->length)
		return false;
	p = mmap(NULL, head->length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	right = post->fn(post->arg, from, head, span_of(p, head->length), -1);
	munmap(p, head->length);
	return right;
}

/* Check against the table, then hand over. Takes the descriptor. */
static bool
deliver(struct post *post, unsigned int from, struct span packet, int got)
{
	cleanup(close_fd) int fd = got;
	struct msg_head head;
	const struct msg_rule *rule;
	struct span body;

	if (packet.n < sizeof(head))
		return false;
	memcpy(&head, packet.p, sizeof(head));
	body = span_skip(packet, sizeof(head));
	rule = msg_rule_find(head.type, from, post->slot);
	if (!rule || head.version != MSG_VERSION || head.build != post->build ||
	    head.length < rule->least || head.length > rule->most)
		return false;
	if (head.type == MSG_QUIT) {
		loop_stop(post->loop, 0);
		return true;
	}
	if (head.length > MSG_INLINE)
		return body.n == 0 && fd >= 0 && deliver_sealed(post, from, &head, fd);
	if (body.n != head.length || (fd >= 0 && !rule->has_fd))
		return false;
	return post->fn(post->arg, from, &head, body, take_fd(&fd));
}

static void
received(struct peer *peer, struct mmsghdr *message)
{
	struct post *post = peer->post;
	struct span packet = span_of(message->msg_hdr.msg_iov->iov_base, message->msg_len);
	struct msg_head head = { 0 };

	if (deliver(post, peer->slot, packet, fd_of(&message->msg_hdr)))
		return;
	memcpy(&head, packet.p, packet.n < sizeof(head) ? packet.n : sizeof(head));
	report(post, peer->slot, head.type);
}

/* Read what is there, AT_ONCE at most. True: there may be more. */
static bool
receive(struct peer *peer)
{
	struct post *post = peer->post;
	int n;

	for (size_t i = 0; i < AT_ONCE; i++) {
		struct place *place = &post->places[i];

		place->part = (struct iovec){ place->buffer, sizeof(place->buffer) };
		post->messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &place->part, .msg_iovlen = 1,
			.msg_control = place->control, .msg_controllen = CONTROL,
		};
	}
	n = recvmmsg(peer->fd, post->messages, AT_ONCE, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
	for (int i = 0; i < n; i++) {
		if (post->messages[i].msg_len == 0) {
			/* the warden is gone, and with it everything */
			loop_stop(post->loop, 1);
			return false;
		}
		received(peer, &post->messages[i]);
	}
	return n == AT_ONCE;
}

static void
peer_ready(void *arg, uint32_t events)
{
	struct peer *peer = arg;

	if (events & EPOLLOUT)
		flush(peer);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		for (int i = 0; i < BURST / AT_ONCE && receive(peer); i++)
			;
}

/* ---- the whole --------------------------------------------------------- */

/* Is a channel there? Where none was handed over, another descriptor may be. */
static bool
is_channel(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	    type == SOCK_SEQPACKET;
}

static int
open_peer(struct post *post, unsigned int slot)
{
	struct peer *peer = &post->peers[slot];
	int fd = MSG_FD_CHANNEL(slot);

	peer->post = post;
	peer->slot = slot;
	peer->fd = -1;
	peer->last = &peer->first;
	if (!msg_has_channel(post->slot, slot) || !is_channel(fd))
		return 0;
	peer->fd = fd;
	return loop_watch(post->loop, fd, EPOLLIN, peer_ready, peer, &peer->watch);
}

int
post_new(struct post **out, struct loop *loop, unsigned int slot, post_fn fn, void *arg)
{
	struct post *post = calloc(1, sizeof(*post));
	uint32_t chance;
	int error = 0;

	if (!post)
		return -ENOMEM;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		chance = (uint32_t)clock_mono();
	post->loop = loop;
	post->slot = slot;
	post->fn = fn;
	post->arg = arg;
	post->build = build_id();
	post->next_id = (uint64_t)chance << 32 | 1;
	for (unsigned int i = 0; i < SLOTS && !error; i++)
		error = open_peer(post, i);
	if (error) {
		post_free(&post);
		return error;
	}
	*out = post;
	return 0;
}

static void
beat(void *arg)
{
	struct post *post = arg;

	/* a beat that finds no room is made up for by the next one */
	(void)post_send(post, SLOT_WARDEN, MSG_BEAT, 0, span_of(NULL, 0), -1);
	(void)loop_set(post->loop, &post->beat, BEAT_NS, beat, post);
}

void
post_ready(struct post *post)
{
	(void)post_send(post, SLOT_WARDEN, MSG_READY, 0, span_of(NULL, 0), -1);
	beat(post);
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

uint64_t
post_id(struct post *post)
{
	return post->next_id++;
}

unsigned int
post_slot(const struct post *post)
{
	return post->slot;
}

void
post_free(struct post **p)
{
	struct post *post = take(p);

	if (!post)
		return;
	loop_unset(post->loop, &post->beat);
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct peer *peer = &post->peers[i];

		while (peer->first) {
			struct packet *packet = peer->first;

			peer->first = packet->after;
			packet_free(packet);
		}
		loop_unwatch(post->loop, &peer->watch);
	}
	free(post);
}

void
msg_put_id(struct out *out, const struct id *id)
{
	out_be64(out, id->time);
	out_be32(out, id->chance);
	out_u8(out, id->slot);
	out_u8(out, id->kind);
	out_be16(out, 0);
}

bool
msg_take_id(struct span *in, struct id *out)
{
	struct span rest = *in;
	struct id id;
	uint16_t zero;

	if (!take_be64(&rest, &id.time) || !take_be32(&rest, &id.chance) ||
	    !take_u8(&rest, &id.slot) || !take_u8(&rest, &id.kind) ||
	    !take_be16(&rest, &zero) || zero || id.kind >= ID_KINDS)
		return false;
	*in = rest;
	*out = id;
	return true;
}
