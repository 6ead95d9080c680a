/*
 * launch.c: make the child, wait for it, let it go, hear how it went.
 * Parent and child share one SOCK_SEQPACKET pair. The child says one `struct
 * word` when it has arranged itself, waits for one byte, and says another only
 * if something fails after that: execve() closes its end, so the end of the
 * conversation means that the command runs. The child is a copy of a process
 * with one thread and may use the C library as usual. In between stands the
 * first process of the new pid namespace, which has another pair to say how the
 * command ended; what number the command has out here, the kernel says with the
 * child's first word.
 */
#include "launch.h"

#include <errno.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"
#include "hooks/lay.h"
#include "span.h"

#define READY_MS 10000		/* to arrange mounts on a busy machine */
#define WHAT_SIZE 96

struct word {
	int error;		/* 0: ready */
	char what[WHAT_SIZE];
};

static void __attribute__((noreturn))
give_up(int line, int error, const char *what)
{
	struct word word = { .error = error < 0 ? -error : error };

	snprintf(word.what, sizeof(word.what), "%s", what);
	send(line, &word, sizeof(word), MSG_NOSIGNAL);
	_exit(word.error == ENOENT ? 127 : 126);
}

/* An AF_UNIX socket serves: the skill's cgroup may not make UDP sockets. */
static int
raise_loopback(void)
{
	int fd cleanup(close_fd) = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return -errno;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
reset_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &plain, NULL);	/* KILL and STOP say no */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The bundles lie wherever the skill's programs do: now that nobody waits for this. */
static int
trust(const struct launch *l)
{
	const struct lay lay = { .node = l->node, .workshop = l->shelf, .mounts = -1,
		.who = { l->env, l->folder, l->cwd }, .uid = l->uid, .gid = l->gid };
	unsigned int count;

	return l->node ? lay_roots(&lay, &count) : 0;
}

static void __attribute__((noreturn))
child(const struct launch *l, int line)
{
	struct word ready = { 0 };
	const char *what = "set up";
	int stdio[3], r = l->own_network ? raise_loopback() : 0;
	char go;

	if (r < 0)
		give_up(line, r, "raise the loopback interface");
	r = launch_mounts(l, &what);
	if (r < 0)
		give_up(line, r, what);
	if (send(line, &ready, sizeof(ready), MSG_NOSIGNAL) < 0 ||
	    recv(line, &go, 1, 0) != 1)
		_exit(126);	/* the loader is gone, or thought better of it */
	r = launch_receive(l, stdio);	/* from here on it may wait */
	if (r < 0)
		give_up(line, r, "receive three standard descriptors");
	r = launch_examine(stdio, &what);
	if (r < 0)
		give_up(line, r, what);
	r = trust(l);
	if (r < 0)
		give_up(line, r, "have the node's certificate trusted");
	umask(022);
	if (setsid() < 0)
		give_up(line, errno, "begin a session");
	r = launch_shed(l, &what);
	if (r < 0)
		give_up(line, r, what);
	r = launch_place(stdio);
	if (r < 0)
		give_up(line, r, "pass the standard descriptors");
	if (chdir(l->cwd) < 0)
		give_up(line, errno, l->cwd);
	environ = (char **)l->env;
	r = launch_fence(l);
	if (r < 0)
		give_up(line, r, "set the system call filter");
	execvp(l->argv[0], l->argv);
	give_up(line, errno, l->argv[0]);
}

int
launch_keep(const int *fds, size_t n)
{
	unsigned int from = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int fd = (unsigned int)fds[i];

		if (fds[i] < 0)
			continue;
		if (fd > from && syscall(SYS_close_range, from, fd - 1, 0U) < 0)
			return -errno;
		from = fd + 1;
	}
	return syscall(SYS_close_range, from, ~0U, 0U) < 0 ? -errno : 0;
}

/* What the loader has is none of ours: a copy of another session's end, in a
 * child that waits, and that session would wait too. */
static int
keep_own(const struct launch *l, int line, int end)
{
	int own[] = { 0, 1, 2, l->stdio, line, end };

	qsort(own, COUNT(own), sizeof(own[0]), by_number);
	return launch_keep(own, COUNT(own));
}

