/* children.c: channels, and starting a process with its ends of them. */
#include "warden/children.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instance.h"
#include "base/log.h"
#include "base/must.h"

#define CHANNEL_BYTES (4 << 20)	/* of a channel's queue; the kernel may give less */

static const char *const programs[SLOTS] = {
	[SLOT_LOADER] = "loader", [SLOT_POLICY] = "policy",
	[SLOT_GRAMMAR] = "grammar", [SLOT_KEEPER] = "keeper",
	[SLOT_BROKER] = "broker", [SLOT_RECORDER] = "recorder",
	[SLOT_RESOLVER] = "resolver", [SLOT_COURIER] = "courier",
	[SLOT_WORKER] = "worker",
};

/* All workers are one program. */
static unsigned int
kind_of(unsigned int slot)
{
	return msg_is_worker(slot) ? SLOT_WORKER : slot;
}

const char *
children_program(unsigned int slot)
{
	return programs[kind_of(slot)];
}

/* Move a descriptor out of the range that children find theirs in. */
static int
move_up(int *fd)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, MSG_FD_PRIVATE);

	if (moved < 0)
		return -errno;
	close(*fd);
	*fd = moved;
	return 0;
}

static int
open_channel(struct children *children, unsigned int a, unsigned int b)
{
	int pair[2], size = CHANNEL_BYTES, error = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return -errno;
	for (int i = 0; i < 2 && !error; i++) {
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
		error = move_up(&pair[i]);
	}
	children->ends[a][b] = pair[0];
	children->ends[b][a] = pair[1];
	return error;
}

static bool
exists(const struct children *children, unsigned int slot)
{
	return slot == SLOT_WARDEN || children->child[slot].state != CHILD_ABSENT;
}

static int
open_channels(struct children *children)
{
	int error = 0;

	for (unsigned int a = 0; a < SLOTS && !error; a++)
		for (unsigned int b = a + 1; b < SLOTS && !error; b++)
			if (exists(children, a) && exists(children, b) &&
			    msg_has_channel(a, b) && children->ends[a][b] < 0)
				error = open_channel(children, a, b);
	for (unsigned int b = 0; b < SLOTS && !error; b++)
		if (children->ends[SLOT_WARDEN][b] >= 0 &&
		    dup3(children->ends[SLOT_WARDEN][b], MSG_FD_CHANNEL(b), O_CLOEXEC) < 0)
			error = -errno;
	return error;
}

static void
program_path(const struct children *children, unsigned int slot, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", children->instance->program_directory,
	    children->child[slot].program);
}

/* One that is not there is said to be so when it is started. */
static void
open_programs(struct children *children)
{
	char path[2 * INSTANCE_PATH_SIZE];

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		children->programs[slot] = -1;
		if (kind_of(slot) != slot || !children->child[slot].program)
			continue;
		program_path(children, slot, path, sizeof(path));
		children->programs[slot] = open(path, O_RDONLY | O_CLOEXEC);
		if (children->programs[slot] >= 0)
			(void)move_up(&children->programs[slot]);
	}
}

static int
open_all(struct children *children, const struct instance *instance)
{
	children->instance = instance;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		children->child[slot].program = children_program(slot);
	open_programs(children);
	children->settings = instance_seal(instance);
	if (children->settings < 0)
		return children->settings;
	if (move_up(&children->settings))
		return -errno;
	return open_channels(children);
}

/* Of a place that has no process yet. */
static enum child_state
first_state(unsigned int slot, unsigned int workers)
{
	if (!msg_is_worker(slot))
		return programs[slot] ? CHILD_WAITING : CHILD_ABSENT;
	if (slot < SLOT_WORKER + workers)
		return CHILD_WAITING;
	return slot < SLOT_WORKER + 2 * workers ? CHILD_SPARE : CHILD_ABSENT;
}

