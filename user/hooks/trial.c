/*
 * trial.c: a play in three processes. The first makes a cgroup and waits; the
 * second, in a network namespace of its own, is the daemon with pins of its own;
 * the third is a skill that tries one thing after the other and writes down
 * which of them went as they should.
 */
#include "hooks/trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "hooks/inside.h"
#include "view.h"

#define PROTOCOL_MULTIPATH 262
#define PORT 4242
#define SECONDS_MAX 10
#define CGROUP_MOST 180		/* bytes of a path that ours is put below */
#define FAR4 "192.0.2.1"	/* RFC 5737, RFC 3849: nobody's */
#define FAR6 "2001:db8::1"
#define UNKNOWN4 "192.0.2.2"

struct scene {
	struct instance instance;
	char skill[INSTANCE_PATH_SIZE + 16];
};

static int
join_cgroup(const char *cgroup)
{
	char path[INSTANCE_PATH_SIZE + 64];
	cleanup(close_fd) int fd = -1;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, "0", 1) != 1 ? -errno : 0;
}

static int
raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	cleanup(close_fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		return -errno;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;
}

static socklen_t
address_of(struct sockaddr_storage *out, const char *ip)
{
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, ip, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(PORT);
		return sizeof(*four);
	}
	inet_pton(AF_INET6, ip, &six->sin6_addr);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(PORT);
	return sizeof(*six);
}

/* ---- the skill --------------------------------------------------------- */

/* Connect a new socket; 0 or the error. *peer: does getpeername give what was asked? */
static int
try_connect(const char *ip, int type, bool *peer)
{
	struct sockaddr_storage to, got = { 0 };
	socklen_t size = address_of(&to, ip), got_size = sizeof(got);
	cleanup(close_fd) int fd = socket(to.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, size))
		return errno;
	if (peer)
		*peer = !getpeername(fd, (struct sockaddr *)&got, &got_size) &&
		    !memcmp(&got, &to, size);
	return 0;
}

/* The error of making such a socket; 0: it can be made. */
static int
try_socket(int type, int protocol)
{
	cleanup(close_fd) int fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);

	return fd < 0 ? errno : 0;
}

static int
try_bind(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	cleanup(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ? errno : 0;
}

/* Nobody listens at this abstract name: ECONNREFUSED would mean "let through". */
static int
try_unix(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "\0ilk-trial" };
	cleanup(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

static void
play_skill(const struct scene *scene, uint16_t door, bool *passed)
{
	bool peer4 = false, peer6 = false;

	if (join_cgroup(scene->skill))
		return;
	passed[TRIAL_REDIRECT4] = !try_connect(FAR4, SOCK_STREAM, &peer4);
	passed[TRIAL_REDIRECT6] = !try_connect(FAR6, SOCK_STREAM, &peer6);
	passed[TRIAL_PEERNAME] = peer4 && peer6;
	passed[TRIAL_REFUSE] = try_connect(UNKNOWN4, SOCK_STREAM, NULL) == EACCES;
	passed[TRIAL_DATAGRAM] = try_connect(UNKNOWN4, SOCK_DGRAM, NULL) == EACCES;
	passed[TRIAL_RAW] = try_socket(SOCK_RAW, IPPROTO_RAW) == EACCES;
	passed[TRIAL_MULTIPATH] =
	    try_socket(SOCK_STREAM, PROTOCOL_MULTIPATH) == EPROTONOSUPPORT;
	passed[TRIAL_BIND] = try_bind(door) == EACCES;
	passed[TRIAL_UNIX] = try_unix() == EACCES;
}

/* Run `play_skill` in a child, and what it found into *passed. */
static void
run_skill(const struct scene *scene, uint16_t door, bool *passed)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return;
	pid = fork();
	if (pid == 0) {
		bool found[TRIAL_PARTS] = { false };

		alarm(SECONDS_MAX);
		play_skill(scene, door, found);
		_exit(write(pipes[1], found, sizeof(found)) != sizeof(found));
	}
	close(pipes[1]);
	if (pid > 0) {
		bool found[TRIAL_PARTS] = { false };

		if (read(pipes[0], found, sizeof(found)) == sizeof(found)) {
			for (int i = TRIAL_REDIRECT4; i < TRIAL_PARTS; i++)
				passed[i] = found[i];
		}
		waitpid(pid, NULL, 0);
	}
	close(pipes[0]);
}

/* ---- the daemon -------------------------------------------------------- */

static bool
accepted_with_origin(int door, uint64_t cgroup)
{
	struct pollfd wait = { .fd = door, .events = POLLIN };
	struct abi_origin origin = { 0 };
	socklen_t size = sizeof(origin);
	cleanup(close_fd) int fd = -1;

	if (door < 0 || poll(&wait, 1, 500) != 1)
		return false;
	fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	return fd >= 0 &&
	    !getsockopt(fd, ABI_SOL_ORIGIN, ABI_SO_ORIGIN, &origin, &size) &&
	    size == sizeof(origin) && origin.cgroup == cgroup &&
	    origin.port == PORT;
}

static int
put_targets(struct hooks *hooks)
{
	struct view_address addresses[2] = { { .port = PORT }, { .port = PORT } };
	struct view_target target = { .name = "trial", .addresses = addresses,
	    .address_count = 2 };
	struct view_loader view = { .head.epoch = 1, .targets = &target,
	    .target_count = 1 };

	addresses[0].ip[10] = addresses[0].ip[11] = 0xff;
	inet_pton(AF_INET, FAR4, addresses[0].ip + 12);
	inet_pton(AF_INET6, FAR6, addresses[1].ip);
	return hooks_targets(hooks, &view);
}

static void
saw_event(void *arg, const struct abi_event *event)
{
	if (event->reason == ABI_NO_TARGET)
		*(bool *)arg = true;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in at = { 0 };
	socklen_t size = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &size) ? 0 : ntohs(at.sin_port);
}

