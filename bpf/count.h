/*
 * count.h: what the kernel counts of a skill's connections, beside the daemon.
 *
 * A connection is counted at the accepted socket, because its process reads and
 * writes there: copied_seq is the sequence number up to which it has read,
 * write_seq the one up to which it has written. Both move with every read and
 * write, whatever the process says of itself, and know no packets, so that
 * retransmissions, resets and what was never read change nothing. An end (FIN)
 * takes a number too: one that was read is taken off, and writing is sampled
 * before ours goes out. The 64 bits come from the kernel's own byte counters,
 * which differ from these by what is on the way and no more.
 *
 * A connection adds itself to its session when its last descriptor is closed,
 * however that process ends; one that no process took is counted as dropped.
 */
#ifndef BPF_COUNT_H
#define BPF_COUNT_H

#include "judge.h"
#include "maps.h"

static __always_inline void
session_of(const struct abi_skill *skill, struct abi_session *out)
{
	out->time = skill->session_time;
	out->chance = skill->session_chance;
	out->slot = skill->session_slot;
}

/* The session's row, or that of none. */
static __always_inline struct abi_counts *
counts_of(const struct abi_session *session)
{
	struct abi_counts *row = bpf_map_lookup_elem(&ilk_counts, session);
	struct abi_session none = {};

	return row ? row : bpf_map_lookup_elem(&ilk_counts, &none);
}

static __always_inline struct abi_counts *
counts_of_skill(const struct abi_skill *skill)
{
	struct abi_session session = {};

	session_of(skill, &session);
	return counts_of(&session);
}

/* The target that has this address, or NULL. */
static __always_inline const struct abi_target *
target_at(const struct abi_origin *to)
{
	struct abi_address key = { .port = to->port };

	__builtin_memcpy(key.ip, to->ip, sizeof(key.ip));
	return bpf_map_lookup_elem(&ilk_targets, &key);
}

/* The row of a skill at a target, or that of the rest. */
static __always_inline struct abi_pair_counts *
pair_row(const struct abi_pair *pair)
{
	struct abi_pair_counts *row = bpf_map_lookup_elem(&ilk_pairs, pair);
	struct abi_pair rest = {};

	return row ? row : bpf_map_lookup_elem(&ilk_pairs, &rest);
}

/* Count one connect of a skill; `target` may be NULL. Not inlined: room on the stack is scarce. */
static __attribute__((noinline, unused)) void
count_pair(const struct abi_skill *skill, const struct abi_target *target,
    bool is_refused)
{
	struct abi_pair_counts *row;
	struct abi_pair pair = {};

	__builtin_memcpy(pair.skill, skill->name, sizeof(pair.skill));
	if (target)
		__builtin_memcpy(pair.target, target->name, sizeof(pair.target));
	if (!bpf_map_lookup_elem(&ilk_pairs, &pair)) {
		struct abi_pair_counts none = {};

		bpf_map_update_elem(&ilk_pairs, &pair, &none, BPF_NOEXIST);
	}
	row = pair_row(&pair);
	if (row)
		__sync_fetch_and_add(is_refused ? &row->refused : &row->diverted, 1);
}

static __always_inline abi_u64
bytes_read(const struct tcp_sock *tcp, const struct flow *flow)
{
	/* the flag first: what it tells of lies in rcv_nxt already */
	unsigned long flags = BPF_CORE_READ((const struct sock *)tcp,
	    __sk_common.skc_flags);
	abi_u32 end = BPF_CORE_READ(tcp, rcv_nxt);
	abi_u32 at = BPF_CORE_READ(tcp, copied_seq);
	abi_u64 done = bpf_core_enum_value(enum sock_flags, SOCK_DONE);

	if ((flags >> (done & 63) & 1) && at == end)
		at--;
	return bytes_between(flow->in, at, BPF_CORE_READ(tcp, bytes_received));
}

static __always_inline abi_u64
bytes_written(const struct tcp_sock *tcp, const struct flow *flow)
{
	return bytes_between(flow->out, BPF_CORE_READ(tcp, write_seq),
	    BPF_CORE_READ(tcp, bytes_acked));
}

/* What has been read never becomes less, also where the socket is used anew. */
static __always_inline void
flow_sample(struct flow *flow, const struct tcp_sock *tcp, bool is_last_out)
{
	abi_u64 in = bytes_read(tcp, flow);

	if ((long long)(in - flow->tally.in) > 0)
		flow->tally.in = in;
	if (!flow->out_is_final)
		flow->tally.out = bytes_written(tcp, flow);
	if (is_last_out)
		flow->out_is_final = 1;
}

static __always_inline void
flow_unlist(const struct flow *flow)
{
	bpf_map_delete_elem(&ilk_live, &flow->cookie);
}

#endif
