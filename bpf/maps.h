/*
 * maps.h: every map of every program.
 * Each object declares them all; the loader makes them once, pins them, and
 * gives the same ones to every object. Sizes are bounds, not guesses about use.
 * Nothing here evicts: a full map refuses. Only what finds no room in ilk_live,
 * which nothing decides by, is let through and counted.
 */
#ifndef BPF_MAPS_H
#define BPF_MAPS_H

#include "abi.h"
#include "kernel.h"

/* Who made a socket: set once at creation, for the socket's life. */
struct tag {
	abi_u64 cgroup;		/* the skill's registered cgroup */
	abi_u64 session_time;
	abi_u32 session_chance;
	abi_u32 pad;
};

/* An accepted socket of a diverted connection, while it is counted. */
struct flow {
	struct abi_session session;
	struct abi_pair pair;
	struct abi_tally tally;	/* as of the last sample */
	abi_u64 cookie;
	abi_u32 in, out;	/* sequence numbers it began with */
	abi_u8 out_is_final;	/* nothing more can be written */
	abi_u8 dropped;		/* counted as over before it was taken */
	abi_u8 is_closed;	/* counted as taken and closed */
	abi_u8 is_listed;	/* in ilk_live, or found no room there */
	abi_u8 pad[4];
};

/* A connection between its SYN and its acceptance, as the client sees it. */
struct tuple {
	abi_u64 netns;
	abi_u8 local[16];
	abi_u8 remote[16];
	abi_u16 local_port;
	abi_u16 remote_port;
	abi_u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, abi_u64);	/* cgroup id */
	__type(value, struct abi_skill);
} ilk_skills SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct abi_address);
	__type(value, struct abi_target);
} ilk_targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, abi_u64);	/* network namespace cookie */
	__type(value, struct abi_door);
} ilk_doors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct abi_asking);
	__type(value, struct abi_door);
} ilk_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct abi_unix);
	__type(value, struct abi_unix_place);
} ilk_unix SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct tuple);
	__type(value, struct abi_origin);
} ilk_pending SEC(".maps");

/* On the skill's socket: where it wanted to go. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct abi_origin);
} ilk_orig SEC(".maps");

/* On the daemon's accepted socket: who came. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct abi_origin);
} ilk_conn SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tag);
} ilk_tag SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct flow);
} ilk_flow SEC(".maps");

/* The loader makes a row for each session, and one of no session. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct abi_session);
	__type(value, struct abi_counts);
} ilk_counts SEC(".maps");

/* The programs make a row at the first connection; the loader the one of the rest. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct abi_pair);
	__type(value, struct abi_pair_counts);
} ilk_pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, abi_u64);	/* socket cookie */
	__type(value, struct abi_live);
} ilk_live SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, abi_u32);
	__type(value, struct abi_meta);
} ilk_meta SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, abi_u32);
	__type(value, struct abi_glass);
} ilk_glass SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, abi_u32);
	__type(value, struct abi_resolver);
} ilk_resolver SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, struct abi_address);
	__type(value, abi_u8);
} ilk_servers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ABI_STATS);
	__type(key, abi_u32);	/* enum abi_reason; [0]: diverted; then enum abi_stat */
	__type(value, abi_u64);
} ilk_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} ilk_events SEC(".maps");

#endif
