/*
 * listen.c: listeners and sockets inside a skill's network namespace.
 * A socket belongs for ever to the namespace it was made in, so the loader makes
 * it there and hands it to a worker, which never leaves its own.
 * The port is the kernel's choice: nothing can sit on it beforehand.
 */
#include "hooks/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BACKLOG 4096

/* The port it listens at; 0: it does not. */
static uint16_t
port_of(int fd)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t size = sizeof(bound), listens_size = sizeof(int);
	int listens = 0;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) || !listens ||
	    getsockname(fd, (struct sockaddr *)&bound, &size))
		return 0;
	return ntohs(bound.ss_family == AF_INET6 ?
	    ((struct sockaddr_in6 *)&bound)->sin6_port :
	    ((struct sockaddr_in *)&bound)->sin_port);
}

int
hooks_listen(const struct sockaddr *address, socklen_t size, uint16_t *port)
{
	cleanup(close_fd) int fd = -1;
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
	if (bind(fd, address, size) || listen(fd, BACKLOG))
		return -errno;
	*port = port_of(fd);
	return take_fd(&fd);
}

static int
listen4(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(ABI_DOOR_IP4),
	};
	uint16_t port;

	return hooks_listen((struct sockaddr *)&address, sizeof(address), &port);
}

static int
listen6(void)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	uint16_t port;

	return hooks_listen((struct sockaddr *)&address, sizeof(address), &port);
}

int
hooks_door_adopt(struct hooks *hooks, int fd4, int fd6, uint64_t *cookie)
{
	struct abi_door door = { .port4 = port_of(fd4), .port6 = port_of(fd6) };
	uint64_t netns = hooks_netns_cookie(fd4);
	int error;

	if (!netns || !door.port4)
		return -EOPNOTSUPP;
	if (bpf_map_update_elem(hooks->code.maps[MAP_DOORS], &netns, &door, BPF_ANY))
		return -errno;
	error = shadow_put(&hooks->expected.doors, &netns, sizeof(netns), &door, sizeof(door));
	if (!error)
		*cookie = netns;
	return error;
}

int
hooks_door_open(struct hooks *hooks, int netns_fd, int *fd4, int *fd6, uint64_t *cookie)
{
	cleanup(close_fd) int four = -1;
	cleanup(close_fd) int six = -1;
	int error;

	error = hooks_netns_enter(hooks->netns_fd, netns_fd);
	if (error)
		return error;
	four = listen4();
	if (four >= 0)
		six = listen6();	/* IPv6 may be off: mapped then */
	hooks_netns_leave(hooks->netns_fd);
	if (four < 0)
		return four;
	error = hooks_door_adopt(hooks, four, six, cookie);
	if (error)
		return error;
	*fd4 = take_fd(&four);
	*fd6 = six < 0 ? -1 : take_fd(&six);
	return 0;
}

int
hooks_door_shut(struct hooks *hooks, uint64_t cookie)
{
	shadow_drop(&hooks->expected.doors, &cookie);
	return bpf_map_delete_elem(hooks->code.maps[MAP_DOORS], &cookie) ? -errno : 0;
}

int
hooks_socket_netns(int fd)
{
	int netns = ioctl(fd, SIOCGSKNS);

	return netns < 0 ? -errno : netns;
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
