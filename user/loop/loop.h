/*
 * loop.h: the events and timers of one process. Plain epoll, no threads.
 * A watch calls back with the epoll events that are ready. A callback may
 * remove any watch or timer, its own too; removed ones are not called again.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;
struct watch;	/* opaque; owned by the loop until loop_unwatch */

typedef void (*watch_fn)(void *arg, uint32_t events);
typedef void (*timer_fn)(void *arg);

/* Embedded in its user; zero it before the first use. */
struct timer {
	timer_fn fn;
	void *arg;
	uint64_t due;		/* CLOCK_MONOTONIC ns */
	unsigned int place;	/* in the heap, from 1; 0: not set */
};

int loop_new(struct loop **out);
/* Level-triggered unless EPOLLET is given; EPOLLEXCLUSIVE is passed on. The
 * descriptor stays the caller's. Returns 0 or -errno; *out unchanged on failure. */
int loop_watch(struct loop *, int fd, uint32_t events, watch_fn, void *arg, struct watch **out);
/* Change the events. Not for EPOLLEXCLUSIVE watches. */
void loop_change(struct loop *, struct watch *, uint32_t events);
/* For EPOLLEXCLUSIVE watches: let the others who wait for this descriptor go first. */
void loop_requeue(struct loop *, struct watch *, uint32_t events);
/* Stop watching and set *w to NULL; before closing the descriptor. NULL is fine. */
void loop_unwatch(struct loop *, struct watch **w);
/* Call fn(arg) once, `ns` from now; set again moves it. Returns 0 or -ENOMEM. */
int loop_set(struct loop *, struct timer *, uint64_t ns, timer_fn, void *arg);
void loop_unset(struct loop *, struct timer *);
/* CLOCK_MONOTONIC at the start of this round, ns. */
uint64_t loop_now(const struct loop *);
/* Serve until loop_stop(). Returns its status. */
int loop_run(struct loop *);
void loop_stop(struct loop *, int status);
void loop_free(struct loop **);

#endif
