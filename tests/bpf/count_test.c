/*
 * count_test.c: what the kernel counts of a connection is what its process has
 * read and written, to the byte, however it ends; and what a session's row, and
 * the list of live flows, say of it. The skill's side is played by a child that
 * does one step at a time, so that each row is a story in one order.
 */
#include <bpf/bpf.h>

#include "scene.h"

/*
 * Steps, each a letter and a number. By the skill: W write, R read, S shut down
 * writing, C close, X close with a reset, O write urgent bytes. By the daemon: a
 * accept, w write, r read (as much as there is, at most that), s shut down
 * writing, c close, k end the process that has it, d shut the listener.
 */
static const struct row {
	const char *name, *steps;
	uint64_t closed, dropped, in, out;
} rows[] = {
	{ "nothing", "a c C", 1, 0, 0, 0 },
	{ "skill closes first", "a W100 r100 w50 R50 C r1 c", 1, 0, 100, 50 },
	{ "daemon closes first", "a W100 r100 w50 R50 c R1 C", 1, 0, 100, 50 },
	{ "its end was not read", "a W100 r100 C c", 1, 0, 100, 0 },
	{ "half was not read", "a W100 r40 c C", 1, 0, 40, 0 },
	{ "half was not read, and its end", "a W100 C r40 c", 1, 0, 40, 0 },
	{ "reset with nothing to read", "a W100 r100 X r1 c", 1, 0, 100, 0 },
	{ "reset with something to read", "a W100 X c", 1, 0, 0, 0 },
	{ "read after the reset", "a W100 r10 X r100 c", 1, 0, 100, 0 },
	{ "the answer is not read", "a w70 C w30 c", 1, 0, 0, 70 },
	{ "the skill shuts down first", "a W9 S r9 r1 w5 R5 c C", 1, 0, 9, 5 },
	{ "the daemon shuts down first", "a w5 s R5 R1 W9 C r9 r1 c", 1, 0, 9, 5 },
	{ "… and reads half", "a w5 s W9 C r4 c", 1, 0, 4, 5 },
	{ "both shut down", "a w5 s W9 S r9 r1 R5 R1 c C", 1, 0, 9, 5 },
	{ "urgent bytes", "a W10 O1 W10 r21 c C", 1, 0, 21, 0 },
	{ "large", "a W200000 r200000 w150000 R150000 c C", 1, 0, 200000, 150000 },
	{ "the process ends", "a W100 r60 w20 k C", 1, 0, 60, 20 },
	{ "taken after its end", "W10 C a r10 r1 c", 1, 0, 10, 0 },
	{ "taken after a reset", "W10 X a r10 c", 1, 0, 10, 0 },
	{ "never taken, reset", "W10 X d", 0, 1, 0, 0 },
	{ "never taken", "W10 d C", 0, 1, 0, 0 },
};

static struct id session = { .kind = ID_SESSION, .time = 7, .chance = 9 };
static int order[2], report[2];	/* steps to the child, and back */
static int taken = -1;		/* the accepted socket */
static uint64_t own_in, own_out;	/* what was read and written here */

