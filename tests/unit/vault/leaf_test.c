/* The authority and its leaves: kept over restarts, refused in the wrong hands, for no name but policy's. */
#include "vault/leaf.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "out.h"
#include "vault/authority.h"
#include "view.h"

#define NOW 1800000000ULL
#define DAY 86400

static const uint8_t ip4[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 };
static const uint8_t ip6[16] = { 0xfd, [15] = 9 };
static const uint8_t other_ip[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 6 };
static const uint8_t no_ip[16];

static const char *hosts[] = { "Db.example.org", "db2", "10.9.8.7" };
static struct view_address addresses[2];
static const struct view_target target = {
	.name = "db", .hosts = hosts, .host_count = 3,
	.addresses = addresses, .address_count = 2,
};
static const struct view_target bare = { .name = "bare" };
static const struct view_target learned = { .name = "far", .hosts = hosts, .host_count = 2, .is_learned = true };

static X509 *
first_of(struct span pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return x;
}

static EVP_PKEY *
key_of(struct span pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

/* Verify as a client would, at a time. X509_V_… */
static int
verify(struct span chain, struct span root_pem, uint64_t when, const char *host)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509 *leaf = first_of(chain), *root = first_of(root_pem);
	int result;

	X509_STORE_add_cert(store, root);
	X509_STORE_CTX_init(context, store, leaf, NULL);
	X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), (time_t)when);
	X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), host, 0);
	X509_verify_cert(context);
	result = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	X509_free(leaf);
	X509_free(root);
	return result;
}

static void
check_leaf(struct leaves *leaves, struct span root)
{
	struct span chain, key, again, again_key;
	EVP_PKEY *private_key;
	X509 *x;

	CHECK(leaves_find(leaves, 0, &target, SPAN("dB.EXAMPLE.org"), ip4, NOW, &chain, &key) == 0);
	CHECK(verify(chain, root, NOW, "db.example.org") == X509_V_OK);
	CHECK(verify(chain, root, NOW, "db2") == X509_V_ERR_HOSTNAME_MISMATCH);
	CHECK(verify(chain, root, NOW - 3600 + 1, "db.example.org") == X509_V_OK);
	CHECK(verify(chain, root, NOW + 7 * DAY + 1, "db.example.org") == X509_V_ERR_CERT_HAS_EXPIRED);
	x = first_of(chain);
	private_key = key_of(key);
	CHECK(X509_check_private_key(x, private_key) == 1);
	CHECK(X509_check_ip_asc(x, "10.0.0.5", 0) == 1);
	CHECK(X509_check_ip_asc(x, "10.9.8.7", 0) == 0);
	CHECK(X509_check_ca(x) == 0);
	CHECK(X509_get_extended_key_usage(x) == XKU_SSL_SERVER);
	X509_free(x);
	EVP_PKEY_free(private_key);

	/* kept, until little is left */
	CHECK(leaves_find(leaves, 0, &target, SPAN("db.example.org"), ip4, NOW + DAY, &again, &again_key) == 0);
	CHECK(again.p == chain.p && again_key.p == key.p);
	CHECK(leaves_find(leaves, 0, &target, SPAN("db.example.org"), ip4, NOW + 5 * DAY, &again, &again_key) == 0);
	CHECK(verify(again, root, NOW + 11 * DAY, "db.example.org") == X509_V_OK);
	CHECK(leaves_find(leaves, 1, &target, SPAN("db.example.org"), ip4, NOW, &again, &key) == 0);
	CHECK(key.p != again_key.p);
}

static void
check_all_names(struct leaves *leaves, struct span root)
{
	struct span chain, key;
	X509 *x;

	CHECK(leaves_find(leaves, 0, &target, SPAN(""), ip6, NOW, &chain, &key) == 0);
	CHECK(verify(chain, root, NOW, "db.example.org") == X509_V_OK);
	CHECK(verify(chain, root, NOW, "db2") == X509_V_OK);
	x = first_of(chain);
	CHECK(X509_check_ip_asc(x, "10.9.8.7", 0) == 1);
	CHECK(X509_check_ip_asc(x, "fd00::9", 0) == 1);
	CHECK(X509_check_ip_asc(x, "10.0.0.5", 0) == 0);
	X509_free(x);
}

/* Where DNS has the addresses: a leaf for its names, and for no address. */
static void
check_learned(struct leaves *leaves, struct span root)
{
	struct span chain, key;
	X509 *x;

	CHECK(leaves_find(leaves, 5, &learned, SPAN("db2"), other_ip, NOW, &chain, &key) == 0);
	CHECK(verify(chain, root, NOW, "db2") == X509_V_OK);
	x = first_of(chain);
	CHECK(X509_check_ip_asc(x, "10.0.0.6", 0) == 0);
	X509_free(x);
	CHECK(leaves_find(leaves, 5, &learned, SPAN("evil.org"), other_ip, NOW, &chain, &key) == -EPERM);
}

