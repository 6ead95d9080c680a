/*
 * copy.c: copy what authorities lie in.
 * What cannot be read by whom the copy is for is left out: to them it is the same.
 */
#include "hooks/copy.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "base/must.h"
#include "out.h"

#define DEPTH_MOST 2

/* What is left of the limits, and what was seen. */
struct tally {
	unsigned int entries;
	size_t bytes;
	bool has_hashes;
};

void
copy_become(const struct copy *copy, bool reader)
{
	setfsgid(reader ? copy->gid : 0);
	setfsuid(reader ? copy->uid : 0);
}

int
copy_read(int fd, struct out *out)
{
	uint8_t room[16384];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((size_t)st.st_size < out->limit)
		out_reserve(out, (size_t)st.st_size);
	while ((n = read(fd, room, sizeof(room))) > 0 && !out->failed)
		out_bytes(out, room, (size_t)n);
	if (n < 0)
		return -errno;
	return out->failed ? -E2BIG : 0;
}

/* In this order: what is somebody else's has its mode for good (no CAP_FOWNER). */
static int
liken(int fd, const struct stat *like)
{
	return fchmod(fd, like->st_mode & 0777) < 0 ||
	    fchown(fd, like->st_uid, like->st_gid) < 0 ? -errno : 0;
}

int
copy_write(int folder, const char *name, struct span in, const struct stat *like)
{
	int fd cleanup(close_fd) = openat(folder, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (in.n > 0) {
		n = write(fd, in.p, in.n);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		in = span_skip(in, (size_t)n);
	}
	return liken(fd, like);
}

/* 8 hexadecimal digits, a dot and a number. */
static bool
is_hash(const char *name)
{
	for (int i = 0; i < 8; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	return name[8] == '.' && isdigit((unsigned char)name[9]);
}

static int
copy_link(int from, int to, const char *name)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(from, name, text, sizeof(text) - 1);

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	text[n] = '\0';
	return symlinkat(text, to, name) < 0 ? -errno : 0;
}

/* A descriptor, or -1 where they may not read it. */
static int
open_inner(const struct copy *copy, int from, const char *name, int flags)
{
	int fd;

	copy_become(copy, true);
	fd = openat(from, name, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	copy_become(copy, false);
	return fd;
}

static int
copy_file(const struct copy *copy, int from, int to, const char *name, struct tally *tally)
{
	struct out out cleanup(out_free) = out_new(COPY_MOST - tally->bytes);
	int fd cleanup(close_fd) = open_inner(copy, from, name, 0);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = copy_read(fd, &out);
	if (r < 0)
		return r == -E2BIG ? r : 0;
	tally->bytes += out.n;
	return copy_write(to, name, out_view(&out), &st);
}

static int copy_all(const struct copy *, int from, int to, int depth, struct tally *);

static int
copy_inner(const struct copy *copy, int given, int to, const char *name, int depth,
    struct tally *tally)
{
	int from cleanup(close_fd) = given, into cleanup(close_fd) = -1;
	struct stat st;
	int r;

	if (fstat(from, &st) < 0 || mkdirat(to, name, 0700) < 0)
		return -errno;
	into = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (into < 0)
		return -errno;
	r = copy_all(copy, from, into, depth, tally);
	return r < 0 ? r : liken(into, &st);
}

static int
copy_one(const struct copy *copy, int from, int to, const char *name, int depth,
    struct tally *tally)
{
	struct stat st;
	int fd;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (tally->entries++ == COPY_ENTRIES)
		return -E2BIG;
	tally->has_hashes |= is_hash(name);
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name);
	if (S_ISREG(st.st_mode))
		return copy_file(copy, from, to, name, tally);
	fd = S_ISDIR(st.st_mode) ? open_inner(copy, from, name, O_DIRECTORY) : -1;
	if (fd < 0)
		return 0;
	if (depth == DEPTH_MOST) {
		close(fd);
		return -E2BIG;
	}
	return copy_inner(copy, fd, to, name, depth + 1, tally);
}

static int
copy_all(const struct copy *copy, int from, int to, int depth, struct tally *tally)
{
	int fd = fcntl(from, F_DUPFD_CLOEXEC, 0), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		close_fd(&fd);
		return -ENOMEM;
	}
	while (r == 0 && (e = readdir(dir)))
		r = copy_one(copy, from, to, e->d_name, depth, tally);
	closedir(dir);
	return r;
}

int
copy_folder(const struct copy *copy, int from, int to, const char *name, bool *has_hashes)
{
	struct tally tally = { 0 };
	int given = fcntl(from, F_DUPFD_CLOEXEC, 0);
	int r = given < 0 ? -errno : copy_inner(copy, given, to, name, 0, &tally);

	*has_hashes = tally.has_hashes;
	return r;
}
