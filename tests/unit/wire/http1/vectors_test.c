/*
 * vectors_test.c: requests that some reader has got wrong, by what is wrong with them.
 * Each was once read in two ways by two programs, or is what a parser is commonly
 * tried with. Here each is either passed as one meaning, which is what is then written,
 * or refused.
 */
#include "wire/http1/play.h"

static const struct {
	const char *name;
	unsigned int status;	/* of its refusal; 0: it passes */
	size_t asks;		/* that pass, each answered, before anything is refused */
	struct span in;
} rows[] = {
	{ "a chunk's size with an underscore, a request behind it", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0_2e\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "a minor version of two digits", 400, 0, SPAN("GET /t HTTP/1.32\r\nHost: a\r\n\r\n") },
	{ "a method of delimiters", 400, 0, SPAN("G=\":<>(e),[T];?\" /g HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "a target of one mark", 400, 0, SPAN("GET ! HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "a name that begins with a byte above", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\n\xc3\xaf" "foo: b\r\n\r\n") },
	{ "a name of all control bytes", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\n\0\1\2\3\4\5\6\7\b\t\v\f\x0e\x0f\x10\x1f \"(),/;<=>?@[/]{}: b\r\n\r\n") },
	{ "an empty line where a chunk begins", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n") },
	{ "a coding behind a comma, with a length", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n") },
	{ "a major version beyond 32 bits", 400, 0, SPAN("GET / HTTP/4294967297.1\r\nHost: a\r\n\r\n") },
	{ "a field that is a colon", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\n:\r\nI: am cut off\r\n\r\n") },
	{ "a length with a letter", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1Z\r\n\r\nZ") },
	{ "a head that ends with CR and a letter", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\n\rZGET /e: HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "a length that could be octal", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 010\r\n\r\n01234567") },
	{ "a trailer that looks like a request", 0, 1,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:POST / HTTP/1.1\r\n\r\n") },
	{ "a coding nobody knows", 501, 0, SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: blegh\r\n\r\n1\r\nZ\r\n0\r\n\r\n") },
	{ "a coding between bytes above", 501, 0,
	    SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \xff" "chunked\xff\r\n\r\n1\r\nZ\r\n0\r\n\r\n") },
	{ "a host between bytes above", 400, 0, SPAN("POST / HTTP/1.1\r\nHost: \xff" "a\xff\r\n\r\n") },
	{ "a length of nothing", 400, 0, SPAN("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: \r\n\r\n") },
	{ "a name that ends with a byte above", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\nHeader\x85: b\r\n\r\n") },
	{ "a length of nothing, and one of something", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: \r\ncontent-length: 21\r\n\r\nGET / HTTP/1.1\r\nA: b\r\n") },
	{ "a chunk that holds a request and an end", 0, 1,
	    SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n17\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n") },
	{ "a GET with a body", 0, 1, SPAN("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234567890") },
	{ "blanks before a chunk's size", 400, 0,
	    SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n           0\r\n\r\n") },
	{ "a NUL behind a whole request", 400, 1, SPAN("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\0\n") },
	{ "one chunk", 0, 1, SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZ\r\n0\r\n\r\n") },
	{ "the preface of HTTP/2", 505, 0, SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0") },
	{ "the preface of HTTP/2, fields in it", 505, 0, SPAN("PRI * HTTP/2.0\r\nHost: a\r\nContent-Length: 4\r\n\r\nSM\r\n\r\n") },
	{ "two that stay", 0, 2, SPAN("PUT /u HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
	    "PUT /u HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n") },
	{ "one that closes", 0, 1, SPAN("PUT /u HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") },
	{ "another behind one that closes", 0, 1, SPAN("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nq=42"
	    "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "many options, close among them", 0, 1,
	    SPAN("PUT /u HTTP/1.1\r\nHost: a\r\nConnection: close, token, upgrade, token, keep-alive\r\n\r\n") },
	{ "options over two lines", 400, 0,
	    SPAN("GET /d HTTP/1.1\r\nHost: a\r\nConnection: Something,\r\n Upgrade, ,Keep-Alive\r\nUpgrade: WebSocket\r\n\r\nHot") },
	{ "a blank between name and colon", 400, 0,
	    SPAN("PUT /u HTTP/1.1\r\nHost: a\r\nConnection : upgrade\r\nContent-Length: 4\r\nUpgrade: ws\r\n\r\nabcdefgh") },
	{ "an upgrade with a body, and more", 400, 1,
	    SPAN("PUT /u HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nContent-Length: 4\r\nUpgrade: ws\r\n\r\nabcdefgh\r\n\r\n") },
	{ "nearly HTTP", 400, 0, SPAN("GET /m/s IHTTP/1.0\r\nHost: a\r\n\r\n") },
	{ "a method of RTSP in HTTP", 0, 1, SPAN("ANNOUNCE /m/s HTTP/1.0\r\nHost: a\r\n\r\n") },
	{ "fields with CR between", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\nFoo: 1\rBar: 2\r\n\r\n") },
	{ "a coding behind LF", 400, 0,
	    SPAN("POST / HTTP/1.1\r\nHost: a:5000\r\nx:x\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n") },
	{ "a coding behind LF and an empty value", 400, 0,
	    SPAN("POST / HTTP/1.1\r\nHost: a:5000\r\nx:\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n") },
	{ "a field without name", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\n: Bar\r\n\r\n") },
	{ "a method a letter too long", 0, 1, SPAN("MKCOLA / HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "a length behind LF, a request in the body", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\nD: x\nContent-Length: 23\r\n\r\n"
	    "GET / HTTP/1.1\r\nD: GET /admin HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "LF alone, everywhere", 400, 0,
	    SPAN("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTrailer: B\r\nFoo: abc\n\n1\nA\n1;a\nB\n0\n\nB: g\n\n") },
	{ "REPORT", 0, 1, SPAN("REPORT /t HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "CONNECT with a body", 501, 0, SPAN("CONNECT foo.bar.com:443 HTTP/1.0\r\nHost: a\r\nProxy-Authorization: basic x\r\n"
	    "Content-Length: 10\r\n\r\nblarfcicle\"") },
	{ "PATCH", 0, 1, SPAN("PATCH /f HTTP/1.1\r\nHost: a\r\nIf-Match: \"e0\"\r\nContent-Length: 10\r\n\r\ncccccccccc") },
	{ "SEARCH", 0, 1, SPAN("SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "RTSP", 400, 0, SPAN("OPTIONS /m/s RTSP/1.0\r\nHost: a\r\n\r\n") },
	{ "RTSP with a method of its own", 400, 0, SPAN("ANNOUNCE /m/s RTSP/1.0\r\nHost: a\r\n\r\n") },
	{ "a body of three", 0, 1, SPAN("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc") },
	{ "a chunk's extension with a value", 400, 0,
	    SPAN("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na;foo=bar\r\n0123456789\r\n0\r\n\r\n") },
	{ "an extension that does not close its quotes", 400, 0,
	    SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;i=\"abc\";s=\"def; ghi\r\nhello\r\n0\r\n\r\n") },
	{ "a chunk's line that ends with CR CR", 400, 0, SPAN("GET / HTTP/1.1\r\nHost: a\r\nConnection: close \r\n"
	    "Transfer-Encoding: chunked \r\n\r\n5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\nGET / HTTP/1.1 \r\nHost: a\r\n\r\n0\r\n") },
	{ "a chunk's data without line end", 400, 0,
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\nConnection: close \r\nTransfer-Encoding: chunked \r\n\r\n5\r\nABCDE0\r\n") },
};

int
main(void)
{
	CHECK(COUNT(rows) >= 54);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct relay r = { 0 }, again = { 0 };

		play(&r, &(struct said){ WIRE_CLIENT, rows[i].in, false }, 1, 0);
		for (size_t k = 0; k < rows[i].asks && !r.is_bad; k++)
			relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
		CHECK_ROW(rows[i].name, r.asks == rows[i].asks && r.is_bad == (rows[i].status != 0));
		CHECK_ROW(rows[i].name, !r.is_bad || farewell(&r) == rows[i].status);
		/* what went on, read again, goes on unchanged */
		play(&again, &(struct said){ WIRE_CLIENT, out_view(&r.to[WIRE_SERVER]), false }, 1, 0);
		for (size_t k = 0; k < rows[i].asks && !again.is_bad; k++)
			relay_feed(&again, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
		CHECK_ROW(rows[i].name, again.asks == r.asks && !again.is_bad);
		check_bytes(rows[i].name, "twice", out_view(&again.to[WIRE_SERVER]), out_view(&r.to[WIRE_SERVER]));
		relay_close(&again);
		relay_close(&r);
	}
	return check_end();
}
