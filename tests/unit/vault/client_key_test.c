/* Client certificates: what is read as one, that each kind signs what it should, and nothing else is ever signed. */
#include "vault/client_key.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "check.h"
#include "out.h"

#define LIMIT 65536
#define LABEL "TLS 1.3, client CertificateVerify"

static X509 *
certify(EVP_PKEY *key)
{
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"c", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	CHECK(X509_sign(x, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
	return x;
}

enum part { KEY = 1, LOCKED = 2, OWN = 4, OTHER = 8, MANY = 16 };

/* A text of these parts, in this order: key, own certificate, another's. */
static struct out
text_of(EVP_PKEY *key, EVP_PKEY *other, unsigned int parts)
{
	X509 *own = certify(key), *foreign = certify(other);
	BIO *bio = BIO_new(BIO_s_mem());
	struct out out = out_new(LIMIT);
	char *text;
	long n;

	if (parts & KEY)
		PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	if (parts & LOCKED)
		PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), "pass", 4, NULL, NULL);
	if (parts & OWN)
		PEM_write_bio_X509(bio, own);
	for (int i = 0; i < (parts & MANY ? CLIENT_KEY_CHAIN + 1 : parts & OTHER ? 1 : 0); i++)
		PEM_write_bio_X509(bio, foreign);
	n = BIO_get_mem_data(bio, &text);
	out_bytes(&out, text, (size_t)n);
	BIO_free(bio);
	X509_free(own);
	X509_free(foreign);
	return out;
}

static int
read_text(EVP_PKEY *key, EVP_PKEY *other, unsigned int parts)
{
	struct out text = text_of(key, other, parts);
	struct client_key *it = NULL;
	int r = client_key_read(&it, out_view(&text));

	CHECK(!r == !!it);
	client_key_free(&it);
	out_free(&text);
	return r;
}

/* As a server checks it. */
static bool
is_right(EVP_PKEY *key, const char *hash, struct span content, struct span signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	bool right = EVP_DigestVerifyInit_ex(context, &how, hash, NULL, NULL, key, NULL) == 1;

	if (EVP_PKEY_is_a(key, "RSA"))
		right = right && EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
	right = right && EVP_DigestVerify(context, signature.p, signature.n, content.p, content.n) == 1;
	EVP_MD_CTX_free(context);
	return right;
}

/* spaces, label with its zero, hash */
static struct span
content_of(uint8_t room[256], size_t spaces, struct span label, size_t hash)
{
	memset(room, ' ', spaces);
	memcpy(room + spaces, label.p, label.n);
	memset(room + spaces + label.n, 0x5a, hash);
	return on_cliff(span_of(room, spaces + label.n + hash));
}

static const struct {
	const char *name;
	size_t spaces;
	struct span label;
	size_t hash;
	int r;
} contents[] = {
	{ "SHA-256", 64, { (const uint8_t *)LABEL, sizeof(LABEL) }, 32, 0 },
	{ "SHA-384", 64, { (const uint8_t *)LABEL, sizeof(LABEL) }, 48, 0 },
	{ "a server's", 64, SPAN("TLS 1.3, server CertificateVerify\0"), 32, -EPERM },
	{ "a space short", 63, { (const uint8_t *)LABEL, sizeof(LABEL) }, 32, -EPERM },
	{ "a space more", 65, { (const uint8_t *)LABEL, sizeof(LABEL) }, 32, -EPERM },
	{ "no zero", 64, SPAN(LABEL), 32, -EPERM },
	{ "no zero, as long", 64, SPAN(LABEL "!"), 32, -EPERM },
	{ "a hash of no size", 64, { (const uint8_t *)LABEL, sizeof(LABEL) }, 0, -EPERM },
	{ "SHA-1", 64, { (const uint8_t *)LABEL, sizeof(LABEL) }, 20, -EPERM },
	{ "SHA-512", 64, { (const uint8_t *)LABEL, sizeof(LABEL) }, 64, -EPERM },
	{ "a certificate's", 0, SPAN("\x30\x82\x01\x0a"), 100, -EPERM },
	{ "a hash alone", 0, SPAN(""), 32, -EPERM },
	{ "nothing", 0, SPAN(""), 0, -EPERM },
};

