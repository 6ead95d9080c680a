/*
 * Listeners that are kept, and what systemd is told: this test is the other end of its socket. It gets the
 * descriptors themselves, is told of each that goes, and gives them back as it would at the next start.
 */
#include "warden/store.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "msg.h"

static int
listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0);
	return fd;
}

static bool
is_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* ---- systemd's end ------------------------------------------------------------ */

static int systemd;

static void
open_systemd(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char path[64];

	snprintf(path, sizeof(path), "@store-test-%d", (int)getpid());
	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s", path + 1);
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(systemd >= 0 && bind(systemd, (struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) == 0);
	setenv("NOTIFY_SOCKET", path, 1);
}

/* One message, and the descriptor with it; -1: none. */
static int
hear(char text[128])
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { text, 127 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
	    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(systemd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
	int fd = -1;

	text[n < 0 ? 0 : n] = '\0';
	if (c)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* ---- what is kept -------------------------------------------------------------- */

static void
check_keeping(void)
{
	struct store store = { 0 };
	int four = listener(), six = listener(), again = listener(), got;
	char text[128];

	CHECK(store_put(&store, 0xabc, 4, four) == 0);
	got = hear(text);
	CHECK(strcmp(text, "FDSTORE=1\nFDNAME=door-0000000000000abc-4") == 0 && is_same(got, four));
	close(got);
	CHECK(store_put(&store, 0xabc, 6, six) == 0);
	close(hear(text));
	CHECK(store_put(&store, 0xabc, 4, again) == 0);	/* in place of the first */
	CHECK(store.count == 2 && fcntl(four, F_GETFD) < 0);
	CHECK(hear(text) == -1 && strcmp(text, "FDSTOREREMOVE=1\nFDNAME=door-0000000000000abc-4") == 0);
	got = hear(text);
	CHECK(is_same(got, again));
	close(got);
	store_drop(&store, 0xabd);
	CHECK(store.count == 2);
	store_drop(&store, 0xabc);
	CHECK(store.count == 0 && fcntl(six, F_GETFD) < 0 && fcntl(again, F_GETFD) < 0);
	CHECK(hear(text) == -1 && strncmp(text, "FDSTOREREMOVE=1\n", 16) == 0);
	CHECK(hear(text) == -1 && strncmp(text, "FDSTOREREMOVE=1\n", 16) == 0);
	CHECK(store_notify("READY=1", -1) == 0 && hear(text) == -1 && strcmp(text, "READY=1") == 0);
	free(store.rows);
}

static void
check_limit(void)
{
	struct store store = { 0 };
	char text[128];

	unsetenv("NOTIFY_SOCKET");
	for (unsigned int i = 0; i < STORE_MOST; i++)
		CHECK(store_put(&store, i, 4, -1) == 0);
	CHECK(store_put(&store, STORE_MOST, 4, -1) == -ENOSPC);
	CHECK(store_put(&store, 5, 4, -1) == 0);
	CHECK(hear(text) == -1 && !*text);	/* nobody was told: there is no systemd */
	free(store.rows);
}

/* In a child, whose low descriptors are what systemd gives. */
static int
inherit(void)
{
	struct store store = { 0 };
	char pid[16];
	int three = listener(), five = listener();

	close_range(40, ~0u, 0);
	dup2(three, 33);
	dup2(five, 35);
	close_range(3, 32, 0);
	dup2(33, 3);
	dup2(35, 4);	/* somebody else's */
	dup2(35, 5);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_FDNAMES", "door-00000000000000ff-4:stored:door-00000000000000ff-6", 1);
	if (store_inherit(&store) != 2 || store.count != 2 || getenv("LISTEN_FDS"))
		return 1;
	if (store.rows[0].netns != 0xff || store.rows[0].family != 4 || !is_same(store.rows[0].fd, 33))
		return 2;
	if (store.rows[1].family != 6 || !is_same(store.rows[1].fd, 35) || store.rows[1].fd < MSG_FD_PRIVATE)
		return 3;
	for (int fd = 3; fd < 6; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 4;
	return 0;
}

/* For another process than this one: not ours to take. */
static int
inherit_not(void)
{
	struct store store = { 0 };

	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "3", 1);
	return store_inherit(&store) == 0 && store.count == 0 ? 0 : 1;
}

static void
check_inheriting(int (*fn)(void), const char *name)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	CHECK_ROW(name, waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	open_systemd();
	check_keeping();
	check_limit();
	check_inheriting(inherit, "given back");
	check_inheriting(inherit_not, "meant for another");
	return check_end();
}
