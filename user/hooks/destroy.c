/*
 * destroy.c: end the connections that a cgroup already has, and find listeners that
 * it has from elsewhere.
 * A connection from before its processes became a skill goes past every hook, so
 * it is destroyed. Which are meant is found in two ways: by inode, those that a
 * process holds (of any thread); and by the group that made them, which inet_diag
 * tells, so that one that nobody holds now (in flight in a unix socket, not yet
 * accepted) is found too. Looked for in the namespaces of the processes and in
 * our own; SOCK_DESTROY needs CAP_NET_ADMIN. A UDP socket that is destroyed is
 * one that is not connected: the next send meets the hooks. Netlink by hand.
 */
#include "hooks/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include "hooks/wanted.h"
#include "span.h"

#define ROUNDS 8
#define CONNECTED ~(1u << TCP_LISTEN | 1u << TCP_CLOSE)

/* One round over all of them. What is found goes to `act`: 0, or what ends it. */
struct round {
	const struct wanted *wanted;
	int (*act)(struct round *, const struct nlmsghdr *);
	uint32_t states;		/* of TCP, a bit for each */
	int dump, killer;		/* two netlink sockets of one namespace */
	uint8_t family, protocol;
	int destroyed, missed;
	hooks_socket_fn fn;		/* NULL: nobody is told */
	void *arg;
	struct hooks_socket found;
};

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 ask;
};

/* ---- the kernel's answers -------------------------------------------------- */

static int
send_request(int fd, uint16_t type, uint16_t flags, struct inet_diag_req_v2 ask)
{
	struct request request = {
		.head = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.ask = ask,
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* `is_own`: the address at this end. */
static struct hooks_socket
describe(const struct round *round, const struct inet_diag_msg *found, bool is_own)
{
	const void *ip = is_own ? found->id.idiag_src : found->id.idiag_dst;
	struct hooks_socket out = {
		.protocol = round->protocol,
		.port = ntohs(is_own ? found->id.idiag_sport : found->id.idiag_dport),
		.uid = found->idiag_uid,
	};

	if (found->idiag_family == AF_INET) {
		out.ip[10] = out.ip[11] = 0xff;
		memcpy(out.ip + 12, ip, 4);
	} else {
		memcpy(out.ip, ip, sizeof(out.ip));
	}
	return out;
}

/* Destroy one socket on a second netlink socket, since the first is in a dump. */
static int
destroy_one(struct round *round, const struct nlmsghdr *head)
{
	const struct inet_diag_msg *found = NLMSG_DATA(head);
	struct hooks_socket gone = describe(round, found, false);
	union {
		struct nlmsghdr head;
		uint8_t bytes[512];
	} answer;
	const struct nlmsgerr *result = NLMSG_DATA(&answer.head);
	ssize_t n;
	int r = send_request(round->killer, SOCK_DESTROY, NLM_F_ACK,
	    (struct inet_diag_req_v2){
		.sdiag_family = round->family,
		.sdiag_protocol = round->protocol,
		.id = found->id,
	});

	if (r < 0)
		return r;
	n = recv(round->killer, &answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(*result)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	if (result->error == -ENOENT)	/* gone, or hidden by one of its name */
		round->missed++;
	if (result->error)
		return result->error == -ENOENT ? 0 : result->error;
	round->destroyed++;
	return round->fn ? round->fn(round->arg, &gone) : 0;
}

/* The group that made the socket; 0: the kernel does not say. */
static uint64_t
group_of(const struct nlmsghdr *head)
{
	struct inet_diag_msg *found = NLMSG_DATA(head);
	struct rtattr *attr = (struct rtattr *)(found + 1);
	int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*found)));
	uint64_t id = 0;

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == INET_DIAG_CGROUP_ID &&
		    RTA_PAYLOAD(attr) == sizeof(id))
			memcpy(&id, RTA_DATA(attr), sizeof(id));
	return id;
}

/* One that listens; made in one of the groups it has a cgroup of theirs. */
static int
note_listener(struct round *round, const struct nlmsghdr *head)
{
	const struct inet_diag_msg *found = NLMSG_DATA(head);

	if (found->idiag_state != TCP_LISTEN ||
	    numbers_have(&round->wanted->groups, group_of(head)))
		return 0;
	round->found = describe(round, found, true);
	return 1;
}

