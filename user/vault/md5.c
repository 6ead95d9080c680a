/*
 * md5.c: PostgreSQL's answer to AuthenticationMD5Password.
 * The inner digest is what the server stores: whoever has it can log in, so it
 * is wiped like the password.
 */
#include "vault/md5.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/must.h"

#define MD5_SIZE 16
#define MD5_HEX 32

static void
free_digest(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

/* MD5 of a and b together, as lower case digits. */
static bool
md5_hex(struct span a, struct span b, char text[MD5_HEX])
{
	static const char digits[] = "0123456789abcdef";
	cleanup(free_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t digest[MD5_SIZE];

	if (!context || EVP_DigestInit_ex(context, EVP_md5(), NULL) != 1 ||
	    EVP_DigestUpdate(context, a.p, a.n) != 1 ||
	    EVP_DigestUpdate(context, b.p, b.n) != 1 ||
	    EVP_DigestFinal_ex(context, digest, NULL) != 1)
		return false;
	for (size_t i = 0; i < MD5_SIZE; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	OPENSSL_cleanse(digest, sizeof(digest));
	return true;
}

int
md5_prove(struct span password, struct span role, struct span salt,
    char proof[MD5_PROOF + 1])
{
	char stored[MD5_HEX], answer[MD5_HEX];
	bool right;

	if (salt.n != MD5_SALT)
		return -EINVAL;
	right = md5_hex(password, role, stored) &&
	    md5_hex(span_of(stored, sizeof(stored)), salt, answer);
	OPENSSL_cleanse(stored, sizeof(stored));
	if (!right)
		return -EIO;
	memcpy(proof, "md5", 3);
	memcpy(proof + 3, answer, sizeof(answer));
	proof[MD5_PROOF] = 0;
	return 0;
}
