/*
 * tls_ticket.c: the server face takes up sessions by tickets.
 * A ticket is the session itself, sealed by a key that all workers have and that turns over: nothing is kept here of
 * whom it was given to. What it may be used for is within it: a digest of the bond that its leg had, the name that was
 * asked for and the protocol that was chosen, and when its first handshake was. OpenSSL opens it when the
 * ClientHello is read, at which time the same three are known of the new leg. If any is another, the ticket is as good as none.
 * Of TLS 1.3 only with a key exchange of its own (psk_dhe_ke), as OpenSSL has it unless told otherwise: who gets to know
 * a key of tickets does not read what was said under them. Of TLS 1.2 it does; so keys live in memory alone, and not for long.
 */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/secret.h"
#include "out.h"
#include "unwrap/tls_inside.h"

#define NAME_SIZE 16
#define HALF_SIZE 32		/* a key of AES-256, and one of HMAC-SHA-256 */
#define TICKETS 1		/* after each handshake: who wants to take up two at once shares it, or has a full one */
#define WITHIN_SIZE (TLS_BOND_SIZE + 8)

static struct secret keys;	/* the process's: it has one thread */
static EVP_CIPHER *cipher;

/* ---- what is within ------------------------------------------------------------------ */

void
tls_ticket_bind(struct tls *tls)
{
	struct out text = out_new(1024);

	if (!tls->has_bond)
		return;
	out_bytes(&text, tls->bond, sizeof(tls->bond));
	out_block(&text, span_text(tls->protocol ? tls->protocol : ""));
	out_block(&text, tls->asked_name);
	tls->has_bond = !text.failed && SHA256(text.p, text.n, tls->bound);
	out_free(&text);
}

/* The first handshake of what a ticket within `data` goes on with. False: it is no ticket of this bond. */
static bool
look_within(const struct tls *tls, struct span data, uint64_t *began)
{
	struct span bound;

	return take_bytes(&data, sizeof(tls->bound), &bound) && take_be64(&data, began) && !data.n &&
	    !CRYPTO_memcmp(bound.p, tls->bound, sizeof(tls->bound));
}

/* An SSL_CTX_generate_session_ticket_fn. */
static int
seal(SSL *ssl, void *arg)
{
	const struct tls *tls = SSL_get_app_data(ssl);
	SSL_SESSION *session = SSL_get_session(ssl);
	struct out within = out_new(WITHIN_SIZE);
	uint64_t began = clock_wall() / SECOND_NS, first;
	void *data = NULL;
	size_t n = 0;
	int right;

	(void)arg;
	if (SSL_session_reused(ssl) && SSL_SESSION_get0_ticket_appdata(session, &data, &n) && data &&
	    look_within(tls, span_of(data, n), &first))
		began = first;
	out_bytes(&within, tls->bound, sizeof(tls->bound));
	out_be64(&within, began);
	right = !within.failed && SSL_SESSION_set1_ticket_appdata(session, within.p, within.n);
	out_free(&within);
	return right;
}

/* An SSL_CTX_decrypt_session_ticket_fn: OpenSSL has opened it, or not. */
static SSL_TICKET_RETURN
weigh(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_n, SSL_TICKET_STATUS status, void *arg)
{
	const struct tls *tls = SSL_get_app_data(ssl);
	uint64_t began, now = clock_wall() / SECOND_NS;
	void *data = NULL;
	size_t n = 0;

	(void)name, (void)name_n, (void)arg;
	if (status == SSL_TICKET_EMPTY)
		return SSL_TICKET_RETURN_IGNORE_RENEW;	/* TLS 1.2: it has none, and takes one */
	if ((status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) || !tls->has_bond ||
	    !SSL_SESSION_get0_ticket_appdata(session, &data, &n) || !data ||
	    !look_within(tls, span_of(data, n), &began) || now < began || now - began >= TLS_TICKETS_LIFE_S)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	/* of TLS 1.3 one is used once; of TLS 1.2 until its key is the older one */
	return status == SSL_TICKET_SUCCESS && SSL_version(ssl) < TLS1_3_VERSION ?
	    SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

/* ---- keys ------------------------------------------------------------------------------ */

/* The key of that name, *at of them. NULL: there is none. */
static const uint8_t *
find(const unsigned char name[NAME_SIZE], size_t *at)
{
	for (*at = 0; *at < keys.n / TLS_TICKET_KEY; ++*at)
		if (!memcmp(keys.p + *at * TLS_TICKET_KEY, name, NAME_SIZE))
			return keys.p + *at * TLS_TICKET_KEY;
	return NULL;
}

static bool
set_mac(EVP_MAC_CTX *mac, const uint8_t *key)
{
	static char hash[] = "SHA256";
	uint8_t half[HALF_SIZE];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, half, sizeof(half)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0), OSSL_PARAM_construct_end()
	};
	bool right;

	memcpy(half, key + NAME_SIZE + HALF_SIZE, sizeof(half));
	right = EVP_MAC_CTX_set_params(mac, params) == 1;
	explicit_bzero(half, sizeof(half));
	return right;
}

/* See SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
static int
use_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *crypt, EVP_MAC_CTX *mac, int is_made)
{
	const uint8_t *key = keys.p;
	size_t at = 0;

	(void)ssl;
	if (is_made) {
		if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(cipher)) != 1)
			return -1;
		memcpy(name, key, NAME_SIZE);
	} else {
		key = find(name, &at);
		if (!key)
			return 0;
	}
	if (!set_mac(mac, key) || EVP_CipherInit_ex(crypt, cipher, NULL, key + NAME_SIZE, iv, is_made) != 1)
		return -1;
	return at ? 2 : 1;
}

int
tls_tickets(struct span given)
{
	struct secret made;
	int r;

	if (!given.n || given.n % TLS_TICKET_KEY || given.n / TLS_TICKET_KEY > TLS_TICKET_KEYS)
		return -EINVAL;
	r = secret_copy(&made, given);
	if (r)
		return r;
	secret_free(&keys);
	keys = made;
	return 0;
}

bool
tls_ticket_prepare(SSL_CTX *context)
{
	if (!cipher)
		cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	SSL_CTX_set_timeout(context, TLS_TICKET_LIFE_S);
	return cipher && SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key) == 1 &&
	    SSL_CTX_set_session_ticket_cb(context, seal, weigh, NULL) == 1;
}

void
tls_ticket_resume(struct tls *tls)
{
	if (!keys.n)
		return;
	tls->has_bond = true;
	SSL_clear_options(tls->ssl, SSL_OP_NO_TICKET);
	SSL_set_num_tickets(tls->ssl, TICKETS);
}
