/*
 * large_test.c: messages over the limit. A text is refused in its place, and the rest of
 * it thrown away; a Bind goes by, its small values kept, the others known by length.
 */
#include "wire/pg/play.h"

#define NO "<E \"S\" 'ERROR' \"V\" 'ERROR' \"C\" 'ILD01' \"M\" 'refused by policy' \"H\" 'ask' #0\n"
#define PARSED ">P '' 'one' %0\n"
#define THEIR_NO "<E \"S\" 'ERROR' \"V\" 'ERROR' \"C\" '34000' \"M\" 'portal does not exist' #0\n"

/* Bytes of the client one by one, or `step` at a time. */
static void
feed(struct relay *r, const char *text, size_t step)
{
	static struct step steps[PLAY_STEPS];
	struct out room = out_new(1 << 24);
	size_t n = session_steps(text, steps, PLAY_STEPS, &room);

	for (size_t i = 0; i < n; i++)
		for (struct span rest = steps[i].bytes; rest.n; rest = span_skip(rest, rest.n < step ? rest.n : step))
			relay_feed(r, steps[i].side, span_head(rest, rest.n < step ? rest.n : step));
	out_free(&room);
}

static void
test_bind(size_t step)
{
	struct relay r = { .unit_limit = 200 };

	play_login(&r);
	feed(&r, PARSED ">B '' '' %4 %0 %1 %0 %0 %4 $\"7\" @70000 ~70000 - $\"abc\" %2 %1 %0\n>E '' @0\n>S\n", step);
	CHECK(wrote(&r, WIRE_SERVER, PARSED ">B '' '' %4 %0 %1 %0 %0 %4 $\"7\" @70000 ~70000 - $\"abc\" %2 %1 %0\n>E '' @0\n>S\n"));
	CHECK(noted(&r, "> ask #1 parse 1 tx=I text=one\n> plain (parts)\n"
	    "> ask #2 execute 2 tx=I text=one of=1 value=7 cut=70000 value=abc\n> plain\n"));
	play(&r, "<1\n<2\n<C 'ONE'\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<1\n<2\n<C 'ONE'\n<Z \"I\"\n"));
	CHECK(r.codec->is_idle(r.state) && !r.is_bad);
	relay_close(&r);
}

/* Refused in its place; what follows is served. */
static void
test_text(size_t step)
{
	struct relay r = { .unit_limit = 200 };

	play_login(&r);
	feed(&r, ">Q ~5000 #0\n>Q 'x'\n", step);
	CHECK(wrote(&r, WIRE_SERVER, ">Q '_ilk_refused'\n>Q 'x'\n"));
	play(&r, "<E \"C\" '42601' #0\n<Z \"I\"\n<C 'X'\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, NO "<Z \"I\"\n<C 'X'\n<Z \"I\"\n"));
	CHECK(r.codec->is_idle(r.state) && !r.is_bad);
	relay_close(&r);
}

/* A Parse, then what depends on it, up to Sync; a large one among what is thrown away too. */
static void
test_parse(size_t step)
{
	struct relay r = { .unit_limit = 200 };

	play_login(&r);
	feed(&r, ">P '' ~5000 #0 %0\n>B '' '' %0 %1 @5000 ~5000 %0\n>E '' @0\n>S\n>Q 'x'\n", step);
	CHECK(wrote(&r, WIRE_SERVER, ">D \"P\" '_ilk_refused'\n>S\n>Q 'x'\n"));
	play(&r, THEIR_NO "<Z \"I\"\n<C 'X'\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, NO "<Z \"I\"\n<C 'X'\n<Z \"I\"\n"));
	CHECK(r.codec->is_idle(r.state) && !r.is_bad);
	relay_close(&r);
}

/* What must be judged at its Bind cannot go by. */
static void
test_named_bind(void)
{
	struct relay r = { .unit_limit = 200 };

	play_login(&r);
	play(&r, PARSED ">B 'p' '' %0 %1 @5000 ~5000 %0\n>E 'p' @0\n>S\n");
	CHECK(wrote(&r, WIRE_SERVER, PARSED ">D \"P\" '_ilk_refused'\n>S\n"));
	CHECK(noted(&r, "> ask #1 parse 1 tx=I text=one\n> ask #2 bind 2 tx=I too large\n> plain (parts)\n> plain\n> plain\n"));
	relay_close(&r);
}

static void
test_malformed(void)
{
	static const char *const binds[] = {
		">B '' '' %0 %1 @5000 ~4000 %0\n",	/* longer than the message */
		">B '' '' %0 %1 @-2 ~5000 %0\n",
		">B '' '' %0 %1 @5000 ~5000\n",		/* no formats of results */
		">B '' '' %0 %1 @5000 ~5000 %2 %0\n",
		">B '' '' %0 %1 @5000 ~5000 %0 #0\n",	/* bytes behind the end */
		">B '' '' %0 %1 @5000 ~5000 %2000 ~4000\n",
		">B '' '' %3 %0 %0 %0 %1 @5000 ~5000 %0\n",
		">B '' '' %0 %65535 @5000 ~5000 %0\n",
		">B ~70000\n",
		">B '' ~300\n",
		">B '' '' %120 ~240 %0\n",
		">B '' '' %120 ~240 %120\n",
	};

	for (size_t i = 0; i < COUNT(binds); i++) {
		struct relay r = { .unit_limit = 200 };

		play_login(&r);
		play(&r, PARSED);
		play(&r, binds[i]);
		play(&r, ">E '' @0\n>S\n");
		CHECK_ROW(binds[i], r.is_bad);
		relay_close(&r);
	}
}

int
main(void)
{
	static const size_t steps[] = { 1, 2, 3, 5, 7, 64, 199, 200, 201, 4096, 1 << 20 };

	for (size_t i = 0; i < COUNT(steps); i++) {
		test_bind(steps[i]);
		test_text(steps[i]);
		test_parse(steps[i]);
	}
	test_named_bind();
	test_malformed();
	return check_end();
}
