/*
 * private.c: files that only their owner may read.
 * All checks are made on the descriptor that is then read, so that nothing can
 * be swapped in between. Writing goes to a new file beside, which is renamed.
 */
#include "vault/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "base/secret.h"

#define NAME_SIZE 64

static int
check_stat(int fd, uint32_t uid, size_t most, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) ||
	    (st.st_uid != 0 && st.st_uid != uid))
		return -EPERM;
	if (st.st_size <= 0)
		return -ENODATA;
	if ((uint64_t)st.st_size > most)
		return -EFBIG;
	*size = (size_t)st.st_size;
	return 0;
}

/* Read exactly n bytes; fewer, or more, is a file that changes under us. */
static int
read_whole(int fd, uint8_t *p, size_t n)
{
	uint8_t more;
	size_t done = 0;

	while (done < n) {
		ssize_t got = read(fd, p + done, n - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return read(fd, &more, 1) == 0 ? 0 : -EIO;
}

/* syscalls(keeper): openat fstat newfstatat read close */
int
private_read(int dir, const char *name, uint32_t uid, size_t most,
    struct secret *out)
{
	cleanup(secret_free) struct secret made = { 0 };
	cleanup(close_fd) int fd = -1;
	size_t n = 0;
	int r;

	/* O_NONBLOCK: a pipe put in its place must not hold us */
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = check_stat(fd, uid, most, &n);
	if (r)
		return r;
	r = secret_new(&made, n);
	if (r)
		return r;
	r = read_whole(fd, made.p, n);
	if (r)
		return r;
	*out = made;
	made = (struct secret){ 0 };
	return 0;
}

static int
write_whole(int fd, struct span bytes)
{
	while (bytes.n) {
		ssize_t put = write(fd, bytes.p, bytes.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes = span_skip(bytes, (size_t)put);
	}
	return fsync(fd) ? -errno : 0;
}

/* Fill the new file beside; the caller removes it on failure. */
static int
write_beside(int dir, const char *beside, uint32_t uid, mode_t mode,
    struct span bytes)
{
	cleanup(close_fd) int fd = -1;

	fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return -errno;
	if (fchown(fd, uid, (gid_t)-1) || fchmod(fd, mode))
		return -errno;
	return write_whole(fd, bytes);
}

int
private_write(int dir, const char *name, uint32_t uid, mode_t mode,
    struct span bytes)
{
	char beside[NAME_SIZE];
	int r;

	if (snprintf(beside, sizeof(beside), ".%s.new", name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	if (unlinkat(dir, beside, 0) && errno != ENOENT)
		return -errno;
	r = write_beside(dir, beside, uid, mode, bytes);
	if (!r && renameat(dir, beside, dir, name))
		r = -errno;
	if (r) {
		unlinkat(dir, beside, 0);
		return r;
	}
	return fsync(dir) ? -errno : 0;
}

/* syscalls(keeper): openat fstat write fsync renameat close */
int
private_replace(int dir, const char *name, uint32_t uid, struct span bytes)
{
	cleanup(close_fd) int fd = -1;
	char beside[NAME_SIZE];
	struct stat st;
	int r;

	if (snprintf(beside, sizeof(beside), ".%s.new", name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	fd = openat(dir, beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) || st.st_uid != uid)
		return -EPERM;
	r = write_whole(fd, bytes);
	if (!r && renameat(dir, beside, dir, name))
		r = -errno;
	if (r)
		return r;
	return fsync(dir) ? -errno : 0;
}

int
private_directory(int dir, const char *name, uint32_t uid)
{
	cleanup(close_fd) int fd = -1;
	struct stat st;
	bool made = false;

	if (!mkdirat(dir, name, 0700))
		made = true;
	else if (errno != EEXIST)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (made && fchown(fd, uid, uid))
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	if ((st.st_uid != 0 && st.st_uid != uid) || (st.st_mode & 077))
		return -EPERM;
	return take_fd(&fd);
}
