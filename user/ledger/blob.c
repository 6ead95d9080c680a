/*
 * blob.c: name, pack, unpack, read and write bodies.
 * A frame says how long its content is, so that a reader takes the room it needs
 * and no frame can swell beyond it; one frame is the whole file, so that there is
 * nothing in it that no hash covers.
 * syscalls(recorder): openat read close fsync unlinkat, and those of tile.c
 */
#include "ledger/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/must.h"
#include "ledger/tile.h"

#define LEVEL 3		/* zstd's own default */

char *
blob_path(char *path, const struct hash *name)
{
	int n = snprintf(path, BLOB_PATH_SIZE, BLOB_FOLDER "/");

	for (size_t i = 0; i < HASH_SIZE; i++)
		n += snprintf(path + n, BLOB_PATH_SIZE - (size_t)n, "%02x",
		    name->p[i]);
	return path;
}

bool
blob_is_named(const char *name, struct hash *out)
{
	struct hash hash = { 0 };

	if (strlen(name) != 2 * (size_t)HASH_SIZE)
		return false;
	for (size_t i = 0; i < 2 * (size_t)HASH_SIZE; i++) {
		char c = name[i];
		int v = c >= '0' && c <= '9' ? c - '0' :
		    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (v < 0)
			return false;
		hash.p[i / 2] = (uint8_t)(hash.p[i / 2] << 4 | v);
	}
	*out = hash;
	return true;
}

int
blob_pack(struct span body, struct out *file)
{
	size_t had = file->n, room = ZSTD_compressBound(body.n), n;

	if (body.n > ENTRY_BLOB_LIMIT)
		return -EMSGSIZE;
	out_zero(file, room);
	if (file->failed)
		return -ENOMEM;
	n = ZSTD_compress(file->p + had, room, body.p, body.n, LEVEL);
	file->n = had + (ZSTD_isError(n) ? 0 : n);
	return ZSTD_isError(n) ? -ENOMEM : 0;	/* there was room for any body */
}

int
blob_unpack(struct span file, const struct hash *name, struct out *body)
{
	unsigned long long n = ZSTD_getFrameContentSize(file.p, file.n);
	size_t had = body->n;
	struct hash is;

	if (n > ENTRY_BLOB_LIMIT ||	/* also where it is not told */
	    ZSTD_findFrameCompressedSize(file.p, file.n) != file.n)
		return -EBADMSG;
	out_zero(body, (size_t)n);
	if (body->failed)
		return -ENOMEM;
	if (ZSTD_decompress(body->p + had, (size_t)n, file.p, file.n) == n) {
		hash_bytes(&is, -1, span_skip(out_view(body), had),
		    span_of(NULL, 0));
		if (hash_equal(&is, name))
			return 0;
	}
	body->n = had;
	return -EBADMSG;
}

int
blob_read(int directory, const struct hash *name, struct out *body)
{
	struct out file = out_new(ZSTD_compressBound(ENTRY_BLOB_LIMIT));
	char path[BLOB_PATH_SIZE];
	int error = tile_read(directory, blob_path(path, name), &file);

	if (!error)
		error = blob_unpack(out_view(&file), name, body);
	out_free(&file);
	return error == -EFBIG || error == -ENODATA ? -EBADMSG : error;
}

/* Another run may have left it in memory only. */
static int
make_last(int directory, const char *path)
{
	cleanup(close_fd) int fd = openat(directory, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	return fsync(fd) ? -EIO : 0;
}

int
blob_write(int directory, const struct hash *name, struct span file, bool *mended)
{
	struct out was = out_new(ENTRY_BLOB_LIMIT);
	char path[BLOB_PATH_SIZE];
	int error = blob_read(directory, name, &was);

	out_free(&was);
	blob_path(path, name);
	if (!error)
		return make_last(directory, path);
	if (error == -EBADMSG) {	/* a crash of the machine, or a hand */
		if (unlinkat(directory, path, 0))
			return -errno;
		*mended = true;
	} else if (error != -ENOENT) {
		return error;
	}
	return tile_write(directory, path, file, true);
}
