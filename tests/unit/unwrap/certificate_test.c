/*
 * The client face with a certificate whose key is elsewhere, against OpenSSL as the server: every kind of
 * key, in every cutting; with what is wrong; and given up while the signature is awaited.
 * (ASan says that it does not know the stacks of jobs. It finds nothing wrong on them.)
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <time.h>

#include "check.h"
#include "unwrap/kept_key.h"
#include "unwrap/tls.h"

#define LIMIT (1u << 20)
#define CONTENT_LABEL "TLS 1.3, client CertificateVerify"

/* ---- keys and certificates ---- */

struct signer {
	EVP_PKEY *key;
	X509 *certificate;
	struct out pem;
};

static X509 *
certify(EVP_PKEY *key, const char *name, EVP_PKEY *by)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(x, subject);
	X509_set_pubkey(x, key);
	CHECK(X509_sign(x, by, EVP_PKEY_is_a(by, "ED25519") ? NULL : EVP_sha256()) > 0);
	return x;
}

static void
signer_new(struct signer *signer, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	signer->key = key;
	signer->certificate = certify(key, "client", key);
	PEM_write_bio_X509(bio, signer->certificate);
	n = BIO_get_mem_data(bio, &text);
	signer->pem = out_new(LIMIT);
	out_bytes(&signer->pem, text, (size_t)n);
	BIO_free(bio);
}

static void
signer_free(struct signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->certificate);
	out_free(&signer->pem);
}

/* What a keeper does: one scheme for each kind of key. */
static size_t
sign(EVP_PKEY *key, struct span content, uint8_t out[KEPT_SIGNATURE_MAX])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	const char *hash = EVP_PKEY_is_a(key, "ED25519") ? NULL :
	    EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384 ? "SHA384" : "SHA256";
	size_t n = KEPT_SIGNATURE_MAX;

	CHECK(EVP_DigestSignInit_ex(context, &how, hash, NULL, NULL, key, NULL) == 1);
	if (EVP_PKEY_is_a(key, "RSA")) {
		CHECK(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1);
		CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1);
	}
	CHECK(EVP_DigestSign(context, out, &n, content.p, content.n) == 1);
	EVP_MD_CTX_free(context);
	return n;
}

static void
check_content(const char *name, struct span content)
{
	CHECK_ROW(name, content.n == 64 + sizeof(CONTENT_LABEL) + 32 || content.n == 64 + sizeof(CONTENT_LABEL) + 48);
	for (size_t i = 0; i < 64 && i < content.n; i++)
		CHECK_ROW(name, content.p[i] == ' ');
	CHECK_ROW(name, content.n > 98 && !memcmp(content.p + 64, CONTENT_LABEL, sizeof(CONTENT_LABEL)));
}

/* ---- a handshake ---- */

enum wish { ASKS, ASKS_NOT, OLD, REFUSES, RETRIES };

struct play {
	struct tls *client;
	SSL *server;
	struct out to_client, plain;
	enum tls_state state;
	bool server_is_open, was_asked;
};

static EVP_PKEY *server_key;
static X509 *server_certificate;

static int
anybody(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	return arg == NULL;
}

static void
play_new(struct play *play, enum wish wish, const struct signer *signer)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	*play = (struct play){ .to_client = out_new(LIMIT), .plain = out_new(LIMIT) };
	SSL_CTX_use_certificate(context, server_certificate);
	SSL_CTX_use_PrivateKey(context, server_key);
	if (wish != ASKS_NOT)
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(context, anybody, wish == REFUSES ? context : NULL);
	if (wish == OLD)
		SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	if (wish == RETRIES)	/* the default of PostgreSQL 15: HelloRetryRequest */
		CHECK(SSL_CTX_set1_groups_list(context, "P-256") == 1);
	play->server = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_bio(play->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(play->server);
	CHECK(tls_client_new(&play->client, TLS_REQUIRE, NULL, "db", NULL) == 0);
	CHECK(tls_set_certificate(play->client, out_view(&signer->pem)) == 0);
	CHECK(tls_set_certificate(play->client, out_view(&signer->pem)) == -EINVAL);
}

static void
play_free(struct play *play)
{
	tls_free(&play->client);
	SSL_free(play->server);
	out_free(&play->to_client);
	out_free(&play->plain);
	ERR_clear_error();
}

