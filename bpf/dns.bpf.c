/*
 * dns: datagrams. A skill sends none but questions for names, which go to the
 * resolver (dns.h), workers send none, and the resolver answers from its ears. A connected socket is judged when it is
 * connected (redirect.bpf.c), the others here, with every message. Who looks from
 * where the answer comes (getaddrinfo() does) sees the server that was asked.
 * The rest is refused at once, so that QUIC's clients go on by TCP.
 */
#include "dns.h"
#include "glass.h"
#include "maps.h"
#include "skill.h"
#include "socket.h"
#include "tell.h"

/* Bound to loopback, nothing that it sends leaves that. */
static __always_inline bool
is_ear4(const struct bpf_sock *sk)
{
	return sk && sk->src_ip4 == bpf_htonl(ABI_DOOR_IP4);
}

static __always_inline bool
is_ear6(const struct bpf_sock *sk)
{
	return sk && !sk->src_ip6[0] && !sk->src_ip6[1] && !sk->src_ip6[2] && sk->src_ip6[3] == bpf_htonl(1);
}

static __always_inline int
refuse_send(struct bpf_sock_addr *ctx, const struct asker *asker,
    const struct abi_origin *what, abi_u32 reason)
{
	bpf_sk_storage_delete(&ilk_orig, ctx->sk);
	tell(what, asker, reason, ctx->protocol);
	return refuse(error_of(reason));
}

/* The server that was asked, if this address is the resolver's; else NULL. */
static __always_inline const struct abi_origin *
asked_of(struct bpf_sock_addr *ctx, const abi_u8 ip[16], abi_u16 port)
{
	const struct abi_origin *was = bpf_sk_storage_get(&ilk_orig, ctx->sk, 0, 0);

	if (!was || !names_is(was) || port != (abi_u16)was->target || !ip_is_loopback(ip))
		return NULL;
	return was;
}

/* An IPv6 socket that was connected by a mapped address: the kernel takes each message
 * for one with an address of its own, which is by then what we made of it. */
static __always_inline void
address_restore(struct bpf_sock_addr *ctx, struct abi_origin *what)
{
	const struct abi_origin *was = asked_of(ctx, what->ip, what->port);

	if (!was)
		return;
	__builtin_memcpy(what->ip, was->ip, sizeof(what->ip));
	what->port = was->port;
}

/* True: to *door. Else *answer is what becomes of it. */
static __always_inline bool
is_question(struct bpf_sock_addr *ctx, const struct asker *asker,
    struct abi_origin *what, struct abi_door *door, int *answer)
{
	struct abi_origin *kept;
	abi_u32 reason = ABI_BAD_PROTOCOL;

	origin_of_task(what, asker->cgroup, bpf_get_netns_cookie(ctx));
	if (is_daemons(asker))
		reason = ABI_WORKER_FENCE;
	else if (what->port == ABI_NAMES_PORT)
		reason = names_judge(asker, what, door);
	if (reason == ABI_REASON_NONE) {
		kept = bpf_sk_storage_get(&ilk_orig, ctx->sk, 0,
		    BPF_SK_STORAGE_GET_F_CREATE);
		if (kept) {
			*kept = *what;
			return true;
		}
		reason = ABI_NO_STORAGE;
	}
	*answer = refuse_send(ctx, asker, what, reason);
	return false;
}

SEC("cgroup/sendmsg4")
int
ilk_sendmsg4(struct bpf_sock_addr *ctx)
{
	struct abi_origin what = {};
	struct abi_door door = {};
	struct asker asker;
	int answer = REFUSED;
	abi_u8 ip[16];

	asker_find(&asker, ctx->sk);
	if (asker.who == WHO_OTHER || (asker.who == WHO_RESOLVER && is_ear4(ctx->sk)) ||
	    (!is_daemons(&asker) && passes_glass(asker.skill)))
		return PASS;
	address_read4(ctx, &what);
	address_restore(ctx, &what);
	if (!is_question(ctx, &asker, &what, &door, &answer))
		return answer;
	door_ip4(ip);
	address_write4(ctx, ip, door.port4);
	return PASS;
}

SEC("cgroup/sendmsg6")
int
ilk_sendmsg6(struct bpf_sock_addr *ctx)
{
	struct abi_origin what = {};
	struct abi_door door = {};
	struct asker asker;
	int answer = REFUSED;
	abi_u8 ip[16] = { [15] = 1 };

	asker_find(&asker, ctx->sk);
	if (asker.who == WHO_OTHER || (asker.who == WHO_RESOLVER && is_ear6(ctx->sk)) ||
	    (!is_daemons(&asker) && passes_glass(asker.skill)))
		return PASS;
	address_read6(ctx, &what);
	if (!is_question(ctx, &asker, &what, &door, &answer))
		return answer;
	/* the kernel takes no mapped address here: without ::1 nobody hears it */
	if (!door.port6)
		return refuse_send(ctx, &asker, &what, ABI_NO_DOOR);
	address_write6(ctx, ip, door.port6);
	return PASS;
}

SEC("cgroup/recvmsg4")
int
ilk_recvmsg4(struct bpf_sock_addr *ctx)
{
	const struct abi_origin *was;
	struct abi_origin from = {};

	address_read4(ctx, &from);
	was = asked_of(ctx, from.ip, from.port);
	if (was)
		address_write4(ctx, was->ip, was->port);
	return PASS;
}

SEC("cgroup/recvmsg6")
int
ilk_recvmsg6(struct bpf_sock_addr *ctx)
{
	const struct abi_origin *was;
	struct abi_origin from = {};

	address_read6(ctx, &from);
	was = asked_of(ctx, from.ip, from.port);
	if (was)
		address_write6(ctx, was->ip, was->port);
	return PASS;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
