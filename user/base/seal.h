/*
 * seal.h: bytes in a memory file that nobody can change any more.
 * Whoever receives one checks the seals before it maps or reads: without them the
 * giver could change what was checked, or cut it off under the reader.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdbool.h>

#include "span.h"

/* A sealed memory file with these bytes. Returns its descriptor or -errno. */
int seal_new(const char *name, struct span);
/* Has it all the seals that count, whatever others besides? */
bool seal_is_whole(int fd);

#endif
