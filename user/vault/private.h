/*
 * private.h: files that only their owner may read.
 * Read with doubt: no link is followed, nothing but a regular file is read, its
 * owner is root or the uid given, and nobody else has any right to it.
 */
#ifndef VAULT_PRIVATE_H
#define VAULT_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "span.h"

struct secret;

/*
 * Read `name` (in directory `dir`, or absolute with AT_FDCWD). Returns 0 and
 * *out is the caller's, or, with *out unchanged: -ENOENT, -EPERM (wrong owner
 * or mode, or no regular file), -ELOOP (a link), -EFBIG, -ENODATA (empty),
 * -EACCES or another -errno.
 */
int private_read(int dir, const char *name, uint32_t uid, size_t most, struct secret *out);
/*
 * Put `bytes` there in one step, with this owner and mode: a reader sees the
 * whole or nothing, also after a power cut. Returns 0 or -errno.
 */
int private_write(int dir, const char *name, uint32_t uid, mode_t mode, struct span bytes);
/* The same for who is boxed already, has that uid, and cannot remove a file: mode 0600; one that is left beside is
 * written over. Returns 0, -EPERM (what lies beside is not ours) or -errno. */
int private_replace(int dir, const char *name, uint32_t uid, struct span bytes);
/* Open a directory below `dir`, making it (0700, owned by uid) where there is
 * none. Returns the descriptor, -EPERM (owner or mode is wrong) or -errno. */
int private_directory(int dir, const char *name, uint32_t uid);

#endif
