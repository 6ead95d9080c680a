/*
 * carry: bring the origin from the skill's socket to the accepted one.
 *
 * Before its SYN leaves, a diverted socket publishes its origin under its four
 * addresses and its namespace (TCP_CONNECT_CB: the local port is chosen by
 * then). When the listener's side is established, the accepted socket, which
 * accept() cannot return before this callback ends, takes it over. A connect
 * that came to nothing takes its record back when the socket closes. There is
 * nothing to refuse with here: a socket that found no record has no origin, and
 * the worker resets it.
 */
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
	if (!origin)
		return;
	tuple_read(ops, &key, false);
	if (bpf_map_update_elem(&ilk_pending, &key, origin, BPF_ANY)) {
		tell(origin, &nobody, ABI_NO_STORAGE, IPPROTO_TCP);
		return;
	}
	bpf_sock_ops_cb_flags_set(ops,
	    ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
}

static __always_inline void
collect(struct bpf_sock_ops *ops)
{
	const struct abi_origin *origin;
	const struct abi_door *door;
	struct bpf_sock *sk = ops->sk;
	struct asker nobody = {};
	struct abi_origin *kept;
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
	kept = bpf_sk_storage_get(&ilk_conn, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (kept)
		*kept = *origin;
	else
		tell(origin, &nobody, ABI_NO_STORAGE, IPPROTO_TCP);
	bpf_map_delete_elem(&ilk_pending, &key);
}

static __always_inline void
forget(struct bpf_sock_ops *ops)
{
	struct tuple key = {};

	tuple_read(ops, &key, false);
	bpf_map_delete_elem(&ilk_pending, &key);
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
		if (ops->args[1] == BPF_TCP_CLOSE)
			forget(ops);
		break;
	default:
		break;
	}
	return 1;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
