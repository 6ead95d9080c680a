/*
 * client_key.h: a certificate that logs the daemon in, with its key.
 * The key signs one kind of thing: what a client signs in a handshake of TLS 1.3, so that
 * a worker that was taken over cannot have anything else signed.
 */
#ifndef VAULT_CLIENT_KEY_H
#define VAULT_CLIENT_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct client_key;	/* opaque */

#define CLIENT_KEY_CHAIN 8		/* certificates after the client's own */
#define CLIENT_KEY_SIGNATURE 512	/* bytes: RSA of 4096 bits */

/*
 * Read PEM: a private key (RSA of 2048 to 4096 bits, EC P-256 or P-384, Ed25519; not
 * encrypted), its certificate, and what is between that and a root, in this order or the
 * key last. Returns 0 and *out is the caller's, -EINVAL (anything else) or -ENOMEM.
 */
int client_key_read(struct client_key **out, struct span pem);
/* The certificates, in PEM. */
struct span client_key_chain(const struct client_key *);
/*
 * Sign what a client's CertificateVerify covers (RFC 8446 section 4.4.3), by the one scheme
 * for a key of its kind: rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384,
 * ed25519. Returns 0, -EPERM (it is something else) or -EIO.
 */
int client_key_sign(const struct client_key *, struct span content,
    uint8_t out[CLIENT_KEY_SIGNATURE], size_t *n);
/* Wipe and give back. A NULL one is fine. */
void client_key_free(struct client_key **);

#endif
