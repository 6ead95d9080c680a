/*
 * origin: tell the daemon, and no one else, where an accepted socket came from.
 * A private level and name that the kernel itself does not know, answered from
 * the record that carry.bpf.c put on the socket; so a worker needs no
 * capability and no map. Without a record: ENOENT.
 */
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

SEC("cgroup/getsockopt")
int
ilk_getsockopt(struct bpf_sockopt *ctx)
{
	struct abi_origin *out = ctx->optval;
	const struct abi_origin *kept;
	struct bpf_sock *sk;

	if (ctx->level != ABI_SOL_ORIGIN || ctx->optname != ABI_SO_ORIGIN)
		return PASS;
	if (!is_daemon())
		return PASS;
	sk = ctx->sk;
	kept = sk ? bpf_sk_storage_get(&ilk_conn, sk, 0, 0) : NULL;
	if (!kept) {
		bpf_set_retval(-ENOENT);
		return PASS;
	}
	if ((void *)(out + 1) > ctx->optval_end) {
		bpf_set_retval(-EINVAL);
		return PASS;
	}
	*out = *kept;
	*(volatile abi_u32 *)&ctx->optlen = sizeof(*out);
	bpf_set_retval(0);
	return PASS;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
