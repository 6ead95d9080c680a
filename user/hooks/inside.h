/*
 * inside.h: what the files of hooks/ share. Not for others.
 * Programs and maps are rows of two tables; everything else goes over them.
 */
#ifndef HOOKS_INSIDE_H
#define HOOKS_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi.h"
#include "base/instance.h"
#include "base/must.h"
#include "hooks/hooks.h"

#define HOOKS_UNIX_CONNECT 49	/* BPF_CGROUP_UNIX_CONNECT, newer than our headers */
#define HOOKS_UNIX_SENDMSG 50
#define HOOKS_TARGETS_MAX 32768	/* half of ilk_targets: old and new at once */

enum hooks_object {
	OBJECT_REDIRECT, OBJECT_CARRY, OBJECT_ORIGIN, OBJECT_PEERNAME,
	OBJECT_FENCE, OBJECT_DNS, OBJECT_GUARD, OBJECT_RELEASE, OBJECT_UNIX, OBJECTS
};

enum hooks_map {
	MAP_SKILLS, MAP_TARGETS, MAP_DOORS, MAP_NAMES, MAP_UNIX, MAP_PENDING, MAP_ORIG, MAP_CONN,
	MAP_TAG, MAP_FLOW, MAP_COUNTS, MAP_PAIRS, MAP_LIVE, MAP_META, MAP_RESOLVER, MAP_SERVERS,
	MAP_STATS, MAP_EVENTS,
	HOOKS_MAPS
};

#define HOOKS_PROGRAMS 18

struct hooks_object_row {
	const char *name;
	const void *(*bytes)(size_t *);
	bool optional;		/* an older kernel may lack it */
};

struct hooks_program_row {
	const char *name;
	enum hooks_object object;
	int attach_type;
};

extern const struct hooks_object_row hooks_objects[OBJECTS];
extern const struct hooks_program_row hooks_programs[HOOKS_PROGRAMS];
extern const char *const hooks_maps[HOOKS_MAPS];

struct ring_buffer;

/* Loaded programs and their maps. */
struct hooks_code {
	struct bpf_object *objects[OBJECTS];	/* NULL: optional and not there */
	int programs[HOOKS_PROGRAMS];		/* -1: not there; owned by its object */
	int maps[HOOKS_MAPS];			/* owned by the first object */
};

struct hooks {
	struct instance instance;
	struct hooks_code code;
	int links[HOOKS_PROGRAMS];
	int cgroup_fd;
	int netns_fd;			/* our own, to come back to */
	struct abi_meta *meta;		/* mapped */
	struct ring_buffer *events;
	hooks_event_fn event;
	void *event_arg;
	unsigned int event_count;
};

/*
 * load.c: load every object; the maps of the first are shared by the others.
 * With `map_directory`, maps are pinned there, or taken from there.
 * Returns 0 or -errno, and why.
 */
int hooks_code_load(struct hooks_code *, const char *map_directory,
    char *why, size_t size);
void hooks_code_free(struct hooks_code *);

/* What the verifier says of a program: instructions it went through, states it kept in
 * all and at once, bytes of stack; and how long it took. */
struct hooks_measured {
	uint32_t instructions, states, peak, stack, microseconds;
};
/* Load as hooks_code_load() without pins, and measure; all zero: not loaded. */
int hooks_code_measure(struct hooks_code *, struct hooks_measured out[HOOKS_PROGRAMS],
    char *why, size_t size);
/* Read one of the verifier's logs of statistics. What it does not say is 0. */
void hooks_measure_read(const char *log, struct hooks_measured *out);
/* The last warning of libbpf, one line; empty: none since hooks_code_load(). */
const char *hooks_code_warning(void);

/* pin.c: paths below the pin directory. */
int hooks_pin_prepare(const struct instance *, char *why, size_t size);
int hooks_pin_path(char *path, size_t size, const struct instance *,
    const char *folder, const char *name);
/* Attach a program at a cgroup, over a pinned link or as a new one. Returns the link's descriptor or -errno. */
int hooks_pin_link(const struct instance *, int cgroup_fd, uint64_t cgroup_id,
    const struct hooks_program_row *, int program);
bool hooks_pin_is_there(const struct instance *);
/* Pin a program, in place of the one of that name. Returns 0 or -errno. */
int hooks_pin_program(const struct instance *, const char *name, int program);
/* Detach links of programs that an earlier version had and we have not. Returns 0 or -errno. */
int hooks_pin_sweep(const struct instance *);

/* listen.c: a listening socket and its port, or -errno. */
int hooks_listen(const struct sockaddr *address, socklen_t size, uint16_t *port);

/* skills.c: id of the cgroup at a path, which is made when it is not there. Returns 0 or -errno. */
int hooks_cgroup_id(const char *path, bool make, uint64_t *out);

/* counts.c: the rows for what belongs to no session that is counted, and to no pair that
 * found room. Returns 0 or -errno. */
int hooks_counts_prepare(struct hooks *);
/* One number of ilk_stats, over all CPUs. */
uint64_t hooks_stat(const struct hooks *, uint32_t which);

/* status.c: entries of a hash map. */
uint64_t hooks_map_entries(int map);

/* storage.c: in how many sockets of this node each map of socket storage has something. */
#define HOOKS_STORAGES 8
struct hooks_storage {
	uint32_t ids[HOOKS_STORAGES];
	uint64_t used[HOOKS_STORAGES];
	size_t count;
	uint64_t sockets;		/* with any */
	unsigned int namespaces;	/* asked */
};
/* Of `count` maps those that are storage are counted. -errno: not everywhere. */
int hooks_storage_count(struct hooks_storage *, const int *maps, size_t count);
uint64_t hooks_storage_of(const struct hooks_storage *, uint32_t map_id);

/* netns.c: enter another network namespace and come back; coming back cannot fail. */
int hooks_netns_enter(int own, int other);
void hooks_netns_leave(int own);
/* Returns the cookie, or 0. */
uint64_t hooks_netns_cookie(int socket);

#endif
