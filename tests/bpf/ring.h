/*
 * ring.h: one io_uring, fed by hand: one entry, one completion, no library.
 * A return value of the kernel's comes back as it is: a result or -errno.
 */
#ifndef TESTS_BPF_RING_H
#define TESTS_BPF_RING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_OP_SOCKET 45	/* newer than the C library's headers */

struct ring {
	int fd;
	struct io_uring_params params;
	uint8_t *sq, *cq;
	struct io_uring_sqe *entries;
};

__attribute__((unused)) static int
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
__attribute__((unused)) static int
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

#endif
