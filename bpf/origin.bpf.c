/*
 * origin: tell the daemon, and no one else, where an accepted socket came from,
 * and what the kernel has counted of it.
 * A private level and names that the kernel itself does not know, answered from
 * the records that carry.bpf.c put on the socket; so a worker needs no
 * capability and no map. Without a record: ENOENT. A flow whose origin was asked for
 * is in the list for people from then on.
 */
#include "count.h"
#include "maps.h"
#include "skill.h"

static __always_inline bool
is_daemon(void)
{
	const struct abi_meta *meta = meta_get();
	abi_u64 daemon = meta ? meta->daemon_cgroup : 0;

	if (!daemon)
		return false;
	for (int level = 1; level <= ABI_DEPTH_MAX; level++) {
		abi_u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			return false;
		if (id == daemon)
			return true;
	}
	return false;
}

static __always_inline int
answer(struct bpf_sockopt *ctx, int error, abi_u32 size)
{
	*(volatile abi_u32 *)&ctx->optlen = size;
	bpf_set_retval(error);
	return PASS;
}

const char form4[] = "%pI4:%u", form6[] = "[%pI6]:%u";

/* Show it to people, if there is room. Here, not where it begins, since connect() waits there. */
static __always_inline void
list_flow(const struct abi_origin *origin, struct flow *flow)
{
	struct abi_live live = {
		.pid = origin->pid, .uid = origin->uid, .since = origin->time,
		.in = flow->tally.in, .out = flow->tally.out
	};
	struct abi_counts *row;
	abi_u64 words[2];
	abi_u8 ip[16];

	__builtin_memcpy(ip, origin->ip, sizeof(ip));
	__builtin_memcpy(live.comm, origin->comm, sizeof(live.comm));
	__builtin_memcpy(live.target, flow->pair.target, sizeof(live.target));
	__builtin_memcpy(live.skill, flow->pair.skill, sizeof(live.skill));
	words[0] = (abi_u64)(ip + (ip_is_4(ip) ? 12 : 0));
	words[1] = origin->port;
	if (ip_is_4(ip))
		bpf_snprintf(live.address, sizeof(live.address), form4,
		    words, sizeof(words));
	else
		bpf_snprintf(live.address, sizeof(live.address), form6,
		    words, sizeof(words));
	flow->is_listed = 1;
	row = counts_of(&flow->session);
	if (bpf_map_update_elem(&ilk_live, &flow->cookie, &live, BPF_ANY) && row)
		__sync_fetch_and_add(&row->unlisted, 1);
}

static __always_inline int
tell_origin(struct bpf_sockopt *ctx, struct bpf_sock *sk)
{
	struct abi_origin *out = ctx->optval;
	const struct abi_origin *kept = bpf_sk_storage_get(&ilk_conn, sk, 0, 0);
	struct flow *flow;

	if (!kept)
		return answer(ctx, -ENOENT, 0);
	if ((void *)(out + 1) > ctx->optval_end)
		return answer(ctx, -EINVAL, 0);
	*out = *kept;
	flow = bpf_sk_storage_get(&ilk_flow, sk, 0, 0);
	if (flow && !flow->is_listed)
		list_flow(kept, flow);
	return answer(ctx, 0, sizeof(*out));
}

static __always_inline int
tell_tally(struct bpf_sockopt *ctx, struct bpf_sock *sk)
{
	const struct bpf_sockopt_kern *behind = (const void *)ctx;
	struct abi_tally *out = ctx->optval;
	struct flow *flow = bpf_sk_storage_get(&ilk_flow, sk, 0, 0);

	if (!flow)
		return answer(ctx, -ENOENT, 0);
	if ((void *)(out + 1) > ctx->optval_end)
		return answer(ctx, -EINVAL, 0);
	flow_sample(flow, (const struct tcp_sock *)BPF_CORE_READ(behind, sk), false);
	*out = flow->tally;
	return answer(ctx, 0, sizeof(*out));
}

SEC("cgroup/getsockopt")
int
ilk_getsockopt(struct bpf_sockopt *ctx)
{
	struct bpf_sock *sk = ctx->sk;

	if (ctx->level != ABI_SOL_ORIGIN || !is_daemon() || !sk)
		return PASS;
	if (ctx->optname == ABI_SO_ORIGIN)
		return tell_origin(ctx, sk);
	if (ctx->optname == ABI_SO_TALLY)
		return tell_tally(ctx, sk);
	return PASS;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
