/* estate.c: a table of directories, one of cgroups. */
#include "warden/estate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/instance.h"
#include "msg.h"

#define PATH_SIZE (2 * INSTANCE_PATH_SIZE)

/* `slot` owns it; SLOT_WARDEN stands for root. */
static const struct place {
	size_t base;		/* offset of the directory in struct instance */
	const char *below;
	mode_t mode;
	unsigned int slot;
} places[] = {
	{ offsetof(struct instance, state_directory), "", 0755, SLOT_WARDEN },
	{ offsetof(struct instance, state_directory), "/ledger", 0750, SLOT_RECORDER },
	{ offsetof(struct instance, state_directory), "/keeper", 0700, SLOT_KEEPER },
	{ offsetof(struct instance, state_directory), "/public", 0755, SLOT_KEEPER },
	{ offsetof(struct instance, state_directory), "/policy", 0700, SLOT_POLICY },
	{ offsetof(struct instance, state_directory), "/skills", 0700, SLOT_WARDEN },
	{ offsetof(struct instance, run_directory), "", 0755, SLOT_WARDEN },
	{ offsetof(struct instance, run_directory), "/sessions", 0700, SLOT_WARDEN },
	{ offsetof(struct instance, run_directory), "/netns", 0700, SLOT_WARDEN },
	{ offsetof(struct instance, daemon_cgroup), "", 0755, SLOT_WARDEN },
	{ offsetof(struct instance, daemon_cgroup), "/worker", 0755, SLOT_WARDEN },
	{ offsetof(struct instance, daemon_cgroup), "/resolver", 0755, SLOT_WARDEN },
	{ offsetof(struct instance, daemon_cgroup), "/others", 0755, SLOT_WARDEN },
	{ offsetof(struct instance, skill_cgroup), "", 0755, SLOT_WARDEN },
};

static int
make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int error;

		*slash = '\0';
		error = mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (error)
			return error;
	}
	return 0;
}

static int
make_place(const struct instance *instance, const struct place *place, char *path)
{
	uid_t owner = place->slot == SLOT_WARDEN ? 0 : instance->uid_base + place->slot;
	int error;

	snprintf(path, PATH_SIZE, "%s%s", (const char *)instance + place->base,
	    place->below);
	error = make_parents(path);
	if (error)
		return error;
	if (mkdir(path, place->mode) && errno != EEXIST)
		return -errno;
	if (chown(path, owner, owner) || chmod(path, place->mode))
		return -errno;
	return 0;
}

int
estate_make(const struct instance *instance, char *why, size_t size)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < COUNT(places); i++) {
		int error = make_place(instance, &places[i], path);

		if (error) {
			snprintf(why, size, "%s: %s", path, strerror(-error));
			return error;
		}
	}
	return 0;
}
