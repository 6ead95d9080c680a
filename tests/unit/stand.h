/*
 * stand.h: a process that stands alone in a test: a loop, a post, and channels
 * of which the test holds the other ends. What it sent can be read there raw.
 */
#ifndef STAND_H
#define STAND_H

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "check.h"
#include "loop/loop.c"	/* whole, to run a loop again after it was stopped */
#include "msg/post.h"
#include "out.h"

static struct loop *loop;
static struct post *post;

struct stand_peer {
	unsigned int slot;
	int fd;		/* the process' end */
};

/* Be the process in `slot`, with these channels. */
__attribute__((unused)) static void
stand_among(unsigned int slot, const struct stand_peer *peers, size_t count, post_fn fn)
{
	int kept[SLOTS];

	for (size_t i = 0; i < count; i++)
		kept[i] = fcntl(peers[i].fd, F_DUPFD, MSG_FD_PRIVATE);
	/* the loop's own descriptor must not land where a channel is looked for */
	for (int i = 0; i < MSG_FD_PRIVATE; i++)
		if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(9);
	if (loop_new(&loop))
		_exit(9);
	for (unsigned int i = 0; i < SLOTS; i++)
		close(MSG_FD_CHANNEL(i));
	for (size_t i = 0; i < count; i++) {
		if (dup2(kept[i], MSG_FD_CHANNEL(peers[i].slot)) < 0)
			_exit(9);
		close(kept[i]);
	}
	if (post_new(&post, loop, slot, fn, NULL))
		_exit(9);
}

/* Be the process in `slot`, with `fd` as the channel to `peer` (-1: no channel at all). */
__attribute__((unused)) static void
stand_as(unsigned int slot, unsigned int peer, int fd, post_fn fn)
{
	struct stand_peer only = { peer, fd };

	stand_among(slot, &only, fd >= 0, fn);
}

__attribute__((unused)) static bool
stand_deaf(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	(void)arg, (void)from, (void)head, (void)body;
	if (fd >= 0)
		close(fd);
	return true;
}

/* Both ends of a channel, out of the way of the numbers that post.h looks at. */
__attribute__((unused)) static void
stand_channel(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair))
		_exit(9);
	for (int i = 0; i < 2; i++) {
		int up = fcntl(pair[i], F_DUPFD, MSG_FD_PRIVATE + SLOTS);

		close(pair[i]);
		pair[i] = up;
	}
}

/* The next packet at the other end; *body stays good until the next call. */
__attribute__((unused)) static bool
stand_read(int fd, struct msg_head *head, struct span *body)
{
	static uint8_t room[sizeof(*head) + MSG_INLINE];
	ssize_t n = recv(fd, room, sizeof(room), MSG_DONTWAIT);

	if (n < (ssize_t)sizeof(*head))
		return false;
	memcpy(head, room, sizeof(*head));
	*body = span_of(room + sizeof(*head), (size_t)n - sizeof(*head));
	return true;
}

__attribute__((unused)) static void
stand_halt(void *arg)
{
	(void)arg;
	loop_stop(loop, 0);
}

struct stand_wait {
	bool (*is_done)(void);
	uint64_t until;
	struct timer timer;
};

__attribute__((unused)) static void
stand_look(void *arg)
{
	struct stand_wait *wait = arg;

	if (wait->is_done() || clock_mono() > wait->until)
		loop_stop(loop, 0);
	else
		loop_set(loop, &wait->timer, MILLISECOND_NS, stand_look, wait);
}

/* Serve until it is so. False: five seconds were not enough. */
__attribute__((unused)) static bool
stand_until(bool (*is_done)(void))
{
	struct stand_wait wait = {
		.is_done = is_done, .until = clock_mono() + 5 * SECOND_NS,
	};

	loop->stopped = false;
	loop_set(loop, &wait.timer, 0, stand_look, &wait);
	loop_run(loop);
	loop_unset(loop, &wait.timer);
	return is_done();
}

#endif