static void
check_refusals(struct leaves *leaves)
{
	static const char *const names[] = {
		"evil.org", "db.example.org.", "db.example.orgx", "db.example.or", "*", "db2,DNS:evil.org", "b2",
	};
	struct span chain = SPAN("x"), key = SPAN("y");

	for (size_t i = 0; i < COUNT(names); i++)
		CHECK_ROW(names[i], leaves_find(leaves, 0, &target,
		    on_cliff(span_text(names[i])), ip4, NOW, &chain, &key) == -EPERM);
	CHECK(leaves_find(leaves, 0, &target, SPAN("db2\0.evil.org"), ip4, NOW, &chain, &key) == -EPERM);
	CHECK(leaves_find(leaves, 0, &target, SPAN("db2"), other_ip, NOW, &chain, &key) == -EPERM);
	CHECK(leaves_find(leaves, 0, &bare, SPAN(""), no_ip, NOW, &chain, &key) == -EINVAL);
	CHECK(span_is(chain, "x") && span_is(key, "y"));
	CHECK(leaves_find(leaves, 0, &target, SPAN("db2"), no_ip, NOW, &chain, &key) == 0);
}

static void
check_bound(struct leaves *leaves)
{
	struct span chain, key;

	for (uint32_t i = 0; i < LEAF_LIMIT + 10; i++)
		if (leaves_find(leaves, 100 + i, &target, SPAN("db2"), ip4, NOW, &chain, &key))
			CHECK(!"a leaf was refused");
	leaves_clear(leaves);
	CHECK(leaves_find(leaves, 0, &target, SPAN("db2"), ip4, NOW, &chain, &key) == 0);
}

/* Names that hold commas and new lines stay one name each. */
static void
check_odd_hosts(struct leaves *leaves)
{
	static const char *odd[] = { "a,DNS:evil.org" };
	static const struct view_target odd_target = { .name = "odd", .hosts = odd, .host_count = 1 };
	struct span chain, key;
	X509 *x;

	CHECK(leaves_find(leaves, 7, &odd_target, SPAN(""), no_ip, NOW, &chain, &key) == 0);
	x = first_of(chain);
	CHECK(X509_check_host(x, "evil.org", 0, 0, NULL) == 0);
	X509_free(x);
}

static void
check_files(const char *place, int dir)
{
	struct out first = out_new(65536), second = out_new(65536);
	struct authority *a = NULL;
	struct stat st;
	X509 *x;

	CHECK(mkdirat(dir, "keeper", 0700) == 0);
	int own = openat(dir, "keeper", O_RDONLY | O_DIRECTORY);

	CHECK(authority_open(&a, own, dir, geteuid(), NOW) == 0);
	CHECK(authority_certificate(a, &first) == 0);
	authority_free(&a);
	CHECK(fstatat(own, "ca.key", &st, 0) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(fstatat(dir, "ca.pem", &st, 0) == 0 && (st.st_mode & 0777) == 0644);
	CHECK(authority_open(&a, own, dir, geteuid(), NOW) == 0);
	CHECK(authority_certificate(a, &second) == 0);
	CHECK(span_equal(out_view(&first), out_view(&second)));
	authority_free(&a);
	x = first_of(out_view(&first));
	CHECK(X509_check_ca(x) == 1 && X509_get_pathlen(x) == 0 &&
	    X509_get_key_usage(x) == KU_KEY_CERT_SIGN);
	X509_free(x);

	/* nearly over: made anew for the same key */
	out_clear(&second);
	CHECK(authority_open(&a, own, dir, geteuid(), NOW + 3640ULL * DAY) == 0);
	CHECK(authority_certificate(a, &second) == 0);
	CHECK(!span_equal(out_view(&first), out_view(&second)));
	authority_free(&a);

	CHECK(fchmodat(own, "ca.key", 0640, 0) == 0);
	CHECK(authority_open(&a, own, dir, geteuid(), NOW) == -EPERM && !a);
	CHECK(fchmodat(own, "ca.key", 0600, 0) == 0);
	CHECK(renameat(own, "ca.key", own, "old") == 0);
	CHECK(authority_open(&a, own, dir, geteuid(), NOW) == -EINVAL);	/* a new key, the old certificate */
	CHECK(unlinkat(own, "ca.crt", 0) == 0);
	CHECK(authority_open(&a, own, dir, geteuid(), NOW) == 0);
	authority_free(&a);
	out_free(&first);
	out_free(&second);
	close(own);
	(void)place;
}

int
main(void)
{
	char place[] = "/tmp/leaf_test.XXXXXX", command[64];
	struct out root = out_new(65536);
	struct authority *a = NULL;
	struct leaves *leaves = NULL;
	int dir = mkdtemp(place) ? open(place, O_RDONLY | O_DIRECTORY) : -1;

	memcpy(addresses[0].ip, ip4, 16);
	memcpy(addresses[1].ip, ip6, 16);
	CHECK(authority_new(&a, NOW) == 0);
	CHECK(authority_certificate(a, &root) == 0);
	CHECK(leaves_new(&leaves, a) == 0);
	check_leaf(leaves, out_view(&root));
	check_all_names(leaves, out_view(&root));
	check_learned(leaves, out_view(&root));
	check_refusals(leaves);
	check_odd_hosts(leaves);
	check_bound(leaves);
	leaves_free(&leaves);
	authority_free(&a);
	out_free(&root);
	check_files(place, dir);
	snprintf(command, sizeof(command), "rm -r %s", place);
	CHECK(system(command) == 0);
	return check_end();
}
