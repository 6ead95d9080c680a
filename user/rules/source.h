/*
 * source.h: the files a policy is made of.
 * policy.yaml, then policy.d/ in name order; names are told relative to the
 * directory. Bounded in number and size. Does file I/O.
 */
#ifndef RULES_SOURCE_H
#define RULES_SOURCE_H

#include "rules/fault.h"
#include "span.h"

struct arena;

#define SOURCE_FILES 64
#define SOURCE_LIMIT (4u << 20)		/* bytes of all files */

struct source {
	const char *name;	/* "policy.yaml", "policy.d/10-shop.yaml" */
	struct span text;
};

struct sources {
	struct source v[SOURCE_FILES];
	size_t count;
	uint8_t digest[32];	/* SHA-256: for each file be32 length and name, be32 length and content */
};

/* Read them all, with memory from `arena`. Returns 0, -EINVAL (faults were added) or -ENOMEM. */
int source_read(struct arena *, const char *directory, struct faults *,
    struct sources *out);
/* Let one more file, of which a policy of that digest is made too, count into it. Returns 0 or -ENOMEM. */
int source_add_digest(uint8_t digest[32], const char *name, struct span content);
/* Read one file of at most `limit` bytes, with a NUL after it. Returns 0, -EFBIG, -ENOMEM or another -errno. */
int source_read_file(struct arena *, const char *path, size_t limit,
    struct span *out);

#endif
