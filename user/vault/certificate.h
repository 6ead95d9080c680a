/*
 * certificate.h: X.509 certificates of the two kinds the node makes.
 * Pure but for chance (serial numbers, keys). NULL or false: OpenSSL could not;
 * its error queue is then empty again.
 */
#ifndef VAULT_CERTIFICATE_H
#define VAULT_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

struct leaf_terms;
struct out;

/* A fresh EC P-256 key. */
EVP_PKEY *certificate_key(void);
/* Is it an EC P-256 key? */
bool certificate_key_is_right(const EVP_PKEY *);
/* The authority's own certificate: ten years, CA, pathlen 0, keyCertSign. */
X509 *certificate_root(EVP_PKEY *key, uint64_t now);
/* A server's, signed by root's key. */
X509 *certificate_leaf(EVP_PKEY *key, X509 *root, EVP_PKEY *root_key,
    const struct leaf_terms *, uint64_t now);

/* PEM, to and fro. */
bool certificate_write(X509 *, struct out *);
bool certificate_write_key(EVP_PKEY *, struct out *);

#endif
