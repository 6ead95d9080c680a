/*
 * hooks.h: the loader's hold on the kernel: programs, maps, listeners, sockets.
 * Lives in the loader only (and `interlock doctor`, which probes by loading).
 * Needs CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, and CAP_SYS_ADMIN for setns.
 */
#ifndef HOOKS_HOOKS_H
#define HOOKS_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "id.h"

struct hooks;
struct instance;
struct view_loader;

/*
 * Load the programs, attach them at instance->cgroup (the same pins are taken
 * over and updated in place where they exist: LINK_UPDATE, maps reused), pin
 * links and maps below instance->pin_directory (bpffs is mounted if absent),
 * register worker and daemon cgroups. No skill is registered yet; connections of
 * skills registered by an earlier run are refused until the beat goes on.
 * Returns 0 or -errno; on failure `why` (of `size` bytes) says what to do.
 */
int hooks_open(struct hooks **out, const struct instance *, char *why, size_t size);
/* Forget descriptors; links stay pinned, so skills stay caught. */
void hooks_close(struct hooks **);
/* Detach and unpin everything of this instance, with or without a daemon. Returns 0 or -errno. */
int hooks_remove(const struct instance *);

/* Write the beat (CLOCK_MONOTONIC ns of the oldest process in the path). */
int hooks_beat(struct hooks *, uint64_t ns);
/* Put the addresses of the view's targets in place of the old ones; no moment without a kept one. */
int hooks_targets(struct hooks *, const struct view_loader *);
/*
 * DNS servers that the resolver may ask, in place of the old ones: `servers` as
 * view_resolver has them ("10.0.0.2:53,[fd00::2]:53"), or, where that is empty, those of
 * /etc/resolv.conf. Returns 0 or -errno.
 */
int hooks_servers(struct hooks *, const char *servers);
/* Register, change or remove a skill's cgroup. */
int hooks_skill_put(struct hooks *, uint64_t cgroup_id, const struct abi_skill *);
int hooks_skill_drop(struct hooks *, uint64_t cgroup_id);

/*
 * That skill may dial the unix socket it names `path`, and is led to `place` then.
 * Drop: all of a skill's. Sweep: all that are of no group to be kept. 0 or -errno.
 */
int hooks_unix_put(struct hooks *, uint64_t cgroup_id, const char *path, const char *place);
void hooks_unix_drop(struct hooks *, uint64_t cgroup_id);
typedef bool (*hooks_group_fn)(void *arg, uint64_t cgroup_id);
void hooks_unix_sweep(struct hooks *, hooks_group_fn keep, void *arg);

/*
 * What the kernel counts of a session's connections, from the first to the last:
 * make its row before the session can connect, read it, forget it. A session
 * that an older version began has none (-ENOENT). Returns 0 or -errno.
 */
int hooks_counts_begin(struct hooks *, const struct id *session, const char *skill);
int hooks_counts_read(struct hooks *, const struct id *session, struct abi_counts *out);
void hooks_counts_end(struct hooks *, const struct id *session);

/*
 * Listener inside the network namespace of `netns_fd`: a TCP socket bound to
 * ABI_DOOR_IP4 and, where possible, one on ::1, non-blocking, listening. The
 * caller owns both descriptors (*fd6 may be -1). Registers the door and gives
 * the namespace's cookie. Returns 0 or -errno.
 */
int hooks_door_open(struct hooks *, int netns_fd, int *fd4, int *fd6, uint64_t *cookie);
int hooks_door_shut(struct hooks *, uint64_t cookie);
/*
 * The same for a skill's questions about names: UDP and TCP on ABI_DOOR_IP4, on one
 * port, and the same on ::1 where possible; in the order UDP, TCP, UDP, TCP. The
 * caller owns the descriptors; those on ::1 may be -1. `cookie`: of the namespace.
 */
#define HOOKS_EARS 4
int hooks_ears_open(struct hooks *, int netns_fd, uint64_t cookie, uint64_t cgroup,
    int fds[HOOKS_EARS]);
int hooks_ears_shut(struct hooks *, uint64_t cookie, uint64_t cgroup);
/* What an earlier loader registered. */
void hooks_ears_clear(struct hooks *);
/* An unconnected non-blocking TCP socket made inside that namespace. Returns it or -errno. */
int hooks_socket(struct hooks *, int netns_fd, int family);
/* A socket as inet_diag shows it: its protocol, and the other end (of a listener: its own). */
struct hooks_socket {
	uint32_t protocol;	/* IPPROTO_ */
	uint8_t ip[16];		/* as in abi.h */
	uint16_t port;
	uint32_t uid;		/* whose it is */
};
typedef int (*hooks_socket_fn)(void *arg, const struct hooks_socket *);
/*
 * Destroy every connected TCP and UDP socket of the processes of a cgroup, and
 * every one made in it, wherever its descriptor is by now (inet_diag,
 * SOCK_DESTROY). fn, which may be NULL, is told of each; what it says other than 0
 * ends it. Returns how many; -EBUSY: some are left; or another -errno.
 */
int hooks_destroy_sockets(struct hooks *, const char *cgroup, hooks_socket_fn, void *arg);
/*
 * Does a process of it hold a listening TCP socket that was made in another group
 * (or the kernel does not say where)? What comes in there has no tag. 1: yes, and
 * *out is its address; 0: no; -errno.
 */
int hooks_foreign_listener(struct hooks *, const char *cgroup, struct hooks_socket *out);
/*
 * Does a process of it hold a unix socket that leads to another group (see peers.c)?
 * 1: yes, and `why` (of `size` bytes) is what it is; 0: no; -errno.
 */
int hooks_foreign_peer(struct hooks *, const char *cgroup, char *why, size_t size);

/* Refusals in the kernel: the descriptor to poll, and reading what is there. */
int hooks_events_fd(const struct hooks *);
typedef void (*hooks_event_fn)(void *arg, const struct abi_event *);
int hooks_events_read(struct hooks *, hooks_event_fn, void *arg);
/* How many found no room, so that nobody can read them, and have not been entered;
 * and that `more` of these have been, which outlives this process. 0 or -errno. */
uint64_t hooks_events_lost(const struct hooks *);
int hooks_events_lost_entered(struct hooks *, uint64_t more);
/* Counters and health for status: a JSON object (programs with id, attach type, effective or not; map fill; beat age).
 * The caller frees *json. is_whole is false when an expected program is not effective. */
int hooks_status(struct hooks *, char **json, bool *is_whole);
/*
 * What is in the kernel, looked at without a daemon: for each hook what is in effect and
 * whether it is what this version would load, with the verifier's statistics; maps and
 * their use, socket storage too: JSON for `interlock status --bpf`, which the caller
 * frees. Needs root. On failure `why` (of `size` bytes) may say more.
 */
int hooks_look(const struct instance *, char **json, bool *is_expected, char *why, size_t size);
/* What this kernel can and cannot enforce, found by trying: JSON for `interlock doctor`. Works without a daemon. */
int hooks_doctor(const struct instance *, char **json);

#endif
