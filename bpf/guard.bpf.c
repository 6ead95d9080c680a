/*
 * guard: the second wall. Whatever a skill's sockets do, their packets stay on
 * loopback, where the daemon's listener is: address translation, source routes,
 * a device bound by option, or a socket from before the skill was registered
 * lead nowhere. Nor do they go to a target on loopback itself, should somebody have
 * taken the redirect away. Sockets are known by their tag or by the cgroup they were made in.
 */
#include "glass.h"
#include "judge.h"
#include "maps.h"
#include "tell.h"

static __always_inline bool
is_skill(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return false;
	sk = bpf_sk_fullsock(sk);
	if (sk && bpf_sk_storage_get(&ilk_tag, sk, 0, 0))
		return true;
	for (int level = 1; level <= ABI_DEPTH_MAX; level++) {
		abi_u64 id = bpf_skb_ancestor_cgroup_id(skb, level);

		if (!id)
			return false;
		if (bpf_map_lookup_elem(&ilk_skills, &id))
			return true;
	}
	return false;
}

/* Is the other end a registered target? Then this socket was not diverted. */
static __always_inline bool
goes_to_target(struct __sk_buff *skb)
{
	struct abi_address key = {};
	struct bpf_sock *sk = skb->sk;
	abi_u32 ip[4];

	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	if (!sk)
		return false;
	if (sk->family == NETWORK_4) {
		ip[0] = sk->dst_ip4;
		ip_from_4(key.ip, ip);
	} else {
		ip[0] = sk->dst_ip6[0];
		ip[1] = sk->dst_ip6[1];
		ip[2] = sk->dst_ip6[2];
		ip[3] = sk->dst_ip6[3];
		__builtin_memcpy(key.ip, ip, sizeof(key.ip));
	}
	key.port = bpf_ntohs(sk->dst_port);
	return bpf_map_lookup_elem(&ilk_targets, &key);
}

static __always_inline int
judge(struct __sk_buff *skb)
{
	if (skb->ifindex == LOOPBACK_IFINDEX || !is_skill(skb) || glass_broken())
		return PASS;
	count(ABI_BAD_PACKET);
	return REFUSED;
}

SEC("cgroup_skb/egress")
int
ilk_egress(struct __sk_buff *skb)
{
	if (skb->ifindex == LOOPBACK_IFINDEX && goes_to_target(skb) && is_skill(skb) && !glass_broken()) {
		count(ABI_BAD_PACKET);
		return REFUSED;
	}
	return judge(skb);
}

SEC("cgroup_skb/ingress")
int
ilk_ingress(struct __sk_buff *skb)
{
	return judge(skb);
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
