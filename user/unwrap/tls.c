/*
 * tls.c: TLS over memory, what both faces share.
 * Ciphertext goes into one memory BIO, OpenSSL turns the wheel, and what it
 * wants sent is taken out of another one at once: between two calls the second
 * is always empty, and the first holds less than a record, or what came while a
 * leaf or a signature is being fetched, which is bounded. Nothing here reads a file: no
 * configuration, no system store of certificates.
 *
 * A leg moves SHAKING -> OPEN -> CLOSED (the other side said good-bye; we may
 * still write), and from anywhere to BROKEN, which is final.
 */
#include "unwrap/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "unwrap/tls_inside.h"

#define CHUNK 16384		/* plaintext of one record, RFC 8446 section 5.1 */
#define WAITING_LIMIT 65536	/* ciphertext kept while a leaf or a signature is fetched */
#define CHAIN_MAX 8		/* certificates after the leaf */
#define SECURITY_LEVEL 2	/* 112 bits: RSA from 2048, no SHA-1 signatures */

SSL_CTX *
tls_context_new(const SSL_METHOD *method)
{
	SSL_CTX *context;

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	context = SSL_CTX_new(method);
	if (!context) {
		ERR_clear_error();
		return NULL;
	}
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_security_level(context, SECURITY_LEVEL);
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	return context;
}

unsigned int
tls_protocol_list(const char *protocols, unsigned char out[TLS_PROTOCOLS_MAX])
{
	unsigned int used = 0;

	while (*protocols) {
		size_t n = strcspn(protocols, " ");

		must(n > 0 && n < TLS_PROTOCOLS_MAX - used);
		out[used++] = (unsigned char)n;
		memcpy(out + used, protocols, n);
		used += (unsigned int)n;
		protocols += n + (protocols[n] == ' ');
	}
	return used;
}

int
tls_leg_new(struct tls **out, SSL_CTX *context, bool is_server)
{
	cleanup(tls_free) struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->is_server = is_server;
	tls->ssl = SSL_new(context);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !tls->in || !tls->out) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		ERR_clear_error();
		return -ENOMEM;
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_app_data(tls->ssl, tls);
	if (is_server)
		SSL_set_accept_state(tls->ssl);
	else
		SSL_set_connect_state(tls->ssl);
	*out = take(&tls);
	return 0;
}

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
	ERR_clear_error();
}

bool
tls_use_chain(SSL *ssl, struct span pem)
{
	cleanup(free_bio) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x;
	bool right;

	for (int i = 0; bio && i <= CHAIN_MAX; i++) {
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!x)
			return i > 0 && ERR_GET_REASON(ERR_peek_last_error()) ==
			    PEM_R_NO_START_LINE;
		right = i ? SSL_add1_chain_cert(ssl, x) == 1 :
		    SSL_use_certificate(ssl, x) == 1;
		X509_free(x);
		if (!right)
			return false;
	}
	return false;
}

static enum tls_state
broken(struct tls *tls, const char *why, const char *detail)
{
	if (tls->state == TLS_SHAKING && tls->has_offered)
		tls_session_forget(tls);
	if (tls->state != TLS_BROKEN)
		snprintf(tls->why, sizeof(tls->why), "%s%s%s", why,
		    detail ? ": " : "", detail ? detail : "");
	tls->state = TLS_BROKEN;
	tls->wants_choice = tls->wants_leaf = tls->wants_signature = false;
	ERR_clear_error();
	return TLS_BROKEN;
}

/* Both sides say so in their own way: RFC 8446 section 4.2.1, protocol_version. */
static bool
is_too_old(const struct tls *tls, unsigned long error)
{
	return tls->has_certificate && ERR_GET_LIB(error) == ERR_LIB_SSL &&
	    (ERR_GET_REASON(error) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ||
	    ERR_GET_REASON(error) == SSL_R_UNSUPPORTED_PROTOCOL);
}

