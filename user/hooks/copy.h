/*
 * copy.h: copies of files and small folders, with their owners and modes.
 * For lay.c. Reading is done as whom the copy is for, writing as root.
 */
#ifndef HOOKS_COPY_H
#define HOOKS_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "span.h"

struct out;

#define COPY_MOST (8u << 20)	/* bytes of a file, and of a folder */
#define COPY_ENTRIES 4096	/* of a folder and those in it */

struct copy {
	uint32_t uid, gid;	/* who reads */
};

/* Be them for the file system (capabilities go with that), or root again. */
void copy_become(const struct copy *, bool reader);
/* All of a regular file. 0, -EINVAL (it is none), -E2BIG, -ENOMEM or -errno. */
int copy_read(int fd, struct out *out);
/* A new file in `folder`, with owner and mode of `like`. 0, -EEXIST or -errno. */
int copy_write(int folder, const char *name, struct span in, const struct stat *like);
/*
 * A new folder `name` in `to` with what is in `from`: links as they are, files
 * that they may read, folders two deep. *has_hashes: some name is that of a
 * certificate's hash. 0, -E2BIG (it is larger than a folder of certificates ever is)
 * or -errno.
 */
int copy_folder(const struct copy *, int from, int to, const char *name, bool *has_hashes);

#endif
