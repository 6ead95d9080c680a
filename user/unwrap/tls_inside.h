/* tls_inside.h: what the files of tls share. Nobody else includes it. */
#ifndef UNWRAP_TLS_INSIDE_H
#define UNWRAP_TLS_INSIDE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "unwrap/tls.h"

#define TLS_WHY_SIZE 192

struct tls {
	SSL *ssl;
	BIO *in, *out;		/* ciphertext; the SSL's */
	enum tls_state state;
	bool is_server;
	bool wants_leaf;	/* the ClientHello was read, no leaf was given yet */
	bool has_leaf;
	bool refuses;		/* there is no leaf: say so and end */
	bool said_bye;		/* our close_notify went out */
	char why[TLS_WHY_SIZE];	/* what broke it; empty: nothing did */
};

/* A context for one side, with what both sides agree on. NULL: no memory. */
SSL_CTX *tls_context_new(const SSL_METHOD *);
/* A leg over memory from a context. Returns 0 or -ENOMEM. */
int tls_leg_new(struct tls **out, SSL_CTX *, bool is_server);

#endif
