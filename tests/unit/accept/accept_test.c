/*
 * A door takes what knocks, once, whoever of several waits, and says that a
 * socket no program diverted has no origin; shut, it takes nothing any more.
 */
#include "accept/accept.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include "../stand.h"

static unsigned int came, came_without;
static uint64_t came_through;
static int came_fd = -1;

static void
count(void *arg, int fd, uint64_t netns, int status, const struct abi_origin *origin)
{
	static const struct abi_origin nothing;

	(*(unsigned int *)arg)++;
	came++;
	came_without += status == -ENOENT;
	came_through = netns;
	CHECK(memcmp(origin, &nothing, sizeof(nothing)) == 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	if (came_fd >= 0)
		close(came_fd);
	came_fd = fd;
}

static bool
has_come(void)
{
	return came > 0;
}

static int
listener(int family, uint16_t *port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t size = family == AF_INET ? sizeof(four) : sizeof(six);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, address, size) || listen(fd, 64) ||
	    getsockname(fd, address, &size))
		return -1;
	*port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

static int
knock_at(int family, uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port) };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six,
	    family == AF_INET ? sizeof(four) : sizeof(six))) {
		close(fd);
		return -errno;
	}
	return fd;
}

static void
without_origin(struct doors *doors, int family, uint64_t netns, unsigned int *mine)
{
	uint16_t port;
	int fd = listener(family, &port), client;

	if (!CHECK(fd >= 0))
		return;
	CHECK(doors_add(doors, netns, fd) == 0);
	client = knock_at(family, port);
	CHECK(client >= 0);
	came = *mine = 0;
	CHECK(stand_until(has_come));
	CHECK(came == 1 && *mine == 1 && came_without > 0 && came_through == netns);
	/* a reset, so that nothing looks like an answer */
	CHECK(accept_tally(came_fd, &(struct abi_tally){ 0 }) == -ENOENT);
	accept_reset(came_fd);
	came_fd = -1;
	{
		char c;

		CHECK(read(client, &c, 1) == -1 && errno == ECONNRESET);
	}
	close(client);
	doors_shut(doors, netns + 1);	/* another's: nothing happens */
	client = knock_at(family, port);
	CHECK(client >= 0);
	close(client);
	doors_shut(doors, netns);
	CHECK(knock_at(family, port) == -ECONNREFUSED);
	doors_shut(doors, netns);
}

static void
halt(void *arg)
{
	loop_stop(arg, 0);
}

static void
serve_once(struct loop *which)
{
	struct timer timer = { 0 };

	which->stopped = false;
	loop_set(which, &timer, MILLISECOND_NS, halt, which);
	loop_run(which);
}

/* Two workers wait at one listener: each connection is taken by one of them. */
static void
shared_door(void)
{
	struct loop *other = NULL;
	struct doors *a = NULL, *b = NULL;
	unsigned int by_a = 0, by_b = 0;
	uint16_t port;
	int fd = listener(AF_INET, &port), clients[40];

	CHECK(loop_new(&other) == 0);
	CHECK(doors_new(&a, loop, count, &by_a) == 0);
	CHECK(doors_new(&b, other, count, &by_b) == 0);
	CHECK(doors_add(a, 1, dup(fd)) == 0);
	CHECK(doors_add(b, 1, fd) == 0);
	came = 0;
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = knock_at(AF_INET, port);
	for (int round = 0; round < 40 && came < COUNT(clients); round++)
		serve_once(round % 2 ? loop : other);
	CHECK(came == COUNT(clients) && by_a + by_b == came);
	doors_shut(a, 1);
	{
		/* one worker's door is shut, the other's stays open */
		int client = knock_at(AF_INET, port);

		CHECK(client >= 0);
		close(client);
	}
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
	doors_free(&a);
	doors_free(&b);
	loop_free(&other);
	CHECK(!a && !b);
	CHECK(knock_at(AF_INET, port) == -ECONNREFUSED);
}

/* What cannot be watched is refused, and closed all the same. */
static void
no_door(struct doors *doors)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && doors_add(doors, 5, fd) == -EPERM);
	CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
	CHECK(doors_add(doors, 5, 9999) == -EBADF);
}

int
main(void)
{
	struct doors *doors = NULL;
	unsigned int mine = 0;

	stand_as(SLOT_WORKER, SLOT_LOADER, -1, stand_deaf);
	CHECK(doors_new(&doors, loop, count, &mine) == 0);
	without_origin(doors, AF_INET, 77, &mine);
	without_origin(doors, AF_INET6, 78, &mine);
	no_door(doors);
	doors_free(&doors);
	CHECK(!doors);
	doors_free(&doors);
	shared_door();
	post_free(&post);
	loop_free(&loop);
	return check_end();
}
