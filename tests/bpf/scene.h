/*
 * scene.h: a small world for tests of the kernel side.
 * A cgroup of its own below the cgroup2 mount (never the root: a fault there
 * would cut off the machine), pins of its own, a new network namespace with lo
 * up. The test itself is the daemon; children play skills, workers, others.
 *   BASE          programs attach here
 *   BASE/daemon   the test; BASE/daemon/worker, BASE/daemon/resolver
 *   BASE/skill    registered as "tester" with its door open
 *   BASE/other    nobody
 */
#ifndef SCENE_H
#define SCENE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/instance.h"
#include "check.h"
#include "hooks/hooks.h"
#include "view.h"

#define SCENE_EVENTS 256

struct scene {
	struct instance instance;
	struct hooks *hooks;
	char skill[INSTANCE_PATH_SIZE + 16], other[INSTANCE_PATH_SIZE + 16];
	char worker[INSTANCE_PATH_SIZE + 16], resolver[INSTANCE_PATH_SIZE + 16];
	uint64_t skill_id;
	struct abi_skill who;
	int outside, netns, door4, door6;
	uint64_t cookie;
	uint16_t port4, port6;
	struct abi_event events[SCENE_EVENTS];
	size_t event_count;
	pid_t owner;
};

static struct scene scene;

static void
scene_join(const char *cgroup)
{
	char path[INSTANCE_PATH_SIZE + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1) {
		fprintf(stderr, "cannot join %s: %s\n", cgroup, strerror(errno));
		_exit(99);
	}
	close(fd);
}

__attribute__((unused)) static uint64_t
scene_cgroup(char *path, size_t size, const char *base, const char *name)
{
	struct stat file;

	snprintf(path, size, "%.240s/%s", base, name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return 0;
	return stat(path, &file) ? 0 : file.st_ino;
}

/* Even when a check aborts, nothing stays attached. */
static void
scene_end(void)
{
	char root[INSTANCE_PATH_SIZE];

	if (getpid() != scene.owner)
		return;
	hooks_close(&scene.hooks);
	hooks_remove(&scene.instance);
	if (!instance_find_cgroup2(root, sizeof(root)))
		scene_join(root);
	rmdir(scene.worker);
	rmdir(scene.resolver);
	rmdir(scene.instance.daemon_cgroup);
	rmdir(scene.skill);
	rmdir(scene.other);
	rmdir(scene.instance.cgroup);
}

__attribute__((unused)) static void
scene_lo_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	CHECK(!ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t size = sizeof(at);

	getsockname(fd, (struct sockaddr *)&at, &size);
	return ntohs(((struct sockaddr_in *)&at)->sin_port);
}

static void
scene_instance(struct instance *instance)
{
	char root[INSTANCE_PATH_SIZE];

	if (geteuid() || instance_find_cgroup2(root, sizeof(root))) {
		printf("not tested here: needs root and a cgroup2 mount\n");
		exit(77);
	}
	snprintf(instance->name, sizeof(instance->name), "test");
	snprintf(instance->cgroup, sizeof(instance->cgroup), "%.200s/ilk-test-%d",
	    root, getpid());
	snprintf(instance->daemon_cgroup, sizeof(instance->daemon_cgroup),
	    "%.240s/daemon", instance->cgroup);
	snprintf(instance->skill_cgroup, sizeof(instance->skill_cgroup),
	    "%.240s", instance->cgroup);
	snprintf(instance->pin_directory, sizeof(instance->pin_directory),
	    "/sys/fs/bpf/ilk-test-%d", getpid());
}

static void
scene_open(void)
{
	char why[512] = "";
	int error = hooks_open(&scene.hooks, &scene.instance, why, sizeof(why));

	if (error) {
		fprintf(stderr, "hooks_open: %s (%s)\n", strerror(-error), why);
		exit(1);
	}
	hooks_beat(scene.hooks, clock_mono());
}

__attribute__((unused)) static void
scene_begin(void)
{
	scene_instance(&scene.instance);
	scene.owner = getpid();
	scene.netns = scene.door4 = scene.door6 = -1;
	mkdir(scene.instance.cgroup, 0755);
	mkdir(scene.instance.daemon_cgroup, 0755);
	atexit(scene_end);
	scene_cgroup(scene.worker, sizeof(scene.worker),
	    scene.instance.daemon_cgroup, "worker");
	scene_cgroup(scene.resolver, sizeof(scene.resolver),
	    scene.instance.daemon_cgroup, "resolver");
	scene.skill_id = scene_cgroup(scene.skill, sizeof(scene.skill),
	    scene.instance.cgroup, "skill");
	scene_cgroup(scene.other, sizeof(scene.other), scene.instance.cgroup, "other");
	scene.outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CHECK(!unshare(CLONE_NEWNET));
	scene_lo_up();
	scene_join(scene.instance.daemon_cgroup);
	scene_open();
	scene.netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CHECK(!hooks_door_open(scene.hooks, scene.netns, &scene.door4,
	    &scene.door6, &scene.cookie));
	scene.port4 = port_of(scene.door4);
	scene.port6 = scene.door6 >= 0 ? port_of(scene.door6) : 0;
	scene.who = (struct abi_skill){ .session_time = 7, .session_chance = 9,
	    .name = "tester" };
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
}

static struct view_address
scene_address(const char *ip, uint16_t port)
{
	struct view_address out = { .port = port };
	struct in_addr four;

	if (inet_pton(AF_INET, ip, &four) == 1) {
		out.ip[10] = out.ip[11] = 0xff;
		memcpy(out.ip + 12, &four, 4);
	} else {
		CHECK_ROW(ip, inet_pton(AF_INET6, ip, out.ip) == 1);
	}
	return out;
}

static socklen_t
scene_sockaddr(struct sockaddr_storage *out, const char *ip, uint16_t port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, ip, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		return sizeof(*four);
	}
	inet_pton(AF_INET6, ip, &six->sin6_addr);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	return sizeof(*six);
}

