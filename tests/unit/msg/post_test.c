/*
 * A process and its peer, each with its own channels: what is sent arrives whole,
 * small, large, and with a descriptor; what must not be said ends up with the
 * warden and is not heard; a full channel queues, and then says so.
 */
#include "msg/post.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "check.h"
#include "loop/loop.h"
#include "out.h"

static struct loop *loop;
static struct post *post;
static int heard_count;
static struct msg_head heard_head;
static size_t heard_size;
static uint32_t heard_sum;
static bool heard_fd;

static uint32_t
sum(struct span in)
{
	uint32_t s = 0;

	for (size_t i = 0; i < in.n; i++)
		s = s * 31 + in.p[i];
	return s;
}

/* The echo: a keeper in a child answers MSG_MASK_KEYS-like requests through MSG_LEAF_IS. */
static bool
echo(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	struct out out = out_new(64);

	(void)arg;
	out_be32(&out, 0);
	out_be32(&out, (uint32_t)body.n);
	out_be32(&out, sum(body));
	if (fd >= 0)
		close(fd);
	post_send(post, from, MSG_LEAF_IS, head->id, out_view(&out), -1);
	out_free(&out);
	return true;
}

static bool
hear(void *arg, unsigned int from, const struct msg_head *head, struct span body, int fd)
{
	struct span rest = span_skip(body, 4);
	uint32_t n, s;

	(void)arg, (void)from;
	heard_count++;
	heard_head = *head;
	heard_fd = fd >= 0;
	if (fd >= 0)
		close(fd);
	if (take_be32(&rest, &n) && take_be32(&rest, &s)) {
		heard_size = n;
		heard_sum = s;
	}
	loop_stop(loop, 0);
	return true;
}

static void
halt(void *arg)
{
	(void)arg;
	loop_stop(loop, 0);
}

static void
start(unsigned int slot, unsigned int peer, int fd, post_fn fn)
{
	int kept = fcntl(fd, F_DUPFD, MSG_FD_PRIVATE);

	/* the loop's own descriptor must not land where a channel is looked for */
	for (int i = 0; i < MSG_FD_PRIVATE; i++)
		if (fcntl(i, F_GETFD) < 0)
			open("/dev/null", O_RDONLY);
	if (loop_new(&loop))
		_exit(9);
	for (unsigned int i = 0; i < SLOTS; i++)
		close(MSG_FD_CHANNEL(i));
	if (dup2(kept, MSG_FD_CHANNEL(peer)) < 0 ||
	    post_new(&post, loop, slot, fn, NULL))
		_exit(9);
}

/* What waits in memfds is bounded by its bytes, not by the packets that carry it. */
static void
is_bounded(void)
{
	static uint8_t body[4u << 20];
	int deaf[2], end, sent = 0, error = 0;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, deaf) == 0);
	end = fcntl(deaf[1], F_DUPFD, 100);	/* out of the way of channels */
	start(SLOT_WORKER, SLOT_GRAMMAR, deaf[0], hear);
	while (post_waiting(post, SLOT_GRAMMAR) == 0 && !error)
		error = post_send(post, SLOT_GRAMMAR, MSG_PARSE, 1, span_of(body, 400), -1);
	CHECK(!error);
	for (sent = 0; !error && sent < 100; sent += !error)
		error = post_send(post, SLOT_GRAMMAR, MSG_PARSE, 1, span_of(body, sizeof(body)), -1);
	CHECK(error == -EAGAIN && sent == 3);	/* beside what waits already, of 16 MiB */
	CHECK(post_waiting(post, SLOT_GRAMMAR) > 3 * sizeof(body));
	post_free(&post);
	loop_free(&loop);
	close(end);
}

int
main(void)
{
	int pair[2], type = SOCK_SEQPACKET | SOCK_NONBLOCK;
	struct timer patience = { 0 };
	uint8_t bytes[500];
	pid_t child;

	CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
	child = fork();
	if (child == 0) {
		start(SLOT_KEEPER, SLOT_WORKER, pair[1], echo);
		_exit(loop_run(loop));
	}
	start(SLOT_WORKER, SLOT_KEEPER, pair[0], hear);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	CHECK(post_send(post, SLOT_KEEPER, MSG_LEAF, 77, span_of(bytes, sizeof(bytes)), -1) == 0);
	loop_set(loop, &patience, 5 * SECOND_NS, halt, NULL);
	loop_run(loop);
	CHECK(heard_count == 1 && heard_head.type == MSG_LEAF_IS && heard_head.id == 77);
	CHECK(heard_size == sizeof(bytes) && heard_sum == sum(span_of(bytes, sizeof(bytes))));
	CHECK(!heard_fd);

	/* nobody there, and too long */
	CHECK(post_send(post, SLOT_RECORDER, MSG_ENTRY, 0, span_of(bytes, 30), -1) == -ENOTCONN);
	CHECK(post_send(post, SLOT_KEEPER, MSG_LEAF, 1, span_of(NULL, 2000), -1) == -EMSGSIZE);

	/* a peer that does not read: packets queue, then -EAGAIN, and nothing is lost silently */
	kill(child, SIGSTOP);
	{
		int sent = 0, error = 0;

		while (!error && sent < 200000) {
			error = post_send(post, SLOT_KEEPER, MSG_LEAF, 1, span_of(bytes, 400), -1);
			sent += !error;
		}
		CHECK(error == -EAGAIN);
		CHECK(sent > 1000 && post_waiting(post, SLOT_KEEPER) > 0);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	loop_unset(loop, &patience);
	post_free(&post);
	loop_free(&loop);
	CHECK(!post && !loop);
	is_bounded();
	return check_end();
}
