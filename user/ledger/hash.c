/* hash.c: RFC 6962 leaf, node and tree hashes over OpenSSL's SHA-256. */
#include "ledger/hash.h"

#include <openssl/evp.h>

#include "base/must.h"

#define LEAF 0x00
#define NODE 0x01

/* One context and one fetched algorithm for the process: fetching costs more
 * than hashing. A process has one thread. */
static EVP_MD_CTX *context;
static EVP_MD *sha256;

void
hash_bytes(struct hash *out, int head, struct span a, struct span b)
{
	uint8_t first = (uint8_t)head;

	if (!context) {
		context = EVP_MD_CTX_new();
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		must(context && sha256);
	}
	must(EVP_DigestInit_ex2(context, sha256, NULL));
	must(head < 0 || EVP_DigestUpdate(context, &first, 1));
	must(!a.n || EVP_DigestUpdate(context, a.p, a.n));
	must(!b.n || EVP_DigestUpdate(context, b.p, b.n));
	must(EVP_DigestFinal_ex(context, out->p, NULL));
}

void
hash_leaf(struct hash *out, struct span entry)
{
	hash_bytes(out, LEAF, entry, span_of(NULL, 0));
}

void
hash_node(struct hash *out, const struct hash *left, const struct hash *right)
{
	hash_bytes(out, NODE, span_of(left->p, HASH_SIZE),
	    span_of(right->p, HASH_SIZE));
}

void
hash_tree(struct hash *out, const struct hash *in, size_t n)
{
	struct hash left, right;
	size_t half = 1;

	if (n == 0) {
		hash_bytes(out, -1, span_of(NULL, 0), span_of(NULL, 0));
		return;
	}
	if (n == 1) {
		*out = in[0];
		return;
	}
	while (half * 2 < n)	/* the largest power of two below n */
		half *= 2;
	hash_tree(&left, in, half);
	hash_tree(&right, in + half, n - half);
	hash_node(out, &left, &right);
}
