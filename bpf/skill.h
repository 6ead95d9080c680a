/*
 * skill.h: who is asking.
 * First the current task, by its ancestor cgroups from the top: the highest
 * registered one counts, so that a skill gains nothing by making children. Then
 * the tag its socket got when it was made, which catches a socket that left the
 * skill. A tag whose session is over names no one we can answer for: refused.
 */
#ifndef BPF_SKILL_H
#define BPF_SKILL_H

#include "maps.h"

enum who {
	WHO_OTHER,		/* none of our business */
	WHO_SKILL,
	WHO_GONE,		/* a socket of a skill that is no longer registered */
	WHO_WORKER,
	WHO_RESOLVER,
};

struct asker {
	enum who who;
	abi_u64 cgroup;
	const struct abi_skill *skill;
};

static __always_inline struct abi_meta *
meta_get(void)
{
	abi_u32 zero = 0;

	return bpf_map_lookup_elem(&ilk_meta, &zero);
}

static __always_inline abi_u64
resolver_get(void)
{
	const struct abi_resolver *resolver;
	abi_u32 zero = 0;

	resolver = bpf_map_lookup_elem(&ilk_resolver, &zero);
	return resolver ? resolver->cgroup : 0;
}

/* Find a task that is a skill, a worker or the resolver. */
static __always_inline void
asker_of_task(struct asker *out)
{
	const struct abi_meta *meta = meta_get();
	abi_u64 worker = meta ? meta->worker_cgroup : 0;
	abi_u64 resolver = resolver_get();

	out->who = WHO_OTHER;
	out->cgroup = 0;
	out->skill = NULL;
	for (int level = 1; level <= ABI_DEPTH_MAX; level++) {
		abi_u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			return;
		out->skill = bpf_map_lookup_elem(&ilk_skills, &id);
		if (out->skill || id == worker || id == resolver) {
			out->who = out->skill ? WHO_SKILL :
			    id == worker ? WHO_WORKER : WHO_RESOLVER;
			out->cgroup = id;
			return;
		}
	}
}

/* A process of the daemon whose own connections are fenced. */
static __always_inline bool
is_daemons(const struct asker *asker)
{
	return asker->who == WHO_WORKER || asker->who == WHO_RESOLVER;
}

/* Find by the tag of a socket, which may be NULL. */
static __always_inline void
asker_of_socket(struct asker *out, struct bpf_sock *sk)
{
	const struct tag *tag;

	if (!sk)
		return;
	tag = bpf_sk_storage_get(&ilk_tag, sk, 0, 0);
	if (!tag)
		return;
	out->cgroup = tag->cgroup;
	out->skill = bpf_map_lookup_elem(&ilk_skills, &out->cgroup);
	out->who = WHO_GONE;
	if (out->skill && out->skill->session_time == tag->session_time &&
	    out->skill->session_chance == tag->session_chance)
		out->who = WHO_SKILL;
}

/* A worker too is judged by a skill's socket, should it hold one. */
static __always_inline void
asker_find(struct asker *out, struct bpf_sock *sk)
{
	asker_of_task(out);
	if (out->who != WHO_SKILL)
		asker_of_socket(out, sk);
}

#endif
