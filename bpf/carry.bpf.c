/*
 * carry: bring the origin from the skill's socket to the accepted one.
 *
 * Before its SYN leaves, a diverted socket publishes its origin under its four
 * addresses and its namespace (TCP_CONNECT_CB: the local port is chosen by
 * then). When the listener's side is established, the accepted socket, which
 * accept() cannot return before this callback ends, takes it over, and is counted
 * from there on (count.h). A connect that came to nothing takes its record back when the socket closes. There is
 * nothing to refuse with here: a socket that found no record has no origin, and
 * the worker resets it.
 */
#include "count.h"
#include "dns.h"
#include "judge.h"
#include "maps.h"
#include "tell.h"

static __always_inline void
ip_read(abi_u8 ip[16], bool is_4, abi_u32 four, const abi_u32 sixteen[4])
{
	if (is_4)
		ip_from_4(ip, &four);
	else
		__builtin_memcpy(ip, sixteen, 16);
}

/* The connection as its client sees it; `turned`: we are the other end. */
static __always_inline void
tuple_read(struct bpf_sock_ops *ops, struct tuple *out, bool turned)
{
	abi_u32 local[4], remote[4];
	abi_u16 local_port = (abi_u16)ops->local_port;
	abi_u16 remote_port = (abi_u16)bpf_ntohl(ops->remote_port);
	bool is_4 = ops->family == NETWORK_4;

	if (!is_4) {
		local[0] = ops->local_ip6[0];
		local[1] = ops->local_ip6[1];
		local[2] = ops->local_ip6[2];
		local[3] = ops->local_ip6[3];
		remote[0] = ops->remote_ip6[0];
		remote[1] = ops->remote_ip6[1];
		remote[2] = ops->remote_ip6[2];
		remote[3] = ops->remote_ip6[3];
		is_4 = !remote[0] && !remote[1] && remote[2] == bpf_htonl(0xffff);
	}
	out->netns = bpf_get_netns_cookie(ops);
	ip_read(turned ? out->remote : out->local, is_4, ops->local_ip4, local);
	ip_read(turned ? out->local : out->remote, is_4, ops->remote_ip4, remote);
	out->local_port = turned ? remote_port : local_port;
	out->remote_port = turned ? local_port : remote_port;
}

static __always_inline void
publish(struct bpf_sock_ops *ops)
{
	const struct abi_origin *origin;
	struct asker nobody = {};
	struct bpf_sock *sk = ops->sk;
	struct tuple key = {};

	if (!sk)
		return;
	origin = bpf_sk_storage_get(&ilk_orig, sk, 0, 0);
	if (!origin || names_is(origin))
		return;
	tuple_read(ops, &key, false);
	if (bpf_map_update_elem(&ilk_pending, &key, origin, BPF_ANY)) {
		tell(origin, &nobody, ABI_NO_STORAGE, IPPROTO_TCP);
		return;
	}
	bpf_sock_ops_cb_flags_set(ops,
	    ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
}

/* From now on it is counted. False: there is no room for that. */
static __always_inline bool
begin_count(struct bpf_sock_ops *ops, struct bpf_sock *sk,
    const struct abi_origin *origin)
{
	const struct bpf_sock_ops_kern *behind = (const void *)ops;
	const struct tcp_sock *tcp = (const void *)BPF_CORE_READ(behind, sk);
	const struct abi_target *target;
	const struct abi_skill *skill;
	struct abi_counts *row;
	struct flow *flow;

	flow = bpf_sk_storage_get(&ilk_flow, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!flow || bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags |
	    BPF_SOCK_OPS_STATE_CB_FLAG | BPF_SOCK_OPS_RTT_CB_FLAG))
		return false;
	skill = bpf_map_lookup_elem(&ilk_skills, &origin->cgroup);
	if (skill) {
		session_of(skill, &flow->session);
		__builtin_memcpy(flow->pair.skill, skill->name, sizeof(flow->pair.skill));
	}
	target = target_at(origin);
	if (target)
		__builtin_memcpy(flow->pair.target, target->name, sizeof(flow->pair.target));
	flow->in = BPF_CORE_READ(tcp, copied_seq);
	flow->out = BPF_CORE_READ(tcp, write_seq);
	flow->cookie = bpf_get_socket_cookie(ops);
	row = counts_of(&flow->session);
	if (row)
		__sync_fetch_and_add(&row->opened, 1);
	return true;
}

