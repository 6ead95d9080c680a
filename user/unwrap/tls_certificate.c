/*
 * tls_certificate.c: the client face shows a certificate whose key is in the keeper.
 * OpenSSL signs in the middle of its handshake and cannot be asked to come back for it,
 * but it can stand still there: what may sign runs as a job (ASYNC_start_job(3)) on a stack
 * of its own, and is left alone until the signature is here. That stack is small and has no
 * guard, so no more than needed runs on it: the job begins when the backend's certificate has
 * been verified and its key has been proven (asked(), after CertificateVerify). What remains is
 * the backend's Finished, and what we say: 7 KiB of its 32, measured with OpenSSL 3.0.19.
 * TLS 1.3 only: there a signature says of itself that it is a client's in a handshake (RFC 8446
 * section 4.4.3), so that the keeper knows what it signs.
 */
#include <errno.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <string.h>

#include "base/must.h"
#include "unwrap/tls_inside.h"

/* One scheme for each kind of key, so that the key says which it is. What every server of
 * TLS 1.3 has (RFC 8446 section 9.1), and two besides. */
#define SCHEMES "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ed25519"

#define JOBS_MOST 1024	/* of a process: stacks are kept for the next, 32 MiB at most */

/* The backend has proven who it is, and asks who we are. -1: come back (as a job). */
static int
asked(SSL *ssl, void *arg)
{
	(void)ssl, (void)arg;
	return ASYNC_get_current_job() ? 1 : -1;
}

/* A kept_sign_fn, in the job. */
static size_t
stand_still(void *arg, struct span content, uint8_t *out, size_t room)
{
	struct tls *tls = arg;

	if (!ASYNC_get_current_job())
		return 0;
	tls->content = content;
	tls->signature_size = 0;
	ASYNC_pause_job();
	tls->content = span_of(NULL, 0);
	if (!tls->signature_size || tls->signature_size > room)
		return 0;
	memcpy(out, tls->signature, tls->signature_size);
	tls->has_signed = true;
	return tls->signature_size;
}

/* Once, before the first job. */
static bool
limit_jobs(void)
{
	static bool is_done;

	if (!is_done)
		is_done = ASYNC_init_thread(JOBS_MOST, 0) == 1;
	return is_done;
}

int
tls_set_certificate(struct tls *tls, struct span chain_pem)
{
	EVP_PKEY *key;
	bool right;

	if (!limit_jobs())
		return -ENOMEM;
	if (tls->is_server || tls->state != TLS_SHAKING || tls->has_certificate)
		return -EINVAL;
	if (!tls_use_chain(tls->ssl, chain_pem))
		return -EINVAL;
	key = kept_key_new(X509_get0_pubkey(SSL_get_certificate(tls->ssl)), stand_still, tls);
	right = key && SSL_use_PrivateKey(tls->ssl, key) == 1 &&
	    SSL_set_min_proto_version(tls->ssl, TLS1_3_VERSION) == 1 &&
	    SSL_set1_client_sigalgs_list(tls->ssl, SCHEMES) == 1;
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!right)
		return -EINVAL;
	SSL_set_cert_cb(tls->ssl, asked, NULL);
	tls->has_certificate = true;
	return 0;
}

bool
tls_needs_signature(const struct tls *tls, struct span *content)
{
	if (!tls->wants_signature)
		return false;
	*content = tls->content;
	return true;
}

int
tls_set_signature(struct tls *tls, struct span signature)
{
	if (!tls->wants_signature || signature.n > sizeof(tls->signature))
		return -EINVAL;
	if (signature.n)
		memcpy(tls->signature, signature.p, signature.n);
	tls->signature_size = signature.n;
	tls->refuses = !signature.n;
	tls->wants_signature = false;
	return 0;
}

bool
tls_has_signed(const struct tls *tls)
{
	return tls->has_signed;
}
