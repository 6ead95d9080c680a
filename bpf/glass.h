/*
 * glass.h: the way out that a person breaks open, for a time (`interlock release --break-glass`).
 * While it is broken a skill is not asked about its connections, whether the daemon lives or not. Its
 * sockets are tagged all the same, so that when the time is over what they send is stopped, too. A skill
 * that an operator has stopped stays stopped.
 */
#ifndef BPF_GLASS_H
#define BPF_GLASS_H

#include "judge.h"
#include "maps.h"

static __always_inline struct abi_glass *
glass_broken(void)
{
	abi_u32 zero = 0;
	struct abi_glass *glass = bpf_map_lookup_elem(&ilk_glass, &zero);

	if (!glass || !glass->until || !glass_is_broken(glass->until, bpf_ktime_get_boot_ns()))
		return NULL;
	return glass;
}

/* May it pass, because somebody broke the glass? */
static __always_inline bool
passes_glass(const struct abi_skill *skill)
{
	return !(skill && skill->blocked) && glass_broken();
}

#endif
