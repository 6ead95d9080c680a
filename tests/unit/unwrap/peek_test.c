/* The name in a ClientHello: a real one in every prefix, and made ones that are wrong in one place. */
#include <openssl/ssl.h>

#include "check.h"
#include "out.h"
#include "unwrap/tls.h"

/* Pieces of a ClientHello that rows put together. */
static const struct row {
	const char *name;
	struct span extensions;
	bool right;
	const char *found;
} rows[] = {
	{ "one name", SPAN("\0\0\0\013\0\011\0\0\006db.org"), true, "db.org" },
	{ "name after another", SPAN("\0\027\0\0\0\0\0\013\0\011\0\0\006db.org"), true, "db.org" },
	{ "none", SPAN("\0\027\0\0"), false, NULL },
	{ "no extension at all", SPAN(""), false, NULL },
	{ "extension twice", SPAN("\0\0\0\013\0\011\0\0\006db.org\0\0\0\013\0\011\0\0\006db.org"), false, NULL },
	{ "two names", SPAN("\0\0\0\017\0\015\0\0\003abc\0\0\004abcd"), false, NULL },
	{ "no host name", SPAN("\0\0\0\013\0\011\1\0\006db.org"), false, NULL },
	{ "empty list", SPAN("\0\0\0\002\0\0"), false, NULL },
	{ "empty name", SPAN("\0\0\0\005\0\003\0\0\0"), false, NULL },
	{ "NUL in it", SPAN("\0\0\0\013\0\011\0\0\006db\0org"), false, NULL },
	{ "blank in it", SPAN("\0\0\0\013\0\011\0\0\006db org"), false, NULL },
	{ "high bytes", SPAN("\0\0\0\013\0\011\0\0\006db\377org"), false, NULL },
	{ "list too long", SPAN("\0\0\0\013\0\012\0\0\006db.org"), false, NULL },
	{ "list too short", SPAN("\0\0\0\013\0\010\0\0\006db.org"), false, NULL },
	{ "name too long", SPAN("\0\0\0\013\0\011\0\0\007db.org"), false, NULL },
	{ "name too short", SPAN("\0\0\0\013\0\011\0\0\005db.org"), false, NULL },
	{ "extension too long", SPAN("\0\0\0\014\0\011\0\0\006db.org"), false, NULL },
	{ "right, then cut", SPAN("\0\0\0\013\0\011\0\0\006db.org\0\027\0"), false, NULL },
};

/* Build record, message and head around extensions. */
static struct span
build(struct out *out, struct span extensions)
{
	size_t body = 2 + 32 + 1 + 2 + 2 + 2 + 2 + extensions.n;

	out_clear(out);
	out_u8(out, 22);
	out_be16(out, 0x0301);
	out_be16(out, (uint16_t)(4 + body));
	out_be32(out, 1u << 24 | (uint32_t)body);
	out_be16(out, 0x0303);
	out_zero(out, 32);
	out_u8(out, 0);			/* session */
	out_be16(out, 2);
	out_be16(out, 0x1301);		/* one cipher */
	out_be16(out, 0x0100);		/* no compression */
	out_be16(out, (uint16_t)extensions.n);
	out_span(out, extensions);
	return out_view(out);
}

static void
check_made(void)
{
	struct out out = out_new(4096);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span hello = on_cliff(build(&out, rows[i].extensions));
		struct span name = SPAN("untouched");

		CHECK_ROW(rows[i].name, tls_peek_name(hello, &name) == rows[i].right);
		CHECK_ROW(rows[i].name, span_is(name, rows[i].right ? rows[i].found : "untouched"));
	}
	/* every byte of the frame changed by one: never a crash, and never another name */
	for (size_t i = 0; i < out.n; i++) {
		struct span name = SPAN(""), hello = build(&out, rows[0].extensions);

		out.p[i] ^= 1;
		if (tls_peek_name(on_cliff(hello), &name) && name.n)
			CHECK(i < hello.n - 6 ? span_is(name, "db.org") : name.n == 6);
	}
	out_free(&out);
}

/* What OpenSSL sends, and all of its prefixes. */
static void
check_real(const char *host, bool right)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	struct span hello, name = SPAN("");
	char *p;

	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	if (host)
		SSL_set_tlsext_host_name(ssl, host);
	SSL_do_handshake(ssl);
	hello = span_of(NULL, (size_t)BIO_get_mem_data(out, &p));
	hello.p = (uint8_t *)p;
	for (size_t n = 0; n < hello.n; n++)
		CHECK(!tls_peek_name(on_cliff(span_head(hello, n)), &name));
	CHECK(tls_peek_name(on_cliff(hello), &name) == right);
	if (right)
		CHECK(span_is(name, host));
	SSL_free(ssl);
	SSL_CTX_free(context);
}

int
main(void)
{
	struct span name;

	check_made();
	check_real("db.example.org", true);
	check_real("A-b_c.1", true);
	check_real(NULL, false);
	CHECK(!tls_peek_name(SPAN(""), &name));
	CHECK(!tls_peek_name(on_cliff(SPAN("\0\0\0\10\4\322\26\57")), &name));	/* SSLRequest */
	return check_end();
}
