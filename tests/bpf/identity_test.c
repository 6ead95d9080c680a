/*
 * identity_test.c: whose connect is it? The task's, wherever its socket came
 * from; and the socket's, wherever it went. And the fence around the workers.
 */
#include "scene.h"

struct place {
	const char *ip;
	uint16_t port;
};

static const struct place unknown = { "10.1.1.1", 80 };
static const struct place known = { "10.9.8.7", 5432 };
static const struct place near = { "127.0.0.1", 6432 };
static int handed = -1;		/* a socket made before the fork */

static int
try_dial(const void *arg)
{
	const struct place *to = arg;
	int fd = dial(to->ip, to->port);

	return fd < 0 ? -fd : 0;
}

static int
use_handed(const void *arg)
{
	const struct place *to = arg;
	int fd = dial_with(handed, to->ip, to->port);

	return fd < 0 ? -fd : 0;
}

static int
accept_origin(struct abi_origin *origin)
{
	int fd = scene_accept(scene.door4);
	int result;

	if (fd < 0)
		return fd;
	result = scene_origin(fd, origin);
	close(fd);
	return result;
}

/* Made outside, used inside: known by the task. */
static void
check_inherited(void)
{
	struct abi_origin origin = { 0 };

	handed = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(scene_run(scene.skill, use_handed, &unknown) == EACCES);
	CHECK(scene_run(scene.skill, use_handed, &known) == 0);
	CHECK(accept_origin(&origin) == 0 && origin.cgroup == scene.skill_id);
	close(handed);
	handed = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(scene_run(scene.skill, use_handed, &unknown) == EACCES);
	close(handed);
	handed = socket(AF_INET, SOCK_STREAM, 262 /* MPTCP: hooks see its subflow */);
	if (handed >= 0) {
		CHECK(scene_run(scene.skill, use_handed, &unknown) == EACCES);
		CHECK(scene_run(scene.skill, use_handed, &known) == 0);
		CHECK(accept_origin(&origin) == 0 && origin.cgroup == scene.skill_id);
		close(handed);
	}
}

/* Made inside, used after leaving: known by the tag. */
static int
leave_and_dial(const void *arg)
{
	handed = socket(AF_INET, SOCK_STREAM, 0);
	scene_join(scene.other);
	return use_handed(arg);
}

static int
leave_and_send(const void *arg)
{
	const struct place *place = arg;
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, place->ip, place->port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	scene_join(scene.other);
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, size) < 0 ? errno : 0;
}

static int
leave_and_dial_new(const void *arg)
{
	scene_join(scene.other);
	return try_dial(arg);
}

static void
check_left(void)
{
	struct abi_origin origin = { 0 };

	CHECK(scene_run(scene.skill, leave_and_dial, &unknown) == EACCES);
	CHECK(scene_run(scene.skill, leave_and_send, &unknown) == EACCES);
	CHECK(scene_run(scene.skill, leave_and_dial, &known) == 0);
	CHECK(accept_origin(&origin) == 0);
	CHECK(origin.cgroup == scene.skill_id && origin.leaf != scene.skill_id);
	CHECK(scene_run(scene.skill, leave_and_dial_new, &unknown) == ENETUNREACH);
}

/* A child cgroup is the same skill, even when it is registered as another. */
static void
check_nested(void)
{
	struct abi_skill inner = { .session_time = 8, .name = "inner" };
	struct abi_origin origin = { 0 };
	char path[INSTANCE_PATH_SIZE + 64];
	uint64_t id = scene_cgroup(path, sizeof(path), scene.skill, "inner");

	CHECK(scene_run(path, try_dial, &unknown) == EACCES);
	CHECK(scene_run(path, try_dial, &known) == 0);
	CHECK(accept_origin(&origin) == 0);
	CHECK(origin.cgroup == scene.skill_id && origin.leaf == id);
	CHECK(!hooks_skill_put(scene.hooks, id, &inner));
	CHECK(scene_run(path, try_dial, &known) == 0);
	CHECK(accept_origin(&origin) == 0 && origin.cgroup == scene.skill_id);
	CHECK(!hooks_skill_drop(scene.hooks, id));
	CHECK(hooks_skill_drop(scene.hooks, id) == -ENOENT);
	rmdir(path);
}

static int
wait_then_use(const void *arg)
{
	char c;
	int *pipes = *(int *const *)arg;

	handed = socket(AF_INET, SOCK_STREAM, 0);
	if (write(pipes[3], "x", 1) != 1 || read(pipes[0], &c, 1) != 1)
		return 90;
	return use_handed(&known);
}

static int
leave_wait_use(const void *arg)
{
	char c;
	int *pipes = *(int *const *)arg;

	handed = socket(AF_INET, SOCK_STREAM, 0);
	scene_join(scene.other);
	if (write(pipes[3], "x", 1) != 1 || read(pipes[0], &c, 1) != 1)
		return 90;
	return use_handed(&known);
}

/* A session is over, or the cgroup now is another's: its sockets are no one's. */
static void
check_gone(void)
{
	struct abi_skill next = scene.who;
	int pipes[4], *at = pipes;
	char c;
	pid_t pid;

	CHECK(!pipe(pipes) && !pipe(pipes + 2));
	pid = scene_start(scene.skill, wait_then_use, &at);
	CHECK(read(pipes[2], &c, 1) == 1);
	CHECK(!hooks_skill_drop(scene.hooks, scene.skill_id));
	CHECK(write(pipes[1], "x", 1) == 1);
	CHECK(scene_wait(pid) == EACCES);
	CHECK(scene_run(scene.skill, try_dial, &unknown) == ENETUNREACH);
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));

	pid = scene_start(scene.skill, leave_wait_use, &at);
	CHECK(read(pipes[2], &c, 1) == 1);
	next.session_time++;
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &next));
	CHECK(write(pipes[1], "x", 1) == 1);
	CHECK(scene_wait(pid) == EACCES);
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
	for (int i = 0; i < 4; i++)
		close(pipes[i]);
}