/* The server's turn. False: it had nothing to do. */
static bool
serve(struct play *play, struct out *sent)
{
	bool any = sent->n > 0;
	uint8_t byte;
	size_t n;
	char *text;
	long left;

	if (sent->n)
		BIO_write_ex(SSL_get_rbio(play->server), sent->p, sent->n, &n);
	out_clear(sent);
	if (any && !play->server_is_open)
		play->server_is_open = SSL_do_handshake(play->server) == 1;
	else if (any)
		SSL_read_ex(play->server, &byte, 1, &n);
	ERR_clear_error();
	left = BIO_get_mem_data(SSL_get_wbio(play->server), &text);
	out_bytes(&play->to_client, text, (size_t)left);
	(void)BIO_reset(SSL_get_wbio(play->server));
	return any || left > 0;
}

/* To the end, or to where a signature is wanted and `key` is NULL. */
static void
shake(struct play *play, size_t cut, EVP_PKEY *key)
{
	struct out sent = out_new(LIMIT);
	struct span content, part;
	uint8_t signature[KEPT_SIGNATURE_MAX];

	play->state = tls_write(play->client, SPAN(""), &sent);
	while (serve(play, &sent) || play->to_client.n) {
		part = span_head(out_view(&play->to_client), cut);
		play->state = tls_read(play->client, part, &play->plain, &sent);
		out_drop(&play->to_client, part.n);
		if (!tls_needs_signature(play->client, &content))
			continue;
		play->was_asked = true;
		check_content("what is signed", content);
		CHECK(!sent.n);	/* nothing is said before it is here */
		if (!key)
			break;
		CHECK(tls_set_signature(play->client, span_of(signature, sign(key, content, signature))) == 0);
		CHECK(tls_set_signature(play->client, SPAN("again")) == -EINVAL);
		play->state = tls_write(play->client, SPAN(""), &sent);
	}
	out_free(&sent);
}

static void
check_kind(const char *name, const struct signer *signer)
{
	static const size_t cuts[] = { 1, 7, 100, LIMIT };
	struct out sent = out_new(LIMIT);
	struct play play;
	X509 *shown;

	for (size_t i = 0; i < COUNT(cuts) * 2; i++) {
		play_new(&play, i % 2 ? RETRIES : ASKS, signer);
		shake(&play, cuts[i / 2], signer->key);
		CHECK_ROW(name, play.was_asked && tls_has_signed(play.client));
		CHECK_ROW(name, play.state == TLS_OPEN && play.server_is_open);
		CHECK_ROW(name, !tls_error(play.client)[0]);
		shown = SSL_get0_peer_certificate(play.server);
		CHECK_ROW(name, shown && X509_cmp(shown, signer->certificate) == 0);
		/* and bytes go on as ever */
		CHECK_ROW(name, tls_write(play.client, SPAN("hello"), &sent) == TLS_OPEN);
		CHECK_ROW(name, SSL_write(play.server, "world", 5) == 5);
		serve(&play, &sent);
		CHECK_ROW(name, tls_read(play.client, out_view(&play.to_client), &play.plain, &sent) == TLS_OPEN);
		CHECK_ROW(name, span_is(out_view(&play.plain), "world"));
		play_free(&play);
	}
	out_free(&sent);
}

static void
check_wrong(const struct signer *signer, const struct signer *other)
{
	struct span content;
	struct out sent = out_new(LIMIT);
	struct play play;

	play_new(&play, ASKS_NOT, signer);
	shake(&play, LIMIT, signer->key);
	CHECK(play.state == TLS_OPEN && play.server_is_open && !play.was_asked && !tls_has_signed(play.client));
	play_free(&play);

	play_new(&play, OLD, signer);
	shake(&play, LIMIT, signer->key);
	CHECK(play.state == TLS_BROKEN && !play.server_is_open && !play.was_asked);
	CHECK_ROW(tls_error(play.client), strstr(tls_error(play.client), "TLS 1.3"));
	play_free(&play);

	play_new(&play, REFUSES, signer);	/* only then is the client told */
	shake(&play, LIMIT, signer->key);
	CHECK(play.state == TLS_BROKEN && !play.server_is_open && tls_has_signed(play.client));
	CHECK_ROW(tls_error(play.client), strstr(tls_error(play.client), "the other side ended TLS"));
	play_free(&play);

	play_new(&play, ASKS, signer);		/* the signature of another key */
	shake(&play, LIMIT, other->key);
	CHECK(play.state == TLS_BROKEN && !play.server_is_open);
	play_free(&play);

	play_new(&play, ASKS, signer);		/* none */
	shake(&play, LIMIT, NULL);
	CHECK(play.was_asked && tls_set_signature(play.client, SPAN("")) == 0);
	CHECK(tls_write(play.client, SPAN(""), &sent) == TLS_BROKEN);
	CHECK(strstr(tls_error(play.client), "without a signature") && !tls_has_signed(play.client));
	CHECK(!tls_needs_signature(play.client, &content));
	play_free(&play);

	play_new(&play, ASKS, signer);		/* one that is no signature */
	shake(&play, LIMIT, NULL);
	CHECK(tls_set_signature(play.client, SPAN("nonsense")) == 0);
	CHECK(tls_write(play.client, SPAN(""), &sent) == TLS_OPEN);	/* it is not ours to see */
	CHECK(serve(&play, &sent) && !play.server_is_open);
	play_free(&play);

	for (int i = 0; i < 3; i++) {		/* the flow ends meanwhile */
		play_new(&play, ASKS, signer);
		shake(&play, LIMIT, NULL);
		CHECK(tls_needs_signature(play.client, &content));
		play_free(&play);
	}
	out_free(&sent);
}

