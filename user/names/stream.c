/*
 * stream.c: questions by TCP, each behind its length in two bytes (RFC 1035 section
 * 4.2.2), answered in their order. A connection has room for one question; who
 * sends a longer one, does not take the answer, or says nothing for a while is left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/must.h"
#include "names/message.h"
#include "names/names.h"
#include "out.h"

#define LENGTH 2
#define ANSWER_MOST 4096	/* a question, and NAMES_ANSWER addresses */

struct stream {
	struct stream *next;
	struct asker *asker;
	const struct ear *ear;
	int fd;
	struct watch *watch;
	struct timer timer;
	uint8_t room[LENGTH + MESSAGE_UDP];
	size_t n;
};

static void
end(struct stream *s)
{
	struct stream **at = &s->asker->streams;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->asker->stream_count--;
	loop_unset(s->asker->names->loop, &s->timer);
	loop_unwatch(s->asker->names->loop, &s->watch);
	close_fd(&s->fd);
	free(s);
}

static void
too_long(void *arg)
{
	end(arg);
}

static void
wait_on(struct stream *s)
{
	(void)loop_set(s->asker->names->loop, &s->timer, NAMES_STREAM_NS, too_long, s);
}

/* One question, whole; its answer must fit into the socket. */
static bool
answer_one(struct stream *s, struct span question)
{
	struct out answer cleanup(out_free) = out_new(ANSWER_MOST);

	out_be16(&answer, 0);
	answer_write(s->asker, question, true, &answer);
	if (answer.failed || answer.n == LENGTH)
		return false;
	answer.p[0] = (uint8_t)((answer.n - LENGTH) >> 8);
	answer.p[1] = (uint8_t)(answer.n - LENGTH);
	return send(s->fd, answer.p, answer.n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)answer.n;
}

/* All that are there. False: it is to be ended. */
static bool
answer_all(struct stream *s)
{
	struct span in = span_of(s->room, s->n), question;
	uint16_t length;

	while (take_be16(&in, &length)) {
		if (length > MESSAGE_UDP)
			return false;
		if (!take_bytes(&in, length, &question)) {
			in = span_of(in.p - LENGTH, in.n + LENGTH);
			break;
		}
		if (!answer_one(s, question))
			return false;
		wait_on(s);
	}
	memmove(s->room, in.p, in.n);
	s->n = in.n;
	return true;
}

static void
ready(void *arg, uint32_t events)
{
	struct stream *s = arg;
	ssize_t n = recv(s->fd, s->room + s->n, sizeof(s->room) - s->n, MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(s);
		return;
	}
	s->n += (size_t)n;
	if (!answer_all(s))
		end(s);
}

static void
begin(const struct ear *ear, int fd)
{
	struct asker *asker = ear->asker;
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		close(fd);
		return;
	}
	s->asker = asker;
	s->ear = ear;
	s->fd = fd;
	s->next = asker->streams;
	asker->streams = s;
	asker->stream_count++;
	if (loop_watch(asker->names->loop, fd, EPOLLIN, ready, s, &s->watch) < 0)
		end(s);
	else
		wait_on(s);
}

void
stream_accept(struct ear *ear)
{
	int fd = accept4(ear->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			log_warning("no descriptor left for a question by TCP");
		return;
	}
	if (ear->asker->stream_count < NAMES_STREAMS)
		begin(ear, fd);
	else
		close(fd);
}

void
stream_end_all(struct asker *asker, const struct ear *ear)
{
	struct stream *next;

	for (struct stream *s = asker->streams; s; s = next) {
		next = s->next;
		if (!ear || s->ear == ear)
			end(s);
	}
}
