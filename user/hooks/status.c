/*
 * status.c: is what should stand in the way of a skill really there?
 * A pin, even a live link, says little; what counts is the list of *effective*
 * programs that the kernel gives for a cgroup. Each program of ours must be in
 * it, and its link must still name a living cgroup.
 */
#include "hooks/inside.h"
#include "hooks/json.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define EFFECTIVE_MAX 64

static const char *const reasons[ABI_REASONS] = {
	[ABI_REASON_NONE] = "diverted",
	[ABI_NO_TARGET] = "no_target",
	[ABI_NO_DOOR] = "no_door",
	[ABI_STALE] = "stale",
	[ABI_BLOCKED] = "blocked",
	[ABI_BAD_PROTOCOL] = "bad_protocol",
	[ABI_BAD_SOCKET] = "bad_socket",
	[ABI_BAD_BIND] = "bad_bind",
	[ABI_NO_STORAGE] = "no_storage",
	[ABI_WORKER_FENCE] = "worker_fence",
	[ABI_BAD_UNIX] = "bad_unix",
	[ABI_BAD_PACKET] = "bad_packet",
};

bool
hooks_is_effective(int cgroup_fd, int attach_type, uint32_t id)
{
	uint32_t ids[EFFECTIVE_MAX], count = EFFECTIVE_MAX;

	if (bpf_prog_query(cgroup_fd, (enum bpf_attach_type)attach_type,
	    BPF_F_QUERY_EFFECTIVE, NULL, ids, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

static void
write_program(FILE *to, struct hooks *hooks, size_t i, bool *is_whole)
{
	const struct hooks_program_row *row = &hooks_programs[i];
	struct bpf_link_info link = { 0 };
	struct bpf_prog_info program = { 0 };
	uint32_t link_size = sizeof(link), program_size = sizeof(program);
	bool there = hooks->links[i] >= 0 &&
	    !bpf_obj_get_info_by_fd(hooks->links[i], &link, &link_size) &&
	    !bpf_obj_get_info_by_fd(hooks->code.programs[i], &program, &program_size);
	bool effective = there && link.cgroup.cgroup_id &&
	    link.prog_id == program.id &&
	    hooks_is_effective(hooks->cgroup_fd, row->attach_type, program.id);

	if (!effective && (hooks->links[i] >= 0 ||
	    !hooks_objects[row->object].optional))
		*is_whole = false;
	fprintf(to, "%s{\"name\":\"%s\",\"attach_type\":%d,\"id\":%u,\"link\":%u,"
	    "\"cgroup\":%llu,\"instructions\":%u,\"effective\":%s}", i ? "," : "",
	    row->name, row->attach_type, program.id, link.id,
	    (unsigned long long)link.cgroup.cgroup_id,
	    program.verified_insns, effective ? "true" : "false");
}

/* Entries of a hash map, by walking its keys; all keys are at most 64 bytes. */
static uint64_t
count_entries(int map)
{
	uint8_t key[64];
	uint64_t n = 0;
	int more = bpf_map_get_next_key(map, NULL, key);

	while (!more && n < 1000000) {
		n++;
		more = bpf_map_get_next_key(map, key, key);
	}
	return n;
}

static void
write_maps(FILE *to, struct hooks *hooks)
{
	static const enum hooks_map shown[] = {
		MAP_SKILLS, MAP_TARGETS, MAP_DOORS, MAP_NAMES, MAP_PENDING,
		MAP_COUNTS, MAP_LIVE
	};

	for (size_t i = 0; i < COUNT(shown); i++) {
		struct bpf_map_info info = { 0 };
		uint32_t size = sizeof(info);
		int map = hooks->code.maps[shown[i]];

		if (bpf_obj_get_info_by_fd(map, &info, &size))
			continue;
		fprintf(to, "%s{\"name\":\"%s\",\"entries\":%llu,\"room\":%u}",
		    i ? "," : "", info.name,
		    (unsigned long long)count_entries(map), info.max_entries);
	}
}

static void
write_counts(FILE *to, struct hooks *hooks)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup(free_memory) uint64_t *values = NULL;

	if (cpus <= 0)
		return;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return;
	for (uint32_t i = 0; i < ABI_REASONS; i++) {
		uint64_t sum = 0;

		if (!bpf_map_lookup_elem(hooks->code.maps[MAP_STATS], &i, values)) {
			for (int cpu = 0; cpu < cpus; cpu++)
				sum += values[cpu];
		}
		fprintf(to, "%s\"%s\":%llu", i ? "," : "", reasons[i],
		    (unsigned long long)sum);
	}
}

int
hooks_status(struct hooks *hooks, char **json, bool *is_whole)
{
	uint64_t beat = __atomic_load_n(&hooks->meta->beat, __ATOMIC_ACQUIRE);
	uint64_t now = clock_mono();
	bool whole = true;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return -ENOMEM;
	fputs("{\"cgroup\":", to);
	hooks_json_string(to, hooks->instance.cgroup);
	fputs(",\"pins\":", to);
	hooks_json_string(to, hooks->instance.pin_directory);
	fprintf(to, ",\"version\":%d,\"epoch\":%u,\"beat_age_ms\":", ABI_VERSION,
	    hooks->meta->epoch);
	if (beat && beat <= now)
		fprintf(to, "%llu", (unsigned long long)((now - beat) / MILLISECOND_NS));
	else
		fputs("null", to);
	fputs(",\"programs\":[", to);
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		write_program(to, hooks, i, &whole);
	fputs("],\"maps\":[", to);
	write_maps(to, hooks);
	fputs("],\"counts\":{", to);
	write_counts(to, hooks);
	fprintf(to, "},\"whole\":%s}", whole ? "true" : "false");
	if (fclose(to)) {
		free(text);
		return -ENOMEM;
	}
	*json = text;
	*is_whole = whole;
	return 0;
}
