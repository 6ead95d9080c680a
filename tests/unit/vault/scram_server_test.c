/* The server's part of SCRAM: the vector of RFC 7677 section 3, each flag of RFC 5802 section 6, and against our client. */
#include "vault/scram_server.h"

#include <errno.h>

#include "base/secret.h"
#include "check.h"
#include "out.h"
#include "vault/keys.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define OURS "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define FIRST "n=user,r=" NONCE
#define SERVER_FIRST "r=" NONCE OURS ",s=" SALT ",i=4096"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define FINAL "c=biws,r=" NONCE OURS ",p=" PROOF
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
/* H(ClientKey) and ServerKey of "pencil", reckoned beside by hashlib */
#define STORED "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define SERVER "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define VERIFIER "SCRAM-SHA-256$4096:" SALT "$" STORED ":" SERVER

static struct scram_verifier pencil;

static const struct {
	const char *name, *text;
	int r;
} verifiers[] = {
	{ "right", VERIFIER, 0 },
	{ "one round", "SCRAM-SHA-256$1:" SALT "$" STORED ":" SERVER, 0 },
	{ "no rounds", "SCRAM-SHA-256$0:" SALT "$" STORED ":" SERVER, -EINVAL },
	{ "rounds in words", "SCRAM-SHA-256$x:" SALT "$" STORED ":" SERVER, -EINVAL },
	{ "md5", "md5a6b3d2b5c9e1d0f4a6b3d2b5c9e1d0f4", -EINVAL },
	{ "a password", "correct horse", -EINVAL },
	{ "another hash", "SCRAM-SHA-1$4096:" SALT "$" STORED ":" SERVER, -EINVAL },
	{ "small letters", "scram-sha-256$4096:" SALT "$" STORED ":" SERVER, -EINVAL },
	{ "no salt", "SCRAM-SHA-256$4096:$" STORED ":" SERVER, -EINVAL },
	{ "short key", "SCRAM-SHA-256$4096:" SALT "$" SALT ":" SERVER, -EINVAL },
	{ "one key", "SCRAM-SHA-256$4096:" SALT "$" STORED, -EINVAL },
	{ "more behind", VERIFIER ":", -EINVAL },
	{ "a line behind", VERIFIER "\n", -EINVAL },
	{ "empty", "", -EINVAL },
};

static void
check_verifiers(void)
{
	struct scram_verifier it;

	for (size_t i = 0; i < COUNT(verifiers); i++) {
		it.count = 77;
		CHECK_ROW(verifiers[i].name, scram_verifier_read(&it, on_cliff(span_text(verifiers[i].text))) ==
		    verifiers[i].r);
		CHECK_ROW(verifiers[i].name, !verifiers[i].r || it.count == 77);
	}
	for (size_t n = 0; n < sizeof(VERIFIER) - 1; n++)
		CHECK(scram_verifier_read(&it, on_cliff(span_of(VERIFIER, n))) == -EINVAL);
	CHECK(scram_verifier_read(&pencil, SPAN(VERIFIER)) == 0);
	CHECK(pencil.count == 4096 && pencil.salt_size == 16);
}

/* What a client says first, by which mechanism, and whether we have offered to bind. */
static const struct {
	const char *name, *message;
	bool is_plus, is_offered;
	int r;
} firsts[] = {
	{ "cannot bind", "n,," FIRST, false, false, 0 },
	{ "cannot bind, though we can", "n,," FIRST, false, true, 0 },
	{ "could bind, and we cannot", "y,," FIRST, false, false, 0 },
	{ "could bind, and so can we: somebody is between", "y,," FIRST, false, true, -EPROTOTYPE },
	{ "binds", "p=tls-server-end-point,," FIRST, true, true, 0 },
	{ "binds without an offer", "p=tls-server-end-point,," FIRST, true, false, -EPROTO },
	{ "binds by the mechanism that does not", "p=tls-server-end-point,," FIRST, false, true, -EPROTO },
	{ "does not bind by the mechanism that does", "n,," FIRST, true, true, -EPROTO },
	{ "could bind, by the mechanism that does", "y,," FIRST, true, true, -EPROTO },
	{ "binds to something else", "p=tls-unique,," FIRST, true, true, -EPROTO },
	{ "binds to nothing", "p=,," FIRST, true, true, -EPROTO },
	{ "another flag", "z,," FIRST, false, false, -EPROTO },
	{ "for somebody else", "n,a=root," FIRST, false, false, -EPROTO },
	{ "no user", "n,,n=,r=" NONCE, false, false, 0 },
	{ "an extension", "n,," FIRST ",x=y", false, false, 0 },
	{ "a mandatory extension", "n,,m=x," FIRST, false, false, -EPROTO },
	{ "no header", FIRST, false, false, -EPROTO },
	{ "no name", "n,,r=" NONCE, false, false, -EPROTO },
	{ "no nonce", "n,,n=user", false, false, -EPROTO },
	{ "an empty nonce", "n,,n=user,r=", false, false, -EPROTO },
	{ "a blank in the nonce", "n,,n=user,r=a b", false, false, -EPROTO },
	{ "empty", "", false, false, -EPROTO },
	{ "a password", "pencil", false, false, -EPROTO },
};

