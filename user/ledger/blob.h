/*
 * blob.h: bodies, beside the entries that name them.
 *   blob/<64 lower-case hex digits>
 * The name is the SHA-256 of the body; the file is the body as one zstd frame that
 * tells its length (RFC 8878). What several entries name is there once.
 */
#ifndef LEDGER_BLOB_H
#define LEDGER_BLOB_H

#include <stdbool.h>

#include "entry.h"
#include "ledger/hash.h"
#include "out.h"
#include "span.h"

#define BLOB_FOLDER "blob"
#define BLOB_PATH_SIZE 72

/* Name of a body's file. Returns `path` (BLOB_PATH_SIZE bytes). */
char *blob_path(char *path, const struct hash *);
/* Is it the name of such a file, without the folder? Then of this body. */
bool blob_is_named(const char *name, struct hash *out);

/* Append the body as its file has it. Returns 0, -EMSGSIZE (more than ENTRY_BLOB_LIMIT) or -ENOMEM. */
int blob_pack(struct span body, struct out *file);
/*
 * Append the body that is in `file`. Never more than ENTRY_BLOB_LIMIT bytes are made
 * of it, whatever it says. Returns 0, -EBADMSG (it is not the body of this name:
 * nothing appended) or -ENOMEM.
 */
int blob_unpack(struct span file, const struct hash *name, struct out *body);

/* Read and unpack. Returns 0, -ENOENT, -EBADMSG, -ENOMEM or another -errno. */
int blob_read(int directory, const struct hash *, struct out *body);
/*
 * Make the file, unless it is there, and make its bytes last; the folder is the
 * caller's to sync. A file that is not what its name says is taken away and made
 * again: *mended is then set. Returns 0, -EIO (what is on disk is not known) or -errno.
 */
int blob_write(int directory, const struct hash *, struct span file, bool *mended);

#endif
