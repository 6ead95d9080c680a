/*
 * release: a process lets go of an accepted socket, by close() or by its end.
 * Nothing more can be read from it or written to it: what the kernel counted is
 * added to its session. See count.h.
 */
#include "count.h"

SEC("cgroup/sock_release")
int
ilk_release(struct bpf_sock *sk)
{
	struct flow *flow = bpf_sk_storage_get(&ilk_flow, sk, 0, 0);
	struct abi_pair_counts *pair;
	struct abi_counts *row;

	if (!flow)
		return PASS;
	flow_sample(flow, (const struct tcp_sock *)sk, true);
	flow_unlist(flow);
	flow->is_closed = 1;
	pair = pair_row(&flow->pair);
	if (pair) {
		__sync_fetch_and_add(&pair->in, flow->tally.in);
		__sync_fetch_and_add(&pair->out, flow->tally.out);
		__sync_fetch_and_add(&pair->closed, 1);
	}
	row = counts_of(&flow->session);
	if (!row)
		return PASS;
	if (flow->dropped)
		__sync_fetch_and_add(&row->dropped, -1);
	__sync_fetch_and_add(&row->in, flow->tally.in);
	__sync_fetch_and_add(&row->out, flow->tally.out);
	__sync_fetch_and_add(&row->closed, 1);	/* last: now they are whole */
	return PASS;
}

char ilk_license[] SEC("license") = "Dual MIT/GPL";
