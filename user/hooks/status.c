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
#define KEY_MOST 256		/* bytes; the largest is abi_unix */
#define PAIRS_MOST 256		/* that are shown; bpftool shows all */

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

/* Entries of a hash map, by walking its keys. */
uint64_t
hooks_map_entries(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	uint8_t key[KEY_MOST];
	uint64_t n = 0;
	int more;

	if (bpf_obj_get_info_by_fd(map, &info, &size) || info.key_size > sizeof(key))
		return 0;
	more = bpf_map_get_next_key(map, NULL, key);
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
		MAP_COUNTS, MAP_PAIRS, MAP_LIVE
	};

	for (size_t i = 0; i < COUNT(shown); i++) {
		struct bpf_map_info info = { 0 };
		uint32_t size = sizeof(info);
		int map = hooks->code.maps[shown[i]];

		if (bpf_obj_get_info_by_fd(map, &info, &size))
			continue;
		fprintf(to, "%s{\"name\":\"%s\",\"entries\":%llu,\"room\":%u}",
		    i ? "," : "", info.name,
		    (unsigned long long)hooks_map_entries(map), info.max_entries);
	}
}

static void
write_counts(FILE *to, struct hooks *hooks)
{
	for (uint32_t i = 0; i < ABI_REASONS; i++)
		fprintf(to, "\"%s\":%llu,", reasons[i],
		    (unsigned long long)hooks_stat(hooks, i));
	fprintf(to, "\"lost_events\":%llu",
	    (unsigned long long)hooks_stat(hooks, ABI_STAT_LOST));
}

static void
write_pair(FILE *to, const struct abi_pair *pair, const struct abi_pair_counts *counts)
{
	fputs("{\"skill\":", to);
	hooks_json_string(to, pair->skill);
	fputs(",\"target\":", to);
	hooks_json_string(to, pair->target);
	fprintf(to, ",\"diverted\":%llu,\"refused\":%llu,\"closed\":%llu,"
	    "\"in\":%llu,\"out\":%llu}", (unsigned long long)counts->diverted,
	    (unsigned long long)counts->refused, (unsigned long long)counts->closed,
	    (unsigned long long)counts->in, (unsigned long long)counts->out);
}

/* Each skill at each target. Returns how many more than PAIRS_MOST there are. */
static unsigned int
write_pairs(FILE *to, struct hooks *hooks)
{
	static const struct abi_pair_counts nothing;
	int map = hooks->code.maps[MAP_PAIRS];
	struct abi_pair_counts counts;
	unsigned int n = 0;
	struct abi_pair key;

	for (int more = bpf_map_get_next_key(map, NULL, &key); !more;
	    more = bpf_map_get_next_key(map, &key, &key)) {
		if (bpf_map_lookup_elem(map, &key, &counts) ||
		    !memcmp(&counts, &nothing, sizeof(counts)))
			continue;
		if (n++ >= PAIRS_MOST)
			continue;
		if (n > 1)
			fputc(',', to);
		write_pair(to, &key, &counts);
	}
	return n > PAIRS_MOST ? n - PAIRS_MOST : 0;
}

int
hooks_status(struct hooks *hooks, char **json, bool *is_whole)
{
	uint64_t beat = __atomic_load_n(&hooks->meta->beat, __ATOMIC_ACQUIRE);
	uint64_t now = clock_mono();
	bool whole = true;
	unsigned int more;
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
	fputs("},\"pairs\":[", to);
	more = write_pairs(to, hooks);
	fprintf(to, "],\"more_pairs\":%u,\"whole\":%s}", more, whole ? "true" : "false");
	if (fclose(to)) {
		free(text);
		return -ENOMEM;
	}
	*json = text;
	*is_whole = whole;
	return 0;
}
