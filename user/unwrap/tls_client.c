/*
 * tls_client.c: the face that backends see.
 * The roots of a target, with the context that holds them and its sessions, are made once and
 * shared by its flows; those without roots share one, too. How much is verified is policy's: nothing (a named risk),
 * the chain, or the chain and the name. A name is matched as OpenSSL does (RFC
 * 6125, one whole label for a wildcard; the common name only where there is no
 * DNS name, as libpq does); an address only against an address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "unwrap/tls_inside.h"

#define ROOTS_MAX 1000	/* a system's store has about 150 */
#define NAME_MAX_SIZE 253

struct tls_roots {
	SSL_CTX *context;
};

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
	ERR_clear_error();
}

/* Put every certificate of the text into the store. Returns 0, -EINVAL or -ENOMEM. */
static int
add_roots(X509_STORE *store, struct span pem)
{
	cleanup(free_bio) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x;
	bool right;

	if (!bio)
		return -ENOMEM;
	ERR_clear_error();
	for (int i = 0; i < ROOTS_MAX; i++) {
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!x)
			return i > 0 && ERR_GET_REASON(ERR_peek_last_error()) ==
			    PEM_R_NO_START_LINE ? 0 : -EINVAL;
		right = X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
		if (!right)
			return -EINVAL;
	}
	return -EINVAL;
}

int
tls_roots_new(struct tls_roots **out, struct span roots_pem)
{
	cleanup(tls_roots_free) struct tls_roots *roots = calloc(1, sizeof(*roots));
	int r;

	if (!roots)
		return -ENOMEM;
	if (!roots_pem.n || roots_pem.n > INT32_MAX)
		return -EINVAL;
	roots->context = tls_context_new(TLS_client_method());
	if (!roots->context || !tls_session_prepare(roots->context))
		return -ENOMEM;
	r = add_roots(SSL_CTX_get_cert_store(roots->context), roots_pem);
	if (r)
		return r;
	*out = take(&roots);
	return 0;
}

void
tls_roots_free(struct tls_roots **roots)
{
	if (*roots)
		SSL_CTX_free((*roots)->context);
	free(*roots);
	*roots = NULL;
}

static bool
is_address(const char *name)
{
	uint8_t ip[16];

	return inet_pton(AF_INET, name, ip) == 1 ||
	    inet_pton(AF_INET6, name, ip) == 1;
}

/* RFC 6066 section 3: names only, never an address. */
static bool
tell_name(SSL *ssl, const char *name)
{
	if (!name || !name[0] || is_address(name))
		return true;
	return SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool
demand_name(SSL *ssl, const char *name)
{
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1;
}

/* Is that a name, for what is to be verified, and are there roots for it? */
static bool
terms_are_right(enum view_tls how, const struct tls_roots *roots,
    const char *name)
{
	if (name && strlen(name) > NAME_MAX_SIZE)
		return false;
	switch (how) {
	case TLS_REQUIRE:
		return true;
	case TLS_VERIFY_CA:
		return roots;
	case TLS_VERIFY_FULL:
		return roots && name && name[0];
	default:
		return false;
	}
}

/* SSL_set_alpn_protos() is 0 when all is well. */
static bool
offer(SSL *ssl, const char *protocols)
{
	unsigned char list[TLS_PROTOCOLS_MAX];

	return !protocols || SSL_set_alpn_protos(ssl, list, tls_protocol_list(protocols, list)) == 0;
}

/* For who verifies nothing. NULL: no memory. */
static SSL_CTX *
bare_context(void)
{
	static SSL_CTX *context;	/* the process's: it has one thread */

	if (!context)
		context = tls_context_new(TLS_client_method());
	return context;
}

int
tls_client_new(struct tls **out, enum view_tls how,
    const struct tls_roots *roots, const char *name, const char *protocols)
{
	cleanup(tls_free) struct tls *tls = NULL;
	SSL_CTX *context;
	int r;

	if (!terms_are_right(how, roots, name))
		return -EINVAL;
	context = roots ? roots->context : bare_context();
	if (!context)
		return -ENOMEM;
	r = tls_leg_new(&tls, context, false);
	if (r)
		return r;
	SSL_set_verify(tls->ssl, how == TLS_REQUIRE ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (!tell_name(tls->ssl, name) || !offer(tls->ssl, protocols) ||
	    (how == TLS_VERIFY_FULL && !demand_name(tls->ssl, name))) {
		ERR_clear_error();
		return -EINVAL;
	}
	*out = take(&tls);
	return 0;
}

bool
tls_is_verified(const struct tls *tls)
{
	return !tls->is_server && (tls->state == TLS_OPEN || tls->state == TLS_CLOSED) &&
	    SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE && SSL_get_verify_result(tls->ssl) == X509_V_OK;
}

size_t
tls_end_point(const struct tls *tls, uint8_t out[TLS_END_POINT_MAX])
{
	X509 *shown = tls->is_server ? SSL_get_certificate(tls->ssl) : SSL_get0_peer_certificate(tls->ssl);
	const EVP_MD *hash;
	unsigned int n = 0;
	int id;

	if (!shown || X509_get_signature_info(shown, &id, NULL, NULL, NULL) != 1 || id == NID_undef)
		return 0;
	hash = EVP_get_digestbynid(id == NID_md5 || id == NID_sha1 ? NID_sha256 : id);
	if (!hash || EVP_MD_get_size(hash) > TLS_END_POINT_MAX ||
	    X509_digest(shown, hash, out, &n) != 1)
		n = 0;
	ERR_clear_error();
	return n;
}
