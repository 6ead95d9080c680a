/*
 * destroy.c: end the TCP connections a process already has.
 * A connection from before a process became a skill goes past every hook, so it
 * is destroyed: the process's sockets by inode (/proc/PID/fd), their addresses
 * from inet_diag in the process's namespace and in our own, then SOCK_DESTROY,
 * which needs CAP_NET_ADMIN. Netlink by hand: three requests, one reader.
 */
#include "hooks/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#define INODES_MAX 65536
#define CONNECTED ~(1u << TCP_LISTEN | 1u << TCP_CLOSE)

struct inodes {
	uint32_t *p;
	size_t n, room;
};

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 ask;
};

static void
free_inodes(struct inodes *inodes)
{
	free(inodes->p);
}

static int
inodes_add(struct inodes *inodes, uint32_t inode)
{
	if (inodes->n == inodes->room) {
		size_t room = inodes->room ? inodes->room * 2 : 64;
		uint32_t *p;

		if (room > INODES_MAX)
			return -E2BIG;
		p = realloc(inodes->p, room * sizeof(*p));
		if (!p)
			return -ENOMEM;
		inodes->p = p;
		inodes->room = room;
	}
	inodes->p[inodes->n++] = inode;
	return 0;
}

static bool
inodes_have(const struct inodes *inodes, uint32_t inode)
{
	for (size_t i = 0; i < inodes->n; i++) {
		if (inodes->p[i] == inode)
			return true;
	}
	return false;
}

/* The sockets among /proc/PID/fd. */
static int
inodes_read(struct inodes *out, int pid)
{
	const struct dirent *entry;
	char path[64], link[64];
	int error = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	if (!d)
		return -errno;
	while (!error && (entry = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), entry->d_name, link, sizeof(link) - 1);
		unsigned int inode;

		if (n <= 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%u]", &inode) == 1)
			error = inodes_add(out, inode);
	}
	closedir(d);
	return error;
}

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
destroy_one(int fd, uint8_t family, const struct inet_diag_msg *found)
{
	union {
		struct nlmsghdr head;
		uint8_t bytes[512];
	} answer;
	const struct nlmsgerr *result = NLMSG_DATA(&answer.head);
	ssize_t n;
	int error;

	error = send_request(fd, SOCK_DESTROY, NLM_F_ACK, (struct inet_diag_req_v2){
		.sdiag_family = family,
		.sdiag_protocol = IPPROTO_TCP,
		.id = found->id,
	});
	if (error)
		return error;
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(*result)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return result->error == -ENOENT ? 0 : result->error;
}

/* One datagram of a dump. 1: the dump is complete; 0: more; or -errno. */
static int
read_dump(const uint8_t *p, size_t n, int killer, uint8_t family,
    const struct inodes *inodes, int *count)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)p;

	for (int left = (int)n; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
		const struct inet_diag_msg *found = NLMSG_DATA(head);
		int error;

		if (head->nlmsg_type == NLMSG_DONE)
			return 1;
		if (head->nlmsg_type == NLMSG_ERROR)
			return -EPROTO;
		if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*found)) ||
		    !inodes_have(inodes, found->idiag_inode))
			continue;
		error = destroy_one(killer, family, found);
		if (error)
			return error;
		(*count)++;
	}
	return 0;
}

static int
destroy_family(int dump, int killer, uint8_t family, const struct inodes *inodes,
    int *count)
{
	_Alignas(struct nlmsghdr) static uint8_t room[32768];
	int step;

	step = send_request(dump, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP,
	    (struct inet_diag_req_v2){
		.sdiag_family = family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = CONNECTED,
	});
	while (!step) {
		ssize_t n = recv(dump, room, sizeof(room), 0);

		if (n < 0)
			return -errno;
		step = read_dump(room, (size_t)n, killer, family, inodes, count);
	}
	return step < 0 ? step : 0;
}

/* In the namespace of `netns`. */
static int
destroy_in(struct hooks *hooks, int netns, const struct inodes *inodes, int *count)
{
	cleanup(close_fd) int killer = -1;
	cleanup(close_fd) int dump = -1;
	int error;

	error = hooks_netns_enter(hooks->netns_fd, netns);
	if (error)
		return error;
	dump = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	killer = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	error = dump < 0 || killer < 0 ? -errno : 0;
	hooks_netns_leave(hooks->netns_fd);
	if (!error)
		error = destroy_family(dump, killer, AF_INET, inodes, count);
	if (!error)
		error = destroy_family(dump, killer, AF_INET6, inodes, count);
	return error;
}

int
hooks_destroy_sockets(struct hooks *hooks, int pid)
{
	cleanup(free_inodes) struct inodes inodes = { 0 };
	cleanup(close_fd) int netns = -1;
	char path[64];
	int count = 0, error;

	error = inodes_read(&inodes, pid);
	if (error || !inodes.n)
		return error;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return -errno;
	error = destroy_in(hooks, netns, &inodes, &count);
	if (!error)
		error = destroy_in(hooks, hooks->netns_fd, &inodes, &count);
	return error ? error : count;
}
