/*
 * guard_test.c: packets of a skill stay on loopback. A namespace with an uplink
 * (a veth pair to a second namespace) and a server at the other end: a
 * connection from before the skill was registered falls silent, a listener hears
 * nothing from outside, and a neighbour's traffic flows on.
 */
#include "scene.h"

#define HERE "10.77.0.1"
#define THERE "10.77.0.2"

static int ready[2], go[2];

static int
serve(int listener)
{
	char c;

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct timeval limit = { .tv_sec = 1 };

		if (fd < 0)
			return 0;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		while (read(fd, &c, 1) == 1 && write(fd, &c, 1) == 1)
			;
		close(fd);
	}
}

/* The far namespace: an echo server, until killed. */
static pid_t
start_far(void)
{
	uint16_t port = 7777;
	int tell[2];
	char c;
	pid_t pid;

	CHECK(!pipe(tell));
	pid = fork();
	if (pid == 0) {
		scene_join(scene.other);
		if (unshare(CLONE_NEWNET) || write(tell[1], "x", 1) != 1)
			_exit(90);
		for (int i = 0; i < 100; i++) {	/* until the address is here */
			int listener = listen_on(THERE, &port);

			if (listener >= 0)
				_exit(serve(listener));
			usleep(50 * 1000);
		}
		_exit(91);
	}
	CHECK(read(tell[0], &c, 1) == 1);
	close(tell[0]);
	close(tell[1]);
	return pid;
}

static void
connect_namespaces(pid_t far)
{
	char line[512];

	snprintf(line, sizeof(line),
	    "ip link add ilk0 type veth peer name ilk1 netns %d && "
	    "ip addr add " HERE "/24 dev ilk0 && ip link set ilk0 up && "
	    "nsenter -t %d -n sh -c 'ip addr add " THERE "/24 dev ilk1 && "
	    "ip link set ilk1 up && ip link set lo up'", far, far);
	CHECK(system(line) == 0);
}

/* Echo one byte: 0, or what happened instead. */
static int
echo(int fd)
{
	struct timeval limit = { .tv_sec = 1 };
	char c;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (write(fd, "x", 1) != 1)
		return 1;
	return read(fd, &c, 1) == 1 ? 0 : 2;
}

/* Connected while nobody knew it as a skill; then it is registered. */
static int
old_connection(const void *arg)
{
	int fd = -1;
	char c;

	(void)arg;
	for (int i = 0; i < 40 && fd < 0; i++) {
		fd = dial(THERE, 7777);
		if (fd < 0)
			usleep(50 * 1000);
	}
	if (fd < 0)
		return 10;
	if (echo(fd))
		return 11;
	if (write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 1)
		return 12;
	return echo(fd) ? 0 : 13;
}

static void
check_old_connection(void)
{
	pid_t pid;
	char c;

	CHECK(!hooks_skill_drop(scene.hooks, scene.skill_id));
	pid = scene_start(scene.skill, old_connection, NULL);
	CHECK(read(ready[0], &c, 1) == 1);
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
	CHECK(write(go[1], "x", 1) == 1);
	CHECK(scene_wait(pid) == 0);
}

/* The same, and the loader destroys it: an error at once, not silence. */
static int
destroyed_connection(const void *arg)
{
	int fd = dial(THERE, 7777);
	char c;

	(void)arg;
	if (fd < 0 || echo(fd))
		return 11;
	if (write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 1)
		return 12;
	return read(fd, &c, 1) < 0 && errno == ECONNABORTED ? 0 : 13;
}

static void
check_destroy(void)
{
	char mine[512], c;
	pid_t pid;

	scene_cgroup(mine, sizeof(mine), scene.instance.cgroup, "mine");
	pid = scene_start(mine, destroyed_connection, NULL);
	CHECK(read(ready[0], &c, 1) == 1);
	CHECK(hooks_destroy_sockets(scene.hooks, mine, NULL, NULL) == 1);
	CHECK(write(go[1], "x", 1) == 1);
	CHECK(scene_wait(pid) == 0);
	CHECK(hooks_destroy_sockets(scene.hooks, mine, NULL, NULL) == 0);
	CHECK(hooks_destroy_sockets(scene.hooks, "/no/such", NULL, NULL) == -ENOENT);
	rmdir(mine);
}

static int
dial_there(const void *arg)
{
	int fd = dial(THERE, 7777);

	(void)arg;
	return fd < 0 ? -fd : echo(fd);
}

/* Bound to the uplink: the diverted SYN would leave by it, to a loopback address. */
static int
dial_by_device(const void *arg)
{
	struct timeval limit = { .tv_sec = 1 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int result;

	(void)arg;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "ilk0", 5))
		return 90;
	result = dial_with(fd, "10.9.8.7", 5432);
	return result < 0 ? 1 : 0;
}

static int
listen_outside(const void *arg)
{
	struct pollfd wait = { .events = POLLIN };
	uint16_t port = 8888;

	(void)arg;
	wait.fd = listen_on(HERE, &port);
	if (wait.fd < 0 || write(ready[1], "x", 1) != 1)
		return 90;
	return poll(&wait, 1, 1500) == 1 ? 1 : 0;
}

static void
check_listener(const char *cgroup, pid_t far, int want)
{
	pid_t pid = scene_start(cgroup, listen_outside, NULL);
	char line[256], c;

	CHECK(read(ready[0], &c, 1) == 1);
	snprintf(line, sizeof(line), "nsenter -t %d -n timeout 1 sh -c "
	    "'exec 3<>/dev/tcp/" HERE "/8888' 2>/dev/null || "
	    "nsenter -t %d -n timeout 1 bash -c 'exec 3<>/dev/tcp/" HERE
	    "/8888' 2>/dev/null", far, far);
	if (system(line) < 0)
		CHECK(!"system");
	CHECK(scene_wait(pid) == want);
}

/* It was the guard, not chance: it has counted. */
static void
check_counted(bool some)
{
	char *json = NULL;
	bool whole;

	CHECK(!hooks_status(scene.hooks, &json, &whole));
	CHECK(json && !strstr(json, "\"bad_packet\":0") == some);
	free(json);
}

int
main(void)
{
	pid_t far;

	scene_begin();
	CHECK(!scene_targets(1));
	CHECK(!pipe(ready) && !pipe(go));
	far = start_far();
	connect_namespaces(far);
	check_counted(false);
	check_old_connection();
	check_counted(true);
	CHECK(scene_run(scene.other, dial_there, NULL) == 0);
	CHECK(scene_run(scene.skill, dial_there, NULL) == EACCES);
	CHECK(scene_run(scene.skill, dial_by_device, NULL) == 1);
	check_listener(scene.skill, far, 0);
	check_listener(scene.other, far, 1);
	check_destroy();
	kill(far, SIGKILL);
	waitpid(far, NULL, 0);
	return check_end();
}
