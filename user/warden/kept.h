/*
 * kept.h: what a warden knows, across the execution of the next one.
 * The process stays: its children stay its children, its descriptors stay open. Only what they are must
 * be told, in lines of text in a memfd, because the next one may be a newer or an older version: who reads
 * leaves out lines it does not know.
 *   interlock-kept 1
 *   lock FD
 *   from VERSION PERSON                          who asked for it
 *   child SLOT STATE PID RESTARTS STARTED BEGAN BEAT
 *   end A B FD                                   what A holds to speak to B
 *   listener NETNS FAMILY FD
 */
#ifndef WARDEN_KEPT_H
#define WARDEN_KEPT_H

struct children;
struct store;

struct kept {
	struct children *children;
	struct store *store;
	int *lock;
	char from[32], person[32];
};

/* Write it down; every descriptor in it is then inherited. The memfd, inherited too, or -errno. */
int kept_write(const struct kept *);
/* Read it, and close the memfd; nothing in it is inherited any more. 0, -EINVAL or another -errno. */
int kept_read(int fd, struct kept *);

#endif
