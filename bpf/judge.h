/*
 * judge.h: the few decisions that need no kernel, so that they are tested natively.
 * Those about addresses are in ip.h. Pure.
 */
#ifndef BPF_JUDGE_H
#define BPF_JUDGE_H

#include "abi.h"
#include "ip.h"

/* No beat, an old one, or one from the future: the daemon is not there. */
static inline __attribute__((always_inline)) _Bool
beat_is_stale(abi_u64 beat, abi_u64 now)
{
	return beat == 0 || beat > now || now - beat > ABI_BEAT_MAX_NS;
}

/* A time that has not come, and is not so far away that it cannot have been meant. */
static inline __attribute__((always_inline)) _Bool
glass_is_broken(abi_u64 until, abi_u64 now)
{
	return until > now && until - now <= ABI_GLASS_MAX_NS;
}

/* The whole epoch of a target, from its low 24 bits and the one in force, near it. */
static inline __attribute__((always_inline)) abi_u32
epoch_of(const struct abi_target *target, abi_u32 now)
{
	abi_u32 low = target->epoch[0] | (abi_u32)target->epoch[1] << 8 |
	    (abi_u32)target->epoch[2] << 16;
	abi_u32 behind = (now - low) & 0xffffff;

	/* the map is filled before the epoch is put in force: may be ahead */
	if (behind < 0x800000)
		return now - behind;
	return now + (0x1000000 - behind);
}

/*
 * How many bytes lie between two sequence numbers, which wrap at 4 GiB: the one
 * number of that remainder that is next to `about`, less than 2 GiB away from it.
 */
static inline __attribute__((always_inline)) abi_u64
bytes_between(abi_u32 from, abi_u32 to, abi_u64 about)
{
	return about + (abi_u64)(long long)(int)(to - from - (abi_u32)about);
}

#endif