int
children_open(struct children *children, const struct instance *instance,
    unsigned int workers)
{
	*children = (struct children){ 0 };
	memset(children->ends, -1, sizeof(children->ends));
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		children->child[slot].state = first_state(slot, workers);
	return open_all(children, instance);
}

int
children_take_over(struct children *children, const struct instance *instance,
    unsigned int workers)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		struct child *child = &children->child[slot];

		child->is_old = child->pid != 0;
		child->told = clock_mono();
		if (child->state == CHILD_ABSENT && first_state(slot, workers) != CHILD_ABSENT)
			child->state = msg_is_worker(slot) ? CHILD_SPARE : CHILD_WAITING;
	}
	return open_all(children, instance);
}

void
children_sweep(struct children *children)
{
	char room[1];

	for (unsigned int slot = SLOT_WORKER; msg_is_worker(slot); slot++)
		for (unsigned int peer = 0; peer < SLOTS; peer++)
			while (children->child[slot].state == CHILD_SPARE && children->ends[slot][peer] >= 0 &&
			    recv(children->ends[slot][peer], room, sizeof(room), MSG_DONTWAIT) >= 0)
				;
}

/* In the child: its ends where it looks for them, and nothing else open once it is executed. */
static int
place_ends(const struct children *children, unsigned int slot)
{
	if (dup2(children->settings, MSG_FD_INSTANCE) < 0)
		return -errno;
	for (unsigned int peer = 0; peer < SLOTS; peer++) {
		int end = children->ends[slot][peer];

		close(MSG_FD_CHANNEL(peer));
		if (end >= 0 && dup2(end, MSG_FD_CHANNEL(peer)) < 0)
			return -errno;
	}
	return close_range(MSG_FD_CHANNEL(SLOTS), ~0u, CLOSE_RANGE_CLOEXEC) ? -errno : 0;
}

static const char *
cgroup_of(unsigned int slot)
{
	return msg_is_worker(slot) ? "worker" : slot == SLOT_RESOLVER ? "resolver" : "others";
}

/* In the child: into its cgroup, workers and the resolver apart, since theirs are fenced. */
static int
enter_cgroup(const struct children *children, unsigned int slot)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/%s/cgroup.procs",
	    children->instance->daemon_cgroup,
	    cgroup_of(slot));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, "0", 1) != 1)
		error = -errno;
	close(fd);
	return error;
}

/* By its name, as long as that leads to what we opened; else what we opened. */
static int
execute(const struct children *children, unsigned int slot, const char *path, char **argv)
{
	int fd = children->programs[kind_of(slot)];
	struct stat ours, there;

	if (fd < 0 || fstat(fd, &ours) || (stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino))
		execv(path, argv);
	else
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return -errno;
}

static void __attribute__((noreturn))
become(const struct children *children, unsigned int slot)
{
	const struct child *child = &children->child[slot];
	char path[2 * INSTANCE_PATH_SIZE], number[12];
	char *argv[] = { (char *)child->program, number, NULL };
	sigset_t none;
	int error;

	program_path(children, slot, path, sizeof(path));
	snprintf(number, sizeof(number), "%u",
	    msg_is_worker(slot) ? slot - SLOT_WORKER : 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	error = enter_cgroup(children, slot);
	if (!error)
		error = place_ends(children, slot);
	if (!error)
		error = execute(children, slot, path, argv);
	errno = -error;
	log_error("%s cannot be started: %m", path);
	_exit(127);
}

int
children_start(struct children *children, unsigned int slot)
{
	struct child *child = &children->child[slot];
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(children, slot);
	child->pid = pid;
	child->is_faulty = child->is_old = child->is_replaced = false;
	child->state = CHILD_STARTING;
	child->started = clock_wall();
	child->began = clock_mono();
	return 0;
}

unsigned int
children_find(const struct children *children, pid_t pid)
{
	unsigned int slot = 0;

	while (slot < SLOTS && children->child[slot].pid != pid)
		slot++;
	return slot;
}
