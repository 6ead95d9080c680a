/*
 * tell.h: refuse, count it, and tell the daemon.
 * An event that finds no room is lost and counted as lost; what it would tell is
 * in the other counts all the same.
 */
#ifndef BPF_TELL_H
#define BPF_TELL_H

#include "count.h"
#include "maps.h"
#include "skill.h"

static __always_inline void
count(abi_u32 reason)
{
	abi_u64 *n = bpf_map_lookup_elem(&ilk_stats, &reason);

	if (n)
		(*n)++;
}

/* What is known of the current task. Its destination stays as it was. */
static __always_inline void
origin_of_task(struct abi_origin *origin, abi_u64 cgroup, abi_u64 netns)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	abi_u64 pid = bpf_get_current_pid_tgid();

	origin->cgroup = cgroup;
	origin->leaf = bpf_get_current_cgroup_id();
	origin->netns = netns;
	origin->time = bpf_ktime_get_boot_ns();
	origin->start = BPF_CORE_READ(task, group_leader, start_boottime);
	origin->pid = pid >> 32;
	origin->tid = (abi_u32)pid;
	origin->uid = (abi_u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(origin->comm, sizeof(origin->comm));
}

static __always_inline void
tell(const struct abi_origin *origin, const struct asker *asker,
    abi_u32 reason, abi_u32 protocol)
{
	struct abi_counts *row = asker->skill ? counts_of_skill(asker->skill) : NULL;
	struct abi_event *event;

	count(reason);
	if (row)
		__sync_fetch_and_add(&row->refused, 1);
	if (asker->skill)
		count_pair(asker->skill, target_at(origin), true);
	event = bpf_ringbuf_reserve(&ilk_events, sizeof(*event), 0);
	if (!event) {
		count(ABI_STAT_LOST);
		return;
	}
	event->origin = *origin;
	event->reason = reason;
	event->protocol = protocol;
	__builtin_memset(event->skill, 0, sizeof(event->skill));
	if (asker->skill)
		__builtin_memcpy(event->skill, asker->skill->name, sizeof(event->skill));
	bpf_ringbuf_submit(event, 0);
}

/* EACCES: policy refused; ECONNREFUSED: there is no daemon to answer. */
static __always_inline int
error_of(abi_u32 reason)
{
	return reason == ABI_NO_DOOR || reason == ABI_STALE ||
	    reason == ABI_NO_STORAGE ? ECONNREFUSED : EACCES;
}

/* End a cgroup program with an error of our choice. */
static __always_inline int
refuse(int error)
{
	bpf_set_retval(-error);
	return REFUSED;
}

#endif
