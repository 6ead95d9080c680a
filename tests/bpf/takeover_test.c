/*
 * takeover_test.c: a new loader takes over while skills connect as fast as they
 * can. Nothing slips past, nothing arrives without its origin or uncounted, and at
 * the end nothing is left behind: no program, no pin, no pending record.
 */
#include <bpf/bpf.h>
#include <limits.h>
#include <stdatomic.h>

#include "scene.h"

#define CLIENTS 4
#define CONNECTS 6000		/* each, at least: half to a target, half to a trap */
#define TAKEOVERS 5

static uint16_t trap_port;	/* a real listener at no target's address */

/* What children count, in memory they share. */
struct tally {
	atomic_uint diverted, failed, slipped, odd, done, enough;
};
static struct tally *tally;

static void
count_dial(const char *ip, uint16_t port, bool may)
{
	int fd = dial(ip, port);

	if (fd >= 0) {
		struct linger hard = { .l_onoff = 1 };	/* no TIME_WAIT: ports are few */
		char c;

		/* a reset may overtake what makes the other side: wait for its end */
		if (may && recv(fd, &c, 1, 0) != 0)
			atomic_fetch_add(&tally->odd, 1);
		atomic_fetch_add(may ? &tally->diverted : &tally->slipped, 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	} else if (may) {
		atomic_fetch_add(&tally->failed, 1);
	} else if (fd != -EACCES) {
		atomic_fetch_add(&tally->odd, 1);
	}
}

static int
storm(const void *arg)
{
	(void)arg;
	for (int i = 0; i < CONNECTS / 2 || !atomic_load(&tally->enough); i++) {
		count_dial(i & 1 ? "10.9.8.7" : "fd00::7", 5432, true);
		count_dial("127.0.0.9", trap_port, false);
	}
	atomic_fetch_add(&tally->done, 1);
	return 0;
}

struct seen {
	unsigned int whole, missing, wrong;
};

static bool
accept_one(int door, struct seen *seen, const char *want)
{
	struct view_address to = scene_address(want, 5432);
	struct abi_origin origin;
	int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	if (scene_origin(fd, &origin))
		seen->missing++;
	else if (memcmp(origin.ip, to.ip, 16) || origin.port != 5432 ||
	    origin.cgroup != scene.skill_id)
		seen->wrong++;
	else
		seen->whole++;
	close(fd);
	return true;
}

/* Take at most so many from both doors. */
static void
accept_some(struct seen *seen, int most)
{
	for (int i = 0; i < most; i++) {
		if (!accept_one(scene.door4, seen, "10.9.8.7") &
		    !accept_one(scene.door6, seen, "fd00::7"))
			return;
	}
}

static void
take_over(void)
{
	struct hooks *next = NULL;
	char why[512];
	bool whole = false;
	char *json = NULL;

	CHECK(!hooks_open(&next, &scene.instance, why, sizeof(why)));
	if (!next) {
		fprintf(stderr, "%s\n", why);
		return;
	}
	hooks_close(&scene.hooks);
	scene.hooks = next;
	CHECK(!hooks_status(scene.hooks, &json, &whole));
	CHECK(whole);
	free(json);
}

static void
check_storm(void)
{
	pid_t pids[CLIENTS];
	struct seen seen = { 0 };
	struct id session = { .time = scene.who.session_time,
	    .chance = scene.who.session_chance };
	struct abi_counts counts;
	int takeovers = 0;

	CHECK(!hooks_counts_begin(scene.hooks, &session, "tester"));
	for (int i = 0; i < CLIENTS; i++)
		pids[i] = scene_start(scene.skill, storm, NULL);
	while (atomic_load(&tally->done) < CLIENTS) {
		unsigned int part = CLIENTS * CONNECTS / 2 / (TAKEOVERS + 1);

		hooks_beat(scene.hooks, clock_mono());
		accept_some(&seen, 64);
		if (takeovers < TAKEOVERS &&
		    seen.whole > part * (unsigned int)(takeovers + 1)) {
			take_over();
			takeovers++;
			atomic_store(&tally->enough, takeovers == TAKEOVERS);
		}
	}
	for (int i = 0; i < CLIENTS; i++)
		CHECK(scene_wait(pids[i]) == 0);
	accept_some(&seen, INT_MAX);
	printf("storm: %u diverted, %u whole, %u missing, %u wrong, %u failed, "
	    "%u slipped, %u odd, %d take-overs\n", tally->diverted, seen.whole,
	    seen.missing, seen.wrong, tally->failed, tally->slipped, tally->odd,
	    takeovers);
	CHECK(takeovers == TAKEOVERS);
	CHECK(seen.whole >= CLIENTS * CONNECTS / 2 && tally->diverted == seen.whole);
	CHECK(!seen.missing && !seen.wrong);
	CHECK(!tally->failed && !tally->slipped && !tally->odd);
	CHECK(!hooks_counts_read(scene.hooks, &session, &counts));
	CHECK(counts.diverted == seen.whole && counts.opened == seen.whole);
	CHECK(counts.closed == seen.whole && counts.dropped == 0);
	CHECK(counts.refused == counts.diverted);
}

/* Old loader gone, sessions and doors still there: the maps were kept. */
static int
dial_target(const void *arg)
{
	int fd = dial("10.9.8.7", 5432);

	(void)arg;
	return fd < 0 ? -fd : 0;
}

static void
check_without_loader(void)
{
	struct abi_origin origin;
	int fd;

	hooks_beat(scene.hooks, clock_mono());
	hooks_close(&scene.hooks);
	CHECK(scene_wait(scene_start(scene.skill, dial_target, NULL)) == 0);
	fd = scene_accept(scene.door4);
	CHECK(scene_origin(fd, &origin) == 0);
	close(fd);
	usleep(2100 * 1000);
	CHECK(scene_wait(scene_start(scene.skill, dial_target, NULL)) == ECONNREFUSED);
	scene_open();
	CHECK(scene_run(scene.skill, dial_target, NULL) == 0);
	close(scene_accept(scene.door4));
}

/* A door that is registered and shut: refused by the kernel, its record taken back. */
static void
check_nothing_pending(void)
{
	char path[INSTANCE_PATH_SIZE + 64];
	uint8_t key[64];
	int map;

	close(scene.door4);
	CHECK(scene_run(scene.skill, dial_target, NULL) == ECONNREFUSED);
	snprintf(path, sizeof(path), "%.200s/maps/ilk_pending",
	    scene.instance.pin_directory);
	map = bpf_obj_get(path);
	CHECK(map >= 0);
	CHECK(bpf_map_get_next_key(map, NULL, key) && errno == ENOENT);
	close(map);
}

static uint32_t
count_programs(void)
{
	int fd = open(scene.instance.cgroup, O_RDONLY | O_CLOEXEC);
	uint32_t sum = 0;

	for (int type = 0; type < 60; type++) {
		uint32_t count = 0;

		if (!bpf_prog_query(fd, (enum bpf_attach_type)type, 0, NULL, NULL, &count))
			sum += count;
	}
	close(fd);
	return sum;
}

/* A program of a version we do not know is not taken over. */
static void
check_version(void)
{
	char path[INSTANCE_PATH_SIZE + 64], why[512] = "";
	struct hooks *next = NULL;
	struct abi_meta meta, other;
	uint32_t zero = 0;
	int map;

	snprintf(path, sizeof(path), "%.200s/maps/ilk_meta",
	    scene.instance.pin_directory);
	map = bpf_obj_get(path);
	CHECK(map >= 0 && !bpf_map_lookup_elem(map, &zero, &meta));
	other = meta;
	other.version = ABI_VERSION + 1;
	CHECK(!bpf_map_update_elem(map, &zero, &other, 0));
	CHECK(hooks_open(&next, &scene.instance, why, sizeof(why)) == -EPROTO);
	CHECK(!next && strstr(why, "version"));
	CHECK(!bpf_map_update_elem(map, &zero, &meta, 0));
	close(map);
	CHECK(count_programs() >= 13);
}

/* Nor is a map of another shape; and the programs stay in force meanwhile. */
static void
check_shape(void)
{
	char path[INSTANCE_PATH_SIZE + 64], kept[INSTANCE_PATH_SIZE + 64];
	struct hooks *next = NULL;
	char why[512] = "";
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "ilk_live", 8, 32, 128, NULL);

	snprintf(path, sizeof(path), "%.200s/maps/ilk_live",
	    scene.instance.pin_directory);
	snprintf(kept, sizeof(kept), "%.200s/maps/kept",
	    scene.instance.pin_directory);
	CHECK(map >= 0 && !rename(path, kept) && !bpf_obj_pin(map, path));
	CHECK(hooks_open(&next, &scene.instance, why, sizeof(why)) == -EPROTO);
	CHECK_ROW(why, !next && strstr(why, "the map ilk_live in force is not as"));
	CHECK(count_programs() >= 13);
	CHECK(!unlink(path) && !rename(kept, path));
	close(map);
}

