/*
 * watchdog_test.c: a root that is not ours changes what we put into the kernel, in every
 * way it can; each is found, named, and put back without a moment without a program of ours,
 * and a skill's connection then comes to the door and to nobody else.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "scene.h"

static uint16_t near_port = 6432;	/* the target "near", where a real backend listens */
static int backend;

static char pin[INSTANCE_PATH_SIZE + 64];

static const char *
pin_of(const char *folder, const char *name)
{
	snprintf(pin, sizeof(pin), "%.200s/%s/%s", scene.instance.pin_directory, folder, name);
	return pin;
}

static int
map_of(const char *name)
{
	int fd = bpf_obj_get(pin_of("maps", name));

	CHECK_ROW(name, fd >= 0);
	return fd;
}

/* A program that lets everything pass, as a stranger would put there. */
static int
stranger(void)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_load_opts options = { .sz = sizeof(options),
		.expected_attach_type = BPF_CGROUP_INET4_CONNECT };

	return bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "stranger", "GPL", pass, COUNT(pass), &options);
}

/* ---- what is done ---------------------------------------------------------- */

static void
detach(void)
{
	int link = bpf_obj_get(pin_of("links", "ilk_connect4"));

	CHECK(link >= 0 && !bpf_link_detach(link));
	close(link);
}

static void
update(void)
{
	int link = bpf_obj_get(pin_of("links", "ilk_connect4")), program = stranger();

	CHECK(link >= 0 && program >= 0 && !bpf_link_update(link, program, NULL));
	close(link);
	close(program);
}

static void
unpin_link(void)
{
	CHECK(!unlink(pin_of("links", "ilk_egress")));
}

static void
unpin_map(void)
{
	CHECK(!unlink(pin_of("maps", "ilk_skills")));
}

static void
pin_other(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "stranger", 8, 48, 16, NULL);

	CHECK(map >= 0 && !unlink(pin_of("maps", "ilk_skills")) && !bpf_obj_pin(map, pin));
	close(map);
}

/* The whole directory at once. */
static void
remove_directory(void)
{
	char command[2 * INSTANCE_PATH_SIZE];

	snprintf(command, sizeof(command), "rm -r %.200s/maps %.200s/links", scene.instance.pin_directory,
	    scene.instance.pin_directory);
	CHECK(system(command) == 0);
}

static void
key_of_near(struct abi_address *key)
{
	struct view_address near = scene_address("127.0.0.1", near_port);

	*key = (struct abi_address){ .port = near.port };
	memcpy(key->ip, near.ip, sizeof(key->ip));
}

/* The target is in the skill's namespace now: it would be dialled elsewhere. */
static void
change_target(void)
{
	int map = map_of("ilk_targets");
	struct abi_address key;
	struct abi_target value;

	key_of_near(&key);
	CHECK(!bpf_map_lookup_elem(map, &key, &value));
	value.index++;
	CHECK(!bpf_map_update_elem(map, &key, &value, BPF_EXIST));
	close(map);
}

static void
drop_target(void)
{
	int map = map_of("ilk_targets");
	struct abi_address key;

	key_of_near(&key);
	CHECK(!bpf_map_delete_elem(map, &key));
	close(map);
}

static void
add_target(void)
{
	int map = map_of("ilk_targets");
	struct abi_address key = { .ip = { [15] = 9 }, .port = 9 };
	struct abi_target value = { .name = "stranger" };

	CHECK(!bpf_map_update_elem(map, &key, &value, BPF_NOEXIST));
	close(map);
}

/* Nothing that skill does is ours any more. */
static void
drop_skill(void)
{
	int map = map_of("ilk_skills");

	CHECK(!bpf_map_delete_elem(map, &scene.skill_id));
	close(map);
}

static void
change_skill(void)
{
	int map = map_of("ilk_skills");
	struct abi_skill other = scene.who;

	other.session_chance++;
	CHECK(!bpf_map_update_elem(map, &scene.skill_id, &other, BPF_EXIST));
	close(map);
}

/* The door leads to the backend itself. */
static void
change_door(void)
{
	int map = map_of("ilk_doors");
	struct abi_door door = { .port4 = near_port, .port6 = near_port };

	CHECK(!bpf_map_update_elem(map, &scene.cookie, &door, BPF_EXIST));
	close(map);
}

static void
change_meta(void)
{
	int map = map_of("ilk_meta");
	struct abi_meta meta;
	uint32_t zero = 0;

	CHECK(!bpf_map_lookup_elem(map, &zero, &meta));
	meta.worker_cgroup = scene.skill_id;
	CHECK(!bpf_map_update_elem(map, &zero, &meta, 0));
	close(map);
}

static const struct {
	const char *name;
	void (*tamper)(void);
	const char *what, *how;	/* the first that is told */
} rows[] = {
	{ "link detached", detach, "ilk_connect4", "is not in effect: its link" },
	{ "program replaced", update, "ilk_connect4", "runs program" },
	{ "pin of a link removed", unpin_link, "ilk_egress", "has lost its pin" },
	{ "pin of a map removed", unpin_map, "ilk_skills", "has lost its pin" },
	{ "pin of a map replaced", pin_other, "ilk_skills", "has something else at its pin" },
	{ "pin directory removed", remove_directory, "ilk_release", "has lost its pin" },
	{ "target changed", change_target, "ilk_targets", "1 rows changed, 0 missing, 0 foreign" },
	{ "target removed", drop_target, "ilk_targets", "0 rows changed, 1 missing, 0 foreign" },
	{ "target added", add_target, "ilk_targets", "0 rows changed, 0 missing, 1 foreign" },
	{ "skill removed", drop_skill, "ilk_skills", "0 rows changed, 1 missing, 0 foreign" },
	{ "skill changed", change_skill, "ilk_skills", "1 rows changed" },
	{ "door changed", change_door, "ilk_doors", "1 rows changed" },
	{ "worker's cgroup changed", change_meta, "ilk_meta", "was written by somebody else" },
};

