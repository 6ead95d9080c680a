/*
 * origin: tell the daemon, and no one else, where an accepted socket came from,
 * and what the kernel has counted of it.
 * A private level and names that the kernel itself does not know, answered from
 * the records that carry.bpf.c put on the socket; so a worker needs no
 * capability and no map. Without a record: ENOENT.
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

static __always_inline int
tell_origin(struct bpf_sockopt *ctx, struct bpf_sock *sk)
{
	struct abi_origin *out = ctx->optval;
	const struct abi_origin *kept = bpf_sk_storage_get(&ilk_conn, sk, 0, 0);

	if (!kept)
		return answer(ctx, -ENOENT, 0);
	if ((void *)(out + 1) > ctx->optval_end)
		return answer(ctx, -EINVAL, 0);
	*out = *kept;
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
