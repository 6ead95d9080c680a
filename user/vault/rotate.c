/* rotate.c: a file for each: a mark, the digest of the first, the token as a block. */
#include "vault/rotate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "out.h"
#include "vault/private.h"

#define MARK "interlock refresh 1\n"
#define MARK_SIZE (sizeof(MARK) - 1)
#define FILE_MAX (MARK_SIZE + GRANT_TERMS + 4 + ROTATE_TOKEN)
#define NAME_SIZE 48
#define NAME_BYTES 16	/* of the owner */

static void
name_of(const uint8_t owner[GRANT_TERMS], char name[NAME_SIZE])
{
	int n = snprintf(name, NAME_SIZE, "refresh-");

	for (size_t i = 0; i < NAME_BYTES; i++)
		n += snprintf(name + n, NAME_SIZE - (size_t)n, "%02x", owner[i]);
}

int
rotate_digest(struct span token, uint8_t out[GRANT_TERMS])
{
	return EVP_Digest(token.p, token.n, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

/* The token, of which *first must be the first. */
static int
take(struct span file, const uint8_t first[GRANT_TERMS], struct secret *out)
{
	struct span mark, which, token;

	if (!take_bytes(&file, MARK_SIZE, &mark) || !span_is(mark, MARK) || !take_bytes(&file, GRANT_TERMS, &which) ||
	    !take_block(&file, &token) || file.n || !token.n)
		return -EINVAL;
	return memcmp(which.p, first, GRANT_TERMS) ? -ENOENT : secret_copy(out, token);
}

int
rotate_read(int dir, const uint8_t owner[GRANT_TERMS], const uint8_t first[GRANT_TERMS], uint32_t uid, struct secret *out)
{
	struct secret file = { 0 };
	char name[NAME_SIZE];
	int r;

	name_of(owner, name);
	r = private_read(dir, name, uid, FILE_MAX, &file);
	if (!r)
		r = take(secret_view(&file), first, out);
	secret_free(&file);
	return r;
}

int
rotate_write(int dir, const uint8_t owner[GRANT_TERMS], const uint8_t first[GRANT_TERMS], uint32_t uid, struct span token)
{
	struct out file = out_new(FILE_MAX);
	char name[NAME_SIZE];
	int r;

	out_bytes(&file, MARK, MARK_SIZE);
	out_bytes(&file, first, GRANT_TERMS);
	out_block(&file, token);
	name_of(owner, name);
	r = file.failed ? -ENOMEM : private_replace(dir, name, uid, out_view(&file));
	out_free(&file);
	return r;
}
