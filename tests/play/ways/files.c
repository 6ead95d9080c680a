/* files.c: unix sockets by every name they can have; and what is no socket at all. */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static int
dial_unix(int type, const char *name, size_t n)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	if (fd < 0)
		return errno;
	memcpy(to.sun_path, name, n);
	if (connect(fd, (struct sockaddr *)&to, (socklen_t)(sizeof(sa_family_t) + n)) < 0)
		return errno;
	return say_on(fd);
}

static int
dial_path(int type, const char *path)
{
	return dial_unix(type, path, strlen(path));
}

int
try_docker(void)
{
	return dial_path(SOCK_STREAM, in_folder("docker.sock"));
}

int
try_postgresql(void)
{
	return dial_path(SOCK_STREAM, in_folder(".s.PGSQL.5432"));
}

int
try_relative(void)
{
	return chdir(world.folder) < 0 ? errno : dial_path(SOCK_STREAM, "docker.sock");
}

int
try_symlink(void)
{
	const char *to = in_folder("docker.sock");
	char from[256];

	snprintf(from, sizeof(from), "%s/link-%d", world.folder, getpid());
	return symlink(to, from) < 0 ? errno : dial_path(SOCK_STREAM, from);
}

int
try_by_descriptor(void)
{
	int fd = open(world.folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/docker.sock", fd);
	return dial_path(SOCK_STREAM, path);
}

int
try_datagram(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", in_folder("log.sock"));
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno :
	    REACHED;
}

int
try_datagram_connected(void)
{
	return dial_path(SOCK_DGRAM, in_folder("log.sock"));
}

int
try_abstract(void)
{
	return dial_unix(SOCK_STREAM, ABSTRACT, sizeof(ABSTRACT) - 1);
}

/* Where a system bus is, if there is one. */
int
try_bus(void)
{
	return dial_path(SOCK_STREAM, "/run/dbus/system_bus_socket");
}

int
try_fifo(void)
{
	int fd = open(in_folder("fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 || write(fd, "x", 1) != 1 ? errno : REACHED;
}
