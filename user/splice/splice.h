/*
 * splice.h: carry bytes both ways without looking, for targets with `inspect: none`.
 * One pipe for each direction and splice(2): less than half the CPU of read and
 * write, and the kernel's own back-pressure. An end of file on one side is handed
 * on after everything before it; the other direction goes on.
 * syscalls(worker): splice pipe2 shutdown
 */
#ifndef SPLICE_SPLICE_H
#define SPLICE_SPLICE_H

#include <stdint.h>

struct loop;
struct splice;

struct splice_totals {
	uint64_t asked, sent;		/* bytes from the skill; of these, to the backend */
	uint64_t received, answered;	/* bytes from the backend; of these, to the skill */
};

/* Both directions have ended; `status` 0 or -errno. The splice is still to be freed. */
typedef void (*splice_fn)(void *arg, int status);

/* The skill's first bytes lie in its socket, to be peeked at; told once, before they move. */
typedef void (*splice_first_fn)(void *arg);

/*
 * Carry between two connected non-blocking sockets, which stay the caller's.
 * Returns 0 or -errno.
 */
int splice_new(struct splice **out, struct loop *, int client, int server,
    splice_first_fn, splice_fn, void *arg);
struct splice_totals splice_totals(const struct splice *);
void splice_free(struct splice **);

#endif