static __always_inline void
collect(struct bpf_sock_ops *ops)
{
	const struct abi_origin *origin;
	const struct abi_door *door;
	struct bpf_sock *sk = ops->sk;
	struct asker nobody = {};
	struct abi_origin *kept = NULL;
	struct tuple key = {};
	abi_u64 netns = bpf_get_netns_cookie(ops);
	abi_u32 port = ops->local_port;

	if (!sk)
		return;
	door = bpf_map_lookup_elem(&ilk_doors, &netns);
	if (!door || (port != door->port4 && port != door->port6))
		return;
	tuple_read(ops, &key, true);
	origin = bpf_map_lookup_elem(&ilk_pending, &key);
	if (!origin)
		return;
	/* what cannot be counted gets no origin, so that the worker resets it */
	if (begin_count(ops, sk, origin))
		kept = bpf_sk_storage_get(&ilk_conn, sk, 0,
		    BPF_SK_STORAGE_GET_F_CREATE);
	if (kept)
		*kept = *origin;
	else
		tell(origin, &nobody, ABI_NO_STORAGE, IPPROTO_TCP);
	bpf_map_delete_elem(&ilk_pending, &key);
}

/* The state of a counted socket changes. After its own end it writes no more;
 * one that closes before a process took it will mostly never be taken. */
static __always_inline void
follow(struct bpf_sock_ops *ops, struct flow *flow)
{
	const struct bpf_sock_ops_kern *behind = (const void *)ops;
	const struct sock *sk = BPF_CORE_READ(behind, sk);
	abi_u32 state = ops->args[1];
	struct abi_counts *row;

	flow_sample(flow, (const struct tcp_sock *)sk,
	    state == BPF_TCP_FIN_WAIT1 || state == BPF_TCP_LAST_ACK ||
	    state == BPF_TCP_CLOSE);
	if (state != BPF_TCP_CLOSE || BPF_CORE_READ(sk, sk_socket) ||
	    flow->dropped || flow->is_closed)
		return;
	flow->dropped = 1;
	flow_unlist(flow);
	row = counts_of(&flow->session);
	if (row)
		__sync_fetch_and_add(&row->dropped, 1);
}

/* An answer was taken by the skill: a good moment to show how far it is. */
static __always_inline void
show(struct bpf_sock_ops *ops)
{
	const struct bpf_sock_ops_kern *behind = (const void *)ops;
	struct bpf_sock *sk = ops->sk;
	struct abi_live *live;
	struct flow *flow;

	flow = sk ? bpf_sk_storage_get(&ilk_flow, sk, 0, 0) : NULL;
	if (!flow)
		return;
	flow_sample(flow, (const struct tcp_sock *)BPF_CORE_READ(behind, sk), false);
	live = bpf_map_lookup_elem(&ilk_live, &flow->cookie);
	if (!live)
		return;
	live->in = flow->tally.in;
	live->out = flow->tally.out;
}

static __always_inline void
forget(struct bpf_sock_ops *ops)
{
	struct tuple key = {};

	tuple_read(ops, &key, false);
	bpf_map_delete_elem(&ilk_pending, &key);
}

static __always_inline void
change(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	struct flow *flow = sk ? bpf_sk_storage_get(&ilk_flow, sk, 0, 0) : NULL;

	if (flow)
		follow(ops, flow);
	else if (ops->args[1] == BPF_TCP_CLOSE)
		forget(ops);
}

SEC("sockops")
int
ilk_sockops(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		publish(ops);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		collect(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		change(ops);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		show(ops);
		break;
	default:
		break;
	}
	return 1;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
