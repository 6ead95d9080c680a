/* raw_test.c: bytes pass as they are, both ways, until the flow is ended. */
#include "check.h"
#include "wire/relay.h"

int
main(void)
{
	struct wire_no no = { .sqlstate = "ILD01", .message = SPAN("no") };
	struct relay r = { 0 };
	size_t need;

	relay_open(&r, &wire_raw, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("GET / HTTP/1.0\r\n\r\n"));
	relay_feed(&r, WIRE_SERVER, SPAN("\0\1\2\3"));
	relay_feed(&r, WIRE_SERVER, SPAN("\4"));
	CHECK(span_is(out_view(&r.to[WIRE_SERVER]), "GET / HTTP/1.0\r\n\r\n"));
	CHECK(span_equal(out_view(&r.to[WIRE_CLIENT]), SPAN("\0\1\2\3\4")));
	CHECK(r.asks == 0 && r.codec->is_idle(r.state) && r.codec->has_room(r.state));
	CHECK(!r.codec->own_turn(r.state, SPAN("SELECT 1"), r.to));
	CHECK(!r.codec->cancel(r.state, &r.to[WIRE_SERVER]));
	CHECK(r.codec->sniff(SPAN("anything"), &need) == 1 && need == 8);
	r.codec->farewell(r.state, &no, r.to);
	CHECK(r.to[WIRE_CLIENT].n == 5);
	relay_feed(&r, WIRE_CLIENT, SPAN("more"));
	CHECK(r.is_bad);
	relay_close(&r);
	return check_end();
}
