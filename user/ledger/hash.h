/*
 * hash.h: Merkle hashes as RFC 6962 section 2.1 defines them, with SHA-256.
 * A leaf is hashed behind a zero byte and a node behind a one, so that neither
 * can be taken for the other. Pure but for OpenSSL's own memory.
 */
#ifndef LEDGER_HASH_H
#define LEDGER_HASH_H

#include "span.h"

#define HASH_SIZE 32

struct hash {
	uint8_t p[HASH_SIZE];
};

/* SHA-256 of `head` (one byte) and up to two pieces, or of the pieces alone when head < 0. */
void hash_bytes(struct hash *out, int head, struct span a, struct span b);
void hash_leaf(struct hash *out, struct span entry);
void hash_node(struct hash *out, const struct hash *left, const struct hash *right);
/* The tree head over `n` hashes, which are whole subtrees of one height. n 0: hash of nothing. */
void hash_tree(struct hash *out, const struct hash *in, size_t n);

static inline bool
hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->p, b->p, HASH_SIZE) == 0;
}

#endif
