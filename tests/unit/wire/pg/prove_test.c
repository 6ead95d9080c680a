/* prove_test.c: the client's own login holds its order, nothing goes upstream before its end, and every cut of it is more. */
#include "wire/pg/play.h"

#define START ">_ @196608 'user' 'skill' #0\n"
#define FIRST ">p 'SCRAM-SHA-256' $\"n,,n=,r=abc\"\n"
#define BOUND ">p 'SCRAM-SHA-256-PLUS' $\"p=tls-server-end-point,,n=,r=abc\"\n"
#define FINAL ">p \"c=biws,r=abcd,p=x\"\n"

static void
test_order(void)
{
	struct relay r = { .challenges = true };

	play(&r, START);
	CHECK(wrote(&r, WIRE_CLIENT, "<R @10 'SCRAM-SHA-256' #0\n"));
	out_clear(&r.log);
	play(&r, FIRST);
	CHECK(noted(&r, "> own\nproof 8 \n"));	/* a zero, which ends the text that is noted, and the message */
	CHECK(wrote(&r, WIRE_CLIENT, "<R @11 \"proof8\"\n"));
	CHECK(r.to[WIRE_SERVER].n == 0);
	play(&r, FINAL);
	CHECK(noted(&r, "> own\nproof 9 c=biws,r=abcd,p=x\n"));
	CHECK(wrote(&r, WIRE_CLIENT, "<R @12 \"proof9\"\n"));
	CHECK(r.to[WIRE_SERVER].n > 0);	/* and only now */
	out_clear(&r.to[WIRE_SERVER]);
	/* upstream it goes on as ever */
	play(&r, "<R @10 'SCRAM-SHA-256' #0\n");
	CHECK(wrote(&r, WIRE_SERVER, ">p 'SCRAM-SHA-256' $\"proof2\"\n"));
	play(&r, "<R @11 \"x\"\n<R @12 \"x\"\n");
	CHECK(r.to[WIRE_CLIENT].n == 0);
	play(&r, "<R @0\n<K @4242 @99\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<R @0\n<K @4242 @0xdeadbeef\n<Z \"I\"\n"));
	CHECK(r.codec->is_idle(r.state));
	relay_close(&r);
}

static void
test_bound(void)
{
	struct relay r = { .challenges = true, .binds = true };

	play(&r, START);
	CHECK(wrote(&r, WIRE_CLIENT, "<R @10 'SCRAM-SHA-256-PLUS' 'SCRAM-SHA-256' #0\n"));
	play(&r, BOUND);
	CHECK(r.log.n && memmem(r.log.p, r.log.n, "\1p=tls-server-end-point,,n=,r=abc", 33));
	CHECK(!r.is_bad && wrote(&r, WIRE_CLIENT, "<R @11 \"proof8\"\n"));
	relay_close(&r);
	r = (struct relay){ .challenges = true, .binds = true };
	play(&r, START FIRST);
	CHECK(!r.is_bad && memmem(r.log.p, r.log.n, "proof 8 \n", 9));
	relay_close(&r);
}

/* What is declined of a newer client's wishes is told before anything else, once. */
static void
test_newer(void)
{
	struct relay r = { .challenges = true };

	play(&r, ">_ @196610 'user' 'skill' '_pq_.x' 'y' #0\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<v @196610 @1 '_pq_.x'\n<R @10 'SCRAM-SHA-256' #0\n"));
	play(&r, FIRST FINAL);
	out_clear(&r.to[WIRE_CLIENT]);
	play(&r, "<R @0\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<R @0\n"));
	relay_close(&r);
}

static const struct {
	const char *name, *text;
} bad[] = {
	{ "a query", START ">Q 'select 1'\n" },
	{ "another start", START START },
	{ "a password in the clear", START ">p 'pencil'\n" },
	{ "a mechanism that was not offered", START ">p 'SCRAM-SHA-1' $\"n,,n=,r=abc\"\n" },
	{ "bound where that was not offered", START BOUND },
	{ "no first message", START ">p 'SCRAM-SHA-256' @0xffffffff\n" },
	{ "a length that is not its own", START ">p 'SCRAM-SHA-256' @3 \"ab\"\n" },
	{ "a mechanism without its end", START ">p \"SCRAM-SHA-256\"\n" },
	{ "a huge message", START ">p 'SCRAM-SHA-256' ~3000\n" },
	{ "something else for the final", START FIRST ">Q 'x'\n" },
	{ "more than was asked for", START FIRST FINAL FINAL },
	{ "a query before it is complete", START FIRST FINAL ">Q 'x'\n" },
};

static void
test_bad(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct relay r = { .challenges = true };

		play(&r, bad[i].text);
		CHECK_ROW(bad[i].name, r.is_bad);
		relay_close(&r);
	}
}

static void
test_bye(void)
{
	struct relay r = { .challenges = true };

	play(&r, START ">X\n");
	CHECK(!r.is_bad && memmem(r.log.p, r.log.n, "> bye", 5) && r.to[WIRE_SERVER].n == 0);
	relay_close(&r);
}

/* Every prefix of an answer asks for more and changes nothing. */
static void
test_prefixes(void)
{
	static struct step steps[PLAY_STEPS];
	struct out room = out_new(1 << 20);
	size_t n = session_steps(START FIRST FINAL, steps, PLAY_STEPS, &room);

	CHECK(n == 3);
	for (size_t i = 1; i < n; i++)
		for (size_t cut = 0; cut < steps[i].bytes.n; cut++) {
			struct relay r = { .challenges = true };
			size_t was;

			relay_open(&r, &wire_pg, false);
			for (size_t k = 0; k < i; k++)
				relay_feed(&r, steps[k].side, steps[k].bytes);
			was = r.to[WIRE_CLIENT].n;
			relay_feed(&r, WIRE_CLIENT, span_head(steps[i].bytes, cut));
			CHECK(!r.is_bad && r.to[WIRE_CLIENT].n == was && r.to[WIRE_SERVER].n == 0);
			relay_feed(&r, WIRE_CLIENT, span_skip(steps[i].bytes, cut));
			CHECK(!r.is_bad && r.to[WIRE_CLIENT].n > was);
			relay_close(&r);
		}
	out_free(&room);
}

int
main(void)
{
	test_order();
	test_bound();
	test_newer();
	test_bad();
	test_bye();
	test_prefixes();
	return check_end();
}
