/*
 * instance.h: which Interlock this is.
 * Paths, cgroup and uids of one instance, so that tests and a second copy run
 * beside a real one. Read from a file of `key = value` lines ('#' comments);
 * keys not given keep these defaults:
 *   name = interlock                        at most 15 characters, [a-z0-9-]
 *   policy_directory = /etc/interlock
 *   state_directory = /var/lib/interlock    ledger/ and skills/ below
 *   run_directory = /run/interlock          control.sock below
 *   pin_directory = /sys/fs/bpf/interlock
 *   program_directory = /usr/libexec/interlock
 *   cgroup =                                path below the cgroup2 mount where programs
 *                                           attach; empty: its root
 *   skill_cgroup = interlock.skills         below `cgroup`: one child for each session
 *   daemon_cgroup = interlock.daemon        below `cgroup`: worker/, resolver/ and others/
 *   uid_base = 60800                        process in slot n runs as uid_base + n
 *   workers = 0                             0: one for each core, at most 16
 *   drain = 30                              seconds that connections have to end when an upgrade
 *                                           replaces their worker
 *   log_level = info
 */
#ifndef BASE_INSTANCE_H
#define BASE_INSTANCE_H

#include <limits.h>
#include <stdint.h>

#include "span.h"

#define INSTANCE_FILE "/etc/interlock/instance.conf"
#define INSTANCE_PATH_SIZE 256

struct instance {
	char name[16];
	char policy_directory[INSTANCE_PATH_SIZE];
	char state_directory[INSTANCE_PATH_SIZE];
	char run_directory[INSTANCE_PATH_SIZE];
	char pin_directory[INSTANCE_PATH_SIZE];
	char program_directory[INSTANCE_PATH_SIZE];
	char cgroup[INSTANCE_PATH_SIZE];	/* absolute once read: mount point included */
	char skill_cgroup[INSTANCE_PATH_SIZE];	/* absolute */
	char daemon_cgroup[INSTANCE_PATH_SIZE];	/* absolute */
	uint32_t uid_base;
	uint32_t workers;	/* never 0 once read */
	uint32_t log_level;
	uint32_t drain;		/* seconds */
};

/* Read `path`; a missing file is fine only when it is INSTANCE_FILE. On failure
 * *line is the line at fault (0: the file itself) and *out is unchanged.
 * Returns 0, -EINVAL, -ENOENT (also: no cgroup2 is mounted) or another -errno. */
int instance_read(const char *path, struct instance *out, unsigned int *line);
/* The settings the warden handed over at MSG_FD_INSTANCE. Returns 0 or -errno. */
int instance_inherit(struct instance *out);
/* Put the settings into a sealed memfd. Returns the descriptor or -errno. */
int instance_seal(const struct instance *);
/* Path of the first cgroup2 mount in /proc/self/mounts. Returns 0 or -ENOENT. */
int instance_find_cgroup2(char *path, size_t size);

#endif
