/* The warden's directories are made with their owners and modes, mended when they are wrong, and a place that cannot be made is named. */
#include "warden/estate.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/instance.h"
#include "check.h"
#include "msg.h"

#define UID_BASE 61000

static const struct {
	const char *path;
	unsigned int slot;
	mode_t mode;
} rows[] = {
	{ "var/lib/one",          SLOT_WARDEN,   0755 },
	{ "var/lib/one/ledger",   SLOT_RECORDER, 0750 },
	{ "var/lib/one/keeper",   SLOT_KEEPER,   0700 },
	{ "var/lib/one/public",   SLOT_KEEPER,   0755 },
	{ "var/lib/one/policy",   SLOT_POLICY,   0700 },
	{ "var/lib/one/skills",   SLOT_WARDEN,   0700 },
	{ "run/one",              SLOT_WARDEN,   0755 },
	{ "run/one/sessions",     SLOT_WARDEN,   0700 },
	{ "run/one/netns",        SLOT_WARDEN,   0700 },
	{ "cgroup/daemon",        SLOT_WARDEN,   0755 },
	{ "cgroup/daemon/worker", SLOT_WARDEN,   0755 },
	{ "cgroup/daemon/resolver", SLOT_WARDEN, 0755 },
	{ "cgroup/daemon/others", SLOT_WARDEN,   0755 },
	{ "cgroup/skills",        SLOT_WARDEN,   0755 },
};

static char root[64];

static const char *
below(const char *path)
{
	static char whole[256];

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	return whole;
}

static struct instance
instance_below(const char *state)
{
	struct instance instance = { .name = "one", .uid_base = UID_BASE };

	snprintf(instance.state_directory, sizeof(instance.state_directory), "%s", below(state));
	snprintf(instance.run_directory, sizeof(instance.run_directory), "%s", below("run/one"));
	snprintf(instance.daemon_cgroup, sizeof(instance.daemon_cgroup), "%s", below("cgroup/daemon"));
	snprintf(instance.skill_cgroup, sizeof(instance.skill_cgroup), "%s", below("cgroup/skills"));
	return instance;
}

static void
check_places(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		uid_t owner = rows[i].slot == SLOT_WARDEN ? 0 : UID_BASE + rows[i].slot;
		struct stat st = { 0 };

		CHECK_ROW(rows[i].path, lstat(below(rows[i].path), &st) == 0 && S_ISDIR(st.st_mode));
		CHECK_ROW(rows[i].path, (st.st_mode & 07777) == rows[i].mode);
		CHECK_ROW(rows[i].path, st.st_uid == owner && st.st_gid == owner);
	}
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

int
main(void)
{
	struct instance instance;
	char why[256] = "";

	if (!CHECK(geteuid() == 0))	/* made by root, for others */
		return check_end();
	snprintf(root, sizeof(root), "/tmp/estate-test-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	umask(077);
	instance = instance_below("var/lib/one");
	CHECK(estate_make(&instance, why, sizeof(why)) == 0 && !*why);
	check_places();

	/* what is wrong is mended, what is in them stays */
	CHECK(chmod(below("var/lib/one/keeper"), 0777) == 0);
	CHECK(chown(below("var/lib/one/ledger"), 5, 6) == 0);
	CHECK(rmdir(below("run/one/netns")) == 0);
	close(open(below("var/lib/one/ledger/kept"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	CHECK(estate_make(&instance, why, sizeof(why)) == 0);
	check_places();
	CHECK(access(below("var/lib/one/ledger/kept"), F_OK) == 0);

	/* a file in the way */
	instance = instance_below("var/lib/one/ledger/kept");
	CHECK(estate_make(&instance, why, sizeof(why)) == -ENOTDIR);
	CHECK(strstr(why, "ledger/kept/") && strstr(why, "Not a directory"));
	CHECK(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return check_end();
}
