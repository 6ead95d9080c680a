/*
 * tables.c: the programs, where each attaches, and the maps: the loader's whole
 * knowledge of bpf/.
 */
#include "hooks/inside.h"

#include <assert.h>

#include "carry.skel.h"
#include "dns.skel.h"
#include "fence.skel.h"
#include "guard.skel.h"
#include "origin.skel.h"
#include "peername.skel.h"
#include "redirect.skel.h"
#include "release.skel.h"
#include "unix.skel.h"

const struct hooks_object_row hooks_objects[OBJECTS] = {
	[OBJECT_REDIRECT] = { "redirect", ilk_redirect__elf_bytes, false },
	[OBJECT_CARRY] = { "carry", ilk_carry__elf_bytes, false },
	[OBJECT_ORIGIN] = { "origin", ilk_origin__elf_bytes, false },
	[OBJECT_PEERNAME] = { "peername", ilk_peername__elf_bytes, false },
	[OBJECT_FENCE] = { "fence", ilk_fence__elf_bytes, false },
	[OBJECT_DNS] = { "dns", ilk_dns__elf_bytes, false },
	[OBJECT_GUARD] = { "guard", ilk_guard__elf_bytes, false },
	[OBJECT_RELEASE] = { "release", ilk_release__elf_bytes, false },
	[OBJECT_UNIX] = { "unix", ilk_unix__elf_bytes, true },
};

/* The way of a connection last: its carriers are there before it is diverted,
 * and what counts its end is there before it is counted. */
const struct hooks_program_row hooks_programs[] = {
	{ "ilk_release", OBJECT_RELEASE, BPF_CGROUP_INET_SOCK_RELEASE },
	{ "ilk_sockops", OBJECT_CARRY, BPF_CGROUP_SOCK_OPS },
	{ "ilk_getsockopt", OBJECT_ORIGIN, BPF_CGROUP_GETSOCKOPT },
	{ "ilk_peer4", OBJECT_PEERNAME, BPF_CGROUP_INET4_GETPEERNAME },
	{ "ilk_peer6", OBJECT_PEERNAME, BPF_CGROUP_INET6_GETPEERNAME },
	{ "ilk_create", OBJECT_FENCE, BPF_CGROUP_INET_SOCK_CREATE },
	{ "ilk_bind4", OBJECT_FENCE, BPF_CGROUP_INET4_BIND },
	{ "ilk_bind6", OBJECT_FENCE, BPF_CGROUP_INET6_BIND },
	{ "ilk_recvmsg4", OBJECT_DNS, BPF_CGROUP_UDP4_RECVMSG },
	{ "ilk_recvmsg6", OBJECT_DNS, BPF_CGROUP_UDP6_RECVMSG },
	{ "ilk_sendmsg4", OBJECT_DNS, BPF_CGROUP_UDP4_SENDMSG },
	{ "ilk_sendmsg6", OBJECT_DNS, BPF_CGROUP_UDP6_SENDMSG },
	{ "ilk_egress", OBJECT_GUARD, BPF_CGROUP_INET_EGRESS },
	{ "ilk_ingress", OBJECT_GUARD, BPF_CGROUP_INET_INGRESS },
	{ "ilk_connect4", OBJECT_REDIRECT, BPF_CGROUP_INET4_CONNECT },
	{ "ilk_connect6", OBJECT_REDIRECT, BPF_CGROUP_INET6_CONNECT },
	{ "ilk_unixconn", OBJECT_UNIX, HOOKS_UNIX_CONNECT },
	{ "ilk_unixsend", OBJECT_UNIX, HOOKS_UNIX_SENDMSG },
};
static_assert(sizeof(hooks_programs) / sizeof(hooks_programs[0]) ==
    HOOKS_PROGRAMS, "a row for each program");

const char *const hooks_maps[HOOKS_MAPS] = {
	[MAP_SKILLS] = "ilk_skills",
	[MAP_TARGETS] = "ilk_targets",
	[MAP_DOORS] = "ilk_doors",
	[MAP_NAMES] = "ilk_names",
	[MAP_UNIX] = "ilk_unix",
	[MAP_PENDING] = "ilk_pending",
	[MAP_ORIG] = "ilk_orig",
	[MAP_CONN] = "ilk_conn",
	[MAP_TAG] = "ilk_tag",
	[MAP_FLOW] = "ilk_flow",
	[MAP_COUNTS] = "ilk_counts",
	[MAP_PAIRS] = "ilk_pairs",
	[MAP_LIVE] = "ilk_live",
	[MAP_META] = "ilk_meta",
	[MAP_RESOLVER] = "ilk_resolver",
	[MAP_SERVERS] = "ilk_servers",
	[MAP_STATS] = "ilk_stats",
	[MAP_EVENTS] = "ilk_events",
};