/* Two at once, each standing still while the other goes on. */
static void
check_both(const struct signer *signer)
{
	uint8_t signature[KEPT_SIGNATURE_MAX];
	struct out sent = out_new(LIMIT);
	struct span content;
	struct play one, two;

	play_new(&one, ASKS, signer);
	play_new(&two, ASKS, signer);
	shake(&one, LIMIT, NULL);
	shake(&two, LIMIT, signer->key);
	CHECK(two.state == TLS_OPEN && two.server_is_open);
	/* what comes meanwhile waits, and not without a limit */
	CHECK(tls_read(one.client, SPAN("x"), &one.plain, &sent) == TLS_SHAKING);
	play_free(&two);
	CHECK(tls_needs_signature(one.client, &content));
	CHECK(tls_set_signature(one.client, span_of(signature, sign(signer->key, content, signature))) == 0);
	CHECK(tls_write(one.client, SPAN(""), &sent) == TLS_OPEN);
	CHECK(serve(&one, &sent) && one.server_is_open);
	play_free(&one);

	play_new(&one, ASKS, signer);
	shake(&one, LIMIT, NULL);
	for (size_t i = 0; i < 100 && one.state == TLS_SHAKING; i++) {
		uint8_t some[1024] = { 0 };

		one.state = tls_read(one.client, span_of(some, sizeof(some)), &one.plain, &sent);
	}
	CHECK(one.state == TLS_BROKEN);
	play_free(&one);
	out_free(&sent);
}

/* So many may wait; one more is refused, and one less is room again. */
static void
check_many(const struct signer *signer)
{
	static struct play plays[1025];
	size_t most = COUNT(plays) - 1;

	for (size_t i = 0; i < COUNT(plays); i++) {
		play_new(&plays[i], ASKS, signer);
		shake(&plays[i], LIMIT, NULL);
		CHECK(plays[i].was_asked == (i < most));
	}
	CHECK(plays[most].state == TLS_BROKEN && strstr(tls_error(plays[most].client), "too many"));
	play_free(&plays[most]);
	play_free(&plays[0]);
	play_new(&plays[0], ASKS, signer);
	shake(&plays[0], LIMIT, signer->key);
	CHECK(plays[0].state == TLS_OPEN && plays[0].server_is_open);
	for (size_t i = 0; i < most; i++)
		play_free(&plays[i]);
}

static void
check_chains(const struct signer *signer)
{
	struct tls *tls = NULL;

	CHECK(tls_client_new(&tls, TLS_REQUIRE, NULL, "db", NULL) == 0);
	CHECK(tls_set_certificate(tls, SPAN("")) == -EINVAL);
	CHECK(tls_set_certificate(tls, SPAN("no text of that kind")) == -EINVAL);
	CHECK(tls_set_certificate(tls, span_head(out_view(&signer->pem), signer->pem.n / 2)) == -EINVAL);
	CHECK(tls_set_signature(tls, SPAN("x")) == -EINVAL);
	tls_free(&tls);
}

int
main(void)
{
	struct signer rsa, big, p256, p384, ed;

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	server_key = EVP_EC_gen("P-256");
	server_certificate = certify(server_key, "db", server_key);
	signer_new(&rsa, EVP_RSA_gen(2048));
	signer_new(&big, EVP_RSA_gen(4096));
	signer_new(&p256, EVP_EC_gen("P-256"));
	signer_new(&p384, EVP_EC_gen("P-384"));
	signer_new(&ed, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	check_kind("rsa", &rsa);
	check_kind("rsa of 4096 bits", &big);
	check_kind("p-256", &p256);
	check_kind("p-384", &p384);
	check_kind("ed25519", &ed);
	check_wrong(&p256, &p384);
	check_wrong(&rsa, &p256);
	check_both(&p256);
	check_many(&p256);
	check_chains(&rsa);
	signer_free(&rsa);
	signer_free(&big);
	signer_free(&p256);
	signer_free(&p384);
	signer_free(&ed);
	EVP_PKEY_free(server_key);
	X509_free(server_certificate);
	return check_end();
}
