/* process.c: one process, as /proc shows it. Short files, read whole. */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

static int
read_file(pid_t pid, const char *name, char *text, size_t size)
{
	int fd cleanup(close_fd) = -1;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

int
process_started(pid_t pid, uint64_t *ticks)
{
	char text[1024], *p;
	int r = read_file(pid, "stat", text, sizeof(text));

	if (r < 0)
		return r;
	p = strrchr(text, ')');		/* the name may hold anything */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return -ESRCH;
	*ticks = strtoull(p + 1, NULL, 10);
	return 0;
}

uint64_t
process_ticks(uint64_t start_ns)
{
	return start_ns / (SECOND_NS / (uint64_t)sysconf(_SC_CLK_TCK));
}

int
process_netns(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
process_executable(pid_t pid, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, path, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	path[n] = '\0';
	return 0;
}

int
process_open_executable(pid_t pid)
{
	char link[64];
	int fd;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int
process_cgroup(pid_t pid, const char *root, char *path, size_t size)
{
	char text[8192], *p, *end;
	int r = read_file(pid, "cgroup", text, sizeof(text));

	if (r < 0)
		return r;
	p = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!p)
		return -ENOENT;
	p = strstr(p, "0::") + 3;
	end = strchr(p, '\n');
	if (!end)
		return -ENAMETOOLONG;
	*end = '\0';
	if (snprintf(path, size, "%s%s", root, strcmp(p, "/") ? p : "") >=
	    (int)size)
		return -ENAMETOOLONG;
	return 0;
}

static void
close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The descriptors of one thread. */
static int
each_link(pid_t pid, const char *thread, process_link_fn fn, void *arg)
{
	DIR *d cleanup(close_folder) = NULL;
	const struct dirent *e;
	char path[64], to[64];
	int r = 0;

	if (snprintf(path, sizeof(path), "/proc/%d/task/%s/fd", pid, thread) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	d = opendir(path);
	if (!d)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	while (r == 0 && (e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, to, sizeof(to) - 1);
		char which[96];

		if (n < 0)
			continue;	/* "." and "..", or closed meanwhile */
		to[n] = '\0';
		if (snprintf(which, sizeof(which), "%s/%s", path, e->d_name) >=
		    (int)sizeof(which))
			return -ENAMETOOLONG;
		r = fn(arg, to, which);
	}
	return r;
}

/* Most threads do, and walking each of a thousand would be slow. */
static bool
shares_table(pid_t pid, const char *thread)
{
	long number = strtol(thread, NULL, 10);

	return number != pid && syscall(SYS_kcmp, pid, (pid_t)number,
	    KCMP_FILES, 0L, 0L) == 0;
}

int
process_each_link(pid_t pid, process_link_fn fn, void *arg)
{
	DIR *d cleanup(close_folder) = NULL;
	const struct dirent *e;
	char path[64];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		return errno == ENOENT ? -ESRCH : -errno;
	while (r == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.' && !shares_table(pid, e->d_name))
			r = each_link(pid, e->d_name, fn, arg);
	return r;
}

int
process_socket_kind(const char *path, char kind[PROCESS_KIND])
{
	ssize_t n = getxattr(path, "system.sockprotoname", kind, PROCESS_KIND - 1);

	if (n < 0)
		return -errno;
	kind[n] = '\0';
	return 0;
}

static int
is_ring(void *arg, const char *link, const char *path)
{
	(void)arg;
	(void)path;
	return strstr(link, "io_uring") != NULL;
}

/* With its descriptor closed, a mapped ring is still fed through memory. */
static int
maps_ring(pid_t pid)
{
	char *line cleanup(free_memory) = NULL;
	char path[64];
	size_t room = 0;
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!found && getline(&line, &room, f) > 0)
		found = strstr(line, "anon_inode:[io_uring]") != NULL;
	if (ferror(f) && errno != ESRCH)
		found = -EIO;
	fclose(f);
	return found;
}

int
process_has_ring(pid_t pid)
{
	int r = process_each_link(pid, is_ring, NULL);

	return r == 0 ? maps_ring(pid) : r;
}
