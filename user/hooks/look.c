/*
 * look.c: what is in the kernel, looked at from outside the daemon.
 * bpftool shows programs, links and maps by name, but not the hooks that are newer
 * than it (unix sockets), nothing of socket storage, and not whether a program is
 * the one that should be there. Here, for each hook: the programs that the kernel
 * says are in effect, in their order, and whether ours is among them and is, by its
 * tag (a digest of its instructions), the one that this version would load, which is
 * loaded for that, attached nowhere, and measured by the verifier. Then the maps,
 * and in how many sockets storage lies (storage.c). Needs no daemon; reads pins.
 */
#include "hooks/inside.h"
#include "hooks/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define EFFECTIVE_MAX 64

struct look {
	const struct instance *instance;
	struct hooks_code code;		/* as this version would load it */
	struct hooks_measured measured[HOOKS_PROGRAMS];
	int cgroup_fd;
	uint64_t cgroup_id;
	FILE *to;
	bool is_expected;
};

/* What libbpf of this age has no name for. */
static const char *
hook_name(int attach_type)
{
	const char *name = libbpf_bpf_attach_type_str((enum bpf_attach_type)attach_type);

	if (name)
		return name;
	return attach_type == HOOKS_UNIX_CONNECT ? "cgroup_unix_connect" :
	    attach_type == HOOKS_UNIX_SENDMSG ? "cgroup_unix_sendmsg" : "unknown";
}

static bool
program_info(int fd, struct bpf_prog_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, info, &size);
}

/* The program that our pinned link puts at our cgroup; 0: there is no such. */
static uint32_t
linked_program(const struct look *look, const struct hooks_program_row *row)
{
	cleanup(close_fd) int fd = -1;
	char path[INSTANCE_PATH_SIZE + 64];
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);

	if (hooks_pin_path(path, sizeof(path), look->instance, "links", row->name))
		return 0;
	fd = bpf_obj_get(path);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ||
	    info.type != BPF_LINK_TYPE_CGROUP ||
	    info.cgroup.cgroup_id != look->cgroup_id)
		return 0;
	return info.prog_id;
}

static void
write_tag(FILE *to, const unsigned char tag[BPF_TAG_SIZE])
{
	for (size_t i = 0; i < BPF_TAG_SIZE; i++)
		fprintf(to, "%02x", tag[i]);
}

/* One program in effect. True: it is ours, and as it should be. */
static bool
write_effective(struct look *look, uint32_t id, uint32_t ours,
    const struct bpf_prog_info *expected)
{
	cleanup(close_fd) int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info;
	bool is_ours = id == ours, is_same;

	program_info(fd, &info);
	is_same = is_ours && !memcmp(info.tag, expected->tag, sizeof(info.tag));
	fprintf(look->to, "{\"id\":%u,\"name\":", id);
	hooks_json_string(look->to, info.name);
	fputs(",\"tag\":\"", look->to);
	write_tag(look->to, info.tag);
	fprintf(look->to, "\",\"ours\":%s,\"expected\":%s}", is_ours ? "true" : "false",
	    is_same ? "true" : "false");
	return is_same;
}

static void
write_measured(FILE *to, const struct hooks_measured *m, const struct bpf_prog_info *expected)
{
	fputs(",\"tag\":\"", to);
	write_tag(to, expected->tag);
	fprintf(to, "\",\"verifier\":{\"instructions\":%u,\"states\":%u,\"peak\":%u,"
	    "\"stack\":%u,\"microseconds\":%u}", m->instructions, m->states, m->peak,
	    m->stack, m->microseconds);
}

/* One hook: what is in effect there, and is what should be? */
static void
write_hook(struct look *look, size_t i)
{
	const struct hooks_program_row *row = &hooks_programs[i];
	uint32_t ids[EFFECTIVE_MAX], count = EFFECTIVE_MAX;
	uint32_t ours = linked_program(look, row);
	struct bpf_prog_info expected;
	bool is_known = program_info(look->code.programs[i], &expected);
	bool is_right = false;

	if (bpf_prog_query(look->cgroup_fd, (enum bpf_attach_type)row->attach_type,
	    BPF_F_QUERY_EFFECTIVE, NULL, ids, &count))
		count = 0;
	fprintf(look->to, "%s{\"hook\":\"%s\",\"attach_type\":%d,\"name\":\"%s\"",
	    i ? "," : "", hook_name(row->attach_type), row->attach_type, row->name);
	write_measured(look->to, &look->measured[i], &expected);
	fputs(",\"effective\":[", look->to);
	for (uint32_t n = 0; n < count; n++) {
		if (n)
			fputc(',', look->to);
		is_right |= write_effective(look, ids[n], ours, &expected);
	}
	/* a kernel that does not know a hook which may be missing has nothing wrong there */
	is_right |= !is_known && hooks_objects[row->object].optional;
	fprintf(look->to, "],\"known\":%s,\"as_expected\":%s}", is_known ? "true" : "false",
	    is_right ? "true" : "false");
	look->is_expected &= is_right;
}

