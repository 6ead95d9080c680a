/* group.c: one cgroup and those below it. See process.h. */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"

#define GROUP_DEPTH 32

static void
close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

static void
close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* What is done in each group of a tree. */
struct visit {
	int (*fn)(const struct visit *, int folder);
	process_fn process;
	group_id_fn id;
	void *arg;
};

static int
visit_processes(const struct visit *visit, int folder)
{
	int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *f cleanup(close_file) = fd < 0 ? NULL : fdopen(fd, "r");
	char line[32];
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && fgets(line, sizeof(line), f)) {
		int pid = atoi(line);

		if (pid > 0)	/* 0: not of our pid namespace */
			r = visit->process(visit->arg, pid);
	}
	return r;
}

static int
visit_id(const struct visit *visit, int folder)
{
	struct stat st;

	return fstat(folder, &st) < 0 ? -errno :
	    visit->id(visit->arg, st.st_ino);
}

/* `fd` is closed. */
static int
visit_tree(const struct visit *visit, int fd, unsigned int depth)
{
	DIR *d cleanup(close_folder) = fdopendir(fd);
	const struct dirent *e;
	int r;

	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	if (depth > GROUP_DEPTH)
		return -ELOOP;
	r = visit->fn(visit, dirfd(d));
	while (r == 0 && (e = readdir(d))) {
		int below;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		below = openat(dirfd(d), e->d_name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (below >= 0)
			r = visit_tree(visit, below, depth + 1);
	}
	return r;
}

static int
visit_all(const char *path, const struct visit *visit)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : visit_tree(visit, fd, 0);
}

int
group_each(const char *path, process_fn fn, void *arg)
{
	return visit_all(path, &(struct visit){ .fn = visit_processes,
	    .process = fn, .arg = arg });
}

int
group_each_id(const char *path, group_id_fn fn, void *arg)
{
	return visit_all(path, &(struct visit){ .fn = visit_id, .id = fn,
	    .arg = arg });
}

int
group_each_below(const char *path, group_path_fn fn, void *arg)
{
	DIR *d cleanup(close_folder) = opendir(path);
	char below[PATH_MAX];
	const struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >= (int)sizeof(below))
			return -ENAMETOOLONG;
		r = fn(arg, below, e->d_name);
	}
	return r;
}

int
group_id(const char *path, uint64_t *id)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*id = st.st_ino;	/* of a cgroup2 folder, the inode is its id */
	return 0;
}

/* One that is not there yet will be made by root. */
static int
is_roots_alone(const char *group, uint32_t *uid)
{
	char file[PATH_MAX];
	struct stat st;

	if (snprintf(file, sizeof(file), "%s/cgroup.procs", group) >=
	    (int)sizeof(file))
		return -ENAMETOOLONG;
	if (stat(file, &st) < 0)
		return errno == ENOENT ? 1 : -errno;
	*uid = st.st_uid;
	return st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

int
group_is_loose(const char *path, const char *root, char *above, size_t size,
    uint32_t *uid)
{
	size_t least = strlen(root);
	int r = 1;

	if (snprintf(above, size, "%s", path) >= (int)size)
		return -ENAMETOOLONG;
	if (strncmp(path, root, least) != 0)
		return -EINVAL;
	while (r == 1 && strlen(above) > least) {
		*strrchr(above, '/') = '\0';
		r = is_roots_alone(above, uid);
	}
	return r < 0 ? r : !r;
}

int
group_is_populated(int events_fd)
{
	char text[256];
	ssize_t n = pread(events_fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return strstr(text, "populated 1") != NULL;
}

int
group_kill(const char *path)
{
	int fd cleanup(close_fd) = -1;
	char file[PATH_MAX];

	if (snprintf(file, sizeof(file), "%s/cgroup.kill", path) >=
	    (int)sizeof(file))
		return -ENAMETOOLONG;
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) < 0)
		return -errno;
	return 0;
}

int
group_remove(const char *path)
{
	DIR *d cleanup(close_folder) = opendir(path);
	char below[PATH_MAX];
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name) <
		    (int)sizeof(below))
			group_remove(below);
	}
	return rmdir(path) < 0 ? -errno : 0;
}
