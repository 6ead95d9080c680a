/*
 * process.h: what /proc and the cgroup file system say of a process or group.
 * Lives in the loader; needs CAP_SYS_PTRACE to look at other users' processes.
 */
#ifndef HOOKS_PROCESS_H
#define HOOKS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* When it started, in clock ticks since boot (field 22 of stat). 0 or -ESRCH. */
int process_started(pid_t, uint64_t *ticks);
/* The same of the kernel's nanoseconds. */
uint64_t process_ticks(uint64_t start_ns);
/* Its network namespace, open. A descriptor or -errno. */
int process_netns(pid_t);
/* The path of its executable as the kernel has it; the file is not looked at, which
 * may wait for its file system. 0 or -errno. */
int process_executable(pid_t, char *path, size_t size);
/* That file, open. A descriptor or -errno. */
int process_open_executable(pid_t);
/* Its cgroup below the cgroup2 mount `root`, as an absolute path. 0 or -errno. */
int process_cgroup(pid_t, const char *root, char *path, size_t size);
/*
 * Call fn for what each of its descriptors leads to, as readlink(2) says, and for
 * the path in /proc that says so, until it says other than 0, which is returned.
 * Threads with a table of their own (unshare(2), CLONE_FILES) are walked too.
 * -ESRCH: it is gone. -errno.
 */
typedef int (*process_link_fn)(void *arg, const char *link, const char *path);
int process_each_link(pid_t, process_link_fn, void *arg);
/* Of what protocol the socket is that a path in /proc leads to, in the kernel's own
 * words ("TCP", "UNIX-STREAM", "PACKET"): an attribute of its inode, which lsof(8)
 * shows too, so that nothing has to be taken from the process. 0 or -errno. */
#define PROCESS_KIND 32
int process_socket_kind(const char *path, char kind[PROCESS_KIND]);
/* Does it hold an io_uring, or a mapping of one? 1, 0 or -errno. */
int process_has_ring(pid_t);

/* Call fn for each process of the group and the groups below it, until it says
 * other than 0, which is returned. -errno when the group cannot be read. */
typedef int (*process_fn)(void *arg, pid_t);
int group_each(const char *path, process_fn, void *arg);
/* The same for the ids of the group and the groups below it. */
typedef int (*group_id_fn)(void *arg, uint64_t id);
int group_each_id(const char *path, group_id_fn, void *arg);
/*
 * holdings.c: does a process of the group hold what no program sees: an io_uring, a
 * socket of a kind that reaches no hook? 0: no; 1: yes, and `why` says which and
 * what to do; -errno, and why.
 */
int group_holdings(const char *path, char *why, size_t size);
/* caution.c: what it keeps when it is attached and nobody can take away, as a sentence
 * in text[size]; empty: nothing. */
void group_cautions(const char *path, char *text, size_t size);
/* Id of the group, as the kernel has it. 0 or -errno. */
int group_id(const char *path, uint64_t *id);
/*
 * May another than root move processes out of it? That takes the right to write
 * to cgroup.procs of a group above, up to the mount `root` (cgroups(7),
 * "delegation"). 1: yes, and above[size] is that group, *uid whose it is.
 * 0: no. -errno.
 */
int group_is_loose(const char *path, const char *root, char *above,
    size_t size, uint32_t *uid);
/* From its open cgroup.events: 1 processes live in it or below, 0 none, -errno. */
int group_is_populated(int events_fd);
/* End every process in it. 0 or -errno. */
int group_kill(const char *path);
/* Remove it and the empty groups below it. 0 or -errno. */
int group_remove(const char *path);

#endif
