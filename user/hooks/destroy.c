/*
 * destroy.c: end the connections that a cgroup already has.
 * A connection from before its processes became a skill goes past every hook, so
 * it is destroyed. Which are meant is found in two ways: by inode, those that a
 * process holds (of any thread); and by the group that made them, which inet_diag
 * tells, so that one that nobody holds now (in flight in a unix socket, not yet
 * accepted) is found too. Looked for in the namespaces of the processes and in
 * our own; SOCK_DESTROY needs CAP_NET_ADMIN. A UDP socket that is destroyed is
 * one that is not connected: the next send meets the hooks. Netlink by hand.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include "hooks/process.h"
#include "span.h"

#define NUMBERS_MAX 65536
#define SPACES_MAX 32
#define ROUNDS 8
#define CONNECTED ~(1u << TCP_LISTEN | 1u << TCP_CLOSE)

struct numbers {
	uint64_t *p;
	size_t n, room;
};

/* What is to be destroyed, and where it may be. */
struct wanted {
	struct numbers inodes, groups;
	int spaces[SPACES_MAX];		/* network namespaces */
	size_t space_count;
};

/* One round over all of them. */
struct round {
	const struct wanted *wanted;
	int dump, killer;		/* two netlink sockets of one namespace */
	uint8_t family, protocol;
	int destroyed, missed;
};

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 ask;
};

/* ---- what is wanted ------------------------------------------------------ */

static int
numbers_add(struct numbers *numbers, uint64_t number)
{
	if (numbers->n == numbers->room) {
		size_t room = numbers->room ? numbers->room * 2 : 64;
		uint64_t *p;

		if (room > NUMBERS_MAX)
			return -E2BIG;
		p = reallocarray(numbers->p, room, sizeof(*p));
		if (!p)
			return -ENOMEM;
		numbers->p = p;
		numbers->room = room;
	}
	numbers->p[numbers->n++] = number;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
numbers_sort(struct numbers *numbers)
{
	if (numbers->n)
		qsort(numbers->p, numbers->n, sizeof(*numbers->p), compare);
}

static bool
numbers_have(const struct numbers *numbers, uint64_t number)
{
	return numbers->n && bsearch(&number, numbers->p, numbers->n,
	    sizeof(*numbers->p), compare);
}

static void
wanted_free(struct wanted *wanted)
{
	free(wanted->inodes.p);
	free(wanted->groups.p);
	for (size_t i = 0; i < wanted->space_count; i++)
		close_fd(&wanted->spaces[i]);
}

static int
want_link(void *arg, const char *link)
{
	struct wanted *wanted = arg;
	unsigned int inode;

	return sscanf(link, "socket:[%u]", &inode) == 1 ?
	    numbers_add(&wanted->inodes, inode) : 0;
}

static int
want_group(void *arg, uint64_t id)
{
	struct wanted *wanted = arg;

	return numbers_add(&wanted->groups, id);
}

/* Takes `fd`; a namespace that is there already is not kept twice. */
static int
want_space(struct wanted *wanted, int fd)
{
	int owned cleanup(close_fd) = fd;
	struct stat st, other;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	for (size_t i = 0; i < wanted->space_count; i++) {
		if (fstat(wanted->spaces[i], &other))
			return -errno;
		if (st.st_ino == other.st_ino && st.st_dev == other.st_dev)
			return 0;
	}
	if (wanted->space_count == SPACES_MAX)
		return -E2BIG;
	wanted->spaces[wanted->space_count++] = take_fd(&owned);
	return 0;
}

static int
want_process(void *arg, pid_t pid)
{
	int fd = process_netns(pid), r;

	if (fd == -ENOENT || fd == -ESRCH)
		return 0;	/* it has ended */
	if (fd < 0)
		return fd;
	r = want_space(arg, fd);
	if (r == 0)
		r = process_each_link(pid, want_link, arg);
	return r == -ESRCH ? 0 : r;
}

static int
want(struct wanted *wanted, struct hooks *hooks, const char *cgroup)
{
	int r = want_space(wanted, fcntl(hooks->netns_fd, F_DUPFD_CLOEXEC, 0));

	if (r == 0)
		r = group_each_id(cgroup, want_group, wanted);
	if (r == 0)
		r = group_each(cgroup, want_process, wanted);
	numbers_sort(&wanted->inodes);
	numbers_sort(&wanted->groups);
	return r;
}

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

/* Destroy one socket on a second netlink socket, since the first is in a dump. */
static int
destroy_one(struct round *round, const struct inet_diag_msg *found)
{
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
	else
		round->destroyed += result->error == 0;
	return result->error == -ENOENT ? 0 : result->error;
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

/* The last word of a dump: 1, or the error that ended it. */
static int
end_of_dump(const struct nlmsghdr *head)
{
	int error = 0;

	if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(head), sizeof(error));
	if (error < 0)
		return error;
	return head->nlmsg_type == NLMSG_DONE ? 1 : -EPROTO;
}

/* One datagram of a dump. 1: the dump is complete; 0: more; or -errno. */
static int
read_dump(struct round *round, const uint8_t *p, size_t n)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)p;
	const struct wanted *wanted = round->wanted;

	for (int left = (int)n; NLMSG_OK(head, left);
	    head = NLMSG_NEXT(head, left)) {
		const struct inet_diag_msg *found = NLMSG_DATA(head);
		int r;

		if (head->nlmsg_type == NLMSG_DONE ||
		    head->nlmsg_type == NLMSG_ERROR)
			return end_of_dump(head);	/* both begin with an error */
		if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*found)) ||
		    (!numbers_have(&wanted->inodes, found->idiag_inode) &&
		    !numbers_have(&wanted->groups, group_of(head))))
			continue;
		r = destroy_one(round, found);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
destroy_kind(struct round *round)
{
	_Alignas(struct nlmsghdr) static uint8_t room[32768];
	int step = send_request(round->dump, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP,
	    (struct inet_diag_req_v2){
		.sdiag_family = round->family,
		.sdiag_protocol = round->protocol,
		.idiag_states = CONNECTED,
	});

	while (!step) {
		ssize_t n = recv(round->dump, room, sizeof(room), 0);

		if (n < 0)
			return -errno;
		step = read_dump(round, room, (size_t)n);
	}
	return step < 0 ? step : 0;
}

static int
destroy_kinds(struct round *round)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_UDPLITE };
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(protocols); i++)
		for (size_t j = 0; r == 0 && j < COUNT(families); j++) {
			round->protocol = protocols[i];
			round->family = families[j];
			r = destroy_kind(round);
			if (r == -ENOENT && protocols[i] == IPPROTO_UDPLITE)
				r = 0;	/* a kernel without it */
		}
	return r;
}

static int
destroy_in(struct hooks *hooks, int netns, struct round *round)
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
	return r < 0 ? r : destroy_kinds(round);
}

/* A socket that shares its addresses with another is met by its name only when
 * the other is gone: a few rounds, then it is said that some are left. */
int
hooks_destroy_sockets(struct hooks *hooks, const char *cgroup)
{
	struct wanted wanted cleanup(wanted_free) = { 0 };
	struct round round = { .wanted = &wanted };
	int r = want(&wanted, hooks, cgroup);

	for (int i = 0; r == 0 && i < ROUNDS; i++) {
		round.missed = 0;
		for (size_t j = 0; r == 0 && j < wanted.space_count; j++)
			r = destroy_in(hooks, wanted.spaces[j], &round);
		if (r == 0 && round.missed == 0)
			return round.destroyed;
	}
	return r < 0 ? r : -EBUSY;
}
