/*
 * kept_key.h: a key whose private half is somewhere else, as OpenSSL sees one.
 * Only the files of tls include it.
 */
#ifndef UNWRAP_KEPT_KEY_H
#define UNWRAP_KEPT_KEY_H

#include <openssl/evp.h>

#include "span.h"

#define KEPT_SIGNATURE_MAX 512	/* bytes: RSA of 4096 bits */

/* Sign `content`. Returns the bytes written to `out`; 0: it is not signed. */
typedef size_t kept_sign_fn(void *arg, struct span content, uint8_t *out, size_t room);

/* A key that is `public` (RSA, EC or Ed25519; its own reference is taken) and signs by fn(arg).
 * The caller owns it. NULL: no memory, or a key of another kind. */
EVP_PKEY *kept_key_new(EVP_PKEY *public, kept_sign_fn *fn, void *arg);

#endif
