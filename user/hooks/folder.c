/*
 * folder.c: walk a skill's folder and write its manifest (see measure.h).
 * Every step goes through openat2 beneath the folder's own descriptor and
 * never through a link, so that a name swapped while we look cannot lead out.
 * Lines are collected, sorted by path and joined; the digest is taken last.
 */
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/must.h"
#include "out.h"

#define MANIFEST_MAX (8u << 20)	/* bytes of one manifest */
#define MANIFEST_HEAD "interlock skill 1\n"

static const char *const always[] = { ".git", "__pycache__", "*.pyc" };

struct line {
	char *path;		/* relative, as it is written */
	uint64_t size;
	uint8_t digest[MEASURE_SIZE];
	char type;
	bool is_executable;
};

struct walk {
	struct measure *measure;
	const char *const *excludes;
	size_t exclude_count;
	struct line *lines;
	size_t count, room;
	uint64_t bytes;
	char path[PATH_MAX];	/* of the entry looked at */
	const char *fault;	/* what is wrong with it */
};

static void
walk_free(struct walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		free(walk->lines[i].path);
	free(walk->lines);
}

static bool
matches(const char *glob, const char *path)
{
	const char *last = strrchr(path, '/');

	if (!strchr(glob, '/'))
		return fnmatch(glob, last ? last + 1 : path, 0) == 0;
	return fnmatch(glob, path, FNM_PATHNAME) == 0;
}

static bool
is_excluded(const struct walk *walk)
{
	for (size_t i = 0; i < COUNT(always); i++)
		if (matches(always[i], walk->path))
			return true;
	for (size_t i = 0; i < walk->exclude_count; i++)
		if (matches(walk->excludes[i], walk->path))
			return true;
	return false;
}

static int
open_beneath(int folder, const char *name, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static int
fault(struct walk *walk, int error, const char *sentence)
{
	walk->fault = sentence;
	return error;
}

static char *
written(const char *path)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(4 * strlen(path) + 1), *to = text;

	for (; text && *path; path++) {
		uint8_t c = (uint8_t)*path;

		if (c > 0x20 && c < 0x7f && c != '\\') {
			*to++ = (char)c;
			continue;
		}
		*to++ = '\\';
		*to++ = 'x';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	if (text)
		*to = '\0';
	return text;
}

/* One more line, for the path the walk stands at. NULL: no memory or too many. */
static struct line *
line_new(struct walk *walk)
{
	struct line *line;

	if (walk->count == MEASURE_FILES)
		return NULL;
	if (walk->count == walk->room) {
		size_t room = walk->room ? 2 * walk->room : 64;
		struct line *more = reallocarray(walk->lines, room,
		    sizeof(*more));

		if (!more)
			return NULL;
		walk->lines = more;
		walk->room = room;
	}
	line = &walk->lines[walk->count];
	*line = (struct line){ .path = written(walk->path) };
	if (!line->path)
		return NULL;
	walk->count++;
	return line;
}

static int
add_file(struct walk *walk, int folder, const char *name)
{
	int fd cleanup(close_fd) = open_beneath(folder, name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct line *line;
	struct stat st;
	int r;

	if (fd < 0)
		return fault(walk, fd, "cannot be opened");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fault(walk, -EINVAL, "changed while it was measured");
	walk->bytes += (uint64_t)st.st_size;
	if (walk->bytes > MEASURE_BYTES)
		return fault(walk, -E2BIG, "makes the folder too large");
	line = line_new(walk);
	if (!line)
		return fault(walk, -E2BIG, "is one file too many");
	line->type = 'f';
	line->size = (uint64_t)st.st_size;
	line->is_executable = st.st_mode & S_IXUSR;
	r = measure_file(walk->measure, fd, line->digest);
	return r < 0 ? fault(walk, r, "cannot be read") : 0;
}

static int
add_link(struct walk *walk, int folder, const char *name)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(folder, name, to, sizeof(to));
	struct line *line;

	if (n < 0 || n == sizeof(to))
		return fault(walk, -EINVAL, "is a link that cannot be read");
	line = line_new(walk);
	if (!line)
		return fault(walk, -E2BIG, "is one file too many");
	line->type = 'l';
	line->size = (uint64_t)n;
	measure_bytes(span_of(to, (size_t)n), line->digest);
	return 0;
}

static int walk_folder(struct walk *, int fd, size_t depth);

static int
add(struct walk *walk, int folder, const char *name, size_t depth)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fault(walk, -errno, "cannot be looked at");
	if (S_ISREG(st.st_mode))
		return add_file(walk, folder, name);
	if (S_ISLNK(st.st_mode))
		return add_link(walk, folder, name);
	if (S_ISDIR(st.st_mode)) {
		int fd = open_beneath(folder, name, O_RDONLY | O_DIRECTORY);

		if (fd < 0)
			return fault(walk, fd, "cannot be opened");
		return walk_folder(walk, fd, depth + 1);
	}
	return fault(walk, -EINVAL, "is no file, link or folder");
}