/* ---- what is found ---------------------------------------------------------- */

struct found {
	size_t count;
	char what[64], how[256];	/* the first */
};

static void
note(void *arg, const char *what, const char *how)
{
	struct found *found = arg;

	if (found->count++ > 0)
		return;
	snprintf(found->what, sizeof(found->what), "%s", what);
	snprintf(found->how, sizeof(found->how), "%s", how);
}

static struct found
look(bool mend)
{
	struct found found = { 0 };
	size_t count = hooks_check(scene.hooks, mend, note, &found);

	CHECK(count == found.count);
	return found;
}

static int
dial_near(const void *arg)
{
	int fd = dial("127.0.0.1", near_port);

	(void)arg;
	return fd < 0 ? -fd : 0;
}

/* It comes to the door, with its origin, and not to the backend. */
static void
check_diverted(const char *name)
{
	struct pollfd came = { .fd = backend, .events = POLLIN };
	struct abi_origin origin;
	int fd;

	CHECK_ROW(name, scene_run(scene.skill, dial_near, NULL) == 0);
	fd = scene_accept(scene.door4);
	CHECK_ROW(name, fd >= 0 && scene_origin(fd, &origin) == 0 && origin.cgroup == scene.skill_id);
	close(fd);
	CHECK_ROW(name, poll(&came, 1, 0) == 0);
}

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct found found;

		CHECK_ROW(rows[i].name, look(false).count == 0);
		rows[i].tamper();
		found = look(false);
		CHECK_ROW(rows[i].name, found.count > 0);
		if (strcmp(found.what, rows[i].what) || !strstr(found.how, rows[i].how))
			printf("%s: %s %s\n", rows[i].name, found.what, found.how);
		CHECK_ROW(rows[i].name, !strcmp(found.what, rows[i].what) && strstr(found.how, rows[i].how));
		CHECK_ROW(rows[i].name, look(true).count > 0);
		CHECK_ROW(rows[i].name, look(false).count == 0);
		check_diverted(rows[i].name);
	}
}

/* With half a second for it; 0: it is connected. */
static int
dial_near_shortly(const void *arg)
{
	struct timeval limit = { .tv_usec = 500 * 1000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return dial_with(fd, "127.0.0.1", near_port) < 0 ? 1 : 0;
}

/* Before anybody has looked: what is not diverted any more is stopped by the second wall. */
static void
check_second_wall(void)
{
	struct pollfd came = { .fd = backend, .events = POLLIN };

	detach();
	CHECK(scene_run(scene.skill, dial_near_shortly, NULL) == 1);
	CHECK(poll(&came, 1, 0) == 0);
	CHECK(scene_run(scene.other, dial_near_shortly, NULL) == 0);	/* who is no skill is not touched */
	close(scene_accept(backend));
	CHECK(look(true).count > 0 && look(false).count == 0);
	check_diverted("after the second wall");
}

/* Who runs after us could change our address: told, and not ours to take away. */
static void
check_stranger(void)
{
	int cgroup = open(scene.instance.cgroup, O_RDONLY | O_CLOEXEC), program = stranger(), link;
	struct found found;

	link = bpf_link_create(program, cgroup, BPF_CGROUP_INET4_CONNECT, NULL);
	CHECK(link >= 0);
	found = look(true);
	CHECK(found.count == 1 && !strcmp(found.what, "ilk_connect4") && strstr(found.how, "is followed by program"));
	CHECK(look(true).count == 1);
	close(link);
	CHECK(look(false).count == 0);
	close(program);
	close(cgroup);
}

/* A beat that nobody of ours gave opens nothing for long: it is found, and taken back. */
static void
check_beat(void)
{
	struct abi_meta meta;
	uint32_t zero = 0;
	int map = map_of("ilk_meta");

	hooks_beat(scene.hooks, 0);
	CHECK(scene_wait(scene_start(scene.skill, dial_near, NULL)) == ECONNREFUSED);
	CHECK(!bpf_map_lookup_elem(map, &zero, &meta));
	meta.beat = clock_mono();
	CHECK(!bpf_map_update_elem(map, &zero, &meta, 0));
	CHECK(look(true).count == 1);
	CHECK(scene_wait(scene_start(scene.skill, dial_near, NULL)) == ECONNREFUSED);
	hooks_beat(scene.hooks, clock_mono());
	CHECK(look(false).count == 0);
	close(map);
}

/* What an earlier loader left in maps that nobody took over is taken out, and is no alarm. */
static void
check_sweep(void)
{
	drop_skill();
	CHECK(look(true).count == 1);
	hooks_close(&scene.hooks);
	scene_open();
	CHECK(!scene_targets(2));
	CHECK(look(false).count > 0);	/* the skill and the door of the one before */
	hooks_sweep(scene.hooks);
	CHECK(look(false).count == 0);
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	backend = listen_on("127.0.0.1", &near_port);
	CHECK(backend >= 0);
	check_rows();
	check_second_wall();
	check_stranger();
	check_beat();
	check_sweep();
	close(backend);
	return check_end();
}
