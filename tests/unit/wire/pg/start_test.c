/* start_test.c: how a client begins. Every prefix asks for more or is bad at once, never read too far. */
#include "wire/pg/play.h"

static const struct {
	const char *name;
	const char *text;	/* one packet */
	enum wire_step step;
	enum wire_kind kind;
} rows[] = {
	{ "tls", ">_ @80877103\n", WIRE_UNIT, UNIT_OWN },
	{ "gss", ">_ @80877104\n", WIRE_UNIT, UNIT_OWN },
	{ "tls with something in it", ">_ @80877103 #1\n", WIRE_BAD, 0 },
	{ "cancel", ">_ @80877102 @1 @2\n", WIRE_UNIT, UNIT_CANCEL },
	{ "cancel with a long key", ">_ @80877102 @1 @2 @3 @4 @5 @6 @7 @8 @9\n", WIRE_UNIT, UNIT_CANCEL },
	{ "cancel with a longer key", ">_ @80877102 @1 @2 @3 @4 @5 @6 @7 @8 @9 @10\n", WIRE_BAD, 0 },
	{ "cancel without a key", ">_ @80877102 @1\n", WIRE_BAD, 0 },
	{ "login", ">_ @196608 'user' 'a' #0\n", WIRE_UNIT, UNIT_LOGIN },
	{ "newer minor", ">_ @206607 'user' 'a' #0\n", WIRE_UNIT, UNIT_LOGIN },
	{ "protocol 2", ">_ @131072 'user' 'a' #0\n", WIRE_BAD, 0 },
	{ "protocol 4", ">_ @262144 'user' 'a' #0\n", WIRE_BAD, 0 },
	{ "no user", ">_ @196608 'database' 'a' #0\n", WIRE_BAD, 0 },
	{ "empty user", ">_ @196608 'user' '' #0\n", WIRE_BAD, 0 },
	{ "no end", ">_ @196608 'user' 'a'\n", WIRE_BAD, 0 },
	{ "value missing", ">_ @196608 'user' 'a' 'database'\n", WIRE_BAD, 0 },
	{ "bytes behind the end", ">_ @196608 'user' 'a' #0 #0\n", WIRE_BAD, 0 },
	{ "user twice", ">_ @196608 'user' 'a' 'user' 'b' #0\n", WIRE_BAD, 0 },
	{ "database twice", ">_ @196608 'user' 'a' 'database' 'b' 'database' 'c' #0\n", WIRE_BAD, 0 },
	{ "replication twice", ">_ @196608 'user' 'a' 'replication' '0' 'replication' '1' #0\n", WIRE_BAD, 0 },
	{ "an option", ">_ @196608 'user' 'a' 'options' '-c a=b' #0\n", WIRE_UNIT, UNIT_LOGIN },
	{ "an option that is none", ">_ @196608 'user' 'a' 'options' 'a=b' #0\n", WIRE_BAD, 0 },
	{ "an option without a value", ">_ @196608 'user' 'a' 'options' '-c a' #0\n", WIRE_BAD, 0 },
	{ "an option without a word", ">_ @196608 'user' 'a' 'options' '-c' #0\n", WIRE_BAD, 0 },
	{ "another switch", ">_ @196608 'user' 'a' 'options' '-d 5' #0\n", WIRE_BAD, 0 },
	{ "an escape in a name", ">_ @196608 'user' 'a' 'options' '-c r\\ole=b' #0\n", WIRE_BAD, 0 },
	{ "an option at its last letter", ">_ @196608 'user' 'a' 'options' '-c a=b\\' #0\n", WIRE_UNIT, UNIT_LOGIN },
	{ "a setting with a bad name", ">_ @196608 'user' 'a' 'x y' 'b' #0\n", WIRE_BAD, 0 },
	{ "too long", ">_ @196608 'user' \"a\" ~11000 #0 #0\n", WIRE_BAD, 0 },
	{ "shorter than its head", ">_ #0\n", WIRE_BAD, 0 },
};

static void
test_row(size_t i)
{
	struct out room = out_new(1 << 20);
	struct step step;
	size_t n = session_steps(rows[i].text, &step, 1, &room);

	CHECK(n == 1);
	for (size_t cut = 0; cut <= step.bytes.n; cut++) {
		struct relay r = { 0 };
		struct wire_event event;
		enum wire_step is;
		struct span in = on_cliff(span_head(step.bytes, cut));

		relay_open(&r, &wire_pg, false);
		is = r.codec->next(r.state, WIRE_CLIENT, in, r.to, &event);
		if (cut == step.bytes.n)
			CHECK_ROW(rows[i].name, is == rows[i].step && (is != WIRE_UNIT || event.kind == rows[i].kind));
		else
			CHECK_ROW(rows[i].name, is == WIRE_BAD ? rows[i].step == WIRE_BAD :
			    is == WIRE_MORE && event.need > cut && event.need <= 10000);
		relay_close(&r);
		if (cut == 64 && step.bytes.n > 1000)
			cut = step.bytes.n - 1;
	}
	out_free(&room);
}

