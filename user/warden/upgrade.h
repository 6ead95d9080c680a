/*
 * upgrade.h: the warden goes over to another version, newer or older, without letting go of anything.
 * A signal begins it. The program that now lies where this one did is first asked whether it fits
 * (--preflight: are its processes there, do they speak as ours do). Then this process executes it, with its
 * children and descriptors as they are (kept.h), and it replaces the children one by one (roll.h).
 * Connections meanwhile wait in the listeners, which are never closed.
 */
#ifndef WARDEN_UPGRADE_H
#define WARDEN_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loop/loop.h"

struct children;
struct instance;
struct post;
struct scribe;
struct store;

struct upgrade {
	struct loop *loop;
	struct post *post;
	struct scribe *scribe;
	struct children *children;
	struct store *store;
	int *lock;
	const struct instance *instance;
	const char *file;		/* of the settings */
	const unsigned int *order;	/* the single processes, as they are replaced */
	size_t order_count;
	void (*start)(void *arg, unsigned int slot);
	void *arg;
	/* its own */
	pid_t preflight;		/* 0: none is under way */
	char person[32];
	unsigned int tries;
	struct timer timer;
	bool is_rolling;
};

/* Somebody with that login uid asks for it. */
void upgrade_begin(struct upgrade *, uint32_t uid);
/* A child that is in no slot has ended. False: it is none of this either. */
bool upgrade_reaped(struct upgrade *, pid_t, int status);
/* This is the next one, executed: replace everybody. */
void upgrade_roll(struct upgrade *);
/* Something has changed: do what can be done now. */
void upgrade_step(struct upgrade *);
/* Is this one away for no other reason than the upgrade, and not for long? */
bool upgrade_excuses(const struct upgrade *, unsigned int slot, uint64_t now);

/* In the program that is asked ("SPEECH:PROGRAM_DIRECTORY"): does it fit? 0, or what is wrong has been logged. */
int upgrade_preflight(const char *asked);

#endif