/* A version from before connections were counted: its maps and sessions are taken
 * over, what is new is added. */
static void
check_older(void)
{
	static const char *const added[] = { "ilk_flow", "ilk_counts", "ilk_pairs", "ilk_live" };
	struct id none = { 0 };
	struct abi_counts counts = { 0 };
	char path[INSTANCE_PATH_SIZE + 64];

	hooks_close(&scene.hooks);
	for (size_t i = 0; i < COUNT(added); i++) {
		snprintf(path, sizeof(path), "%.200s/maps/%s",
		    scene.instance.pin_directory, added[i]);
		CHECK_ROW(added[i], !unlink(path));
	}
	snprintf(path, sizeof(path), "%.200s/links/ilk_release",
	    scene.instance.pin_directory);
	CHECK(!unlink(path));
	scene_open();
	CHECK(!access(path, F_OK));
	close(scene.door6);
	CHECK(!hooks_door_open(scene.hooks, scene.netns, &scene.door4,
	    &scene.door6, &scene.cookie));
	scene.port4 = port_of(scene.door4);
	CHECK(scene_run(scene.skill, dial_target, NULL) == 0);
	close(scene_accept(scene.door4));
	CHECK(!hooks_counts_read(scene.hooks, &none, &counts));
	CHECK(counts.diverted == 1 && counts.opened == 1 && counts.closed == 1);
}

static void
check_removal(void)
{
	CHECK(count_programs() >= 13);
	CHECK(!hooks_remove(&scene.instance));	/* while a loader still holds its links */
	CHECK(count_programs() == 0);
	CHECK(access(scene.instance.pin_directory, F_OK));
	CHECK(scene_run(scene.skill, dial_target, NULL) == ENETUNREACH);
	CHECK(!hooks_remove(&scene.instance));	/* again is fine */
	hooks_close(&scene.hooks);
}

int
main(void)
{
	int trap;

	scene_begin();
	CHECK(!scene_targets(1));
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	trap = listen_on("127.0.0.9", &trap_port);
	CHECK(trap >= 0);
	check_storm();
	check_without_loader();
	check_nothing_pending();
	check_version();
	check_shape();
	check_older();
	check_removal();
	close(trap);
	return check_end();
}
