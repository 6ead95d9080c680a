/*
 * loop.c: epoll for descriptors, a heap for timers.
 * A watch that is removed while its round is served stays allocated, dead, until
 * the round ends, so that events already fetched find nobody. Timers are kept in
 * a binary heap of pointers; each timer knows its place, so unsetting is cheap.
 * syscalls: epoll_create1 epoll_ctl epoll_pwait clock_gettime
 */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

#define ROUND 64	/* events fetched at once */

struct watch {
	int fd;
	bool dead;
	watch_fn fn;
	void *arg;
	struct watch *after;	/* in the list of dead ones */
};

struct loop {
	int epoll;
	bool stopped;
	int status;
	uint64_t now;
	struct timer **heap;	/* from 1 */
	unsigned int timers, room;
	struct watch *dead;
};

int
loop_new(struct loop **out)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return -errno;
	}
	loop->now = clock_mono();
	*out = loop;
	return 0;
}

int
loop_watch(struct loop *loop, int fd, uint32_t events, watch_fn fn, void *arg,
    struct watch **out)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (!watch)
		return -ENOMEM;
	watch->fd = fd;
	watch->fn = fn;
	watch->arg = arg;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event)) {
		int error = -errno;

		free(watch);
		return error;
	}
	*out = watch;
	return 0;
}

void
loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	must(epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) == 0);
}

/* The kernel wakes whoever was added first; what is ready meanwhile is found by the adding. */
void
loop_requeue(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	must(epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL) == 0);
	must(epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0);
}

void
loop_unwatch(struct loop *loop, struct watch **w)
{
	struct watch *watch = take(w);

	if (!watch)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->dead = true;
	watch->after = loop->dead;
	loop->dead = watch;
}

static void
place(struct loop *loop, unsigned int i, struct timer *timer)
{
	loop->heap[i] = timer;
	timer->place = i;
}

static void
sift_up(struct loop *loop, unsigned int i, struct timer *timer)
{
	while (i > 1 && loop->heap[i / 2]->due > timer->due) {
		place(loop, i, loop->heap[i / 2]);
		i /= 2;
	}
	place(loop, i, timer);
}

static void
sift_down(struct loop *loop, unsigned int i, struct timer *timer)
{
	for (;;) {
		unsigned int child = i * 2;

		if (child > loop->timers)
			break;
		if (child < loop->timers &&
		    loop->heap[child + 1]->due < loop->heap[child]->due)
			child++;
		if (loop->heap[child]->due >= timer->due)
			break;
		place(loop, i, loop->heap[child]);
		i = child;
	}
	place(loop, i, timer);
}

int
loop_set(struct loop *loop, struct timer *timer, uint64_t ns, timer_fn fn,
    void *arg)
{
	loop_unset(loop, timer);
	if (loop->timers + 1 >= loop->room) {
		unsigned int room = loop->room ? loop->room * 2 : 64;
		struct timer **heap = realloc(loop->heap, room * sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		loop->heap = heap;
		loop->room = room;
	}
	timer->fn = fn;
	timer->arg = arg;
	timer->due = clock_mono() + ns;
	loop->timers++;
	sift_up(loop, loop->timers, timer);
	return 0;
}

void
loop_unset(struct loop *loop, struct timer *timer)
{
	unsigned int i = timer->place;
	struct timer *last;

	if (!i)
		return;
	timer->place = 0;
	last = loop->heap[loop->timers--];
	if (last == timer)
		return;
	if (i > 1 && loop->heap[i / 2]->due > last->due)
		sift_up(loop, i, last);
	else
		sift_down(loop, i, last);
}

uint64_t
loop_now(const struct loop *loop)
{
	return loop->now;
}

/* Milliseconds until the first timer, rounded up; -1: none is set. */
static int
patience(const struct loop *loop)
{
	uint64_t due, now = clock_mono();

	if (!loop->timers)
		return -1;
	due = loop->heap[1]->due;
	if (due <= now)
		return 0;
	due = (due - now + MILLISECOND_NS - 1) / MILLISECOND_NS;
	return due > 60000 ? 60000 : (int)due;
}

static void
ring(struct loop *loop)
{
	while (!loop->stopped && loop->timers &&
	    loop->heap[1]->due <= loop->now) {
		struct timer *timer = loop->heap[1];

		loop_unset(loop, timer);
		timer->fn(timer->arg);
	}
}

static void
bury(struct loop *loop)
{
	while (loop->dead) {
		struct watch *watch = loop->dead;

		loop->dead = watch->after;
		free(watch);
	}
}

int
loop_run(struct loop *loop)
{
	struct epoll_event events[ROUND];

	while (!loop->stopped) {
		int n = epoll_wait(loop->epoll, events, ROUND, patience(loop));

		loop->now = clock_mono();
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			struct watch *watch = events[i].data.ptr;

			if (!watch->dead)
				watch->fn(watch->arg, events[i].events);
		}
		loop->now = clock_mono();	/* what is due at once need not wait for a round */
		ring(loop);
		bury(loop);
	}
	return loop->status;
}

void
loop_stop(struct loop *loop, int status)
{
	loop->stopped = true;
	loop->status = status;
}

void
loop_free(struct loop **l)
{
	struct loop *loop = take(l);

	if (!loop)
		return;
	bury(loop);
	close(loop->epoll);
	free(loop->heap);
	free(loop);
}
