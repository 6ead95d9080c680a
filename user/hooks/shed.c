/*
 * shed.c: give up everything root has, for good.
 * The order matters: securebits and the bounding set need CAP_SETPCAP, the
 * groups CAP_SETGID, so the user id goes last; what the kernel then leaves is
 * cleared by hand, read back, and must be nothing.
 */
#include "launch.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECUREBITS (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | \
	SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | \
	SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int
lock_securebits(void)
{
	int now = prctl(PR_GET_SECUREBITS);

	if (now < 0)
		return -errno;
	if ((now & SECUREBITS) == SECUREBITS)
		return 0;
	return prctl(PR_SET_SECUREBITS, (unsigned long)(now | SECUREBITS)) < 0 ?
	    -errno : 0;
}

static int
empty_bounding(void)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		int has = prctl(PR_CAPBSET_READ, cap);

		if (has < 0)
			break;		/* past the kernel's last */
		if (has && prctl(PR_CAPBSET_DROP, cap) < 0)
			return -errno;
	}
	return 0;
}

static int
empty_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 }, none[2] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &head, data) < 0 ||
	    syscall(SYS_capget, &head, data) < 0)
		return -errno;
	return memcmp(data, none, sizeof(none)) ? -EPERM : 0;
}

static int
become(uint32_t uid, uint32_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0 || getresuid(&r, &e, &s) < 0 ||
	    getresgid(&rg, &eg, &sg) < 0)
		return -errno;
	if (r != uid || e != uid || s != uid || rg != gid || eg != gid ||
	    sg != gid || getgroups(0, NULL) != 0)
		return -EPERM;
	return 0;
}

int
launch_shed(const struct launch *l, const char **what)
{
	int r;

	*what = "forbid new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	*what = "lock the securebits";
	r = lock_securebits();
	if (r < 0)
		return r;
	*what = "empty the bounding set";
	r = empty_bounding();
	if (r < 0)
		return r;
	*what = "become the skill's user";
	r = become(l->uid, l->gid);
	if (r < 0)
		return r;
	*what = "drop the capabilities";
	return empty_capabilities();
}
