/* login_test.c: the upstream login holds its order, and the client learns nothing too early. */
#include "wire/pg/play.h"

#define START ">_ @196608 'user' 'skill' #0\n"
#define SASL "<R @10 'SCRAM-SHA-256' #0\n"

static const struct {
	const char *name;
	const char *text;
} bad[] = {
	{ "ok before the final of scram", START SASL "<R @0\n" },
	{ "ok after the first of scram", START SASL "<R @11 \"x\"\n<R @0\n" },
	{ "final without a first", START "<R @12 \"x\"\n" },
	{ "continue without a begin", START "<R @11 \"x\"\n" },
	{ "another challenge after md5", START "<R @5 \"salt\"\n<R @3\n" },
	{ "a second begin of scram", START SASL SASL },
	{ "ok twice", START "<R @0\n<R @0\n" },
	{ "md5 with a short salt", START "<R @5 \"sal\"\n" },
	{ "only channel binding", START "<R @10 'SCRAM-SHA-256-PLUS' #0\n" },
	{ "gss", START "<R @7\n" },
	{ "kerberos", START "<R @2\n" },
	{ "no kind", START "<R #0\n" },
	{ "ready before ok", START "<Z \"I\"\n" },
	{ "a key before ok", START "<K @1 @2\n" },
	{ "two keys", START "<R @0\n<K @1 @2\n<K @1 @2\n" },
	{ "a short key", START "<R @0\n<K @1\n" },
	{ "a setting before ok", START "<S 'a' 'b'\n" },
	{ "ready inside a transaction", START "<R @0\n<Z \"T\"\n" },
	{ "a row", START "<R @0\n<D %0\n" },
	{ "an error that is not well formed", START "<E \"M\" 'x'\n" },
	{ "a huge message", START "<R @0 ~70000\n" },
	{ "the client speaks before its login is complete", START ">Q 'x'\n" },
	{ "the server speaks first", "<R @0\n" },
};

/* Whoever says that process and the first `n` bytes of that key: may they cancel? */
static bool
holds(struct relay *r, uint32_t pid, uint32_t number, uint8_t n)
{
	struct wire_cancel cancel = { .pid = pid, .key = relay_key(number) };

	cancel.key.n = n;
	return r->codec->holds_key(r->state, &cancel);
}

static void
test_bad(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct relay r = { 0 };

		play(&r, bad[i].text);
		CHECK_ROW(bad[i].name, r.is_bad);
		relay_close(&r);
	}
}

static void
test_scram(void)
{
	struct relay r = { 0 };

	play(&r, START);
	out_clear(&r.to[WIRE_SERVER]);
	play(&r, SASL);
	CHECK(wrote(&r, WIRE_SERVER, ">p 'SCRAM-SHA-256' $\"proof2\"\n"));
	play(&r, "<R @11 \"server-first\"\n");
	CHECK(wrote(&r, WIRE_SERVER, ">p \"proof3\"\n"));
	play(&r, "<R @12 \"server-final\"\n");
	CHECK(r.to[WIRE_SERVER].n == 0 && r.to[WIRE_CLIENT].n == 0);
	play(&r, "<R @0\n<S 'a' 'b'\n<K @4242 @99\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<R @0\n<S 'a' 'b'\n<K @4242 @0xdeadbeef\n<Z \"I\"\n"));
	CHECK(span_is(r.codec->setting(r.state, "a"), "b"));
	CHECK(r.codec->setting(r.state, "b").n == 0);
	CHECK(r.codec->is_idle(r.state));
	CHECK(holds(&r, 4242, 0xdeadbeef, 4) && !holds(&r, 99, 0xdeadbeef, 4));
	CHECK(!holds(&r, 4242, 0xdeadbeee, 4) && !holds(&r, 4242, 0xdeadbeef, WIRE_KEY_BYTES) && !holds(&r, 4242, 0, 0));
	CHECK(r.codec->cancel(r.state, &r.to[WIRE_SERVER]));
	CHECK(wrote(&r, WIRE_SERVER, ">_ @80877102 @4242 @99\n"));
	relay_close(&r);
}

