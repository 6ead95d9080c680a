/* refusal_test.c: what a client is told when the answer is no, and what it can do then. */
#include "wire/http1/play.h"

#define ASK "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct wire_no no = {
	.sqlstate = "ILP01", .message = SPAN("refused by policy (ref-1)"), .hint = SPAN("ask \"them\""), .id = SPAN("ref-1"),
};

#define DOCUMENT "{\"type\":\"about:blank\",\"title\":\"refused by policy (ref-1)\",\"status\":403," \
	"\"detail\":\"ask \\\"them\\\"\",\"instance\":\"urn:interlock:ref-1\",\"code\":\"ILP01\"}\n"

static enum wire_step
name_next(struct relay *r, enum wire_side side, struct span in, struct wire_event *event)
{
	return r->codec->next(r->state, side, in, r->to, event);
}

/* In its slot, and the next request is answered as if nothing had been. */
static void
check_plain(void)
{
	struct relay r = { 0 };
	struct wire_event event;

	relay_open(&r, &wire_http1, false);
	CHECK(name_next(&r, WIRE_CLIENT, SPAN(ASK), &event) == WIRE_UNIT && event.kind == UNIT_ASK && !event.ends_flow);
	CHECK(event.turn == 1 && event.ask.turn == 1 && event.ask.phase == PHASE_REQUEST);
	r.codec->refuse(r.state, WIRE_CLIENT, SPAN(ASK), &no, r.to);
	check_bytes("plain", "towards the client", out_view(&r.to[WIRE_CLIENT]),
	    SPAN("HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\n"
	    "Content-Length: 144\r\n\r\n" DOCUMENT));
	CHECK(sizeof(DOCUMENT) - 1 == 144 && r.to[WIRE_SERVER].n == 0);
	CHECK(r.codec->is_idle(r.state) && r.codec->has_room(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN(ASK));
	CHECK(r.asks == 1 && relay_has(out_view(&r.log), "ask #2") && r.to[WIRE_SERVER].n > 0);
	relay_close(&r);
}

/* A hold that waits is told with its id, and when to come back; only then may it be said with 202. */
static void
check_held(void)
{
	static const char *const documents[] = {
		"\r\nRetry-After: 10\r\n", "{\"type\":\"urn:interlock:problem:held\",\"title\":\"refused by policy (ref-1)\",\"status\":202,",
		"\"instance\":\"urn:interlock:ref-1\",\"hold\":\"hld-1\",\"code\":\"ILP01\"}\n", "HTTP/1.1 202 Accepted\r\n",
	};
	struct relay r = { 0 };
	struct wire_event event;
	struct wire_no this = no;

	this.hold = SPAN("hld-1");
	this.retry_after_s = 10;
	this.status = 202;
	relay_open(&r, &wire_http1, false);
	CHECK(name_next(&r, WIRE_CLIENT, SPAN(ASK), &event) == WIRE_UNIT);
	r.codec->refuse(r.state, WIRE_CLIENT, SPAN(ASK), &this, r.to);
	for (size_t i = 0; i < COUNT(documents); i++)
		CHECK_ROW(documents[i], relay_has(out_view(&r.to[WIRE_CLIENT]), documents[i]));
	CHECK(r.codec->is_idle(r.state) && r.codec->has_room(r.state) && r.to[WIRE_SERVER].n == 0);
	relay_close(&r);
}

/* What a refusal answers, and whether anything can follow it. */
static const struct {
	const char *name;
	struct span ask;
	unsigned int status;
	bool fatal;
	const char *has;	/* the answer */
	bool closes, has_no_body;
} rows[] = {
	{ "its status", SPAN(ASK), 429, false, "HTTP/1.1 429 Too Many Requests\r\n", false, false },
	{ "a status that is no refusal", SPAN(ASK), 200, false, "HTTP/1.1 403 Forbidden\r\n", false, false },
	{ "accepted, and nobody is asked", SPAN(ASK), 202, false, "HTTP/1.1 403 Forbidden\r\n", false, false },
	{ "a status without words", SPAN(ASK), 418, false, "HTTP/1.1 418 Client Error\r\n", false, false },
	{ "HEAD", SPAN("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), 0, false, "HTTP/1.1 403 Forbidden\r\n", false, true },
	{ "fatal", SPAN(ASK), 0, true, "\r\nConnection: close\r\n", true, false },
	{ "a client that closes", SPAN("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 0, false,
	    "\r\nConnection: close\r\n", true, false },
	{ "an old client", SPAN("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), 0, false, "\r\nConnection: close\r\n", true, false },
	{ "an old client that stays", SPAN("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"), 0, false,
	    "\r\nConnection: keep-alive\r\n", false, false },
	{ "a body", SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0, false, "HTTP/1.1 403 Forbidden\r\n", false, false },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct relay r = { 0 };
		struct wire_event event;
		struct wire_no this = no;
		struct span said;

		this.status = rows[i].status;
		this.fatal = rows[i].fatal;
		relay_open(&r, &wire_http1, false);
		CHECK_ROW(rows[i].name, name_next(&r, WIRE_CLIENT, rows[i].ask, &event) == WIRE_UNIT);
		CHECK_ROW(rows[i].name, event.n == rows[i].ask.n && event.ends_flow == (rows[i].closes && !this.fatal));
		r.codec->refuse(r.state, WIRE_CLIENT, rows[i].ask, &this, r.to);
		said = out_view(&r.to[WIRE_CLIENT]);
		CHECK_ROW(rows[i].name, relay_has(said, rows[i].has) && r.to[WIRE_SERVER].n == 0);
		CHECK_ROW(rows[i].name, relay_has(said, "{\"type\"") == !rows[i].has_no_body);
		CHECK_ROW(rows[i].name, r.codec->has_room(r.state) == !rows[i].closes && r.codec->is_idle(r.state));
		CHECK_ROW(rows[i].name, farewell(&r) == 0);
		relay_close(&r);
	}
}

/* The rest of its body comes all the same: it is read, and goes nowhere; then the flow ends. */
static void
check_open(void)
{
	static const struct span put = SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
	struct relay r = { .unit_limit = 8 };
	struct wire_event event;

	relay_open(&r, &wire_http1, false);
	CHECK(name_next(&r, WIRE_CLIENT, put, &event) == WIRE_UNIT && event.ask.request.is_open && event.ends_flow);
	/* asked of nothing but its own bytes, it is the same */
	CHECK(name_next(&r, WIRE_CLIENT, span_head(put, event.n), &event) == WIRE_UNIT && event.ask.request.is_open);
	r.codec->refuse(r.state, WIRE_CLIENT, span_head(put, event.n), &no, r.to);
	CHECK(relay_has(out_view(&r.to[WIRE_CLIENT]), "\r\nConnection: close\r\n") && !r.codec->is_idle(r.state));
	out_span(&r.in[WIRE_CLIENT], span_skip(put, event.n));
	relay_feed(&r, WIRE_CLIENT, SPAN("4\r\nabcd\r\n"));
	CHECK(r.to[WIRE_SERVER].n == 0 && !r.is_bad && !r.is_final && relay_has(out_view(&r.log), "> own"));
	relay_feed(&r, WIRE_CLIENT, SPAN("0\r\n\r\n"));
	CHECK(r.is_final && r.to[WIRE_SERVER].n == 0 && farewell(&r) == 0);
	CHECK(name_next(&r, WIRE_CLIENT, SPAN(ASK), &event) == WIRE_BAD);
	relay_close(&r);
}

/* In the middle of its body, which the server has half of: the client is answered, the server is left alone. */
static void
check_open_later(void)
{
	struct relay r = { .unit_limit = 8 };
	struct wire_event event;

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n01234567"));
	CHECK(r.asks == 1 && name_next(&r, WIRE_CLIENT, SPAN("89"), &event) == WIRE_UNIT && event.kind == UNIT_BODY);
	r.codec->refuse(r.state, WIRE_CLIENT, SPAN("89"), &no, r.to);
	CHECK(relay_has(out_view(&r.to[WIRE_CLIENT]), "HTTP/1.1 403 Forbidden\r\n") && !r.codec->has_room(r.state));
	CHECK(relay_has(out_view(&r.to[WIRE_CLIENT]), "\r\nConnection: close\r\n"));
	CHECK(name_next(&r, WIRE_SERVER, SPAN("HTTP/1.1 204 No\r\n\r\n"), &event) == WIRE_BAD);
	relay_close(&r);
}

/* Of the server: before its head has gone on another answer stands in its place, later it is cut. */
static void
check_server(void)
{
	struct relay head = { .refuses_answer = "secret" }, body = { .refuses_run = "secret" }, old = { .refuses_answer = "secret" };

	play(&head, (struct said[]){ CLIENT(ASK ASK), SERVER("HTTP/1.1 200 OK\r\nX: secret\r\nContent-Length: 3\r\n\r\nabc") }, 2, 0);
	CHECK(relay_has(out_view(&head.to[WIRE_CLIENT]), "HTTP/1.1 502 Bad Gateway\r\n") && head.asks == 1 && head.is_bad);
	CHECK(relay_has(out_view(&head.to[WIRE_CLIENT]), "\r\nConnection: close\r\n") && farewell(&head) == 0);
	relay_close(&head);
	play(&body, (struct said[]){ CLIENT(ASK), SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
	    SERVER("6\r\nsecret\r\n0\r\n\r\n") }, 3, 0);
	check_bytes("cut", "towards the client", out_view(&body.to[WIRE_CLIENT]),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
	CHECK(body.is_bad && farewell(&body) == 0);
	relay_close(&body);
	play(&old, (struct said[]){ CLIENT(ASK), SERVER("HTTP/1.1 103 E\r\n\r\n"), SERVER("HTTP/1.1 103 E\r\nX: secret\r\n\r\n") }, 3, 0);
	CHECK(relay_has(out_view(&old.to[WIRE_CLIENT]), "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 502 Bad Gateway\r\n"));
	relay_close(&old);
}

/* When the flow ends by no fault of the client's: told where it waits, else not. */
static void
check_farewell(void)
{
	struct relay r = { 0 };
	struct wire_event event;

	relay_open(&r, &wire_http1, false);
	CHECK(farewell(&r) == 503);	/* it has connected to say something, and hears this */
	CHECK(farewell(&r) == 0);
	CHECK(name_next(&r, WIRE_CLIENT, SPAN(""), &event) == WIRE_MORE && name_next(&r, WIRE_CLIENT, SPAN("G"), &event) == WIRE_BAD);
	relay_close(&r);
	play(&r, (struct said[]){ CLIENT(ASK), SERVER("HTTP/1.1 204 No\r\n\r\n") }, 2, 0);
	CHECK(farewell(&r) == 0);	/* nothing is asked */
	relay_close(&r);
	play(&r, (struct said[]){ CLIENT(ASK), SERVER("HTTP/1.1 204 No\r\n\r\n"), CLIENT("GET ") }, 3, 0);
	CHECK(farewell(&r) == 503);
	relay_close(&r);
	play(&r, (struct said[]){ CLIENT(ASK) }, 1, 0);
	CHECK(farewell(&r) == 503);
	relay_close(&r);
	play(&r, (struct said[]){ CLIENT(ASK), SERVER("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n") }, 2, 0);
	CHECK(farewell(&r) == 0);	/* another answer has begun */
	relay_close(&r);
}

static void
check_calm(void)
{
	static const struct {
		const char *ask;
		bool is_told;
	} asks[] = {
		{ ASK, false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/7.88.1\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\nHost: a\r\nUser-Agent: curl/7.88.1\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: python/3\r\n\r\n", false },
	};

	for (size_t i = 0; i < COUNT(asks); i++) {
		struct relay r = { .holds = "Host" };

		relay_open(&r, &wire_http1, false);
		r.codec->calm(r.state, r.to);
		CHECK(r.to[WIRE_CLIENT].n == 0);
		relay_feed(&r, WIRE_CLIENT, span_text(asks[i].ask));
		r.codec->calm(r.state, r.to);
		CHECK_ROW(asks[i].ask, span_is(out_view(&r.to[WIRE_CLIENT]), asks[i].is_told ? "HTTP/1.1 102 Processing\r\n\r\n" : ""));
		r.holds = NULL;
		out_clear(&r.to[WIRE_CLIENT]);
		relay_run(&r, WIRE_CLIENT);
		r.codec->calm(r.state, r.to);
		CHECK_ROW(asks[i].ask, r.asks == 1 && r.to[WIRE_CLIENT].n == 0);
		relay_close(&r);
	}
}

/* A call of gRPC hears it in that one's terms: nothing but a head, or the trailers of what has begun. */
#define CALL(type) "POST /a.S/Get HTTP/1.1\r\nHost: a\r\nContent-Type: " type "\r\nContent-Length: 0\r\n\r\n"
#define TOLD "grpc-status: 7\r\ngrpc-message: refused by policy (ref-1). ask \"them\"\r\n"
#define BEGUN "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"

static const struct {
	const char *name, *ask, *answer, *whole, *later;
	bool new_body;
} calls[] = {
	{ "gRPC", CALL("application/grpc"), BEGUN, "Content-Type: application/grpc\r\nCache-Control: no-store\r\n" TOLD "Content-Length: 0\r\n\r\n",
	  BEGUN "0\r\n" TOLD "\r\n", false },
	{ "with a parameter", CALL("application/grpc+proto; a=b"), BEGUN, "Content-Type: application/grpc+proto\r\n", "0\r\n" TOLD "\r\n", false },
	{ "gRPC-Web", CALL("application/grpc-web+proto"), BEGUN, "Content-Type: application/grpc-web+proto\r\n", BEGUN, false },
	{ "gRPC-Web, written anew", CALL("application/grpc-web+proto"), BEGUN, TOLD, "\r\naabbcc\r\n4a\r\n\x80", true },
	{ "gRPC-Web as text", CALL("application/grpc-web-text"), BEGUN, TOLD, "\r\naabbcc\r\n64\r\ngAAAAEVncnBjLXN0YXR1czog", true },
	{ "a length was told", CALL("application/grpc"), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", TOLD, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", false },
};

static void
check_calls(void)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct relay r = { .refuses_run = "secret", .new_body = calls[i].new_body };
		struct wire_event event;
		struct wire_no this = no;

		this.status = 403;
		this.rpc = 7;
		relay_open(&r, &wire_http1, false);
		CHECK_ROW(calls[i].name, name_next(&r, WIRE_CLIENT, span_text(calls[i].ask), &event) == WIRE_UNIT);
		r.codec->refuse(r.state, WIRE_CLIENT, span_text(calls[i].ask), &this, r.to);
		CHECK_ROW(calls[i].name, relay_has(out_view(&r.to[WIRE_CLIENT]), calls[i].whole));
		CHECK_ROW(calls[i].name, relay_has(out_view(&r.to[WIRE_CLIENT]), "HTTP/1.1 200 OK\r\n") && r.codec->is_idle(r.state));
		out_clear(&r.to[WIRE_CLIENT]);
		relay_feed(&r, WIRE_CLIENT, span_text(calls[i].ask));
		relay_feed(&r, WIRE_SERVER, span_text(calls[i].answer));
		CHECK_ROW(calls[i].name, name_next(&r, WIRE_SERVER, SPAN("\r\n6\r\nsecret"), &event) == WIRE_UNIT ||
		    name_next(&r, WIRE_SERVER, SPAN("secret"), &event) == WIRE_UNIT);
		r.codec->refuse(r.state, WIRE_SERVER, SPAN(""), &this, r.to);
		if (!CHECK_ROW(calls[i].name, relay_has(out_view(&r.to[WIRE_CLIENT]), calls[i].later)))
			fprintf(stderr, "  said: %.*s\n", (int)r.to[WIRE_CLIENT].n, r.to[WIRE_CLIENT].p);
		CHECK_ROW(calls[i].name, !r.codec->has_room(r.state));
		relay_close(&r);
	}
}

/* What is done to trailers. */
static void
check_trailers(void)
{
	static const struct wire_pair set[] = { { SPAN("grpc-message"), SPAN("hidden") }, { SPAN("absent"), SPAN("x") } };
	static const struct wire_pair bad[] = { { SPAN("grpc-message"), SPAN("a\r\nb: c") } };
	static const struct span drop[] = { SPAN("details-bin") };
	const struct wire_change change = { .set = set, .set_count = 2, .drop = drop, .drop_count = 1 };
	const struct wire_change wrong = { .set = bad, .set_count = 1 };
	const struct span last = SPAN("\r\n0\r\ngrpc-status: 5\r\nGrpc-Message: card\r\ndetails-bin: AA\r\n\r\n");

	for (int i = 0; i < 2; i++) {
		struct relay r = { 0 };
		struct wire_event event;

		play(&r, (struct said[]){ CLIENT(CALL("application/grpc")), SERVER(BEGUN) }, 2, 0);
		CHECK(name_next(&r, WIRE_SERVER, last, &event) == WIRE_UNIT && event.ends && event.body.trailer_count == 3);
		r.codec->trail(r.state, i ? &wrong : &change);
		r.codec->pass(r.state, WIRE_SERVER, last, r.to);
		CHECK(!relay_has(out_view(&r.to[WIRE_CLIENT]), "card") && !relay_has(out_view(&r.to[WIRE_CLIENT]), "b: c"));
		CHECK(i || relay_has(out_view(&r.to[WIRE_CLIENT]), "0\r\ngrpc-status: 5\r\ngrpc-message: hidden\r\n\r\n"));
		relay_close(&r);
	}
}

int
main(void)
{
	check_plain();
	check_held();
	check_rows();
	check_open();
	check_open_later();
	check_server();
	check_farewell();
	check_calm();
	check_calls();
	check_trailers();
	return check_end();
}
