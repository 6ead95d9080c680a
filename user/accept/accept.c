/*
 * accept.c: a list of listeners, and the question to each accepted socket.
 * All workers wait at each listener. Whoever took one goes to the end of the line,
 * so that flows spread over workers instead of piling up at the one asked first.
 */
#include "accept/accept.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "loop/loop.h"

#define WAITS (EPOLLIN | EPOLLEXCLUSIVE)

struct door {
	struct door *after;
	struct doors *doors;
	uint64_t netns;
	int fd;
	struct watch *watch;
};

struct doors {
	struct loop *loop;
	accept_fn fn;
	void *arg;
	struct door *first;
};

static int
ask_origin(int fd, struct abi_origin *origin)
{
	socklen_t size = sizeof(*origin);

	if (getsockopt(fd, ABI_SOL_ORIGIN, ABI_SO_ORIGIN, origin, &size))
		return errno == ENOPROTOOPT || errno == EOPNOTSUPP ? -ENOENT : -errno;
	return size == sizeof(*origin) ? 0 : -EINVAL;
}

static void
knock(void *arg, uint32_t events)
{
	struct door *door = arg;
	struct doors *doors = door->doors;
	struct abi_origin origin = { 0 };
	int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int on = 1;

	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			log_warning("no descriptor left for a new flow");
		return;
	}
	loop_requeue(doors->loop, door->watch, WAITS);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	doors->fn(doors->arg, fd, door->netns, ask_origin(fd, &origin), &origin);
}

int
doors_new(struct doors **out, struct loop *loop, accept_fn fn, void *arg)
{
	struct doors *doors = calloc(1, sizeof(*doors));

	if (!doors)
		return -ENOMEM;
	*doors = (struct doors){ .loop = loop, .fn = fn, .arg = arg };
	*out = doors;
	return 0;
}

/* The same listener once more, as a loader that starts gives it. */
static bool
is_there(const struct doors *doors, int fd)
{
	struct stat one, other;

	if (fstat(fd, &one))
		return false;
	for (const struct door *door = doors->first; door; door = door->after)
		if (fstat(door->fd, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino)
			return true;
	return false;
}

int
doors_add(struct doors *doors, uint64_t netns, int fd)
{
	struct door *door;
	int error;

	if (is_there(doors, fd)) {
		close(fd);
		return 0;
	}
	door = calloc(1, sizeof(*door));
	if (!door) {
		close(fd);
		return -ENOMEM;
	}
	*door = (struct door){ .doors = doors, .netns = netns, .fd = fd };
	error = loop_watch(doors->loop, fd, WAITS, knock, door, &door->watch);
	if (error) {
		close(fd);
		free(door);
		return error;
	}
	door->after = doors->first;
	doors->first = door;
	return 0;
}

static void
door_free(struct door *door)
{
	loop_unwatch(door->doors->loop, &door->watch);
	close(door->fd);
	free(door);
}

void
doors_shut(struct doors *doors, uint64_t netns)
{
	struct door **at = &doors->first;

	while (*at) {
		struct door *door = *at;

		if (door->netns != netns) {
			at = &door->after;
			continue;
		}
		*at = door->after;
		door_free(door);
	}
}

void
doors_free(struct doors **d)
{
	struct doors *doors = take(d);

	while (doors && doors->first) {
		struct door *door = doors->first;

		doors->first = door->after;
		door_free(door);
	}
	free(doors);
}

int
accept_tally(int fd, struct abi_tally *out)
{
	struct abi_tally tally;
	socklen_t size = sizeof(tally);

	if (getsockopt(fd, ABI_SOL_ORIGIN, ABI_SO_TALLY, &tally, &size))
		return errno == ENOPROTOOPT || errno == EOPNOTSUPP ? -ENOENT : -errno;
	if (size != sizeof(tally))
		return -EINVAL;
	*out = tally;
	return 0;
}

void
accept_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
