/*
 * ring_test.c: connects through io_uring are the skill's too, whichever kernel
 * thread makes them: at once, from a worker thread (IOSQE_ASYNC), or from the
 * polling thread of a ring of its own (SQPOLL). System calls by hand: one entry,
 * one completion.
 */
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "scene.h"

struct ring {
	int fd;
	struct io_uring_params params;
	uint8_t *sq, *cq;
	struct io_uring_sqe *entries;
};

static int
ring_open(struct ring *ring, unsigned int flags)
{
	size_t sq, cq;

	memset(ring, 0, sizeof(*ring));
	ring->params.flags = flags;
	ring->params.sq_thread_idle = 1000;
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		return -errno;
	sq = ring->params.sq_off.array + ring->params.sq_entries * sizeof(unsigned int);
	cq = ring->params.cq_off.cqes + ring->params.cq_entries *
	    sizeof(struct io_uring_cqe);
	ring->sq = mmap(NULL, sq, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
	    IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, cq, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
	    IORING_OFF_CQ_RING);
	ring->entries = mmap(NULL, ring->params.sq_entries * sizeof(*ring->entries),
	    PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	return ring->sq == MAP_FAILED || ring->cq == MAP_FAILED ||
	    ring->entries == MAP_FAILED ? -ENOMEM : 0;
}

/* Submit one entry and give its result. */
static int
ring_do(struct ring *ring, const struct io_uring_sqe *entry)
{
	_Atomic unsigned int *tail = (void *)(ring->sq + ring->params.sq_off.tail);
	_Atomic unsigned int *head = (void *)(ring->cq + ring->params.cq_off.head);
	_Atomic unsigned int *end = (void *)(ring->cq + ring->params.cq_off.tail);
	unsigned int *array = (void *)(ring->sq + ring->params.sq_off.array);
	struct io_uring_cqe *done = (void *)(ring->cq + ring->params.cq_off.cqes);
	bool polled = ring->params.flags & IORING_SETUP_SQPOLL;

	ring->entries[0] = *entry;
	array[atomic_load(tail) % ring->params.sq_entries] = 0;
	atomic_fetch_add(tail, 1);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS |
	    (polled ? IORING_ENTER_SQ_WAKEUP : 0), NULL, 0) < 0)
		return -errno;
	for (int i = 0; i < 2000 && atomic_load(head) == atomic_load(end); i++)
		usleep(1000);
	if (atomic_load(head) == atomic_load(end))
		return -ETIMEDOUT;
	return done[atomic_fetch_add(head, 1) % ring->params.cq_entries].res;
}

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

/* Enum values newer than the C library's headers. */
#define OP_SOCKET 45

static int
play(const void *arg)
{
	const struct row *row = arg;
	struct io_uring_sqe make = { .opcode = OP_SOCKET, .fd = AF_INET,
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
