/*
 * lay.h: show programs their bundles of authorities with the node's own in them.
 * Over each file or folder that is found (search.h) a copy is mounted, read-only,
 * that has the node's certificate beside what was there, with the owner and mode
 * of what it covers. Nothing is written to any file system that is there, and all
 * is undone when the mounts go. For a child that is about to end, or to become a
 * skill: it may wait for whatever file systems the bundles lie on. Needs
 * CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID, CAP_CHOWN and CAP_DAC_OVERRIDE, and
 * CAP_SYS_CHROOT where another mount namespace is meant.
 */
#ifndef HOOKS_LAY_H
#define HOOKS_LAY_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks/search.h"

struct lay {
	const char *node;	/* file: the node's certificate in PEM, where this process is */
	const char *workshop;	/* a folder of ours there, covered while we are at it */
	int mounts;		/* the mount namespace meant; -1: this process' own */
	const char *root;	/* what will be its root folder, while it is not yet; NULL: its own */
	struct search_for who;
	uint32_t uid, gid;	/* who may read what is found; 0: root */
};

/*
 * Do it; ids for the file system and groups are root's and none afterwards, and with
 * `mounts` this process is there. *count: what is covered. 0; -EINVAL (the node's
 * certificate is none) or another -errno, and then some may be covered.
 */
int lay_roots(const struct lay *, unsigned int *count);

/*
 * Take away all that was laid, from what `mountinfo` (of a process there) says, in
 * the mount namespace where this process is. *count: how many. 0 or -errno.
 */
int lay_lift(int mountinfo, unsigned int *count);

#endif