static void
check_firsts(void)
{
	char big[SCRAM_CLIENT_MAX + 2];
	struct scram_server server;
	struct out out = out_new(1024);

	for (size_t i = 0; i < COUNT(firsts); i++) {
		struct span channel = firsts[i].is_offered ? SPAN("0123456789abcdef0123456789abcdef") : SPAN("");
		struct span message = span_text(firsts[i].message);

		out_clear(&out);
		CHECK_ROW(firsts[i].name, scram_server_begin(&server, &pencil, firsts[i].is_plus, channel,
		    on_cliff(message), SPAN(OURS), &out) == firsts[i].r);
		CHECK_ROW(firsts[i].name, firsts[i].r ? !out.n && !server.has_begun :
		    span_is(out_view(&out), SERVER_FIRST));
		for (size_t n = 0; n < message.n; n++) {	/* a prefix may have a shorter nonce */
			out_clear(&out);
			CHECK_ROW(firsts[i].name, scram_server_begin(&server, &pencil, firsts[i].is_plus, channel,
			    on_cliff(span_head(message, n)), SPAN(OURS), &out) != 0 || out.n);
		}
	}
	memset(big, 'x', sizeof(big));
	memcpy(big, "n,,n=,r=", 8);
	out_clear(&out);
	CHECK(scram_server_begin(&server, &pencil, false, SPAN(""), span_of(big, 8 + SCRAM_CLIENT_NONCE_MAX),
	    SPAN(OURS), &out) == 0);
	CHECK(scram_server_begin(&server, &pencil, false, SPAN(""), span_of(big, 9 + SCRAM_CLIENT_NONCE_MAX),
	    SPAN(OURS), &out) == -EPROTO);
	big[100] = ',';
	big[102] = '=';
	CHECK(scram_server_begin(&server, &pencil, false, SPAN(""), span_of(big, SCRAM_CLIENT_MAX),
	    SPAN(OURS), &out) == 0);
	CHECK(scram_server_begin(&server, &pencil, false, SPAN(""), span_of(big, SCRAM_CLIENT_MAX + 1),
	    SPAN(OURS), &out) == -EPROTO);
	out_free(&out);
}

static const struct {
	const char *name, *message;
	int r;
} finals[] = {
	{ "right", FINAL, 0 },
	{ "one bit off", "c=biws,r=" NONCE OURS ",p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", -EACCES },
	{ "what an extension is is covered", "c=biws,r=" NONCE OURS ",x=y,p=" PROOF, -EACCES },
	{ "another binding", "c=eSws,r=" NONCE OURS ",p=" PROOF, -EPROTOTYPE },
	{ "a binding that is none", "c=b,r=" NONCE OURS ",p=" PROOF, -EPROTOTYPE },
	{ "their nonce alone", "c=biws,r=" NONCE ",p=" PROOF, -EPROTO },
	{ "another nonce", "c=biws,r=" NONCE OURS "x,p=" PROOF, -EPROTO },
	{ "no proof", "c=biws,r=" NONCE OURS, -EPROTO },
	{ "an empty proof", "c=biws,r=" NONCE OURS ",p=", -EPROTO },
	{ "a short proof", "c=biws,r=" NONCE OURS ",p=dHzbZapW", -EPROTO },
	{ "more behind", FINAL ",x=y", -EPROTO },
	{ "a comma behind", FINAL ",", -EPROTO },
	{ "no comma before the proof", "c=biws,r=" NONCE OURS "p=" PROOF, -EPROTO },
	{ "a mandatory extension", "m=x," FINAL, -EPROTO },
	{ "other order", "r=" NONCE OURS ",c=biws,p=" PROOF, -EPROTO },
	{ "empty", "", -EPROTO },
};

