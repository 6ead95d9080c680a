/*
 * tile.c: name, write and read the files of the log.
 * A tile is never rewritten: renameat2() with RENAME_NOREPLACE puts a finished
 * file where none was, in one step. Only the checkpoint is renamed over.
 * syscalls(recorder): openat write read close fsync renameat2 renameat mkdirat unlinkat
 *   getdents64 newfstatat fstat lseek
 */
#include "ledger/tile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/must.h"

#define BESIDE "new"		/* where files are made before they have their name */
#define FILE_MODE 0640
#define FOLDER_MODE 0750

char *
tile_path(char *path, unsigned int level, uint64_t index, unsigned int width)
{
	unsigned int groups[8], count = 0;
	int n;

	do {
		groups[count++] = (unsigned int)(index % 1000);
		index /= 1000;
	} while (index);
	n = level == TILE_ENTRIES ?
	    snprintf(path, TILE_PATH_SIZE, "tile/entries") :
	    snprintf(path, TILE_PATH_SIZE, "tile/%u", level);
	while (count--)
		n += snprintf(path + n, TILE_PATH_SIZE - (size_t)n, "/%s%03u",
		    count ? "x" : "", groups[count]);
	if (width)
		snprintf(path + n, TILE_PATH_SIZE - (size_t)n, ".p/%u", width);
	return path;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = span_skip(bytes, (size_t)n);
	}
	return 0;
}

static int
write_beside(int directory, struct span bytes, unsigned int mode, bool lasting)
{
	cleanup(close_fd) int fd = openat(directory, BESIDE,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	int error;

	if (fd < 0)
		return -errno;
	error = write_all(fd, bytes);
	if (!error && lasting && fsync(fd))
		error = -errno;
	if (error)
		unlinkat(directory, BESIDE, 0);
	return error;
}

/* Make every folder on the way to `path`. */
static int
make_folders(int directory, const char *path)
{
	char folder[TILE_PATH_SIZE];

	for (size_t i = 1; path[i] && i < sizeof(folder); i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		if (mkdirat(directory, folder, FOLDER_MODE) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static bool
holds(int directory, const char *path, struct span bytes)
{
	struct out was = out_new(bytes.n + 1);
	bool same = tile_read(directory, path, &was) == 0 &&
	    span_equal(out_view(&was), bytes);

	out_free(&was);
	return same;
}

int
tile_write(int directory, const char *path, struct span bytes, bool lasting)
{
	int error = write_beside(directory, bytes, FILE_MODE, lasting);

	if (error)
		return error;
	error = renameat2(directory, BESIDE, directory, path, RENAME_NOREPLACE) ?
	    -errno : 0;
	if (error == -ENOENT) {
		error = make_folders(directory, path);
		if (!error && renameat2(directory, BESIDE, directory, path,
		    RENAME_NOREPLACE))
			error = -errno;
	}
	if (error)
		unlinkat(directory, BESIDE, 0);
	if (error == -EEXIST && holds(directory, path, bytes))
		return 0;
	return error;
}

int
tile_read(int directory, const char *path, struct out *out)
{
	cleanup(close_fd) int fd = openat(directory, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t room[16384];
	size_t before = out->n;
	ssize_t n;

	if (fd < 0)
		return -errno;
	for (;;) {
		n = read(fd, room, sizeof(room));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)	/* none of them is empty when it is whole */
			return out->n == before ? -ENODATA : 0;
		out_bytes(out, room, (size_t)n);
		if (out->failed)
			return -EFBIG;
	}
}

int
tile_replace(int directory, const char *path, struct span bytes, unsigned int mode)
{
	int error = write_beside(directory, bytes, mode, true);

	if (error)
		return error;
	if (renameat(directory, BESIDE, directory, path)) {
		error = -errno;
		unlinkat(directory, BESIDE, 0);
		return error;
	}
	return fsync(directory) ? -errno : 0;
}

/* The folder of a tile's partial ones. */
static char *
partial_folder(char *path, unsigned int level, uint64_t index)
{
	tile_path(path, level, index, 0);
	strcat(path, ".p");	/* TILE_PATH_SIZE has room for the longest */
	return path;
}

/* 1 to 255 in its one decimal form, else 0. */
static unsigned int
width_of(const char *name)
{
	unsigned long v = name[0] >= '1' && name[0] <= '9' ?
	    strtoul(name, NULL, 10) : 0;
	char text[24];

	snprintf(text, sizeof(text), "%lu", v);
	return v < 256 && strcmp(text, name) == 0 ? (unsigned int)v : 0;
}

int
tile_partials(int directory, unsigned int level, uint64_t index,
    tile_partial_fn fn, void *arg)
{
	char path[TILE_PATH_SIZE];
	struct dirent *one;
	int fd, status = 0;
	DIR *folder;

	fd = openat(directory, partial_folder(path, level, index),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return -ENOMEM;
	}
	while (!status && (one = readdir(folder))) {
		if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
			continue;
		status = width_of(one->d_name) ?
		    fn(arg, width_of(one->d_name)) : -EBADMSG;
	}
	closedir(folder);
	return status;
}

struct trim {
	int directory;
	unsigned int level, keep;
	uint64_t index;
};

static int
trim_one(void *arg, unsigned int width)
{
	const struct trim *trim = arg;
	char path[TILE_PATH_SIZE];

	if (width == trim->keep)
		return 0;
	tile_path(path, trim->level, trim->index, width);
	return unlinkat(trim->directory, path, 0) ? -errno : 0;
}

int
tile_trim(int directory, unsigned int level, uint64_t index, unsigned int keep)
{
	struct trim trim = { directory, level, keep, index };
	char path[TILE_PATH_SIZE];
	int error = tile_partials(directory, level, index, trim_one, &trim);

	if (error || keep)
		return error;
	if (unlinkat(directory, partial_folder(path, level, index), AT_REMOVEDIR) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}
