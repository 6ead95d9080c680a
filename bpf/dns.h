/*
 * dns.h: where a skill's questions for names go. Port 53 of whatever server it
 * has configured, by UDP or TCP, is the resolver's listener for its session in
 * its namespace: so the resolver knows who asks by where the question arrives.
 * The origin is kept on the socket, as of a flow, but is no flow: it is neither
 * published nor counted, and its target says which port answers come from.
 */
#ifndef BPF_DNS_H
#define BPF_DNS_H

#include "judge.h"
#include "maps.h"
#include "skill.h"

static __always_inline bool
names_is(const struct abi_origin *origin)
{
	return (origin->target & ABI_NAMES) == ABI_NAMES;
}

/* ABI_REASON_NONE: it goes to *door, and `to` says so. Else why not. */
static __always_inline abi_u32
names_judge(const struct asker *asker, struct abi_origin *to, struct abi_door *door)
{
	struct abi_asking key = { .netns = to->netns, .cgroup = asker->cgroup };
	const struct abi_meta *meta = meta_get();
	const struct abi_door *found;
	abi_u64 beat;

	if (asker->who != WHO_SKILL || !asker->skill || asker->skill->blocked)
		return ABI_BLOCKED;
	found = bpf_map_lookup_elem(&ilk_names, &key);
	if (!found || !found->port4 || !meta)
		return ABI_NO_DOOR;
	beat = *(volatile const abi_u64 *)&meta->beat;	/* before the clock */
	if (beat_is_stale(beat, bpf_ktime_get_ns()))
		return ABI_STALE;
	*door = *found;
	to->target = ABI_NAMES | (ip_is_4(to->ip) || !door->port6 ? door->port4 : door->port6);
	return ABI_REASON_NONE;
}

#endif
