/*
 * dial.h: connect to a registered target, and to nothing else.
 * The worker's cgroup is fenced in the kernel to the same addresses; this stage
 * only picks one and starts the connect. Targets in the skill's own namespace are
 * dialled with a socket that the loader makes there; those behind a unix socket are
 * connected by the loader, since a worker has no path to any.
 * syscalls(worker): socket connect getsockopt setsockopt
 */
#ifndef DIAL_DIAL_H
#define DIAL_DIAL_H

#include <stdbool.h>
#include <stdint.h>

struct abi_origin;
struct post;
struct view_address;
struct view_target;

/* The target with this address in a view's list, by exact match; UINT32_MAX: none. */
uint32_t dial_find(const struct view_target *, uint32_t count, const uint8_t ip[16], uint16_t port);
/* AF_INET or AF_INET6 of an address. */
int dial_family(const uint8_t ip[16]);
/* A socket for it in this process' namespace. Returns the descriptor or -errno. */
int dial_socket(const uint8_t ip[16]);
/* Must the loader make the socket, and is it then connected? */
bool dial_is_asked(const struct view_target *);
bool dial_comes_connected(const struct view_target *);
/* Ask it (MSG_SOCKET). Returns 0 or -errno. */
int dial_ask(struct post *, uint64_t id, const struct view_target *, const struct abi_origin *);
/* Begin to connect. Returns 0 (done or under way) or -errno. */
int dial_connect(int fd, const uint8_t ip[16], uint16_t port);
/* After the socket became writable: 0 connected, or -errno. */
int dial_result(int fd);

#endif
