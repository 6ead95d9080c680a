/*
 * look_test.c: what `interlock status --bpf` says is true: a detached link, a program
 * that is not the right one under a link that is, and somebody's own beside ours are
 * told apart; maps and socket storage are counted, in other network namespaces too.
 */
#include <bpf/bpf.h>
#include <jansson.h>
#include <linux/bpf.h>

#include "hooks/inside.h"
#include "scene.h"

static json_t *
look(bool *is_expected)
{
	char why[256] = "", *text = NULL;
	json_t *json;

	CHECK_ROW(why, !hooks_look(&scene.instance, &text, is_expected, why, sizeof(why)));
	json = text ? json_loads(text, 0, NULL) : NULL;
	CHECK(json && *is_expected == json_is_true(json_object_get(json, "as_expected")));
	free(text);
	return json;
}

static const json_t *
row_of(const json_t *json, const char *list, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(json, list), i, row)
		if (!strcmp(json_string_value(json_object_get(row, "name")), name))
			return row;
	CHECK_ROW(name, false);
	return NULL;
}

static bool
is_right(const json_t *json, const char *name)
{
	return json_is_true(json_object_get(row_of(json, "hooks", name), "as_expected"));
}

static json_int_t
used(const json_t *json, const char *map)
{
	return json_integer_value(json_object_get(row_of(json, "maps", map), "used"));
}

static void
check_whole(void)
{
	struct abi_unix longest = { .cgroup = 1, .path = "/run/a" };
	struct abi_unix_place place = { .length = 1 };
	bool is_expected = false;
	json_t *json;

	CHECK(!bpf_map_update_elem(scene.hooks->code.maps[MAP_UNIX], &longest, &place, BPF_ANY));
	json = look(&is_expected);
	CHECK(used(json, "ilk_unix") == 1);

	CHECK(is_expected && json_array_size(json_object_get(json, "hooks")) == HOOKS_PROGRAMS);
	CHECK(json_array_size(json_object_get(json, "maps")) == HOOKS_MAPS);
	CHECK(used(json, "ilk_skills") == 1 && used(json, "ilk_targets") == 4);
	CHECK(!strcmp(json_string_value(json_object_get(row_of(json, "hooks", "ilk_unixconn"), "hook")),
	    "cgroup_unix_connect"));
	json_decref(json);
}

/* Names, types and pins, as they are. */
static void
check_pins(void)
{
	static const char *const folders[] = { "", "links", "maps", "progs" };
	char path[INSTANCE_PATH_SIZE + 64];
	struct stat st;

	for (size_t i = 0; i < COUNT(folders); i++) {
		CHECK(!hooks_pin_path(path, sizeof(path), &scene.instance, folders[i], ""));
		CHECK_ROW(path, !stat(path, &st) && (st.st_mode & 07777) == 0700 && !st.st_uid);
	}
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd;

		CHECK(!hooks_pin_path(path, sizeof(path), &scene.instance, "progs", hooks_programs[i].name));
		fd = bpf_obj_get(path);
		CHECK_ROW(path, fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size));
		CHECK_ROW(path, !strcmp(info.name, hooks_programs[i].name) && info.btf_id);
		close(fd);
	}
	for (size_t i = 0; i < HOOKS_MAPS; i++) {
		struct bpf_map_info info = { 0 };
		uint32_t size = sizeof(info);

		CHECK(!bpf_obj_get_info_by_fd(scene.hooks->code.maps[i], &info, &size));
		CHECK_ROW(hooks_maps[i], !strcmp(info.name, hooks_maps[i]));
		/* a ring has neither keys nor values */
		CHECK_ROW(hooks_maps[i], info.btf_id || info.type == BPF_MAP_TYPE_RINGBUF);
	}
}

static int
pass_program(void)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
	    .expected_attach_type = BPF_CGROUP_INET6_CONNECT);
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "ilk_connect6", "GPL", code,
	    COUNT(code), &options);

	CHECK(fd >= 0);
	return fd;
}

