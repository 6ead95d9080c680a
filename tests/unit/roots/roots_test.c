/* Bundles of each form get one more authority, and nothing else changes; what is no bundle is left alone. */
#include "roots/roots.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "check.h"
#include "out.h"
#include "vault/authority.h"

#define LIMIT (1u << 20)
#define NOW 1800000000ULL

static struct out pem, theirs_pem;
static uint8_t der[ROOTS_CERTIFICATE];
static struct roots_node node;

static X509 *
certificate_of(struct span text)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return x;
}

static void
make_certificates(void)
{
	struct authority *authority = NULL;
	size_t n = 0;

	pem = theirs_pem = out_new(LIMIT);
	for (int i = 0; i < 2; i++) {
		if (authority_new(&authority, NOW))
			abort();
		CHECK(authority_certificate(authority, i ? &theirs_pem : &pem) == 0);
		authority_free(&authority);
	}
	CHECK(roots_der(out_view(&pem), der, sizeof(der), &n));
	node = (struct roots_node){ out_view(&pem), span_of(der, n) };
}

/* What OpenSSL says the DER is. */
static void
check_der(void)
{
	X509 *x = certificate_of(out_view(&pem));
	uint8_t *right = NULL, room[16];
	int n = i2d_X509(x, &right);
	size_t got = 7;

	CHECK(n > 0 && span_equal(node.der, span_of(right, (size_t)n)));
	CHECK(!roots_der(out_view(&pem), room, sizeof(room), &got) && got == 7);
	CHECK(!roots_der(SPAN(""), room, sizeof(room), &got));
	CHECK(!roots_der(SPAN("-----BEGIN CERTIFICATE-----\n"), room, sizeof(room), &got));
	CHECK(!roots_der(SPAN("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), room, sizeof(room), &got));
	CHECK(!roots_der(SPAN("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"), room, sizeof(room), &got));
	OPENSSL_free(right);
	X509_free(x);
}

static const struct {
	const char *name;
	struct span in;
	bool is_bundle;
} texts[] = {
	{ "empty", SPAN(""), false },
	{ "no certificate", SPAN("root:x:0:0:root:/root:/bin/sh\n"), false },
	{ "one", SPAN("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), true },
	{ "trusted", SPAN("-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n"), true },
	{ "without a last line end", SPAN("# mine\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), true },
	{ "with a key", SPAN("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"), false },
	{ "with an old key", SPAN("-----BEGIN EC PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n"), false },
};

static void
check_pem(void)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct span in = on_cliff(texts[i].in);
		struct out out = out_new(LIMIT);
		bool was = roots_add(in, &node, &out);

		CHECK_ROW(texts[i].name, was == texts[i].is_bundle);
		if (was) {
			CHECK_ROW(texts[i].name, span_equal(span_head(out_view(&out), in.n), in));
			CHECK_ROW(texts[i].name, out.n > node.pem.n && out.p[out.n - node.pem.n - 1] == '\n');
			CHECK_ROW(texts[i].name, span_equal(span_skip(out_view(&out), out.n - node.pem.n), node.pem));
		}
		out_free(&out);
	}
}

/* ---- Java's own ------------------------------------------------------------------- */

static void
put_digest(struct out *out, size_t begin, struct span password)
{
	struct out all = out_new(LIMIT);
	uint8_t digest[20];

	out_span(&all, password);
	out_span(&all, SPAN("Mighty Aphrodite"));
	out_span(&all, span_skip(out_view(out), begin));
	EVP_Digest(all.p, all.n, digest, NULL, EVP_sha1(), NULL);
	out_bytes(out, digest, sizeof(digest));
	out_free(&all);
}

#define CHANGEIT SPAN("\0c\0h\0a\0n\0g\0e\0i\0t")

/* One entry, that of somebody else. */
static struct out
make_jks(struct span password)
{
	struct out out = out_new(LIMIT);

	out_span(&out, SPAN("\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1" "\0\0\0\2" "\0\3abc" "\0\0\0\0\0\0\0\1" "\0\5X.509"));
	out_block(&out, SPAN("their certificate"));
	put_digest(&out, 0, password);
	return out;
}

static void
check_jks(void)
{
	struct out in = make_jks(CHANGEIT), other = make_jks(SPAN("\0x")), out = out_new(LIMIT), right = out_new(LIMIT);
	struct span body = span_head(out_view(&in), in.n - 20);

	CHECK(roots_add(on_cliff(out_view(&in)), &node, &out));
	out_span(&right, SPAN("\xfe\xed\xfe\xed\0\0\0\2\0\0\0\2"));
	out_span(&right, span_skip(body, 12));
	out_span(&right, SPAN("\0\0\0\2" "\0\x09interlock" "\0\0\0\0\0\0\0\0" "\0\5X.509"));
	out_block(&right, node.der);
	put_digest(&right, 0, CHANGEIT);
	CHECK(span_equal(out_view(&out), out_view(&right)));
	out_clear(&out);
	CHECK(!roots_add(out_view(&other), &node, &out));	/* another password: not ours to change */
	for (size_t n = 0; n < in.n; n++) {
		out_clear(&out);
		CHECK(!roots_add(on_cliff(span_head(out_view(&in), n)), &node, &out));
	}
	out_clear(&out);
	in.p[7] = 1;	/* the first format had no kinds of certificates */
	CHECK(!roots_add(out_view(&in), &node, &out));
	out_free(&in);
	out_free(&other);
	out_free(&out);
	out_free(&right);
}

/* ---- PKCS #12 ---------------------------------------------------------------------- */

/* As JDKs ship it (no password), or as people make it (encrypted, with a MAC). */
static struct out
make_pkcs12(bool is_open)
{
	X509 *x = certificate_of(out_view(&theirs_pem));
	struct stack_st_X509 *others = sk_X509_new_null();
	struct out out = out_new(LIMIT);
	uint8_t *p = NULL;
	PKCS12 *made;
	int n;

	sk_X509_push(others, x);
	made = PKCS12_create(is_open ? NULL : "changeit", NULL, NULL, NULL, others, -1,
	    is_open ? -1 : NID_aes_256_cbc, 0, is_open ? -1 : 1, 0);
	n = i2d_PKCS12(made, &p);
	CHECK(n > 0);
	out_bytes(&out, p, (size_t)n);
	OPENSSL_free(p);
	PKCS12_free(made);
	sk_X509_free(others);
	X509_free(x);
	return out;
}

/* The bag that was added is open, and its certificate is the node's; Java's attribute is on it. */
static void
check_bag(struct stack_st_PKCS7 *safes)
{
	PKCS7 *last = sk_PKCS7_value(safes, sk_PKCS7_num(safes) - 1);
	struct stack_st_PKCS12_SAFEBAG *bags = PKCS7_type_is_data(last) ? PKCS12_unpack_p7data(last) : NULL;
	PKCS12_SAFEBAG *bag = bags ? sk_PKCS12_SAFEBAG_value(bags, 0) : NULL;
	X509 *x = bag ? PKCS12_SAFEBAG_get1_cert(bag) : NULL;
	ASN1_OBJECT *usage = OBJ_txt2obj("2.16.840.1.113894.746875.1.1", 1);
	uint8_t *p = NULL;
	bool has_usage = false;
	char *name = bag ? PKCS12_get_friendlyname(bag) : NULL;
	int n = x ? i2d_X509(x, &p) : 0;

	CHECK(bags && sk_PKCS12_SAFEBAG_num(bags) == 1);
	CHECK(n > 0 && span_equal(node.der, span_of(p, (size_t)n)));
	CHECK(name && !strcmp(name, "interlock"));
	for (int i = 0; bag && i < sk_X509_ATTRIBUTE_num(PKCS12_SAFEBAG_get0_attrs(bag)); i++) {
		X509_ATTRIBUTE *a = sk_X509_ATTRIBUTE_value(PKCS12_SAFEBAG_get0_attrs(bag), i);
		ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(a, 0);

		if (!OBJ_cmp(X509_ATTRIBUTE_get0_object(a), usage))
			has_usage = value && value->type == V_ASN1_OBJECT &&
			    OBJ_obj2nid(value->value.object) == NID_anyExtendedKeyUsage;
	}
	CHECK(has_usage);
	OPENSSL_free(name);
	OPENSSL_free(p);
	ASN1_OBJECT_free(usage);
	X509_free(x);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static void
check_pkcs12(bool is_open)
{
	struct out in = make_pkcs12(is_open), out = out_new(LIMIT);
	const unsigned char *p;
	struct stack_st_PKCS7 *safes;
	PKCS12 *got;

	CHECK(roots_add(on_cliff(out_view(&in)), &node, &out));
	p = out.p;
	got = d2i_PKCS12(NULL, &p, (long)out.n);
	CHECK(got && p == out.p + out.n && !PKCS12_mac_present(got));
	safes = got ? PKCS12_unpack_authsafes(got) : NULL;
	CHECK(safes && sk_PKCS7_num(safes) == 2);
	if (safes)
		check_bag(safes);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(got);
	for (size_t n = 0; n < in.n; n++) {
		out_clear(&out);
		CHECK(!roots_add(on_cliff(span_head(out_view(&in), n)), &node, &out));
	}
	for (size_t i = 0; i < in.n; i++) {	/* whatever a byte is, nothing beyond the end is read */
		out_clear(&out);
		in.p[i] ^= 0x81;
		roots_add(on_cliff(out_view(&in)), &node, &out);
		in.p[i] ^= 0x81;
	}
	out_free(&in);
	out_free(&out);
}

/* Every list ends, and what lies in a folder comes after it. */
static void
check_places(void)
{
	size_t folders = 0;

	for (const struct roots_place *p = roots_system; p->pattern; p++) {
		CHECK_ROW(p->pattern, p->pattern[0] == '/');
		folders += p->kind != ROOTS_FILE;
		CHECK_ROW(p->pattern, p->kind == ROOTS_FILE || (size_t)(p - roots_system) + 1 == folders);
	}
	for (const struct roots_place *p = roots_prefix; p->pattern; p++)
		CHECK_ROW(p->pattern, p->pattern[0] != '/' && p->kind == ROOTS_FILE);
	for (const struct roots_place *p = roots_library; p->pattern; p++)
		CHECK_ROW(p->pattern, p->pattern[0] != '/' && p->kind == ROOTS_FILE);
}

int
main(void)
{
	make_certificates();
	check_der();
	check_pem();
	check_jks();
	check_pkcs12(true);
	check_pkcs12(false);
	check_places();
	out_free(&pem);
	out_free(&theirs_pem);
	return check_end();
}
