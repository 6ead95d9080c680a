/*
 * grant.h: the request for a token, as RFC 6749 has it (sections 2.3.1, 4.4.2 and 6). Pure but for memory.
 * In the keeper; the courier carries it.
 */
#ifndef VAULT_GRANT_H
#define VAULT_GRANT_H

#include <stdint.h>

#include "span.h"

struct out;
struct view_grant;
struct view_secret;

#define GRANT_TERMS 32	/* bytes of a digest */

/*
 * Write the body, and the Authorization field where the client shows itself so (else it stays empty). `secret` is the
 * client's, `refresh` the refresh token; each empty where there is none. Failures show in the outs.
 */
void grant_write(const struct view_grant *, struct span secret, struct span refresh, struct out *authorization,
    struct out *body);
/* What makes a token another one, as a digest: the terms and where the secrets lie. Returns 0 or -EIO. */
int grant_terms(const struct view_secret *, uint8_t terms[GRANT_TERMS]);
/* The same of whose refresh token it is. */
int grant_owner(const struct view_secret *, uint8_t owner[GRANT_TERMS]);

#endif
