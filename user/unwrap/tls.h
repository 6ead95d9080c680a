/*
 * tls.h: TLS over memory, both faces, one flow's leg each.
 * No sockets: ciphertext in, plaintext out, and back. OpenSSL 3 over memory
 * BIOs, TLS 1.2 and later, no renegotiation, no compression, no early data.
 */
#ifndef UNWRAP_TLS_H
#define UNWRAP_TLS_H

#include <stdbool.h>

#include "out.h"
#include "span.h"
#include "view.h"

struct tls;

enum tls_state { TLS_SHAKING, TLS_OPEN, TLS_CLOSED, TLS_BROKEN };

/* Server face, for the skill. Of what the client offers by ALPN, `protocol` is taken ("postgresql"); one that offers
 * others only is refused (RFC 7301 section 3.2, and ALPACA). Insists: so is one that offers none. With NULL the choice
 * comes later: tls_needs_choice() is true once the ClientHello was read, *protocols is what is offered, as ALPN has it
 * (empty: nothing); then give tls_choose() and go on, with tls_write() of nothing. Once the choice is made
 * tls_needs_leaf() is true: give tls_set_leaf() the keeper's answer and go on likewise. An empty chain says that
 * there is none: going on then ends TLS with an alert. */
int tls_server_new(struct tls **out, const char *protocol, bool insists);
bool tls_needs_choice(const struct tls *, struct span *server_name, struct span *protocols);
/* NULL: none. The text stays the caller's. */
void tls_choose(struct tls *, const char *protocol);
/* Instead of a choice or a leaf: going on then ends TLS with an alert, whatever ticket the client has. */
void tls_refuse(struct tls *);
/* Is that one of ALPN's list? */
bool tls_offers(struct span protocols, const char *protocol);
bool tls_needs_leaf(const struct tls *, struct span *server_name);
/* Show the leaf that another leg was given for the same question, no longer ago than a minute: true, and it goes on as
 * after tls_set_leaf(). False: there is none; what tls_set_leaf() is given is the answer to this question. */
#define TLS_LEAF_RECALL_S 60
bool tls_recall_leaf(struct tls *, struct span question);
int tls_set_leaf(struct tls *, struct span chain_pem, struct span key_pem);

/* Client face, to the backend; offers `protocols` by ALPN: names with a space between, the best first (NULL: says
 * nothing). `roots_pem` is parsed once per target by tls_roots_new and shared. */
struct tls_roots;
int tls_roots_new(struct tls_roots **out, struct span roots_pem);
void tls_roots_free(struct tls_roots **);
int tls_client_new(struct tls **out, enum view_tls, const struct tls_roots *, const char *name,
    const char *protocols);
/*
 * Show this certificate (leaf first) where the backend asks for one, over TLS 1.3 and no less; its key
 * (RSA, EC P-256 or P-384, Ed25519) is somewhere else. Before the handshake begins. When
 * tls_needs_signature() is true, which is never before the backend was verified: give tls_set_signature()
 * the signature of that content and go on, with tls_write() of nothing. An empty one ends TLS. Returns 0,
 * -EINVAL (no such text, too long a signature, or out of turn) or -ENOMEM. Of one process 1024 handshakes
 * may wait for a signature; one more is broken.
 */
int tls_set_certificate(struct tls *, struct span chain_pem);
bool tls_needs_signature(const struct tls *, struct span *content);
int tls_set_signature(struct tls *, struct span signature);
/* Was it asked for, and its key proven? */
bool tls_has_signed(const struct tls *);
/* tls-server-end-point (RFC 5929 section 4.1) of the server's certificate, ours or the backend's, into `out`: its digest
 * by the hash of its signature, SHA-256 for MD5 and SHA-1. Returns its bytes; 0: it is not defined
 * (Ed25519, say), or no certificate was shown. */
#define TLS_END_POINT_MAX 64
size_t tls_end_point(const struct tls *, uint8_t out[TLS_END_POINT_MAX]);

/*
 * Let a leg take up a session that was begun by another, of the same `bond`: whatever both must have in common, said before
 * the handshake begins. Server face: by tickets (RFC 8446 section 4.6.1, RFC 5077), which hold for the same name and
 * protocol besides; who shows any other has a full handshake, and is told nothing. Client face: only where the backend is
 * verified and no certificate is shown to it; a session is of the same roots, and good for no longer than any certificate
 * of the chain it was verified by. Neither face sends or takes early data.
 */
void tls_resume(struct tls *, struct span bond);
bool tls_is_resumed(const struct tls *);
/* The keys of tickets, the newest first, by which they are made; the others open those that were made before. Wiped when
 * others are given. Without any there are no tickets. Returns 0, -EINVAL (no such keys) or -ENOMEM; then nothing has changed. */
#define TLS_TICKET_KEY 80	/* bytes: name 16, for AES-256 32, for HMAC-SHA-256 32 */
#define TLS_TICKET_KEYS 2
#define TLS_TICKET_LIFE_S 3600
#define TLS_TICKETS_LIFE_S (12 * 3600)	/* of what was begun by one full handshake, however often it is taken up */
#define TLS_SESSION_LIFE_S 300		/* the same to a backend */
int tls_tickets(struct span keys);

/* Client face, whose handshake is done: has the backend shown, to it or to the leg whose session it took up, a certificate
 * that is right? */
bool tls_is_verified(const struct tls *);
/* What was agreed on by ALPN; empty: nothing. */
struct span tls_protocol(const struct tls *);
/* Feed ciphertext from the socket; plaintext is appended to *plain, answers to *cipher. Consumes all of `in`. */
enum tls_state tls_read(struct tls *, struct span in, struct out *plain, struct out *cipher);
/* Encrypt; also pushes a handshake on when `plain` is empty. */
enum tls_state tls_write(struct tls *, struct span plain, struct out *cipher);
/* close_notify. */
void tls_close(struct tls *, struct out *cipher);
/* Plain sentence of what broke it, for the entry. */
const char *tls_error(const struct tls *);
/* SNI of a ClientHello without ending TLS (for inspect: none). False: not (yet) one, or none in it. */
bool tls_peek_name(struct span head, struct span *name);
void tls_free(struct tls **);

#endif
