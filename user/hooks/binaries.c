/*
 * binaries.c: are the daemon's programs on disk the ones that run?
 * What runs is the measure: a process holds its program by running it, so that nobody can write into that
 * file; but root can put another one in its place, which the next start would run. The digest of what runs
 * is taken once, through /proc/PID/exe. From then on the file of that name is looked
 * at every second: as long as it is the same inode with the same change time, one stat tells; else it is
 * measured. Whoever installs another version says so first (`interlock upgrade --expect`), which is entered;
 * for a few minutes programs may then change.
 */
#include "hooks/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "hooks/hooks.h"
#include "hooks/process.h"

static const char deleted[] = " (deleted)";

/* Measure a file whole. 0 or -errno. */
static int
digest_file(struct measure *measure, const char *path, uint8_t digest[MEASURE_SIZE])
{
	struct measuring *measuring = NULL;
	struct measured measured = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = fd < 0 ? -errno : measure_file(measure, fd, &measuring);

	if (r == 0)
		r = measure_go_on(measuring, UINT64_MAX, &measured);
	measuring_free(&measuring);
	if (r == 0)
		memcpy(digest, measured.digest, MEASURE_SIZE);
	return r;
}

/* One inode, unchanged. */
static bool
is_same(const struct binary *binary, const struct stat *st)
{
	return binary->device == st->st_dev && binary->inode == st->st_ino &&
	    binary->changed.tv_sec == st->st_ctim.tv_sec && binary->changed.tv_nsec == st->st_ctim.tv_nsec;
}

/* ---- what runs ------------------------------------------------------------ */

/* By what it is: one that is moved away while it runs is not another one. */
static bool
is_known(const struct loader *loader, const struct stat *st)
{
	for (size_t i = 0; i < loader->binary_count; i++)
		if (loader->binaries[i].device == st->st_dev && loader->binaries[i].inode == st->st_ino)
			return true;
	return false;
}

/* One process of the daemon: remember what it runs. */
static int
learn(void *arg, pid_t pid)
{
	struct loader *loader = arg;
	struct binary *binary = &loader->binaries[loader->binary_count];
	char proc[64], path[LOADER_PATH];
	struct stat st;
	ssize_t n, less = sizeof(deleted) - 1;

	snprintf(proc, sizeof(proc), "/proc/%d/exe", (int)pid);
	n = readlink(proc, path, sizeof(path) - 1);
	if (n <= 0 || loader->binary_count == BINARIES_MOST)
		return 0;	/* it has ended */
	if (n > less && memcmp(path + n - less, deleted, (size_t)less) == 0)
		n -= less;
	path[n] = '\0';
	if (stat(proc, &st) || is_known(loader, &st) || digest_file(loader->measure, proc, binary->digest))
		return 0;
	strcpy(binary->path, path);
	binary->device = st.st_dev;
	binary->inode = st.st_ino;
	binary->changed = st.st_ctim;
	loader->binary_count++;
	return 0;
}

/* The warden, this process and the others. */
static void
learn_all(struct loader *loader)
{
	static const char *const groups[] = { "others", "worker" };
	char group[INSTANCE_PATH_SIZE + 16];

	learn(loader, getppid());
	for (size_t i = 0; i < COUNT(groups); i++) {
		snprintf(group, sizeof(group), "%s/%s", loader->instance.daemon_cgroup, groups[i]);
		(void)group_each(group, learn, loader);
	}
}

/* ---- what is on disk -------------------------------------------------------- */

/* Is this the first of those that run under that name? Workers of two versions may. */
static bool
is_first(const struct loader *loader, size_t i)
{
	for (size_t n = 0; n < i; n++)
		if (strcmp(loader->binaries[n].path, loader->binaries[i].path) == 0)
			return false;
	return true;
}

/* Is the file of that name what runs? 0, -ESTALE (it is something else) or another -errno. */
static int
check(struct loader *loader, const char *path)
{
	uint8_t digest[MEASURE_SIZE];
	bool measured = false;
	struct stat st;

	if (stat(path, &st))
		return -errno;
	for (size_t i = 0; i < loader->binary_count; i++) {
		const struct binary *binary = &loader->binaries[i];
		int r = 0;

		if (strcmp(binary->path, path) != 0)
			continue;
		if (is_same(binary, &st))
			return 0;
		if (!measured)
			r = digest_file(loader->measure, path, digest);
		if (r < 0)
			return r;
		measured = true;
		if (memcmp(digest, binary->digest, MEASURE_SIZE) == 0)
			return 0;
	}
	return -ESTALE;
}

/* Did somebody say that an upgrade comes? Entered when it is first seen. */
static bool
is_expected(struct loader *loader)
{
	char path[LOADER_PATH], text[64] = "";
	unsigned long long until = 0;
	unsigned int uid = 0;
	struct stat st;
	FILE *file;

	snprintf(path, sizeof(path), "%s/" BINARIES_EXPECTED, loader->instance.run_directory);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fstat(fileno(file), &st) == 0 && st.st_uid == 0 && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	if (sscanf(text, "%llu %u", &until, &uid) != 2 || until <= clock_boot() ||
	    until - clock_boot() > BINARIES_EXPECTED_NS)
		return false;
	if (until != loader->expected_until)
		watchdog_enter_expected(loader, uid);
	loader->expected_until = until;
	return true;
}

size_t
binaries_check(struct loader *loader, void (*differs)(void *arg, const char *what, const char *how), void *arg)
{
	size_t count = 0;

	learn_all(loader);
	for (size_t i = 0; i < loader->binary_count; i++) {
		const char *path = loader->binaries[i].path;
		int r = is_first(loader, i) ? check(loader, path) : 0;

		if (r == 0 || is_expected(loader))
			continue;
		count++;
		differs(arg, path, r == -ESTALE ? "was replaced while it runs: put it back, or "
		    "go over to the new one with `interlock upgrade`" : "cannot be read any more, and runs: put it back");
	}
	return count;
}
