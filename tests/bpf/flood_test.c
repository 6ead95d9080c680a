/*
 * flood_test.c: more refusals than the ring has room for, with nobody reading. None is
 * lost without being counted as lost; sessions, reasons and pairs have all of them; what
 * was read and what was lost add up; and afterwards news come again.
 */
#include "scene.h"

#include "hooks/inside.h"

#define FLOOD 3000		/* refusals; the ring holds fewer than 2000 */

static struct id session = { .kind = ID_SESSION, .time = 7, .chance = 9 };

static int
flood(const void *arg)
{
	const int *count = arg;

	for (int i = 0; i < *count; i++)
		if (dial("10.9.8.8", 5432) != -EACCES)
			return 1;
	return 0;
}

/* Read all there is; in portions, as the loader does. */
static size_t
read_all(void)
{
	size_t all = 0, some;

	while ((some = scene_events()) > 0)
		all += scene.hooks->event_count;
	return all;
}

static uint64_t
refused_pairs(const char *skill, const char *target)
{
	struct abi_pair key = { 0 };
	struct abi_pair_counts row = { 0 };

	snprintf(key.skill, sizeof(key.skill), "%s", skill);
	snprintf(key.target, sizeof(key.target), "%s", target);
	bpf_map_lookup_elem(scene.hooks->code.maps[MAP_PAIRS], &key, &row);
	return row.refused;
}

static void
check_flood(void)
{
	static const int many = FLOOD, one = 1;
	struct abi_counts counts = { 0 };
	uint64_t lost;
	size_t told;

	read_all();
	CHECK(hooks_events_lost(scene.hooks) == 0);
	CHECK(scene_run(scene.skill, flood, &many) == 0);
	lost = hooks_events_lost(scene.hooks);
	CHECK(lost > 0 && lost < FLOOD);
	told = read_all();
	printf("%zu refusals told, %llu lost\n", told, (unsigned long long)lost);
	CHECK(told + lost == FLOOD);
	CHECK(hooks_stat(scene.hooks, ABI_NO_TARGET) == FLOOD);
	CHECK(!hooks_counts_read(scene.hooks, &session, &counts) && counts.refused == FLOOD);
	CHECK(refused_pairs("tester", "") == FLOOD);
	/* entered once, whoever asks then */
	CHECK(!hooks_events_lost_entered(scene.hooks, lost));
	CHECK(hooks_events_lost(scene.hooks) == 0);
	hooks_close(&scene.hooks);
	scene_open();
	CHECK(hooks_events_lost(scene.hooks) == 0 && hooks_stat(scene.hooks, ABI_STAT_LOST) == lost);
	CHECK(scene_run(scene.skill, flood, &one) == 0);
	CHECK(scene_events() == 1 && scene_told(ABI_NO_TARGET, "tester"));
	CHECK(hooks_events_lost(scene.hooks) == 0);
}

/* What was lost while no loader ran is found by the next. */
static void
check_between(void)
{
	static const int many = FLOOD;
	uint64_t lost;

	hooks_close(&scene.hooks);
	CHECK(scene_wait(scene_start(scene.skill, flood, &many)) == 0);
	scene_open();
	lost = hooks_events_lost(scene.hooks);
	CHECK(lost > 0 && read_all() + lost == FLOOD);
}

/* No room for a row: it is counted with the rest, and nothing else suffers. */
static void
check_full_pairs(void)
{
	static const int one = 1;
	int map = scene.hooks->code.maps[MAP_PAIRS];
	struct abi_pair_counts row = { 0 };
	struct abi_pair key = { .skill = "filler" };
	struct abi_skill other = { .session_time = 7, .session_chance = 9, .name = "newcomer" };
	uint64_t before;
	int n = 0;

	do
		snprintf(key.target, sizeof(key.target), "%d", n++);
	while (!bpf_map_update_elem(map, &key, &row, BPF_NOEXIST));
	CHECK(n > 1000);
	before = refused_pairs("", "");
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &other));
	CHECK(scene_run(scene.skill, flood, &one) == 0);
	CHECK(refused_pairs("newcomer", "") == 0 && refused_pairs("", "") == before + 1);
	CHECK(scene_events() == 1 && scene_told(ABI_NO_TARGET, "newcomer"));
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	CHECK(!hooks_counts_begin(scene.hooks, &session, "tester"));
	check_flood();
	check_between();
	check_full_pairs();
	return check_end();
}
