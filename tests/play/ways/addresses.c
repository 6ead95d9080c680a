/* addresses.c: other destinations, other ways to write one, other ways to connect. */
#include "ways.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
try_tcp4(void)
{
	return dial(FAR4, FAR_PORT);
}

int
try_tcp6(void)
{
	return dial(FAR6, FAR_PORT);
}

int
try_mapped(void)
{
	return dial(FAR_MAPPED, FAR_PORT);
}

int
try_nat64(void)
{
	return dial(FAR_NAT64, FAR_PORT);
}

int
try_6to4(void)
{
	return dial(FAR_6TO4, FAR_PORT);
}

int
try_loopback(void)
{
	return dial("127.0.0.1", NEAR_PORT);
}

int
try_any4(void)
{
	return dial("0.0.0.0", NEAR_PORT);
}

int
try_any6(void)
{
	return dial("::", NEAR_PORT);
}

int
try_target(void)
{
	return dial_target("127.0.0.1");
}

int
try_mapped_target(void)
{
	return dial_target("::ffff:127.0.0.1");
}

int
try_nat64_target(void)
{
	return dial_target("64:ff9b::127.0.0.1");
}

int
try_6to4_target(void)
{
	return dial_target("2002:7f00:1::1");
}

int
try_any_target(void)
{
	return dial_target("0.0.0.0");
}

/* The first segment carries data: it is sent by connecting. */
static int
fast_open(int fd, const char *ip, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, ip, port);

	return sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&to,
	    size) < 0 ? errno : REACHED;
}

int
try_fast_open(void)
{
	return fast_open(socket(AF_INET, SOCK_STREAM, 0), FAR4, FAR_PORT);
}

static int
late_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &yes, sizeof(yes));
	return fd;
}

int
try_fast_open_connect(void)
{
	return dial_on(late_socket(), FAR4, FAR_PORT);
}

int
try_fast_open_target(void)
{
	return dial_target_on(late_socket(), "127.0.0.1");
}

/* What was refused once is tried again on the same socket. */
int
try_again(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), result = REACHED;

	for (int i = 0; i < 5; i++)
		result = dial_on(fd, FAR4, FAR_PORT);
	return result;
}

/* Connected to what is allowed, taken apart, and connected elsewhere. */
int
try_unspecified(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (world.setting != CONTROL && dial_target_on(fd, "127.0.0.1") != REDIRECTED)
		return EPROTO;
	connect(fd, &none, sizeof(none));
	return dial_on(fd, FAR4, FAR_PORT);
}

/* The port at which the daemon waits in this namespace; 0: nobody does. */
static uint16_t
door_port(void)
{
	FILE *f = fopen("/proc/self/net/tcp", "re");
	unsigned int ip, port, state;
	uint16_t found = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*u: %x:%x %*x:%*x %x", &ip, &port, &state) == 3 &&
		    ip == 0x014c497f && state == TCP_LISTEN)
			found = (uint16_t)port;
	if (f)
		fclose(f);
	return found;
}

int
try_door(void)
{
	uint16_t port = door_port();

	return port ? dial(DOOR4, port) : NOT_TRIED;
}

int
try_door_mapped(void)
{
	uint16_t port = door_port();

	return port ? dial("::ffff:" DOOR4, port) : NOT_TRIED;
}

/* Beside the daemon, at its port: what comes in then would be shared. */
int
try_squat(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	struct sockaddr_storage at;
	uint16_t port = door_port();
	socklen_t size = address_of(&at, DOOR4, port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	if (!port)
		return NOT_TRIED;
	return bind(fd, (struct sockaddr *)&at, size) < 0 ? errno : MADE;
}

/* Past every library that could have been put in between. */
int
try_syscall(void)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, FAR_PORT);
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || syscall(SYS_connect, fd, &to, size) < 0)
		return errno;
	return syscall(SYS_write, fd, "x", 1) < 0 ? errno : REACHED;
}

int
try_proxy(void)
{
	return dial(FAR4, 3128);
}

/* Half a login, and the end of it: a daemon that dials first would leave traces. */
int
try_half_close(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int result = dial_target_on(fd, "127.0.0.1");
	char c;

	if (result != REDIRECTED)
		return result;
	if (send(fd, "\0\0\0\100\0\3\0\0user", 12, MSG_NOSIGNAL) != 12 ||
	    shutdown(fd, SHUT_WR) < 0)
		return errno;
	while (recv(fd, &c, 1, 0) > 0)
		;
	return send(fd, "x", 1, MSG_NOSIGNAL) < 0 ? REDIRECTED : REACHED;
}
