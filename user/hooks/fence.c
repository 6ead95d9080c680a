/*
 * fence.c: system calls that a skill does not get.
 * A deny list, because a skill may be any program: what it takes away are ways
 * round the hooks that no cgroup program sees (KERNEL section 3), and things
 * that only make sense with rights it does not have. A call that is not there
 * says EPERM; clone3 says ENOSYS, so that the C library goes back to clone,
 * whose flags a filter can read. Arguments are compared whole, all 64 bits,
 * where the kernel looks at 32: a value with odd upper bits falls on the
 * refusing side of every rule below.
 */
#include "launch.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "span.h"

#define FAMILIES 16	/* AF_NETLINK, the last that a skill gets */

static const char *const denied[] = {
	"bpf", "ptrace", "process_vm_readv", "process_vm_writev",
	"pidfd_getfd", "kcmp", "process_madvise",
	"setns", "unshare", "mount", "umount", "umount2", "pivot_root",
	"chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
	"fspick", "mount_setattr",
	"kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "reboot", "swapon", "swapoff", "acct", "quotactl",
	"quotactl_fd",
	"io_uring_setup", "io_uring_enter", "io_uring_register",
	"keyctl", "add_key", "request_key",
	"perf_event_open", "userfaultfd", "fanotify_init",
	"name_to_handle_at", "open_by_handle_at", "lookup_dcookie",
	"syslog", "vhangup", "iopl", "ioperm", "modify_ldt", "vm86", "vm86old",
	"settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "stime",
	"sethostname", "setdomainname", "nfsservctl", "uselib",
};

static int
deny(scmp_filter_ctx filter, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);

	if (call == __NR_SCMP_ERROR || call < 0)
		return 0;	/* newer than the library, or not of this machine */
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
}

/* Unix, inet, inet6 and routing netlink: no other family exists. */
static int
deny_families(scmp_filter_ctx filter, int call)
{
	uint32_t no = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int r = seccomp_rule_add(filter, no, call, 1,
	    SCMP_A0(SCMP_CMP_GT, FAMILIES));

	for (unsigned int family = 0; r == 0 && family < FAMILIES; family++)
		if (family != AF_UNIX && family != AF_INET &&
		    family != AF_INET6)
			r = seccomp_rule_add(filter, no, call, 1,
			    SCMP_A0(SCMP_CMP_EQ, family));
	if (r < 0)
		return r;
	return seccomp_rule_add(filter, no, call, 2,
	    SCMP_A0(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2(SCMP_CMP_NE, 0));
}

/* New namespaces by clone; a terminal's input queue by ioctl. */
static int
deny_flags(scmp_filter_ctx filter)
{
	static const unsigned long spaces[] = { CLONE_NEWUSER, CLONE_NEWNET,
		CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS,
		CLONE_NEWCGROUP };
	static const unsigned long typing[] = { TIOCSTI, TIOCLINUX };
	uint32_t no = SCMP_ACT_ERRNO(EPERM);
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(spaces); i++)
		r = seccomp_rule_add(filter, no, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, spaces[i], spaces[i]));
	for (size_t i = 0; r == 0 && i < COUNT(typing); i++)
		r = seccomp_rule_add(filter, no, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, typing[i]));
	if (r < 0)
		return r;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(clone3), 0);
}

/* A pair without a name leads nowhere and stays. */
static int
deny_unix(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT),
	    SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

static int
fill(scmp_filter_ctx filter, const struct launch *l)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; r == 0 && i < COUNT(denied); i++)
		r = deny(filter, denied[i]);
	if (r == 0)
		r = deny_families(filter, SCMP_SYS(socket));
	if (r == 0)
		r = deny_families(filter, SCMP_SYS(socketpair));
	if (r == 0 && l->no_unix)
		r = deny_unix(filter);
	return r < 0 ? r : deny_flags(filter);
}

int
launch_fence(const struct launch *l)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? fill(filter, l) : -ENOMEM;

	if (r == 0)
		r = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return r;
}
