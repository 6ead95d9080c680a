/*
 * box.h: what a process gives up before it serves.
 * box_enter() is the first act of every main, after what must be opened is open:
 * own uid and gid, no supplementary groups, capabilities down to `keep` and an
 * empty bounding set, no_new_privs, not dumpable, no core files, descriptor and
 * memory limits, then a seccomp filter that kills on any call not listed, and on
 * any that would change a channel. So channels are in place before.
 */
#ifndef BOX_BOX_H
#define BOX_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOX_ROOT UINT32_MAX	/* stay root (of the kept capabilities only) */

struct box {
	uint32_t uid;			/* and gid; BOX_ROOT: keep 0 */
	uint64_t keep;			/* bit per CAP_* that stays, permitted and effective */
	bool keep_bounding;		/* bounding set = keep, not empty (for a process that execs) */
	bool empty_network;		/* new network namespace with nothing in it */
	bool locked_memory;		/* mlockall */
	unsigned int descriptors;	/* RLIMIT_NOFILE; 0: unchanged */
	const char *const *calls;	/* names of system calls, NULL at the end; NULL: no filter */
	bool outlives_warden;		/* not killed when the warden dies: it ends by itself */
	bool can_thread;		/* clone of threads only is allowed too */
	bool speaks_ip;			/* socket is allowed too, for IPv4 and IPv6 only */
};

/* Calls that the loop, post and memory need in every process, NULL at the end;
 * box_enter adds them to `calls`. With sanitizers the filter logs instead of kills. */
extern const char *const box_common_calls[];

/* Returns 0 or -errno; after a failure the process must exit. */
int box_enter(const struct box *);

#endif
