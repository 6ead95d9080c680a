/*
 * rotate.h: refresh tokens that an authorization server has given in place of the one before (RFC 6749 section 6).
 * The one that the policy names is only the first; what came after it lies in a file of the keeper's own, 0600, put
 * there in one step, with the digest of that first one: whoever replaces the first begins anew.
 */
#ifndef VAULT_ROTATE_H
#define VAULT_ROTATE_H

#include <stdint.h>

#include "span.h"
#include "vault/grant.h"

struct secret;

#define ROTATE_TOKEN 8192	/* bytes of one, as the courier takes it */

/* Digest of a token. Returns 0 or -EIO. */
int rotate_digest(struct span token, uint8_t digest[GRANT_TERMS]);
/*
 * The token that came last after `first` (a digest) for that owner, in directory `dir`. Returns 0 and *out is the
 * caller's; -ENOENT: none came; or what private_read() says, -EINVAL (not such a file).
 */
int rotate_read(int dir, const uint8_t owner[GRANT_TERMS], const uint8_t first[GRANT_TERMS], uint32_t uid,
    struct secret *out);
/* Keep it. Returns 0 or -errno. */
int rotate_write(int dir, const uint8_t owner[GRANT_TERMS], const uint8_t first[GRANT_TERMS], uint32_t uid,
    struct span token);

#endif
