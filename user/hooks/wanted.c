/* wanted.c: which sockets are a group's, and in which network namespaces they may be. */
#include "hooks/wanted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/process.h"

#define NUMBERS_MAX 65536

static int
numbers_add(struct numbers *numbers, uint64_t number)
{
	if (numbers->n == numbers->room) {
		size_t room = numbers->room ? numbers->room * 2 : 64;
		uint64_t *p;

		if (room > NUMBERS_MAX)
			return -E2BIG;
		p = reallocarray(numbers->p, room, sizeof(*p));
		if (!p)
			return -ENOMEM;
		numbers->p = p;
		numbers->room = room;
	}
	numbers->p[numbers->n++] = number;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
numbers_sort(struct numbers *numbers)
{
	if (numbers->n)
		qsort(numbers->p, numbers->n, sizeof(*numbers->p), compare);
}

bool
numbers_have(const struct numbers *numbers, uint64_t number)
{
	return numbers->n && bsearch(&number, numbers->p, numbers->n,
	    sizeof(*numbers->p), compare);
}

void
wanted_free(struct wanted *wanted)
{
	free(wanted->inodes.p);
	free(wanted->unixes.p);
	free(wanted->kept.p);
	free(wanted->groups.p);
	for (size_t i = 0; i < wanted->space_count; i++)
		close_fd(&wanted->spaces[i]);
}

/* Standard input, output or error output. */
static bool
is_standard(const char *path)
{
	const char *number = strrchr(path, '/');

	return number && number[1] >= '0' && number[1] <= '2' && !number[2];
}

static int
want_link(void *arg, const char *link, const char *path)
{
	struct wanted *wanted = arg;
	char kind[PROCESS_KIND];
	unsigned int inode;
	int r;

	if (sscanf(link, "socket:[%u]", &inode) != 1)
		return 0;
	r = numbers_add(&wanted->inodes, inode);
	if (r < 0 || process_socket_kind(path, kind) < 0 ||
	    strncmp(kind, "UNIX", 4) != 0)
		return r;
	r = numbers_add(&wanted->unixes, inode);
	if (r == 0 && !is_standard(path))
		r = numbers_add(&wanted->kept, inode);
	return r;
}

static int
want_group(void *arg, uint64_t id)
{
	struct wanted *wanted = arg;

	return numbers_add(&wanted->groups, id);
}

/* Takes `fd`; a namespace that is there already is not kept twice. */
static int
want_space(struct wanted *wanted, int fd)
{
	int owned cleanup(close_fd) = fd;
	struct stat st, other;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	for (size_t i = 0; i < wanted->space_count; i++) {
		if (fstat(wanted->spaces[i], &other))
			return -errno;
		if (st.st_ino == other.st_ino && st.st_dev == other.st_dev)
			return 0;
	}
	if (wanted->space_count == WANTED_SPACES)
		return -E2BIG;
	wanted->spaces[wanted->space_count++] = take_fd(&owned);
	return 0;
}

static int
want_process(void *arg, pid_t pid)
{
	int fd = process_netns(pid), r;

	if (fd == -ENOENT || fd == -ESRCH)
		return 0;	/* it has ended */
	if (fd < 0)
		return fd;
	r = want_space(arg, fd);
	if (r == 0)
		r = process_each_link(pid, want_link, arg);
	return r == -ESRCH ? 0 : r;
}

int
wanted_find(struct wanted *wanted, int own, const char *cgroup)
{
	int r = want_space(wanted, fcntl(own, F_DUPFD_CLOEXEC, 0));

	if (r == 0)
		r = group_each_id(cgroup, want_group, wanted);
	if (r == 0)
		r = group_each(cgroup, want_process, wanted);
	numbers_sort(&wanted->inodes);
	numbers_sort(&wanted->unixes);
	numbers_sort(&wanted->kept);
	numbers_sort(&wanted->groups);
	return r;
}
