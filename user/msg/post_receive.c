/*
 * post_receive.c: messages that come in, each checked against the table.
 * What must not be said is not heard, and its sender is told to the warden. A packet
 * of no bytes reads like the end of a channel, so the end is asked for by its own
 * name. Only the warden's ends everything: the warden keeps both ends of all the
 * others, so one of those is over only when its other side has shut it.
 * syscalls: recvmmsg poll fcntl fstat mmap munmap
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/seal.h"
#include "msg/post_own.h"

#define BURST 64		/* messages read from one peer in a round */
#define WARDEN_MS 20		/* in which a process that is killed has shut its descriptors */

/*
 * The descriptors that came along, closed but for the first, which is now the
 * caller's; -1: there is none. Returns how many came, as far as the kernel tells.
 */
static size_t
take_fds(struct msghdr *message, int *first)
{
	size_t count = message->msg_flags & MSG_CTRUNC ? 1 : 0;

	*first = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ?
		    (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		for (size_t i = 0; i < n; i++, count++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (*first < 0)
				*first = fd;
			else
				close(fd);
		}
	}
	return count;
}

/* The warden hears of what it found itself as of what it is told. */
static void
report(struct post *post, unsigned int from, uint16_t type)
{
	uint8_t bytes[3] = { (uint8_t)from, (uint8_t)(type >> 8), (uint8_t)type };
	struct msg_head head = { .version = MSG_VERSION, .type = MSG_SENDER_FAULT };
	struct span body = span_of(bytes, sizeof(bytes));

	log_error("%s sent message %u as it must not",
	    msg_slot_name(from), type);
	if (post->slot == SLOT_WARDEN)
		(void)post->fn(post->arg, SLOT_WARDEN, &head, body, -1);
	else if (from != SLOT_WARDEN)
		(void)post_send(post, SLOT_WARDEN, MSG_SENDER_FAULT, 0, body, -1);
}

/* The body in a sealed memfd, mapped. */
static bool
deliver_sealed(struct post *post, unsigned int from, const struct msg_head *head,
    int fd)
{
	struct stat st;
	void *p;
	bool right;

	if (!seal_is_whole(fd) || fstat(fd, &st) ||
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
		if (post->quit)
			post->quit(post->quit_arg);
		else
			loop_stop(post->loop, 0);
		return true;
	}
	if (head.length > MSG_INLINE)
		return body.n == 0 && fd >= 0 && deliver_sealed(post, from, &head, fd);
	if (body.n != head.length || (fd >= 0 && !rule->has_fd))
		return false;
	return post->fn(post->arg, from, &head, body, take_fd(&fd));
}

/* Check it and hand it over, or say who sent what it must not. */
static void
judge(struct peer *peer, struct mmsghdr *message)
{
	struct post *post = peer->post;
	struct span packet = span_of(message->msg_hdr.msg_iov->iov_base, message->msg_len);
	struct msg_head head = { 0 };
	cleanup(close_fd) int fd = -1;
	size_t came = take_fds(&message->msg_hdr, &fd);

	if (came == 1 && fd < 0) {
		/* it came, and could not be made: our own lack */
		log_error("no descriptor is left for what %s sent", msg_slot_name(peer->slot));
		return;
	}
	if (came <= 1 && !(message->msg_hdr.msg_flags & MSG_TRUNC) &&
	    deliver(post, peer->slot, packet, take_fd(&fd)))
		return;
	memcpy(&head, packet.p, packet.n < sizeof(head) ? packet.n : sizeof(head));
	report(post, peer->slot, head.type);
}

/* Is its end shut, now or within so many milliseconds? */
static bool
is_over(const struct peer *peer, int ms)
{
	struct pollfd shut = { .fd = peer->fd, .events = POLLRDHUP };

	return poll(&shut, 1, ms) == 1 && (shut.revents & (POLLRDHUP | POLLHUP));
}

/* No more comes from this one. */
static void
end_peer(struct peer *peer)
{
	struct post *post = peer->post;

	if (peer->slot == SLOT_WARDEN) {
		/* and with it everything */
		post->is_orphan = true;
		loop_stop(post->loop, 1);
		return;
	}
	loop_unwatch(post->loop, &peer->watch);
	post_drop(peer);
	peer->fd = -1;
	/* with the warden its ends of all channels are shut, its own not as the first */
	if (!post->is_orphan && (post->slot == SLOT_WARDEN || !is_over(&post->peers[SLOT_WARDEN], WARDEN_MS)))
		report(post, peer->slot, MSG_NONE);
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
		if (post->messages[i].msg_len == 0 && is_over(peer, 0)) {
			end_peer(peer);
			return false;
		}
		judge(peer, &post->messages[i]);
		/* it may have been a password, or a key */
		explicit_bzero(post->places[i].buffer, post->messages[i].msg_len);
	}
	return n == AT_ONCE;
}

bool
post_drain(struct post *post, int ms)
{
	uint64_t end = clock_mono() + (uint64_t)ms * MILLISECOND_NS;
	struct pollfd ends[SLOTS];
	int left = 1;

	if (!post->is_orphan)
		return false;
	while (left && clock_mono() < end) {
		left = 0;
		for (unsigned int slot = 0; slot < SLOTS; slot++) {
			bool is_open = slot != SLOT_WARDEN && post->peers[slot].watch;

			ends[slot] = (struct pollfd){ .fd = is_open ? post->peers[slot].fd : -1,
				.events = POLLIN };
			left += is_open;
		}
		if (!left || poll(ends, SLOTS, ms) <= 0)
			continue;
		for (unsigned int slot = 0; slot < SLOTS; slot++)
			if (ends[slot].revents)
				(void)receive(&post->peers[slot]);
	}
	if (left)
		log_warning("%d processes have not ended with the warden", left);
	return true;
}

void
post_ready_peer(void *arg, uint32_t events)
{
	struct peer *peer = arg;

	if (events & EPOLLOUT)
		post_flush(peer);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		for (int i = 0; i < BURST / AT_ONCE && !peer->is_unheard && receive(peer); i++)
			;
}
