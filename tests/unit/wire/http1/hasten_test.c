/*
 * hasten_test.c: asks whose client stops in the middle to hear an answer. They are
 * named once that is said, with what is here; then both sides speak at once.
 */
#include "wire/http1/play.h"

#define HEAD "POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define GRPC "POST /s HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc+proto\r\nTransfer-Encoding: chunked\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static enum wire_hunger
hunger_of(struct span in)
{
	struct relay r = { .unit_limit = 64 };
	struct wire_event event;
	enum wire_step step;

	relay_open(&r, &wire_http1, false);
	step = wire_http1.next(r.state, WIRE_CLIENT, in, r.to, &event);
	CHECK(step == WIRE_MORE);
	relay_close(&r);
	return event.hunger;
}

static void
check_hunger(void)
{
	CHECK(hunger_of(SPAN("POST /s HT")) == HUNGER_PLAIN);
	CHECK(hunger_of(SPAN("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab")) == HUNGER_PLAIN);
	CHECK(hunger_of(SPAN(HEAD)) == HUNGER_OPEN);
	CHECK(hunger_of(SPAN(HEAD "3\r\nabc\r\n")) == HUNGER_OPEN);
	CHECK(hunger_of(SPAN(GRPC "7\r\n\0\0\0\0\2ab\r\n")) == HUNGER_DIALOGUE);
	CHECK(hunger_of(SPAN(GRPC "7\r\n\0\0\0\0\2ab\r\n5\r\n\0\0\0\0\0\r\n")) == HUNGER_DIALOGUE);
	/* nobody listens before anything is said, or in the middle of it */
	CHECK(hunger_of(SPAN(GRPC)) == HUNGER_OPEN);
	CHECK(hunger_of(SPAN(GRPC "6\r\n\0\0\0\0\2a\r\n")) == HUNGER_OPEN);
	CHECK(hunger_of(SPAN(GRPC "8\r\n\0\0\0\0\2ab\0\r\n")) == HUNGER_OPEN);
}

/* Only in the middle of a body of no told length there is something to hasten. */
static void
check_nothing(void)
{
	struct relay r = { .holds = "/s" };

	relay_open(&r, &wire_http1, false);
	CHECK(!relay_hasten(&r));
	relay_feed(&r, WIRE_CLIENT, SPAN("POST / HT"));
	CHECK(!relay_hasten(&r));
	relay_feed(&r, WIRE_CLIENT, SPAN("TP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab"));
	CHECK(!relay_hasten(&r) && r.asks == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN("c"));
	relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 204 No\r\n\r\n"));
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD "0\r\n\r\n"));
	CHECK(r.asks == 1 && !relay_hasten(&r));	/* it is whole, and waits for its verdict */
	r.holds = NULL;
	relay_run(&r, WIRE_CLIENT);
	CHECK(r.asks == 2 && relay_has(out_view(&r.log), "length=-1\n") && !r.is_bad);
	relay_close(&r);
}

