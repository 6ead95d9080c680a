/*
 * body_test.c: bodies of requests: held whole up to the limit, else begun and then
 * passed by runs; who waits to be told to go on; answers that come before the end.
 */
#include "wire/http1/play.h"

#define LIMIT 32
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void
check_length_at_limit(void)
{
	struct relay r = { .unit_limit = LIMIT };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n0123456789012345678901234567890"));
	CHECK(r.asks == 0 && r.to[WIRE_SERVER].n == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN("1"));
	CHECK(r.asks == 1 && !relay_has(out_view(&r.log), "open") && relay_has(out_view(&r.log), "length=32 body=0123"));
	relay_close(&r);
}

/* Longer: the ask has `limit` bytes of it, and the rest follows. */
static void
check_open_length(void)
{
	struct relay r = { .unit_limit = LIMIT };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n01234567890123456789012345678901ab"));
	CHECK(r.asks == 1 && relay_has(out_view(&r.log), "length=40 open body=01234567890123456789012345678901 ends-flow\n> body #1 'ab"));
	CHECK(r.codec->has_room(r.state) && !r.codec->is_idle(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN("cdefghGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK(r.asks == 1 && !r.codec->has_room(r.state));
	CHECK(relay_has(out_view(&r.log), "abcdefgh ends\n"));
	check_bytes("open length", "towards the server", out_view(&r.to[WIRE_SERVER]),
	    SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n01234567890123456789012345678901abcdefgh"));
	relay_feed(&r, WIRE_SERVER, SPAN(OK));
	CHECK(r.asks == 2);
	relay_close(&r);
}

static void
check_open_chunks(void)
{
	struct relay r = { .unit_limit = LIMIT };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n"));
	CHECK(r.asks == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN("14\r\nabcdefghijklmnopqrst\r\n"));
	CHECK(r.asks == 1 && relay_has(out_view(&r.log), "length=-1 open body=01234567890123456789ab ends-flow\n"));
	relay_feed(&r, WIRE_CLIENT, SPAN("0\r\nX: y\r\n"));
	CHECK(r.codec->has_room(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN("\r\n"));
	CHECK(!r.codec->has_room(r.state));
	CHECK(relay_has(out_view(&r.log), "cdefghijklmnopqrst\n  X: y ends\n"));
	check_bytes("open chunks", "towards the server", out_view(&r.to[WIRE_SERVER]),
	    SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n01234567890123456789ab\r\n"
	    "12\r\ncdefghijklmnopqrst\r\n0\r\nX: y\r\n\r\n"));
	relay_close(&r);
}

/* The limit falls within a chunk's line, or between the line and its data: the chunk is left to the runs. */
static void
check_open_between(void)
{
	static const struct span firsts[] = { SPAN("19\r\n0123456789012345678901234\r\n"),
		SPAN("18\r\n012345678901234567890123\r\n"), SPAN("17\r\n01234567890123456789012\r\n"),
		SPAN("1a\r\n01234567890123456789012345\r\n"), SPAN("1b\r\n012345678901234567890123456\r\n") };

	for (size_t i = 0; i < COUNT(firsts); i++) {
		struct relay r = { .unit_limit = LIMIT };

		relay_open(&r, &wire_http1, false);
		relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
		relay_feed(&r, WIRE_CLIENT, firsts[i]);
		relay_feed(&r, WIRE_CLIENT, SPAN("5\r\nvwxyz\r\n0\r\n\r\n"));
		CHECK(r.asks == 1 && !r.is_bad && relay_has(out_view(&r.log), "open body=0123"));
		CHECK(relay_has(out_view(&r.log), "xyz ends\n"));
		relay_close(&r);
	}
}

/* Bytes that break the chunks behind an ask that has gone on: the server never gets its end. */
static void
check_open_broken(void)
{
	struct relay r = { .unit_limit = LIMIT };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1e\r\n012345678901234567890123456789\r\n"));
	CHECK(r.asks == 1);
	relay_feed(&r, WIRE_CLIENT, SPAN("1;x\r\na\r\n0\r\n\r\n"));
	CHECK(r.is_bad && farewell(&r) == 400);
	CHECK(!relay_has(out_view(&r.to[WIRE_SERVER]), "\r\n0\r\n"));
	relay_close(&r);
}

static void
check_continue(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r"));
	CHECK(r.to[WIRE_CLIENT].n == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN("\n"));
	CHECK(r.asks == 0 && span_is(out_view(&r.to[WIRE_CLIENT]), "HTTP/1.1 100 Continue\r\n\r\n"));
	relay_feed(&r, WIRE_CLIENT, SPAN("a"));
	CHECK(r.asks == 1 && span_is(out_view(&r.to[WIRE_CLIENT]), "HTTP/1.1 100 Continue\r\n\r\n"));
	check_bytes("expect", "towards the server", out_view(&r.to[WIRE_SERVER]),
	    SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"));
	relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 100 Continue\r\n\r\n" OK));
	CHECK(span_is(out_view(&r.to[WIRE_CLIENT]), "HTTP/1.1 100 Continue\r\n\r\n" OK));
	out_clear(&r.to[WIRE_CLIENT]);
	relay_feed(&r, WIRE_CLIENT, SPAN("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"));
	CHECK(r.asks == 2 && r.to[WIRE_CLIENT].n == 0);	/* there is no body to wait for */
	relay_close(&r);
}

/* An ask that waits is named again, wherever its bytes lie then; what came behind it changes nothing. */
static void
check_again(void)
{
	static const struct span put = SPAN("PUT /held HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\nZ: z\r\n\r\n");
	struct relay r = { .holds = "/held" };

	relay_open(&r, &wire_http1, false);
	for (size_t i = 0; i < put.n; i++)
		relay_feed(&r, WIRE_CLIENT, span_of(put.p + i, 1));
	relay_run(&r, WIRE_CLIENT);
	relay_feed(&r, WIRE_CLIENT, SPAN("GET "));
	CHECK(r.asks == 0 && r.to[WIRE_SERVER].n == 0 && !r.is_bad);
	r.holds = NULL;
	relay_run(&r, WIRE_CLIENT);
	CHECK(r.asks == 1);
	check_bytes("again", "towards the server", out_view(&r.to[WIRE_SERVER]),
	    SPAN("PUT /held HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\nX: y\r\nZ: z\r\n\r\n"));
	relay_close(&r);
}

/* The answer comes while the body is still on its way; then both must end before the next. */
static void
check_early_answer(void)
{
	struct relay r = { .unit_limit = LIMIT };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\n01234567890123456789012345678901"));
	relay_feed(&r, WIRE_SERVER, SPAN(OK));
	CHECK(r.asks == 1 && r.codec->has_room(r.state) && !r.codec->is_idle(r.state) && !r.is_final);
	relay_feed(&r, WIRE_CLIENT, SPAN("xGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK(r.asks == 2 && !r.is_bad);
	relay_close(&r);
}

/* Memory is for one request, not for all that were. */
static void
check_memory(void)
{
	struct out chunks = out_new(1 << 20);
	struct relay r = { 0 };
	size_t used = 0;

	out_printf(&chunks, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 100; i++)
		out_printf(&chunks, "3e8\r\n%01000d\r\n", i);
	out_printf(&chunks, "0\r\nX: y\r\n\r\n");
	relay_open(&r, &wire_http1, false);
	for (int i = 0; i < 50; i++) {
		relay_feed(&r, WIRE_CLIENT, out_view(&chunks));
		relay_feed(&r, WIRE_SERVER, SPAN(OK));
		if (i == 0)
			used = arena_used(r.arena);
	}
	CHECK(r.asks == 50 && arena_used(r.arena) == used && used < 65536);
	relay_close(&r);
	out_free(&chunks);
}

/* Byte by byte, in one place: what was read is not read again, or this would take hours. */
static void
check_trickle(void)
{
	struct relay r = { 0 };
	struct out in = out_new(1 << 21);
	struct wire_event event;
	enum wire_step step = WIRE_MORE;
	size_t n = 0;

	out_printf(&in, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 60000; i++)
		out_printf(&in, "8\r\n%08d\r\n", i);
	out_printf(&in, "0\r\n\r\n");
	relay_open(&r, &wire_http1, false);
	while (step == WIRE_MORE && n < in.n)
		step = wire_http1.next(r.state, WIRE_CLIENT, span_head(out_view(&in), ++n), r.to, &event);
	CHECK(step == WIRE_UNIT && n == in.n && event.n == n && event.ask.request.body.n == 480000);
	relay_close(&r);
	out_free(&in);
}

int
main(void)
{
	check_trickle();
	check_length_at_limit();
	check_open_length();
	check_open_chunks();
	check_open_between();
	check_open_broken();
	check_continue();
	check_again();
	check_early_answer();
	check_memory();
	return check_end();
}
