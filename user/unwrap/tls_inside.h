/* tls_inside.h: what the files of tls share. Nobody else includes it. */
#ifndef UNWRAP_TLS_INSIDE_H
#define UNWRAP_TLS_INSIDE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "unwrap/kept_key.h"
#include "unwrap/tls.h"

#define TLS_WHY_SIZE 192
#define TLS_BOND_SIZE 32

/* How long a session is good, from when its backend was verified. */
struct tls_span {
	uint64_t until;		/* CLOCK_BOOTTIME, ns */
	int64_t not_after;	/* of the certificates, seconds since 1970 */
};

struct tls {
	SSL *ssl;
	BIO *in, *out;		/* ciphertext; the SSL's */
	enum tls_state state;
	bool is_server;
	bool is_trimmed;	/* what the handshake needed memory for was given back */
	bool wants_choice;	/* server face: the ClientHello is here, what to speak is not chosen */
	bool has_choice, insists;
	const char *protocol;	/* chosen; NULL: none */
	struct span offers;	/* ALPN's list, OpenSSL's, while it stands still */
	struct span asked_name;	/* the same of its server name */
	bool wants_leaf;	/* the ClientHello was read, no leaf was given yet */
	bool has_leaf;
	uint8_t question[TLS_BOND_SIZE];	/* what the leaf is asked for by, as a digest */
	bool has_question;
	bool refuses;		/* there is no leaf: say so and end */
	bool said_bye;		/* our close_notify went out */
	bool has_certificate;	/* client face: it may be shown */
	bool wants_signature;	/* the handshake stands still until `content` is signed */
	bool has_signed;
	struct span content;	/* OpenSSL's, while it stands still */
	uint8_t bond[TLS_BOND_SIZE];	/* what a session must have in common with it, as a digest */
	uint8_t bound[TLS_BOND_SIZE];	/* server face: the same with its name and protocol, for tickets */
	bool has_bond;
	bool has_offered;		/* client face: a session to the backend */
	struct tls_span offered;	/* … and how long that is good */
	uint8_t signature[KEPT_SIGNATURE_MAX];
	size_t signature_size;
	char why[TLS_WHY_SIZE];	/* what broke it; empty: nothing did */
};

/* A context for one side, with what both sides agree on. NULL: no memory. */
SSL_CTX *tls_context_new(const SSL_METHOD *);
/* Let the leg show the certificates of the text, the leaf first. False: they are no such text. */
bool tls_use_chain(SSL *, struct span pem);
/* And prove it by the key of the text. False: it is no such text, or another's. */
bool tls_use_key(SSL *, struct span pem);
/* Both, read once for all legs that show the same; the answer to the leg's question, if it has one. */
bool tls_use_leaf(struct tls *, struct span chain_pem, struct span key_pem);
/* The answer that another leg had to that question. False: there is none, or it is too old. */
bool tls_use_last_leaf(struct tls *);
/* Names with a space between as ALPN has them (RFC 7301 section 3.1). Returns the bytes. */
#define TLS_PROTOCOLS_MAX 64
unsigned int tls_protocol_list(const char *protocols, unsigned char out[TLS_PROTOCOLS_MAX]);
/* A leg over memory from a context. Returns 0 or -ENOMEM. */
int tls_leg_new(struct tls **out, SSL_CTX *, bool is_server);

/* tls_ticket.c: make and take tickets, on a context of the server face. */
bool tls_ticket_prepare(SSL_CTX *);
void tls_ticket_resume(struct tls *);
/* The ClientHello is here, its name too, and the protocol is chosen. */
void tls_ticket_bind(struct tls *);
/* tls_session.c: a place for sessions of one target, on its context of the client face. */
bool tls_session_prepare(SSL_CTX *);
void tls_session_resume(struct tls *);
/* The handshake is done: sessions that lack what they must have are forgotten again. */
void tls_session_settle(struct tls *);
/* Offer none like this leg's again: a handshake failed in which one was. */
void tls_session_forget(struct tls *);

#endif
