/*
 * hooks.c (bench): what the kernel programs cost by themselves, daemon apart. Argument:
 * seconds (of the last part). A small world as in tests/bpf: the same loop in a group
 * without programs, in one below them that is no skill, and in a skill's, in turn.
 *   connect   p50 and p99 of connect() alone: nobody waits at the listener, so nobody
 *             is woken; what was connected is accepted and reset between the samples
 *   packet    a datagram on a device of its own (egress guard), and on loopback (both)
 *   programs  the kernel's own statistics of each program, for one connect of a skill
 *   sustained 10,000 connects of skills a second: each accepted with its true origin
 * Needs root. Gives 1 when an origin was lost or wrong.
 */
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "../bpf/scene.h"
#include "hooks/inside.h"

#define BATCH 100
#define ROUNDS 60
#define SENDS 2000		/* datagrams of one sample */
#define RATE 10000
#define DIALLERS 2

enum kind { BARE, NONE, SKILL, KINDS };

static const char *const names[KINDS] = {
	"no programs", "no skill", "a skill"
};

static struct child {
	pid_t pid;
	int order, report;
	double *us;		/* shared: one for each connect of a batch */
	double all[BATCH * ROUNDS];
	size_t count;
} children[KINDS];

static char bare[INSTANCE_PATH_SIZE];
static uint16_t plain_port;	/* a listener that is no door */
static int plain = -1;

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(double *v, size_t n, double q)
{
	qsort(v, n, sizeof(*v), compare);
	return n ? v[(size_t)((double)(n - 1) * q)] : 0;
}

static void
pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);	/* one CPU is fine too */
}

/* ---- connect ------------------------------------------------------------------- */

static void
dial_batch(enum kind kind, double *us)
{
	struct sockaddr_storage to;
	socklen_t size = kind == SKILL ? scene_sockaddr(&to, "10.9.8.7", 5432) :
	    scene_sockaddr(&to, "127.73.76.1", plain_port);
	int fds[BATCH];

	for (int i = 0; i < BATCH; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < BATCH; i++) {
		uint64_t before = clock_mono();

		if (connect(fds[i], (struct sockaddr *)&to, size))
			_exit(errno);
		us[i] = (double)(clock_mono() - before) / 1000;
	}
	for (int i = 0; i < BATCH; i++)
		close(fds[i]);
}

/* A byte orders a batch of connects, or of datagrams. */
static int
serve_orders(enum kind kind)
{
	struct child *child = &children[kind];
	char c;

	pin_to(0);
	while (read(child->order, &c, 1) == 1) {
		dial_batch(kind, child->us);
		if (write(child->report, "", 1) != 1)
			return 1;
	}
	return 0;
}

static int
begin_child(const void *arg)
{
	return serve_orders(*(const enum kind *)arg);
}

static void
start_child(enum kind kind, const char *cgroup)
{
	struct child *child = &children[kind];
	int order[2], report[2];

	child->us = mmap(NULL, BATCH * sizeof(double), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(child->us != MAP_FAILED && !pipe2(order, O_CLOEXEC) && !pipe2(report, O_CLOEXEC));
	child->order = order[0];
	child->report = report[1];
	child->pid = scene_start(cgroup, begin_child, &kind);
	child->order = order[1];
	child->report = report[0];
}

static void
drain(int listener)
{
	struct linger now = { .l_onoff = 1 };

	for (int i = 0; i < BATCH; i++) {
		int fd = scene_accept(listener);

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(fd);
	}
}

static void
one_batch(enum kind kind)
{
	struct child *child = &children[kind];
	char c;

	hooks_beat(scene.hooks, clock_mono());
	if (write(child->order, "", 1) != 1 || read(child->report, &c, 1) != 1) {
		fprintf(stderr, "%s could not connect\n", names[kind]);
		exit(1);
	}
	drain(kind == SKILL ? scene.door4 : plain);
	if (child->count == COUNT(child->all))
		return;		/* measured enough */
	memcpy(child->all + child->count, child->us, BATCH * sizeof(double));
	child->count += BATCH;
}

static void
measure_connects(void)
{
	double p50[KINDS];

	for (int round = 0; round < ROUNDS; round++)
		for (int kind = 0; kind < KINDS; kind++)
			one_batch((enum kind)kind);
	for (int kind = 0; kind < KINDS; kind++) {
		struct child *child = &children[kind];

		p50[kind] = quantile(child->all, child->count, 0.5);
		printf("connect(), %-12s p50 %6.2f us, p99 %6.2f us", names[kind], p50[kind],
		    quantile(child->all, child->count, 0.99));
		printf(kind ? ", added %+.2f us\n" : "\n", p50[kind] - p50[BARE]);
	}
}

/* ---- programs ------------------------------------------------------------------ */

static void
measure_programs(void)
{
	cleanup(close_fd) int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
	uint64_t ns[HOOKS_PROGRAMS], runs[HOOKS_PROGRAMS];
	double sum = 0;

	CHECK(statistics >= 0);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
			struct bpf_prog_info info = { 0 };
			uint32_t size = sizeof(info);

			bpf_obj_get_info_by_fd(scene.hooks->code.programs[i], &info, &size);
			ns[i] = info.run_time_ns - (pass ? ns[i] : 0);
			runs[i] = info.run_cnt - (pass ? runs[i] : 0);
		}
		for (int i = 0; !pass && i < 10; i++)
			one_batch(SKILL);
	}
	printf("for one connection of a skill, from socket() to close(), while counting:\n");
	for (size_t i = 0; i < HOOKS_PROGRAMS; i++) {
		if (!runs[i])
			continue;
		printf("  %-15s %5.1f runs of %5.0f ns\n", hooks_programs[i].name,
		    (double)runs[i] / (10 * BATCH), (double)ns[i] / (double)runs[i]);
		sum += (double)ns[i] / (10 * BATCH);
	}
	printf("  together %.0f ns\n", sum);
}

