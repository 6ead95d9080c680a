/*
 * abi.h: what kernel programs and processes both read and write.
 * Fixed widths, explicit padding, asserted sizes: the same in the BPF and the
 * host compile (`make check-abi`). Addresses are 16 bytes in network order; an
 * IPv4 address is written as ::ffff:a.b.c.d, so that there is one form of each.
 * Ports are in host order. Times are CLOCK_BOOTTIME nanoseconds, except `beat`,
 * which is CLOCK_MONOTONIC (what bpf_ktime_get_ns() reads).
 */
#ifndef ABI_H
#define ABI_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 abi_u8;
typedef __u16 abi_u16;
typedef __u32 abi_u32;
typedef __u64 abi_u64;
#else
#include <assert.h>
#include <stdint.h>
typedef uint8_t abi_u8;
typedef uint16_t abi_u16;
typedef uint32_t abi_u32;
typedef uint64_t abi_u64;
#endif

#define ABI_VERSION 1
#define ABI_NAME_SIZE 32	/* a skill's or target's name, NUL included */
#define ABI_COMM_SIZE 16
#define ABI_ADDRESS_SIZE 48	/* "[fd00:…:0007]:5432", written out */
#define ABI_DEPTH_MAX 32	/* cgroup levels walked: a skill's is no deeper */

/* Where a worker asks an accepted socket for its origin: getsockopt(fd,
 * ABI_SOL_ORIGIN, ABI_SO_ORIGIN) returns struct abi_origin, or ENOENT for a
 * socket that no program diverted. Answered by ilk_getsockopt. */
#define ABI_SOL_ORIGIN 0x494c	/* "IL" */
#define ABI_SO_ORIGIN 1
/* The same with this name: struct abi_tally, what the kernel has counted of it. */
#define ABI_SO_TALLY 2

/* A beat older than this refuses connections in the hook itself. */
#define ABI_BEAT_MAX_NS 2000000000ULL

/* key of ilk_skills: cgroup id (u64) */
struct abi_skill {
	abi_u64 session_time;	/* the session id's time (see id.h) */
	abi_u32 session_chance;
	abi_u8 blocked;		/* 1: refuse everything (stop, changed skill) */
	abi_u8 session_slot;
	abi_u8 pad[2];
	char name[ABI_NAME_SIZE];
};

/* key of ilk_targets: a registered address. netns 0: any (host-side targets). */
struct abi_address {
	abi_u8 ip[16];
	abi_u16 port;
	abi_u16 pad;
	abi_u32 pad2;
};

struct abi_target {
	abi_u32 index;		/* position in the policy's list of targets */
	abi_u8 from_skill;	/* 1: lives in the skill's own namespace */
	abi_u8 epoch[3];	/* of the policy `index` belongs to: low 24 bits, low byte first */
	char name[ABI_NAME_SIZE];
};

/* key of ilk_doors: network namespace cookie (u64) */
struct abi_door {
	abi_u16 port4;		/* listener on ABI_DOOR_IP4; 0: none */
	abi_u16 port6;		/* listener on ::1; 0: use the mapped form */
	abi_u32 pad;
};
#define ABI_DOOR_IP4 0x7f494c01	/* 127.73.76.1 */

/* key of ilk_names: whose questions for names, and where they are asked. The value is the
 * abi_door of the resolver's listeners there; UDP and TCP have the same port. */
struct abi_asking {
	abi_u64 netns;		/* cookie */
	abi_u64 cgroup;		/* id of the skill's registered cgroup */
};
#define ABI_NAMES_PORT 53
/* In abi_origin.target, of a socket that asks for names: the listener's port below. */
#define ABI_NAMES 0xffff0000u
/*
 * key of ilk_unix: a unix socket that a skill may dial, as it names it. The value is
 * a name that leads to that very inode wherever the first one leads meanwhile.
 */
#define ABI_UNIX_SIZE 108	/* sun_path: zeroes follow, if there is room */
struct abi_unix {
	abi_u64 cgroup;
	char path[ABI_UNIX_SIZE];
	abi_u32 pad;
};

struct abi_unix_place {
	abi_u32 length;
	char path[ABI_UNIX_SIZE];
};

/* The origin of a diverted connection: who connected, and where to. */
struct abi_origin {
	abi_u8 ip[16];		/* the destination the skill named */
	abi_u16 port;
	abi_u8 family;		/* 4 or 6, as the skill's socket */
	abi_u8 from_skill;
	abi_u32 target;		/* index, as in abi_target */
	abi_u64 cgroup;		/* id of the skill's registered cgroup */
	abi_u64 leaf;		/* id of the cgroup the task was really in */
	abi_u64 netns;		/* cookie of the socket's namespace */
	abi_u64 time;		/* of the connect */
	abi_u64 start;		/* start_boottime of the thread group's leader */
	abi_u32 pid;		/* tgid, in the initial pid namespace */
	abi_u32 tid;
	abi_u32 uid;
	abi_u32 epoch;		/* of the policy whose targets were looked up */
	char comm[ABI_COMM_SIZE];
};

