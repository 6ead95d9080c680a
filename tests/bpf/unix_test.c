/*
 * unix_test.c: a listed name of a unix socket leads to where the loader put the socket,
 * however the name is passed; any other is refused, and so is that one to others.
 */
#include "scene.h"

#include <stddef.h>

#define LISTED "/nowhere/listed.sock"

static char place[64], longest[109];	/* 108 bytes: no NUL in sun_path */
static int stream_at, datagram_at;

struct attempt {
	const char *name;
	const char *path;
	size_t n;		/* bytes of it; 0: all, and the NUL */
	int type;
	bool has_garbage;	/* after the NUL, and counted in the length */
	int error;
};

static socklen_t
name_of(struct sockaddr_un *to, const struct attempt *a)
{
	size_t n = a->n ? a->n : strlen(a->path) + 1;

	memset(to, a->has_garbage ? 'g' : 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, a->path, n);
	return a->has_garbage ? sizeof(*to) :
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static int
try_unix(const void *arg)
{
	const struct attempt *a = arg;
	struct sockaddr_un to;
	socklen_t size = name_of(&to, a);
	int fd = socket(AF_UNIX, a->type, 0);

	if (a->type == SOCK_DGRAM)
		return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, size) < 0 ? errno : 0;
	return connect(fd, (struct sockaddr *)&to, size) ? errno : 0;
}

static const struct attempt attempts[] = {
	{ "listed",             LISTED, 0, SOCK_STREAM, false, 0 },
	{ "without its NUL",    LISTED, sizeof(LISTED) - 1, SOCK_STREAM, false, 0 },
	{ "garbage behind",     LISTED, 0, SOCK_STREAM, true, 0 },
	{ "beginning of it",    LISTED, sizeof(LISTED) - 2, SOCK_STREAM, false, EACCES },
	{ "another name",       LISTED "x", 0, SOCK_STREAM, false, EACCES },
	{ "the place itself",   place, 0, SOCK_STREAM, false, EACCES },
	{ "as long as can be",  longest, 108, SOCK_STREAM, false, 0 },
	{ "abstract",           "\0listed", 7, SOCK_STREAM, false, EACCES },
	{ "listed, datagram",   "/nowhere/log.sock", 0, SOCK_DGRAM, false, 0 },
	{ "another, datagram",  "/nowhere/other", 0, SOCK_DGRAM, false, EACCES },
};

static int
open_unix(int type, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, path);
	unlink(path);
	CHECK(!bind(fd, (struct sockaddr *)&at, sizeof(at)));
	CHECK(type == SOCK_DGRAM || !listen(fd, 64));
	return fd;
}

static void
put_all(void)
{
	char log[sizeof(place) + 8];

	snprintf(place, sizeof(place), "/tmp/ilk-unix-%d", getpid());
	snprintf(log, sizeof(log), "%s.log", place);
	memset(longest, 'l', sizeof(longest) - 1);
	longest[0] = '/';
	stream_at = open_unix(SOCK_STREAM, place);
	datagram_at = open_unix(SOCK_DGRAM, log);
	CHECK(!hooks_unix_put(scene.hooks, scene.skill_id, LISTED, place));
	CHECK(!hooks_unix_put(scene.hooks, scene.skill_id, longest, place));
	CHECK(!hooks_unix_put(scene.hooks, scene.skill_id, "/nowhere/log.sock", log));
	CHECK(hooks_unix_put(scene.hooks, scene.skill_id, LISTED, "") == -ENAMETOOLONG);
	CHECK(hooks_unix_put(scene.hooks, scene.skill_id, LISTED, longest) == 0);
	CHECK(!hooks_unix_put(scene.hooks, scene.skill_id, LISTED, place));
}

static bool
has_arrived(const struct attempt *a)
{
	struct pollfd one = { .events = POLLIN,
		.fd = a->type == SOCK_DGRAM ? datagram_at : stream_at };
	char c;

	if (poll(&one, 1, 0) != 1)
		return false;
	if (a->type == SOCK_DGRAM)
		return recv(one.fd, &c, 1, 0) == 1;
	close(accept(one.fd, NULL, NULL));
	return true;
}

static void
check_attempts(void)
{
	for (size_t i = 0; i < COUNT(attempts); i++) {
		const struct attempt *a = &attempts[i];

		scene_events();
		CHECK_ROW(a->name, scene_run(scene.skill, try_unix, a) == a->error);
		CHECK_ROW(a->name, has_arrived(a) == !a->error);
		CHECK_ROW(a->name, scene_events() == (a->error ? 1 : 0));
		CHECK_ROW(a->name, !a->error || scene_told(ABI_BAD_UNIX, "tester"));
	}
}

/* Nobody else, nobody who is stopped, and nobody any more. */
static void
check_others(void)
{
	struct abi_skill neighbour = { .session_time = 70, .name = "neighbour" };
	struct abi_skill blocked = scene.who;
	char path[INSTANCE_PATH_SIZE + 64];
	uint64_t id = scene_cgroup(path, sizeof(path), scene.instance.cgroup, "next");

	CHECK(!hooks_skill_put(scene.hooks, id, &neighbour));
	CHECK(scene_run(path, try_unix, &attempts[0]) == EACCES);
	CHECK(scene_run(scene.worker, try_unix, &attempts[0]) == EACCES);
	CHECK(scene_run(scene.other, try_unix, &attempts[0]) == ENOENT);
	blocked.blocked = 1;
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &blocked));
	CHECK(scene_run(scene.skill, try_unix, &attempts[0]) == EACCES);
	CHECK(!hooks_skill_put(scene.hooks, scene.skill_id, &scene.who));
	hooks_unix_drop(scene.hooks, id);
	CHECK(scene_run(scene.skill, try_unix, &attempts[0]) == 0);
	hooks_unix_drop(scene.hooks, scene.skill_id);
	CHECK(scene_run(scene.skill, try_unix, &attempts[0]) == EACCES);
	CHECK(!hooks_skill_drop(scene.hooks, id));
	rmdir(path);
}

int
main(void)
{
	char log[sizeof(place) + 8];

	scene_begin();
	CHECK(!scene_targets(1));
	put_all();
	check_attempts();
	check_others();
	unlink(place);
	snprintf(log, sizeof(log), "%s.log", place);
	unlink(log);
	return check_end();
}
