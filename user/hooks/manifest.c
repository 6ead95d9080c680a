/*
 * manifest.c: accepted measures on disk, and comparing two manifests.
 * Both manifests are sorted by path, so that comparing is one merge.
 */
#include "manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"

#define PATH_ROOM 512
#define MANIFEST_MOST (8u << 20)

bool
manifest_is_accepted(const char *directory, const char *kind,
    const uint8_t digest[MEASURE_SIZE])
{
	char path[PATH_ROOM], hex[MEASURE_TEXT_SIZE];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s-%s", directory, kind,
	    measure_text(digest, hex));

	return n > 0 && (size_t)n < sizeof(path) && lstat(path, &st) == 0 &&
	    S_ISREG(st.st_mode);
}

static int
write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int
make_folders(const char *directory)
{
	char path[PATH_ROOM];
	char *slash;

	if (snprintf(path, sizeof(path), "%s", directory) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	slash = strrchr(path, '/');
	if (slash && slash != path) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(directory, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int
manifest_accept(const char *directory, const char *kind,
    const uint8_t digest[MEASURE_SIZE], const char *text, size_t size)
{
	int d cleanup(close_fd) = -1, fd cleanup(close_fd) = -1;
	char name[96], hex[MEASURE_TEXT_SIZE];
	int r = make_folders(directory);

	if (r < 0)
		return r;
	d = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (d < 0)
		return -errno;
	fd = openat(d, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, size);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s-%s", kind, measure_text(digest, hex));
	if (renameat(d, "new", d, name) < 0)
		return -errno;
	return fsync(d) < 0 ? -errno : 0;
}

static void
close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int
read_whole(int folder, const char *name, char **text)
{
	int fd cleanup(close_fd) = openat(folder, name,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *p cleanup(free_memory) = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > MANIFEST_MOST)
		return -EINVAL;
	p = malloc((size_t)st.st_size + 1);
	if (!p)
		return -ENOMEM;
	n = read(fd, p, (size_t)st.st_size);
	if (n != st.st_size)
		return -EIO;
	p[n] = '\0';
	*text = take(&p);
	return 0;
}

int
manifest_last(const char *directory, char **text)
{
	DIR *d cleanup(close_folder) = opendir(directory);
	struct timespec newest = { 0 };
	const struct dirent *e;
	char name[96] = "";

	while (d && (e = readdir(d))) {
		struct stat st;

		if (strncmp(e->d_name, "folder-", 7) != 0 ||
		    strlen(e->d_name) >= sizeof(name) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (st.st_mtim.tv_sec < newest.tv_sec ||
		    (st.st_mtim.tv_sec == newest.tv_sec &&
		    st.st_mtim.tv_nsec < newest.tv_nsec))
			continue;
		newest = st.st_mtim;
		strcpy(name, e->d_name);
	}
	return *name ? read_whole(dirfd(d), name, text) : -ENOENT;
}

/* The next line of *rest, and the path in it; false at the end. */
static bool
next_line(struct span *rest, struct span *line, struct span *path)
{
	const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	const uint8_t *space;

	if (!end)
		return false;
	*line = span_of(rest->p, (size_t)(end - rest->p));
	*rest = span_skip(*rest, line->n + 1);
	space = memrchr(line->p, ' ', line->n);
	*path = space ? span_skip(*line, (size_t)(space + 1 - line->p)) : *line;
	return true;
}

static int
compare(struct span a, struct span b)
{
	int r = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

size_t
manifest_compare(const char *before, const char *after, manifest_fn fn,
    void *arg)
{
	struct span old = span_text(before), new = span_text(after);
	struct span a, b, a_path, b_path;
	bool has_a, has_b;
	size_t count = 0;

	next_line(&old, &a, &a_path);	/* the heads */
	next_line(&new, &b, &b_path);
	has_a = next_line(&old, &a, &a_path);
	has_b = next_line(&new, &b, &b_path);
	while (has_a || has_b) {
		int order = !has_a ? 1 : !has_b ? -1 : compare(a_path, b_path);

		if (order < 0)
			fn(arg, "removed", a_path);
		else if (order > 0)
			fn(arg, "added", b_path);
		else if (!span_equal(a, b))
			fn(arg, "changed", b_path);
		count += order != 0 || !span_equal(a, b);
		if (order <= 0)
			has_a = next_line(&old, &a, &a_path);
		if (order >= 0)
			has_b = next_line(&new, &b, &b_path);
	}
	return count;
}
