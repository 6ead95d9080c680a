/*
 * kernel.h: what the programs see of the kernel.
 * The UAPI headers, and of the kernel's own structs only the members that are
 * read, relocated by name at load (CO-RE): nothing generated, nothing huge.
 */
#ifndef BPF_KERNEL_H
#define BPF_KERNEL_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define NETWORK_4 2		/* AF_INET; its header is not for BPF */
#define NETWORK_6 10		/* AF_INET6 */
#define STREAM 1		/* SOCK_STREAM */
#define DATAGRAM 2		/* SOCK_DGRAM */
#define PROTOCOL_MPTCP 262	/* newer than the C library's headers */
#define LOOPBACK_IFINDEX 1	/* `lo`, in every namespace */

#define PASS 1			/* of a cgroup program: go on */
#define REFUSED 0

struct task_struct {
	struct task_struct *group_leader;
	__u64 start_boottime;
} __attribute__((preserve_access_index));

struct socket;

struct sock_common {
	unsigned long skc_flags;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;	/* NULL: no process has taken it */
} __attribute__((preserve_access_index));

struct inet_sock {
	struct sock sk;
} __attribute__((preserve_access_index));

struct inet_connection_sock {
	struct inet_sock icsk_inet;
} __attribute__((preserve_access_index));

/* Begins with a struct sock, and is cast to one. */
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 copied_seq, rcv_nxt, write_seq;
	__u64 bytes_received, bytes_acked;
} __attribute__((preserve_access_index));

enum sock_flags {
	SOCK_DONE = 1			/* the other end's FIN is here */
};

/* What stands behind three contexts: where the kernel keeps the socket's address, or
 * the address that was named. */
struct bpf_sock_ops_kern {
	struct sock *sk;
} __attribute__((preserve_access_index));

struct bpf_sockopt_kern {
	struct sock *sk;
} __attribute__((preserve_access_index));

struct bpf_sock_addr_kern {
	void *uaddr;
	__u32 uaddrlen;
} __attribute__((preserve_access_index));

#endif
