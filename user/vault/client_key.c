/* client_key.c: a certificate that logs the daemon in, with its key. */
#include "vault/client_key.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/must.h"
#include "out.h"
#include "vault/certificate.h"

#define CHAIN_BYTES 65536

struct client_key {
	EVP_PKEY *key;
	const char *hash;	/* NULL: the scheme has its own */
	bool is_rsa;
	struct out chain;
};

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
	ERR_clear_error();
}

/* What each kind of key signs by: one scheme and no choice. */
static const struct {
	const char *type, *group;
	int least, most;	/* bits */
	const char *hash;
} kinds[] = {
	{ "RSA", NULL, 2048, 4096, "SHA256" },
	{ "EC", "prime256v1", 256, 256, "SHA256" },
	{ "EC", "secp384r1", 384, 384, "SHA384" },
	{ "ED25519", NULL, 256, 256, NULL },
};

static bool
has_group(const EVP_PKEY *key, const char *group)
{
	char name[32];
	size_t n;

	return !group || (EVP_PKEY_get_group_name(key, name, sizeof(name), &n) == 1 && !strcmp(name, group));
}

static bool
choose_scheme(struct client_key *it)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		int bits = EVP_PKEY_get_bits(it->key);

		if (!EVP_PKEY_is_a(it->key, kinds[i].type) || bits < kinds[i].least ||
		    bits > kinds[i].most || !has_group(it->key, kinds[i].group))
			continue;
		it->hash = kinds[i].hash;
		it->is_rsa = EVP_PKEY_is_a(it->key, "RSA");
		return true;
	}
	return false;
}

/* A pass phrase is not asked for: whoever started this has no terminal. */
static int
no_phrase(char *room, int size, int is_writing, void *arg)
{
	(void)room, (void)size, (void)is_writing, (void)arg;
	return -1;
}

static bool
read_key(struct client_key *it, struct span pem)
{
	cleanup(free_bio) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

	it->key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;
	return it->key && choose_scheme(it);
}

/* Certificates are written anew, so that nothing but certificates is ever in the chain. */
static bool
read_chain(struct client_key *it, struct span pem)
{
	cleanup(free_bio) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	bool right = true;
	X509 *x;

	for (int i = 0; bio && right && i <= CLIENT_KEY_CHAIN + 1; i++) {
		x = PEM_read_bio_X509(bio, NULL, no_phrase, NULL);
		if (!x)
			return i > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
		right = i <= CLIENT_KEY_CHAIN && (i || X509_check_private_key(x, it->key) == 1) &&
		    certificate_write(x, &it->chain);
		X509_free(x);
	}
	return false;
}

int
client_key_read(struct client_key **out, struct span pem)
{
	cleanup(client_key_free) struct client_key *it = calloc(1, sizeof(*it));

	if (!it)
		return -ENOMEM;
	it->chain = out_new(CHAIN_BYTES);
	ERR_clear_error();
	if (pem.n > INT32_MAX || !read_key(it, pem) || !read_chain(it, pem)) {
		ERR_clear_error();
		return -EINVAL;
	}
	*out = take(&it);
	return 0;
}

struct span
client_key_chain(const struct client_key *it)
{
	return out_view(&it->chain);
}

/* RFC 8446 section 4.4.3: 64 spaces, whose signature it is, a zero, and the hash of
 * the handshake so far, which is SHA-256's or SHA-384's (section B.4). */
static bool
is_of_handshake(struct span content)
{
	static const char label[] = "TLS 1.3, client CertificateVerify";
	struct span hash;
	size_t n = 0;

	while (n < content.n && n < 64 && content.p[n] == ' ')
		n++;
	if (n < 64 || !span_equal(span_head(span_skip(content, n), sizeof(label)),
	    span_of(label, sizeof(label))))
		return false;
	hash = span_skip(content, n + sizeof(label));
	return hash.n == 32 || hash.n == 48;
}

static bool
sign(const struct client_key *it, EVP_MD_CTX *context, struct span content, uint8_t *out, size_t *n)
{
	EVP_PKEY_CTX *how;

	if (!context || EVP_DigestSignInit_ex(context, &how, it->hash, NULL, NULL, it->key, NULL) != 1)
		return false;
	if (it->is_rsa && (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1))
		return false;
	return EVP_DigestSign(context, out, n, content.p, content.n) == 1;
}

int
client_key_sign(const struct client_key *it, struct span content,
    uint8_t out[CLIENT_KEY_SIGNATURE], size_t *n)
{
	EVP_MD_CTX *context;
	size_t made = CLIENT_KEY_SIGNATURE;
	bool right;

	if (!is_of_handshake(content))
		return -EPERM;
	context = EVP_MD_CTX_new();
	right = sign(it, context, content, out, &made);
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	if (!right)
		return -EIO;
	*n = made;
	return 0;
}

void
client_key_free(struct client_key **out)
{
	struct client_key *it = take(out);

	if (!it)
		return;
	EVP_PKEY_free(it->key);
	out_free(&it->chain);
	free(it);
}