static int
end(const struct scram_verifier *verifier, struct span message, struct out *out)
{
	struct scram_server server;
	int r;

	out_clear(out);
	CHECK(scram_server_begin(&server, &pencil, false, SPAN(""), SPAN("n,," FIRST), SPAN(OURS), out) == 0);
	out_clear(out);
	r = scram_server_end(&server, verifier, message, out);
	CHECK(!r == !!out->n);
	CHECK(scram_server_end(&server, verifier, message, out) == -EPROTO);	/* no second try */
	return r;
}

static void
check_finals(void)
{
	struct scram_verifier other = pencil;
	struct out out = out_new(1024);

	for (size_t i = 0; i < COUNT(finals); i++)
		CHECK_ROW(finals[i].name, end(&pencil, on_cliff(span_text(finals[i].message)), &out) == finals[i].r);
	CHECK(end(&pencil, SPAN(FINAL), &out) == 0 && span_is(out_view(&out), SERVER_FINAL));
	for (size_t n = 0; n < sizeof(FINAL) - 1; n++)
		CHECK(end(&pencil, on_cliff(span_of(FINAL, n)), &out) == -EPROTO);
	other.stored[31] ^= 1;
	CHECK(end(&other, SPAN(FINAL), &out) == -EACCES);
	out_free(&out);
}

/* Our client against our server: with this password, bound in this way, to these channels. */
static int
meet(const char *password, char flag, struct span theirs, struct span ours)
{
	struct out first = out_new(1024), offered = out_new(1024), final = out_new(1024), last = out_new(1024);
	struct scram_server server;
	struct scram_offer offer;
	struct secret keys = { 0 };
	struct scram client;
	int r;

	CHECK(scram_begin(&client, SPAN(""), SPAN(NONCE)) == 0 && scram_bind(&client, flag, theirs) == 0);
	scram_first(&client, &first);
	r = scram_server_begin(&server, &pencil, flag == 'p', ours, out_view(&first), SPAN(OURS), &offered);
	if (!r) {
		CHECK(scram_read(&client, out_view(&offered), &offer) == 0);
		CHECK(make_keys(span_text(password), &offer, &keys) == 0);
		CHECK(scram_final(&client, out_view(&offered), &offer, &keys, &final) == 0);
		r = scram_server_end(&server, &pencil, out_view(&final), &last);
	}
	CHECK(r || scram_check(&client, out_view(&last)) == 0);
	secret_free(&keys);
	out_free(&first);
	out_free(&offered);
	out_free(&final);
	out_free(&last);
	return r;
}

static void
check_meetings(void)
{
	uint8_t most[SCRAM_CHANNEL_MAX] = { 1 };

	CHECK(meet("pencil", 'n', SPAN(""), SPAN("")) == 0);
	CHECK(meet("pencil", 'n', SPAN(""), SPAN("ours")) == 0);
	CHECK(meet("pencil", 'y', SPAN(""), SPAN("")) == 0);
	CHECK(meet("pencil", 'y', SPAN(""), SPAN("ours")) == -EPROTOTYPE);
	CHECK(meet("pencil", 'p', SPAN("ours"), SPAN("ours")) == 0);
	CHECK(meet("pencil", 'p', SPAN("other"), SPAN("ours")) == -EPROTOTYPE);
	CHECK(meet("pencil", 'p', SPAN("ours!"), SPAN("ours")) == -EPROTOTYPE);
	CHECK(meet("pencil", 'p', SPAN("ours"), SPAN("")) == -EPROTO);
	CHECK(meet("pencil", 'p', span_of(most, sizeof(most)), span_of(most, sizeof(most))) == 0);
	CHECK(meet("crayon", 'n', SPAN(""), SPAN("")) == -EACCES);
	CHECK(meet("crayon", 'p', SPAN("ours"), SPAN("ours")) == -EACCES);
}

int
main(void)
{
	check_verifiers();
	check_firsts();
	check_finals();
	check_meetings();
	return check_end();
}
