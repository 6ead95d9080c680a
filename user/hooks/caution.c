/*
 * caution.c: what a group that is attached keeps, and nobody can take from it.
 * Rights over the network lead packets past every hook, and whatever runs with its
 * uid outside the group can be taken over. Neither is a reason to refuse, since many
 * services are so; whoever attaches is told.
 */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "span.h"

#define UIDS_MOST 16

struct caution {
	const char *path;
	pid_t mighty;			/* one with rights; 0: none */
	uint64_t rights;
	uint32_t uids[UIDS_MOST];
	size_t uid_count;
};

static const struct { int bit; const char *name; } mighty[] = {
	{ CAP_NET_RAW, "CAP_NET_RAW" }, { CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	{ CAP_BPF, "CAP_BPF" }, { CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE" }, { CAP_SYS_MODULE, "CAP_SYS_MODULE" },
};

/* Of /proc/PID/status. False: it has ended. */
static bool
read_status(pid_t pid, uint32_t *uid, uint64_t *rights)
{
	char path[64], line[256];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && found < 2 && fgets(line, sizeof(line), f))
		found += sscanf(line, "Uid: %" SCNu32, uid) == 1 ||
		    sscanf(line, "CapPrm: %" SCNx64, rights) == 1;
	if (f)
		fclose(f);
	return found == 2;
}

static int
look_at(void *arg, pid_t pid)
{
	struct caution *caution = arg;
	uint64_t rights, wanted = 0;
	uint32_t uid;
	size_t i;

	if (!read_status(pid, &uid, &rights))
		return 0;
	for (i = 0; i < COUNT(mighty); i++)
		wanted |= 1ULL << mighty[i].bit;
	if (rights & wanted) {
		caution->mighty = pid;
		caution->rights |= rights & wanted;
	}
	for (i = 0; i < caution->uid_count; i++)
		if (caution->uids[i] == uid)
			return 0;
	if (uid && i < UIDS_MOST)
		caution->uids[caution->uid_count++] = uid;
	return 0;
}

static bool
is_theirs(const struct caution *caution, uint32_t uid)
{
	for (size_t i = 0; i < caution->uid_count; i++)
		if (caution->uids[i] == uid)
			return true;
	return false;
}

struct search {
	pid_t pid;
};

static int
is_that(void *arg, pid_t pid)
{
	return ((const struct search *)arg)->pid == pid;
}

/* A process of one of their uids that is not in the group; 0: none. */
static pid_t
find_stranger(const struct caution *caution, uint32_t *uid)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	pid_t found = 0;

	while (d && !found && (e = readdir(d))) {
		struct search search = { (pid_t)atoi(e->d_name) };
		uint64_t rights;

		if (search.pid > 0 && read_status(search.pid, uid, &rights) &&
		    is_theirs(caution, *uid) &&
		    group_each(caution->path, is_that, &search) == 0)
			found = search.pid;
	}
	if (d)
		closedir(d);
	return found;
}

void
group_cautions(const char *path, char *text, size_t size)
{
	struct caution caution = { .path = path };
	char rights[128] = "";
	uint32_t uid;
	pid_t stranger;
	size_t n = 0;

	*text = '\0';
	group_each(path, look_at, &caution);
	for (size_t i = 0; i < COUNT(mighty); i++)
		if (caution.rights >> mighty[i].bit & 1)
			snprintf(rights + strlen(rights), sizeof(rights) - strlen(rights),
			    "%s%s", *rights ? " " : "", mighty[i].name);
	if (caution.mighty)
		n = (size_t)snprintf(text, size, "process %d has %s, and can lead packets "
		    "past every program", (int)caution.mighty, rights);
	stranger = caution.uid_count ? find_stranger(&caution, &uid) : 0;
	if (stranger && n < size)
		snprintf(text + n, size - n, "%sprocess %d outside the group has its uid, "
		    "%u, and can be taken over by it", n ? "; " : "", (int)stranger, uid);
}
