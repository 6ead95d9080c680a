/*
 * ring_test.c: connects through io_uring are the skill's too, whichever kernel
 * thread makes them: at once, from a worker thread (IOSQE_ASYNC), or from the
 * polling thread of a ring of its own (SQPOLL).
 */
#include "scene.h"

#include "ring.h"

struct row {
	const char *name;
	unsigned int setup;
	uint8_t flags;
	bool makes_socket;	/* by the ring too */
	const char *ip;
	int want;		/* 0 or the error */
};

static const struct row rows[] = {
	{ "plain", 0, 0, false, "10.9.8.7", 0 },
	{ "plain, unknown", 0, 0, false, "10.1.1.1", EACCES },
	{ "worker thread", 0, IOSQE_ASYNC, false, "10.9.8.7", 0 },
	{ "worker thread, unknown", 0, IOSQE_ASYNC, false, "10.1.1.1", EACCES },
	{ "polling thread", IORING_SETUP_SQPOLL, 0, false, "10.9.8.7", 0 },
	{ "polling thread, unknown", IORING_SETUP_SQPOLL, 0, false, "10.1.1.1", EACCES },
	{ "own socket", IORING_SETUP_SQPOLL, 0, true, "10.9.8.7", 0 },
	{ "own socket, unknown", IORING_SETUP_SQPOLL, IOSQE_ASYNC, true, "10.1.1.1",
	  EACCES },
};

static int
play(const void *arg)
{
	const struct row *row = arg;
	struct io_uring_sqe make = { .opcode = RING_OP_SOCKET, .fd = AF_INET,
	    .off = SOCK_STREAM };
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT, .flags = row->flags };
	struct sockaddr_storage to;
	struct ring ring;

	if (ring_open(&ring, row->setup))
		return 90;
	entry.fd = row->makes_socket ? ring_do(&ring, &make) :
	    socket(AF_INET, SOCK_STREAM, 0);
	if (entry.fd < 0)
		return 91;
	entry.off = scene_sockaddr(&to, row->ip, 5432);
	entry.addr = (uint64_t)(uintptr_t)&to;
	return -ring_do(&ring, &entry);
}

static bool
is_disabled(void)
{
	struct ring ring;
	int error = ring_open(&ring, 0);

	if (error == -ENOSYS || error == -EPERM) {
		printf("not tested here: io_uring is disabled\n");
		return true;
	}
	close(ring.fd);
	return false;
}

int
main(void)
{
	scene_begin();
	CHECK(!scene_targets(1));
	for (size_t i = 0; !is_disabled() && i < COUNT(rows); i++) {
		struct abi_origin origin = { 0 };
		int fd;

		CHECK_ROW(rows[i].name, scene_run(scene.skill, play, &rows[i]) ==
		    rows[i].want);
		if (rows[i].want)
			continue;
		fd = scene_accept(scene.door4);
		CHECK_ROW(rows[i].name, fd >= 0 && !scene_origin(fd, &origin));
		CHECK_ROW(rows[i].name, origin.cgroup == scene.skill_id && origin.pid);
		close(fd);
	}
	return check_end();
}
