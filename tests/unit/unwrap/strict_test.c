/*
 * What the server face leaves out of TLS, against clients that ask for it: versions
 * before 1.2, compression, renegotiation, sessions to resume, data before the handshake
 * is over (0-RTT), and hellos within hellos (ECH).
 */
#include "unwrap/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <time.h>

#include "check.h"
#include "vault/authority.h"

#define LIMIT (1u << 20)
#define NAME "db.example.org"
#define ECH 0xfe0d	/* encrypted_client_hello, as IANA has it */

static struct out root_pem, chain_pem, key_pem;
static bool knows_ech;	/* the server said something of it */

/* A client of OpenSSL's own, as wide open as it can be made, and our server. */
struct pair {
	SSL *client;
	BIO *in, *out;		/* the client's */
	struct tls *server;
	struct out to_client, at_server;
	enum tls_state state;
	char asked[256];
};

static void
pair_new(struct pair *pair, SSL_CTX *context)
{
	*pair = (struct pair){ .client = SSL_new(context), .in = BIO_new(BIO_s_mem()),
		.out = BIO_new(BIO_s_mem()), .to_client = out_new(LIMIT), .at_server = out_new(LIMIT) };
	SSL_set_bio(pair->client, pair->in, pair->out);
	SSL_set_connect_state(pair->client);
	SSL_set_tlsext_host_name(pair->client, NAME);
	CHECK(tls_server_new(&pair->server, "postgresql", false) == 0);
}

static void
pair_free(struct pair *pair)
{
	SSL_free(pair->client);
	tls_free(&pair->server);
	out_free(&pair->to_client);
	out_free(&pair->at_server);
	ERR_clear_error();
}

/* What the client wants sent to the server, and what that says to it. */
static void
carry(struct pair *pair)
{
	struct span name;
	char *p;
	long n = BIO_get_mem_data(pair->out, &p);

	pair->state = tls_read(pair->server, span_of(p, (size_t)n), &pair->at_server, &pair->to_client);
	(void)BIO_reset(pair->out);
	if (tls_needs_leaf(pair->server, &name)) {
		snprintf(pair->asked, sizeof(pair->asked), "%.*s", (int)name.n, (const char *)name.p);
		CHECK(tls_set_leaf(pair->server, out_view(&chain_pem), out_view(&key_pem)) == 0);
		pair->state = tls_write(pair->server, SPAN(""), &pair->to_client);
	}
	if (pair->to_client.n)
		BIO_write(pair->in, pair->to_client.p, (int)pair->to_client.n);
	out_clear(&pair->to_client);
}

/* Until the client is done, or has failed: its answer. */
static int
shake(struct pair *pair)
{
	int r = -1;

	for (int i = 0; i < 8 && r != 1; i++) {
		r = SSL_do_handshake(pair->client);
		if (r != 1 && SSL_get_error(pair->client, r) == SSL_ERROR_SSL)
			break;
		carry(pair);
	}
	return r;
}

/* Read by the client: how many bytes, or -1. */
static int
hear(struct pair *pair, char *room, int size)
{
	carry(pair);
	return SSL_read(pair->client, room, size);
}

static SSL_CTX *
wide_open(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	SSL_CTX_clear_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
	return context;
}

static const struct {
	const char *name;
	int most, is;	/* the client's newest version, and what comes of it; 0: nothing */
} versions[] = {
	{ "TLS 1.0", TLS1_VERSION, 0 },
	{ "TLS 1.1", TLS1_1_VERSION, 0 },
	{ "TLS 1.2", TLS1_2_VERSION, TLS1_2_VERSION },
	{ "TLS 1.3", TLS1_3_VERSION, TLS1_3_VERSION },
};

static void
check_versions(void)
{
	for (size_t i = 0; i < COUNT(versions); i++) {
		SSL_CTX *context = wide_open();
		struct pair pair;
		char room[64];

		SSL_CTX_set_max_proto_version(context, versions[i].most);
		pair_new(&pair, context);
		CHECK_ROW(versions[i].name, (shake(&pair) == 1) == (versions[i].is != 0));
		if (!versions[i].is) {
			CHECK_ROW(versions[i].name, pair.state == TLS_BROKEN && !*pair.asked);
			CHECK_ROW(versions[i].name, strstr(tls_error(pair.server), "protocol") != NULL);
		} else {
			CHECK_ROW(versions[i].name, SSL_version(pair.client) == versions[i].is);
			/* what comes after the handshake, if anything: no ticket, no session */
			carry(&pair);
			tls_write(pair.server, SPAN("good day"), &pair.to_client);
			CHECK_ROW(versions[i].name, hear(&pair, room, sizeof(room)) == 8);
			CHECK_ROW(versions[i].name, !SSL_SESSION_is_resumable(SSL_get0_session(pair.client)));
			CHECK_ROW(versions[i].name, !SSL_SESSION_has_ticket(SSL_get0_session(pair.client)));
			CHECK_ROW(versions[i].name, !SSL_get_current_compression(pair.client));
		}
		pair_free(&pair);
		SSL_CTX_free(context);
	}
}

