/* own.h: what the files of registry/ share. Not for others. */
#ifndef REGISTRY_OWN_H
#define REGISTRY_OWN_H

#include "registry/registry.h"

/*
 * A JSON object from a file, at most `most` bytes of it. Gives *out, which the
 * caller frees. 0, -EFBIG, -EBADMSG (no JSON object) or another -errno.
 */
int file_object(const char *path, size_t most, json_t **out);
/* The same of any JSON document. */
int file_document(const char *path, size_t most, json_t **out);
/* A member that is a text; "" when there is none. */
const char *file_text(const json_t *object, const char *name);
/* Copy a text into `size` bytes, all of it or nothing. False: it is too long. */
bool file_copy(char *into, size_t size, const char *text);

/* What its engine knows of it, and the bundle's annotations. What is not known
 * stays empty. 0 or -errno. */
int engine_describe(const char *root, struct container *);

#endif
