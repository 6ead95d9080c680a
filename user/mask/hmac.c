/*
 * hmac.c: HMAC-SHA-256 without memory or state of its own. OpenSSL's plain
 * SHA-256 functions are used, because the newer interface allocates and looks
 * up providers for every digest, which a pure folder may not do.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "mask/inside.h"

#include <openssl/sha.h>

#define BLOCK 64

static void
begin(SHA256_CTX *sha, const uint8_t key[MASK_KEY_SIZE], uint8_t pad)
{
	uint8_t block[BLOCK];

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = (i < MASK_KEY_SIZE ? key[i] : 0) ^ pad;
	SHA256_Init(sha);
	SHA256_Update(sha, block, BLOCK);
	explicit_bzero(block, BLOCK);
}

void
mask_hmac(const uint8_t key[MASK_KEY_SIZE], const char *label, struct span value,
    uint8_t digest[32])
{
	SHA256_CTX sha;

	begin(&sha, key, 0x36);
	SHA256_Update(&sha, label, strlen(label) + 1);
	SHA256_Update(&sha, value.p, value.n);
	SHA256_Final(digest, &sha);
	begin(&sha, key, 0x5c);
	SHA256_Update(&sha, digest, 32);
	SHA256_Final(digest, &sha);
	explicit_bzero(&sha, sizeof(sha));
}