/* Say what OpenSSL found wrong. Its own words only, none of the other side's. */
static enum tls_state
broken_by_ssl(struct tls *tls)
{
	unsigned long error = ERR_peek_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;
	long verdict = SSL_get_verify_result(tls->ssl);

	if (tls->refuses)
		return broken(tls, tls->is_server ? "there is no certificate for the name that was asked for" :
		    "the client certificate cannot be used without a signature", NULL);
	if (is_too_old(tls, error))
		return broken(tls, "the backend does not speak TLS 1.3, without which "
		    "no client certificate is shown", NULL);
	if (!tls->is_server && verdict != X509_V_OK &&
	    SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE)
		return broken(tls, "the backend's certificate was refused",
		    X509_verify_cert_error_string(verdict));
	if (!reason)
		reason = "unknown error";
	if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
	    ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET)
		return broken(tls, "the other side ended TLS", reason);
	return broken(tls, "TLS failed", reason);
}

static bool
stands_still(const struct tls *tls)
{
	return tls->wants_choice || tls->wants_leaf || tls->wants_signature;
}

/* BIOs keep the room of what was largest in them, a chain of certificates: others take their place once. */
static void
trim(struct tls *tls)
{
	BIO *in, *out;

	if (tls->is_trimmed || BIO_ctrl_pending(tls->in))
		return;
	in = BIO_new(BIO_s_mem());
	out = BIO_new(BIO_s_mem());
	if (!in || !out) {
		BIO_free(in);
		BIO_free(out);
		ERR_clear_error();
		return;
	}
	SSL_set_bio(tls->ssl, in, out);
	tls->in = in;
	tls->out = out;
	tls->is_trimmed = true;
}

/* Hand over what OpenSSL wants sent. */
static enum tls_state
drain(struct tls *tls, struct out *cipher)
{
	char *p;
	long n = BIO_get_mem_data(tls->out, &p);

	if (n > 0) {
		out_bytes(cipher, p, (size_t)n);
		(void)BIO_reset(tls->out);
	}
	if (tls->state == TLS_OPEN)
		trim(tls);
	if (!stands_still(tls))
		SSL_free_buffers(tls->ssl);	/* of the handshake, too, which it keeps else: 16 KiB each way */
	if (cipher->failed)
		return broken(tls, "no room for what TLS sends", NULL);
	return tls->state;
}

/* Push the handshake as far as it goes. */
static enum tls_state
shake(struct tls *tls)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(tls->ssl);
	if (r == 1) {
		SSL_clear_mode(tls->ssl, SSL_MODE_ASYNC);
		tls->state = TLS_OPEN;
		tls_session_settle(tls);
		return TLS_OPEN;
	}
	switch (SSL_get_error(tls->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return TLS_SHAKING;
	case SSL_ERROR_WANT_CLIENT_HELLO_CB:
		tls->wants_choice = true;
		return TLS_SHAKING;
	case SSL_ERROR_WANT_X509_LOOKUP:
		if (!tls->is_server) {	/* asked() comes next, in a job */
			SSL_set_mode(tls->ssl, SSL_MODE_ASYNC);
			return shake(tls);
		}
		tls->wants_leaf = true;
		return TLS_SHAKING;
	case SSL_ERROR_WANT_ASYNC_JOB:
		return broken(tls, "too many handshakes wait for a signature", NULL);
	case SSL_ERROR_WANT_ASYNC:
		tls->wants_signature = true;
		return TLS_SHAKING;
	default:
		return broken_by_ssl(tls);
	}
}

