/*
 * children.h: the processes of one instance, as the warden keeps them.
 * The warden makes every channel once and keeps both ends. A process that dies
 * is started again with the same ends, so that its peers notice nothing but a
 * pause: what they had sent waits in the channel, and outlives both. What is executed
 * is what was there when the warden began, also after somebody has put another file in its place.
 */
#ifndef WARDEN_CHILDREN_H
#define WARDEN_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "loop/loop.h"
#include "msg.h"

struct instance;

enum child_state {
	CHILD_ABSENT,	/* this instance has no such process */
	CHILD_WAITING,	/* to be started when its pause is over */
	CHILD_STARTING,	/* runs, has not said MSG_READY */
	CHILD_SERVING,
	CHILD_DRAINING,	/* a worker: serves the flows it has, and quits after the last */
	CHILD_ENDING,	/* told to quit */
	CHILD_ENDED,	/* and will not be started again */
	CHILD_SPARE,	/* nobody sits there; for the next generation of workers */
	CHILD_STATES
};

struct child {
	enum child_state state;
	const char *program;	/* below program_directory */
	pid_t pid;
	uint64_t beat;		/* CLOCK_MONOTONIC ns of the last one */
	uint64_t told;		/* the same, when the upgrade told it to quit, drain or start */
	uint64_t started;	/* wall ns */
	uint64_t began;		/* CLOCK_MONOTONIC ns */
	uint32_t restarts;
	bool is_old;		/* from before the upgrade that is going on */
	bool is_replaced;	/* told to quit so that the next one may start: at once, and it is no fault */
	bool is_faulty;		/* this run of it is being ended for what it sent */
	uint64_t pause;		/* before the next start, ns; grows while it keeps dying */
	struct timer timer;
};

struct children {
	const struct instance *instance;
	int settings;			/* sealed memfd */
	int programs[SLOTS];	/* what is executed, as it was when the warden began; -1: none */
	int ends[SLOTS][SLOTS];		/* [a][b]: what a holds to speak to b; -1: none */
	struct child child[SLOTS];
};

/* Make the channels for `workers` workers, and as many again that are spare; the warden's own ends
 * go to MSG_FD_CHANNEL(slot). Returns 0 or -errno. */
int children_open(struct children *, const struct instance *, unsigned int workers);
/* The same for a warden that was executed anew, with states and ends as they were: what is missing is made. */
int children_take_over(struct children *, const struct instance *, unsigned int workers);
/* What is said to places where nobody sits is thrown away. */
void children_sweep(struct children *);
/* The program of a slot, a name; NULL: it has none. */
const char *children_program(unsigned int slot);
/* Fork and exec one. Returns 0 or -errno; state becomes CHILD_STARTING. */
int children_start(struct children *, unsigned int slot);
/* The slot of a process that has ended, or SLOTS. */
unsigned int children_find(const struct children *, pid_t pid);

#endif