/* ---- packets -------------------------------------------------------------------- */

struct road {
	const char *to;
	double *ns;		/* shared */
};

static int
send_many(const void *arg)
{
	const struct road *road = arg;
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, road->to, 7777);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t before;

	pin_to(0);
	if (connect(fd, (struct sockaddr *)&to, size))
		return errno;
	before = clock_mono();
	for (int i = 0; i < SENDS; i++)
		send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	*road->ns = (double)(clock_mono() - before) / SENDS;
	return 0;
}

static void
measure_road(const char *to, const char *what)
{
	static double all[2][ROUNDS];
	struct road road = { .to = to };

	road.ns = mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(road.ns != MAP_FAILED);
	for (int round = 0; round < ROUNDS; round++)
		for (int kind = BARE; kind <= NONE; kind++) {
			CHECK(scene_wait(scene_start(kind ? scene.other : bare, send_many, &road)) == 0);
			all[kind][round] = *road.ns;
		}
	printf("a datagram %s: p50 %.0f ns without programs, %+.0f ns with them\n", what,
	    quantile(all[BARE], ROUNDS, 0.5),
	    quantile(all[NONE], ROUNDS, 0.5) - quantile(all[BARE], ROUNDS, 0.5));
}

/* By the kernel's own count: what one run of the egress guard takes there. */
static void
measure_guard(const char *to, const char *what)
{
	cleanup(close_fd) int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
	struct bpf_prog_info before = { 0 }, after = { 0 };
	uint32_t size = sizeof(before);
	struct road road = { .to = to };
	double ns;
	int guard = -1;

	for (size_t i = 0; i < HOOKS_PROGRAMS; i++)
		if (!strcmp(hooks_programs[i].name, "ilk_egress"))
			guard = scene.hooks->code.programs[i];
	road.ns = mmap(NULL, sizeof(ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(statistics >= 0 && !bpf_obj_get_info_by_fd(guard, &before, &size));
	CHECK(scene_wait(scene_start(scene.other, send_many, &road)) == 0);
	size = sizeof(after);
	CHECK(!bpf_obj_get_info_by_fd(guard, &after, &size));
	ns = (double)(after.run_time_ns - before.run_time_ns);
	printf("  the egress guard by itself, %s: %.0f ns a packet, %llu packets\n", what,
	    ns / (double)(after.run_cnt - before.run_cnt),
	    (unsigned long long)(after.run_cnt - before.run_cnt));
}

static void
measure_packets(void)
{
	struct sockaddr_storage at;
	socklen_t size = scene_sockaddr(&at, "127.0.0.1", 7777);
	cleanup(close_fd) int sink = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(system("ip link add ilk0 type veth peer name ilk1 && ip addr add 10.77.0.1/24 dev ilk0 && "
	    "ip link set ilk0 up && ip link set ilk1 up && "
	    "ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev ilk0") == 0);
	CHECK(!bind(sink, (struct sockaddr *)&at, size));	/* its queue fills, then they are dropped */
	measure_road("10.77.0.2", "out of a device, past the egress guard");
	measure_road("127.0.0.1", "on loopback, past both guards");
	measure_guard("10.77.0.2", "out of a device");
	measure_guard("127.0.0.1", "on loopback");
}

/* ---- sustained ------------------------------------------------------------------- */

static struct tally {
	atomic_ulong dialled, failed;
	atomic_ulong end, why;
} *tally;

static void
sleep_until(uint64_t at)
{
	struct timespec time = { .tv_sec = (time_t)(at / SECOND_NS), .tv_nsec = (long)(at % SECOND_NS) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* So many a second; who is late catches up. */
static int
dial_on(const void *arg)
{
	uint64_t due = clock_mono();
	struct linger hard = { .l_onoff = 1 };
	char c;

	(void)arg;
	for (; clock_mono() < atomic_load(&tally->end); due += SECOND_NS * DIALLERS / RATE) {
		int fd;

		if (clock_mono() + 500000 < due)
			sleep_until(due);
		fd = dial("10.9.8.7", 5432);
		if (fd < 0 || recv(fd, &c, 1, 0) != 0) {
			atomic_store(&tally->why, fd < 0 ? (unsigned long)-fd : (unsigned long)errno);
			atomic_fetch_add(&tally->failed, 1);
		}
		atomic_fetch_add(&tally->dialled, 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		close(fd);
	}
	return 0;
}

static bool
is_true_origin(int fd)
{
	struct view_address to = scene_address("10.9.8.7", 5432);
	struct abi_origin origin;

	return !scene_origin(fd, &origin) && !memcmp(origin.ip, to.ip, 16) &&
	    origin.port == 5432 && origin.cgroup == scene.skill_id && origin.pid;
}

static int
measure_sustained(unsigned int seconds)
{
	unsigned long taken = 0, wrong = 0;
	uint64_t began = clock_mono(), beat = 0;
	pid_t pids[DIALLERS];
	double took;

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(tally != MAP_FAILED);
	atomic_store(&tally->end, began + seconds * SECOND_NS);
	for (int i = 0; i < DIALLERS; i++)
		pids[i] = scene_start(scene.skill, dial_on, NULL);
	for (;;) {
		struct pollfd wait = { .fd = scene.door4, .events = POLLIN };
		int fd;

		if (clock_mono() - beat > 100 * MILLISECOND_NS)
			hooks_beat(scene.hooks, beat = clock_mono());
		if (poll(&wait, 1, 200) != 1) {
			if (clock_mono() > atomic_load(&tally->end))
				break;
			continue;
		}
		fd = accept4(scene.door4, NULL, NULL, SOCK_CLOEXEC);
		wrong += !is_true_origin(fd);
		taken++;
		close(fd);
	}
	for (int i = 0; i < DIALLERS; i++)
		CHECK(scene_wait(pids[i]) == 0);
	took = (double)seconds;
	printf("sustained: %.0f connections a second of %d asked for, %lu in all; %lu without their origin, "
	    "%lu not served%s%s\n", (double)atomic_load(&tally->dialled) / took, RATE, taken, wrong,
	    (unsigned long)atomic_load(&tally->failed), atomic_load(&tally->failed) ? ", the last: " : "",
	    atomic_load(&tally->failed) ? strerror((int)atomic_load(&tally->why)) : "");
	return wrong || atomic_load(&tally->failed) || taken != atomic_load(&tally->dialled);
}

static void
end_children(void)
{
	for (int kind = 0; kind < KINDS; kind++) {
		if (children[kind].pid <= 0)
			continue;
		kill(children[kind].pid, SIGKILL);
		waitpid(children[kind].pid, NULL, 0);
		children[kind].pid = 0;
	}
}

static void
leave(void)
{
	if (getpid() != scene.owner)
		return;
	end_children();
	rmdir(bare);
}

int
main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 5;
	char root[INSTANCE_PATH_SIZE];
	int bad;

	scene_begin();
	atexit(leave);
	CHECK(!scene_targets(1) && !instance_find_cgroup2(root, sizeof(root)));
	snprintf(bare, sizeof(bare), "%.200s/ilk-bare-%d", root, getpid());
	mkdir(bare, 0755);
	plain = listen_on("127.73.76.1", &plain_port);
	CHECK(plain >= 0);
	start_child(BARE, bare);
	start_child(NONE, scene.other);
	start_child(SKILL, scene.skill);
	measure_connects();
	measure_programs();
	end_children();
	measure_packets();
	bad = measure_sustained(seconds);
	if (check_failed)
		fprintf(stderr, "%d checks failed\n", check_failed);
	return bad || check_failed;
}
