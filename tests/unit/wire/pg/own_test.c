/* own_test.c: a question of ours is answered to us alone, wherever it is put. */
#include "wire/pg/play.h"

#define QUESTION ">C \"P\" '_ilk_c'\n>C \"S\" '_ilk_c'\n>P '_ilk_c' 'SELECT 1' %0\n" \
	">B '_ilk_c' '_ilk_c' %0 %0 %0\n>E '_ilk_c' @0\n>C \"P\" '_ilk_c'\n>C \"S\" '_ilk_c'\n"
#define REPLY "<3\n<3\n<1\n<2\n<D %2 $\"1\" -\n<C 'SELECT 1'\n<3\n<3\n"
#define OWN_LOG "< own\n< own\n< own\n< own\n< reply '1 NULL\n< reply-end tag=SELECT 1 last\n"

static void
test_idle(void)
{
	struct relay r = { .asks_first = "ASK", .own_text = "SELECT 1" };

	play_login(&r);
	play(&r, ">Q 'ASK'\n");
	CHECK(wrote(&r, WIRE_SERVER, QUESTION ">S\n"));
	CHECK(!r.codec->is_idle(r.state));
	play(&r, REPLY "<Z \"I\"\n<N \"M\" 'x' #0\n");
	CHECK(wrote(&r, WIRE_SERVER, ">Q 'ASK'\n"));
	CHECK(wrote(&r, WIRE_CLIENT, "<N \"M\" 'x' #0\n"));
	CHECK(noted(&r, OWN_LOG "> ask #1 query 1 tx=I text=ASK\n< own\n< own\n< own\n< text #1 'x\n"));
	relay_close(&r);
}

/* In the client's batch: Flush, not Sync. */
static void
test_in_batch(void)
{
	struct relay r = { .asks_first = "ASK", .own_text = "SELECT 1" };

	play_login(&r);
	play(&r, ">P '' 'one' %0\n>P '' 'ASK' %0\n");
	CHECK(wrote(&r, WIRE_SERVER, ">P '' 'one' %0\n" QUESTION ">H\n"));
	play(&r, "<1\n" REPLY);
	CHECK(wrote(&r, WIRE_SERVER, ">P '' 'ASK' %0\n"));
	CHECK(wrote(&r, WIRE_CLIENT, "<1\n"));
	play(&r, "<1\n>S\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<1\n<Z \"I\"\n") && r.codec->is_idle(r.state));
	relay_close(&r);
}

/* It fails in the batch: the batch has failed, and the client must know. */
static void
test_poison(void)
{
	struct relay r = { .asks_first = "ASK", .own_text = "SELECT 1" };

	play_login(&r);
	play(&r, ">P '' 'one' %0\n>P '' 'ASK' %0\n>S\n");
	out_clear(&r.to[WIRE_SERVER]);
	out_clear(&r.log);
	play(&r, "<1\n<3\n<3\n<E \"C\" '22012' \"M\" 'x' #0\n");
	CHECK(noted(&r, "< done #1 last\n< own\n< own\n< reply-end error=22012 last\n> plain\n> plain\n"));
	CHECK(wrote(&r, WIRE_SERVER, ">S\n"));
	play(&r, "<Z \"I\"\n");
	CHECK(noted(&r, "< done error=58000 tx=I upto=1 last\n"));
	CHECK(r.codec->is_idle(r.state));
	relay_close(&r);
}

/* Alone it harms nothing when it fails. */
static void
test_fails_alone(void)
{
	struct relay r = { .asks_first = "ASK", .own_text = "SELECT 1" };

	play_login(&r);
	play(&r, ">Q 'ASK'\n<3\n<3\n<E \"C\" '22012' #0\n<Z \"I\"\n<C 'X'\n<Z \"I\"\n");
	CHECK(wrote(&r, WIRE_CLIENT, "<C 'X'\n<Z \"I\"\n"));
	CHECK(r.codec->is_idle(r.state));
	relay_close(&r);
}

/* What was sent before it fails: it is skipped with the rest, and the conductor is told. */
static void
test_lost(void)
{
	struct relay r = { .asks_first = "ASK", .own_text = "SELECT 1" };

	play_login(&r);
	play(&r, ">P '' 'one' %0\n>P '' 'ASK' %0\n");
	out_clear(&r.log);
	play(&r, "<E \"C\" '42601' #0\n");
	CHECK(noted(&r, "< text #1 '42601 lost\n> plain\n"));
	play(&r, ">S\n<Z \"I\"\n");
	CHECK(r.codec->is_idle(r.state));
	relay_close(&r);
}

static void
test_cannot(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_pg, false);
	CHECK(!r.codec->own_turn(r.state, SPAN("SELECT 1"), r.to));
	play_login(&r);
	CHECK(!r.codec->own_turn(r.state, SPAN(""), r.to));
	CHECK(!r.codec->own_turn(r.state, SPAN("a\0b"), r.to));
	play(&r, ">Q 'x'\n<E \"C\" '42601' #0\n<Z \"E\"\n");
	CHECK(!r.codec->own_turn(r.state, SPAN("SELECT 1"), r.to));
	play(&r, ">Q 'ROLLBACK'\n<C 'ROLLBACK'\n<Z \"I\"\n>P '' 'x' %0\n<E \"C\" '42601' #0\n");
	CHECK(!r.codec->own_turn(r.state, SPAN("SELECT 1"), r.to));
	play(&r, ">S\n<Z \"I\"\n>Q 'COPY'\n<G #0 %0\n");
	CHECK(!r.codec->own_turn(r.state, SPAN("SELECT 1"), r.to));
	play(&r, ">c\n<C 'COPY 0'\n<Z \"I\"\n");
	CHECK(r.codec->own_turn(r.state, SPAN("SELECT 1"), r.to));
	relay_close(&r);
}

int
main(void)
{
	test_idle();
	test_in_batch();
	test_poison();
	test_fails_alone();
	test_lost();
	test_cannot();
	return check_end();
}