/* One session's listener is not another's to reach. */
static int
dial_port(const void *arg)
{
	int fd = dial("127.0.0.1", *(const uint16_t *)arg);

	return fd < 0 ? -fd : 0;
}

static int
listen_and_wait(const void *arg)
{
	int *pipes = *(int *const *)arg;
	uint16_t port = 0;
	char c;

	if (listen_on("127.0.0.1", &port) < 0 ||
	    write(pipes[3], &port, sizeof(port)) != sizeof(port))
		return 90;
	return read(pipes[0], &c, 1) != 1;
}

static void
check_neighbours(void)
{
	struct abi_skill neighbour = { .session_time = 70, .name = "neighbour" };
	char path[INSTANCE_PATH_SIZE + 64];
	uint64_t id = scene_cgroup(path, sizeof(path), scene.instance.cgroup, "next");
	int pipes[4], *at = pipes;
	uint16_t port = 0;
	pid_t pid;

	CHECK(!pipe(pipes) && !pipe(pipes + 2));
	CHECK(!hooks_skill_put(scene.hooks, id, &neighbour));
	pid = scene_start(path, listen_and_wait, &at);
	CHECK(read(pipes[2], &port, sizeof(port)) == sizeof(port));
	CHECK(scene_run(path, dial_port, &port) == 0);
	CHECK(scene_run(scene.skill, dial_port, &port) == EACCES);
	CHECK(scene_run(scene.other, dial_port, &port) == 0);
	CHECK(write(pipes[1], "x", 1) == 1);
	CHECK(scene_wait(pid) == 0);
	CHECK(!hooks_skill_drop(scene.hooks, id));
	for (int i = 0; i < 4; i++)
		close(pipes[i]);
	rmdir(path);
}

static int
try_udp(const void *arg)
{
	(void)arg;
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? errno : 0;
}

static int
try_unix(const void *arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "\0ilk-test" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)arg;
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

static int
dial_outside(const void *arg)
{
	const struct place *to = arg;

	return unshare(CLONE_NEWNET) ? 90 : try_dial(to);
}

/* A worker reaches targets as they are, undiverted, and nothing else. */
static void
check_worker(void)
{
	uint16_t port = near.port;
	int listener = listen_on(near.ip, &port);

	scene_events();
	CHECK(listener >= 0);
	CHECK(scene_run(scene.worker, try_dial, &near) == 0);
	CHECK(scene_run(scene.worker, try_dial, &known) == ENETUNREACH);
	CHECK(scene_events() == 0);
	CHECK(scene_run(scene.worker, try_dial, &unknown) == EACCES);
	CHECK(scene_run(scene.worker, dial_port, &scene.port4) == EACCES);
	/* a target of the skill's namespace, in one that is no skill's */
	CHECK(scene_run(scene.worker, dial_outside, &near) == EACCES);
	CHECK(scene_run(scene.worker, try_udp, NULL) == EACCES);
	CHECK(scene_events() == 4 && scene_told(ABI_WORKER_FENCE, ""));
	CHECK(scene_run(scene.worker, try_unix, NULL) == EACCES);
	CHECK(scene_run(scene.instance.daemon_cgroup, try_udp, NULL) == 0);
	close(listener);
}

/* A socket once diverted, then dialled by someone else: no origin of old. */
static int
reuse_outside(const void *arg)
{
	struct sockaddr off = { .sa_family = AF_UNSPEC };

	(void)arg;
	if (dial_with(handed, known.ip, known.port) < 0)
		return 90;
	scene_join(scene.other);
	if (connect(handed, &off, sizeof(off)))
		return 91;
	return dial_with(handed, "127.73.76.1", scene.port4) < 0 ? errno : 0;
}

static void
check_reuse(void)
{
	struct abi_origin origin;

	handed = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(scene_run(scene.skill, reuse_outside, NULL) == 0);
	CHECK(accept_origin(&origin) == 0);
	CHECK(accept_origin(&origin) == -ENOENT);
	close(handed);
}

/* Made in the other namespace, usable from ours, and we are back. */
static void
check_socket(void)
{
	int ours = dup(scene.outside);
	struct stat before, after;
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	int fd;

	CHECK(!stat("/proc/self/ns/net", &before));
	fd = hooks_socket(scene.hooks, ours, AF_INET6);
	CHECK(fd >= 0 && fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(!getsockopt(fd, SOL_SOCKET, 71, &cookie, &size));
	CHECK(cookie && cookie != scene.cookie);
	CHECK(!stat("/proc/self/ns/net", &after) && before.st_ino == after.st_ino);
	close(fd);
	close(ours);
}

static void
check_limits(void)
{
	CHECK(hooks_skill_put(scene.hooks, 0, &scene.who) == -EINVAL);
	CHECK(hooks_socket(scene.hooks, scene.netns, AF_UNIX) == -EAFNOSUPPORT);
	CHECK(hooks_socket(scene.hooks, scene.door4, AF_INET) == -EINVAL);
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	check_inherited();
	check_left();
	check_nested();
	check_gone();
	check_neighbours();
	check_worker();
	check_reuse();
	check_socket();
	check_limits();
	return check_end();
}
