/* Both faces against each other in memory: in every cutting, and with every certificate that is wrong. */
#include "unwrap/tls.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <time.h>

#include "check.h"
#include "vault/authority.h"
#include "vault/certificate.h"

#define LIMIT (16u << 20)
#define LEAVES 20	/* more than are kept */
#define NAME "db.example.org"

struct pair {
	struct tls *client, *server;
	struct out to_server, to_client;	/* ciphertext under way */
	struct out at_server, at_client;	/* plaintext that came */
	enum tls_state client_state, server_state;
	struct span chain, key;
	char asked[256];
	bool was_asked;
};

static struct authority *authority;
static struct out root_pem, chain_pem, key_pem;
static uint64_t now;

static void
pair_new(struct pair *pair, enum view_tls how, const struct tls_roots *roots, const char *name)
{
	*pair = (struct pair){
		.to_server = out_new(LIMIT), .to_client = out_new(LIMIT),
		.at_server = out_new(LIMIT), .at_client = out_new(LIMIT),
		.chain = out_view(&chain_pem), .key = out_view(&key_pem),
	};
	CHECK(tls_server_new(&pair->server, "postgresql", false) == 0);
	CHECK(tls_client_new(&pair->client, how, roots, name, NULL) == 0);
}

static void
pair_free(struct pair *pair)
{
	tls_free(&pair->client);
	tls_free(&pair->server);
	out_free(&pair->to_server);
	out_free(&pair->to_client);
	out_free(&pair->at_server);
	out_free(&pair->at_client);
}

/* Move at most `cut` bytes each way. False: nothing was under way. */
static bool
move(struct pair *pair, size_t cut)
{
	struct span name, part;
	bool moved = pair->to_server.n || pair->to_client.n;

	part = span_head(out_view(&pair->to_server), cut);
	pair->server_state = tls_read(pair->server, part, &pair->at_server, &pair->to_client);
	out_drop(&pair->to_server, part.n);
	if (tls_needs_leaf(pair->server, &name)) {
		pair->was_asked = true;
		snprintf(pair->asked, sizeof(pair->asked), "%.*s", (int)name.n, (const char *)name.p);
		CHECK(tls_set_leaf(pair->server, pair->chain, pair->key) == 0);
		pair->server_state = tls_write(pair->server, SPAN(""), &pair->to_client);
		moved = true;
	}
	part = span_head(out_view(&pair->to_client), cut);
	pair->client_state = tls_read(pair->client, part, &pair->at_client, &pair->to_server);
	out_drop(&pair->to_client, part.n);
	return moved;
}

static void
shake(struct pair *pair, size_t cut)
{
	pair->client_state = tls_write(pair->client, SPAN(""), &pair->to_server);
	while (move(pair, cut))
		;
}

static void
check_carrying(const struct tls_roots *roots)
{
	static const size_t cuts[] = { 1, 2, 3, 4, 5, 6, 7, 11, 64, 333, 1460, 16384, 1 << 20 };
	static uint8_t big[100000];
	struct pair pair;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < COUNT(cuts); i++) {
		size_t n = cuts[i] < 64 ? 700 : sizeof(big);

		pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
		shake(&pair, cuts[i]);
		CHECK(pair.client_state == TLS_OPEN && pair.server_state == TLS_OPEN);
		CHECK(tls_is_verified(pair.client) && !tls_is_verified(pair.server));
		CHECK(!strcmp(pair.asked, NAME));
		CHECK(tls_write(pair.client, span_of(big, n), &pair.to_server) == TLS_OPEN);
		CHECK(tls_write(pair.server, span_of(big, n / 2), &pair.to_client) == TLS_OPEN);
		while (move(&pair, cuts[i]))
			;
		CHECK(span_equal(out_view(&pair.at_server), span_of(big, n)));
		CHECK(span_equal(out_view(&pair.at_client), span_of(big, n / 2)));

		/* one side is done, the other may still speak */
		tls_close(pair.client, &pair.to_server);
		while (move(&pair, cuts[i]))
			;
		CHECK(pair.server_state == TLS_CLOSED && pair.client_state == TLS_OPEN);
		CHECK(tls_write(pair.server, SPAN("more"), &pair.to_client) == TLS_CLOSED);
		tls_close(pair.server, &pair.to_client);
		while (move(&pair, cuts[i]))
			;
		CHECK(pair.client_state == TLS_CLOSED);
		CHECK(pair.at_client.n == n / 2 + 4);
		CHECK(!tls_error(pair.client)[0] && !tls_error(pair.server)[0]);
		CHECK(tls_write(pair.client, SPAN("x"), &pair.to_server) == TLS_BROKEN);
		pair_free(&pair);
	}
}

