/*
 * targets_test.c: policies follow each other while a skill connects. A kept
 * address is never refused, and its index and epoch always belong together.
 */
#include "scene.h"

#define DIALS 1500

static struct view_address kept, odd, even;

/* Of even epochs the kept address is target 0, of odd ones target 1. */
static int
put_policy(uint32_t epoch)
{
	struct view_target first = { .name = "kept", .addresses = &kept,
	    .address_count = 1 };
	struct view_target second = { .name = "other",
	    .addresses = epoch & 1 ? &odd : &even, .address_count = 1 };
	struct view_target targets[2];
	struct view_loader view = { .head.epoch = epoch, .targets = targets,
	    .target_count = 2 };

	targets[epoch & 1] = first;
	targets[!(epoch & 1)] = second;
	return hooks_targets(scene.hooks, &view);
}

static int
dial_kept(const void *arg)
{
	struct linger hard = { .l_onoff = 1 };

	(void)arg;
	for (int i = 0; i < DIALS; i++) {
		int fd = dial("10.9.8.7", 5432);

		if (fd < 0)
			return -fd;
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	}
	return 0;
}

static void
check_churn(void)
{
	uint32_t epoch = 0xfffff0, changes = 0, seen = 0, odds = 0;
	pid_t pid;

	CHECK(!put_policy(epoch));
	hooks_beat(scene.hooks, clock_mono());
	pid = scene_start(scene.skill, dial_kept, NULL);
	while (seen < DIALS) {
		struct abi_origin origin = { 0 };
		struct pollfd wait = { .fd = scene.door4, .events = POLLIN };
		int fd = poll(&wait, 1, 2000) == 1 ?
		    accept4(scene.door4, NULL, NULL, SOCK_CLOEXEC) : -1;

		if (fd < 0)
			break;
		seen++;
		odds += scene_origin(fd, &origin) || origin.target != (origin.epoch & 1) ||
		    origin.epoch > epoch || origin.epoch < 0xfffff0;
		close(fd);
		hooks_beat(scene.hooks, clock_mono());
		if (put_policy(++epoch))
			odds++;
		changes++;
	}
	CHECK(scene_wait(pid) == 0);
	CHECK(seen == DIALS && odds == 0);
	printf("%u connects through %u changes of policy\n", seen, changes);
}

static int
dial_place(const void *arg)
{
	const struct view_address *to = arg;
	char ip[INET6_ADDRSTRLEN];
	int fd;

	inet_ntop(AF_INET6, to->ip, ip, sizeof(ip));
	fd = dial(ip, to->port);
	return fd < 0 ? -fd : 0;
}

/* What the new policy does not name is gone; what it names is there. */
static void
check_exchange(void)
{
	CHECK(!put_policy(10));
	CHECK(scene_run(scene.skill, dial_place, &even) == 0);
	CHECK(scene_run(scene.skill, dial_place, &odd) == EACCES);
	CHECK(!put_policy(11));
	CHECK(scene_run(scene.skill, dial_place, &even) == EACCES);
	CHECK(scene_run(scene.skill, dial_place, &odd) == 0);
}

/* Whose it is would be unclear, or it does not fit: nothing changes. */
static void
check_refused(void)
{
	static struct view_address many[32769];
	struct view_address twice[] = { kept, odd, kept };
	struct view_target target = { .name = "t", .addresses = twice,
	    .address_count = 3 };
	struct view_loader view = { .head.epoch = 12, .targets = &target,
	    .target_count = 1 };

	CHECK(hooks_targets(scene.hooks, &view) == -EEXIST);
	target.addresses = many;
	target.address_count = COUNT(many);
	CHECK(hooks_targets(scene.hooks, &view) == -E2BIG);
	CHECK(scene_run(scene.skill, dial_place, &odd) == 0);
	view.target_count = 0;
	CHECK(!hooks_targets(scene.hooks, &view));
	CHECK(scene_run(scene.skill, dial_place, &odd) == EACCES);
	CHECK(scene_run(scene.skill, dial_place, &kept) == EACCES);
}

int
main(void)
{
	scene_begin();
	kept = scene_address("10.9.8.7", 5432);
	odd = scene_address("10.0.0.1", 1);
	even = scene_address("10.0.0.2", 2);
	check_churn();
	check_exchange();
	check_refused();
	return check_end();
}
