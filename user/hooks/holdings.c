/*
 * holdings.c: what a group holds that no program of ours sees.
 * A socket is judged by the hooks when it is made, connected or sent from, and an
 * older TCP or UDP connection is destroyed (destroy.c). Other things stay a way out
 * whatever is done about the group: a ring, whose thread may stand elsewhere
 * (KERNEL row 4), and sockets of kinds that reach no hook once they are made (rows
 * 15 to 21, 28, 29).
 */
#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "span.h"

struct search {
	char *why;
	size_t size;
};

/* Kinds whose later use the hooks see, or that lead to processes of the group alone. */
static bool
is_watched(const char *kind)
{
	static const char *const watched[] = { "TCP", "TCPv6", "UDP", "UDPv6",
		"UNIX", "UNIX-STREAM", "NETLINK" };

	for (size_t i = 0; i < COUNT(watched); i++)
		if (strcmp(kind, watched[i]) == 0)
			return true;
	return false;
}

static int
look_at_link(void *arg, const char *link, const char *path)
{
	const struct search *search = arg;
	char kind[PROCESS_KIND];
	int r;

	if (strncmp(link, "socket:", 7) != 0)
		return 0;
	r = process_socket_kind(path, kind);
	if (r == -ENOENT || r == -ESRCH)
		return 0;	/* closed meanwhile */
	if (r < 0)
		return r;
	if (is_watched(kind))
		return 0;
	snprintf(search->why, search->size, "holds a socket of kind %s, which "
	    "no program sees", *kind ? kind : "unknown");
	return 1;
}

static int
look_at_process(void *arg, pid_t pid)
{
	const struct search *search = arg;
	char what[128];
	struct search inner = { what, sizeof(what) };
	int r = process_has_ring(pid);

	if (r == 1)
		snprintf(what, sizeof(what), "holds an io_uring, which may "
		    "connect from outside the group");
	if (r == 0)
		r = process_each_link(pid, look_at_link, &inner);
	if (r == -ESRCH)
		return 0;	/* it has ended */
	if (r < 0)
		snprintf(what, sizeof(what), "cannot be looked into");
	if (r != 0)
		snprintf(search->why, search->size, "process %d %s: end it, or "
		    "start it with interlock run", (int)pid, what);
	return r;
}

int
group_holdings(const char *path, char *why, size_t size)
{
	struct search search = { why, size };

	return group_each(path, look_at_process, &search);
}
