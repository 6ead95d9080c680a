/*
 * tls_server.c: the face that skills see.
 * The handshake stops after the ClientHello, in OpenSSL's certificate callback,
 * until the keeper's leaf for the name that was asked for is here. What all
 * legs agree on is in one context, made once; what is a leg's own, its
 * certificate too, is with its SSL.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/must.h"
#include "unwrap/tls_inside.h"

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
	ERR_clear_error();
}

/* 1: go on, 0: end with an alert, -1: wait. */
static int
give_leaf(SSL *ssl, void *arg)
{
	const struct tls *tls = arg;

	(void)ssl;
	if (tls->refuses)
		return 0;
	return tls->has_leaf ? 1 : -1;
}

/* Who offers others only is in the wrong place. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned int in_n, void *arg)
{
	const struct tls *tls = SSL_get_app_data(ssl);
	unsigned char ours[TLS_PROTOCOLS_MAX];
	unsigned char *chosen;

	(void)arg;
	/* `ours` is looked for in `in`, so that what is chosen stands in there: see SSL_select_next_proto(3) */
	if (!tls->protocol || SSL_select_next_proto(&chosen, n, in, in_n, ours,
	    tls_protocol_list(tls->protocol, ours)) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* An extension of the ClientHello; empty: it is not there. */
static struct span
extension_of(SSL *ssl, unsigned int type)
{
	const unsigned char *p;
	size_t n;

	return SSL_client_hello_get0_ext(ssl, type, &p, &n) ? span_of(p, n) : span_of(NULL, 0);
}

/* RFC 7301 section 3.1: a list in 16 bits of length; OpenSSL looks at what is in it itself, afterwards. */
static struct span
list_in(struct span extension)
{
	struct span list = { 0 };
	uint16_t n;

	return take_be16(&extension, &n) && take_bytes(&extension, n, &list) ? list : span_of(NULL, 0);
}

/* RFC 6066 section 3: a list of names, the first of which is a host's. */
static struct span
name_in(struct span extension)
{
	struct span list = list_in(extension), name = { 0 };
	uint8_t type;
	uint16_t n;

	return take_u8(&list, &type) && type == TLSEXT_NAMETYPE_host_name && take_be16(&list, &n) &&
	    take_bytes(&list, n, &name) ? name : span_of(NULL, 0);
}

/* Who says nothing before TLS must say within it what it wants to speak; and where that
 * is chosen by somebody else, the handshake waits for it. */
static int
look_at_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls *tls = SSL_get_app_data(ssl);

	(void)arg;
	tls->offers = list_in(extension_of(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation));
	tls->asked_name = name_in(extension_of(ssl, TLSEXT_TYPE_server_name));
	if (!tls->has_choice)
		return SSL_CLIENT_HELLO_RETRY;
	tls_ticket_bind(tls);
	if (!tls->insists || tls->offers.n)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	ERR_raise(ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL);	/* so that its end says why */
	return SSL_CLIENT_HELLO_ERROR;
}

/* Of TLS 1.2: no CBC (Lucky 13, RFC 9325 section 4.1) and nothing without forward secrecy. */
#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* To make it costs more than a handshake. No certificate and no session is ever in it: tickets have theirs. NULL: no memory. */
static SSL_CTX *
shared_context(void)
{
	static SSL_CTX *context;	/* the process's: it has one thread */

	if (!context) {
		context = tls_context_new(TLS_server_method());
		if (!context || SSL_CTX_set_cipher_list(context, CIPHERS_12) != 1 ||
		    !tls_ticket_prepare(context))
			return NULL;
		SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
		SSL_CTX_set_client_hello_cb(context, look_at_hello, NULL);
	}
	return context;
}

int
tls_server_new(struct tls **out, const char *protocol, bool insists)
{
	SSL_CTX *context = shared_context();
	struct tls *tls = NULL;
	int r;

	if (!context)
		return -ENOMEM;
	r = tls_leg_new(&tls, context, true);
	if (r)
		return r;
	tls->protocol = protocol;
	tls->has_choice = protocol != NULL;
	tls->insists = insists;
	SSL_set_cert_cb(tls->ssl, give_leaf, tls);
	*out = tls;
	return 0;
}

bool
tls_needs_choice(const struct tls *tls, struct span *server_name, struct span *protocols)
{
	if (!tls->wants_choice)
		return false;
	*server_name = tls->asked_name;
	*protocols = tls->offers;
	return true;
}

void
tls_choose(struct tls *tls, const char *protocol)
{
	tls->protocol = protocol;
	tls->has_choice = true;
	tls->wants_choice = false;
}

void
tls_refuse(struct tls *tls)
{
	tls_choose(tls, NULL);
	tls->refuses = true;
	tls->has_bond = tls->wants_leaf = false;
}

bool
tls_offers(struct span protocols, const char *protocol)
{
	struct span name;
	uint8_t n;

	while (take_u8(&protocols, &n) && take_bytes(&protocols, n, &name))
		if (span_is(name, protocol))
			return true;
	return false;
}

bool
tls_needs_leaf(const struct tls *tls, struct span *server_name)
{
	if (!tls->wants_leaf)
		return false;
	*server_name = span_text(SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name));
	return true;
}

bool
tls_use_key(SSL *ssl, struct span pem)
{
	static char none[] = "";	/* a pass phrase is never asked for */
	cleanup(free_bio) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, none) : NULL;
	bool right = key && SSL_use_PrivateKey(ssl, key) == 1 &&
	    SSL_check_private_key(ssl) == 1;

	EVP_PKEY_free(key);
	return right;
}

bool
tls_recall_leaf(struct tls *tls, struct span question)
{
	tls->has_question = tls->wants_leaf && SHA256(question.p, question.n, tls->question);
	if (!tls->has_question || !tls_use_last_leaf(tls))
		return false;
	tls->has_leaf = true;
	tls->wants_leaf = false;
	return true;
}

int
tls_set_leaf(struct tls *tls, struct span chain_pem, struct span key_pem)
{
	if (!tls->wants_leaf)
		return -EINVAL;
	if (!chain_pem.n) {
		tls->refuses = true;
		tls->wants_leaf = false;
		return 0;
	}
	if (!tls_use_leaf(tls, chain_pem, key_pem)) {
		ERR_clear_error();
		return -EINVAL;
	}
	tls->has_leaf = true;
	tls->wants_leaf = false;
	return 0;
}