/* A client that resumes is served as a new one. */
static void
check_resumption(int version)
{
	SSL_CTX *context = wide_open();
	SSL_SESSION *session;
	struct pair pair;

	SSL_CTX_set_max_proto_version(context, version);
	pair_new(&pair, context);
	CHECK(shake(&pair) == 1);
	session = SSL_get1_session(pair.client);
	pair_free(&pair);
	pair_new(&pair, context);
	SSL_set_session(pair.client, session);
	CHECK(shake(&pair) == 1 && !SSL_session_reused(pair.client));
	CHECK(!strcmp(pair.asked, NAME));
	pair_free(&pair);
	SSL_SESSION_free(session);
	SSL_CTX_free(context);
}

static void
check_renegotiation(void)
{
	SSL_CTX *context = wide_open();
	struct pair pair;
	char room[64];

	SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	pair_new(&pair, context);
	CHECK(shake(&pair) == 1);
	*pair.asked = '\0';
	CHECK(SSL_renegotiate(pair.client) == 1);
	SSL_do_handshake(pair.client);
	carry(&pair);	/* the second hello, and a warning in answer */
	CHECK(SSL_do_handshake(pair.client) != 1 || !*pair.asked);
	CHECK(!*pair.asked);	/* no leaf is asked for twice */
	(void)hear(&pair, room, sizeof(room));
	CHECK(pair.at_server.n == 0);
	pair_free(&pair);
	SSL_CTX_free(context);
}

/* ---- early data -------------------------------------------------------------------- */

/* A key that only the client has: enough for it to speak at once. */
static int
use_early(SSL *ssl, const EVP_MD *digest, const unsigned char **id, size_t *n, SSL_SESSION **session)
{
	static const unsigned char key[32] = { 1 }, aes_128[] = { 0x13, 0x01 };
	SSL_SESSION *made;

	if (digest && !EVP_MD_is_a(digest, "SHA256")) {
		*session = NULL;
		return 1;
	}
	made = SSL_SESSION_new();
	SSL_SESSION_set1_master_key(made, key, sizeof(key));
	SSL_SESSION_set_cipher(made, SSL_CIPHER_find(ssl, aes_128));
	SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION);
	SSL_SESSION_set_max_early_data(made, 1024);
	*id = (const unsigned char *)"early";
	*n = 5;
	*session = made;
	return 1;
}

static void
check_early_data(void)
{
	SSL_CTX *context = wide_open();
	struct pair pair;
	size_t sent = 0;
	char room[64];

	SSL_CTX_set_psk_use_session_callback(context, use_early);
	pair_new(&pair, context);
	SSL_write_early_data(pair.client, "early", 5, &sent);
	CHECK(sent == 5 && BIO_pending(pair.out) > 5);
	carry(&pair);
	CHECK(pair.state == TLS_SHAKING && !strcmp(pair.asked, NAME) && pair.at_server.n == 0);
	CHECK(shake(&pair) == 1);
	CHECK(SSL_get_early_data_status(pair.client) == SSL_EARLY_DATA_REJECTED);
	CHECK(!SSL_session_reused(pair.client));
	CHECK(SSL_write(pair.client, "late", 4) == 4);
	(void)hear(&pair, room, sizeof(room));
	CHECK(pair.state == TLS_OPEN && span_is(out_view(&pair.at_server), "late"));
	pair_free(&pair);
	SSL_CTX_free(context);
}

/* ---- a hello within the hello --------------------------------------------------------- */

static int
add_ech(SSL *ssl, unsigned int type, unsigned int context, const unsigned char **out, size_t *n,
    X509 *x, size_t index, int *alert, void *arg)
{
	/* outer, HKDF-SHA256 with AES-128-GCM, config 7, no key, a payload nobody reads */
	static const unsigned char ech[] = "\0\0\1\0\1\7\0\0\0\14inner.exampl";

	(void)ssl, (void)type, (void)context, (void)x, (void)index, (void)alert, (void)arg;
	*out = ech;
	*n = sizeof(ech) - 1;
	return 1;
}

static int
hear_ech(SSL *ssl, unsigned int type, unsigned int context, const unsigned char *in, size_t n,
    X509 *x, size_t index, int *alert, void *arg)
{
	(void)ssl, (void)type, (void)context, (void)in, (void)n, (void)x, (void)index, (void)alert, (void)arg;
	knows_ech = true;
	return 1;
}