/* A record of ilk_events: a connection, socket or bind refused in the kernel. */
enum abi_reason {
	ABI_REASON_NONE,
	ABI_NO_TARGET,		/* destination is no registered target */
	ABI_NO_DOOR,		/* no listener in this namespace */
	ABI_STALE,		/* the daemon's heart has stopped */
	ABI_BLOCKED,		/* skill stopped or changed */
	ABI_BAD_PROTOCOL,	/* not TCP */
	ABI_BAD_SOCKET,		/* family or type refused at creation */
	ABI_BAD_BIND,
	ABI_NO_STORAGE,		/* the kernel had no room for the origin */
	ABI_WORKER_FENCE,	/* a worker dialled what is no target, the resolver what is no server */
	ABI_BAD_UNIX,		/* a unix socket was dialled */
	ABI_BAD_PACKET,		/* a packet beside loopback; counted, no event */
	ABI_REASONS
};

struct abi_event {
	struct abi_origin origin;
	abi_u32 reason;		/* enum abi_reason */
	abi_u32 protocol;	/* IPPROTO_ */
	char skill[ABI_NAME_SIZE];
};

/* ilk_stats: one u64 for each CPU and enum abi_reason; [0] counts diverted connections. Behind them: */
enum abi_stat {
	ABI_STAT_LOST = ABI_REASONS,	/* events that found no room in ilk_events */
	ABI_STAT_LOST_ENTERED,		/* … of which the loader has made an entry */
	ABI_STATS
};

/*
 * Payload of one accepted socket, as its process took and gave it: `in` was read
 * from it, `out` was written to it. From the kernel's own sequence numbers.
 */
struct abi_tally {
	abi_u64 in, out;
};

/* key of ilk_counts: a session's id; all zero: what belongs to none that is counted */
struct abi_session {
	abi_u64 time;
	abi_u32 chance;
	abi_u32 slot;
};

/* Connections of one session. Open now: opened - dropped - closed. */
struct abi_counts {
	char skill[ABI_NAME_SIZE];
	abi_u64 diverted;	/* connects that were rewritten */
	abi_u64 refused;	/* events told */
	abi_u64 opened;		/* connections that reached the listener */
	abi_u64 dropped;	/* … and were over before a worker took them */
	abi_u64 closed;		/* … and were taken and closed */
	abi_u64 in, out;	/* payload of those closed */
	abi_u64 unlisted;	/* flows that found no room in ilk_live */
};

/* key of ilk_pairs: a skill, and the target it went to (none: refused beside any). For people. */
struct abi_pair {
	char skill[ABI_NAME_SIZE];	/* both empty: all that found no row */
	char target[ABI_NAME_SIZE];
};

/* Since the programs were attached, over all sessions. */
struct abi_pair_counts {
	abi_u64 diverted;	/* connects that were rewritten */
	abi_u64 refused;	/* events told */
	abi_u64 closed;		/* connections taken and closed */
	abi_u64 in, out;	/* payload of those, as in abi_tally */
};

/* key of ilk_live: cookie of the accepted socket (u64). For people; nothing decides by it. */
struct abi_live {
	char skill[ABI_NAME_SIZE];
	char target[ABI_NAME_SIZE];
	char address[ABI_ADDRESS_SIZE];	/* "10.0.0.5:5432" */
	char comm[ABI_COMM_SIZE];
	abi_u32 pid;
	abi_u32 uid;
	abi_u64 since;		/* the connect */
	abi_u64 in, out;	/* payload, as of the last answer that the skill took */
};

/* ilk_resolver: one element. Keys of ilk_servers are abi_address; their values say nothing. */
struct abi_resolver {
	abi_u64 cgroup;		/* its sockets may dial ilk_servers only */
};

/* ilk_meta: one element */
struct abi_meta {
	abi_u64 beat;		/* oldest beat of all processes in the path */
	abi_u64 worker_cgroup;	/* its sockets may dial ilk_targets only */
	abi_u64 daemon_cgroup;
	abi_u32 version;	/* ABI_VERSION */
	abi_u32 epoch;
};

#ifndef __bpf__
static_assert(sizeof(struct abi_skill) == 48, "abi");
static_assert(sizeof(struct abi_address) == 24, "abi");
static_assert(sizeof(struct abi_target) == 40, "abi");
static_assert(sizeof(struct abi_door) == 8, "abi");
static_assert(sizeof(struct abi_asking) == 16, "abi");
static_assert(sizeof(struct abi_unix) == 120, "abi");
static_assert(sizeof(struct abi_unix_place) == 112, "abi");
static_assert(sizeof(struct abi_origin) == 96, "abi");
static_assert(sizeof(struct abi_event) == 136, "abi");
static_assert(sizeof(struct abi_tally) == 16, "abi");
static_assert(sizeof(struct abi_session) == 16, "abi");
static_assert(sizeof(struct abi_counts) == 96, "abi");
static_assert(sizeof(struct abi_pair) == 64, "abi");
static_assert(sizeof(struct abi_pair_counts) == 40, "abi");
static_assert(sizeof(struct abi_live) == 160, "abi");
static_assert(sizeof(struct abi_resolver) == 8, "abi");
static_assert(sizeof(struct abi_meta) == 32, "abi");
#endif

#endif
