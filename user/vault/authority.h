/*
 * authority.h: the node's own certificate authority.
 * One EC P-256 key, made once, read only by the keeper. It signs nothing but the
 * leaves that workers show to skills. Its certificate is named after the key, so
 * that a certificate made anew for the same key (lost, or soon over) still
 * verifies every leaf.
 *   <state>/keeper/ca.key   0600  PKCS #8 PEM
 *   <state>/keeper/ca.crt   0600
 *   <state>/ca.pem          0644  the copy that skills are told to trust
 */
#ifndef VAULT_AUTHORITY_H
#define VAULT_AUTHORITY_H

#include <stdint.h>

#include "span.h"

struct authority;
struct out;

#define AUTHORITY_NAMES 256	/* most names and addresses in one leaf */

/* What a leaf is for. `ip` is 16 bytes, IPv4 mapped; NULL: no address. */
struct leaf_terms {
	const struct span *names;	/* DNS names, or addresses as text */
	size_t name_count;
	const uint8_t *ip;
};

/* Make one in memory alone. `now` is seconds since 1970. Returns 0 or -EIO. */
int authority_new(struct authority **out, uint64_t now);
/*
 * Read it from the keeper's directory, making what is missing, and refresh the
 * public copy in the state directory. Files belong to uid afterwards. Returns 0,
 * -EPERM (the key can be read by others, or is another's), -EINVAL (no EC P-256
 * key, or the certificate is for another key) or -errno.
 */
int authority_open(struct authority **out, int keeper_dir, int state_dir, uint32_t uid, uint64_t now);
/* PEM of its certificate. */
int authority_certificate(const struct authority *, struct out *);
/*
 * Make a key and a certificate for it, valid from an hour ago for a week, for a
 * server with these names: chain and key in PEM. Returns 0, -EINVAL (no name at
 * all, or too many) or -EIO; on failure the outs may hold a part.
 */
int authority_sign(const struct authority *, const struct leaf_terms *, uint64_t now,
    struct out *chain, struct out *key);
void authority_free(struct authority **);

#define LEAF_LIFE_S (7 * 86400)
#define LEAF_EARLY_S 3600	/* for clocks that are behind */
/* A leaf is made anew when this little is left. */
#define LEAF_RENEW_S (2 * 86400)

#endif
