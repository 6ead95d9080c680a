/*
 * skill_inside.h: a prisoner's attempts, made from inside a skill.
 * Each row tries what a skill must not be able to do, or must see, and says so
 * on standard error when it comes out otherwise. Plain system calls and files,
 * nothing of the project, so that it can be built into any program.
 */
#ifndef SKILL_INSIDE_H
#define SKILL_INSIDE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define X32_BIT 0x40000000L

static unsigned int inside_faults;

static void
inside_check(bool right, const char *what)
{
	if (right)
		return;
	inside_faults++;
	fprintf(stderr, "inside a skill: %s (errno: %s)\n", what,
	    strerror(errno));
}

/* The call failed, and in this way. */
static void
inside_refused(long result, int error, const char *what)
{
	inside_check(result < 0 && errno == error, what);
}

/* The value of a line of /proc/self/status. */
static bool
inside_status(const char *name, char *value, size_t size)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		size_t n = strlen(name);

		if (strncmp(line, name, n) || line[n] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + n + 1 +
		    strspn(line + n + 1, " \t"));
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

static void
inside_rights(void)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff",
		"CapBnd", "CapAmb" };
	char value[64];
	uid_t r, e, s;

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		inside_check(inside_status(sets[i], value, sizeof(value)) &&
		    strcmp(value, "0000000000000000") == 0, sets[i]);
	inside_check(inside_status("NoNewPrivs", value, sizeof(value)) &&
	    strcmp(value, "1") == 0, "NoNewPrivs");
	inside_check(inside_status("Seccomp", value, sizeof(value)) &&
	    strcmp(value, "2") == 0, "Seccomp");
	getresuid(&r, &e, &s);
	inside_check(r != 0 && r == e && e == s, "one uid, not root's");
	inside_check(getgroups(0, NULL) == 0, "no supplementary groups");
	inside_refused(setuid(0), EPERM, "setuid(0)");
	inside_refused(setgid(0), EPERM, "setgid(0)");
	inside_check(getsid(0) == getpid(), "a session of its own");
}

/* Only 0, 1, 2 and the one we look with. Call it before anything is opened. */
static void
inside_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;

	inside_check(d != NULL, "/proc/self/fd");
	while (d && (e = readdir(d)))
		inside_check(e->d_name[0] == '.' || atoi(e->d_name) <= 2 ||
		    atoi(e->d_name) == dirfd(d), "an inherited descriptor");
	if (d)
		closedir(d);
}

static void
inside_calls(void)
{
	int self = open("/proc/self/ns/net", O_RDONLY);
	struct io_uring_params ring = { 0 };
	struct perf_event_attr perf = { .size = sizeof(perf) };
	union bpf_attr bpf = { .map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4, .value_size = 4, .max_entries = 1 };
	struct clone_args args = { .exit_signal = SIGCHLD };
	char byte;
	struct iovec part = { &byte, 1 };

	inside_refused(setns(self, CLONE_NEWNET), EPERM, "setns");
	inside_refused(unshare(CLONE_NEWUSER), EPERM, "unshare");
	inside_refused(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
	    EPERM, "clone into a user namespace");
	inside_refused(syscall(SYS_clone3, &args, sizeof(args)), ENOSYS,
	    "clone3");
	inside_refused(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM, "mount");
	inside_refused(umount2("/etc/hosts", MNT_DETACH), EPERM, "umount");
	inside_refused(ptrace(PTRACE_TRACEME, 0, 0, 0), EPERM, "ptrace");
	inside_refused(ptrace(PTRACE_SEIZE, getppid(), 0, 0), EPERM,
	    "ptrace of a parent");
	inside_refused(process_vm_readv(getpid(), &part, 1, &part, 1, 0), EPERM,
	    "process_vm_readv");
	inside_refused(process_vm_writev(getpid(), &part, 1, &part, 1, 0),
	    EPERM, "process_vm_writev");
	inside_refused(syscall(SYS_bpf, BPF_MAP_CREATE, &bpf, sizeof(bpf)),
	    EPERM, "bpf");
	inside_refused(syscall(SYS_io_uring_setup, 4, &ring), EPERM,
	    "io_uring_setup");
	inside_refused(syscall(SYS_keyctl, 0, -3, 0, 0, 0), EPERM, "keyctl");
	inside_refused(syscall(SYS_add_key, "user", "a", "b", 1, -2), EPERM,
	    "add_key");
	inside_refused(syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0), EPERM,
	    "perf_event_open");
	inside_refused(syscall(SYS_userfaultfd, 0), EPERM, "userfaultfd");
	inside_refused(syscall(SYS_init_module, "", 0, ""), EPERM,
	    "init_module");
	inside_refused(syscall(SYS_kexec_load, 0, 0, NULL, 0), EPERM,
	    "kexec_load");
	inside_refused(syscall(SYS_pidfd_getfd, 0, 0, 0), EPERM, "pidfd_getfd");
	inside_refused(ioctl(0, TIOCSTI, "x"), EPERM, "TIOCSTI");
	inside_refused(ioctl(0, TIOCSTI | 1UL << 32, "x"), EPERM,
	    "TIOCSTI with upper bits");
	close(self);
}

