/*
 * events_test.c: an answer that is begun before there is one. While it waits, comments; then
 * the server's events as they are, its JSON as the data of one event, and of everything else an
 * error under the id of the call; and the connection goes on.
 */
#include "wire/http1/play.h"

#define ASK "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
#define NEXT "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
#define BEGUN "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n"
#define WAITS "b\r\n: waiting\n\n\r\n"

static const struct wire_no no = {
	.sqlstate = "ILH01", .message = SPAN("a person has refused this (ref-1)"), .hint = SPAN("ask"), .id = SPAN("ref-1"),
	.status = 403,
};

/* What is told, without the chunks it comes in. False: they are not whole. */
static bool
unchunk(struct span in, struct out *out, bool *ends)
{
	*ends = false;
	while (in.n && !*ends) {
		size_t n = 0, digits = 0;

		for (; digits < in.n && in.p[digits] != '\r'; digits++)
			n = n * 16 + (size_t)(in.p[digits] <= '9' ? in.p[digits] - '0' : in.p[digits] - 'a' + 10);
		if (in.n < digits + 2 + n + 2)
			return false;
		out_span(out, span_head(span_skip(in, digits + 2), n));
		in = span_skip(in, digits + 2 + n + 2);
		*ends = n == 0;
	}
	return in.n == 0;
}

static void
begin(struct relay *r)
{
	*r = (struct relay){ .holds = "/mcp" };
	relay_open(r, &wire_http1, false);
	CHECK(!r->codec->events(r->state, SPAN("7"), r->to));	/* nothing is asked */
	relay_feed(r, WIRE_CLIENT, SPAN(ASK));
	CHECK(r->codec->events(r->state, SPAN("7"), r->to));
	CHECK(!r->codec->events(r->state, SPAN("7"), r->to));	/* once */
	r->codec->calm(r->state, r->to);
	check_bytes("begun", "towards the client", out_view(&r->to[WIRE_CLIENT]), SPAN(BEGUN WAITS));
	out_clear(&r->to[WIRE_CLIENT]);
}

static void
let_go(struct relay *r)
{
	r->holds = NULL;
	relay_run(r, WIRE_CLIENT);
	CHECK(r->asks == 1 && r->to[WIRE_SERVER].n > 0);
	r->codec->calm(r->state, r->to);
	r->codec->tell(r->state, SPAN("{}"), r->to);
	CHECK(r->to[WIRE_CLIENT].n == 0);	/* it waits no more */
}

