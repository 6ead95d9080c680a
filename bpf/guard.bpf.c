/*
 * guard: the second wall. Whatever a skill's sockets do, their packets stay on
 * loopback, where the daemon's listener is: address translation, source routes,
 * a device bound by option, or a socket from before the skill was registered
 * lead nowhere. Sockets are known by their tag or by the cgroup they were made in.
 */
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

static __always_inline int
judge(struct __sk_buff *skb)
{
	if (skb->ifindex == LOOPBACK_IFINDEX || !is_skill(skb))
		return PASS;
	count(ABI_BAD_PACKET);
	return REFUSED;
}

SEC("cgroup_skb/egress")
int
ilk_egress(struct __sk_buff *skb)
{
	return judge(skb);
}

SEC("cgroup_skb/ingress")
int
ilk_ingress(struct __sk_buff *skb)
{
	return judge(skb);
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
