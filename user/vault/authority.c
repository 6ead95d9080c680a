/*
 * authority.c: the node's own certificate authority, made once and then read.
 * The key is written before the certificate: a crash in between leaves a key
 * without one, for which the next start makes it. The public copy is written
 * at every start, so that it cannot differ for long.
 */
#include "vault/authority.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "base/secret.h"
#include "out.h"
#include "vault/certificate.h"
#include "vault/private.h"

#define KEY_FILE "ca.key"
#define CERTIFICATE_FILE "ca.crt"
#define PUBLIC_FILE "ca.pem"
#define PEM_MAX 16384
#define RENEW_S (30 * 86400)	/* longer than any leaf lives */

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

static void
free_out(struct out *out)
{
	out_free(out);
}

static void
free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void
free_certificate(X509 **x)
{
	X509_free(*x);
}

void
authority_free(struct authority **a)
{
	if (*a) {
		EVP_PKEY_free((*a)->key);
		X509_free((*a)->certificate);
	}
	free(*a);
	*a = NULL;
}

/* Read a PEM key; no pass phrase is ever asked for. */
static EVP_PKEY *
parse_key(struct span pem)
{
	static char none[] = "";
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, none) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static X509 *
parse_certificate(struct span pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return x;
}

int
authority_new(struct authority **out, uint64_t now)
{
	cleanup(authority_free) struct authority *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->key = certificate_key();
	if (a->key)
		a->certificate = certificate_root(a->key, now);
	if (!a->certificate)
		return -EIO;
	*out = take(&a);
	return 0;
}

static int
make_key(int dir, uint32_t uid, EVP_PKEY **out)
{
	cleanup(free_out) struct out pem = out_new(PEM_MAX);
	cleanup(free_key) EVP_PKEY *key = certificate_key();
	int r;

	if (!key || !certificate_write_key(key, &pem))
		return -EIO;
	r = private_write(dir, KEY_FILE, uid, 0600, out_view(&pem));
	if (r)
		return r;
	log_info("a new key for the node's certificate authority was made");
	*out = take(&key);
	return 0;
}

static int
open_key(int dir, uint32_t uid, EVP_PKEY **out)
{
	cleanup(secret_free) struct secret pem = { 0 };
	cleanup(free_key) EVP_PKEY *key = NULL;
	int r;

	r = private_read(dir, KEY_FILE, uid, PEM_MAX, &pem);
	if (r == -ENOENT)
		return make_key(dir, uid, out);
	if (r)
		return r;
	key = parse_key(secret_view(&pem));
	if (!key || !certificate_key_is_right(key))
		return -EINVAL;
	*out = take(&key);
	return 0;
}

static int
make_certificate(int dir, uint32_t uid, EVP_PKEY *key, uint64_t now, X509 **out)
{
	cleanup(free_out) struct out pem = out_new(PEM_MAX);
	cleanup(free_certificate) X509 *x = certificate_root(key, now);
	int r;

	if (!x || !certificate_write(x, &pem))
		return -EIO;
	r = private_write(dir, CERTIFICATE_FILE, uid, 0600, out_view(&pem));
	if (r)
		return r;
	*out = take(&x);
	return 0;
}

static int
open_certificate(int dir, uint32_t uid, EVP_PKEY *key, uint64_t now, X509 **out)
{
	cleanup(secret_free) struct secret pem = { 0 };
	cleanup(free_certificate) X509 *x = NULL;
	time_t soon = (time_t)now + RENEW_S;
	int r;

	r = private_read(dir, CERTIFICATE_FILE, uid, PEM_MAX, &pem);
	if (r == -ENOENT)
		return make_certificate(dir, uid, key, now, out);
	if (r)
		return r;
	x = parse_certificate(secret_view(&pem));
	if (!x)
		return -EINVAL;
	r = X509_check_private_key(x, key) == 1 ? 0 : -EINVAL;
	ERR_clear_error();
	if (r)
		return r;
	if (X509_cmp_time(X509_get0_notAfter(x), &soon) != 1)
		return make_certificate(dir, uid, key, now, out);
	*out = take(&x);
	return 0;
}

int
authority_open(struct authority **out, int keeper_dir, int state_dir,
    uint32_t uid, uint64_t now)
{
	cleanup(authority_free) struct authority *a = calloc(1, sizeof(*a));
	cleanup(free_out) struct out pem = out_new(PEM_MAX);
	int r;

	if (!a)
		return -ENOMEM;
	r = open_key(keeper_dir, uid, &a->key);
	if (!r)
		r = open_certificate(keeper_dir, uid, a->key, now, &a->certificate);
	if (!r)
		r = authority_certificate(a, &pem);
	if (!r)
		r = private_write(state_dir, PUBLIC_FILE, geteuid(), 0644, out_view(&pem));
	if (r)
		return r;
	*out = take(&a);
	return 0;
}

int
authority_certificate(const struct authority *a, struct out *out)
{
	return certificate_write(a->certificate, out) ? 0 : -EIO;
}

int
authority_sign(const struct authority *a, const struct leaf_terms *terms,
    uint64_t now, struct out *chain, struct out *key_pem)
{
	cleanup(free_key) EVP_PKEY *key = NULL;
	cleanup(free_certificate) X509 *x = NULL;
	size_t count = terms->name_count + (terms->ip ? 1 : 0);

	if (count == 0 || count > AUTHORITY_NAMES)
		return -EINVAL;
	key = certificate_key();
	if (!key)
		return -EIO;
	x = certificate_leaf(key, a->certificate, a->key, terms, now);
	if (!x || !certificate_write(x, chain) ||
	    !certificate_write(a->certificate, chain) ||
	    !certificate_write_key(key, key_pem))
		return -EIO;
	return 0;
}
