/*
 * splice.c: two directions, each a pipe between two sockets.
 * A direction moves bytes socket -> pipe -> socket until one of the two would
 * block; which one decides what it waits for. Ended: end of file was read, the
 * pipe is empty, and the other socket was told.
 */
#include "splice/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "loop/loop.h"

#define PIPE_BYTES (256 << 10)
#define ROUND_BYTES (1 << 20)	/* most one direction moves in a round */

struct way {
	int from, to;
	int pipe[2];
	size_t held;		/* in the pipe */
	uint64_t moved;
	bool eof, ended;
	bool wants_in, wants_out;
};

struct splice {
	struct loop *loop;
	struct way ways[2];	/* 0: from the skill */
	struct watch *watches[2];	/* of ways[i].from */
	uint32_t events[2];
	splice_first_fn first;	/* NULL: told */
	splice_fn fn;
	void *arg;
};

/* 1: moved something, 0: would block or at the end, -errno. */
static int
fill(struct way *way)
{
	ssize_t n;

	if (way->eof || way->held >= PIPE_BYTES)
		return 0;
	n = splice(way->from, NULL, way->pipe[1], NULL, PIPE_BYTES - way->held,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0) {
		way->wants_in = way->held == 0 || errno == EAGAIN;
		return errno == EAGAIN ? 0 : -errno;
	}
	if (n == 0)
		way->eof = true;
	way->held += (size_t)n;
	way->moved += (uint64_t)n;
	return n > 0;
}

static int
drain(struct way *way)
{
	ssize_t n;

	if (!way->held)
		return 0;
	n = splice(way->pipe[0], NULL, way->to, NULL, way->held,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0) {
		way->wants_out = true;
		return errno == EAGAIN ? 0 : -errno;
	}
	way->held -= (size_t)n;
	return n > 0;
}

static int
move_bytes(struct way *way)
{
	uint64_t limit = way->moved + ROUND_BYTES;
	int in = 1, out = 1;

	way->wants_in = way->wants_out = false;
	while (way->moved < limit && (in > 0 || out > 0)) {
		in = fill(way);
		if (in < 0)
			return in;
		out = drain(way);
		if (out < 0)
			return out;
	}
	way->wants_out = way->held > 0;
	way->wants_in = !way->eof && way->held < PIPE_BYTES;
	if (way->eof && !way->held && !way->ended) {
		way->ended = true;
		shutdown(way->to, SHUT_WR);
	}
	return 0;
}

static void
arm(struct splice *splice)
{
	for (int i = 0; i < 2; i++) {
		/* socket i is read by way i and written by the other */
		uint32_t events = (splice->ways[i].wants_in ? EPOLLIN : 0u) |
		    (splice->ways[!i].wants_out ? EPOLLOUT : 0u);

		if (events != splice->events[i])
			loop_change(splice->loop, splice->watches[i], events);
		splice->events[i] = events;
	}
}

static void
tell_first(struct splice *splice)
{
	uint8_t byte;

	if (!splice->first || recv(splice->ways[0].from, &byte, 1, MSG_PEEK) != 1)
		return;
	splice->first(splice->arg);
	splice->first = NULL;
}

static void
moved(void *arg, uint32_t events)
{
	struct splice *splice = arg;
	int error = 0;

	tell_first(splice);
	for (int i = 0; i < 2 && !error; i++)
		error = move_bytes(&splice->ways[i]);
	if (!error && (events & EPOLLERR))
		error = -ECONNRESET;
	if (error || (splice->ways[0].ended && splice->ways[1].ended)) {
		splice->fn(splice->arg, error);
		return;
	}
	arm(splice);
}

static int
open_way(struct way *way, int from, int to)
{
	way->from = from;
	way->to = to;
	if (pipe2(way->pipe, O_NONBLOCK | O_CLOEXEC)) {
		way->pipe[0] = way->pipe[1] = -1;
		return -errno;
	}
	fcntl(way->pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

int
splice_new(struct splice **out, struct loop *loop, int client, int server,
    splice_first_fn first, splice_fn fn, void *arg)
{
	struct splice *splice = calloc(1, sizeof(*splice));
	int error;

	if (!splice)
		return -ENOMEM;
	*splice = (struct splice){
		.loop = loop, .first = first, .fn = fn, .arg = arg,
	};
	splice->ways[1].pipe[0] = splice->ways[1].pipe[1] = -1;
	error = open_way(&splice->ways[0], client, server);
	if (!error)
		error = open_way(&splice->ways[1], server, client);
	for (int i = 0; i < 2 && !error; i++) {
		splice->events[i] = EPOLLIN;
		error = loop_watch(loop, splice->ways[i].from, splice->events[i],
		    moved, splice, &splice->watches[i]);
	}
	if (error)
		splice_free(&splice);
	else
		*out = splice;
	return error;
}

struct splice_totals
splice_totals(const struct splice *splice)
{
	const struct way *out = &splice->ways[0], *back = &splice->ways[1];

	return (struct splice_totals){
		.asked = out->moved, .sent = out->moved - out->held,
		.received = back->moved, .answered = back->moved - back->held,
	};
}

void
splice_free(struct splice **s)
{
	struct splice *splice = take(s);

	if (!splice)
		return;
	for (int i = 0; i < 2; i++) {
		loop_unwatch(splice->loop, &splice->watches[i]);
		close_fd(&splice->ways[i].pipe[0]);
		close_fd(&splice->ways[i].pipe[1]);
	}
	free(splice);
}
