/*
 * ways.c: every way round Interlock, tried for real; see ways/ways.h.
 *
 *   try SETTING FOLDER PORT CGROUP2 [UID OTHERS GROUP]	all of the list; a line for each
 *   far FOLDER			the backend, which counts
 *   near FOLDER UID GROUP	the helper beside the skill
 *   dial IP PORT		connect and say a byte: 0, or an error
 *   say PATH			the same to a unix socket
 *   hold KIND GROUP FOLDER	have something of that kind in that group
 *   pass KIND COMMAND…		execute it with that as its standard input
 *   undeny GROUP, fill PIN	what root may do
 *
 * A line is: row, setting, good or BAD, way, how, result, layer; with tabs between.
 * Each attempt is a process of its own. It counts as reached when the counters of the
 * others have moved, whatever it says itself.
 */
#include "ways/ways.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETTLE_US 8000
#define PATIENCE 40
#define CONTROL_ROUNDS 1000	/* what must arrive is waited for */

struct world world = { .early_tcp = -1, .early_udp = -1, .early_connected = -1,
	.early_datagrams = -1, .own_connected = -1 };

const char *
in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", world.folder, name);
	return path;
}

void
ask(const char *what, long number)
{
	FILE *to = fopen(in_folder("ask"), "w"), *from;
	char line[64];

	if (!to || fprintf(to, "%s %ld\n", what, number) < 0 || fclose(to))
		_exit(90);
	from = fopen(in_folder("answer"), "r");
	if (!from || !fgets(line, sizeof(line), from))
		_exit(91);
	fclose(from);
}

/* ---- what arrived ------------------------------------------------------------- */

static void
map_counters(bool writes)
{
	int fd = open(in_folder("counters"), writes ? O_RDWR | O_CREAT : O_RDONLY, 0644);

	if (fd < 0 || (writes && ftruncate(fd, 4096) < 0))
		_exit(92);
	world.counters = mmap(NULL, 4096, writes ? PROT_READ | PROT_WRITE : PROT_READ,
	    MAP_SHARED, fd, 0);
	close(fd);
	if (world.counters == MAP_FAILED)
		_exit(93);
}

static uint64_t
arrived(void)
{
	return world.counters->frames + world.counters->near;
}

/* What is on its way arrives; then it has been still for a while. */
static uint64_t
settle(void)
{
	uint64_t was = arrived(), now;

	for (int i = 0; i < PATIENCE; i++) {
		usleep(SETTLE_US);
		now = arrived();
		if (now == was)
			break;
		was = now;
	}
	return was;
}

/* ---- one attempt ------------------------------------------------------------------ */

static int
outcome(int (*fn)(void))
{
	int pipes[2], result = ENDED, status;
	pid_t pid;

	if (pipe(pipes) < 0)
		return errno;
	pid = fork();
	if (pid == 0) {
		result = fn();
		_exit(write(pipes[1], &result, sizeof(result)) != sizeof(result));
	}
	close(pipes[1]);
	if (read(pipes[0], &result, sizeof(result)) != sizeof(result))
		result = ENDED;
	close(pipes[0]);
	waitpid(pid, &status, 0);
	return result;
}

/* Of the attempt before: what had arrived after it, if nothing should. */
static uint64_t arrived_by_then;
static bool was_closed;

static bool
is_late(uint64_t now)
{
	return was_closed && now != arrived_by_then;
}

/* The counters decide; but stray packets are looked into by who asks for them. */
static int
attempt(const struct way *way)
{
	uint64_t before = settle();
	bool late = is_late(before);
	int result = outcome(way->fn);

	arrived_by_then = settle();
	for (int i = 0; world.setting == CONTROL && arrived_by_then == before &&
	    i < CONTROL_ROUNDS; i++)
		arrived_by_then = settle();
	was_closed = arrived_by_then == before;
	if (late)
		printf("%d\tany\tBAD\t%s\tbefore this one\tarrived late\t\n", way->row, way->way);
	if (way->fn == try_stray)
		return result;
	if (!was_closed)
		return REACHED;
	return result == REACHED ? SILENT : result;
}

static bool
is_wanted(int want, int result)
{
	switch (want) {
	case OUTSIDE:
		return true;
	case REFUSED:
		return result > 0;
	case NOT_REACHED:
		return result != REACHED;
	default:
		return result == want;
	}
}

static const char *
words_of(int result)
{
	static char text[64];

	switch (result) {
	case REACHED:
		return "reached";
	case REDIRECTED:
		return "redirected";
	case ENDED:
		return "ended by a signal";
	case SILENT:
		return "nothing arrived";
	case NOT_TRIED:
		return "could not be tried";
	case MADE:
		return "could be made";
	default:
		snprintf(text, sizeof(text), "refused %s", strerrorname_np(result));
		return text;
	}
}

