/*
 * folder.c: walk a skill's folder and write its manifest (see measure.h).
 * Every step goes through openat2 beneath the folder's own descriptor and
 * never through a link, so that a name swapped while we look cannot lead out.
 * Nor into another file system, which may be anybody's (FUSE) and not answer.
 * Folders on the way are a stack, so that the walk can pause after every entry
 * and after every piece of a file. Lines are collected, sorted by path and
 * joined; the digest is taken last. A file alone is a walk of one piece.
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

#include "base/clock.h"
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

/* A folder on the way to where the walk stands. */
struct level {
	DIR *d;
	size_t length;		/* of the path to it */
};

struct measuring {
	struct measure *measure;
	char *folder;		/* NULL: one file alone */
	char **excludes;
	size_t exclude_count;
	struct level levels[MEASURE_DEPTH + 1];
	size_t depth;		/* how many of them there are */
	struct hashing hashing;	/* of the file last added */
	uint8_t digest[MEASURE_SIZE];	/* of the file alone */
	struct line *lines;
	size_t count, room;
	uint64_t bytes;
	char path[PATH_MAX];	/* of the entry looked at */
	const char *fault;	/* what is wrong with it */
	char why[MEASURE_WHY];
};

void
measuring_free(struct measuring **given)
{
	struct measuring *walk = take(given);

	if (!walk)
		return;
	for (size_t i = 0; i < walk->count; i++)
		free(walk->lines[i].path);
	free(walk->lines);
	while (walk->depth > 0)
		closedir(walk->levels[--walk->depth].d);
	hashing_end(&walk->hashing);
	for (size_t i = 0; i < walk->exclude_count; i++)
		free(walk->excludes[i]);
	free(walk->excludes);
	free(walk->folder);
	free(walk);
}

const char *
measuring_why(const struct measuring *walk)
{
	return walk->why;
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
is_excluded(const struct measuring *walk)
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
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_XDEV,
	};
	long fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static int
fault(struct measuring *walk, int error, const char *sentence)
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
line_new(struct measuring *walk)
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

/* Its content was remembered, has been read, or cannot be; or there is more. */
static int
after_hashing(struct measuring *walk, int r)
{
	return r == 0 || r == -EAGAIN ? r : fault(walk, r, "cannot be read");
}

static int
add_file(struct measuring *walk, int folder, const char *name)
{
	int fd cleanup(close_fd) = open_beneath(folder, name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct line *line;
	struct stat st;

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
	return after_hashing(walk, hashing_begin(walk->measure, &walk->hashing,
	    take_fd(&fd), line->digest));
}

static int
add_link(struct measuring *walk, int folder, const char *name)
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

/* One folder deeper; `fd` is taken. */
static int
enter(struct measuring *walk, int fd)
{
	struct level *level = &walk->levels[walk->depth];

	if (walk->depth > MEASURE_DEPTH) {
		close(fd);
		return fault(walk, -E2BIG, "lies too deep");
	}
	level->d = fdopendir(fd);
	if (!level->d) {
		close(fd);
		return fault(walk, -ENOMEM, "cannot be listed");
	}
	level->length = strlen(walk->path);
	walk->depth++;
	return -EAGAIN;
}

static int
add(struct measuring *walk, int folder, const char *name)
{
	int fd cleanup(close_fd) = open_beneath(folder, name, O_PATH);
	struct stat st;

	if (fd == -EXDEV)
		return fault(walk, fd, "is on another file system");
	if (fd < 0 || fstat(fd, &st) < 0)
		return fault(walk, fd < 0 ? fd : -errno, "cannot be looked at");
	if (S_ISREG(st.st_mode))
		return add_file(walk, folder, name);
	if (S_ISLNK(st.st_mode))
		return add_link(walk, folder, name);
	if (S_ISDIR(st.st_mode)) {
		int below = open_beneath(folder, name, O_RDONLY | O_DIRECTORY);

		return below < 0 ? fault(walk, below, "cannot be opened") :
		    enter(walk, below);
	}
	return fault(walk, -EINVAL, "is no file, link or folder");
}

/* The next entry of the innermost folder, or out of it. 0: that was the last. */
static int
step(struct measuring *walk)
{
	struct level *level = &walk->levels[walk->depth - 1];
	const struct dirent *e;
	int r;

	walk->path[level->length] = '\0';
	errno = 0;
	e = readdir(level->d);
	if (!e && errno)
		return fault(walk, -errno, "cannot be listed");
	if (!e) {
		closedir(level->d);
		return --walk->depth ? -EAGAIN : 0;
	}
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return -EAGAIN;
	if (level->length + strlen(e->d_name) + 2 > sizeof(walk->path))
		return fault(walk, -E2BIG, "has too long a path");
	sprintf(walk->path + level->length, "%s%s", level->length ? "/" : "",
	    e->d_name);
	if (is_excluded(walk))
		return -EAGAIN;
	r = add(walk, dirfd(level->d), e->d_name);
	return r == 0 ? -EAGAIN : r;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->path,
	    ((const struct line *)b)->path);
}

