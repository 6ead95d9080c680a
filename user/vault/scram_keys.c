/*
 * scram_keys.c: PBKDF2-HMAC-SHA-256 (RFC 8018 section 5.2) for one block of 32 bytes.
 *   U1 = HMAC(password, salt || INT(1)), Ui = HMAC(password, Ui-1), sum = U1 ^ U2 ^ …
 * The two keyed states of HMAC (RFC 2104) are made once and copied each round. OpenSSL
 * has the whole at once only, and takes twice as long.
 */
#include "vault/scram_keys.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "base/must.h"
#include "base/secret.h"
#include "vault/scram.h"

#define BLOCK 64	/* bytes of SHA-256's */

struct scram_keys {
	EVP_MD_CTX *inner, *outer, *work;
	uint8_t last[SCRAM_KEY], sum[SCRAM_KEY];
	uint32_t left;
};

/* A state that has had the key, xor'ed with `pad`. */
static EVP_MD_CTX *
keyed(const uint8_t key[BLOCK], uint8_t pad)
{
	EVP_MD_CTX *state = EVP_MD_CTX_new();
	uint8_t block[BLOCK];
	bool right;

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	right = state && EVP_DigestInit_ex(state, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(state, block, BLOCK) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	if (!right) {
		EVP_MD_CTX_free(state);
		return NULL;
	}
	return state;
}

static bool
hmac(struct scram_keys *keys, struct span a, struct span b)
{
	return EVP_MD_CTX_copy_ex(keys->work, keys->inner) == 1 &&
	    EVP_DigestUpdate(keys->work, a.p, a.n) == 1 &&
	    EVP_DigestUpdate(keys->work, b.p, b.n) == 1 &&
	    EVP_DigestFinal_ex(keys->work, keys->last, NULL) == 1 &&
	    EVP_MD_CTX_copy_ex(keys->work, keys->outer) == 1 &&
	    EVP_DigestUpdate(keys->work, keys->last, SCRAM_KEY) == 1 &&
	    EVP_DigestFinal_ex(keys->work, keys->last, NULL) == 1;
}

/* The two states, and the first round. */
static bool
start(struct scram_keys *keys, struct span password, const struct scram_offer *offer)
{
	uint8_t key[BLOCK] = { 0 };

	if (password.n <= BLOCK)
		memcpy(key, password.p, password.n);
	else if (EVP_Digest(password.p, password.n, key, NULL, EVP_sha256(), NULL) != 1)
		return false;
	keys->inner = keyed(key, 0x36);
	keys->outer = keyed(key, 0x5c);
	keys->work = EVP_MD_CTX_new();
	OPENSSL_cleanse(key, sizeof(key));
	keys->left = offer->count - 1;
	if (!keys->inner || !keys->outer || !keys->work ||
	    !hmac(keys, span_of(offer->salt, offer->salt_size), SPAN("\0\0\0\1")))
		return false;
	memcpy(keys->sum, keys->last, SCRAM_KEY);
	return true;
}

int
scram_keys_begin(struct scram_keys **out, struct span password,
    const struct scram_offer *offer)
{
	cleanup(scram_keys_free) struct scram_keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	if (!offer->count || !start(keys, password, offer))
		return -EIO;
	*out = take(&keys);
	return 0;
}

int
scram_keys_go(struct scram_keys *keys, uint32_t rounds)
{
	for (; keys->left && rounds; keys->left--, rounds--) {
		if (!hmac(keys, span_of(keys->last, SCRAM_KEY), SPAN("")))
			return -EIO;
		for (size_t i = 0; i < SCRAM_KEY; i++)
			keys->sum[i] ^= keys->last[i];
	}
	return keys->left == 0;
}

static bool
name_key(const struct scram_keys *keys, struct span name, uint8_t out[SCRAM_KEY])
{
	return HMAC(EVP_sha256(), keys->sum, SCRAM_KEY, name.p, name.n, out, NULL) != NULL;
}

int
scram_keys_end(const struct scram_keys *keys, struct secret *out)
{
	cleanup(secret_free) struct secret made = { 0 };

	if (keys->left)
		return -EIO;
	if (secret_new(&made, 2 * SCRAM_KEY))
		return -ENOMEM;
	if (!name_key(keys, SPAN("Client Key"), made.p) ||
	    !name_key(keys, SPAN("Server Key"), made.p + SCRAM_KEY))
		return -EIO;
	*out = made;
	made = (struct secret){ 0 };
	return 0;
}

void
scram_keys_free(struct scram_keys **out)
{
	struct scram_keys *keys = take(out);

	if (!keys)
		return;
	EVP_MD_CTX_free(keys->inner);
	EVP_MD_CTX_free(keys->outer);
	EVP_MD_CTX_free(keys->work);
	OPENSSL_cleanse(keys, sizeof(*keys));
	free(keys);
}
