/* unix.c: which unix sockets each skill may dial, and where they are to be found. */
#include "hooks/inside.h"

#include <errno.h>
#include <string.h>

int
hooks_unix_put(struct hooks *hooks, uint64_t cgroup_id, const char *path,
    const char *place)
{
	struct abi_unix key = { .cgroup = cgroup_id };
	struct abi_unix_place value = { .length = (uint32_t)strlen(place) };

	if (strlen(path) > sizeof(key.path) || !*place ||
	    value.length > sizeof(value.path))
		return -ENAMETOOLONG;
	memcpy(key.path, path, strlen(path));
	memcpy(value.path, place, value.length);
	return bpf_map_update_elem(hooks->code.maps[MAP_UNIX], &key, &value,
	    BPF_ANY) ? -errno : 0;
}

/* The key after `key` is asked for before `key` is deleted, else the walk starts again. */
void
hooks_unix_sweep(struct hooks *hooks, hooks_group_fn keep, void *arg)
{
	int map = hooks->code.maps[MAP_UNIX];
	struct abi_unix key, next;
	int more = bpf_map_get_next_key(map, NULL, &key);

	while (!more) {
		more = bpf_map_get_next_key(map, &key, &next);
		if (!keep(arg, key.cgroup))
			bpf_map_delete_elem(map, &key);
		key = next;
	}
}

static bool
is_another(void *arg, uint64_t cgroup_id)
{
	return cgroup_id != *(const uint64_t *)arg;
}

void
hooks_unix_drop(struct hooks *hooks, uint64_t cgroup_id)
{
	hooks_unix_sweep(hooks, is_another, &cgroup_id);
}