/* Decrypt all that is there. */
static enum tls_state
decrypt(struct tls *tls, struct out *plain)
{
	uint8_t chunk[CHUNK];
	size_t n = 0;

	for (;;) {
		ERR_clear_error();
		if (SSL_read_ex(tls->ssl, chunk, sizeof(chunk), &n) != 1)
			break;
		out_bytes(plain, chunk, n);
		if (plain->failed)
			return broken(tls, "no room for what was decrypted", NULL);
	}
	switch (SSL_get_error(tls->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		return tls->state;
	case SSL_ERROR_ZERO_RETURN:
		tls->state = TLS_CLOSED;
		return TLS_CLOSED;
	default:
		return broken_by_ssl(tls);
	}
}

/* Put ciphertext where OpenSSL reads it. */
static enum tls_state
feed(struct tls *tls, struct span in)
{
	size_t put = 0;

	if (stands_still(tls) && BIO_ctrl_pending(tls->in) + in.n > WAITING_LIMIT)
		return broken(tls, "too much came before the handshake", NULL);
	if (in.n && (BIO_write_ex(tls->in, in.p, in.n, &put) != 1 || put != in.n))
		return broken(tls, "no memory", NULL);
	return tls->state;
}

enum tls_state
tls_read(struct tls *tls, struct span in, struct out *plain, struct out *cipher)
{
	if (tls->state == TLS_BROKEN || tls->state == TLS_CLOSED)
		return tls->state;
	if (feed(tls, in) == TLS_SHAKING && !stands_still(tls))
		shake(tls);
	if (tls->state == TLS_OPEN)
		decrypt(tls, plain);
	return drain(tls, cipher);
}

enum tls_state
tls_write(struct tls *tls, struct span plain, struct out *cipher)
{
	size_t n = 0;

	if (tls->state == TLS_BROKEN)
		return TLS_BROKEN;
	if (tls->state == TLS_SHAKING && !stands_still(tls))
		shake(tls);
	if (plain.n && (tls->state == TLS_SHAKING || tls->said_bye))
		return broken(tls, "bytes were to be sent outside the session", NULL);
	while (plain.n && tls->state != TLS_BROKEN) {
		ERR_clear_error();
		if (SSL_write_ex(tls->ssl, plain.p, plain.n < CHUNK ? plain.n : CHUNK, &n) != 1) {
			broken_by_ssl(tls);
			break;
		}
		plain = span_skip(plain, n);
		drain(tls, cipher);
	}
	return drain(tls, cipher);
}

void
tls_close(struct tls *tls, struct out *cipher)
{
	if (tls->state == TLS_BROKEN || tls->state == TLS_SHAKING || tls->said_bye)
		return;
	ERR_clear_error();
	SSL_shutdown(tls->ssl);
	tls->said_bye = true;
	drain(tls, cipher);
	ERR_clear_error();
}

void
tls_resume(struct tls *tls, struct span bond)
{
	must(tls->state == TLS_SHAKING && !tls->has_bond);
	if (!SHA256(bond.p, bond.n, tls->bond))
		return;
	if (tls->is_server)
		tls_ticket_resume(tls);
	else
		tls_session_resume(tls);
}

bool
tls_is_resumed(const struct tls *tls)
{
	return SSL_session_reused(tls->ssl) == 1;
}

struct span
tls_protocol(const struct tls *tls)
{
	const unsigned char *name;
	unsigned int n;

	SSL_get0_alpn_selected(tls->ssl, &name, &n);
	return span_of(name, n);
}

const char *
tls_error(const struct tls *tls)
{
	return tls->why;
}

void
tls_free(struct tls **tls)
{
	/* a job cannot be given up, only ended: without a signature it fails */
	if (*tls && (*tls)->ssl && SSL_waiting_for_async((*tls)->ssl)) {
		(*tls)->signature_size = 0;
		SSL_do_handshake((*tls)->ssl);
		ERR_clear_error();
	}
	/* or OpenSSL takes what came with it for spoilt: that no good-bye is said does not matter (RFC 8446 section 6.1) */
	if (*tls && (*tls)->ssl && !(*tls)->is_server && (*tls)->state != TLS_BROKEN)
		SSL_set_shutdown((*tls)->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	if (*tls)
		SSL_free((*tls)->ssl);
	free(*tls);
	*tls = NULL;
}
