/*
 * store.c: a list of descriptors, and the few words of systemd's protocol.
 * Names in systemd's store: "door-COOKIE-4" and "door-COOKIE-6", the cookie in hexadecimal digits.
 */
#include "warden/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"
#include "msg.h"

#define FIRST_INHERITED 3	/* SD_LISTEN_FDS_START */
#define NAME_SIZE 40

static void
name_of(const struct stored *row, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "door-%016" PRIx64 "-%u", row->netns, row->family);
}

int
store_notify(const char *text, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_name = &to, .msg_iov = &part, .msg_iovlen = 1 };
	cleanup(close_fd) int out = -1;
	size_t n = path ? strlen(path) : 0;

	if (n == 0)
		return 0;
	if (n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -EINVAL;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	message.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (fd >= 0) {
		struct cmsghdr *c;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
		    .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (out < 0 || sendmsg(out, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static void
tell(const struct stored *row, const char *what, int fd)
{
	char text[NAME_SIZE + 64], name[NAME_SIZE];

	name_of(row, name);
	snprintf(text, sizeof(text), "%s\nFDNAME=%s", what, name);
	(void)store_notify(text, fd);
}

static int
add(struct store *store, const struct stored *row)
{
	struct stored *rows;

	if (store->count == STORE_MOST)
		return -ENOSPC;
	rows = realloc(store->rows, (store->count + 1) * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	store->rows = rows;
	store->rows[store->count++] = *row;
	return 0;
}

int
store_put(struct store *store, uint64_t netns, uint8_t family, int fd)
{
	struct stored row = { netns, family, fd };
	int error;

	for (size_t i = 0; i < store->count; i++) {
		struct stored *old = &store->rows[i];

		if (old->netns != netns || old->family != family)
			continue;
		tell(old, "FDSTOREREMOVE=1", -1);
		close(old->fd);
		*old = row;
		tell(&row, "FDSTORE=1", fd);
		return 0;
	}
	error = add(store, &row);
	if (error)
		close(fd);
	else
		tell(&row, "FDSTORE=1", fd);
	return error;
}

void
store_drop(struct store *store, uint64_t netns)
{
	size_t kept = 0;

	for (size_t i = 0; i < store->count; i++) {
		struct stored *row = &store->rows[i];

		if (row->netns != netns) {
			store->rows[kept++] = *row;
			continue;
		}
		tell(row, "FDSTOREREMOVE=1", -1);
		close(row->fd);
	}
	store->count = kept;
}

/* A name of ours, or a descriptor that somebody else put there. */
static bool
parse(const char *name, struct stored *row)
{
	unsigned int family;
	int n = 0;

	if (sscanf(name, "door-%16" SCNx64 "-%u%n", &row->netns, &family, &n) != 2 || name[n] ||
	    (family != 4 && family != 6))
		return false;
	row->family = (uint8_t)family;
	return true;
}

static bool
is_for_us(const char *count, const char *pid)
{
	return count && pid && strtol(pid, NULL, 10) == getpid();
}

size_t
store_inherit(struct store *store)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
	char *copy cleanup(free_memory) = names ? strdup(names) : NULL;
	char *rest = copy, *name;
	size_t found = 0;
	long n = is_for_us(count, pid) ? strtol(count, NULL, 10) : 0;

	for (long i = 0; i < n; i++) {
		int fd = FIRST_INHERITED + (int)i, up = fcntl(fd, F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);
		struct stored row = { .fd = up };

		close(fd);
		name = rest ? strsep(&rest, ":") : NULL;
		if (up < 0)
			continue;
		if (name && parse(name, &row) && add(store, &row) == 0)
			found++;
		else
			close(up);
	}
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return found;
}
