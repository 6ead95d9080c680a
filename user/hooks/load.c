/*
 * load.c: load the programs and make or take over their maps.
 * Each object declares every map. The first one's are made (or found pinned, by
 * libbpf, which compares type and sizes) and put into all others, so that there
 * is one of each. An optional object that does not load is left out; any other
 * failure leaves nothing loaded. To measure, the verifier is given a place to write
 * its statistics for each program.
 */
#include "hooks/inside.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define LOG_ROOM 4096	/* of statistics: a few lines */
#define LOG_STATISTICS 4	/* BPF_LOG_STATS, of the kernel's bpf_verifier.h */

static char warning[256];

struct logs {
	char of[HOOKS_PROGRAMS][LOG_ROOM];
};

static int
libbpf_line(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[sizeof(warning)];
	size_t n;

	if (level != LIBBPF_WARN || warning[0])
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	n = strcspn(line, "\n");
	line[n] = '\0';
	if (!strstr(line, "BEGIN PROG LOAD LOG"))
		memcpy(warning, line, n + 1);
	return 0;
}

const char *
hooks_code_warning(void)
{
	return warning;
}

static int
set_attach_types(struct bpf_object *object)
{
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		const struct hooks_program_row *row = &hooks_programs[i];
		struct bpf_program *program;
		int error;

		program = bpf_object__find_program_by_name(object, row->name);
		if (!program)
			continue;
		error = bpf_program__set_expected_attach_type(program,
		    (enum bpf_attach_type)row->attach_type);
		if (error)
			return error;
	}
	return 0;
}

static int
set_logs(struct bpf_object *object, struct logs *logs)
{
	int error = 0;

	for (size_t i = 0; !error && logs && i < HOOKS_PROGRAMS; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object,
		    hooks_programs[i].name);

		if (!program)
			continue;
		error = bpf_program__set_log_buf(program, logs->of[i], LOG_ROOM);
		if (!error)
			error = bpf_program__set_log_level(program, LOG_STATISTICS);
	}
	return error;
}

/* Share a map through its pin, which an earlier version may have made otherwise. */
static int
set_pin(struct bpf_map *map, const char *path, char *why, size_t size)
{
	cleanup(close_fd) int fd = bpf_obj_get(path);
	struct bpf_map_info info = { 0 };
	uint32_t info_size = sizeof(info);

	if (fd >= 0 && (bpf_obj_get_info_by_fd(fd, &info, &info_size) ||
	    info.type != bpf_map__type(map) ||
	    info.key_size != bpf_map__key_size(map) ||
	    info.value_size != bpf_map__value_size(map) ||
	    info.max_entries != bpf_map__max_entries(map))) {
		snprintf(why, size, "the map %s in force is not as this version "
		    "has it: `interlock release` with the interlock that "
		    "attached it, then start", bpf_map__name(map));
		return -EPROTO;
	}
	return bpf_map__set_pin_path(map, path);
}

static int
set_maps(const struct hooks_code *code, struct bpf_object *object,
    const char *map_directory, char *why, size_t size)
{
	const struct bpf_object *first = code->objects[OBJECT_REDIRECT];
	char path[INSTANCE_PATH_SIZE + 64];

	for (size_t i = 0; i < HOOKS_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, hooks_maps[i]);
		int error = 0;

		if (!map)
			return -ENOENT;
		if (first) {
			error = bpf_map__reuse_fd(map, code->maps[i]);
		} else if (map_directory) {
			snprintf(path, sizeof(path), "%s/%s", map_directory, hooks_maps[i]);
			error = set_pin(map, path, why, size);
		}
		if (error)
			return error;
	}
	return 0;
}

