/*
 * ears.c: where a skill's questions about names are heard: sockets for the resolver
 * inside a skill's network namespace, one set for each session in it, so that it is
 * known who asks. UDP and TCP have one port, which TCP's is chosen for.
 */
#include "hooks/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#define TRIES 16	/* ports that TCP has free and UDP not */

static int
bind_datagram(const struct sockaddr *address, socklen_t size)
{
	int fd cleanup(close_fd) = socket(address->sa_family,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	int on = 1;

	if (fd < 0)
		return -errno;
	if (address->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return -errno;
	return bind(fd, address, size) ? -errno : take_fd(&fd);
}

/* A pair on one port. 0 or -errno. */
static int
open_pair(struct sockaddr *address, socklen_t size, in_port_t *place, int fds[2], uint16_t *port)
{
	int error = -EADDRINUSE;

	for (int i = 0; i < TRIES && error == -EADDRINUSE; i++) {
		int stream cleanup(close_fd) = -1;
		int datagram cleanup(close_fd) = -1;
		uint16_t at;

		*place = 0;
		stream = hooks_listen(address, size, &at);
		if (stream < 0)
			return stream;
		*place = htons(at);
		datagram = bind_datagram(address, size);
		error = datagram < 0 ? datagram : 0;
		if (error)
			continue;
		*port = at;
		fds[0] = take_fd(&datagram);
		fds[1] = take_fd(&stream);
	}
	return error;
}

static int
open_pairs(int fds[HOOKS_EARS], struct abi_door *door)
{
	struct sockaddr_in four = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(ABI_DOOR_IP4),
	};
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int error = open_pair((struct sockaddr *)&four, sizeof(four), &four.sin_port, fds, &door->port4);

	if (!error)	/* IPv6 may be off */
		(void)open_pair((struct sockaddr *)&six, sizeof(six), &six.sin6_port, fds + 2, &door->port6);
	return error;
}

static void
close_all(int fds[HOOKS_EARS])
{
	for (size_t i = 0; i < HOOKS_EARS; i++)
		close_fd(&fds[i]);
}

int
hooks_ears_open(struct hooks *hooks, int netns_fd, uint64_t cookie, uint64_t cgroup,
    int fds[HOOKS_EARS])
{
	const struct abi_asking key = { .netns = cookie, .cgroup = cgroup };
	int made[HOOKS_EARS] = { -1, -1, -1, -1 };
	struct abi_door door = { 0 };
	int error = hooks_netns_enter(hooks->netns_fd, netns_fd);

	if (error)
		return error;
	error = open_pairs(made, &door);
	hooks_netns_leave(hooks->netns_fd);
	if (!error && bpf_map_update_elem(hooks->code.maps[MAP_NAMES], &key, &door, BPF_ANY))
		error = -errno;
	if (error) {
		close_all(made);
		return error;
	}
	for (size_t i = 0; i < HOOKS_EARS; i++)
		fds[i] = made[i];
	return 0;
}

int
hooks_ears_shut(struct hooks *hooks, uint64_t cookie, uint64_t cgroup)
{
	const struct abi_asking key = { .netns = cookie, .cgroup = cgroup };

	return bpf_map_delete_elem(hooks->code.maps[MAP_NAMES], &key) ? -errno : 0;
}

void
hooks_ears_clear(struct hooks *hooks)
{
	int map = hooks->code.maps[MAP_NAMES];
	struct abi_asking key;

	while (!bpf_map_get_next_key(map, NULL, &key) && !bpf_map_delete_elem(map, &key))
		;
}
