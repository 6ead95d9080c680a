/*
 * stdio.c: the standard descriptors of a skill.
 * They are somebody's, who may have them lead to a file system that does not
 * answer: whoever so much as looks at one, or closes it, may wait for ever. So
 * the daemon never has them. They come to the child by a socket of which nobody
 * else has this end, and after it was let go, when nobody waits for it.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/must.h"
#include "span.h"

#define PID_FS_MAGIC_OF_6_9 0x50494446	/* newer than our headers */

/* Waits for them. What else comes closes itself at execve. */
int
launch_receive(const struct launch *l, int stdio[3])
{
	union {
		char room[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	if (recvmsg(l->stdio, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&message);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(3 * sizeof(int)) ||
	    message.msg_flags & MSG_CTRUNC)
		return -EINVAL;
	memcpy(stdio, CMSG_DATA(c), 3 * sizeof(int));
	return 0;
}

/* File systems whose "regular files" are handles to something else. */
static bool
is_stored(int fd)
{
	static const uint32_t handles[] = { NSFS_MAGIC, PROC_SUPER_MAGIC,
		SYSFS_MAGIC, BPF_FS_MAGIC, CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,
		SECURITYFS_MAGIC, ANON_INODE_FS_MAGIC, PID_FS_MAGIC_OF_6_9 };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < COUNT(handles); i++)
		if ((uint32_t)fs.f_type == handles[i])
			return false;
	return true;
}

/* May this be a skill's standard descriptor? A way to the network or to the
 * host's file tree may not (KERNEL rows 2, 3 and 4). */
static bool
is_harmless(int fd)
{
	struct stat st;
	socklen_t n = sizeof(int);
	int flags = fcntl(fd, F_GETFL), family, terminal;

	if (flags < 0 || flags & O_PATH || fstat(fd, &st) < 0)
		return false;
	if (S_ISFIFO(st.st_mode))
		return true;
	if (S_ISREG(st.st_mode))
		return is_stored(fd);
	if (S_ISSOCK(st.st_mode))
		return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) == 0 &&
		    family == AF_UNIX;
	if (!S_ISCHR(st.st_mode))
		return false;
	if (major(st.st_rdev) == 1)	/* null zero full random urandom */
		return minor(st.st_rdev) == 3 || minor(st.st_rdev) == 5 ||
		    (minor(st.st_rdev) >= 7 && minor(st.st_rdev) <= 9);
	return ioctl(fd, TIOCGPGRP, &terminal) == 0 || isatty(fd);
}

int
launch_examine(const int stdio[3], const char **what)
{
	static const char *const names[] = {
		"use as standard input what is no file, pipe, terminal or unix socket",
		"use as standard output what is no file, pipe, terminal or unix socket",
		"use as error output what is no file, pipe, terminal or unix socket",
	};

	for (int i = 0; i < 3; i++)
		if (!is_harmless(stdio[i])) {
			*what = names[i];
			return -EPERM;
		}
	return 0;
}

int
launch_place(const int stdio[3])
{
	int kept[3];

	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
		if (kept[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(kept[i], i) < 0)
			return -errno;
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}
