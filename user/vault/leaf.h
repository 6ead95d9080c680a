/*
 * leaf.h: certificates that workers show to skills, made when first asked for.
 * A leaf is made for a target's own hosts and addresses and for nothing else,
 * and kept until it is nearly over or the policy changes.
 */
#ifndef VAULT_LEAF_H
#define VAULT_LEAF_H

#include <stdint.h>

#include "span.h"

struct authority;
struct leaves;	/* opaque */
struct view_target;

#define LEAF_LIMIT 256	/* leaves kept; the one longest unused makes room */

/* The authority stays the caller's and must live longer. Returns 0 or -ENOMEM. */
int leaves_new(struct leaves **out, const struct authority *);
/*
 * The leaf for what a skill dialled: `name` as it said in TLS (empty: nothing),
 * ip all zero: none. Chain and key in PEM are good until the next call. Returns 0,
 * -EPERM (not this target's), -EINVAL (a target with neither) or -EIO, -ENOMEM.
 */
int leaves_find(struct leaves *, uint32_t index, const struct view_target *target,
    struct span name, const uint8_t ip[16], uint64_t now, struct span *chain, struct span *key);
/* Forget all. */
void leaves_clear(struct leaves *);
void leaves_free(struct leaves **);

#endif
