/* SCRAM-SHA-256: the vector of RFC 7677 section 3, and every way a server can be wrong. */
#include "vault/scram.h"

#include <errno.h>

#include "base/secret.h"
#include "check.h"
#include "out.h"
#include "vault/keys.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define SERVER_NONCE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_FIRST "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static const struct {
	const char *name, *message;
	int r;
} offers[] = {
	{ "right", SERVER_FIRST, 0 },
	{ "empty", "", -EPROTO },
	{ "other nonce", "r=xOprNGfwEbeRWgbNEkqO123,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", -EPROTO },
	{ "only our nonce", "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", -EPROTO },
	{ "shorter nonce", "r=rOpr,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", -EPROTO },
	{ "blank in nonce", "r=" NONCE "a b,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", -EPROTO },
	{ "mandatory extension", "m=x," SERVER_FIRST, -EPROTO },
	{ "extension after", SERVER_FIRST ",x=y", -EPROTO },
	{ "comma after", SERVER_FIRST ",", -EPROTO },
	{ "other order", "s=W22ZaJ0SNY7soEsUEjb6gQ==,r=" SERVER_NONCE ",i=4096", -EPROTO },
	{ "no salt", "r=" SERVER_NONCE ",s=,i=4096", -ERANGE },
	{ "bad salt", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6g===,i=4096", -ERANGE },
	{ "short salt", "r=" SERVER_NONCE ",s=AQIDBAUGBw==,i=4096", -ERANGE },
	{ "few rounds", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", -ERANGE },
	{ "most rounds", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=100000", 0 },
	{ "many rounds", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=100001", -ERANGE },
	{ "huge rounds", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999", -ERANGE },
	{ "negative rounds", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096", -ERANGE },
	{ "leading zero", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=04096", -ERANGE },
	{ "rounds and more", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096x", -ERANGE },
	{ "no rounds", "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==", -EPROTO },
};

static const struct {
	const char *name, *message;
	int r;
} finals[] = {
	{ "right", SERVER_FINAL, 0 },
	{ "one bit off", "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", -EACCES },
	{ "server says no", "e=invalid-proof", -EACCES },
	{ "short", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==", -EPROTO },
	{ "extension after", SERVER_FINAL ",x=y", -EPROTO },
	{ "comma after", SERVER_FINAL ",", -EPROTO },
	{ "padding spelt otherwise", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", -EPROTO },
	{ "empty", "", -EPROTO },
	{ "no value", "v=", -EPROTO },
};

static void
check_vector(void)
{
	struct out out = out_new(1024);
	struct scram_offer offer;
	struct secret keys = { 0 };
	struct scram scram;

	CHECK(scram_begin(&scram, SPAN("user"), SPAN(NONCE)) == 0);
	scram_first(&scram, &out);
	CHECK(span_is(out_view(&out), "n,,n=user,r=" NONCE));
	out_clear(&out);
	CHECK(scram_check(&scram, SPAN(SERVER_FINAL)) == -EPROTO);	/* out of turn */
	CHECK(scram_read(&scram, SPAN(SERVER_FIRST), &offer) == 0);
	CHECK(make_keys(SPAN("pencil"), &offer, &keys) == 0);
	CHECK(scram_final(&scram, SPAN(SERVER_FIRST), &offer, &keys, &out) == 0);
	CHECK(span_is(out_view(&out), "c=biws,r=" SERVER_NONCE
	    ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
	for (size_t i = 0; i < COUNT(finals); i++)
		CHECK_ROW(finals[i].name, scram_check(&scram,
		    on_cliff(span_text(finals[i].message))) == finals[i].r);
	for (size_t n = 0; n < sizeof(SERVER_FINAL) - 1; n++)
		CHECK(scram_check(&scram, on_cliff(span_of(SERVER_FINAL, n))) == -EPROTO);
	/* no second proof from one nonce */
	CHECK(scram_final(&scram, SPAN(SERVER_FIRST), &offer, &keys, &out) == -EPROTO);
	CHECK(scram_read(&scram, SPAN(SERVER_FIRST), &offer) == -EPROTO);
	secret_free(&keys);
	out_free(&out);
}

static void
check_offers(void)
{
	struct scram_offer offer;
	struct scram scram;

	CHECK(scram_begin(&scram, SPAN(""), SPAN(NONCE)) == 0);
	for (size_t i = 0; i < COUNT(offers); i++) {
		offer.count = 77;
		CHECK_ROW(offers[i].name, scram_read(&scram,
		    on_cliff(span_text(offers[i].message)), &offer) == offers[i].r);
		CHECK_ROW(offers[i].name, !offers[i].r || offer.count == 77);
	}
	for (size_t n = 0; n < sizeof(SERVER_FIRST) - 1; n++)
		CHECK(scram_read(&scram, on_cliff(span_of(SERVER_FIRST, n)), &offer) < 0);
}

static void
check_begin(void)
{
	struct scram scram;
	char big[SCRAM_NONCE_MAX + 2];

	memset(big, 'a', sizeof(big));
	CHECK(scram_begin(&scram, SPAN(""), span_of(big, SCRAM_NONCE_MAX)) == 0);
	CHECK(scram_begin(&scram, SPAN(""), span_of(big, SCRAM_NONCE_MAX + 1)) == -EINVAL);
	CHECK(scram_begin(&scram, span_of(big, SCRAM_USER_MAX + 1), SPAN("n")) == -EINVAL);
	CHECK(scram_begin(&scram, SPAN("a,b"), SPAN("n")) == -EINVAL);
	CHECK(scram_begin(&scram, SPAN("a=b"), SPAN("n")) == -EINVAL);
	CHECK(scram_begin(&scram, SPAN(""), SPAN("")) == -EINVAL);
	CHECK(scram_begin(&scram, SPAN(""), SPAN("a,b")) == -EINVAL);
}

/* The same vector bound to the channel 00 01 .. 1f, reckoned beside by hashlib and hmac. */
static void
check_bound(void)
{
	struct out out = out_new(1024);
	struct secret keys = { 0 };
	struct scram_offer offer;
	struct scram scram;
	uint8_t channel[SCRAM_CHANNEL_MAX + 1];

	for (size_t i = 0; i < sizeof(channel); i++)
		channel[i] = (uint8_t)i;
	CHECK(scram_begin(&scram, SPAN("user"), SPAN(NONCE)) == 0);
	CHECK(scram_bind(&scram, 'x', SPAN("")) == -EINVAL);
	CHECK(scram_bind(&scram, 'p', SPAN("")) == -EINVAL);
	CHECK(scram_bind(&scram, 'n', span_of(channel, 1)) == -EINVAL);
	CHECK(scram_bind(&scram, 'y', span_of(channel, 1)) == -EINVAL);
	CHECK(scram_bind(&scram, 'p', span_of(channel, sizeof(channel))) == -EINVAL);
	CHECK(scram_bind(&scram, 'y', SPAN("")) == 0);
	scram_first(&scram, &out);
	CHECK(span_is(out_view(&out), "y,,n=user,r=" NONCE));
	out_clear(&out);
	CHECK(scram_bind(&scram, 'p', on_cliff(span_of(channel, 32))) == 0);
	scram_first(&scram, &out);
	CHECK(span_is(out_view(&out), "p=tls-server-end-point,,n=user,r=" NONCE));
	out_clear(&out);
	CHECK(scram_read(&scram, SPAN(SERVER_FIRST), &offer) == 0);
	CHECK(make_keys(SPAN("pencil"), &offer, &keys) == 0);
	CHECK(scram_final(&scram, SPAN(SERVER_FIRST), &offer, &keys, &out) == 0);
	CHECK(span_is(out_view(&out), "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	    ",r=" SERVER_NONCE ",p=nY1Wus9a+gM2DrbQ1msXFgyhW6KM5ktOxWiU+/P/EGY="));
	CHECK(scram_check(&scram, SPAN("v=RwppMGddhz/J0lFYaRReBjXcQeNUFP5Qc76Lo5Exrig=")) == 0);
	CHECK(scram_check(&scram, SPAN(SERVER_FINAL)) == -EACCES);
	/* the longest there can be has room */
	CHECK(scram_begin(&scram, SPAN("user"), SPAN(NONCE)) == 0);
	CHECK(scram_bind(&scram, 'p', span_of(channel, SCRAM_CHANNEL_MAX)) == 0);
	CHECK(scram_final(&scram, SPAN(SERVER_FIRST), &offer, &keys, &out) == 0);
	secret_free(&keys);
	out_free(&out);
}

int
main(void)
{
	check_vector();
	check_bound();
	check_offers();
	check_begin();
	return check_end();
}