/* The last word of a dump: 0, or the error that ended it. */
static int
end_of_dump(const struct nlmsghdr *head)
{
	int error = 0;

	if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(head), sizeof(error));
	if (error < 0)
		return error;
	return head->nlmsg_type == NLMSG_DONE ? 0 : -EPROTO;
}

/* One datagram of a dump. 0: more; else *end: 0 at its end, what act() said, or -errno. */
static bool
read_dump(struct round *round, const uint8_t *p, size_t n, int *end)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)p;
	const struct wanted *wanted = round->wanted;

	for (int left = (int)n; NLMSG_OK(head, left);
	    head = NLMSG_NEXT(head, left)) {
		const struct inet_diag_msg *found = NLMSG_DATA(head);

		if (head->nlmsg_type == NLMSG_DONE ||
		    head->nlmsg_type == NLMSG_ERROR) {
			*end = end_of_dump(head);	/* both begin with an error */
			return true;
		}
		if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*found)) ||
		    (!numbers_have(&wanted->inodes, found->idiag_inode) &&
		    !numbers_have(&wanted->groups, group_of(head))))
			continue;
		*end = round->act(round, head);
		if (*end)
			return true;
	}
	return false;
}

static int
walk_kind(struct round *round)
{
	_Alignas(struct nlmsghdr) static uint8_t room[32768];
	int r = send_request(round->dump, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP,
	    (struct inet_diag_req_v2){
		.sdiag_family = round->family,
		.sdiag_protocol = round->protocol,
		.idiag_states = round->states,
	});
	bool ended = r < 0;

	while (!ended) {
		ssize_t n = recv(round->dump, room, sizeof(room), 0);

		if (n < 0)
			return -errno;
		ended = read_dump(round, room, (size_t)n, &r);
	}
	return r;
}

static int
walk_kinds(struct round *round)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_UDPLITE };
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(protocols); i++)
		for (size_t j = 0; r == 0 && j < COUNT(families); j++) {
			round->protocol = protocols[i];
			round->family = families[j];
			r = walk_kind(round);
			if (r == -ENOENT && protocols[i] == IPPROTO_UDPLITE)
				r = 0;	/* a kernel without it */
		}
	return r;
}

static int
walk_in(struct hooks *hooks, int netns, struct round *round)
{
	int dump cleanup(close_fd) = -1, killer cleanup(close_fd) = -1;
	int r = hooks_netns_enter(hooks->netns_fd, netns);

	if (r < 0)
		return r;
	dump = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	killer = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	r = dump < 0 || killer < 0 ? -errno : 0;
	hooks_netns_leave(hooks->netns_fd);
	round->dump = dump;
	round->killer = killer;
	return r < 0 ? r : walk_kinds(round);
}

static int
walk(struct hooks *hooks, struct round *round)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < round->wanted->space_count; i++)
		r = walk_in(hooks, round->wanted->spaces[i], round);
	return r;
}

/* A socket that shares its addresses with another is met by its name only when
 * the other is gone: a few rounds, then it is said that some are left. */
int
hooks_destroy_sockets(struct hooks *hooks, const char *cgroup, hooks_socket_fn fn,
    void *arg)
{
	struct wanted wanted cleanup(wanted_free) = { 0 };
	struct round round = { .wanted = &wanted, .act = destroy_one,
		.states = CONNECTED, .fn = fn, .arg = arg };
	int r = wanted_find(&wanted, hooks->netns_fd, cgroup);

	for (int i = 0; r == 0 && i < ROUNDS; i++) {
		round.missed = 0;
		r = walk(hooks, &round);
		if (r == 0 && round.missed == 0)
			return round.destroyed;
	}
	return r < 0 ? r : -EBUSY;
}

/* Any socket that somebody of the group holds, of whatever group. */
int
hooks_foreign_listener(struct hooks *hooks, const char *cgroup,
    struct hooks_socket *out)
{
	struct wanted wanted cleanup(wanted_free) = { 0 };
	struct round round = { .wanted = &wanted, .act = note_listener,
		.states = 1u << TCP_LISTEN };
	int r = wanted_find(&wanted, hooks->netns_fd, cgroup);

	if (r == 0)
		r = walk(hooks, &round);
	if (r == 1)
		*out = round.found;
	return r;
}
