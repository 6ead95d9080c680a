/*
 * glass_test.c: the way out that a person breaks open. For a time a skill goes where it wants, with no
 * heart beating; then, with nobody doing anything, it does not any more, and what it connected meanwhile is
 * cut. Who is stopped stays stopped; a time that cannot be meant is none.
 */
#include "scene.h"

#define SECOND 1000000000ULL

static uint16_t free_port;	/* no target, and somebody listens */
static uint16_t near_port = 6432;	/* a target */
static int elsewhere, backend;

static void
break_for(uint64_t ns)
{
	struct abi_glass glass = { .since = clock_boot(), .uid = 7, .reason = "a test" };

	glass.until = glass.since + ns;
	CHECK(!hooks_glass_break(&scene.instance, &glass));
}

static int
dial_free(const void *arg)
{
	int fd = dial("127.0.0.1", free_port);

	(void)arg;
	return fd < 0 ? -fd : 0;
}

static int
dial_near(const void *arg)
{
	int fd = dial("127.0.0.1", near_port);

	(void)arg;
	return fd < 0 ? -fd : 0;
}

static int
send_datagram(const void *arg)
{
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, "127.0.0.1", 9);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	return fd < 0 || sendto(fd, "x", 1, 0, (struct sockaddr *)&to, size) != 1 ? errno : 0;
}

static int
make_raw(const void *arg)
{
	(void)arg;
	return socket(AF_INET, SOCK_RAW, IPPROTO_UDP) < 0 ? errno : 0;
}

static const struct {
	const char *name;
	scene_fn fn;
	int refused;	/* with what, while it is whole and no heart beats */
} rows[] = {
	{ "no target", dial_free, EACCES },
	{ "a target", dial_near, ECONNREFUSED },
	{ "a datagram", send_datagram, EACCES },
	{ "a raw socket", make_raw, EACCES },
};

static int
run(scene_fn fn)
{
	return scene_wait(scene_start(scene.skill, fn, NULL));
}

static void
check_whole(const char *when)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		int got = run(rows[i].fn);

		if (got != rows[i].refused)
			printf("%s, %s: %d\n", when, rows[i].name, got);
		CHECK_ROW(rows[i].name, got == rows[i].refused);
	}
}

static void
check_broken(void)
{
	struct abi_glass glass;

	break_for(60 * SECOND);
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].name, run(rows[i].fn) == 0);
	close(scene_accept(elsewhere));
	close(scene_accept(backend));	/* directly: no door has it */
	CHECK(!hooks_glass_read(scene.hooks, &glass) && glass.passed == 2 && glass.uid == 7);
	CHECK(!hooks_glass_entered(scene.hooks, glass.since + 1, ABI_GLASS_OVER));	/* of another: not noted */
	CHECK(!hooks_glass_read(scene.hooks, &glass) && glass.entered == ABI_GLASS_NOT);
	CHECK(!hooks_glass_entered(scene.hooks, glass.since, ABI_GLASS_BROKEN));
	CHECK(!hooks_glass_read(scene.hooks, &glass) && glass.entered == ABI_GLASS_BROKEN);
}

/* Stopped by an operator: also now. */
static void
check_blocked(void)
{
	struct abi_skill blocked = scene.who;

	blocked.blocked = 1;
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &blocked));
	CHECK(run(dial_free) == EACCES && run(dial_near) == EACCES);
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
	CHECK(run(dial_free) == 0);
	close(scene_accept(elsewhere));
}

/* Ended before its time: what was broken is still to be entered. */
static void
check_ended(void)
{
	struct abi_glass glass;

	CHECK(!hooks_glass_break(&scene.instance, &(struct abi_glass){ 0 }));
	check_whole("ended");
	CHECK(!hooks_glass_read(scene.hooks, &glass) && glass.uid == 7 && glass.since);
}

static int ready[2];

/* Connected to the target meanwhile; 0: from some time on it is silent. */
static int
hold(const void *arg)
{
	struct timeval limit = { .tv_sec = 3 };
	int fd = dial("127.0.0.1", near_port);
	char c;

	(void)arg;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (fd < 0 || write(fd, "x", 1) != 1 || read(fd, &c, 1) != 1 || write(ready[1], "x", 1) != 1)
		return 1;
	usleep(1500 * 1000);
	if (write(fd, "x", 1) != 1)
		return 0;
	return read(fd, &c, 1) == 1 ? 2 : 0;
}

static void
check_expiry(void)
{
	pid_t pid;
	int taken;
	char c;

	break_for(SECOND);
	pid = scene_start(scene.skill, hold, NULL);
	taken = scene_accept(backend);
	CHECK(taken >= 0 && read(taken, &c, 1) == 1 && write(taken, &c, 1) == 1);
	CHECK(read(ready[0], &c, 1) == 1);
	while (run(dial_free) == 0)
		close(scene_accept(elsewhere));
	check_whole("over");
	CHECK(scene_wait(pid) == 0);
	CHECK(recv(taken, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	close(taken);
}

static void
check_odd(void)
{
	break_for(ABI_GLASS_MAX_NS + 60 * SECOND);	/* longer than it may be */
	check_whole("too long");
	break_for(UINT64_MAX - clock_boot());
	check_whole("for ever");
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1) && !pipe(ready));
	elsewhere = listen_on("127.0.0.1", &free_port);
	backend = listen_on("127.0.0.1", &near_port);
	CHECK(elsewhere >= 0 && backend >= 0);
	hooks_beat(scene.hooks, 0);	/* nobody is there, all the time */
	check_whole("never broken");
	check_broken();
	check_blocked();
	check_ended();
	check_expiry();
	check_odd();
	return check_end();
}
