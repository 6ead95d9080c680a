/* secret_certificate.h: a client certificate and its key, from two files into one secret. */
#ifndef CLI_SECRET_CERTIFICATE_H
#define CLI_SECRET_CERTIFICATE_H

#include <stddef.h>

struct secret;

/*
 * Put the key and the certificates of two PEM files into `out`, which has room, and how many bytes
 * they are into *n. Returns an exit code, having complained.
 */
int secret_certificate_read(const char *certificate, const char *key, struct secret *out, size_t *n);

#endif