/* The outer name is what counts; the server says nothing of keys, and no inner hello is read. */
static void
check_ech(void)
{
	SSL_CTX *context = wide_open();
	struct pair pair;

	CHECK(SSL_CTX_add_custom_ext(context, ECH, SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS |
	    SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST, add_ech, NULL, NULL, hear_ech, NULL) == 1);
	pair_new(&pair, context);
	CHECK(shake(&pair) == 1 && pair.state == TLS_OPEN);
	CHECK(!strcmp(pair.asked, NAME) && !knows_ech);
	pair_free(&pair);
	SSL_CTX_free(context);
}

/* ---- compression --------------------------------------------------------------------- */

/* A ClientHello of TLS 1.2 with these methods, after RFC 5246 section 7.4.1.2; no name. */
static struct out
hello(struct span methods)
{
	static const uint8_t extensions[] =
		"\0\12\0\4\0\2\0\27"		/* supported_groups: secp256r1 */
		"\0\13\0\2\1\0"			/* ec_point_formats: uncompressed */
		"\0\15\0\4\0\2\4\3"		/* signature_algorithms: ecdsa_secp256r1_sha256 */
		"\0\27\0\0"			/* extended_master_secret */
		"\377\1\0\1\0";			/* renegotiation_info */
	size_t n = 2 + 32 + 1 + 4 + 1 + methods.n + 2 + sizeof(extensions) - 1;
	struct out out = out_new(LIMIT);

	out_span(&out, SPAN("\26\3\1"));
	out_be16(&out, (uint16_t)(n + 4));
	out_be32(&out, 1u << 24 | (uint32_t)n);
	out_span(&out, SPAN("\3\3"));
	out_zero(&out, 32);
	out_span(&out, SPAN("\0\0\2\300\53"));	/* no session; ECDHE-ECDSA-AES128-GCM-SHA256 */
	out_u8(&out, (uint8_t)methods.n);
	out_span(&out, methods);
	out_be16(&out, sizeof(extensions) - 1);
	out_bytes(&out, extensions, sizeof(extensions) - 1);
	return out;
}

static const struct {
	const char *name;
	struct span methods;
	bool is_served;
} compressions[] = {
	{ "none", SPAN("\0"), true },
	{ "DEFLATE or none", SPAN("\1\0"), true },
	{ "LZS, DEFLATE or none", SPAN("\100\1\0"), true },
	{ "DEFLATE", SPAN("\1"), false },
};

static void
check_compression(void)
{
	for (size_t i = 0; i < COUNT(compressions); i++) {
		struct out in = hello(compressions[i].methods), plain = out_new(LIMIT), cipher = out_new(LIMIT);
		struct tls *server = NULL;
		enum tls_state state;
		struct span name;

		CHECK(tls_server_new(&server, "postgresql", false) == 0);
		state = tls_read(server, out_view(&in), &plain, &cipher);
		if (tls_needs_leaf(server, &name)) {
			CHECK(tls_set_leaf(server, out_view(&chain_pem), out_view(&key_pem)) == 0);
			state = tls_write(server, SPAN(""), &cipher);
		}
		CHECK_ROW(compressions[i].name, (state == TLS_SHAKING) == compressions[i].is_served);
		if (compressions[i].is_served) {	/* record 5, message 4, version 2, random 32, session, suite 2 */
			size_t at = 5 + 4 + 2 + 32;

			CHECK_ROW(compressions[i].name, cipher.n > at + 64 && cipher.p[0] == 22 && cipher.p[5] == 2);
			CHECK_ROW(compressions[i].name, cipher.p[at + 1 + cipher.p[at] + 2] == 0);
		}
		tls_free(&server);
		out_free(&in);
		out_free(&plain);
		out_free(&cipher);
	}
}

int
main(void)
{
	struct span name = SPAN(NAME);
	struct leaf_terms terms = { &name, 1, NULL };
	struct authority *authority = NULL;
	uint64_t now = (uint64_t)time(NULL);

	root_pem = chain_pem = key_pem = out_new(LIMIT);
	CHECK(authority_new(&authority, now) == 0);
	CHECK(authority_sign(authority, &terms, now, &chain_pem, &key_pem) == 0);
	check_versions();
	check_resumption(TLS1_2_VERSION);
	check_resumption(TLS1_3_VERSION);
	check_renegotiation();
	check_early_data();
	check_ech();
	check_compression();
	authority_free(&authority);
	out_free(&root_pem);
	out_free(&chain_pem);
	out_free(&key_pem);
	return check_end();
}