static void
close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Add all below `fd`, which is closed. walk->path is its path, put back after. */
static int
walk_folder(struct walk *walk, int fd, size_t depth)
{
	DIR *d cleanup(close_folder) = fdopendir(fd);
	size_t before = strlen(walk->path);
	const struct dirent *e;

	if (!d) {
		close(fd);
		return fault(walk, -ENOMEM, "cannot be listed");
	}
	if (depth > MEASURE_DEPTH)
		return fault(walk, -E2BIG, "lies too deep");
	while (errno = 0, (e = readdir(d))) {
		int r;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (before + strlen(e->d_name) + 2 > sizeof(walk->path))
			return fault(walk, -E2BIG, "has too long a path");
		sprintf(walk->path + before, "%s%s", before ? "/" : "",
		    e->d_name);
		r = is_excluded(walk) ? 0 : add(walk, dirfd(d), e->d_name,
		    depth);
		if (r < 0)
			return r;
		walk->path[before] = '\0';
	}
	return errno ? fault(walk, -errno, "cannot be listed") : 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->path,
	    ((const struct line *)b)->path);
}

static void
put_lines(struct out *out, struct walk *walk)
{
	char hex[MEASURE_TEXT_SIZE];

	if (walk->count)
		qsort(walk->lines, walk->count, sizeof(*walk->lines), by_path);
	out_printf(out, MANIFEST_HEAD);
	for (size_t i = 0; i < walk->count; i++) {
		const struct line *line = &walk->lines[i];

		out_printf(out, "%c %c %llu %s %s\n", line->type,
		    line->is_executable ? 'x' : '-',
		    (unsigned long long)line->size,
		    measure_text(line->digest, hex), line->path);
	}
}

int
measure_folder(struct measure *m, const char *folder,
    const char *const *excludes, size_t exclude_count, char **text,
    size_t *size, uint8_t digest[MEASURE_SIZE], char *why, size_t room)
{
	struct walk walk cleanup(walk_free) = { .measure = m,
		.excludes = excludes, .exclude_count = exclude_count };
	struct out out cleanup(out_free) = out_new(MANIFEST_MAX);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? fault(&walk, -errno, "cannot be opened") :
	    walk_folder(&walk, fd, 0);
	char *copy;

	if (r < 0) {
		snprintf(why, room, "%s/%s %s", folder, walk.path, walk.fault);
		return r;
	}
	put_lines(&out, &walk);
	out_u8(&out, '\0');
	if (out.failed) {
		snprintf(why, room, "%s has too long a manifest", folder);
		return -E2BIG;
	}
	copy = malloc(out.n);
	if (!copy) {
		snprintf(why, room, "no memory");
		return -ENOMEM;
	}
	*text = memcpy(copy, out.p, out.n);
	*size = out.n - 1;
	measure_bytes(span_of(copy, *size), digest);
	return 0;
}
