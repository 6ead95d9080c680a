/*
 * ear.c: the listeners that the loader made in skills' namespaces, and whose they are.
 * Datagrams are answered at once, where they came from.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/must.h"
#include "msg/post.h"
#include "names/message.h"
#include "names/names.h"
#include "out.h"

#define BURST 64	/* datagrams of one ear in a round */

static struct asker *
find_asker(struct names *names, const struct id *session)
{
	for (struct asker *a = names->askers; a; a = a->next)
		if (id_equal(&a->who.session, session))
			return a;
	return NULL;
}

static bool
listen_once(struct ear *ear)
{
	struct out answer cleanup(out_free) = out_new(MESSAGE_UDP);
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	uint8_t room[MESSAGE_UDP];
	ssize_t n = recvfrom(ear->fd, room, sizeof(room), MSG_TRUNC, (struct sockaddr *)&from, &size);

	if (n < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	if ((size_t)n > sizeof(room))
		return true;
	answer_write(ear->asker, span_of(room, (size_t)n), false, &answer);
	if (answer.n && !answer.failed)	/* one that finds no room is asked for again */
		(void)sendto(ear->fd, answer.p, answer.n, MSG_DONTWAIT, (struct sockaddr *)&from, size);
	return true;
}

static void
heard(void *arg, uint32_t events)
{
	struct ear *ear = arg;

	(void)events;
	if (ear->is_stream) {
		stream_accept(ear);
		return;
	}
	for (int i = 0; i < BURST && listen_once(ear); i++)
		;
}

static void
free_ear(struct ear *ear)
{
	stream_end_all(ear->asker, ear);
	loop_unwatch(ear->asker->names->loop, &ear->watch);
	close_fd(&ear->fd);
	free(ear);
}

static void
free_asker(struct names *names, struct asker *asker)
{
	struct asker **at = &names->askers;

	while (*at != asker)
		at = &(*at)->next;
	*at = asker->next;
	free(asker);
}

static bool
read_name(struct span *in, char *text, size_t size)
{
	struct span name;

	if (!take_block(in, &name) || name.n >= size || (name.n && memchr(name.p, 0, name.n)))
		return false;
	if (name.n)
		memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	return true;
}

/* Its asker, with those there are or as a new one. NULL: no memory. */
static struct asker *
take_asker(struct names *names, const struct who *who)
{
	struct asker *asker = find_asker(names, &who->session);

	if (asker)
		return asker;
	asker = calloc(1, sizeof(*asker));
	if (!asker)
		return NULL;
	asker->names = names;
	asker->who = *who;
	asker->next = names->askers;
	names->askers = asker;
	return asker;
}

static int
add(struct names *names, const struct who *who, bool is_stream, int *fd)
{
	struct asker *asker = take_asker(names, who);
	struct ear *ear = asker ? calloc(1, sizeof(*ear)) : NULL;
	int r;

	if (!ear)
		return -ENOMEM;
	*ear = (struct ear){ .asker = asker, .netns = who->origin.netns, .fd = *fd, .is_stream = is_stream };
	r = loop_watch(names->loop, ear->fd, EPOLLIN, heard, ear, &ear->watch);
	if (r < 0) {
		free(ear);
		return r;
	}
	*fd = -1;
	ear->next = asker->ears;
	asker->ears = ear;
	return 0;
}

bool
ear_hear(struct names *names, struct span body, int given)
{
	int fd cleanup(close_fd) = given;
	struct who who = { 0 };
	uint8_t is_stream;
	int r;

	if (!take_be64(&body, &who.origin.netns) || !msg_take_id(&body, &who.session) ||
	    !take_be64(&body, &who.origin.cgroup) || !take_u8(&body, &is_stream) ||
	    !read_name(&body, who.skill, sizeof(who.skill)) ||
	    !read_name(&body, who.starter, sizeof(who.starter)) || body.n || is_stream > 1 || fd < 0)
		return false;
	r = add(names, &who, is_stream, &fd);
	if (r < 0)
		log_error("what skill %s asks for is not heard: %s", who.skill, strerror(-r));
	return true;
}

static void
shut(struct names *names, struct asker *asker, uint64_t netns)
{
	struct ear **at = &asker->ears;

	while (*at) {
		struct ear *ear = *at;

		if (netns && ear->netns != netns) {
			at = &ear->next;
			continue;
		}
		*at = ear->next;
		free_ear(ear);
	}
	if (!asker->ears)
		free_asker(names, asker);
}

void
ear_shut_all(struct names *names)
{
	struct asker *next;

	for (struct asker *a = names->askers; a; a = next) {
		next = a->next;
		shut(names, a, 0);
	}
}

bool
ear_hear_shut(struct names *names, struct span body)
{
	struct asker *asker;
	struct id session;
	uint64_t netns;

	if (!take_be64(&body, &netns) || !msg_take_id(&body, &session) || body.n)
		return false;
	if (!id_is_set(&session)) {
		ear_shut_all(names);
		return true;
	}
	asker = find_asker(names, &session);
	if (asker)
		shut(names, asker, netns);
	return true;
}