static void
play_with(struct hooks *hooks, const struct scene *scene, struct trial *trial)
{
	const struct abi_skill who = { .session_time = 1, .name = "trial" };
	cleanup(close_fd) int four = -1;
	cleanup(close_fd) int six = -1;
	bool stale[TRIAL_PARTS] = { false };
	uint64_t cookie, cgroup;

	if (hooks_door_open(hooks, hooks->netns_fd, &four, &six, &cookie) ||
	    hooks_cgroup_id(scene->skill, true, &cgroup) ||
	    hooks_skill_put(hooks, cgroup, &who) || put_targets(hooks))
		return;
	run_skill(scene, port_of(four), stale);		/* no beat yet */
	hooks_beat(hooks, clock_mono());
	run_skill(scene, port_of(four), trial->passed);
	trial->passed[TRIAL_STALE] = !stale[TRIAL_REDIRECT4] &&
	    !stale[TRIAL_REDIRECT6] && stale[TRIAL_REFUSE];
	trial->passed[TRIAL_REDIRECT4] &= accepted_with_origin(four, cgroup);
	trial->passed[TRIAL_REDIRECT6] &=
	    accepted_with_origin(six >= 0 ? six : four, cgroup);
	trial->passed[TRIAL_EVENT] = false;
	hooks_events_read(hooks, saw_event, &trial->passed[TRIAL_EVENT]);
}

static void
play_daemon(const struct scene *scene, struct trial *trial)
{
	struct hooks *hooks = NULL;

	if (join_cgroup(scene->instance.daemon_cgroup) || unshare(CLONE_NEWNET) ||
	    raise_loopback())
		return;
	trial->passed[TRIAL_NAMESPACE] = true;
	if (hooks_open(&hooks, &scene->instance, trial->why, sizeof(trial->why)))
		return;
	trial->passed[TRIAL_LOAD] = true;
	play_with(hooks, scene, trial);
	hooks_close(&hooks);
	hooks_remove(&scene->instance);
}

/* ---- around it --------------------------------------------------------- */

static int
set_scene(struct scene *scene, const struct instance *instance)
{
	struct instance *own = &scene->instance;
	uint64_t id;

	*own = *instance;
	snprintf(own->cgroup, sizeof(own->cgroup), "%.180s/ilk-trial-%d",
	    instance->cgroup, getpid());
	snprintf(own->daemon_cgroup, sizeof(own->daemon_cgroup), "%.240s/daemon",
	    own->cgroup);
	snprintf(own->pin_directory, sizeof(own->pin_directory),
	    "/sys/fs/bpf/ilk-trial-%d", getpid());
	snprintf(scene->skill, sizeof(scene->skill), "%s/skill", own->cgroup);
	return hooks_cgroup_id(own->cgroup, true, &id) ||
	    hooks_cgroup_id(own->daemon_cgroup, true, &id) ||
	    hooks_cgroup_id(scene->skill, true, &id) ? -EACCES : 0;
}

static void
strike_scene(const struct scene *scene)
{
	char worker[INSTANCE_PATH_SIZE + 16];

	hooks_remove(&scene->instance);
	snprintf(worker, sizeof(worker), "%s/worker", scene->instance.daemon_cgroup);
	rmdir(worker);
	rmdir(scene->instance.daemon_cgroup);
	rmdir(scene->skill);
	rmdir(scene->instance.cgroup);
}

int
hooks_trial(const struct instance *instance, struct trial *out)
{
	struct trial found = { 0 };
	struct scene scene;
	int pipes[2], error;
	ssize_t n = 0;
	pid_t pid;

	if (strlen(instance->cgroup) > CGROUP_MOST)
		return -ENAMETOOLONG;
	error = set_scene(&scene, instance);
	if (!error && pipe2(pipes, O_CLOEXEC))
		error = -errno;
	if (error) {
		strike_scene(&scene);
		return error;
	}
	pid = fork();
	if (pid == 0) {
		alarm(SECONDS_MAX);
		play_daemon(&scene, &found);
		_exit(write(pipes[1], &found, sizeof(found)) != sizeof(found));
	}
	close(pipes[1]);
	if (pid > 0) {
		n = read(pipes[0], &found, sizeof(found));
		waitpid(pid, NULL, 0);
	}
	close(pipes[0]);
	strike_scene(&scene);
	if (n != sizeof(found))
		return -EIO;
	*out = found;
	return 0;
}