static int
try_all(void)
{
	static const char *const settings[] = { "control", "run", "attach" };
	int bad = 0;

	for (size_t i = 0; i < way_count; i++) {
		const struct way *way = &ways[i];
		int want = way->at[world.setting].want, result;
		bool good;

		if (want == NOT_TRIED)
			continue;
		result = attempt(way);
		good = is_wanted(want, result);
		bad += !good;
		printf("%d\t%s\t%s\t%s\t%s\t%s\t%s%s\n", way->row,
		    settings[world.setting], good ? "good" : "BAD", way->way, way->how,
		    words_of(result), want == OUTSIDE ? "outside: " : "",
		    way->at[world.setting].layer);
		fflush(stdout);
	}
	usleep(PATIENCE * SETTLE_US);
	if (is_late(settle()))
		printf("0\tany\tBAD\t\tthe last one\tarrived late\t\n");
	return bad != 0;
}

/* ---- before it begins ---------------------------------------------------------------- */

static int
connected(int type)
{
	struct sockaddr_storage to;
	socklen_t size = address_of(&to, FAR4, FAR_PORT);
	int fd = socket(AF_INET, type, 0);

	return connect(fd, (struct sockaddr *)&to, size) < 0 ? -1 : fd;
}

static void
join(const char *group)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(94);
	close(fd);
}

/* Not root, but with the two rights that matter to the network. */
static void
become(unsigned int uid)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	uint32_t both = 1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW;
	struct __user_cap_data_struct data[2] = { { both, both, both } };

	prctl(PR_SET_KEEPCAPS, 1);
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0 || syscall(SYS_capset, &head, data) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) < 0)
		_exit(95);
	prctl(PR_SET_DUMPABLE, 1);
}

/* As root: have a past elsewhere below the programs, come into the group, be nobody.
 * Then wait to be a skill. */
static void
prepare(unsigned int uid, const char *others, const char *group)
{
	join(others);
	world.early_tcp = socket(AF_INET, SOCK_STREAM, 0);
	world.early_udp = socket(AF_INET, SOCK_DGRAM, 0);
	world.early_connected = connected(SOCK_STREAM);
	world.early_datagrams = connected(SOCK_DGRAM);
	join(group);
	world.own_connected = connected(SOCK_STREAM);
	become(uid);
	ask("ready", getpid());
}

static int
try_in(int argc, char **argv)
{
	world.setting = strcmp(argv[2], "run") == 0 ? RUN :
	    strcmp(argv[2], "attach") == 0 ? ATTACH : CONTROL;
	world.folder = argv[3];
	world.target = (uint16_t)atoi(argv[4]);
	world.cgroup2 = argv[5];
	signal(SIGPIPE, SIG_IGN);
	map_counters(false);
	if (world.setting != RUN) {
		if (argc != 9)
			return 2;
		prepare((unsigned int)atoi(argv[6]), argv[7], argv[8]);
	}
	return try_all();
}

/* ---- the other verbs --------------------------------------------------------------------- */

static int
say_result(int result)
{
	printf("%s\n", words_of(result));
	return result != REACHED;
}

static int
say(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return say_result(errno);
	return say_result(say_on(fd));
}

static int
serve(int argc, char **argv)
{
	world.folder = argv[2];
	map_counters(true);
	if (strcmp(argv[1], "far") == 0)
		return far_serve(world.folder);
	if (argc != 5)
		return 2;
	join(argv[4]);
	return near_serve(world.folder, (unsigned int)atoi(argv[3]));
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (strcmp(verb, "try") == 0 && argc >= 6)
		return try_in(argc, argv);
	if (strcmp(verb, "far") == 0 || strcmp(verb, "near") == 0)
		return serve(argc, argv);
	if (strcmp(verb, "dial") == 0 && argc == 4)
		return say_result(dial(argv[2], (uint16_t)atoi(argv[3])));
	if (strcmp(verb, "say") == 0)
		return say(argv[2]);
	if (strcmp(verb, "hold") == 0 && argc == 5) {
		world.folder = argv[4];
		return hold(argv[2], argv[3]);
	}
	if (strcmp(verb, "pass") == 0 && argc > 3)
		return pass(argv[2], argv + 3);
	if (strcmp(verb, "undeny") == 0)
		return undeny(argv[2]);
	if (strcmp(verb, "fill") == 0)
		return fill(argv[2]);
	fprintf(stderr, "ways: see the head of ways.c\n");
	return 2;
}