/* A certificate that is wrong in one way, and the words that say so. */
static const struct wrong {
	const char *name;
	enum view_tls how;
	const char *ask;	/* name to verify */
	int64_t age;		/* seconds before now it was made */
	bool foreign, self_signed;
	const char *why;	/* NULL: it is right */
} wrongs[] = {
	{ "right", TLS_VERIFY_FULL, NAME, 0, false, false, NULL },
	{ "right address", TLS_VERIFY_FULL, "10.0.0.5", 0, false, false, NULL },
	{ "any case", TLS_VERIFY_FULL, "DB.Example.ORG", 0, false, false, NULL },
	{ "other name", TLS_VERIFY_FULL, "evil.org", 0, false, false, "hostname mismatch" },
	{ "other address", TLS_VERIFY_FULL, "10.0.0.6", 0, false, false, "IP address mismatch" },
	{ "other name, chain only", TLS_VERIFY_CA, "evil.org", 0, false, false, NULL },
	{ "no name, chain only", TLS_VERIFY_CA, NULL, 0, false, false, NULL },
	{ "expired", TLS_VERIFY_FULL, NAME, 8 * 86400, false, false, "certificate has expired" },
	{ "expired, chain only", TLS_VERIFY_CA, NAME, 8 * 86400, false, false, "certificate has expired" },
	{ "not yet", TLS_VERIFY_FULL, NAME, -7200, false, false, "not yet valid" },
	{ "unknown CA", TLS_VERIFY_FULL, NAME, 0, true, false, "self-signed certificate in certificate chain" },
	{ "unknown CA, chain only", TLS_VERIFY_CA, NAME, 0, true, false, "self-signed certificate in certificate chain" },
	{ "unknown CA, nothing checked", TLS_REQUIRE, NAME, 0, true, false, NULL },
	{ "self-signed", TLS_VERIFY_FULL, NAME, 0, false, true, "self-signed certificate" },
	{ "self-signed, nothing checked", TLS_REQUIRE, NULL, 0, false, true, NULL },
};

/* Sign what the row wants. */
static void
make_wrong(const struct wrong *wrong, struct out *chain, struct out *key)
{
	static const uint8_t ip[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 };
	struct span name = SPAN(NAME);
	struct leaf_terms terms = { &name, 1, ip };
	struct authority *foreign = NULL;
	uint64_t when = now - (uint64_t)wrong->age;

	if (wrong->self_signed) {
		EVP_PKEY *own = certificate_key();
		X509 *x = certificate_root(own, now);

		CHECK(certificate_write(x, chain) && certificate_write_key(own, key));
		X509_free(x);
		EVP_PKEY_free(own);
		return;
	}
	CHECK(authority_new(&foreign, now) == 0);
	CHECK(authority_sign(wrong->foreign ? foreign : authority, &terms, when, chain, key) == 0);
	authority_free(&foreign);
}

