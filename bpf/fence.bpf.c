/*
 * fence: what a skill may do with sockets beside connecting them.
 * Create: TCP, and UDP (which can then ask for names only, dns.bpf.c; programs
 * that probe for it go on). Multipath TCP is said to be unsupported, so that libraries fall
 * back to TCP. Every socket is tagged with the session that made it.
 * Bind: anything but the ports of the daemon's listeners.
 * Workers make TCP sockets only, the resolver TCP and UDP.
 */
#include "glass.h"
#include "maps.h"
#include "skill.h"
#include "socket.h"
#include "tell.h"

static __always_inline int
refuse_here(struct abi_origin *what, const struct asker *asker, abi_u64 netns,
    abi_u32 reason, abi_u32 protocol, int error)
{
	origin_of_task(what, asker->cgroup, netns);
	tell(what, asker, reason, protocol);
	return refuse(error);
}

static __always_inline bool
is_allowed(const struct bpf_sock *sk, const struct asker *asker)
{
	if (sk->type == STREAM && sk->protocol == IPPROTO_TCP)
		return true;
	return asker->who != WHO_WORKER && sk->type == DATAGRAM &&
	    sk->protocol == IPPROTO_UDP;
}

SEC("cgroup/sock_create")
int
ilk_create(struct bpf_sock *sk)
{
	struct abi_origin what = {};
	struct asker asker;
	struct tag *tag;

	asker_of_task(&asker);
	if (asker.who == WHO_OTHER)
		return PASS;
	what.family = sk->family == NETWORK_6 ? 6 : 4;
	if (!is_allowed(sk, &asker) && !(asker.who == WHO_SKILL && passes_glass(asker.skill)))
		return refuse_here(&what, &asker, bpf_get_netns_cookie(sk),
		    is_daemons(&asker) ? ABI_WORKER_FENCE : ABI_BAD_SOCKET,
		    sk->protocol,
		    sk->protocol == PROTOCOL_MPTCP ? EPROTONOSUPPORT : EACCES);
	if (is_daemons(&asker))
		return PASS;
	tag = bpf_sk_storage_get(&ilk_tag, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!tag || !asker.skill)
		return refuse_here(&what, &asker, bpf_get_netns_cookie(sk),
		    ABI_NO_STORAGE, sk->protocol, EACCES);
	tag->cgroup = asker.cgroup;
	tag->session_time = asker.skill->session_time;
	tag->session_chance = asker.skill->session_chance;
	return PASS;
}

static __always_inline bool
is_port_of(const struct abi_door *door, abi_u16 port)
{
	return door && (port == door->port4 || port == door->port6);
}

static __always_inline int
judge_bind(struct bpf_sock_addr *ctx, const struct asker *asker,
    struct abi_origin *what)
{
	abi_u64 netns = bpf_get_netns_cookie(ctx);
	struct abi_asking asking = { .netns = netns, .cgroup = asker->cgroup };

	if (!what->port ||
	    (!is_port_of(bpf_map_lookup_elem(&ilk_doors, &netns), what->port) &&
	    !is_port_of(bpf_map_lookup_elem(&ilk_names, &asking), what->port)))
		return PASS;
	return refuse_here(what, asker, netns, ABI_BAD_BIND, ctx->protocol, EACCES);
}

SEC("cgroup/bind4")
int
ilk_bind4(struct bpf_sock_addr *ctx)
{
	struct abi_origin what = {};
	struct asker asker;

	asker_find(&asker, ctx->sk);
	if (asker.who != WHO_SKILL && asker.who != WHO_GONE)
		return PASS;
	address_read4(ctx, &what);
	return judge_bind(ctx, &asker, &what);
}

SEC("cgroup/bind6")
int
ilk_bind6(struct bpf_sock_addr *ctx)
{
	struct abi_origin what = {};
	struct asker asker;

	asker_find(&asker, ctx->sk);
	if (asker.who != WHO_SKILL && asker.who != WHO_GONE)
		return PASS;
	address_read6(ctx, &what);
	return judge_bind(ctx, &asker, &what);
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
