/*
 * jks.c: Java's own key store, format 2, as sun.security.provider.JavaKeyStore has it:
 *   FEEDFEED, 2, number of entries, the entries, and a SHA-1 digest of the password,
 *   a constant and all before. All integers are big-endian; a text is its length in two
 *   bytes and UTF-8; of an authority an entry is
 *   2, alias, milliseconds since 1970, "X.509", length, certificate.
 * One more entry goes after the others, which are not looked at.
 */
#include "roots/roots.h"

#include <openssl/evp.h>

#include "out.h"

#define MAGIC 0xfeedfeedU
#define FORMAT 2
#define HEAD 12
#define DIGEST_SIZE 20
#define ENTRIES_MOST 100000
#define ENTRY_TRUSTED 2

bool
roots_is_jks(struct span in)
{
	return in.n >= HEAD + DIGEST_SIZE && span_be32(in, 0) == MAGIC &&
	    span_be32(in, 4) == FORMAT;
}

/* Of the password "changeit", in UTF-16, and what the digest is of. */
static bool
digest(struct span all, uint8_t out[DIGEST_SIZE])
{
	static const uint8_t salt[] = "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite";
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool right = context && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1 &&
	    EVP_DigestUpdate(context, salt, sizeof(salt) - 1) == 1 &&
	    EVP_DigestUpdate(context, all.p, all.n) == 1 &&
	    EVP_DigestFinal_ex(context, out, NULL) == 1;

	EVP_MD_CTX_free(context);
	return right;
}

static bool
opens(struct span in)
{
	size_t n = in.n - DIGEST_SIZE;
	uint8_t right[DIGEST_SIZE];

	return digest(span_head(in, n), right) && memcmp(right, in.p + n, sizeof(right)) == 0;
}

static void
put_text(struct out *out, const char *text)
{
	out_be16(out, (uint16_t)strlen(text));
	out_span(out, span_text(text));
}

bool
roots_jks_add(struct span theirs, const struct roots_node *node, struct out *out)
{
	size_t begin = out->n;
	uint8_t right[DIGEST_SIZE];
	uint32_t count;

	if (!roots_is_jks(theirs) || !opens(theirs))
		return false;
	count = span_be32(theirs, 8);
	if (count >= ENTRIES_MOST)
		return false;
	out_be32(out, MAGIC);
	out_be32(out, FORMAT);
	out_be32(out, count + 1);
	out_bytes(out, theirs.p + HEAD, theirs.n - HEAD - DIGEST_SIZE);
	out_be32(out, ENTRY_TRUSTED);
	put_text(out, "interlock");
	out_be64(out, 0);
	put_text(out, "X.509");
	out_block(out, node->der);
	if (out->failed || !digest(span_skip(out_view(out), begin), right))
		return false;
	out_bytes(out, right, sizeof(right));
	return !out->failed;
}
