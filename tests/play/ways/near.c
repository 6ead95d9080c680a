/*
 * near.c: a helper beside the skill, as a container engine or a database is: it
 * listens at unix sockets, at a port of loopback, reads a fifo, gives sockets to
 * whoever takes them, and has a process of the skill's uid with a
 * connection to the backend. It counts whatever comes.
 */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define STRANGER_FD 9
#define ENDS 16

/* What is polled: listeners first, then what is read as it is, then what was accepted. */
static struct pollfd ends[ENDS];
static size_t end_count, listener_count, fixed_count;

static void
watch(int fd)
{
	if (fd >= 0 && end_count < ENDS)
		ends[end_count++] = (struct pollfd){ fd, POLLIN, 0 };
}

static int
open_unix(int type, const char *name, size_t n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	memcpy(at.sun_path, name, n);
	if (*name)
		unlink(name);
	if (bind(fd, (struct sockaddr *)&at, (socklen_t)(sizeof(sa_family_t) + n)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0) ||
	    (*name && chmod(name, 0777) < 0))
		return -1;
	return fd;
}

static int
open_path(int type, const char *name)
{
	const char *path = in_folder(name);

	return open_unix(type, path, strlen(path));
}

static int
open_port(void)
{
	struct sockaddr_storage at;
	socklen_t size = address_of(&at, "::", NEAR_PORT);
	int fd = socket(AF_INET6, SOCK_STREAM, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	return bind(fd, (struct sockaddr *)&at, size) < 0 || listen(fd, 64) < 0 ? -1 : fd;
}

static int
connected(void)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, FAR_PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, size) < 0 ? -1 : fd;
}

/* Somebody takes sockets there: give this one. */
static void
give(const char *inbox, int given)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char byte = 'x', control[CMSG_SPACE(sizeof(given))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(given));
	memcpy(CMSG_DATA(c), &given, sizeof(given));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", in_folder(inbox));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    sendmsg(fd, &message, MSG_NOSIGNAL) != 1)
		fprintf(stderr, "near: a socket could not be given: %s\n", strerror(errno));
	close(given);
	close(fd);
}

static void
give_what_is_wanted(void)
{
	if (access(in_folder("inbox"), F_OK) == 0)
		give("inbox", socket(AF_INET, SOCK_STREAM, 0));
	if (access(in_folder("inbox-connected"), F_OK) == 0)
		give("inbox-connected", connected());
}

/* A process that an administrator runs with the same uid. */
static void
be_stranger(unsigned int uid)
{
	FILE *f = fopen(in_folder("stranger"), "w");
	int fd = connected();

	if (!f || fprintf(f, "%d\n", getpid()) < 0 || fclose(f) || fd < 0 ||
	    dup2(fd, STRANGER_FD) < 0 || setgid(uid) < 0 || setuid(uid) < 0)
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* A new connection is watched in place of an older one. */
static void
take_connection(int listener)
{
	static size_t next;
	size_t to = fixed_count + next++ % (ENDS - fixed_count);

	if (to < end_count)
		close(ends[to].fd);
	else
		end_count = to + 1;
	ends[to] = (struct pollfd){ accept(listener, NULL, NULL), POLLIN, 0 };
	world.counters->near++;
}

static void
take(size_t i)
{
	char room[4096];
	ssize_t n;

	if (i < listener_count) {
		take_connection(ends[i].fd);
		return;
	}
	n = read(ends[i].fd, room, sizeof(room));
	if (n > 0) {
		world.counters->near += (uint64_t)n;
	} else if (i >= fixed_count) {
		close(ends[i].fd);
		ends[i].fd = -1;	/* poll(2) passes over it */
	}
}

static void
open_all(void)
{
	int fifo;

	watch(open_path(SOCK_STREAM, "docker.sock"));
	watch(open_path(SOCK_STREAM, ".s.PGSQL.5432"));
	watch(open_path(SOCK_STREAM, "listed.sock"));
	watch(open_unix(SOCK_STREAM, ABSTRACT, sizeof(ABSTRACT) - 1));
	watch(open_port());
	listener_count = end_count;
	mkfifo(in_folder("fifo"), 0666);
	chmod(in_folder("fifo"), 0666);
	fifo = open(in_folder("fifo"), O_RDWR | O_NONBLOCK);
	watch(fifo);
	watch(open_path(SOCK_DGRAM, "log.sock"));
	fixed_count = end_count;
}

int
near_serve(const char *folder, unsigned int uid)
{
	(void)folder;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fork() == 0)
		be_stranger(uid);
	open_all();
	if (listener_count != 5 || fixed_count != 7)
		return 1;
	close(creat(in_folder("near"), 0644));
	for (;;) {
		if (poll(ends, end_count, 50) < 0)
			return 1;
		give_what_is_wanted();
		for (size_t i = 0, n = end_count; i < n; i++)
			if (ends[i].revents)
				take(i);
	}
}
