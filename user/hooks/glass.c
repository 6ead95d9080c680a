/*
 * glass.c: the element of ilk_glass, from both sides.
 * The command writes it through the pin, as root and without a daemon; the loader reads it and notes in it
 * what it has entered, so that nothing is entered twice, whoever dies between.
 */
#include "hooks/inside.h"

#include <errno.h>

static const uint32_t zero;

int
hooks_glass_read(struct hooks *hooks, struct abi_glass *out)
{
	return bpf_map_lookup_elem(hooks->code.maps[MAP_GLASS], &zero, out) ? -errno : 0;
}

int
hooks_glass_entered(struct hooks *hooks, abi_u64 since, enum abi_glass_entered entered)
{
	struct abi_glass glass;
	int error = hooks_glass_read(hooks, &glass);

	if (error || glass.since != since)
		return error;	/* it was broken anew meanwhile */
	glass.entered = entered;
	return bpf_map_update_elem(hooks->code.maps[MAP_GLASS], &zero, &glass, BPF_EXIST) ? -errno : 0;
}

int
hooks_glass_break(const struct instance *instance, const struct abi_glass *glass)
{
	cleanup(close_fd) int map = -1;
	char path[INSTANCE_PATH_SIZE + 64];
	struct abi_glass was;
	int error = hooks_pin_path(path, sizeof(path), instance, "maps", hooks_maps[MAP_GLASS]);

	if (error)
		return error;
	map = bpf_obj_get(path);
	if (map < 0 || bpf_map_lookup_elem(map, &zero, &was))
		return -errno;
	if (!glass->until) {
		was.until = was.until ? 1 : 0;	/* long past: what was broken stays to be entered */
		return bpf_map_update_elem(map, &zero, &was, BPF_EXIST) ? -errno : 0;
	}
	return bpf_map_update_elem(map, &zero, glass, BPF_EXIST) ? -errno : 0;
}
