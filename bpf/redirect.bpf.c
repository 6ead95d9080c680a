/*
 * redirect: divert a skill's TCP connect() to the listener of its namespace.
 *
 * Not a skill: untouched. A skill and any doubt: refused. EACCES says that
 * policy refused (no registered target, not TCP, the skill is stopped),
 * ECONNREFUSED that there is no daemon to answer. What the skill wanted is kept
 * on its socket (ilk_orig); carry.bpf.c brings it to the accepted socket.
 * Loopback is diverted too, but for a skill's own listeners: those are known by
 * the tag of the same session, and reached directly.
 * Port 53 of whatever server is the resolver's (dns.h).
 * A worker may dial registered targets and nothing else, the resolver its servers.
 */
#include "dns.h"
#include "glass.h"
#include "maps.h"
#include "skill.h"
#include "socket.h"
#include "tell.h"

#define DIRECT ABI_REASONS	/* allowed as it is */

/* Does a listener of the same session wait at this loopback address? */
static __always_inline bool
is_own_listener(struct bpf_sock_addr *ctx, const struct abi_origin *to,
    const struct asker *asker)
{
	struct bpf_sock_tuple tuple = {};
	const struct tag *tag;
	struct bpf_sock *sk;
	abi_u32 size;
	bool own = false;

	if (ip_is_4(to->ip)) {
		size = sizeof(tuple.ipv4);
		__builtin_memcpy(&tuple.ipv4.daddr, to->ip + 12, 4);
		tuple.ipv4.saddr = bpf_htonl(0x7f000001);
		tuple.ipv4.dport = bpf_htons(to->port);
	} else {
		size = sizeof(tuple.ipv6);
		__builtin_memcpy(tuple.ipv6.daddr, to->ip, 16);
		tuple.ipv6.saddr[3] = bpf_htonl(1);
		tuple.ipv6.dport = bpf_htons(to->port);
	}
	sk = bpf_sk_lookup_tcp(ctx, &tuple, size, BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	if (sk->state == BPF_TCP_LISTEN) {
		tag = bpf_sk_storage_get(&ilk_tag, sk, 0, 0);
		own = tag && tag->cgroup == asker->cgroup &&
		    tag->session_time == asker->skill->session_time &&
		    tag->session_chance == asker->skill->session_chance;
	}
	bpf_sk_release(sk);
	return own;
}

/* By whichever of its names it was called; `to` then has the one in the map. */
static __always_inline const struct abi_target *
target_of(struct abi_origin *to)
{
	const struct abi_target *target;
	abi_u8 called[16];

	__builtin_memcpy(called, to->ip, sizeof(called));
	ip_canonical(to->ip);
	target = target_at(to);
	if (!target)
		__builtin_memcpy(to->ip, called, sizeof(called));
	return target;
}

/* What becomes of a skill's connect: ABI_REASON_NONE is divert, to *door, for that target. */
static __always_inline abi_u32
judge(struct bpf_sock_addr *ctx, const struct asker *asker,
    struct abi_origin *to, struct abi_door *door, const struct abi_target **found_target)
{
	const struct abi_meta *meta = meta_get();
	const struct abi_target *target;
	const struct abi_door *found;
	abi_u64 beat;

	if (asker->who != WHO_SKILL || !asker->skill || asker->skill->blocked)
		return ABI_BLOCKED;
	if (ctx->protocol == IPPROTO_UDP && to->port == ABI_NAMES_PORT)
		return names_judge(asker, to, door);
	if (ctx->protocol != IPPROTO_TCP)
		return ABI_BAD_PROTOCOL;
	target = *found_target = target_of(to);
	if (!target && to->port == ABI_NAMES_PORT)
		return names_judge(asker, to, door);
	if (!target) {
		if (ip_is_loopback(to->ip) && is_own_listener(ctx, to, asker))
			return DIRECT;
		return ABI_NO_TARGET;
	}
	found = bpf_map_lookup_elem(&ilk_doors, &to->netns);
	if (!found || !found->port4 || !meta)
		return ABI_NO_DOOR;
	beat = *(volatile const abi_u64 *)&meta->beat;	/* before the clock */
	if (beat_is_stale(beat, bpf_ktime_get_ns()))
		return ABI_STALE;
	*door = *found;
	to->target = target->index;
	to->from_skill = target->from_skill;
	to->epoch = epoch_of(target, meta->epoch);
	return ABI_REASON_NONE;
}

/* Resolvers connect datagram sockets to learn a source address and send
 * nothing: refused like all others, but no news when it is a target's. */
static __always_inline bool
is_probe(abi_u32 reason, struct abi_origin *to)
{
	return reason == ABI_BAD_PROTOCOL && target_of(to);
}

static __always_inline int
refuse_connect(struct bpf_sock_addr *ctx, const struct asker *asker,
    struct abi_origin *to, abi_u32 reason)
{
	bpf_sk_storage_delete(&ilk_orig, ctx->sk);
	if (is_probe(reason, to))
		count(reason);
	else
		tell(to, asker, reason, ctx->protocol);
	return refuse(error_of(reason));
}

/* The resolver dials its servers. */
static __always_inline bool
is_server(const struct abi_origin *to)
{
	struct abi_address key = { .port = to->port };

	__builtin_memcpy(key.ip, to->ip, sizeof(key.ip));
	return bpf_map_lookup_elem(&ilk_servers, &key);
}

/* A worker dials targets as they are registered; one of a skill's namespace only in such a one. */
static __always_inline int
judge_daemon(struct bpf_sock_addr *ctx, const struct asker *asker,
    const struct abi_origin *to)
{
	const struct abi_target *target = target_at(to);

	if (asker->who == WHO_RESOLVER && is_server(to))
		return PASS;
	if (asker->who == WHO_WORKER && ctx->protocol == IPPROTO_TCP && target &&
	    (!target->from_skill || bpf_map_lookup_elem(&ilk_doors, &to->netns)))
		return PASS;
	tell(to, asker, ABI_WORKER_FENCE, ctx->protocol);
	return refuse(EACCES);
}

/* The skill goes where it wants, and that is counted. Nothing is kept of where: it is no diverted connection. */
static __always_inline bool
goes_by(struct bpf_sock_addr *ctx, const struct asker *asker)
{
	struct abi_glass *glass;

	if (is_daemons(asker) || !passes_glass(asker->skill))
		return false;
	glass = glass_broken();
	if (glass)
		__sync_fetch_and_add(&glass->passed, 1);
	bpf_sk_storage_delete(&ilk_orig, ctx->sk);
	return true;
}

/* Questions for names are no flows. */
static __always_inline void
count_diverted(const struct asker *asker, const struct abi_origin *to,
    const struct abi_target *target)
{
	struct abi_counts *row = asker->skill ? counts_of_skill(asker->skill) : NULL;

	if (names_is(to))
		return;
	count(ABI_REASON_NONE);
	if (row)
		__sync_fetch_and_add(&row->diverted, 1);
	if (asker->skill)
		count_pair(asker->skill, target, false);
}

/* Judge, and keep where it wanted to go. True: rewrite to *door; else *answer. */
static __always_inline bool
is_diverted(struct bpf_sock_addr *ctx, const struct asker *asker,
    struct abi_origin *to, struct abi_door *door, int *answer)
{
	const struct abi_target *target = NULL;
	struct abi_origin *kept;
	abi_u32 reason;

	origin_of_task(to, asker->cgroup, bpf_get_netns_cookie(ctx));
	if (is_daemons(asker)) {
		*answer = judge_daemon(ctx, asker, to);
		return false;
	}
	reason = judge(ctx, asker, to, door, &target);
	if (reason == DIRECT) {
		bpf_sk_storage_delete(&ilk_orig, ctx->sk);
		*answer = PASS;
		return false;
	}
	if (reason == ABI_REASON_NONE) {
		kept = bpf_sk_storage_get(&ilk_orig, ctx->sk, 0,
		    BPF_SK_STORAGE_GET_F_CREATE);
		if (kept) {
			*kept = *to;
			count_diverted(asker, to, target);
			return true;
		}
		reason = ABI_NO_STORAGE;
	}
	*answer = refuse_connect(ctx, asker, to, reason);
	return false;
}

SEC("cgroup/connect4")
int
ilk_connect4(struct bpf_sock_addr *ctx)
{
	struct abi_origin to = {};
	struct abi_door door = {};
	struct asker asker;
	abi_u8 ip[16];
	int answer = REFUSED;

	asker_find(&asker, ctx->sk);
	if (asker.who == WHO_OTHER) {
		bpf_sk_storage_delete(&ilk_orig, ctx->sk);	/* of an earlier life */
		return PASS;
	}
	if (goes_by(ctx, &asker))
		return PASS;
	address_read4(ctx, &to);
	if (!is_diverted(ctx, &asker, &to, &door, &answer))
		return answer;
	door_ip4(ip);
	address_write4(ctx, ip, door.port4);
	return PASS;
}

SEC("cgroup/connect6")
int
ilk_connect6(struct bpf_sock_addr *ctx)
{
	struct abi_origin to = {};
	struct abi_door door = {};
	struct asker asker;
	abi_u8 ip[16] = { [15] = 1 };
	int answer = REFUSED;

	asker_find(&asker, ctx->sk);
	if (asker.who == WHO_OTHER) {
		bpf_sk_storage_delete(&ilk_orig, ctx->sk);
		return PASS;
	}
	if (goes_by(ctx, &asker))
		return PASS;
	address_read6(ctx, &to);
	if (!is_diverted(ctx, &asker, &to, &door, &answer))
		return answer;
	if (ip_is_4(to.ip) || !door.port6) {
		door_ip4(ip);
		address_write6(ctx, ip, door.port4);
	} else {
		address_write6(ctx, ip, door.port6);
	}
	return PASS;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
