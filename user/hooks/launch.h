/*
 * launch.h: start a command as a skill: in its cgroup, in namespaces of its
 * own, without rights. Knows nothing of sessions, policy or the daemon, so that
 * a test can call it. Lives in the loader; needs CAP_SYS_ADMIN, CAP_NET_ADMIN,
 * CAP_SETUID, CAP_SETGID, CAP_SETPCAP and CAP_DAC_OVERRIDE.
 *
 * In two steps. launch_begin() makes two processes, already inside the cgroup,
 * in new pid, mount, ipc, uts and (unless the host's is wanted) network
 * namespaces: the first, which tends whatever comes after it (tend.c), and the
 * child that will be the command. With `lo` up and its mounts arranged it waits.
 * Its namespace can now be given a door. launch_go() lets it drop everything and
 * execute the command. What is gone by then, for good, whatever the command is:
 *   - every descriptor but 0, 1 and 2, and those are files, pipes, terminals,
 *     harmless devices or unix sockets;
 *   - every capability in every set, the bounding set too, securebits locked,
 *     no_new_privs set, so that no set-uid file gives anything back;
 *   - every process but the skill's own: none other has a number or a /proc;
 *   - the paths in `hide`, every bpffs and every foreign /proc; the cgroup file
 *     systems are read-only;
 *   - by seccomp, foreign system call tables and the calls in fence.c.
 */
#ifndef HOOKS_LAUNCH_H
#define HOOKS_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Show the file `from` at `to`, read-only. A `to` below `shelf` is made. */
struct launch_bind {
	const char *from, *to;
};

struct launch {
	char *const *argv;		/* ended by NULL; argv[0] is looked up in env's PATH */
	char *const *env;		/* all of it, ended by NULL */
	const char *cwd;		/* entered as the skill's user */
	uint32_t uid, gid;		/* never 0 */
	int cgroup;			/* descriptor of its folder */
	int stdio;			/* a socket into which three descriptors will come */
	bool own_network;
	bool no_unix;			/* the kernel does not watch unix sockets: forbid new ones */
	const char *const *hide;	/* folders to cover, ended by NULL; absent ones are fine */
	const char *shelf;		/* covered too, but for binds into it; NULL: none */
	const struct launch_bind *binds;	/* ended by NULL in `from` */
	const char *node;		/* on the shelf: a certificate to be trusted; NULL: none */
	const char *folder;		/* the skill's own, where it may have a list of its own; NULL */
};

struct launched {
	pid_t pid;	/* the command's, as the caller sees it */
	int pidfd;	/* of the first process, a child of the caller's: ends last */
	int line;	/* poll it after launch_go(): launch_outcome() has an answer */
	int end;	/* poll it: the command has ended: launch_end() */
};

/* The child waits. On failure nothing is left behind, *out is unchanged and
 * `why` (of `size` bytes) is a sentence. Returns 0 or -errno. */
int launch_begin(const struct launch *, struct launched *out, char *why, size_t size);
/* Let it go. 0, or -errno when it is no more. */
int launch_go(const struct launched *);
/* 1: the command runs; -EAGAIN: not known yet; another -errno: it could not be
 * started, `why` tells, and the child is about to exit. */
int launch_outcome(const struct launched *, char *why, size_t size);
/* How the command ended: si_code and si_status. 0; -EAGAIN: not yet. What it
 * left running goes on. Its number is nobody else's until launch_forget(). */
int launch_end(const struct launched *, siginfo_t *gone);
/* Close the descriptors; no process is touched. Safe to repeat. The first
 * process is left to be reaped (or SA_NOCLDWAIT). */
void launch_forget(struct launched *);
/* Kill what has been made, reap it, and forget it. */
void launch_abort(struct launched *);

/* ---- what the children do, each its own file ------------------------- */

/* launch.c: close every descriptor but those `n`, given in rising order; negative ones are none. 0 or -errno. */
int launch_keep(const int *fds, size_t n);
/* tend.c: be the first process, beside that command, until all have ended. */
void launch_tend(const struct launch *, pid_t command, int end)
    __attribute__((noreturn));
/* stdio.c: wait for the standard descriptors; see that they lead nowhere they must
 * not, which may wait for their file systems; put them at 0, 1 and 2, and let
 * the rest close itself at execve. 0 or -errno. */
int launch_receive(const struct launch *, int stdio[3]);
int launch_examine(const int stdio[3], const char **what);
int launch_place(const int stdio[3]);
/* enter.c: arrange the new mount namespace. 0 or -errno; *what is the step. */
int launch_mounts(const struct launch *, const char **what);
/* shed.c: user, groups, capabilities, securebits: all gone. */
int launch_shed(const struct launch *, const char **what);
/* fence.c: the seccomp filter. After this, execute and nothing else. */
int launch_fence(const struct launch *);

#endif
