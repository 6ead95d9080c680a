/*
 * serve.h: the policy process at work: who has which policy, and reloading.
 * Lives in the policy process. What it sends and hears stands in msg.h.
 */
#ifndef RULES_SERVE_H
#define RULES_SERVE_H

#include "base/instance.h"

struct bundle;
struct faults;
struct loop;
struct serve;

/* What there is to serve at the start, found before the box is entered. */
struct serve_start {
	struct bundle *bundle;		/* serve's afterwards; NULL: none is in force */
	struct faults *faults;		/* of the policy's files; borrowed */
	bool is_last;			/* the last good one, not the files' */
	uint32_t epoch;			/* of the newest policy ever put in force */
	int directory_fd;		/* state_directory/policy; the caller's */
};

/* Returns 0 or -errno. `instance` must outlive it. */
int serve_new(struct serve **out, struct loop *, const struct instance *,
    struct serve_start *);
void serve_free(struct serve **);

#endif