static void
check_verifying(const struct tls_roots *roots)
{
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		const struct wrong *w = &wrongs[i];
		struct out chain = out_new(LIMIT), key = out_new(LIMIT);
		struct pair pair;

		make_wrong(w, &chain, &key);
		pair_new(&pair, w->how, w->how == TLS_REQUIRE ? NULL : roots, w->ask);
		pair.chain = out_view(&chain);
		pair.key = out_view(&key);
		shake(&pair, 4096);
		if (w->why) {
			CHECK_ROW(w->name, pair.client_state == TLS_BROKEN);
			CHECK_ROW(w->name, strstr(tls_error(pair.client), w->why) != NULL);
			CHECK_ROW(w->name, strstr(tls_error(pair.client), "backend's certificate"));
			CHECK_ROW(w->name, pair.server_state == TLS_BROKEN);
			CHECK_ROW(w->name, strstr(tls_error(pair.server), "other side ended TLS") != NULL);
			CHECK_ROW(w->name, tls_write(pair.client, SPAN("x"), &pair.to_server) == TLS_BROKEN);
			CHECK_ROW(w->name, pair.at_server.n == 0);
		} else {
			CHECK_ROW(w->name, pair.client_state == TLS_OPEN && pair.server_state == TLS_OPEN);
		}
		CHECK_ROW(w->name, tls_is_verified(pair.client) == (!w->why && w->how != TLS_REQUIRE));
		/* an address is never told as a name */
		CHECK_ROW(w->name, w->ask && w->ask[0] != '1' ?
		    !strcmp(pair.asked, w->ask) : !pair.asked[0]);
		pair_free(&pair);
		out_free(&chain);
		out_free(&key);
	}
}

/* No leaf: an alert, not a silence. And a leaf that cannot be used. */
static void
check_no_leaf(const struct tls_roots *roots)
{
	struct pair pair;
	struct span name;

	pair_new(&pair, TLS_VERIFY_FULL, roots, "evil.org");
	pair.chain = pair.key = SPAN("");
	shake(&pair, 4096);
	CHECK(pair.server_state == TLS_BROKEN);
	CHECK(strstr(tls_error(pair.server), "no certificate for the name") != NULL);
	CHECK(pair.client_state == TLS_BROKEN);
	CHECK(strstr(tls_error(pair.client), "other side ended TLS") != NULL);
	pair_free(&pair);

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	CHECK(!tls_needs_leaf(pair.server, &name));
	CHECK(tls_set_leaf(pair.server, pair.chain, pair.key) == -EINVAL);	/* too early */
	tls_write(pair.client, SPAN(""), &pair.to_server);
	tls_read(pair.server, out_view(&pair.to_server), &pair.at_server, &pair.to_client);
	CHECK(tls_needs_leaf(pair.server, &name));
	CHECK(tls_set_leaf(pair.server, SPAN("nonsense"), pair.key) == -EINVAL);
	CHECK(tls_set_leaf(pair.server, pair.chain, SPAN("nonsense")) == -EINVAL);
	CHECK(tls_set_leaf(pair.server, span_head(pair.chain, pair.chain.n / 3), pair.key) == -EINVAL);
	CHECK(tls_needs_leaf(pair.server, &name));
	/* what comes meanwhile is kept, but not without a bound */
	static uint8_t flood[70000];
	CHECK(tls_read(pair.server, span_of(flood, 1000), &pair.at_server, &pair.to_client) == TLS_SHAKING);
	CHECK(tls_read(pair.server, span_of(flood, sizeof(flood)), &pair.at_server, &pair.to_client) == TLS_BROKEN);
	pair_free(&pair);
}

/* Is the backend's certificate the first of the text? */
static bool
tls_leaf_is(const struct tls *client, const struct out *pem)
{
	uint8_t shown[TLS_END_POINT_MAX], digest[EVP_MAX_MD_SIZE];
	BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->n);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	unsigned int n = 0;
	bool right = x && X509_digest(x, EVP_sha256(), digest, &n) == 1 &&
	    tls_end_point(client, shown) == n && !memcmp(shown, digest, n);

	X509_free(x);
	BIO_free(bio);
	return right;
}

