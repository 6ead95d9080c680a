/*
 * master.h: keys for masks that hash or make tokens, and for the digests of holds.
 * One master secret for the node, kept by the keeper; each mask gets a key of
 * its own, so that equal values under two masks do not look equal; what a hold covers
 * is told of in the ledger by a keyed digest, so that nobody can try values against it. The version
 * is part of the derivation: a new master has a new one, and the file keeps the
 * old lines for whoever must recognise old tokens.
 *   <state>/keeper/mask.key  0600, lines "VERSION 64-HEX-DIGITS"; the last counts
 */
#ifndef VAULT_MASTER_H
#define VAULT_MASTER_H

#include <stdint.h>

#include "base/secret.h"
#include "span.h"

#define MASK_KEY_SIZE 32

struct master {
	uint32_t version;
	struct secret key;	/* MASK_KEY_SIZE bytes */
};

/* Read the master, or make it when there is none. Returns 0, -EPERM (mode or
 * owner), -EINVAL (not such a file) or -errno. */
int master_open(struct master *out, int keeper_dir, uint32_t uid);
/* Read the text of the file. Returns 0, -EINVAL or -ENOMEM. */
int master_read(struct master *out, struct span text);
/* HKDF-SHA-256 (RFC 5869), no salt, info "interlock USE VERSION NAME". Returns 0 or -EIO. */
int master_derive(const struct master *, const char *use, struct span name, uint8_t key[MASK_KEY_SIZE]);
void master_free(struct master *);

#endif
