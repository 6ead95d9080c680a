/* obey_test.c: what is refused fails upstream on purpose, and the client hears it in its place. */
#include "wire/pg/play.h"

#define NO "<E \"S\" 'ERROR' \"V\" 'ERROR' \"C\" 'ILD01' \"M\" 'refused by policy' \"H\" 'ask' #0\n"
#define THEIR_NO "<E \"S\" 'ERROR' \"V\" 'ERROR' \"C\" '34000' \"M\" 'portal does not exist' #0\n"
#define BIND ">B '' '' %0 %0 %0\n"
#define RUN ">E '' @0\n"

static void
test_query(void)
{
	struct relay r = { .refuses = "DROP" };

	play_login(&r);
	play(&r, ">Q 'SELECT 1'\n>Q 'DROP TABLE t'\n>Q 'SELECT 2'\n");
	CHECK(wrote(&r, WIRE_SERVER, ">Q 'SELECT 1'\n>Q '_ilk_refused'\n>Q 'SELECT 2'\n"));
	play(&r, "<C 'ONE'\n<Z \"T\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<C 'ONE'\n<Z \"T\"\n"));
	out_clear(&r.log);
	play(&r, THEIR_NO "<Z \"E\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, NO "<Z \"E\"\n"));
	CHECK(noted(&r, "< own #2\n< done #2 error=ILD01 tx=E upto=2 last\n"));
	play(&r, "<C 'TWO'\n<Z \"I\"\n");
	CHECK(r.codec->is_idle(r.state));
	relay_close(&r);
}

/* The server must fail; if it does not, nothing may go on. */
static void
test_not_failing(void)
{
	static const char *const answers[] = { "<C 'DROP'\n", "<Z \"I\"\n", "<T %0\n" };

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct relay r = { .refuses = "DROP" };

		play_login(&r);
		play(&r, ">Q 'DROP TABLE t'\n");
		play(&r, answers[i]);
		CHECK_ROW(answers[i], r.is_bad);
		relay_close(&r);
		r = (struct relay){ .refuses = "DROP" };
		play_login(&r);
		play(&r, ">P '' 'DROP' %0\n>S\n");
		play(&r, answers[i]);
		CHECK_ROW(answers[i], r.is_bad);
		relay_close(&r);
	}
}

/* Nothing behind a refusal goes on before the client's Sync. */
static void
test_extended(void)
{
	struct relay r = { .refuses = "DROP" };

	play_login(&r);
	play(&r, ">P '' 'one' %0\n" BIND RUN ">P '' 'DROP' %0\n" BIND RUN ">D \"P\" ''\n>H\n>C \"P\" 'x'\n>Q 'x'\n"
	    ">d \"x\"\n>S\n>P '' 'two' %0\n" BIND RUN ">S\n");
	CHECK(wrote(&r, WIRE_SERVER, ">P '' 'one' %0\n" BIND RUN ">D \"P\" '_ilk_refused'\n>S\n"
	    ">P '' 'two' %0\n" BIND RUN ">S\n"));
	out_clear(&r.log);
	play(&r, "<1\n<2\n<C 'ONE'\n" THEIR_NO "<Z \"I\"\n<1\n<2\n<C 'TWO'\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<1\n<2\n<C 'ONE'\n" NO "<Z \"I\"\n<1\n<2\n<C 'TWO'\n<Z \"I\"\n"));
	CHECK(noted(&r, "< done #1 last\n< plain #1\n< done #2 tag=ONE last\n< own #3\n"
	    "< done #3 error=ILD01 tx=I upto=3 last\n"
	    "< done #4 last\n< plain #4\n< done #5 tag=TWO last\n< done tx=I upto=5 last\n"));
	CHECK(r.codec->is_idle(r.state));
	relay_close(&r);
}

