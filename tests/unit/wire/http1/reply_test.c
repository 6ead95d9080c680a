/* reply_test.c: how answers go on, to clients of either version, and which are not believed. */
#include "wire/http1/play.h"

#define ASK "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OLD "GET / HTTP/1.0\r\nHost: a\r\n\r\n"
#define OLD_STAYS "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
#define CLOSE "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define HEAD "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"

enum end { OPEN, FINAL, BAD };	/* what the flow is then */

static const struct {
	const char *name;
	struct span ask, in, out;
	enum end end;
	bool closes;		/* the server does, behind it */
} rows[] = {
	{ "length", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"),
	    SPAN("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"), OPEN, false },
	{ "length 0", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), OPEN, false },
	{ "no reason", SPAN(ASK), SPAN("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), OPEN, false },
	{ "reason of many words", SPAN(ASK), SPAN("HTTP/1.1 404 No, not \xc3\xa4\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 404 No, not \xc3\xa4\r\nContent-Length: 0\r\n\r\n"), OPEN, false },
	{ "chunks", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n"), OPEN, false },
	{ "trailers", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n"), OPEN, false },
	{ "until it closes", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\n\r\nabc"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), FINAL, true },
	{ "until it closes, nothing", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), FINAL, true },
	{ "not closed yet", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\n\r\nabc"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), OPEN, false },
	{ "closed too early", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"), OPEN, true },
	{ "closed within chunks", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabc"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), OPEN, true },
	{ "HEAD", SPAN(HEAD), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), OPEN, false },
	{ "HEAD of chunks", SPAN(HEAD), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\n\r\n"), OPEN, false },
	{ "HEAD without length", SPAN(HEAD), SPAN("HTTP/1.1 200 OK\r\n\r\n"), SPAN("HTTP/1.1 200 OK\r\n\r\n"), OPEN, false },
	{ "HEAD with a body", SPAN(HEAD), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), BAD, false },
	{ "204", SPAN(ASK), SPAN("HTTP/1.1 204 No Content\r\n\r\n"), SPAN("HTTP/1.1 204 No Content\r\n\r\n"), OPEN, false },
	{ "204 with length 0", SPAN(ASK), SPAN("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 204 No Content\r\n\r\n"), OPEN, false },
	{ "304 with a length", SPAN(ASK), SPAN("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\nETag: \"a\"\r\n\r\n"),
	    SPAN("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 3\r\n\r\n"), OPEN, false },
	{ "hop by hop", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nConnection: keep-alive, X\r\nX: 1\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\n"
	    "Proxy-Authenticate: x\r\nAlt-Svc: h3=\":443\"\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"), OPEN, false },
	{ "the server closes", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"), FINAL, false },
	{ "the client closes", SPAN(CLOSE), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"), FINAL, false },
	{ "the client closes, no body", SPAN(CLOSE), SPAN("HTTP/1.1 204 No\r\n\r\n"),
	    SPAN("HTTP/1.1 204 No\r\nConnection: close\r\n\r\n"), FINAL, false },
	{ "an old server", SPAN(ASK), SPAN("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"), FINAL, false },
	{ "an old server that stays", SPAN(ASK), SPAN("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"), OPEN, false },
	{ "an old client", SPAN(OLD), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"), FINAL, false },
	{ "an old client that stays", SPAN(OLD_STAYS), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na"), OPEN, false },
	{ "chunks for an old client", SPAN(OLD_STAYS), SPAN("HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\na\r\n1\r\nb\r\n0\r\nX: y\r\n\r\n"), SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab"), FINAL, false },
	{ "103 before it", SPAN(ASK), SPAN("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), OPEN, false },
	{ "103 for an old client", SPAN(OLD_STAYS), SPAN("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
	    SPAN("HTTP/1.1 204 No\r\nConnection: keep-alive\r\n\r\n"), OPEN, false },
	{ "100 that nobody waits for", SPAN(ASK), SPAN("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
	    SPAN("HTTP/1.1 204 No\r\n\r\n"), OPEN, false },
	{ "101", SPAN(ASK), SPAN("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), SPAN(""), BAD, false },
	{ "an answer that nobody asked for", SPAN(ASK), SPAN("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
	    SPAN("HTTP/1.1 204 No\r\n\r\n"), BAD, false },
	{ "204 with a body", SPAN(ASK), SPAN("HTTP/1.1 204 No\r\nContent-Length: 1\r\n\r\na"), SPAN(""), BAD, false },
	{ "204 with chunks", SPAN(ASK), SPAN("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), SPAN(""), BAD, false },
	{ "103 with a body", SPAN(ASK), SPAN("HTTP/1.1 103 E\r\nContent-Length: 1\r\n\r\na"), SPAN(""), BAD, false },
	{ "lengths twice", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"), SPAN(""), BAD, false },
	{ "length and chunks", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), SPAN(""), BAD, false },
	{ "another coding", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), SPAN(""), BAD, false },
	{ "chunks of HTTP/1.0", SPAN(ASK), SPAN("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), SPAN(""), BAD, false },
	{ "folded", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"), SPAN(""), BAD, false },
	{ "LF", SPAN(ASK), SPAN("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), SPAN(""), BAD, false },
	{ "CR", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nA: b\rC: d\r\nContent-Length: 0\r\n\r\n"), SPAN(""), BAD, false },
	{ "another version", SPAN(ASK), SPAN("HTTP/2 200\r\n\r\n"), SPAN(""), BAD, false },
	{ "another protocol", SPAN(ASK), SPAN("ICY 200 OK\r\n\r\n"), SPAN(""), BAD, false },
	{ "HTTP/0.9", SPAN(ASK), SPAN("<html>\r\n\r\n"), SPAN(""), BAD, false },
	{ "status of two digits", SPAN(ASK), SPAN("HTTP/1.1 20 OK\r\n\r\n"), SPAN(""), BAD, false },
	{ "status of four digits", SPAN(ASK), SPAN("HTTP/1.1 2000 OK\r\n\r\n"), SPAN(""), BAD, false },
	{ "status below 100", SPAN(ASK), SPAN("HTTP/1.1 099 OK\r\n\r\n"), SPAN(""), BAD, false },
	{ "an empty line before it", SPAN(ASK), SPAN("\r\nHTTP/1.1 200 OK\r\n\r\n"), SPAN(""), BAD, false },
	{ "a chunk with an extension", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\na\r\n0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), BAD, false },
	{ "a chunk that is longer than it says", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), BAD, false },
	{ "a trailer that is a cookie", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), BAD, false },
	{ "Connection hides a cookie", SPAN(ASK), SPAN("HTTP/1.1 200 OK\r\nConnection: set-cookie\r\nSet-Cookie: a\r\n\r\n"), SPAN(""), BAD, false },
};

/* One behind the other, and what the next is told of. */
static void
check_turns(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_http1, false);
	CHECK(r.codec->is_idle(r.state) && r.codec->has_room(r.state));
	relay_feed(&r, WIRE_CLIENT, SPAN(ASK HEAD ASK));
	CHECK(r.asks == 1 && !r.codec->has_room(r.state) && !r.codec->is_idle(r.state));
	relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"));
	CHECK(r.asks == 1);
	relay_feed(&r, WIRE_SERVER, SPAN("b"));
	CHECK(r.asks == 2 && relay_has(out_view(&r.log), "ask #2"));
	relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 204 No\r\n\r\n"));
	CHECK(r.asks == 3 && relay_has(out_view(&r.log), "head #3") && !r.is_bad);
	CHECK(r.codec->is_idle(r.state) && r.codec->has_room(r.state));
	relay_close(&r);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct said said[3] = { { WIRE_CLIENT, rows[i].ask, false }, { WIRE_SERVER, rows[i].in, false },
			{ WIRE_SERVER, { 0 }, rows[i].closes } };
		struct relay r = { 0 };

		play(&r, said, COUNT(said), 0);
		check_bytes(rows[i].name, "towards the client", out_view(&r.to[WIRE_CLIENT]), rows[i].out);
		CHECK_ROW(rows[i].name, r.is_bad == (rows[i].end == BAD) && r.is_final == (rows[i].end == FINAL));
		if (r.is_bad && rows[i].out.n == 0)
			CHECK_ROW(rows[i].name, farewell(&r) == 502);
		else if (r.is_bad)
			CHECK_ROW(rows[i].name, farewell(&r) == 0);
		relay_close(&r);
	}
	check_turns();
	return check_end();
}
