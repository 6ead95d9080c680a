/*
 * enter.c: what the skill sees of the file system.
 * The child stands in a copy of the host's mount namespace. It cuts the copy
 * off from the host, covers what a skill has no business with, and lays our
 * own files over some. Sources are cloned into descriptors first, because the
 * folder they lie in is covered as well.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/mountinfo.h"

#define BINDS_MOST 16
#define COVER_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* An empty folder over `path` that nobody may enter. */
static int
cover(const char *path)
{
	if (mount("none", path, "tmpfs", COVER_FLAGS | MS_RDONLY,
	    "mode=000,size=4k") == 0)
		return 0;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

static int
make_read_only(int fd, const char *path, unsigned int flags)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY |
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

	return syscall(SYS_mount_setattr, fd, path, flags, &attr,
	    sizeof(attr)) < 0 ? -errno : 0;
}

/* Another /proc than ours, which shows the host's processes. */
static int
take_away(const char *path)
{
	if (strcmp(path, "/proc") == 0 || strncmp(path, "/proc/", 6) == 0)
		return 0;	/* mounted over last */
	return umount2(path, MNT_DETACH) == 0 ? 0 : cover(path);
}

/* A mountinfo_fn. */
static int
treat(void *arg, const char *path, const char *type, const char *source)
{
	int r;

	(void)arg, (void)source;
	if (strcmp(type, "nsfs") == 0) {	/* keeps a foreign namespace alive */
		umount2(path, MNT_DETACH);
		return 0;
	}
	if (strcmp(type, "bpf") == 0)
		return cover(path);
	if (strcmp(type, "proc") == 0)
		return take_away(path);
	if (strncmp(type, "cgroup", 6) != 0)
		return 0;
	r = make_read_only(AT_FDCWD, path, 0);
	/* mounted over, so that nobody reaches it: as good */
	return r == -EINVAL || r == -ENOENT ? 0 : r;
}

/* Every mount there is, by its type. */
static int
treat_mounts(void)
{
	int fd cleanup(close_fd) = open("/proc/self/mountinfo",
	    O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : mountinfo_each(fd, treat, NULL);
}

static bool
is_below(const char *path, const char *folder)
{
	size_t n = folder ? strlen(folder) : 0;

	return n && strncmp(path, folder, n) == 0 && path[n] == '/';
}

static int
place_bind(const struct launch *l, int fd, const char *to)
{
	if (is_below(to, l->shelf)) {
		int made = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);

		if (made < 0)
			return -errno;
		close(made);
	}
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, to,
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return -errno;
	return make_read_only(fd, "", AT_EMPTY_PATH);
}

static int
clone_binds(const struct launch *l, int *fds, size_t *count)
{
	for (*count = 0; l->binds && l->binds[*count].from; ++*count) {
		if (*count == BINDS_MOST)
			return -E2BIG;
		fds[*count] = (int)syscall(SYS_open_tree, AT_FDCWD,
		    l->binds[*count].from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (fds[*count] < 0)
			return -errno;
	}
	return 0;
}

/* A folder with nothing in it but what is bound there. */
static int
make_shelf(const char *path)
{
	if (!path)
		return 0;
	return mount("none", path, "tmpfs", COVER_FLAGS, "mode=711,size=64k") <
	    0 ? -errno : 0;
}

static int
cover_all(const struct launch *l)
{
	int r = treat_mounts();

	for (size_t i = 0; r == 0 && l->hide && l->hide[i]; i++)
		r = cover(l->hide[i]);
	return r;
}

static int
place_all(const struct launch *l, const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = place_bind(l, fds[i], l->binds[i].to);

		if (r < 0)
			return r;
	}
	return l->shelf ? make_read_only(AT_FDCWD, l->shelf, 0) : 0;
}

int
launch_mounts(const struct launch *l, const char **what)
{
	int fds[BINDS_MOST], r;	/* left open: they close at execve */
	size_t count;

	*what = "cut the mounts off";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	*what = "find the files to bind";
	r = clone_binds(l, fds, &count);
	if (r < 0)
		return r;
	*what = "cover what is not the skill's";
	r = cover_all(l);
	if (r < 0)
		return r;
	r = make_shelf(l->shelf);
	if (r < 0)
		return r;
	*what = "bind our files";
	r = place_all(l, fds, count);
	if (r < 0)
		return r;
	*what = "mount /proc";
	return mount("proc", "/proc", "proc", COVER_FLAGS, "hidepid=2") < 0 ?
	    -errno : 0;
}