/* A connected socket, or -errno. */
__attribute__((unused)) static int
dial_with(int fd, const char *ip, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t size = scene_sockaddr(&to, ip, port);

	return connect(fd, (struct sockaddr *)&to, size) ? -errno : fd;
}

__attribute__((unused)) static int
dial(const char *ip, uint16_t port)
{
	int fd = socket(strchr(ip, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	int result;

	if (fd < 0)
		return -errno;
	result = dial_with(fd, ip, port);
	if (result < 0)
		close(fd);
	return result;
}

/* A listening socket at this address, or -errno; *port is set when it was 0. */
__attribute__((unused)) static int
listen_on(const char *ip, uint16_t *port)
{
	struct sockaddr_storage at;
	socklen_t size = scene_sockaddr(&at, ip, *port);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&at, size) || listen(fd, 1024)) {
		int error = -errno;

		close(fd);
		return error;
	}
	*port = port_of(fd);
	return fd;
}

typedef int (*scene_fn)(const void *arg);

/* Start a child in a cgroup; its exit status is what `fn` returns. */
__attribute__((unused)) static pid_t
scene_start(const char *cgroup, scene_fn fn, const void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		scene_join(cgroup);
		_exit(fn(arg) & 0xff);
	}
	return pid;
}

__attribute__((unused)) static int
scene_wait(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

__attribute__((unused)) static int
scene_run(const char *cgroup, scene_fn fn, const void *arg)
{
	hooks_beat(scene.hooks, clock_mono());
	return scene_wait(scene_start(cgroup, fn, arg));
}

__attribute__((unused)) static int
scene_accept(int door)
{
	struct pollfd wait = { .fd = door, .events = POLLIN };

	if (poll(&wait, 1, 2000) != 1)
		return -ETIMEDOUT;
	return accept4(door, NULL, NULL, SOCK_CLOEXEC);
}

/* As a worker asks: 0 or -errno. */
__attribute__((unused)) static int
scene_origin(int fd, struct abi_origin *out)
{
	socklen_t size = sizeof(*out);

	if (getsockopt(fd, ABI_SOL_ORIGIN, ABI_SO_ORIGIN, out, &size))
		return -errno;
	return size == sizeof(*out) ? 0 : -EMSGSIZE;
}

static void
scene_event(void *arg, const struct abi_event *event)
{
	(void)arg;
	if (scene.event_count < SCENE_EVENTS)
		scene.events[scene.event_count++] = *event;
}

/* Forget earlier events, or read new ones. Returns how many are new. */
__attribute__((unused)) static size_t
scene_events(void)
{
	scene.event_count = 0;
	CHECK(!hooks_events_read(scene.hooks, scene_event, NULL));
	return scene.event_count;
}

/* Was there one with this reason, by this child, told as our skill's? */
__attribute__((unused)) static bool
scene_told(uint32_t reason, const char *skill)
{
	for (size_t i = 0; i < scene.event_count; i++) {
		if (scene.events[i].reason == reason &&
		    !strcmp(scene.events[i].skill, skill))
			return true;
	}
	return false;
}

/* The targets every test starts with. */
__attribute__((unused)) static int
scene_targets(uint32_t epoch)
{
	struct view_address first[] = {
		scene_address("10.9.8.7", 5432),
		scene_address("fd00::7", 5432),
	};
	struct view_address second[] = {
		scene_address("127.0.0.1", 6432),
		scene_address("::1", 6432),
	};
	struct view_target targets[] = {
		{ .name = "far", .addresses = first, .address_count = 2 },
		{ .name = "near", .addresses = second, .address_count = 2,
		  .from_skill = true },
	};
	struct view_loader view = { .head.epoch = epoch, .targets = targets,
	    .target_count = 2 };

	return hooks_targets(scene.hooks, &view);
}

#endif