static int
load_object(struct hooks_code *code, enum hooks_object which,
    const char *map_directory, struct logs *logs, char *why, size_t why_size)
{
	char name[16];	/* what libbpf calls the map of its constants by */
	struct bpf_object_open_opts options = {
		.sz = sizeof(options), .object_name = name,
	};
	struct bpf_object *object;
	const void *bytes;
	size_t size;
	int error;

	snprintf(name, sizeof(name), "ilk_%s", hooks_objects[which].name);
	bytes = hooks_objects[which].bytes(&size);
	object = bpf_object__open_mem(bytes, size, &options);
	if (!object)
		return -errno;
	error = set_attach_types(object);
	if (!error)
		error = set_maps(code, object, map_directory, why, why_size);
	if (!error)
		error = set_logs(object, logs);
	if (!error)
		error = bpf_object__load(object);
	if (error) {
		bpf_object__close(object);
		return error;
	}
	code->objects[which] = object;
	return 0;
}

static int
find_maps(struct hooks_code *code)
{
	for (size_t i = 0; i < HOOKS_MAPS; i++) {
		int fd = bpf_object__find_map_fd_by_name(
		    code->objects[OBJECT_REDIRECT], hooks_maps[i]);

		if (fd < 0)
			return fd;
		code->maps[i] = fd;
	}
	return 0;
}

static void
find_programs(struct hooks_code *code)
{
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		struct bpf_object *object = code->objects[hooks_programs[i].object];
		struct bpf_program *program = NULL;

		if (object)
			program = bpf_object__find_program_by_name(object,
			    hooks_programs[i].name);
		code->programs[i] = program ? bpf_program__fd(program) : -1;
	}
}

static void
explain(char *why, size_t size, int which, int error)
{
	snprintf(why, size, "cannot load the program %s: %s (%s)",
	    hooks_objects[which].name, strerror(-error), warning[0] ? warning :
	    "needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
}

static int
load(struct hooks_code *out, const char *map_directory, struct logs *logs,
    char *why, size_t size)
{
	struct hooks_code code = { 0 };
	int error = 0;

	warning[0] = '\0';
	libbpf_set_print(libbpf_line);
	for (int i = 0; i < OBJECTS; i++) {
		error = load_object(&code, i, map_directory, logs, why, size);
		if (!error && i == OBJECT_REDIRECT)
			error = find_maps(&code);
		if (error && !hooks_objects[i].optional) {
			if (error != -EPROTO)	/* set_pin() has said why */
				explain(why, size, i, error);
			hooks_code_free(&code);
			return error;
		}
	}
	find_programs(&code);
	*out = code;
	return 0;
}

int
hooks_code_load(struct hooks_code *out, const char *map_directory,
    char *why, size_t size)
{
	return load(out, map_directory, NULL, why, size);
}

/* The number behind a word of the log; 0: it is not there. */
static uint32_t
number_behind(const char *log, const char *word)
{
	const char *at = strstr(log, word);

	return at ? (uint32_t)strtoul(at + strlen(word), NULL, 10) : 0;
}

void
hooks_measure_read(const char *log, struct hooks_measured *out)
{
	const char *stack = strstr(log, "stack depth ");
	char *end;

	*out = (struct hooks_measured){
		.instructions = number_behind(log, "processed "),
		.states = number_behind(log, "total_states "),
		.peak = number_behind(log, "peak_states "),
		.microseconds = number_behind(log, "verification time "),
	};
	/* "64+32": of the program and of those it calls */
	if (stack)
		stack += strlen("stack depth");
	while (stack) {
		out->stack += (uint32_t)strtoul(stack + 1, &end, 10);
		stack = *end == '+' ? end : NULL;
	}
}

int
hooks_code_measure(struct hooks_code *out, struct hooks_measured measured[HOOKS_PROGRAMS],
    char *why, size_t size)
{
	cleanup(free_memory) struct logs *logs = calloc(1, sizeof(*logs));
	int error = logs ? load(out, NULL, logs, why, size) : -ENOMEM;

	for (size_t i = 0; !error && i < HOOKS_PROGRAMS; i++)
		hooks_measure_read(out->programs[i] < 0 ? "" : logs->of[i], &measured[i]);
	return error;
}

void
hooks_code_free(struct hooks_code *code)
{
	for (int i = 0; i < OBJECTS; i++) {
		bpf_object__close(code->objects[i]);
		code->objects[i] = NULL;
	}
}