/* An earlier message of the batch fails first: the client hears that, and nothing of the refusal. */
static void
test_earlier_error(void)
{
	struct relay r = { .refuses = "DROP" };

	play_login(&r);
	play(&r, ">P '' 'one' %0\n" BIND RUN ">P '' 'DROP' %0\n>S\n");
	out_clear(&r.log);
	play(&r, "<1\n<E \"C\" '22012' #0\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<1\n<E \"C\" '22012' #0\n<Z \"I\"\n"));
	CHECK(r.codec->is_idle(r.state) && !r.is_bad);
	relay_close(&r);
}

/* An Execute refused when the values are known; the portal is gone with the batch. */
static void
test_execute(void)
{
	struct relay r = { 0 };

	play_login(&r);
	play(&r, ">P 's' 'DROP' %0\n>S\n<1\n<Z \"I\"\n");
	r.refuses = "DROP";
	out_clear(&r.to[WIRE_CLIENT]);
	out_clear(&r.to[WIRE_SERVER]);
	play(&r, ">B '' 's' %0 %0 %0\n" RUN ">S\n<2\n" THEIR_NO "<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_SERVER, ">B '' 's' %0 %0 %0\n>D \"P\" '_ilk_refused'\n>S\n"));
	CHECK(wrote(&r, WIRE_CLIENT, "<2\n" NO "<Z \"I\"\n"));
	relay_close(&r);
}

/* A named portal can be run by its name in SQL, so its Bind is refused already. */
static void
test_named_bind(void)
{
	struct relay r = { 0 };

	play_login(&r);
	play(&r, ">P 's' 'DROP' %0\n>S\n<1\n<Z \"I\"\n");
	r.refuses = "DROP";
	out_clear(&r.to[WIRE_CLIENT]);
	out_clear(&r.to[WIRE_SERVER]);
	out_clear(&r.log);
	play(&r, ">B 'p' 's' %0 %1 $\"7\" %0\n>E 'p' @0\n>S\n" THEIR_NO "<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_SERVER, ">D \"P\" '_ilk_refused'\n>S\n"));
	CHECK(wrote(&r, WIRE_CLIENT, NO "<Z \"I\"\n"));
	CHECK(noted(&r, "> ask #2 bind 2 tx=I text=DROP name=p of=1 value=7\n> plain\n> plain\n< own #2\n< done #2 error=ILD01 tx=I upto=2 last\n"));
	relay_close(&r);
}

/* … and what SQL made is run under the words that SQL has for it. */
static void
test_made_by_sql(void)
{
	struct relay r = { 0 };

	play_login(&r);
	play(&r, ">Q 'prepare s as x'\n<C 'PREPARE'\n<Z \"T\"\n");
	out_clear(&r.log);
	play(&r, ">B '' 's' %0 %0 %0\n>E '' @0\n>E 'a\"b' @0\n>E '' @0\n>S\n<2\n<C 'SELECT 0'\n<C 'SELECT 0'\n<C 'SELECT 0'\n<Z \"T\"\n");
	CHECK(noted(&r, "> ask #2 bind 2 tx=T text=EXECUTE \"s\"\n"
	    "> ask #3 execute 3 tx=T text=FETCH ALL FROM \"unnamed\"\n"
	    "> ask #4 execute 4 tx=? text=FETCH ALL FROM \"a\"\"b\" name=a\"b\n"
	    "> ask #5 execute 5 tx=? text=FETCH ALL FROM \"unnamed\"\n"
	    "> plain\n< done #2 last\n< done #3 tag=SELECT 0 last\n< done #4 tag=SELECT 0 last\n"
	    "< done #5 tag=SELECT 0 last\n< done tx=T upto=5 last\n"));
	relay_close(&r);
}

static void
test_fatal(void)
{
	struct relay r = { .refuses = "DROP", .refuses_fatally = true };

	play_login(&r);
	play(&r, ">Q 'DROP'\n");
	CHECK(wrote(&r, WIRE_CLIENT,
	    "<E \"S\" 'FATAL' \"V\" 'FATAL' \"C\" 'ILD01' \"M\" 'refused by policy' \"H\" 'ask' #0\n"));
	CHECK(r.to[WIRE_SERVER].n == 0);
	play(&r, ">Q 'x'\n");
	CHECK(r.is_bad);
	relay_close(&r);
}

