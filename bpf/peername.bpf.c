/*
 * peername: getpeername() on a diverted socket gives the address that was asked
 * for, so that programs which check or print their peer go on working.
 */
#include "maps.h"
#include "socket.h"

SEC("cgroup/getpeername4")
int
ilk_peer4(struct bpf_sock_addr *ctx)
{
	const struct abi_origin *was = bpf_sk_storage_get(&ilk_orig, ctx->sk, 0, 0);

	if (was)
		address_write4(ctx, was->ip, was->port);
	return PASS;
}

SEC("cgroup/getpeername6")
int
ilk_peer6(struct bpf_sock_addr *ctx)
{
	const struct abi_origin *was = bpf_sk_storage_get(&ilk_orig, ctx->sk, 0, 0);

	if (was)
		address_write6(ctx, was->ip, was->port);
	return PASS;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
