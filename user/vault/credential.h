/*
 * credential.h: the passwords and client certificates of targets, and verifiers of skills,
 * read when first needed.
 * What was read is kept until it is said to have changed or the policy changes.
 * Two places: a file that belongs to the keeper (or to root) and that nobody else can
 * read, or a systemd credential. Those belong to root, so they are read before
 * root is dropped; systemd does not change them while a service runs.
 */
#ifndef VAULT_CREDENTIAL_H
#define VAULT_CREDENTIAL_H

#include <stdint.h>

#include "base/secret.h"
#include "span.h"
#include "vault/scram.h"

struct client_key;
struct credentials;	/* opaque */
struct view_keeper;

struct scram_verifier;

#define CREDENTIAL_MAX 12288	/* bytes of a secret: some certificates and a key */
#define CREDENTIAL_INHERITED 64	/* systemd credentials that are looked at */

/* One target's. All of it belongs to the table. */
struct credential {
	struct client_key *client_key;
	struct secret password;
	uint64_t number;	/* of all that were ever read: another secret, another number */
	/* SCRAM keys made of it for one salt and count; RFC 5802 section 5.1 lets a client keep them */
	struct secret keys;
	uint8_t salt[SCRAM_SALT_MAX];
	size_t salt_size;
	uint32_t count;
};

/* Files may belong to root or to uid. Returns 0 or -ENOMEM. */
int credentials_new(struct credentials **out, uint32_t uid);
/* Read the systemd credentials in `directory` (NULL: there are none). Those that
 * cannot be read are left out, with a warning. */
void credentials_inherit(struct credentials *, const char *directory);
/* Another policy is in force: forget what was read. The view must live as long as
 * it is used here. Returns 0 or -ENOMEM (then nothing can be found). */
int credentials_policy(struct credentials *, const struct view_keeper *);
/* The credential of a target. Returns 0, -ENOENT (it has none) or what
 * private_read() says, -EINVAL (a NUL in it), -ENODATA (empty). */
int credentials_find(struct credentials *, uint32_t target, struct credential **out);
/* The certificate of a target, with its key. Returns as credentials_find(); -EINVAL: not these two. */
int credentials_find_key(struct credentials *, uint32_t target, const struct client_key **out);
/* The refresh token that the policy names for a target, read anew, a copy. Returns as credentials_find(). */
int credentials_find_refresh(struct credentials *, uint32_t target, struct secret *out);
/* What the password of a skill is checked against: position in the view's verifiers. */
int credentials_find_verifier(struct credentials *, uint32_t index, const struct scram_verifier **out);
/* The SCRAM keys for this offer, or NULL: they must be made. */
const struct secret *credential_keys(const struct credential *, const struct scram_offer *);
/* Keep a copy of keys that were made for this offer. Without memory nothing is kept. */
void credential_keep(struct credential *, const struct scram_offer *, const struct secret *keys);
/* Read it anew when next needed. */
void credentials_forget(struct credentials *, uint32_t target);
void credentials_forget_verifier(struct credentials *, uint32_t index);
void credentials_free(struct credentials **);

#endif