/* Question and answer take turns within one request, and either may end first. */
static void
check_dialogue(bool ends_first)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD "3\r\none\r\n5\r\ntw"));
	CHECK(r.asks == 0 && relay_hasten(&r) && r.asks == 1);
	CHECK(relay_has(out_view(&r.log), "length=-1 open body=onetw ends-flow\n"));
	check_bytes("begun", "towards the server", out_view(&r.to[WIRE_SERVER]), SPAN(HEAD "5\r\nonetw\r\n"));
	relay_feed(&r, WIRE_SERVER, SPAN(ANSWER "2\r\nAA\r\n"));
	CHECK(relay_has(out_view(&r.to[WIRE_CLIENT]), "2\r\nAA\r\n") && !r.is_bad && r.codec->has_room(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN("o!!\r\n4\r\nmore\r\n"));
	CHECK(relay_has(out_view(&r.to[WIRE_SERVER]), "3\r\no!!\r\n4\r\nmore\r\n"));
	relay_feed(&r, WIRE_SERVER, SPAN("2\r\nBB\r\n"));
	if (ends_first)
		relay_feed(&r, WIRE_SERVER, SPAN("0\r\nX: y\r\n\r\n"));
	relay_feed(&r, WIRE_CLIENT, SPAN("4\r\nlast\r\n0\r\n\r\n"));
	if (!ends_first)
		relay_feed(&r, WIRE_SERVER, SPAN("0\r\nX: y\r\n\r\n"));
	CHECK(relay_has(out_view(&r.to[WIRE_CLIENT]), "2\r\nBB\r\n0\r\nX: y\r\n\r\n"));
	CHECK(relay_has(out_view(&r.to[WIRE_SERVER]), "4\r\nlast\r\n0\r\n\r\n"));
	CHECK(!r.is_bad && r.codec->is_idle(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD "1\r\nx\r\n"));
	CHECK(r.asks == 1);	/* the next is waited for again */
	relay_close(&r);
}

/* Named as open it stays so, however much came while its verdict took time. */
static void
check_held(void)
{
	struct relay r = { .holds = "/s" };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD "3\r\nabc\r\n"));
	CHECK(relay_hasten(&r) && r.asks == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN("3\r\ndef\r\n0\r\nX: y\r\n\r\n"));
	CHECK(!relay_hasten(&r));
	r.holds = NULL;
	relay_run(&r, WIRE_CLIENT);
	CHECK(relay_has(out_view(&r.log), "open body=abc ends-flow\n> body #1 'def\n  X: y ends\n"));
	check_bytes("held", "towards the server", out_view(&r.to[WIRE_SERVER]),
	    SPAN(HEAD "3\r\nabc\r\n3\r\ndef\r\n0\r\nX: y\r\n\r\n"));
	relay_close(&r);
}

/* What came after all makes it whole. */
static void
check_too_late(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD "3\r\nabc\r\n"));
	out_span(&r.in[WIRE_CLIENT], SPAN("0\r\n\r\n"));
	CHECK(relay_hasten(&r) && r.asks == 1 && !relay_has(out_view(&r.log), "open"));
	relay_close(&r);
}

/* Refused, its rest goes nowhere. */
static void
check_refused(void)
{
	struct relay r = { .refuses = "/s" };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD "3\r\nabc\r\n"));
	CHECK(relay_hasten(&r));
	relay_feed(&r, WIRE_CLIENT, SPAN("3\r\ndef\r\n0\r\n\r\n"));
	CHECK(r.to[WIRE_SERVER].n == 0 && r.is_final);
	CHECK(relay_has(out_view(&r.to[WIRE_CLIENT]), "HTTP/1.1 403 ") && relay_has(out_view(&r.to[WIRE_CLIENT]), "Connection: close"));
	relay_close(&r);
}

/* At each byte: what is named is what is here. */
static void
check_everywhere(void)
{
	static const struct span whole = SPAN(HEAD "3\r\nabc\r\na\r\n0123456789\r\n0\r\nX: y\r\n\r\n");

	for (size_t at = 1; at < whole.n; at++) {
		struct relay r = { 0 };
		struct span sent;

		relay_open(&r, &wire_http1, false);
		relay_feed(&r, WIRE_CLIENT, span_head(whole, at));
		relay_hasten(&r);
		relay_feed(&r, WIRE_CLIENT, span_skip(whole, at));
		sent = out_view(&r.to[WIRE_SERVER]);
		CHECK(r.asks == 1 && !r.is_bad && !r.codec->has_room(r.state));
		CHECK(relay_has(sent, "0\r\nX: y\r\n\r\n"));
		relay_close(&r);
	}
}

int
main(void)
{
	check_hunger();
	check_nothing();
	check_dialogue(false);
	check_dialogue(true);
	check_held();
	check_too_late();
	check_refused();
	check_everywhere();
	return check_end();
}