static const char *
kind_of(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} kinds[] = {
		{ BPF_MAP_TYPE_HASH, "hash" }, { BPF_MAP_TYPE_ARRAY, "array" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, "percpu_array" },
		{ BPF_MAP_TYPE_SK_STORAGE, "sk_storage" },
		{ BPF_MAP_TYPE_RINGBUF, "ringbuf" },
	};

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].name;
	return "other";
}

/* Entries that are there; of storage, sockets that have some; null: not to be counted. */
static void
write_use(FILE *to, int map, const struct bpf_map_info *info, const struct hooks_storage *storage)
{
	fputs(",\"used\":", to);
	if (info->type == BPF_MAP_TYPE_HASH)
		fprintf(to, "%llu", (unsigned long long)hooks_map_entries(map));
	else if (info->type == BPF_MAP_TYPE_SK_STORAGE)
		fprintf(to, "%llu", (unsigned long long)hooks_storage_of(storage, info->id));
	else
		fputs("null", to);
}

static void
write_map(struct look *look, size_t i, int map, const struct hooks_storage *storage)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	fprintf(look->to, "%s{\"name\":\"%s\"", i ? "," : "", hooks_maps[i]);
	if (map < 0 || bpf_obj_get_info_by_fd(map, &info, &size)) {
		fputs(",\"id\":null}", look->to);
		look->is_expected = false;
		return;
	}
	fprintf(look->to, ",\"id\":%u,\"type\":\"%s\",\"key\":%u,\"value\":%u,\"room\":%u,\"btf\":%u",
	    info.id, kind_of(info.type), info.key_size, info.value_size, info.max_entries, info.btf_id);
	write_use(look->to, map, &info, storage);
	fputc('}', look->to);
}

static void
write_maps(struct look *look)
{
	struct hooks_storage storage = { 0 };
	char path[INSTANCE_PATH_SIZE + 64];
	int maps[HOOKS_MAPS];
	int error;

	for (size_t i = 0; i < HOOKS_MAPS; i++)
		maps[i] = hooks_pin_path(path, sizeof(path), look->instance, "maps",
		    hooks_maps[i]) ? -1 : bpf_obj_get(path);
	error = hooks_storage_count(&storage, maps, HOOKS_MAPS);
	fputs("],\"maps\":[", look->to);
	for (size_t i = 0; i < HOOKS_MAPS; i++)
		write_map(look, i, maps[i], &storage);
	fprintf(look->to, "],\"storage\":{\"namespaces\":%u,\"sockets\":%llu,\"error\":",
	    storage.namespaces, (unsigned long long)storage.sockets);
	hooks_json_string(look->to, error ? strerror(-error) : "");
	fputc('}', look->to);
	for (size_t i = 0; i < HOOKS_MAPS; i++)
		close_fd(&maps[i]);
}

static int
look_open(struct look *look, char *why, size_t size)
{
	const char *cgroup = look->instance->cgroup;
	int error = hooks_cgroup_id(cgroup, false, &look->cgroup_id);

	if (!error) {
		look->cgroup_fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		error = look->cgroup_fd < 0 ? -errno : 0;
	}
	if (error) {
		snprintf(why, size, "cannot open the cgroup %s: %s", cgroup, strerror(-error));
		return error;
	}
	return hooks_code_measure(&look->code, look->measured, why, size);
}

int
hooks_look(const struct instance *instance, char **json, bool *is_expected, char *why, size_t size)
{
	struct look look = { .instance = instance, .cgroup_fd = -1, .is_expected = true };
	char *text = NULL;
	size_t n;
	int error;

	why[0] = '\0';
	error = look_open(&look, why, size);
	if (!error) {
		look.to = open_memstream(&text, &n);
		error = look.to ? 0 : -ENOMEM;
	}
	if (!error) {
		fputs("{\"cgroup\":", look.to);
		hooks_json_string(look.to, instance->cgroup);
		fputs(",\"pins\":", look.to);
		hooks_json_string(look.to, instance->pin_directory);
		fputs(",\"hooks\":[", look.to);
		for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
			write_hook(&look, i);
		write_maps(&look);
		fprintf(look.to, ",\"as_expected\":%s}", look.is_expected ? "true" : "false");
		error = fclose(look.to) ? -ENOMEM : 0;
	}
	close_fd(&look.cgroup_fd);
	hooks_code_free(&look.code);
	if (error) {
		free(text);
		return error;
	}
	*json = text;
	*is_expected = look.is_expected;
	return 0;
}
