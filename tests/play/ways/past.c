/* past.c: what there was before, what comes from others, and leaving. */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int
try_early_tcp(void)
{
	return dial_on(world.early_tcp, FAR4, FAR_PORT);
}

int
try_early_udp(void)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, FAR_PORT);

	return sendto(world.early_udp, "x", 1, 0, (struct sockaddr *)&to, size) < 0 ?
	    errno : REACHED;
}

/* More than once: a pending error is told first. */
static int
say_thrice(int fd)
{
	int result = say_on(fd);

	for (int i = 0; i < 2 && result != REACHED; i++)
		result = say_on(fd);
	return result;
}

int
try_early_connected(void)
{
	return say_thrice(world.early_connected);
}

int
try_early_datagrams(void)
{
	return say_thrice(world.early_datagrams);
}

int
try_own_connected(void)
{
	return say_thrice(world.own_connected);
}

/* The helper outside gives a socket to whatever listens there. */
static int
receive_socket(const char *inbox, int *out)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), from;
	struct pollfd one = { .fd = fd, .events = POLLIN };
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", in_folder(inbox));
	unlink(at.sun_path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0 ||
	    chmod(at.sun_path, 0777) < 0)
		return errno;
	if (poll(&one, 1, 20000) != 1)
		return ETIMEDOUT;
	from = accept(fd, NULL, NULL);
	unlink(at.sun_path);
	if (recvmsg(from, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		return EPROTO;
	memcpy(out, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return 0;
}

int
try_handed(void)
{
	int fd, result = receive_socket("inbox", &fd);

	return result ? result : dial_on(fd, FAR4, FAR_PORT);
}

int
try_handed_connected(void)
{
	int fd, result = receive_socket("inbox-connected", &fd);

	return result ? result : say_on(fd);
}

int
try_left(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ask("leave", getpid());
	return dial_on(fd, FAR4, FAR_PORT);
}

int
try_below(void)
{
	ask("below", getpid());
	return dial(FAR4, FAR_PORT);
}

/* The group this process is in, as a folder. */
static const char *
own_group(void)
{
	static char path[1024];
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[512];

	path[0] = '\0';
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "0::", 3) == 0)
			snprintf(path, sizeof(path), "%s%s", world.cgroup2, line + 3);
	if (f)
		fclose(f);
	path[strcspn(path, "\n")] = '\0';
	return path;
}

/* To the top of the tree, or beside. */
int
try_move(void)
{
	char path[1200];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", world.cgroup2);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "0", 1) == 1)
		return MADE;
	snprintf(path, sizeof(path), "%s/../cgroup.procs", own_group());
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "0", 1) == 1 ? MADE : errno;
}

int
try_subgroup(void)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/mine", own_group());
	return mkdir(path, 0755) < 0 ? errno : MADE;
}

int
try_remove(void)
{
	return rmdir(own_group()) < 0 ? errno : MADE;
}
