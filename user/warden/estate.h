/* estate.h: the directories and cgroups an instance needs, with the right owners. Made by the warden, as root, at every start. */
#ifndef WARDEN_ESTATE_H
#define WARDEN_ESTATE_H

#include <stddef.h>

struct instance;

/* Make what is missing, mend owners and modes. Returns 0 or -errno, with what failed in `why`. */
int estate_make(const struct instance *, char *why, size_t size);

#endif