/* Write, or read what comes, up to so many bytes in all. */
static uint64_t
move_bytes(int fd, bool is_write, size_t most)
{
	static char room[1 << 18];
	size_t n = 0;

	while (n < most) {
		ssize_t k = is_write ? send(fd, room, most - n, MSG_NOSIGNAL) :
		    recv(fd, room, most - n, 0);

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	return n;
}

static void
close_hard(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void
skill_step(int fd, char what, size_t n)
{
	char urgent[8] = "!!!!!!!";

	if (what == 'W' || what == 'R')
		move_bytes(fd, what == 'W', n);
	else if (what == 'O')
		send(fd, urgent, n, MSG_OOB);
	else if (what == 'S')
		shutdown(fd, SHUT_WR);
	else if (what == 'C')
		close(fd);
	else
		close_hard(fd);
}

struct step {
	char what;
	size_t n;
};

static int
play_skill(const void *arg)
{
	int fd = dial("10.9.8.7", 5432);
	struct step step;

	(void)arg;
	close(order[1]);
	if (fd < 0)
		return -fd;
	if (write(report[1], "", 1) != 1)
		return 90;
	while (read(order[0], &step, sizeof(step)) == sizeof(step)) {
		skill_step(fd, step.what, step.n);
		if (write(report[1], "", 1) != 1)
			return 91;
	}
	return 0;
}

/* Another process has the socket, alone, and is ended. */
static void
end_holder(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	close(taken);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
check_tally(const char *name)
{
	struct abi_tally tally;
	socklen_t size = sizeof(tally);

	CHECK_ROW(name, !getsockopt(taken, ABI_SOL_ORIGIN, ABI_SO_TALLY, &tally,
	    &size) && size == sizeof(tally));
	CHECK_ROW(name, tally.in == own_in && tally.out == own_out);
}

static void
daemon_step(const char *name, char what, size_t n)
{
	struct abi_origin origin;

	if (what == 'a') {
		taken = scene_accept(scene.door4);
		CHECK_ROW(name, !scene_origin(taken, &origin));
	}
	if (what == 'w')
		own_out += move_bytes(taken, true, n);
	else if (what == 'r')
		own_in += move_bytes(taken, false, n);
	else if (what == 's')
		shutdown(taken, SHUT_WR);
	else if (what == 'd')
		close(scene.door4);
	if (what != 'd')
		check_tally(name);
	if (what == 'c')
		close(taken);
	else if (what == 'k')
		end_holder();
}

static void
play(const struct row *row)
{
	struct step step;
	pid_t pid;
	char c;

	CHECK(!pipe(order) && !pipe(report));
	hooks_beat(scene.hooks, clock_mono());
	pid = scene_start(scene.skill, play_skill, NULL);
	close(order[0]);
	CHECK_ROW(row->name, read(report[0], &c, 1) == 1);
	own_in = own_out = 0;
	for (const char *p = row->steps; *p; p += strcspn(p, " "), p += *p == ' ') {
		step = (struct step){ *p, strtoul(p + 1, NULL, 10) };
		if (step.what >= 'a') {
			daemon_step(row->name, step.what, step.n);
			continue;
		}
		CHECK(write(order[1], &step, sizeof(step)) == sizeof(step));
		CHECK_ROW(row->name, read(report[0], &c, 1) == 1);
	}
	close(order[1]);
	CHECK_ROW(row->name, scene_wait(pid) == 0);
	close(order[0]);
	close(report[0]);
	close(report[1]);
}

static struct abi_counts
counts(void)
{
	struct abi_counts out = { 0 };

	CHECK(!hooks_counts_read(scene.hooks, &session, &out));
	return out;
}

static int
pinned_map(const char *name)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int map;

	snprintf(path, sizeof(path), "%.200s/maps/%s",
	    scene.instance.pin_directory, name);
	map = bpf_obj_get(path);
	CHECK_ROW(name, map >= 0);
	return map;
}

static struct abi_pair_counts
pair_counts(const char *skill, const char *target)
{
	struct abi_pair_counts out = { 0 };
	struct abi_pair key = { 0 };
	int map = pinned_map("ilk_pairs");

	snprintf(key.skill, sizeof(key.skill), "%s", skill);
	snprintf(key.target, sizeof(key.target), "%s", target);
	bpf_map_lookup_elem(map, &key, &out);
	close(map);
	return out;
}

static size_t
live_rows(struct abi_live *out)
{
	int map = pinned_map("ilk_live");
	uint64_t key;
	size_t n = 0;

	for (int more = bpf_map_get_next_key(map, NULL, &key); !more;
	    more = bpf_map_get_next_key(map, &key, &key)) {
		bpf_map_lookup_elem(map, &key, out);
		n++;
	}
	close(map);
	return n;
}

static void
reopen_door(void)
{
	close(scene.door4);
	close(scene.door6);
	CHECK(!hooks_door_open(scene.hooks, scene.netns, &scene.door4,
	    &scene.door6, &scene.cookie));
}

static void
check_row(const struct row *row)
{
	struct abi_pair_counts pair = pair_counts("tester", "far"), pair_after;
	struct abi_counts before = counts(), after;
	struct abi_live live;

	play(row);
	after = counts();
	pair_after = pair_counts("tester", "far");
	CHECK_ROW(row->name, pair_after.diverted - pair.diverted == 1);
	CHECK_ROW(row->name, pair_after.closed - pair.closed == row->closed);
	CHECK_ROW(row->name, pair_after.in - pair.in == row->in);
	CHECK_ROW(row->name, pair_after.out - pair.out == row->out);
	CHECK_ROW(row->name, pair_after.refused == pair.refused);
	CHECK_ROW(row->name, after.diverted - before.diverted == 1);
	CHECK_ROW(row->name, after.opened - before.opened == 1);
	CHECK_ROW(row->name, after.closed - before.closed == row->closed);
	CHECK_ROW(row->name, after.dropped - before.dropped == row->dropped);
	CHECK_ROW(row->name, after.in - before.in == row->in);
	CHECK_ROW(row->name, after.out - before.out == row->out);
	CHECK_ROW(row->name, own_in == row->in && own_out == row->out);
	CHECK_ROW(row->name, live_rows(&live) == 0);
	if (row->dropped)
		reopen_door();
}

static int
dial_and_wait(const void *arg)
{
	int fd = dial(arg, 5432);
	char room[64];

	close(order[1]);
	if (fd < 0)
		return -fd;
	move_bytes(fd, true, 30);
	if (move_bytes(fd, false, 20) != 20 || write(report[1], "", 1) != 1)
		return 90;
	return read(order[0], room, 1) == 0 ? 0 : 91;
}

/* What people see of a flow while it lives, and that its end is its end. */
static void
check_live(const char *ip, int door, const char *address)
{
	struct abi_live live = { 0 };
	struct abi_origin origin;
	pid_t pid;
	char c;
	int fd;

	CHECK(!pipe(order) && !pipe(report));
	pid = scene_start(scene.skill, dial_and_wait, ip);
	close(order[0]);
	fd = scene_accept(door);
	CHECK(fd >= 0 && live_rows(&live) == 0);
	CHECK(!scene_origin(fd, &origin) && live_rows(&live) == 1);
	CHECK(move_bytes(fd, false, 30) == 30 && move_bytes(fd, true, 20) == 20);
	CHECK(read(report[0], &c, 1) == 1);
	CHECK(live_rows(&live) == 1);
	CHECK_ROW(live.skill, !strcmp(live.skill, "tester"));
	CHECK_ROW(live.target, !strcmp(live.target, "far"));
	CHECK_ROW(live.address, !strcmp(live.address, address));
	CHECK_ROW(live.comm, !strcmp(live.comm, "count_test"));
	CHECK(live.pid == (uint32_t)pid && live.uid == 0);
	CHECK(clock_boot() - live.since < 5 * SECOND_NS);
	CHECK(live.in == 30 && live.out == 20);
	close(fd);
	CHECK(live_rows(&live) == 0);
	close(order[1]);
	CHECK(scene_wait(pid) == 0);
	close(report[0]);
	close(report[1]);
}

/* No room in the list: the flow is there all the same, and that is counted. */
static void
check_full(void)
{
	int map = pinned_map("ilk_live");
	struct abi_live live = { 0 };
	struct abi_counts before = counts();
	struct row row = rows[1];
	uint64_t key, n = 0;

	for (key = 1ULL << 60; !bpf_map_update_elem(map, &key, &live, BPF_NOEXIST);
	    key++)
		n++;
	CHECK(n > 1000);
	play(&row);
	CHECK(own_in == 100 && own_out == 50);
	CHECK(counts().unlisted - before.unlisted == 1);
	CHECK(counts().in - before.in == 100);
	while (!bpf_map_get_next_key(map, NULL, &key))
		CHECK(!bpf_map_delete_elem(map, &key));
	close(map);
}

static int
dial_nowhere(const void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		if (dial("10.9.8.8", 5432) != -EACCES)
			return 1;
	return 0;
}

/* Refusals are counted where the event may find no room; and every one has one here. */
static void
check_refused(void)
{
	struct abi_counts before = counts();

	scene_events();
	CHECK(scene_run(scene.skill, dial_nowhere, NULL) == 0);
	CHECK(counts().refused - before.refused == 3);
	CHECK(pair_counts("tester", "").refused == 3);
	CHECK(counts().diverted == before.diverted);
	CHECK(scene_events() == 3);
}

/* A session from an older version has no row: nothing is refused, it stands with none. */
static void
check_none(void)
{
	struct id none = { 0 };
	struct abi_counts before = { 0 }, after = { 0 };

	CHECK(hooks_counts_begin(scene.hooks, &session, "again") == -EEXIST);
	CHECK(strcmp(counts().skill, "tester") == 0);
	CHECK(!hooks_counts_read(scene.hooks, &none, &before));
	hooks_counts_end(scene.hooks, &session);
	CHECK(hooks_counts_read(scene.hooks, &session, &after) == -ENOENT);
	play(&rows[1]);
	CHECK(!hooks_counts_read(scene.hooks, &none, &after));
	CHECK(after.closed - before.closed == 1 && after.in - before.in == 100);
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	CHECK(!hooks_counts_begin(scene.hooks, &session, "tester"));
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
	check_live("10.9.8.7", scene.door4, "10.9.8.7:5432");
	check_live("fd00::7", scene.door6,
	    "[fd00:0000:0000:0000:0000:0000:0000:0007]:5432");
	check_full();
	check_refused();
	check_none();
	return check_end();
}
