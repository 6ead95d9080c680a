/*
 * trial.h: find out what this kernel enforces, by doing it.
 * Versions and feature lists lie (distributions backport, probes guess), so the
 * programs are loaded and attached at a cgroup of their own, and a child there
 * tries what a skill might. Not for others than doctor.c.
 */
#ifndef HOOKS_TRIAL_H
#define HOOKS_TRIAL_H

#include <stdbool.h>

struct instance;

enum trial_part {
	TRIAL_NAMESPACE,	/* a network namespace with lo up */
	TRIAL_LOAD,		/* programs load and attach */
	TRIAL_REDIRECT4,	/* connects arrive, with their origin */
	TRIAL_REDIRECT6,
	TRIAL_PEERNAME,
	TRIAL_REFUSE,		/* unknown destination: EACCES */
	TRIAL_STALE,		/* no beat: ECONNREFUSED */
	TRIAL_DATAGRAM,
	TRIAL_RAW,
	TRIAL_MULTIPATH,	/* and said to be unsupported */
	TRIAL_BIND,
	TRIAL_EVENT,		/* the daemon is told */
	TRIAL_UNIX,
	TRIAL_PARTS
};

struct trial {
	bool passed[TRIAL_PARTS];
	char why[384];		/* why TRIAL_LOAD failed; empty: it did not */
};

/* Takes a second at most, leaves nothing behind. Returns 0 or -errno (no trial was possible). */
int hooks_trial(const struct instance *, struct trial *);

#endif
