/*
 * peers.c: find unix sockets of a group that lead out of it.
 * Whoever is at the other end may act for the group with rights of its own, or hand
 * it connected sockets, and no program sees what goes over them; nor can they be
 * destroyed. Found by unix_diag: every end there is, its name and its peer. Let
 * through are ends within the group, those that are not connected, the journal's,
 * and pairs without a name at the standard descriptors, which `interlock run` takes
 * too. One that cannot be found is in a namespace that is not the group's: refused.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <unistd.h>

#include "hooks/wanted.h"
#include "span.h"

#define ENDS_MAX 262144
#define NAME_SIZE 110		/* of sun_path, and a NUL */

struct end {
	uint64_t inode, peer;	/* 0: nobody has accepted it yet */
	bool is_connected;
	char name[NAME_SIZE];	/* empty: none; an abstract one begins with @ */
};

struct ends {
	struct end *p;
	size_t n, room;
};

struct request {
	struct nlmsghdr head;
	struct unix_diag_req ask;
};

static void
ends_free(struct ends *ends)
{
	free(ends->p);
}

static int
ends_add(struct ends *ends, const struct end *end)
{
	if (ends->n == ends->room) {
		size_t room = ends->room ? ends->room * 2 : 256;
		struct end *p;

		if (room > ENDS_MAX)
			return -E2BIG;
		p = reallocarray(ends->p, room, sizeof(*p));
		if (!p)
			return -ENOMEM;
		ends->p = p;
		ends->room = room;
	}
	ends->p[ends->n++] = *end;
	return 0;
}

static void
read_name(struct end *end, const char *bytes, size_t n)
{
	if (n >= sizeof(end->name))
		n = sizeof(end->name) - 1;
	memcpy(end->name, bytes, n);
	if (n && !end->name[0])
		end->name[0] = '@';
}

static struct end
read_end(const struct nlmsghdr *head)
{
	struct unix_diag_msg *found = NLMSG_DATA(head);
	struct rtattr *attr = (struct rtattr *)(found + 1);
	int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*found)));
	struct end end = { .inode = found->udiag_ino };
	uint32_t peer;

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		if (attr->rta_type == UNIX_DIAG_NAME)
			read_name(&end, RTA_DATA(attr), RTA_PAYLOAD(attr));
		if (attr->rta_type == UNIX_DIAG_PEER &&
		    RTA_PAYLOAD(attr) == sizeof(peer)) {
			memcpy(&peer, RTA_DATA(attr), sizeof(peer));
			end.peer = peer;
			end.is_connected = true;
		}
	}
	return end;
}

/* One datagram of a dump. 0: more; 1: its end; -errno. */
static int
read_dump(struct ends *ends, const uint8_t *p, size_t n)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)p;
	int r = 0;

	for (int left = (int)n; r == 0 && NLMSG_OK(head, left);
	    head = NLMSG_NEXT(head, left)) {
		struct end end;

		if (head->nlmsg_type == NLMSG_DONE)
			return 1;
		if (head->nlmsg_type == NLMSG_ERROR)
			return head->nlmsg_len < NLMSG_LENGTH(sizeof(int)) ? -EPROTO :
			    *(const int *)NLMSG_DATA(head);
		if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			return -EPROTO;
		end = read_end(head);
		r = ends_add(ends, &end);
	}
	return r;
}

static int
dump(struct ends *ends, int fd)
{
	_Alignas(struct nlmsghdr) static uint8_t room[32768];
	struct request request = {
		.head = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.ask = {
			.sdiag_family = AF_UNIX,
			.udiag_states = ~0u,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER,
		},
	};
	int r = send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;

	while (r == 0) {
		ssize_t n = recv(fd, room, sizeof(room), 0);

		r = n < 0 ? -errno : read_dump(ends, room, (size_t)n);
	}
	return r == 1 ? 0 : r;
}

static int
dump_in(struct ends *ends, int own, int netns)
{
	int fd cleanup(close_fd) = -1;
	int r = hooks_netns_enter(own, netns);

	if (r < 0)
		return r;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	r = fd < 0 ? -errno : 0;
	hooks_netns_leave(own);
	return r < 0 ? r : dump(ends, fd);
}

static const struct end *
find(const struct ends *ends, uint64_t inode)
{
	for (size_t i = 0; i < ends->n; i++)
		if (ends->p[i].inode == inode)
			return &ends->p[i];
	return NULL;
}

/* What the system's log reads from services; it hands nothing back. */
static bool
is_journal(const char *name)
{
	return strncmp(name, "/run/systemd/journal/", 21) == 0;
}

/* Why it cannot stay; NULL: it can. The text is static. */
static const char *
objection(const struct wanted *wanted, const struct ends *ends, uint64_t inode)
{
	static char text[NAME_SIZE + 64];
	const struct end *end = find(ends, inode), *peer;

	if (!end)
		return "a unix socket of another network namespace";
	if (!end->is_connected || numbers_have(&wanted->unixes, end->peer))
		return NULL;
	if (!end->peer)
		return "a unix socket that nobody has accepted yet";
	peer = find(ends, end->peer);
	if (!peer)
		return "a unix socket that leads into another network namespace";
	if (is_journal(peer->name))
		return NULL;
	if (!peer->name[0])
		return numbers_have(&wanted->kept, inode) ? "a unix socket whose "
		    "other end is outside the group" : NULL;
	snprintf(text, sizeof(text), "a connection to the unix socket %s", peer->name);
	return text;
}

int
hooks_foreign_peer(struct hooks *hooks, const char *cgroup, char *why, size_t size)
{
	struct wanted wanted cleanup(wanted_free) = { 0 };
	struct ends ends cleanup(ends_free) = { 0 };
	const char *no = NULL;
	int r = wanted_find(&wanted, hooks->netns_fd, cgroup);

	if (r == 0 && wanted.unixes.n == 0)
		return 0;
	for (size_t i = 0; r == 0 && i < wanted.space_count; i++)
		r = dump_in(&ends, hooks->netns_fd, wanted.spaces[i]);
	for (size_t i = 0; r == 0 && !no && i < wanted.unixes.n; i++)
		no = objection(&wanted, &ends, wanted.unixes.p[i]);
	if (no)
		snprintf(why, size, "%s", no);
	return r < 0 ? r : no != NULL;
}
