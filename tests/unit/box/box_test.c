/*
 * What is gone after box_enter(), as the kernel tells it: each row is a child that
 * enters a box and looks at /proc/self/status. Sanitizers make the filter log
 * instead of kill, so here only its presence is seen; tests/prison looks at the rest.
 */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

#define STATUS_SIZE 8192
#define SERVANT 60123

static const char *const calls[] = { "openat", "getrlimit", "prlimit64", "prctl", NULL };
static const struct box worker = {
	.uid = SERVANT, .descriptors = 100, .calls = calls,
};
static const struct box loader = {
	.uid = BOX_ROOT, .keep = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_BPF, .keep_bounding = true,
};
static const struct box keeper = {
	.uid = SERVANT, .keep = 1ULL << CAP_DAC_READ_SEARCH, .empty_network = true,
	.locked_memory = true, .calls = calls, .can_thread = true,
};
static const struct box unfiltered = { .uid = SERVANT };

static char status[STATUS_SIZE];

/* The value of a line of /proc/self/status, "" where there is none. */
static const char *
line(const char *name)
{
	static char value[256];
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\n%s:\t", name);
	at = strstr(status, key);
	snprintf(value, sizeof(value), "%.*s", at ? (int)strcspn(at + strlen(key), "\n") : 0,
	    at ? at + strlen(key) : "");
	return value;
}

static bool
is(const char *name, const char *right)
{
	return strcmp(line(name), right) == 0;
}

static bool
has_capabilities(const char *name, uint64_t right)
{
	return strtoull(line(name), NULL, 16) == right && *line(name);
}

static void
read_status(void)
{
	FILE *file = fopen("/proc/self/status", "r");

	memset(status, 0, sizeof(status));
	if (CHECK(file != NULL)) {
		CHECK(fread(status, 1, sizeof(status) - 1, file) > 100);
		fclose(file);
	}
}

static void
check_everything(const char *name, const struct box *box)
{
	struct rlimit core, files;
	int death = 0;

	read_status();
	CHECK_ROW(name, has_capabilities("CapEff", box->keep));
	CHECK_ROW(name, has_capabilities("CapPrm", box->keep));
	CHECK_ROW(name, has_capabilities("CapInh", 0));
	CHECK_ROW(name, has_capabilities("CapAmb", 0));
	CHECK_ROW(name, has_capabilities("CapBnd", box->keep_bounding ? box->keep : 0));
	CHECK_ROW(name, is("NoNewPrivs", "1"));
	CHECK_ROW(name, is("Seccomp", box->calls ? "2" : "0"));
	CHECK_ROW(name, prctl(PR_GET_DUMPABLE) == 0);
	CHECK_ROW(name, getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	CHECK_ROW(name, getrlimit(RLIMIT_NOFILE, &files) == 0);
	if (box->descriptors)
		CHECK_ROW(name, files.rlim_cur == box->descriptors && files.rlim_max == box->descriptors);
	if (box->uid == BOX_ROOT) {
		CHECK_ROW(name, is("Uid", "0\t0\t0\t0"));
		return;
	}
	CHECK_ROW(name, is("Uid", "60123\t60123\t60123\t60123"));
	CHECK_ROW(name, is("Gid", "60123\t60123\t60123\t60123"));
	CHECK_ROW(name, is("Groups", " ") || is("Groups", ""));
	CHECK_ROW(name, prctl(PR_GET_PDEATHSIG, &death) == 0 && death == SIGKILL);
}

/* There is no way back. */
static void
check_no_return(const char *name)
{
	CHECK_ROW(name, setresuid(0, 0, 0) == -1);
	CHECK_ROW(name, setresgid(0, 0, 0) == -1);
	CHECK_ROW(name, prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1);
	CHECK_ROW(name, open("/etc/shadow", O_RDONLY) == -1 && errno == EACCES);
}

static void
check_network(const char *name)
{
	struct if_nameindex *all = if_nameindex();
	unsigned int count = 0;

	for (; all && all[count].if_index; count++)
		CHECK_ROW(name, strcmp(all[count].if_name, "lo") == 0);
	CHECK_ROW(name, count <= 1);
	if (all)
		if_freenameindex(all);
}

static void
in_child(const char *name, const struct box *box)
{
	int code = -1;
	pid_t pid = fork();

	if (pid == 0) {
		check_passed = check_failed = 0;
		if (CHECK_ROW(name, box_enter(box) == 0)) {
			check_everything(name, box);
			if (box->uid != BOX_ROOT && !box->keep)
				check_no_return(name);
			if (box->empty_network)
				check_network(name);
		}
		fflush(stderr);
		_exit(check_failed ? 1 : check_passed > 10 ? 0 : 2);
	}
	CHECK_ROW(name, waitpid(pid, &code, 0) == pid);
	CHECK_ROW(name, WIFEXITED(code) && WEXITSTATUS(code) == 0);
}

/* A call that does not exist here is no fault; every named one can be looked up. */
static void
names(void)
{
	size_t n = 0;

	while (box_common_calls[n])
		n++;
	CHECK(n > 20);
	for (size_t i = 0; i < n; i++) {
		static const char *const never[] = {
			"execve", "execveat", "fork", "vfork", "clone", "ptrace", "bpf", "open", "openat",
			"socket", "connect", "bind", "setuid", "mount", "kill", "process_vm_readv",
			"prctl", "ioctl", "setns", "unshare", "io_uring_setup",
		};

		for (size_t k = 0; k < COUNT(never); k++)
			CHECK_ROW(never[k], strcmp(box_common_calls[i], never[k]) != 0);
	}
}

int
main(void)
{
	if (!CHECK(geteuid() == 0))	/* a box is entered by root only */
		return check_end();
	in_child("worker", &worker);
	in_child("loader", &loader);
	in_child("keeper", &keeper);
	in_child("unfiltered", &unfiltered);
	names();
	return check_end();
}