static void
check_signing(const char *name, EVP_PKEY *key, const char *hash)
{
	struct out text = text_of(key, key, KEY | OWN);
	struct client_key *it = NULL;
	uint8_t room[256], signature[CLIENT_KEY_SIGNATURE];
	struct span content;
	size_t n;

	if (!CHECK_ROW(name, client_key_read(&it, out_view(&text)) == 0))
		return;
	for (size_t i = 0; i < COUNT(contents); i++) {
		content = content_of(room, contents[i].spaces, contents[i].label, contents[i].hash);
		n = 0;
		CHECK_ROW(contents[i].name, client_key_sign(it, content, signature, &n) == contents[i].r);
		CHECK_ROW(contents[i].name, contents[i].r ? n == 0 :
		    is_right(key, hash, content, span_of(signature, n)));
	}
	/* no prefix of what is right is right, and no byte of its head may be another */
	content = content_of(room, 64, span_of(LABEL, sizeof(LABEL)), 48);
	for (n = 0; n < content.n; n++) {
		size_t made;

		CHECK_ROW(name, client_key_sign(it, on_cliff(span_head(content, n)), signature, &made) ==
		    (content.n - n == 16 ? 0 : -EPERM));
		room[n] ^= 1;
		CHECK_ROW(name, client_key_sign(it, span_of(room, content.n), signature, &made) ==
		    (n < 64 + sizeof(LABEL) ? -EPERM : 0));
		room[n] ^= 1;
	}
	client_key_free(&it);
	out_free(&text);
}

/* The chain has the certificates and nothing of the key. */
static void
check_chain(EVP_PKEY *key, EVP_PKEY *other)
{
	struct out text = text_of(key, other, KEY | OWN | OTHER);
	struct client_key *it = NULL;
	struct span chain;

	if (!CHECK(client_key_read(&it, out_view(&text)) == 0))
		return;
	chain = client_key_chain(it);
	CHECK(chain.n && !memmem(chain.p, chain.n, "PRIVATE", 7));
	CHECK(span_equal(chain, span_skip(out_view(&text), text.n - chain.n)));
	client_key_free(&it);
	/* every prefix is one without the key, one without the end of a certificate, or whole */
	for (size_t n = 0; n < text.n; n++) {
		int r = client_key_read(&it, on_cliff(span_head(out_view(&text), n)));

		CHECK(r == 0 || r == -EINVAL);
		CHECK(r || client_key_chain(it).n <= n);
		client_key_free(&it);
	}
	out_free(&text);
}

int
main(void)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *weak = EVP_RSA_gen(1024), *p256 = EVP_EC_gen("P-256");
	EVP_PKEY *p384 = EVP_EC_gen("P-384"), *p521 = EVP_EC_gen("P-521");
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct client_key *it = NULL;

	CHECK(read_text(rsa, p256, KEY | OWN) == 0);
	CHECK(read_text(rsa, p256, KEY | OWN | OTHER) == 0);
	CHECK(read_text(rsa, p256, KEY) == -EINVAL);
	CHECK(read_text(rsa, p256, OWN) == -EINVAL);
	CHECK(read_text(rsa, p256, LOCKED | OWN) == -EINVAL);
	CHECK(read_text(rsa, p256, KEY | OTHER) == -EINVAL);
	CHECK(read_text(rsa, p256, KEY | OWN | MANY) == -EINVAL);
	CHECK(read_text(weak, p256, KEY | OWN) == -EINVAL);
	CHECK(read_text(p521, p256, KEY | OWN) == -EINVAL);
	CHECK(client_key_read(&it, SPAN("")) == -EINVAL);
	CHECK(client_key_read(&it, SPAN("pencil")) == -EINVAL && !it);
	check_signing("rsa", rsa, "SHA256");
	check_signing("p-256", p256, "SHA256");
	check_signing("p-384", p384, "SHA384");
	check_signing("ed25519", ed, NULL);
	check_chain(p256, p384);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(p521);
	EVP_PKEY_free(ed);
	return check_end();
}
