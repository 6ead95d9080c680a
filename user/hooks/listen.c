/*
 * listen.c: listeners and sockets inside a skill's network namespace.
 * A socket belongs for ever to the namespace it was made in, so the loader makes
 * it there and hands it to a worker, which never leaves its own.
 * The port is the kernel's choice: nothing can sit on it beforehand.
 */
#include "hooks/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#define BACKLOG 4096

int
hooks_listen(const struct sockaddr *address, socklen_t size, uint16_t *port)
{
	cleanup(close_fd) int fd = -1;
	struct sockaddr_storage bound;
	socklen_t bound_size = sizeof(bound);
	int on = 1;

	fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	/* accepted sockets inherit it: no byte is left out of what is read */
	if (setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)))
		return -errno;
	if (address->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return -errno;
	if (bind(fd, address, size) || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&bound, &bound_size))
		return -errno;
	*port = ntohs(bound.ss_family == AF_INET6 ?
	    ((struct sockaddr_in6 *)&bound)->sin6_port :
	    ((struct sockaddr_in *)&bound)->sin_port);
	return take_fd(&fd);
}

static int
listen4(uint16_t *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(ABI_DOOR_IP4),
	};

	return hooks_listen((struct sockaddr *)&address, sizeof(address), port);
}

static int
listen6(uint16_t *port)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};

	return hooks_listen((struct sockaddr *)&address, sizeof(address), port);
}

int
hooks_door_open(struct hooks *hooks, int netns_fd, int *fd4, int *fd6, uint64_t *cookie)
{
	cleanup(close_fd) int four = -1;
	cleanup(close_fd) int six = -1;
	struct abi_door door = { 0 };
	uint64_t netns;
	int error;

	error = hooks_netns_enter(hooks->netns_fd, netns_fd);
	if (error)
		return error;
	four = listen4(&door.port4);
	if (four >= 0)
		six = listen6(&door.port6);	/* IPv6 may be off: mapped then */
	hooks_netns_leave(hooks->netns_fd);
	if (four < 0)
		return four;
	netns = hooks_netns_cookie(four);
	if (!netns)
		return -EOPNOTSUPP;
	if (bpf_map_update_elem(hooks->code.maps[MAP_DOORS], &netns, &door, BPF_ANY))
		return -errno;
	*cookie = netns;
	*fd4 = take_fd(&four);
	*fd6 = six < 0 ? -1 : take_fd(&six);
	return 0;
}

int
hooks_door_shut(struct hooks *hooks, uint64_t cookie)
{
	return bpf_map_delete_elem(hooks->code.maps[MAP_DOORS], &cookie) ? -errno : 0;
}

int
hooks_socket(struct hooks *hooks, int netns_fd, int family)
{
	int error, fd;

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	error = hooks_netns_enter(hooks->netns_fd, netns_fd);
	if (error)
		return error;
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	error = -errno;
	hooks_netns_leave(hooks->netns_fd);
	return fd < 0 ? error : fd;
}
