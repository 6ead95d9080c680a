/*
 * accept.h: take a diverted connection and learn where it came from.
 * The loader gives listeners (doors), one or two for each network namespace. All
 * workers wait on the same ones with EPOLLEXCLUSIVE. A socket without an origin
 * connected straight to the port: the caller resets and enters it.
 * syscalls(worker): accept4 getsockopt setsockopt fstat
 */
#ifndef ACCEPT_ACCEPT_H
#define ACCEPT_ACCEPT_H

#include <stdint.h>

#include "abi.h"

struct doors;
struct loop;

/* A connection came through the door of `netns`. status 0: `origin` is good. -ENOENT:
 * it has none; another -errno: it could not be asked. The descriptor is the callee's. */
typedef void (*accept_fn)(void *arg, int fd, uint64_t netns, int status,
    const struct abi_origin *origin);

int doors_new(struct doors **out, struct loop *, accept_fn, void *arg);
/* Watch one more listener, once; takes the descriptor, also on failure. Returns 0 or -errno. */
int doors_add(struct doors *, uint64_t netns, int fd);
/* Close every listener of a namespace. */
void doors_shut(struct doors *, uint64_t netns);
void doors_free(struct doors **);

/* What the kernel has counted of an accepted socket so far. Returns 0; -ENOENT: it
 * was there before the kernel counted; or another -errno. */
int accept_tally(int fd, struct abi_tally *out);
/* Close with a reset (SO_LINGER 0), so that nothing is read as an answer. */
void accept_reset(int fd);

#endif