/* The first process of the namespace: one more, and tend it. */
static void __attribute__((noreturn))
begin(const struct launch *l, int line, int end)
{
	pid_t command;
	int r = keep_own(l, line, end);

	if (r < 0)
		give_up(line, r, "close what is not its own");
	reset_signals();	/* both: the loader does not mourn its children */
	command = fork();
	if (command < 0)
		give_up(line, errno, "make a second process");
	if (command == 0)
		child(l, line);
	launch_tend(l, command, end);
}

static int
check(const struct launch *l, char *why, size_t size)
{
	if (l->uid && l->gid)
		return 0;
	snprintf(why, size, "a skill never runs as root");
	return -EPERM;
}

static long
make_child(const struct launch *l, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC |
		    CLONE_NEWUTS | CLONE_PIDFD | CLONE_INTO_CGROUP |
		    (l->own_network ? CLONE_NEWNET : 0),
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)l->cgroup,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

/* Whose word it is, by our numbers; 0: the kernel does not say. */
static pid_t
sender_of(struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct ucred who = { 0 };

	if (c && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_CREDENTIALS &&
	    c->cmsg_len == CMSG_LEN(sizeof(who)))
		memcpy(&who, CMSG_DATA(c), sizeof(who));
	return who.pid;
}

static int
hear(int line, pid_t *from, char *why, size_t size)
{
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct word word;
	struct iovec part = { &word, sizeof(word) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(line, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	if (n == 0)
		return 1;
	if (n != sizeof(word))
		return -EPROTO;
	word.what[WHAT_SIZE - 1] = '\0';
	if (word.error)
		snprintf(why, size, "%s: %s", word.what, strerror(word.error));
	*from = sender_of(&message);
	return -word.error;
}

/* The child has said that it is ready, and so who it is: 0. */
static int
wait_ready(struct launched *l, char *why, size_t size)
{
	struct pollfd poll_one = { .fd = l->line, .events = POLLIN };
	int r;

	do
		r = poll(&poll_one, 1, READY_MS);
	while (r < 0 && errno == EINTR);
	r = r < 0 ? -errno : r == 0 ? -ETIMEDOUT :
	    hear(l->line, &l->pid, why, size);
	if (r == 1 || (r == 0 && l->pid <= 0))
		r = -ECHILD;
	if (r == -ETIMEDOUT || r == -ECHILD)
		snprintf(why, size, "the new process did not get ready");
	return r;
}

/* Pairs for the child and for the first process; ours are .line and .end. */
static int
make_lines(struct launched *made, int theirs[2])
{
	int pair[2], yes = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	made->line = pair[0];
	theirs[0] = pair[1];
	if (setsockopt(made->line, SOL_SOCKET, SO_PASSCRED, &yes,
	    sizeof(yes)) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	made->end = pair[0];
	theirs[1] = pair[1];
	return 0;
}

/* The two processes, the child on its way to being ready. */
static int
make_both(const struct launch *l, struct launched *made, char *why, size_t size)
{
	int theirs[2] = { -1, -1 }, r = make_lines(made, theirs);
	long pid;

	if (r == 0) {
		pid = make_child(l, &made->pidfd);
		if (pid == 0)
			begin(l, theirs[0], theirs[1]);
		r = pid < 0 ? -errno : 0;
	}
	close_fd(&theirs[0]);
	close_fd(&theirs[1]);
	if (r < 0)
		snprintf(why, size, "no new process: %s", strerror(-r));
	return r;
}

int
launch_begin(const struct launch *l, struct launched *out, char *why,
    size_t size)
{
	struct launched made = { .pidfd = -1, .line = -1, .end = -1 };
	int r = check(l, why, size);

	if (r == 0)
		r = make_both(l, &made, why, size);
	if (r == 0)
		r = wait_ready(&made, why, size);
	if (r < 0) {
		launch_abort(&made);
		return r;
	}
	*out = made;
	return 0;
}

int
launch_go(const struct launched *l)
{
	return send(l->line, "g", 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int
launch_outcome(const struct launched *l, char *why, size_t size)
{
	pid_t from;

	return hear(l->line, &from, why, size);
}

void
launch_forget(struct launched *l)
{
	close_fd(&l->line);
	close_fd(&l->end);
	close_fd(&l->pidfd);
}

void
launch_abort(struct launched *l)
{
	siginfo_t gone;

	if (l->pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, l->pidfd, SIGKILL, NULL, 0);
		while (waitid(P_PIDFD, (id_t)l->pidfd, &gone, WEXITED) < 0 &&
		    errno == EINTR)
			;
	}
	launch_forget(l);
}
