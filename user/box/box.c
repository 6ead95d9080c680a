/*
 * box.c: give up, in an order in which each step can still be done.
 * Network namespace first (needs CAP_SYS_ADMIN), then limits, then ids with the
 * kept capabilities carried over, then the bounding set, no_new_privs, and the
 * filter last, since everything before it needs calls that the filter forbids.
 *
 * Channels are the warden's, and a later run of the process finds the same ones: what
 * would change or double one (channel_calls) is allowed on every other descriptor
 * only. Else who took the process over could leave it shut, or deaf, for ever.
 */
#include "box/box.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/log.h"

/* Present in a build with AddressSanitizer, whose runtime needs other calls. */
extern void __asan_init(void) __attribute__((weak));

const char *const box_common_calls[] = {
	/* loop and post */
	"epoll_create1", "epoll_wait", "epoll_pwait", "epoll_ctl", "clock_gettime", "sendmsg",
	"recvmmsg", "recvmsg", "poll", "ppoll", "getsockopt", "memfd_create", "fcntl", "ftruncate", "fstat", "newfstatat",
	"close", "getrandom",
	/* memory */
	"mmap", "munmap", "mremap", "brk", "madvise", "mprotect", "mlock",
	"munlock",
	/* logs, ends */
	"write", "writev", "read", "exit_group", "exit", "rt_sigreturn",
	"rt_sigprocmask", "rt_sigaction", "restart_syscall", "futex", "getpid",
	"gettid", "tgkill", "sched_yield", "clock_nanosleep", "pread64",
	"lseek", "sysinfo",
	NULL
};

/* Their first argument is a descriptor, and may not be a channel. */
static const char *const channel_calls[] = { "shutdown", "setsockopt", "fcntl", NULL };
#define CHANNELS_BELOW_BIT 6	/* all channels lie below 1 << 6 */

/* Never above the hard limit: raising that takes CAP_SYS_RESOURCE. */
static int
limit(int what, rlim_t value)
{
	struct rlimit r;

	if (getrlimit(what, &r))
		return -errno;
	if (value < r.rlim_max)
		r.rlim_max = value;
	r.rlim_cur = r.rlim_max;
	return setrlimit(what, &r) ? -errno : 0;
}

static int
set_limits(const struct box *box)
{
	int error = limit(RLIMIT_CORE, 0);

	if (!error && box->descriptors)
		error = limit(RLIMIT_NOFILE, box->descriptors);
	if (!error && box->locked_memory && mlockall(MCL_CURRENT | MCL_FUTURE))
		log_warning("memory is not locked as a whole: %m");
	return error;
}

static int
drop_bounding(const struct box *box)
{
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (box->keep_bounding && (box->keep >> cap & 1))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return -errno;
	}
	return 0;
}

static int
set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)keep, .permitted = (uint32_t)keep },
		{ .effective = (uint32_t)(keep >> 32), .permitted = (uint32_t)(keep >> 32) },
	};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return capset(&header, data) ? -errno : 0;
}

static int
change_ids(const struct box *box)
{
	if (box->uid == BOX_ROOT)
		return 0;
	if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
		return -errno;
	if (setgroups(0, NULL) || setresgid(box->uid, box->uid, box->uid) ||
	    setresuid(box->uid, box->uid, box->uid))
		return -errno;
	return 0;
}

/*
 * Allow a call on descriptors that are no channel. The kernel takes an int, so only
 * the lower 32 bits are looked at: a bit above the range of channels, or the number
 * itself.
 */
static int
allow_beside_channels(scmp_filter_ctx filter, int number)
{
	int error = 0;

	for (int bit = CHANNELS_BELOW_BIT; bit < 32 && !error; bit++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, 1ULL << bit, 1ULL << bit));
	for (int fd = 0; fd < 1 << CHANNELS_BELOW_BIT && !error; fd++)
		if (!channel_is(fd))
			error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
			    SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)fd));
	return error;
}

static bool
is_channel_call(const char *name)
{
	for (const char *const *call = channel_calls; *call; call++)
		if (strcmp(*call, name) == 0)
			return true;
	return false;
}

/* 0, or -errno; a call this architecture does not have is not an error. */
static int
allow(scmp_filter_ctx filter, const char *const *calls)
{
	for (; *calls; calls++) {
		int number = seccomp_syscall_resolve_name(*calls);
		int error;

		if (number == __NR_SCMP_ERROR)
			continue;
		error = is_channel_call(*calls) ? allow_beside_channels(filter, number) :
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (error && error != -EEXIST)
			return error;
	}
	return 0;
}

/* The kernel takes an int here too. */
static int
allow_family(scmp_filter_ctx filter, unsigned int family)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, family));
}

static int
set_filter(const struct box *box)
{
	uint32_t otherwise = __asan_init ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS;
	scmp_filter_ctx filter;
	int error;

	if (!box->calls)
		return 0;
	filter = seccomp_init(otherwise);
	if (!filter)
		return -ENOMEM;
	error = allow(filter, box_common_calls);
	if (!error)
		error = allow(filter, box->calls);
	if (!error && box->can_thread)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!error && box->speaks_ip)
		error = allow_family(filter, AF_INET);
	if (!error && box->speaks_ip)
		error = allow_family(filter, AF_INET6);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

int
box_enter(const struct box *box)
{
	int error = 0;

	if (box->empty_network && unshare(CLONE_NEWNET))
		return -errno;
	error = set_limits(box);
	if (!error)
		error = drop_bounding(box);
	if (!error)
		error = change_ids(box);
	if (!error)
		error = set_capabilities(box->keep);
	if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		error = -errno;
	if (!error && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		error = -errno;
	/* cleared by the change of ids: without its warden nobody serves */
	if (!error && prctl(PR_SET_PDEATHSIG, box->outlives_warden ? 0 : SIGKILL, 0, 0, 0))
		error = -errno;
	if (!error)
		error = set_filter(box);
	return error;
}