/* A row refused ends the flow; inside a row in parts nothing can be said any more. */
static void
test_refused_row(void)
{
	struct wire_no no = { .sqlstate = "ILL01", .message = SPAN("too many") };
	struct relay r = { 0 };

	play_login(&r);
	play(&r, ">Q 'x'\n<T %1" COLUMN("a") "\n");
	out_clear(&r.to[WIRE_CLIENT]);
	r.codec->refuse(r.state, WIRE_SERVER, SPAN("D\0\0\0\6\0\0"), &no, r.to);
	CHECK(wrote(&r, WIRE_CLIENT, "<E \"S\" 'FATAL' \"V\" 'FATAL' \"C\" 'ILL01' \"M\" 'too many' #0\n"));
	relay_close(&r);
	r = (struct relay){ 0 };
	play_login(&r);
	play(&r, ">Q 'x'\n<T %1" COLUMN("a") "\n");
	relay_feed(&r, WIRE_SERVER, SPAN("D\0\x20\0\0\0\1"));
	CHECK(span_equal(span_skip(out_view(&r.to[WIRE_CLIENT]), r.to[WIRE_CLIENT].n - 7), SPAN("D\0\x20\0\0\0\1")));
	out_clear(&r.to[WIRE_CLIENT]);
	r.codec->calm(r.state, r.to);
	r.codec->farewell(r.state, &no, r.to);
	CHECK(r.to[WIRE_CLIENT].n == 0);
	relay_close(&r);
}

static void
test_calm(void)
{
	struct relay r = { .holds = "WAIT" };

	relay_open(&r, &wire_pg, false);
	r.codec->calm(r.state, r.to);
	CHECK(r.to[WIRE_CLIENT].n == 0);
	play_login(&r);
	play(&r, ">Q 'WAIT'\n");
	r.codec->calm(r.state, r.to);
	CHECK(wrote(&r, WIRE_CLIENT, "<N \"S\" 'NOTICE' \"V\" 'NOTICE' \"C\" '00000' \"M\" 'waiting for approval' #0\n"));
	CHECK(r.to[WIRE_SERVER].n == 0);
	r.holds = NULL;
	relay_run(&r, WIRE_CLIENT);
	CHECK(wrote(&r, WIRE_SERVER, ">Q 'WAIT'\n"));
	relay_close(&r);
}

/* Malformed and misplaced messages of a client. */
static void
test_bad(void)
{
	static const char *const bad[] = {
		">Q \"no end\"\n", ">Q 'a' 'b'\n", ">P '' 'x' %1\n", ">P '' 'x' %0 #0\n", ">P 'x'\n",
		">B '' '' %2 %1 %1 %0 %0\n", ">B '' '' %0 %1 @5 \"abc\" %0\n", ">B '' '' %0 %0 %0 #0\n",
		">B '_ilkx' '' %0 %0 %0\n", ">E '_ilk_c' @0\n", ">E ''\n", ">E '' @0 #0\n", ">D \"X\" ''\n",
		">D \"P\" '_ilk_refused'\n", ">C \"S\" '_ilk_c'\n", ">S #0\n", ">H #0\n", ">X #0\n", ">F @1 %0 %1 @9 %0\n",
		">F @1 %0 %0\n", ">p 'password'\n", ">z\n", ">E ~20000\n", ">R @0\n",
		">Q 'COPY'\n<G #0 %0\n>Q 'x'\n",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct relay r = { 0 };

		play_login(&r);
		play(&r, bad[i]);
		CHECK_ROW(bad[i], r.is_bad);
		relay_close(&r);
	}
}

int
main(void)
{
	test_query();
	test_not_failing();
	test_extended();
	test_earlier_error();
	test_execute();
	test_named_bind();
	test_made_by_sql();
	test_fatal();
	test_refused_row();
	test_calm();
	test_bad();
	return check_end();
}
