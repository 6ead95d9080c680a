/*
 * manifest.h: measures that people have accepted, and what has changed since.
 * One folder for each skill, state_directory/skills/NAME/, holding for each
 * accepted measure a file named by kind and digest: `folder-HEX` is the whole
 * manifest (so `sha256sum` of the file gives its name), `executable-HEX` the
 * path. Lives in the loader.
 */
#ifndef HOOKS_MANIFEST_H
#define HOOKS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure.h"

#define MANIFEST_FOLDER "folder"
#define MANIFEST_EXECUTABLE "executable"

/* Has this measure been accepted? `directory` is the skill's own. */
bool manifest_is_accepted(const char *directory, const char *kind,
    const uint8_t digest[MEASURE_SIZE]);
/* Keep it: on disk, synced, when this returns 0. Else -errno. */
int manifest_accept(const char *directory, const char *kind,
    const uint8_t digest[MEASURE_SIZE], const char *text, size_t size);
/* The manifest accepted last, which the caller frees. -ENOENT: none yet. */
int manifest_last(const char *directory, char **text);

/* `change` is "added", "removed" or "changed"; `path` as the manifest writes it. */
typedef void (*manifest_fn)(void *arg, const char *change, struct span path);
/* Tell every difference, in the order of paths. How many there are. */
size_t manifest_compare(const char *before, const char *after, manifest_fn,
    void *arg);

#endif