static void
test_parameters(void)
{
	struct relay r = { 0 };

	play(&r, ">_ @196610 'user' 'a' 'options' '-c x=y' '_pq_.new' '1' 'replication' 'false' #0\n");
	CHECK(wrote(&r, WIRE_SERVER, ">_ @196608 'user' 'a' 'database' 'a' 'options' '-c x=y' 'replication' 'false' #0\n"));
	CHECK(noted(&r, "> login user=a database=a\n"));
	play(&r, "<R @0\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<v @196610 @1 '_pq_.new'\n<R @0\n"));
	relay_close(&r);
	r = (struct relay){ .role = "reader", .database = "shop" };
	play(&r, ">_ @196608 'user' 'a' 'database' 'b' 'replication' '1' #0\n");
	CHECK(wrote(&r, WIRE_SERVER, ">_ @196608 'user' 'reader' 'database' 'shop' 'replication' '1' #0\n"));
	CHECK(noted(&r, "> login user=a database=b replication\n"));
	relay_close(&r);
}

/* Everything that a login sets is told, by the name that the server would see. */
static void
test_settings(void)
{
	static const struct {
		const char *parameters, *names;
	} settings[] = {
		{ "", "" },
		{ "'application_name' 'x' 'client_encoding' 'UTF8' 'DateStyle' 'ISO'", "" },
		{ "'role' 'boss'", "role," },
		{ "'options' '-c role=boss'", "role," },
		{ "'options' '-crole=boss'", "role," },
		{ "'options' '--role=boss'", "role," },
		{ "'options' '--session-authorization=boss'", "session-authorization," },
		{ "'options' '  -c   a.b=c\\ -c\\ role=x  --d=e=f '", "a.b,d," },
		{ "'options' '-c a=b\\\\ -c ROLE=x'", "a,ROLE," },
		{ "'search_path' 'x' 'options' '-c a='", "search_path,a," },
	};

	for (size_t i = 0; i < COUNT(settings); i++) {
		struct out room = out_new(4096), names = out_new(4096);
		struct relay r = { 0 };
		struct wire_event event = { 0 };
		struct step step;
		char text[512];

		snprintf(text, sizeof(text), ">_ @196608 'user' 'a' %s #0\n", settings[i].parameters);
		CHECK(session_steps(text, &step, 1, &room) == 1);
		relay_open(&r, &wire_pg, false);
		for (int again = 0; again < 2; again++)
			CHECK(r.codec->next(r.state, WIRE_CLIENT, on_cliff(step.bytes), r.to, &event) == WIRE_UNIT);
		for (size_t n = 0; n < event.login.setting_count; n++) {
			out_span(&names, event.login.settings[n]);
			out_u8(&names, ',');
		}
		CHECK_ROW(settings[i].parameters, span_is(out_view(&names), settings[i].names));
		relay_close(&r);
		out_free(&names);
		out_free(&room);
	}
}

static void
test_tls(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_pg, true);
	play(&r, ">_ @80877104\n>_ @80877103\n");
	CHECK(noted(&r, "> own\n> tls\n"));
	CHECK(span_is(out_view(&r.to[WIRE_CLIENT]), "NS"));
	play(&r, ">_ @80877103\n");
	CHECK(r.is_bad);
	relay_close(&r);
	r = (struct relay){ 0 };
	relay_open(&r, &wire_pg, true);
	relay_feed(&r, WIRE_CLIENT, SPAN("\x16"));	/* direct TLS: the first byte names all others */
	CHECK(noted(&r, "> tls\n") && r.to[WIRE_CLIENT].n == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN("\x16"));
	CHECK(noted(&r, "> BAD TLS where it was not agreed on\n"));
	relay_close(&r);
	r = (struct relay){ 0 };
	relay_open(&r, &wire_pg, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("\x16\x03\x01"));
	CHECK(noted(&r, "> BAD TLS where it was not agreed on\n"));
	relay_close(&r);
}

static void
test_sniff(void)
{
	size_t need;

	CHECK(wire_pg.sniff(SPAN("\0\0\0\x08\x04\xd2\x16\x2f"), &need) == 100);
	CHECK(wire_pg.sniff(SPAN("\0\0\0\x20\0\3\0\0"), &need) == 100);
	CHECK(wire_pg.sniff(SPAN("\0\0\0\x20\0\4\0\0"), &need) == 0 && need == 8);
	CHECK(wire_pg.sniff(SPAN("\0\0"), &need) == 0 && need == 8);
	CHECK(wire_pg.sniff(SPAN("GET"), &need) == 0 && need == 3);
	CHECK(wire_pg.sniff(SPAN(""), &need) == 0 && need == 8);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		test_row(i);
	test_parameters();
	test_settings();
	test_tls();
	test_sniff();
	return check_end();
}