/* Show that leaf to a client, and see that it is the one. */
static bool
shows(const struct tls_roots *roots, const struct out *chain, const struct out *key)
{
	uint8_t ours[TLS_END_POINT_MAX], theirs[TLS_END_POINT_MAX];
	struct pair pair;
	size_t n;
	bool right;

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	pair.chain = out_view(chain);
	pair.key = out_view(key);
	shake(&pair, 4096);
	n = tls_end_point(pair.server, ours);
	right = pair.client_state == TLS_OPEN && pair.server_state == TLS_OPEN && n &&
	    tls_end_point(pair.client, theirs) == n && !memcmp(ours, theirs, n) &&
	    tls_leaf_is(pair.client, chain);
	pair_free(&pair);
	return right;
}

/* Leaves are read once, and never one taken for another: with more of them than are kept, in turn and at once. */
static void
check_kept_leaves(const struct tls_roots *roots)
{
	static struct out chains[LEAVES], keys[LEAVES];
	struct span name = SPAN(NAME);
	struct leaf_terms terms = { &name, 1, NULL };
	struct pair pair;

	for (size_t i = 0; i < LEAVES; i++) {
		chains[i] = out_new(LIMIT);
		keys[i] = out_new(LIMIT);
		CHECK(authority_sign(authority, &terms, now, &chains[i], &keys[i]) == 0);
	}
	for (size_t i = 0; i < LEAVES * 2; i++) {
		CHECK(shows(roots, &chains[i % LEAVES], &keys[i % LEAVES]));
		CHECK(shows(roots, &chains[i % LEAVES], &keys[i % LEAVES]));
		CHECK(shows(roots, &chains[i % 3], &keys[i % 3]));
	}
	/* both are known, and do not belong together */
	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	tls_write(pair.client, SPAN(""), &pair.to_server);
	tls_read(pair.server, out_view(&pair.to_server), &pair.at_server, &pair.to_client);
	CHECK(tls_needs_leaf(pair.server, &name));
	for (int i = 0; i < 2; i++)
		CHECK(tls_set_leaf(pair.server, out_view(&chains[0]), out_view(&keys[1])) == -EINVAL);
	CHECK(tls_set_leaf(pair.server, out_view(&chains[0]), out_view(&keys[0])) == 0);
	pair_free(&pair);
	for (size_t i = 0; i < LEAVES; i++) {
		out_free(&chains[i]);
		out_free(&keys[i]);
	}
}

/* Bytes that are no TLS, bytes that were changed, writing too early, outs that are full. */
static void
check_broken(const struct tls_roots *roots)
{
	struct out tiny = out_new(3);
	struct pair pair;

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	CHECK(tls_read(pair.server, SPAN("SELECT 1;\n\n\n\n\n"), &pair.at_server, &pair.to_client) == TLS_BROKEN);
	CHECK(tls_error(pair.server)[0]);
	CHECK(tls_read(pair.client, SPAN("HTTP/1.1 400 Bad\r\n"), &pair.at_client, &pair.to_server) == TLS_BROKEN);
	pair_free(&pair);

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	shake(&pair, 4096);
	CHECK(tls_write(pair.client, SPAN("secret"), &pair.to_server) == TLS_OPEN);
	pair.to_server.p[pair.to_server.n - 1] ^= 1;
	move(&pair, 4096);
	CHECK(pair.server_state == TLS_BROKEN && pair.at_server.n == 0);
	pair_free(&pair);

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	CHECK(tls_write(pair.client, SPAN("early"), &pair.to_server) == TLS_BROKEN);
	pair_free(&pair);

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	CHECK(tls_write(pair.client, SPAN(""), &tiny) == TLS_BROKEN);
	out_free(&tiny);
	pair_free(&pair);

	pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
	shake(&pair, 4096);
	tls_write(pair.client, SPAN("longer than three"), &pair.to_server);
	tiny = out_new(3);
	CHECK(tls_read(pair.server, out_view(&pair.to_server), &tiny, &pair.to_client) == TLS_BROKEN);
	out_free(&tiny);
	pair_free(&pair);
}