#define ERROR "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32050,\"message\":"
#define DATA "event: message\ndata: "
static const struct {
	const char *name, *answer, *told;
	bool closes;
} rows[] = {
	{ "JSON", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"id\":7,\r\n\t1}", DATA "{\"id\":7,\ndata: \t1}\n\n", false },
	{ "JSON in chunks", "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\n{}\r\n1\r\n\n\r\n0\r\n\r\n", DATA "{}\ndata: \n\n", false },
	{ "JSON and the end", "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON\r\n\r\n{}", DATA "{}\n\n", true },
	{ "events", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n", "data: 1\n\n", false },
	{ "a hint before it", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", DATA "{}\n\n", false },
	{ "another status", "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", ERROR "\"the answer has status 404 and is no event\"}}\n\n", false },
	{ "another type", "HTTP/1.1 200 OK\r\nContent-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}", ERROR "\"the answer has status 200 and is no event\"}}\n\n", false },
	{ "a coding", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", ERROR "\"the answer has status 200 and is no event\"}}\n\n", false },
	{ "no body", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", ERROR "\"the answer has status 202 and is no event\"}}\n\n", false },
};

static void
check_row(size_t i, size_t cut)
{
	struct span answer = span_text(rows[i].answer);
	struct out told = out_new(1 << 20);
	struct relay r;
	bool ends;

	begin(&r);
	let_go(&r);
	for (size_t at = 0; at < answer.n; at += cut)
		relay_feed(&r, WIRE_SERVER, span_head(span_skip(answer, at), cut < answer.n - at ? cut : answer.n - at));
	if (rows[i].closes)
		relay_end(&r, WIRE_SERVER);
	CHECK_ROW(rows[i].name, unchunk(out_view(&r.to[WIRE_CLIENT]), &told, &ends) && ends);
	check_bytes(rows[i].name, "events", out_view(&told), span_text(rows[i].told));
	out_clear(&r.to[WIRE_CLIENT]);
	CHECK_ROW(rows[i].name, r.codec->is_idle(r.state) && !r.is_bad);
	if (!rows[i].closes) {
		relay_feed(&r, WIRE_CLIENT, SPAN(NEXT));
		relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 204 No Content\r\n\r\n"));
		check_bytes(rows[i].name, "the next", out_view(&r.to[WIRE_CLIENT]), SPAN("HTTP/1.1 204 No Content\r\n\r\n"));
	}
	relay_close(&r);
	out_free(&told);
}

#define DOCUMENT "\"data\":{\"type\":\"about:blank\",\"title\":\"a person has refused this (ref-1)\",\"status\":403,\"detail\":\"ask\"," \
	"\"instance\":\"urn:interlock:ref-1\",\"code\":\"ILH01\"}}}\n\n"

/* One event, and the end; a refusal of the ask leaves the connection usable. */
static void
check_refused(bool by_server, bool says_goodbye)
{
	struct out told = out_new(1 << 20);
	struct relay r;
	bool ends;

	begin(&r);
	if (by_server) {
		let_go(&r);
		r.codec->refuse(r.state, WIRE_SERVER, SPAN(""), &no, r.to);
	} else if (says_goodbye) {
		r.codec->farewell(r.state, &no, r.to);
	} else {
		r.codec->refuse(r.state, WIRE_CLIENT, SPAN(ASK), &no, r.to);
	}
	CHECK(unchunk(out_view(&r.to[WIRE_CLIENT]), &told, &ends) && ends);
	check_bytes("refused", "event", out_view(&told), SPAN(ERROR "\"a person has refused this (ref-1)\"," DOCUMENT));
	CHECK(r.codec->has_room(r.state) == (!by_server && !says_goodbye));
	relay_close(&r);
	out_free(&told);
}

/* In the middle of the server's events nothing can be said: the end is missing. */
static void
check_cut(void)
{
	struct relay r;

	begin(&r);
	let_go(&r);
	relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n"));
	out_clear(&r.to[WIRE_CLIENT]);
	r.codec->refuse(r.state, WIRE_SERVER, SPAN(""), &no, r.to);
	CHECK(r.to[WIRE_CLIENT].n == 0 && !r.codec->has_room(r.state));
	relay_close(&r);
}

static void
check_told(void)
{
	struct relay r;

	begin(&r);
	r.codec->tell(r.state, SPAN("{\"a\":1}"), r.to);
	check_bytes("told", "event", out_view(&r.to[WIRE_CLIENT]), SPAN("1e\r\nevent: message\ndata: {\"a\":1}\n\n\r\n"));
	relay_close(&r);
}

/* Asks whose answer cannot be begun so. */
static void
check_not(void)
{
	static const char *const asks[] = {
		"HEAD /mcp HTTP/1.1\r\nHost: a\r\n\r\n", "POST /mcp HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"GET /mcp HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	};
	static const uint8_t much[400];

	for (size_t i = 0; i < COUNT(asks); i++) {
		struct relay r = { .holds = "/mcp" };

		relay_open(&r, &wire_http1, false);
		relay_feed(&r, WIRE_CLIENT, span_text(asks[i]));
		CHECK_ROW(asks[i], !r.codec->events(r.state, SPAN("7"), r.to) && r.to[WIRE_CLIENT].n == 0);
		CHECK_ROW(asks[i], !r.codec->events(r.state, SPAN(""), r.to));
		relay_close(&r);
	}
	{
		struct relay r = { .holds = "/mcp" };

		relay_open(&r, &wire_http1, false);
		relay_feed(&r, WIRE_CLIENT, SPAN(ASK));
		CHECK(!r.codec->events(r.state, span_of(much, sizeof(much)), r.to) && !r.codec->events(r.state, SPAN(""), r.to));
		relay_close(&r);
	}
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t cut = 1; cut < 12; cut += 5)
			check_row(i, cut);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(i, SIZE_MAX / 2);
	check_refused(false, false);
	check_refused(true, false);
	check_refused(false, true);
	check_cut();
	check_told();
	check_not();
	return check_end();
}
