/*
 * redirect_test.c: a skill's connect arrives at the door, with its whole origin,
 * and sees the peer it asked for.
 */
#include "scene.h"

static const struct row {
	const char *name, *ip;
	uint16_t port;
	const char *peer;	/* what getpeername must give */
	const char *want;	/* destination in the origin */
	bool six;		/* which door */
	uint8_t family;
	uint32_t target;
	bool from_skill;
} rows[] = {
	{ "v4", "10.9.8.7", 5432, "10.9.8.7", "10.9.8.7", false, 4, 0, false },
	{ "v6", "fd00::7", 5432, "fd00::7", "fd00::7", true, 6, 0, false },
	{ "mapped", "::ffff:10.9.8.7", 5432, "::ffff:10.9.8.7", "10.9.8.7",
	  false, 6, 0, false },
	{ "NAT64", "64:ff9b::10.9.8.7", 5432, "::ffff:10.9.8.7", "10.9.8.7",
	  false, 6, 0, false },
	{ "6to4", "2002:a09:807::1", 5432, "::ffff:10.9.8.7", "10.9.8.7",
	  false, 6, 0, false },
	{ "NAT64 of loopback", "64:ff9b::127.0.0.1", 6432, "::ffff:127.0.0.1", "127.0.0.1",
	  false, 6, 1, true },
	{ "loopback", "127.0.0.1", 6432, "127.0.0.1", "127.0.0.1", false, 4, 1, true },
	{ "loopback6", "::1", 6432, "::1", "::1", true, 6, 1, true },
	{ "any4", "0.0.0.0", 6432, "127.0.0.1", "127.0.0.1", false, 4, 1, true },
	{ "any6", "::", 6432, "::1", "::1", true, 6, 1, true },
	{ "mapped any", "::ffff:0.0.0.0", 6432, "::ffff:127.0.0.1", "127.0.0.1",
	  false, 6, 1, true },
};

static int hold[2];	/* the child waits here until the parent has looked */

static int
play_skill(const void *arg)
{
	const struct row *row = arg;
	struct sockaddr_storage want, got = { 0 };
	socklen_t size = scene_sockaddr(&want, row->peer, row->port);
	socklen_t got_size = sizeof(got);
	int fd = dial(row->ip, row->port);
	char c;

	close(hold[1]);
	if (fd < 0)
		return -fd;
	if (getpeername(fd, (struct sockaddr *)&got, &got_size) || got_size != size ||
	    memcmp(&got, &want, size))
		return 90;
	if (write(fd, "x", 1) != 1 || read(hold[0], &c, 1) != 0)
		return 91;
	return 0;
}

/* Start of a process in clock ticks since boot: field 22 of /proc/PID/stat. */
static uint64_t
start_ticks(pid_t pid)
{
	unsigned long long start = 0;
	char path[64], text[1024];
	FILE *file;
	char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fgets(text, sizeof(text), file) && (p = strrchr(text, ')')))
		sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
		    "%*u %*d %*d %*d %*d %*d %*d %llu", &start);
	if (file)
		fclose(file);
	return start;
}

static void
check_origin(const struct row *row, const struct abi_origin *origin, pid_t pid)
{
	struct view_address want = scene_address(row->want, row->port);

	CHECK_ROW(row->name, !memcmp(origin->ip, want.ip, 16));
	CHECK_ROW(row->name, origin->port == row->port);
	CHECK_ROW(row->name, origin->family == row->family);
	CHECK_ROW(row->name, origin->target == row->target);
	CHECK_ROW(row->name, origin->from_skill == row->from_skill);
	CHECK_ROW(row->name, origin->cgroup == scene.skill_id);
	CHECK_ROW(row->name, origin->leaf == scene.skill_id);
	CHECK_ROW(row->name, origin->netns == scene.cookie);
	CHECK_ROW(row->name, origin->pid == (uint32_t)pid);
	CHECK_ROW(row->name, origin->tid == (uint32_t)pid);
	CHECK_ROW(row->name, origin->uid == 0);
	CHECK_ROW(row->name, origin->epoch == 41);
	CHECK_ROW(row->name, origin->start / 10000000 == start_ticks(pid));
	CHECK_ROW(row->name, clock_boot() - origin->time < 5 * SECOND_NS);
	CHECK_ROW(row->name, !strncmp(origin->comm, "redirect_test", ABI_COMM_SIZE));
}

static void
check_row(const struct row *row)
{
	struct abi_origin origin = { 0 };
	char c = 0;
	pid_t pid;
	int fd;

	CHECK(!pipe2(hold, O_CLOEXEC));
	hooks_beat(scene.hooks, clock_mono());
	pid = scene_start(scene.skill, play_skill, row);
	close(hold[0]);
	fd = scene_accept(row->six ? scene.door6 : scene.door4);
	CHECK_ROW(row->name, fd >= 0);
	CHECK_ROW(row->name, scene_origin(fd, &origin) == 0);
	check_origin(row, &origin, pid);
	CHECK_ROW(row->name, read(fd, &c, 1) == 1 && c == 'x');
	close(hold[1]);
	CHECK_ROW(row->name, scene_wait(pid) == 0);
	close(fd);
}

static int
dial_door(const void *arg)
{
	int fd = dial("127.73.76.1", scene.port4);

	(void)arg;
	return fd < 0 ? -fd : 0;
}

/* Nobody diverted this one: ENOENT, and a short buffer gets nothing. */
static void
check_direct(void)
{
	struct abi_origin origin;
	socklen_t size = sizeof(origin);
	pid_t pid = scene_start(scene.other, dial_door, NULL);
	int fd = scene_accept(scene.door4);

	CHECK(fd >= 0);
	CHECK(scene_origin(fd, &origin) == -ENOENT);
	CHECK(scene_wait(pid) == 0);
	close(fd);
	CHECK(getsockopt(scene.door4, ABI_SOL_ORIGIN, ABI_SO_ORIGIN, &origin, &size) ==
	    -1 && errno == ENOENT);
}

static int
ask_origin(const void *arg)
{
	struct abi_origin origin;

	return -scene_origin(*(const int *)arg, &origin);
}

/* Only the daemon's cgroup is told. */
static void
check_who_may_ask(void)
{
	struct row row = rows[0];
	struct abi_origin origin;
	socklen_t size = 8;
	pid_t pid;
	int fd;

	CHECK(!pipe2(hold, O_CLOEXEC));
	pid = scene_start(scene.skill, play_skill, &row);
	close(hold[0]);
	fd = scene_accept(scene.door4);
	CHECK(scene_run(scene.other, ask_origin, &fd) == EOPNOTSUPP);
	CHECK(scene_run(scene.skill, ask_origin, &fd) == EOPNOTSUPP);
	CHECK(scene_run(scene.worker, ask_origin, &fd) == 0);
	CHECK(getsockopt(fd, ABI_SOL_ORIGIN, ABI_SO_ORIGIN, &origin, &size) == -1 &&
	    errno == EINVAL);
	close(hold[1]);
	CHECK(scene_wait(pid) == 0);
	close(fd);
}

/* Without a listener on ::1 the mapped address is used. */
static void
check_without_six(void)
{
	struct row row = rows[1];

	close(scene.door4);
	close(scene.door6);
	CHECK(!hooks_door_open(scene.hooks, scene.netns, &scene.door4,
	    &scene.door6, &scene.cookie));
	CHECK(scene.door6 == -1);
	row.name = "v6 without ::1";
	row.six = false;
	check_row(&row);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(41));
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
	check_direct();
	check_who_may_ask();
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	check_without_six();
	CHECK(scene_events() == 0);
	return check_end();
}
