/*
 * socket.h: read and write the address of a connect, bind, send or getpeername.
 * The verifier takes four aligned bytes at a time and nothing merged, hence the
 * volatile accesses.
 */
#ifndef BPF_SOCKET_H
#define BPF_SOCKET_H

#include "judge.h"
#include "kernel.h"

/* Where the daemon's listeners are, in every namespace. */
static __always_inline void
door_ip4(abi_u8 ip[16])
{
	abi_u32 four = bpf_htonl(ABI_DOOR_IP4);

	ip_from_4(ip, &four);
}

static __always_inline void
address_read4(struct bpf_sock_addr *ctx, struct abi_origin *out)
{
	abi_u32 ip = *(volatile abi_u32 *)&ctx->user_ip4;

	ip_from_4(out->ip, &ip);
	ip_settle(out->ip);
	out->port = bpf_ntohs((abi_u16)ctx->user_port);
	out->family = 4;
}

static __always_inline void
address_read6(struct bpf_sock_addr *ctx, struct abi_origin *out)
{
	abi_u32 ip[4];

	for (int i = 0; i < 4; i++)
		ip[i] = *(volatile abi_u32 *)&ctx->user_ip6[i];
	__builtin_memcpy(out->ip, ip, sizeof(out->ip));
	ip_settle(out->ip);
	out->port = bpf_ntohs((abi_u16)ctx->user_port);
	out->family = 6;
}

static __always_inline void
address_write4(struct bpf_sock_addr *ctx, const abi_u8 ip[16], abi_u16 port)
{
	abi_u32 four;

	__builtin_memcpy(&four, ip + 12, sizeof(four));
	*(volatile abi_u32 *)&ctx->user_ip4 = four;
	*(volatile abi_u32 *)&ctx->user_port = bpf_htons(port);
}

static __always_inline void
address_write6(struct bpf_sock_addr *ctx, const abi_u8 ip[16], abi_u16 port)
{
	abi_u32 four[4];

	__builtin_memcpy(four, ip, sizeof(four));
	for (int i = 0; i < 4; i++)
		*(volatile abi_u32 *)&ctx->user_ip6[i] = four[i];
	*(volatile abi_u32 *)&ctx->user_port = bpf_htons(port);
}

#endif
