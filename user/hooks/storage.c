/*
 * storage.c: in how many sockets each map of socket storage has something.
 * Such a map has no list of its own: what it holds lies with the sockets. But
 * inet_diag, asked with the maps' descriptors, tells of each socket which of them
 * has a value there. It knows one network namespace at a time, so every one that a
 * process is in is asked. Netlink by hand; needs CAP_BPF, CAP_SYS_ADMIN.
 */
#include "hooks/inside.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include "hooks/process.h"

#define SPACES_MAX 4096
#define ANSWER_ROOM 65536

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 ask;
	struct nlattr maps;			/* nested */
	struct {
		struct nlattr head;
		uint32_t fd;
	} map[HOOKS_STORAGES];
};

uint64_t
hooks_storage_of(const struct hooks_storage *storage, uint32_t map_id)
{
	for (size_t i = 0; i < storage->count; i++)
		if (storage->ids[i] == map_id)
			return storage->used[i];
	return 0;
}

/* ---- one socket ------------------------------------------------------------ */

static const struct rtattr *
attribute(const struct rtattr *attr, int left, unsigned short type)
{
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	return NULL;
}

static void
count_id(struct hooks_storage *storage, uint32_t id)
{
	for (size_t i = 0; i < storage->count; i++)
		storage->used[i] += storage->ids[i] == id;
}

/* Each storage that this socket has something in. */
static void
count_socket(struct hooks_storage *storage, const struct nlmsghdr *head)
{
	const struct inet_diag_msg *found = NLMSG_DATA(head);
	int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*found)));
	const struct rtattr *all = attribute((const struct rtattr *)(found + 1), left,
	    INET_DIAG_SK_BPF_STORAGES), *one, *id;
	bool any = false;

	if (!all)
		return;
	one = RTA_DATA(all);
	left = (int)RTA_PAYLOAD(all);
	for (; RTA_OK(one, left); one = RTA_NEXT(one, left)) {
		uint32_t number;

		id = attribute(RTA_DATA(one), (int)RTA_PAYLOAD(one), SK_DIAG_BPF_STORAGE_MAP_ID);
		if (!id || RTA_PAYLOAD(id) != sizeof(number))
			continue;
		memcpy(&number, RTA_DATA(id), sizeof(number));
		count_id(storage, number);
		any = true;
	}
	storage->sockets += any;
}

/* ---- one namespace ---------------------------------------------------------- */

static int
ask(int netlink, const int *maps, size_t count, uint8_t family, uint8_t protocol)
{
	struct request request = {
		.head = {
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.ask = { .sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = ~0u },
		.maps = {
			.nla_len = (uint16_t)(sizeof(struct nlattr) + count * sizeof(request.map[0])),
			.nla_type = INET_DIAG_REQ_SK_BPF_STORAGES | NLA_F_NESTED,
		},
	};

	for (size_t i = 0; i < count; i++) {
		request.map[i].head.nla_len = sizeof(request.map[i]);
		request.map[i].head.nla_type = SK_DIAG_BPF_STORAGE_REQ_MAP_FD;
		request.map[i].fd = (uint32_t)maps[i];
	}
	request.head.nlmsg_len = (uint32_t)(offsetof(struct request, map) +
	    count * sizeof(request.map[0]));
	return send(netlink, &request, request.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* 1: the dump is complete; 0: more; or -errno. */
static int
read_answer(struct hooks_storage *storage, const uint8_t *p, size_t n)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)p;

	for (int left = (int)n; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
		int error = 0;

		if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
			if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
				memcpy(&error, NLMSG_DATA(head), sizeof(error));
			return error < 0 ? error : 1;
		}
		if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
			count_socket(storage, head);
	}
	return 0;
}

static int
count_kind(struct hooks_storage *storage, int netlink, const int *maps, uint8_t family, uint8_t protocol)
{
	_Alignas(struct nlmsghdr) static uint8_t room[ANSWER_ROOM];
	int step = ask(netlink, maps, storage->count, family, protocol);

	while (!step) {
		ssize_t n = recv(netlink, room, sizeof(room), 0);

		if (n < 0)
			return -errno;
		step = read_answer(storage, room, (size_t)n);
	}
	return step < 0 ? step : 0;
}

static int
count_space(struct hooks_storage *storage, const int *maps, int own, int space)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	cleanup(close_fd) int netlink = -1;
	int r = hooks_netns_enter(own, space);

	if (r)
		return r;
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	r = netlink < 0 ? -errno : 0;
	hooks_netns_leave(own);
	for (size_t i = 0; !r && i < COUNT(protocols); i++)
		for (size_t j = 0; !r && j < COUNT(families); j++)
			r = count_kind(storage, netlink, maps, families[j], protocols[i]);
	storage->namespaces++;
	return r;
}

/* ---- all of them -------------------------------------------------------------- */

struct spaces {
	ino_t seen[SPACES_MAX];
	size_t count;
};

static bool
is_new(struct spaces *spaces, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	for (size_t i = 0; i < spaces->count; i++)
		if (spaces->seen[i] == st.st_ino)
			return false;
	if (spaces->count == SPACES_MAX)
		return false;
	spaces->seen[spaces->count++] = st.st_ino;
	return true;
}

static int
count_spaces(struct hooks_storage *storage, const int *maps, int own, DIR *processes)
{
	static struct spaces spaces;
	const struct dirent *entry;
	int r = 0;

	spaces.count = 0;
	while (!r && (entry = readdir(processes))) {
		cleanup(close_fd) int space = -1;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		space = process_netns((pid_t)strtol(entry->d_name, NULL, 10));
		if (space >= 0 && is_new(&spaces, space))	/* one that ended has none */
			r = count_space(storage, maps, own, space);
	}
	return r;
}

int
hooks_storage_count(struct hooks_storage *out, const int *all, size_t count)
{
	struct hooks_storage storage = { 0 };
	cleanup(close_fd) int own = -1;
	int maps[HOOKS_STORAGES];
	DIR *processes;
	int r;

	for (size_t i = 0; i < count; i++) {
		struct bpf_map_info info = { 0 };
		uint32_t size = sizeof(info);

		if (all[i] < 0 || bpf_obj_get_info_by_fd(all[i], &info, &size) ||
		    info.type != BPF_MAP_TYPE_SK_STORAGE || storage.count == HOOKS_STORAGES)
			continue;
		storage.ids[storage.count] = info.id;
		maps[storage.count++] = all[i];
	}
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	processes = opendir("/proc");
	r = own < 0 || !processes ? -errno : 0;
	if (!r && storage.count)
		r = count_spaces(&storage, maps, own, processes);
	if (processes)
		closedir(processes);
	*out = storage;
	return r;
}