static int
right_program(const char *name)
{
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		if (!strcmp(hooks_programs[i].name, name))
			return scene.hooks->code.programs[i];
	return -1;
}

static int
link_of(const char *name)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int fd;

	CHECK(!hooks_pin_path(path, sizeof(path), &scene.instance, "links", name));
	fd = bpf_obj_get(path);
	CHECK_ROW(path, fd >= 0);
	return fd;
}

/* Under our link, by our name, and not our program. */
static void
check_wrong_program(void)
{
	int program = pass_program(), link = link_of("ilk_connect6");
	bool is_expected = true;
	json_t *json;

	CHECK(!bpf_link_update(link, program, NULL));
	json = look(&is_expected);
	CHECK(!is_expected && !is_right(json, "ilk_connect6") && is_right(json, "ilk_connect4"));
	json_decref(json);
	CHECK(!bpf_link_update(link, right_program("ilk_connect6"), NULL));
	json = look(&is_expected);
	CHECK(is_expected);
	json_decref(json);
	close(program);
	close(link);
}

/* Somebody's own beside ours: shown, and nothing is wrong. */
static void
check_beside(void)
{
	int program = pass_program(), link;
	bool is_expected = false;
	json_t *json;

	link = bpf_link_create(program, scene.hooks->cgroup_fd, BPF_CGROUP_INET6_CONNECT, NULL);
	CHECK(link >= 0);
	json = look(&is_expected);
	CHECK(is_expected && json_array_size(json_object_get(row_of(json, "hooks", "ilk_connect6"),
	    "effective")) == 2);
	json_decref(json);
	close(link);
	close(program);
}

static void
check_detached(void)
{
	int link = link_of("ilk_unixsend");
	bool is_expected = true;
	json_t *json;

	CHECK(!bpf_link_detach(link));
	close(link);
	json = look(&is_expected);
	CHECK(!is_expected && !is_right(json, "ilk_unixsend") && is_right(json, "ilk_unixconn"));
	json_decref(json);
}

static int ready[2], go[2];

/* Two connections and a socket that is bound, in another namespace than the test's own. */
static int
hold_sockets(const void *arg)
{
	uint16_t port = 0;
	char c;

	(void)arg;
	if (dial("10.9.8.7", 5432) < 0 || dial("fd00::7", 5432) < 0 || listen_on("127.0.0.1", &port) < 0)
		return 1;
	return write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 1;
}

static void
check_storage(void)
{
	struct hooks_storage none = { 0 };
	int fds[2], own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	bool is_expected;
	json_t *json;
	pid_t pid;
	char c;

	CHECK(!pipe(ready) && !pipe(go));
	hooks_beat(scene.hooks, clock_mono());
	pid = scene_start(scene.skill, hold_sockets, NULL);
	CHECK(read(ready[0], &c, 1) == 1);
	fds[0] = scene_accept(scene.door4);
	fds[1] = scene_accept(scene.door6);
	CHECK(fds[0] >= 0 && fds[1] >= 0);
	CHECK(!setns(scene.outside, CLONE_NEWNET));	/* it lies in another than ours */
	json = look(&is_expected);
	CHECK(!setns(own, CLONE_NEWNET));
	CHECK(used(json, "ilk_orig") == 2 && used(json, "ilk_conn") == 2);
	CHECK(used(json, "ilk_flow") == 2 && used(json, "ilk_tag") == 3);
	CHECK(!*json_string_value(json_object_get(json_object_get(json, "storage"), "error")));
	json_decref(json);
	close(fds[0]);
	close(fds[1]);
	CHECK(write(go[1], "x", 1) == 1 && scene_wait(pid) == 0);
	json = look(&is_expected);
	CHECK(used(json, "ilk_orig") == 0 && used(json, "ilk_conn") == 0 && used(json, "ilk_tag") == 0);
	json_decref(json);
	CHECK(hooks_storage_of(&none, 1) == 0);
	close(own);
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	check_whole();
	check_pins();
	check_storage();
	check_beside();
	check_wrong_program();
	check_detached();
	return check_end();
}