/* Protocol 3.2: the client is spoken to in it, with a key that cannot be guessed; the server is not. */
static void
test_newer(void)
{
	static const struct {
		uint32_t asks;
		const char *told;
		uint8_t key;
	} rows[] = {
		{ 196608, "<R @0\n<K @4242 @0xdeadbeef\n", 4 },
		{ 196609, "<v @196608 @0\n<R @0\n<K @4242 @0xdeadbeef\n", 4 },
		{ 196610, "<R @0\n<K @4242 @0xdeadbeef @0xdeadbeef @0xdeadbeef @0xdeadbeef @0xdeadbeef @0xdeadbeef "
		    "@0xdeadbeef @0xdeadbeef\n", 32 },
		{ 199999, "<v @196610 @0\n<R @0\n<K @4242 @0xdeadbeef @0xdeadbeef @0xdeadbeef @0xdeadbeef @0xdeadbeef "
		    "@0xdeadbeef @0xdeadbeef @0xdeadbeef\n", 32 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct relay r = { 0 };
		char start[64];

		snprintf(start, sizeof(start), ">_ @%u 'user' 'a' #0\n", rows[i].asks);
		play(&r, start);
		CHECK(wrote(&r, WIRE_SERVER, ">_ @196608 'user' 'a' 'database' 'a' #0\n"));
		out_clear(&r.to[WIRE_CLIENT]);
		play(&r, "<R @0\n<K @4242 @99\n");
		CHECK_ROW(rows[i].told, wrote(&r, WIRE_CLIENT, rows[i].told));
		for (uint8_t n = 0; n <= WIRE_KEY_BYTES; n++)
			CHECK_ROW(rows[i].told, holds(&r, 4242, 0xdeadbeef, n) == (n == rows[i].key));
		relay_close(&r);
	}
}

static void
test_passwords(void)
{
	struct relay r = { 0 };

	play(&r, START);
	out_clear(&r.to[WIRE_SERVER]);
	play(&r, "<R @5 \"salt\"\n");
	CHECK(wrote(&r, WIRE_SERVER, ">p 'proof1'\n"));
	relay_close(&r);
	r = (struct relay){ 0 };
	play(&r, START);
	out_clear(&r.to[WIRE_SERVER]);
	play(&r, "<R @3\n");
	CHECK(wrote(&r, WIRE_SERVER, ">p 'proof5'\n"));
	CHECK(!r.codec->cancel(r.state, &r.to[WIRE_SERVER]));
	relay_close(&r);
}

/* A server that asks for nothing is believed only where that is allowed. */
static void
test_no_proof(void)
{
	struct relay r = { .needs_proof = true };

	play(&r, START "<R @0\n");
	CHECK(r.is_bad && r.to[WIRE_CLIENT].n == 0);
	relay_close(&r);
	r = (struct relay){ .needs_proof = true };
	play(&r, START "<R @5 \"salt\"\n<R @0\n");
	CHECK(!r.is_bad);
	relay_close(&r);
	r = (struct relay){ 0 };
	play(&r, START "<R @0\n");
	CHECK(!r.is_bad);
	relay_close(&r);
}

static void
test_tls(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_pg, false);
	r.codec->tls_ask(r.state, r.to);
	CHECK(wrote(&r, WIRE_SERVER, ">_ @80877103\n"));
	CHECK(r.codec->tls_answer(r.state) == 0);
	relay_feed(&r, WIRE_SERVER, SPAN("S"));
	CHECK(noted(&r, "< own\n") && r.codec->tls_answer(r.state) == 'S');
	r.codec->tls_ask(r.state, r.to);
	relay_feed(&r, WIRE_SERVER, SPAN("E"));
	CHECK(r.is_bad);
	relay_close(&r);
}

static void
test_refused(void)
{
	struct wire_no no = { .sqlstate = "ILD01", .message = SPAN("no"), .hint = SPAN("go") };
	struct relay r = { 0 };

	relay_open(&r, &wire_pg, false);
	r.codec->farewell(r.state, &no, r.to);
	CHECK(wrote(&r, WIRE_CLIENT,
	    "<E \"S\" 'FATAL' \"V\" 'FATAL' \"C\" 'ILD01' \"M\" 'no' \"H\" 'go' #0\n"));
	relay_feed(&r, WIRE_CLIENT, SPAN("x"));
	CHECK(r.is_bad);
	relay_close(&r);
}

int
main(void)
{
	test_bad();
	test_scram();
	test_newer();
	test_passwords();
	test_no_proof();
	test_tls();
	test_refused();
	return check_end();
}
