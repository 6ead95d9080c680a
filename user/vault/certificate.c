/*
 * certificate.c: X.509 certificates of the two kinds the node makes.
 * Alternative names come from policy and are put in as structures, never as a
 * line of OpenSSL's configuration language, in which a comma would be a new name.
 */
#include "vault/certificate.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "base/must.h"
#include "out.h"
#include "vault/authority.h"

#define ROOT_LIFE_S (3650LL * 86400)
#define SERIAL_SIZE 16
#define COMMON_NAME_MAX 64	/* ub-common-name, RFC 5280 */
#define DNS_NAME_MAX 253

static void
free_certificate(X509 **x)
{
	X509_free(*x);
	ERR_clear_error();
}

static void
free_names(GENERAL_NAMES **names)
{
	GENERAL_NAMES_free(*names);
}

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
	ERR_clear_error();
}

EVP_PKEY *
certificate_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	ERR_clear_error();
	return key;
}

bool
certificate_key_is_right(const EVP_PKEY *key)
{
	char group[32];
	size_t n = 0;
	bool right;

	right = EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	    span_is(span_of(group, n), "prime256v1");
	ERR_clear_error();
	return right;
}

/* 128 bits of chance, positive and never zero. */
static bool
set_serial(X509 *x)
{
	uint8_t bytes[SERIAL_SIZE];
	BIGNUM *number;
	bool right;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	right = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
	BN_free(number);
	return right;
}

/* X509_time_adj_ex takes days and seconds apart, so that years fit everywhere. */
static bool
set_times(X509 *x, int64_t from, int64_t to)
{
	time_t zero = 0;

	return X509_time_adj_ex(X509_getm_notBefore(x), (int)(from / 86400),
	    (long)(from % 86400), &zero) &&
	    X509_time_adj_ex(X509_getm_notAfter(x), (int)(to / 86400),
	    (long)(to % 86400), &zero);
}

/* Add an extension from a constant text. */
static bool
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool right;

	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&context);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	right = extension && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return right;
}

static bool
add_common_name(X509_NAME *name, struct span text)
{
	return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
	    text.p, (int)text.n, -1, 0) == 1;
}

/* "Interlock node CA" and eight digits that come from the key. */
static bool
name_root(X509 *x, EVP_PKEY *key)
{
	uint8_t *der = NULL, digest[32];
	char text[COMMON_NAME_MAX];
	int n = i2d_PUBKEY(key, &der);
	bool right;

	if (n <= 0)
		return false;
	right = EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_free(der);
	if (!right)
		return false;
	snprintf(text, sizeof(text), "Interlock node CA %02x%02x%02x%02x",
	    digest[0], digest[1], digest[2], digest[3]);
	return add_common_name(X509_get_subject_name(x), span_text(text));
}

X509 *
certificate_root(EVP_PKEY *key, uint64_t now)
{
	cleanup(free_certificate) X509 *x = X509_new();
	int64_t from = (int64_t)now - LEAF_EARLY_S;

	if (!x || !X509_set_version(x, X509_VERSION_3) || !set_serial(x) ||
	    !set_times(x, from, from + ROOT_LIFE_S) ||
	    !X509_set_pubkey(x, key) || !name_root(x, key) ||
	    !X509_set_issuer_name(x, X509_get_subject_name(x)))
		return NULL;
	if (!add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
	    !add_extension(x, x, NID_key_usage, "critical,keyCertSign") ||
	    !add_extension(x, x, NID_subject_key_identifier, "hash") ||
	    !X509_sign(x, key, EVP_sha256()))
		return NULL;
	return take(&x);
}

/* Add one name of the given kind. */
static bool
add_name(GENERAL_NAMES *names, int kind, const void *p, size_t n)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text = ASN1_STRING_type_new(
	    kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

	if (!name || !text || !ASN1_STRING_set(text, p, (int)n) ||
	    !sk_GENERAL_NAME_push(names, name)) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(text);
		return false;
	}
	GENERAL_NAME_set0_value(name, kind, text);
	return true;
}

static bool
add_address(GENERAL_NAMES *names, const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!memcmp(ip, mapped, sizeof(mapped)))
		return add_name(names, GEN_IPADD, ip + 12, 4);
	return add_name(names, GEN_IPADD, ip, 16);
}

/* A host of a target: a name, or an address written out. */
static bool
add_host(GENERAL_NAMES *names, struct span host)
{
	char text[DNS_NAME_MAX + 1];
	uint8_t ip[16];

	if (host.n == 0 || host.n > DNS_NAME_MAX)
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = 0;
	if (inet_pton(AF_INET, text, ip) == 1)
		return add_name(names, GEN_IPADD, ip, 4);
	if (inet_pton(AF_INET6, text, ip) == 1)
		return add_name(names, GEN_IPADD, ip, 16);
	return add_name(names, GEN_DNS, host.p, host.n);
}

/* Names go where RFC 6125 wants them; the common name is for people. */
static bool
set_names(X509 *x, const struct leaf_terms *terms)
{
	cleanup(free_names) GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct span common = SPAN("interlock");

	for (size_t i = 0; i < terms->name_count; i++)
		if (!names || !add_host(names, terms->names[i]))
			return false;
	if (!names || (terms->ip && !add_address(names, terms->ip)))
		return false;
	if (terms->name_count && terms->names[0].n <= COMMON_NAME_MAX)
		common = terms->names[0];
	return add_common_name(X509_get_subject_name(x), common) &&
	    X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
}

X509 *
certificate_leaf(EVP_PKEY *key, X509 *root, EVP_PKEY *root_key,
    const struct leaf_terms *terms, uint64_t now)
{
	cleanup(free_certificate) X509 *x = X509_new();
	int64_t from = (int64_t)now - LEAF_EARLY_S;

	if (!x || !X509_set_version(x, X509_VERSION_3) || !set_serial(x) ||
	    !set_times(x, from, (int64_t)now + LEAF_LIFE_S) ||
	    !X509_set_pubkey(x, key) || !set_names(x, terms) ||
	    !X509_set_issuer_name(x, X509_get_subject_name(root)))
		return NULL;
	if (!add_extension(x, root, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(x, root, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(x, root, NID_ext_key_usage, "serverAuth") ||
	    !add_extension(x, root, NID_subject_key_identifier, "hash") ||
	    !add_extension(x, root, NID_authority_key_identifier, "keyid:always") ||
	    !X509_sign(x, root_key, EVP_sha256()))
		return NULL;
	return take(&x);
}

static bool
drain(BIO *bio, struct out *out)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	if (n <= 0)
		return false;
	out_bytes(out, p, (size_t)n);
	return !out->failed;
}

bool
certificate_write(X509 *x, struct out *out)
{
	cleanup(free_bio) BIO *bio = BIO_new(BIO_s_mem());

	return bio && PEM_write_bio_X509(bio, x) == 1 && drain(bio, out);
}

bool
certificate_write_key(EVP_PKEY *key, struct out *out)
{
	/* s_secmem wipes what it held */
	cleanup(free_bio) BIO *bio = BIO_new(BIO_s_secmem());

	return bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0,
	    NULL, NULL) == 1 && drain(bio, out);
}
