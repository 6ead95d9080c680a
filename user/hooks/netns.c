/*
 * netns.c: go into another network namespace for one system call and come back.
 * The process has one thread. Not to come back would make every later socket one
 * of the skill's world, so that ends the process.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#define NETNS_COOKIE 71	/* SO_NETNS_COOKIE, asm-generic/socket.h */

int
hooks_netns_enter(int own, int other)
{
	must(own >= 0);
	return setns(other, CLONE_NEWNET) ? -errno : 0;
}

void
hooks_netns_leave(int own)
{
	must(!setns(own, CLONE_NEWNET));
}

uint64_t
hooks_netns_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, NETNS_COOKIE, &cookie, &size))
		return 0;
	return cookie;
}