/* Any byte of either first flight changed: no crash, and nobody is deceived. */
static void
check_flipped(const struct tls_roots *roots)
{
	struct pair pair;
	bool more = true;

	for (size_t at = 0; more; at += 3) {
		pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
		tls_write(pair.client, SPAN(""), &pair.to_server);
		more = at < pair.to_server.n;
		if (more)
			pair.to_server.p[at] ^= 0x41;
		while (move(&pair, 4096))
			;
		CHECK(!more || pair.client_state != TLS_OPEN || pair.server_state != TLS_OPEN || at < 5);
		pair_free(&pair);
	}
	more = true;
	for (size_t at = 0; more; at += 7) {
		struct span name;

		pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
		tls_write(pair.client, SPAN(""), &pair.to_server);
		tls_read(pair.server, out_view(&pair.to_server), &pair.at_server, &pair.to_client);
		out_clear(&pair.to_server);
		CHECK(tls_needs_leaf(pair.server, &name) &&
		    tls_set_leaf(pair.server, pair.chain, pair.key) == 0);
		tls_write(pair.server, SPAN(""), &pair.to_client);
		more = at < pair.to_client.n;
		if (more)
			pair.to_client.p[at] ^= 0x41;
		while (move(&pair, 4096))
			;
		/* 0 to 4: the version in a record's head means nothing */
		CHECK(!more || at < 5 || pair.client_state != TLS_OPEN || pair.server_state != TLS_OPEN);
		pair_free(&pair);
	}
}

