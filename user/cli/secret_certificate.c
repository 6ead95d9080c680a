/*
 * secret_certificate.c: a client certificate and its key, from two files into one secret.
 * One that does not fit the other is found here, before what is in use is replaced.
 */
#include "cli/secret_certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/client.h"

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
}

/* Append a file, with a newline at its end. Returns an exit code. */
static int
append_file(const char *path, struct secret *out, size_t *n)
{
	cleanup(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && *n < out->n) {
		got = read(fd, out->p + *n, out->n - *n);
		*n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0) {
		client_complain("%s: %s", path, strerror(errno));
		return errno == EACCES ? CLI_PERMISSION : CLI_FAILED;
	}
	if (*n == out->n) {
		client_complain("certificates and key are %zu bytes or more, which is the limit", out->n);
		return CLI_USAGE;
	}
	if (*n && out->p[*n - 1] != '\n')
		out->p[(*n)++] = '\n';
	return CLI_OK;
}

/* A pass phrase is for a file that lies about; this one is kept where no one else can read it. */
static int
no_phrase(char *room, int size, int is_writing, void *arg)
{
	(void)room, (void)size, (void)is_writing, (void)arg;
	return -1;
}

static bool
do_fit(struct span pem)
{
	cleanup(free_bio) BIO *one = BIO_new_mem_buf(pem.p, (int)pem.n);
	cleanup(free_bio) BIO *two = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = one ? PEM_read_bio_PrivateKey(one, NULL, no_phrase, NULL) : NULL;
	X509 *x = two ? PEM_read_bio_X509(two, NULL, no_phrase, NULL) : NULL;
	bool fit = key && x && X509_check_private_key(x, key) == 1;

	X509_free(x);
	EVP_PKEY_free(key);
	return fit;
}

int
secret_certificate_read(const char *certificate, const char *key, struct secret *out, size_t *n)
{
	int code;

	*n = 0;
	code = append_file(key, out, n);
	if (code == CLI_OK)
		code = append_file(certificate, out, n);
	if (code != CLI_OK)
		return code;
	if (!do_fit(span_of(out->p, *n))) {
		client_complain("%s and %s are not a certificate in PEM, the client's own first, "
		    "and its private key without a pass phrase", certificate, key);
		return CLI_USAGE;
	}
	return CLI_OK;
}
