/*
 * roll.h: in which order one generation of processes takes the place of another. Pure.
 * Those of which there is one are told to quit and started again, one after the other; each finishes
 * what it has begun, and what it has not read waits for the next. Workers overlap: a new one starts in a
 * spare place and takes new connections before an old one is told to take no more.
 */
#ifndef WARDEN_ROLL_H
#define WARDEN_ROLL_H

#include <stddef.h>

struct children;

enum roll_step {
	ROLL_WAIT,	/* for what was begun */
	ROLL_QUIT,	/* tell that one to quit: it is to be replaced */
	ROLL_START,	/* start a worker in that place */
	ROLL_DRAIN,	/* that worker takes no more connections */
	ROLL_OVER,	/* nobody from before is left */
};

/* The next step, and whom it is about. `order`: the single ones, in this order; `workers`: how many in the end. */
enum roll_step roll_next(const struct children *, const unsigned int *order, size_t count, unsigned int workers,
    unsigned int *slot);

#endif
