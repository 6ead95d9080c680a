/*
 * job.h: compile the policy without stopping the heart.
 * Reading a policy may wait for disks and, with `resolve: system`, for name
 * servers, while the process must go on beating. So it is done in a thread of
 * its own, which shares nothing while it runs and ends with one event.
 */
#ifndef RULES_JOB_H
#define RULES_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/fault.h"

struct bundle;
struct job;
struct loop;

/* What came of it; the callback owns *bundle (NULL: there were faults, or
 * `status` says why). */
typedef void (*job_fn)(void *arg, int status, struct bundle *bundle,
    const struct faults *faults);

/* Read `directory` (kept by the caller) here and now, as policy number `epoch`.
 * Returns 0, -EINVAL (faults) or -errno. */
int job_compile(const char *directory, uint32_t uid_base, uint32_t epoch,
    struct bundle **out, struct faults *);

/* A worker thread's place, idle. Returns 0 or -errno. */
int job_new(struct job **out, struct loop *, const char *directory,
    uint32_t uid_base, job_fn, void *arg);
/* Begin; the callback comes from the loop. Returns 0, -EBUSY or -errno. */
int job_begin(struct job *, uint32_t epoch);
/* Wait for a running thread and free. */
void job_free(struct job **);

#endif
