/* codec_test.c: the table is full, what HTTP has no use for does nothing, and what is dropped goes nowhere. */
#include "wire/http1/play.h"

#define ASK "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void
check_table(void)
{
	const struct wire_codec *codec = &wire_http1;
	struct relay r = { 0 };
	struct span input;
	uint8_t step;

	CHECK(codec->sniff && codec->open && codec->next && codec->ended && codec->pass && codec->refuse && codec->drop);
	CHECK(codec->rewrite && codec->change && codec->put && codec->hasten && codec->copy_form && codec->whole && codec->challenge);
	CHECK(codec->login_begin && codec->wants_proof && codec->login_proof && codec->tls_ask && codec->tls_answer);
	CHECK(codec->own_turn && codec->calm && codec->farewell && codec->cancel && codec->holds_key && codec->setting);
	CHECK(codec->is_idle && codec->has_room && codec->first == WIRE_CLIENT && !codec->has_login);
	relay_open(&r, codec, false);
	codec->copy_form(r.state, &(struct wire_copy){ 0 });
	codec->whole(r.state, 1);
	codec->challenge(r.state, false, r.to);
	codec->login_begin(r.state, SPAN("a"), SPAN("b"), r.to);
	codec->login_proof(r.state, 1, SPAN("a"), r.to);
	codec->tls_ask(r.state, r.to);
	CHECK(!codec->wants_proof(r.state, &step, &input) && !codec->tls_answer(r.state));
	CHECK(!codec->own_turn(r.state, SPAN("x"), r.to) && !codec->cancel(r.state, &r.to[WIRE_SERVER]));
	CHECK(!codec->holds_key(r.state, &(struct wire_cancel){ 0 }) && codec->setting(r.state, "a").n == 0);
	CHECK(r.to[WIRE_CLIENT].n == 0 && r.to[WIRE_SERVER].n == 0);
	relay_feed(&r, WIRE_CLIENT, SPAN(ASK));
	CHECK(r.asks == 1);
	relay_close(&r);
}

/* An ask that is dropped is answered by nobody; the next is as any other. So is a run of a body. */
static void
check_drop(void)
{
	struct relay r = { 0 };
	struct wire_event event;

	relay_open(&r, &wire_http1, false);
	CHECK(r.codec->next(r.state, WIRE_CLIENT, SPAN(ASK), r.to, &event) == WIRE_UNIT);
	r.codec->drop(r.state, WIRE_CLIENT, SPAN(ASK), r.to);
	CHECK(r.to[WIRE_CLIENT].n == 0 && r.to[WIRE_SERVER].n == 0 && r.codec->is_idle(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN(ASK));
	CHECK(r.asks == 1 && relay_has(out_view(&r.log), "ask #2"));
	relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
	out_clear(&r.to[WIRE_CLIENT]);
	CHECK(r.codec->next(r.state, WIRE_SERVER, SPAN("1\r\na"), r.to, &event) == WIRE_UNIT && event.n == 4);
	r.codec->drop(r.state, WIRE_SERVER, SPAN("1\r\na"), r.to);
	CHECK(r.to[WIRE_CLIENT].n == 0);
	relay_feed(&r, WIRE_SERVER, SPAN("\r\n0\r\n\r\n"));
	CHECK(span_is(out_view(&r.to[WIRE_CLIENT]), "0\r\n\r\n") && r.codec->is_idle(r.state));
	relay_close(&r);
}

/* In an arena that is full nothing is held, and nothing is let through. */
static void
check_full(void)
{
	for (size_t limit = 0; limit < 8192; limit += 64) {
		struct relay r = { 0 };
		struct wire_settings settings = { .unit_limit = 1 << 20 };
		struct wire_event event;
		void *state;

		relay_open(&r, &wire_http1, false);
		settings.arena = arena_new(limit);
		state = wire_http1.open(&settings);
		if (state && wire_http1.next(state, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "1\r\na\r\n0\r\nX: y\r\n\r\n"), r.to, &event) != WIRE_UNIT)
			CHECK(event.why && r.to[WIRE_SERVER].n == 0);
		arena_free(&settings.arena);
		relay_close(&r);
	}
}

int
main(void)
{
	check_table();
	check_drop();
	check_full();
	return check_end();
}