static const struct {
	const char *name;
	long family, type, protocol;
	int error;		/* 0: it can be made */
} inside_sockets[] = {
	{ "unix",            AF_UNIX,    SOCK_STREAM, 0, 0 },
	{ "tcp",             AF_INET,    SOCK_STREAM, 0, 0 },
	{ "tcp6",            AF_INET6,   SOCK_STREAM, 0, 0 },
	{ "routing netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 0 },
	{ "raw",             AF_INET,    SOCK_RAW, 1, EPERM },
	{ "packet",          AF_PACKET,  SOCK_RAW, 0, EAFNOSUPPORT },
	{ "vsock",           AF_VSOCK,   SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "alg",             AF_ALG,     SOCK_SEQPACKET, 0, EAFNOSUPPORT },
	{ "key",             AF_KEY,     SOCK_RAW, 2, EAFNOSUPPORT },
	{ "xdp",             AF_XDP,     SOCK_RAW, 0, EAFNOSUPPORT },
	{ "smc",             AF_SMC,     SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "tipc",            AF_TIPC,    SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "unspecified",     AF_UNSPEC,  SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "ax25",            AF_AX25,    SOCK_DGRAM, 0, EAFNOSUPPORT },
	{ "audit netlink",   AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, EAFNOSUPPORT },
	{ "netfilter",       AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, EAFNOSUPPORT },
	{ "vsock, upper bits", AF_VSOCK | 1L << 32, SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "netfilter, upper bits", AF_NETLINK | 1L << 32, SOCK_RAW, NETLINK_NETFILTER, EAFNOSUPPORT },
};

static void
inside_families(void)
{
	for (size_t i = 0; i < sizeof(inside_sockets) /
	    sizeof(*inside_sockets); i++) {
		long fd = syscall(SYS_socket, inside_sockets[i].family,
		    inside_sockets[i].type, inside_sockets[i].protocol);

		if (inside_sockets[i].error)
			inside_refused(fd, inside_sockets[i].error,
			    inside_sockets[i].name);
		else
			inside_check(fd >= 0, inside_sockets[i].name);
		if (fd >= 0)
			close((int)fd);
	}
}

/* A system call of another table ends the process. */
static void
inside_tables(void)
{
	for (int way = 0; way < 2; way++) {
		pid_t pid = fork();
		int status = 0;

		if (pid == 0) {
#ifdef __x86_64__
			long r = 20;	/* getpid of i386 */

			signal(SIGSEGV, SIG_DFL);	/* a kernel without it */
			if (way == 0)
				syscall(X32_BIT | SYS_getpid);
			else
				__asm__ volatile("int $0x80" : "+a"(r));
			_exit(0);
#else
			raise(SIGSYS);
#endif
		}
		waitpid(pid, &status, 0);
		inside_check(WIFSIGNALED(status) && (WTERMSIG(status) ==
		    SIGSYS || WTERMSIG(status) == SIGSEGV), way ?
		    "the i386 table" : "the x32 table");
	}
}

static void
inside_network(void)
{
	struct if_nameindex *all = if_nameindex();
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	inside_check(all && all[0].if_name && !all[1].if_name &&
	    strcmp(all[0].if_name, "lo") == 0, "lo and nothing else");
	inside_check(ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
	    request.ifr_flags & IFF_UP, "lo is up");
	request.ifr_flags = 0;
	inside_refused(ioctl(fd, SIOCSIFFLAGS, &request), EPERM, "lo down");
	if_freenameindex(all);
	close(fd);
}

static bool
inside_is_shut(const char *path)
{
	DIR *d = opendir(path);

	if (d)
		closedir(d);
	return !d && (errno == EACCES || errno == ENOENT);
}

/* Every mounted bpffs and cgroup file system, by the mount table itself. */
static void
inside_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096], path[1024], *type;

	inside_check(f != NULL, "/proc/self/mountinfo");
	while (f && fgets(line, sizeof(line), f)) {
		struct statvfs fs;

		type = strstr(line, " - ");
		if (!type || sscanf(line, "%*s %*s %*s %*s %1023s", path) != 1)
			continue;
		if (strncmp(type, " - bpf ", 7) == 0)
			inside_check(inside_is_shut(path), "a bpffs");
		if (strncmp(type, " - cgroup", 9) == 0)
			inside_check(statvfs(path, &fs) < 0 ||
			    fs.f_flag & ST_RDONLY, path);
		inside_check(strncmp(type, " - nsfs ", 8) != 0,
		    "another namespace");
	}
	if (f)
		fclose(f);
	inside_check(inside_is_shut("/sys/fs/bpf"), "/sys/fs/bpf");
	inside_check(access("/proc/1", F_OK) < 0, "/proc/1");
}

/* A copy of this program where any user may execute it. False: it failed. */
__attribute__((unused)) static bool
inside_copy(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY), out = open(to,
	    O_WRONLY | O_CREAT | O_EXCL, 0755);
	char room[65536];
	ssize_t n;
	bool whole = in >= 0 && out >= 0 && fchmod(out, 0755) == 0;

	while (whole && (n = read(in, room, sizeof(room))) != 0)
		whole = n > 0 && write(out, room, (size_t)n) == n;
	close(in);
	close(out);
	return whole;
}

/* All that holds for every skill; with a network of its own. */
static unsigned int
inside_all(void)
{
	inside_descriptors();
	inside_rights();
	inside_calls();
	inside_families();
	inside_tables();
	inside_network();
	inside_mounts();
	return inside_faults;
}

#endif