static void
put_lines(struct out *out, struct measuring *walk)
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

/* All lines are there: *out is their manifest. */
static int
finish(struct measuring *walk, struct measured *out)
{
	struct out text cleanup(out_free) = out_new(MANIFEST_MAX);

	walk->path[0] = '\0';
	put_lines(&text, walk);
	out_u8(&text, '\0');
	if (text.failed)
		return fault(walk, -E2BIG, "has too long a manifest");
	out->text = malloc(text.n);
	if (!out->text)
		return fault(walk, -ENOMEM, "finds no memory");
	memcpy(out->text, text.p, text.n);
	out->size = text.n - 1;
	measure_bytes(span_of(out->text, out->size), out->digest);
	return 0;
}

static int
copy_excludes(struct measuring *walk, const char *const *excludes, size_t n)
{
	walk->excludes = calloc(n ? n : 1, sizeof(*walk->excludes));
	if (!walk->excludes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		walk->excludes[i] = strdup(excludes[i]);
		if (!walk->excludes[i])
			return -ENOMEM;
		walk->exclude_count++;
	}
	return 0;
}

static struct measuring *
measuring_new(struct measure *m)
{
	struct measuring *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->measure = m;
	walk->hashing.fd = -1;
	walk->fault = "cannot be opened";
	return walk;
}

int
measure_folder(struct measure *m, const char *folder,
    const char *const *excludes, size_t exclude_count, struct measuring **out)
{
	struct measuring *walk cleanup(measuring_free) = measuring_new(m);
	int fd, r;

	if (!walk || copy_excludes(walk, excludes, exclude_count) < 0)
		return -ENOMEM;
	walk->folder = strdup(folder);
	if (!walk->folder)
		return -ENOMEM;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? -errno : enter(walk, fd);
	if (r != -EAGAIN)
		return r;
	*out = take(&walk);
	return 0;
}

int
measure_file(struct measure *m, int fd, struct measuring **out)
{
	struct measuring *walk cleanup(measuring_free) = measuring_new(m);
	int owned cleanup(close_fd) = fd, r;

	if (!walk)
		return -ENOMEM;
	r = hashing_begin(m, &walk->hashing, take_fd(&owned), walk->digest);
	if (r < 0 && r != -EAGAIN)
		return r;
	*out = take(&walk);
	return 0;
}

/* A piece of a file, or an entry of a folder. */
static int
go_on(struct measuring *walk)
{
	uint8_t *digest = walk->folder && walk->count ?
	    walk->lines[walk->count - 1].digest : walk->digest;

	if (walk->hashing.fd >= 0) {
		int r = after_hashing(walk, hashing_go_on(walk->measure,
		    &walk->hashing, digest));

		return r == 0 && walk->folder ? -EAGAIN : r;
	}
	return walk->folder ? step(walk) : 0;
}

int
measure_go_on(struct measuring *walk, uint64_t until, struct measured *out)
{
	struct measured done = { 0 };
	int r;

	do
		r = go_on(walk);
	while (r == -EAGAIN && clock_mono() < until);
	if (r == 0 && walk->folder)
		r = finish(walk, &done);
	else if (r == 0)
		memcpy(done.digest, walk->digest, MEASURE_SIZE);
	if (r == 0)
		*out = done;
	else if (r != -EAGAIN)
		snprintf(walk->why, sizeof(walk->why), "%.200s%s%.250s %s",
		    walk->folder ? walk->folder : "it", *walk->path ? "/" : "",
		    walk->path, walk->fault);
	return r;
}
