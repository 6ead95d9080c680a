/* skills.c: which cgroups are skills. A cgroup's id is its inode number, 64 bits wide. */
#include "hooks/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

int
hooks_cgroup_id(const char *path, bool make, uint64_t *out)
{
	struct statfs at;
	struct stat file;

	if (make && mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	if (statfs(path, &at) || stat(path, &file))
		return -errno;
	if (at.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(file.st_mode))
		return -ENOTDIR;
	*out = file.st_ino;
	return 0;
}

int
hooks_skill_put(struct hooks *hooks, uint64_t cgroup_id, const struct abi_skill *skill)
{
	struct abi_skill clean = *skill;

	if (!cgroup_id || cgroup_id == hooks->meta->daemon_cgroup ||
	    cgroup_id == hooks->meta->worker_cgroup)
		return -EINVAL;
	clean.name[ABI_NAME_SIZE - 1] = '\0';
	memset(clean.pad, 0, sizeof(clean.pad));
	if (bpf_map_update_elem(hooks->code.maps[MAP_SKILLS], &cgroup_id, &clean, BPF_ANY))
		return -errno;
	return shadow_put(&hooks->expected.skills, &cgroup_id, sizeof(cgroup_id), &clean, sizeof(clean));
}

int
hooks_skill_drop(struct hooks *hooks, uint64_t cgroup_id)
{
	shadow_drop(&hooks->expected.skills, &cgroup_id);
	return bpf_map_delete_elem(hooks->code.maps[MAP_SKILLS], &cgroup_id) ?
	    -errno : 0;
}

void
hooks_skill_keep(struct hooks *hooks, hooks_skill_fn keep, void *arg)
{
	int map = hooks->code.maps[MAP_SKILLS];
	uint64_t id, next;
	bool has_next = bpf_map_get_next_key(map, NULL, &next) == 0;

	while (has_next) {
		struct abi_skill skill;

		id = next;	/* the next is asked for first: a row that is gone has none */
		has_next = bpf_map_get_next_key(map, &id, &next) == 0;
		if (bpf_map_lookup_elem(map, &id, &skill) == 0 && !keep(arg, id, &skill))
			hooks_skill_drop(hooks, id);
	}
}