static void
check_terms(const struct tls_roots *roots)
{
	struct tls_roots *none = NULL;
	struct tls *tls = NULL;
	char long_name[300];

	memset(long_name, 'a', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = 0;
	CHECK(tls_client_new(&tls, TLS_DISABLE, roots, NAME, NULL) == -EINVAL);
	CHECK(tls_client_new(&tls, TLS_VERIFY_FULL, NULL, NAME, NULL) == -EINVAL);
	CHECK(tls_client_new(&tls, TLS_VERIFY_CA, NULL, NAME, NULL) == -EINVAL);
	CHECK(tls_client_new(&tls, TLS_VERIFY_FULL, roots, NULL, NULL) == -EINVAL);
	CHECK(tls_client_new(&tls, TLS_VERIFY_FULL, roots, "", NULL) == -EINVAL);
	CHECK(tls_client_new(&tls, TLS_VERIFY_FULL, roots, long_name, NULL) == -EINVAL);
	CHECK(!tls);
	CHECK(tls_roots_new(&none, SPAN("")) == -EINVAL);
	CHECK(tls_roots_new(&none, SPAN("no certificate at all\n")) == -EINVAL);
	CHECK(tls_roots_new(&none, span_head(out_view(&root_pem), root_pem.n / 2)) == -EINVAL);
	CHECK(!none);
}

/* What a client offers by ALPN: ours is taken, only others are refused. */
static void
check_alpn(void)
{
	static const struct { const char *name; struct span offer; bool direct, right; } rows[] = {
		{ "ours", SPAN("\012postgresql"), false, true },
		{ "others and ours", SPAN("\002h2\012postgresql"), false, true },
		{ "only others", SPAN("\002h2\010http/1.1"), false, false },
		{ "none", SPAN(""), false, true },
		{ "ours, direct", SPAN("\012postgresql"), true, true },
		{ "only others, direct", SPAN("\002h2\010http/1.1"), true, false },
		{ "none, direct", SPAN(""), true, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		SSL_CTX *context = SSL_CTX_new(TLS_client_method());
		SSL *ssl = SSL_new(context);
		BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
		struct out plain = out_new(LIMIT), cipher = out_new(LIMIT);
		enum tls_state state;
		struct tls *tls = NULL;
		struct span name;
		char *p;
		long n;

		SSL_set_bio(ssl, in, out);
		SSL_set_connect_state(ssl);
		if (rows[i].offer.n)
			SSL_set_alpn_protos(ssl, rows[i].offer.p, (unsigned int)rows[i].offer.n);
		SSL_do_handshake(ssl);
		n = BIO_get_mem_data(out, &p);
		CHECK(tls_server_new(&tls, "postgresql", rows[i].direct) == 0);
		state = tls_read(tls, span_of(p, (size_t)n), &plain, &cipher);
		if (tls_needs_leaf(tls, &name)) {
			CHECK(tls_set_leaf(tls, out_view(&chain_pem), out_view(&key_pem)) == 0);
			state = tls_write(tls, SPAN(""), &cipher);
		}
		CHECK_ROW(rows[i].name, (state == TLS_SHAKING) == rows[i].right);
		if (!rows[i].right)
			CHECK_ROW(rows[i].name, strstr(tls_error(tls), "application protocol") != NULL);
		tls_free(&tls);
		out_free(&plain);
		out_free(&cipher);
		SSL_free(ssl);
		SSL_CTX_free(context);
	}
}

/* What is spoken is chosen by somebody else, once the ClientHello is here. */
static const struct choice {
	const char *name, *offers, *chosen;
	bool right;
} choices[] = {
	{ "the better one", "h2 http/1.1", "h2", true },
	{ "the other one", "h2 http/1.1", "http/1.1", true },
	{ "one that is not offered", "http/1.1", "h2", false },
	{ "none, of those that are offered", "h2", NULL, false },
	{ "none, and none is offered", NULL, NULL, true },
	{ "one, and none is offered", NULL, "http/1.1", true },
};

static void
check_choice(const struct tls_roots *roots)
{
	for (size_t i = 0; i < COUNT(choices); i++) {
		const struct choice *row = &choices[i];
		const char *agreed = row->offers && row->chosen ? row->chosen : "";
		struct pair pair;
		struct span name = { 0 }, offers = { 0 };

		pair_new(&pair, TLS_VERIFY_FULL, roots, NAME);
		tls_free(&pair.client);
		tls_free(&pair.server);
		CHECK(tls_client_new(&pair.client, TLS_VERIFY_FULL, roots, NAME, row->offers) == 0);
		CHECK(tls_server_new(&pair.server, NULL, false) == 0);
		CHECK(!tls_needs_choice(pair.server, &name, &offers));
		shake(&pair, 7);
		CHECK_ROW(row->name, tls_needs_choice(pair.server, &name, &offers) && !pair.was_asked);
		CHECK_ROW(row->name, span_is(name, NAME) && (offers.n > 0) == (row->offers != NULL));
		CHECK_ROW(row->name, tls_offers(offers, "h2") == (row->offers && strstr(row->offers, "h2")));
		CHECK_ROW(row->name, !tls_offers(offers, "h") && !tls_offers(offers, "h2 "));
		tls_choose(pair.server, row->chosen);
		pair.server_state = tls_write(pair.server, SPAN(""), &pair.to_client);
		while (move(&pair, 7))
			;
		CHECK_ROW(row->name, (pair.client_state == TLS_OPEN && pair.server_state == TLS_OPEN) == row->right);
		CHECK_ROW(row->name, !row->right || span_is(tls_protocol(pair.client), agreed));
		CHECK_ROW(row->name, !row->right || span_is(tls_protocol(pair.server), agreed));
		pair_free(&pair);
	}
}

int
main(void)
{
	static const uint8_t ip[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 5 };
	struct span name = SPAN(NAME);
	struct leaf_terms terms = { &name, 1, ip };
	struct tls_roots *roots = NULL;

	now = (uint64_t)time(NULL);
	root_pem = chain_pem = key_pem = out_new(LIMIT);
	CHECK(authority_new(&authority, now) == 0);
	CHECK(authority_certificate(authority, &root_pem) == 0);
	CHECK(authority_sign(authority, &terms, now, &chain_pem, &key_pem) == 0);
	CHECK(tls_roots_new(&roots, out_view(&root_pem)) == 0);
	check_carrying(roots);
	check_verifying(roots);
	check_no_leaf(roots);
	check_kept_leaves(roots);
	check_broken(roots);
	check_flipped(roots);
	check_terms(roots);
	check_alpn();
	check_choice(roots);
	tls_roots_free(&roots);
	authority_free(&authority);
	out_free(&root_pem);
	out_free(&chain_pem);
	out_free(&key_pem);
	return check_end();
}
