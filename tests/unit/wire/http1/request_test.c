/* request_test.c: which requests go on, and how; which do not, and what their client is told. */
#include "wire/http1/play.h"

#define H "Host: a\r\n"

/* What goes on is always the same form: origin form, Host first, lengths and Connection ours. */
static const struct {
	const char *name;
	struct span in, out;
} passed[] = {
	{ "plain", SPAN("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), SPAN("GET /x HTTP/1.1\r\nHost: a\r\n\r\n") },
	{ "host comes first", SPAN("GET / HTTP/1.1\r\nA: 1\r\nhOST:a:80\r\nB: 2\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\nHost: a:80\r\nA: 1\r\nB: 2\r\n\r\n") },
	{ "blanks around values", SPAN("GET / HTTP/1.1\r\nHost:\ta \r\nA:\r\nB:  b\tc \t\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\nHost: a\r\nA: \r\nB: b\tc\r\n\r\n") },
	{ "same field twice", SPAN("GET / HTTP/1.1\r\n" H "A: 1\r\na: 2\r\n\r\n"), SPAN("GET / HTTP/1.1\r\n" H "A: 1\r\na: 2\r\n\r\n") },
	{ "same type twice", SPAN("GET / HTTP/1.1\r\n" H "Content-Type: a/b\r\ncontent-type: a/b\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\n" H "Content-Type: a/b\r\ncontent-type: a/b\r\n\r\n") },
	{ "query", SPAN("GET /?a=b&c[]={|}^`\\%2F? HTTP/1.1\r\n" H "\r\n"), SPAN("GET /?a=b&c[]={|}^`\\%2F? HTTP/1.1\r\n" H "\r\n") },
	{ "empty query", SPAN("GET /? HTTP/1.1\r\n" H "\r\n"), SPAN("GET /? HTTP/1.1\r\n" H "\r\n") },
	{ "path is as it was", SPAN("GET //a/../b/%2e%2E/;x=1,2:@!$'()*+ HTTP/1.1\r\n" H "\r\n"),
	    SPAN("GET //a/../b/%2e%2E/;x=1,2:@!$'()*+ HTTP/1.1\r\n" H "\r\n") },
	{ "absolute form", SPAN("GET HTTP://A:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n"), SPAN("GET /x?y HTTP/1.1\r\nHost: a:80\r\n\r\n") },
	{ "absolute form without path", SPAN("GET https://a HTTP/1.1\r\n" H "\r\n"), SPAN("GET / HTTP/1.1\r\n" H "\r\n") },
	{ "absolute form, query only", SPAN("GET http://a?b HTTP/1.1\r\n" H "\r\n"), SPAN("GET /?b HTTP/1.1\r\n" H "\r\n") },
	{ "absolute form of OPTIONS", SPAN("OPTIONS http://a HTTP/1.1\r\n" H "\r\n"), SPAN("OPTIONS * HTTP/1.1\r\n" H "\r\n") },
	{ "asterisk form", SPAN("OPTIONS * HTTP/1.1\r\n" H "\r\n"), SPAN("OPTIONS * HTTP/1.1\r\n" H "\r\n") },
	{ "addresses", SPAN("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), SPAN("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n") },
	{ "a method of its own", SPAN("PURGE / HTTP/1.1\r\n" H "\r\n"), SPAN("PURGE / HTTP/1.1\r\n" H "\r\n") },
	{ "an empty line before it", SPAN("\r\nGET / HTTP/1.1\r\n" H "\r\n"), SPAN("GET / HTTP/1.1\r\n" H "\r\n") },
	{ "length", SPAN("POST / HTTP/1.1\r\nContent-Length: 3\r\n" H "\r\nabc"), SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc") },
	{ "length 0", SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"), SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n") },
	{ "chunks become a length", SPAN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n"),
	    SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 13\r\n\r\nabc0123456789") },
	{ "no chunks but the last", SPAN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n") },
	{ "trailers keep chunks", SPAN("POST / HTTP/1.1\r\n" H "Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\nX: 1\r\n\r\n"),
	    SPAN("POST / HTTP/1.1\r\n" H "Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: 1\r\n\r\n") },
	{ "trailers that do not come", SPAN("POST / HTTP/1.1\r\n" H "Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
	    SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\na") },
	{ "hop by hop", SPAN("GET / HTTP/1.1\r\n" H "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
	    "Proxy-Connection: x\r\nProxy-Authorization: x\r\nProxy-Own: x\r\nX-End: 2\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\n" H "X-End: 2\r\n\r\n") },
	{ "close", SPAN("GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n"), SPAN("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n") },
	{ "TE", SPAN("GET / HTTP/1.1\r\n" H "TE: gzip, trailers\r\nConnection: TE\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\n" H "TE: trailers\r\nConnection: TE\r\n\r\n") },
	{ "TE without trailers", SPAN("GET / HTTP/1.1\r\n" H "TE: gzip\r\nConnection: TE, close\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n") },
	{ "WebSocket, half", SPAN("GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nX: y\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\n" H "X: y\r\n\r\n") },
	{ "h2c", SPAN("GET / HTTP/1.1\r\n" H "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\n\r\n"),
	    SPAN("GET / HTTP/1.1\r\n" H "\r\n") },
	{ "HTTP/1.0", SPAN("GET / HTTP/1.0\r\n" H "\r\n"), SPAN("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n") },
	{ "HTTP/1.0 that stays", SPAN("GET / HTTP/1.0\r\n" H "Connection: Keep-Alive\r\n\r\n"), SPAN("GET / HTTP/1.1\r\n" H "\r\n") },
	{ "HTTP/1.0 with Expect", SPAN("POST / HTTP/1.0\r\n" H "Expect: 100-continue\r\nContent-Length: 1\r\n\r\na"),
	    SPAN("POST / HTTP/1.1\r\n" H "Connection: close\r\nContent-Length: 1\r\n\r\na") },
	{ "values with other bytes", SPAN("GET / HTTP/1.1\r\n" H "A: \xc3\xa4\xff\r\n\r\n"), SPAN("GET / HTTP/1.1\r\n" H "A: \xc3\xa4\xff\r\n\r\n") },
	{ "not yet whole", SPAN("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nab"), SPAN("") },
	{ "chunks not yet whole", SPAN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"), SPAN("") },
};

static const struct {
	const char *name;
	unsigned int status;
	struct span in;
} refused[] = {
	{ "line without CR", 400, SPAN("GET / HTTP/1.1\n" H "\r\n") },
	{ "field without CR", 400, SPAN("GET / HTTP/1.1\r\nHost: a\n\r\n") },
	{ "empty line without CR", 400, SPAN("GET / HTTP/1.1\r\n" H "\n") },
	{ "CR in a line", 400, SPAN("GET / HTTP/1.1\r\n" H "A: 1\rB: 2\r\n\r\n") },
	{ "CR CR LF", 400, SPAN("GET / HTTP/1.1\r\n" H "A: 1\r\r\n\r\n") },
	{ "two empty lines before it", 400, SPAN("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n") },
	{ "CR before it", 400, SPAN("\rGET / HTTP/1.1\r\n" H "\r\n") },
	{ "LF before it", 400, SPAN("\nGET / HTTP/1.1\r\n" H "\r\n") },
	{ "blank before it", 400, SPAN(" GET / HTTP/1.1\r\n" H "\r\n") },
	{ "two blanks", 400, SPAN("GET  / HTTP/1.1\r\n" H "\r\n") },
	{ "two blanks before the version", 400, SPAN("GET /  HTTP/1.1\r\n" H "\r\n") },
	{ "a blank behind the version", 400, SPAN("GET / HTTP/1.1 \r\n" H "\r\n") },
	{ "TAB for a blank", 400, SPAN("GET\t/\tHTTP/1.1\r\n" H "\r\n") },
	{ "no version", 400, SPAN("GET /\r\n\r\n") },
	{ "version in other case", 400, SPAN("GET / http/1.1\r\n" H "\r\n") },
	{ "version 1.2", 505, SPAN("GET / HTTP/1.2\r\n" H "\r\n") },
	{ "version 2.0", 505, SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
	{ "version with more digits", 400, SPAN("GET / HTTP/1.10\r\n" H "\r\n") },
	{ "another protocol", 400, SPAN("OPTIONS /m RTSP/1.0\r\n" H "\r\n") },
	{ "method with a delimiter", 400, SPAN("GE(T / HTTP/1.1\r\n" H "\r\n") },
	{ "method too long", 501, SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH / HTTP/1.1\r\n" H "\r\n") },
	{ "CONNECT", 501, SPAN("CONNECT a:443 HTTP/1.1\r\n" H "\r\n") },
	{ "TRACE", 501, SPAN("TRACE / HTTP/1.1\r\n" H "\r\n") },
	{ "trace", 501, SPAN("trace / HTTP/1.1\r\n" H "\r\n") },
	{ "target without path", 400, SPAN("GET x HTTP/1.1\r\n" H "\r\n") },
	{ "'*' of GET", 400, SPAN("GET * HTTP/1.1\r\n" H "\r\n") },
	{ "'#' in a target", 400, SPAN("GET /a#b HTTP/1.1\r\n" H "\r\n") },
	{ "'#' in an authority", 400, SPAN("GET http://a#/ HTTP/1.1\r\n" H "\r\n") },
	{ "'\\' in a path", 400, SPAN("GET /a\\b HTTP/1.1\r\n" H "\r\n") },
	{ "half a percent", 400, SPAN("GET /%2 HTTP/1.1\r\n" H "\r\n") },
	{ "a false percent", 400, SPAN("GET /?%zz HTTP/1.1\r\n" H "\r\n") },
	{ "a byte above", 400, SPAN("GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n") },
	{ "NUL in a target", 400, SPAN("GET /\0 HTTP/1.1\r\n" H "\r\n") },
	{ "another scheme", 400, SPAN("GET ftp://a/ HTTP/1.1\r\n" H "\r\n") },
	{ "userinfo", 400, SPAN("GET http://u:p@a/ HTTP/1.1\r\n" H "\r\n") },
	{ "userinfo in both", 400, SPAN("GET http://u@a/ HTTP/1.1\r\nHost: u@a\r\n\r\n") },
	{ "another authority", 400, SPAN("GET http://b/ HTTP/1.1\r\n" H "\r\n") },
	{ "another port", 400, SPAN("GET http://a:80/ HTTP/1.1\r\n" H "\r\n") },
	{ "no authority", 400, SPAN("GET http:///x HTTP/1.1\r\n" H "\r\n") },
	{ "no Host", 400, SPAN("GET / HTTP/1.1\r\n\r\n") },
	{ "no Host, HTTP/1.0", 400, SPAN("GET / HTTP/1.0\r\n\r\n") },
	{ "two Hosts", 400, SPAN("GET / HTTP/1.1\r\n" H H "\r\n") },
	{ "empty Host", 400, SPAN("GET / HTTP/1.1\r\nHost:\r\n\r\n") },
	{ "list in Host", 400, SPAN("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n") },
	{ "path in Host", 400, SPAN("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") },
	{ "Host with an empty port", 400, SPAN("GET / HTTP/1.1\r\nHost: a:\r\n\r\n") },
	{ "Host with a false port", 400, SPAN("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n") },
	{ "Host half an address", 400, SPAN("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n") },
	{ "Host with more behind an address", 400, SPAN("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n") },
	{ "Host with a zone", 400, SPAN("GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n") },
	{ "folded field", 400, SPAN("GET / HTTP/1.1\r\n" H "A: 1\r\n 2\r\n\r\n") },
	{ "folded with TAB", 400, SPAN("GET / HTTP/1.1\r\n" H "A: 1\r\n\t2\r\n\r\n") },
	{ "first field begins with a blank", 400, SPAN("GET / HTTP/1.1\r\n Host: a\r\n\r\n") },
	{ "blank before the colon", 400, SPAN("GET / HTTP/1.1\r\nHost : a\r\n\r\n") },
	{ "no colon", 400, SPAN("GET / HTTP/1.1\r\n" H "abc\r\n\r\n") },
	{ "no name", 400, SPAN("GET / HTTP/1.1\r\n" H ": abc\r\n\r\n") },
	{ "name with a byte above", 400, SPAN("GET / HTTP/1.1\r\n" H "\xef" "foo: a\r\n\r\n") },
	{ "name with a delimiter", 400, SPAN("GET / HTTP/1.1\r\n" H "a[b]: a\r\n\r\n") },
	{ "NUL in a value", 400, SPAN("GET / HTTP/1.1\r\n" H "A: a\0b\r\n\r\n") },
	{ "DEL in a value", 400, SPAN("GET / HTTP/1.1\r\n" H "A: a\x7f\r\n\r\n") },
	{ "length twice", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\na") },
	{ "lengths that differ", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") },
	{ "length as a list", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\na") },
	{ "length empty", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n") },
	{ "length with a sign", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\na") },
	{ "length below 0", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\na") },
	{ "length octal", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 010\r\n\r\n01234567") },
	{ "length hexadecimal", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\na") },
	{ "length with more behind", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 1Z\r\n\r\nZ") },
	{ "length beyond 64 bits", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n\r\na") },
	{ "length and chunks", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "chunks and length", 400, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n") },
	{ "length by another name", 400, SPAN("GET / HTTP/1.1\r\n" H "Content_Length: 1\r\n\r\n") },
	{ "chunked twice", 400, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked in a list", 501, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked behind a comma", 501, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked and gzip", 501, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") },
	{ "chunked with a parameter", 501, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n") },
	{ "identity", 501, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n") },
	{ "chunked in quotes", 501, SPAN("GET / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n") },
	{ "chunks of HTTP/1.0", 400, SPAN("GET / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") },
	{ "types that differ", 400, SPAN("GET / HTTP/1.1\r\n" H "Content-Type: a/b\r\ncontent-type: a/c\r\n\r\n") },
	{ "Expect of another kind", 417, SPAN("GET / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n") },
	{ "Connection names Host", 400, SPAN("GET / HTTP/1.1\r\n" H "Connection: host\r\n\r\n") },
	{ "Connection names a credential", 400, SPAN("GET / HTTP/1.1\r\n" H "Connection: close, Authorization\r\n\r\n") },
	{ "Connection is no list", 400, SPAN("GET / HTTP/1.1\r\n" H "Connection: a b\r\n\r\n") },
};

/* What frames a chunk, behind "Transfer-Encoding: chunked". */
static const struct {
	const char *name;
	struct span body;
} chunks[] = {
	{ "no size", SPAN("\r\n") }, { "no number", SPAN("x\r\n") }, { "a blank before it", SPAN(" 0\r\n\r\n") },
	{ "a blank behind it", SPAN("0 \r\n\r\n") }, { "TAB behind it", SPAN("1\t\r\na\r\n0\r\n\r\n") },
	{ "a prefix", SPAN("0x1\r\na\r\n0\r\n\r\n") }, { "an underscore", SPAN("0_2e\r\n\r\n") }, { "a sign", SPAN("+1\r\na\r\n0\r\n\r\n") },
	{ "below 0", SPAN("-1\r\na\r\n0\r\n\r\n") }, { "more than 60 bits", SPAN("1000000000000001\r\na") },
	{ "an extension", SPAN("1;a=b\r\na\r\n0\r\n\r\n") }, { "an extension of the last", SPAN("0;a\r\n\r\n") },
	{ "an extension in quotes", SPAN("1;a=\"\r\na\r\n0\r\n\r\n") }, { "LF alone", SPAN("1\na\r\n0\r\n\r\n") },
	{ "CR alone", SPAN("1\r\ra\r\n0\r\n\r\n") }, { "data longer than it says", SPAN("1\r\nab\r\n0\r\n\r\n") },
	{ "data that ends with LF", SPAN("1\r\na\n0\r\n\r\n") }, { "data that ends with CR", SPAN("1\r\na\r0\r\n\r\n") },
	{ "no empty line", SPAN("0\r\nGET / HTTP/1.1\r\n\r\n") }, { "LF for the empty line", SPAN("0\r\n\n") },
	{ "a trailer that frames", SPAN("0\r\nContent-Length: 1\r\n\r\n") }, { "that routes", SPAN("0\r\nHost: b\r\n\r\n") },
	{ "that authenticates", SPAN("0\r\nAuthorization: x\r\n\r\n") }, { "of a cookie", SPAN("0\r\ncookie: x\r\n\r\n") },
	{ "that is hop by hop", SPAN("0\r\nConnection: close\r\n\r\n") }, { "that is folded", SPAN("0\r\nA: b\r\n c\r\n\r\n") },
};

static void
check_refused(const char *name, unsigned int status, struct span in)
{
	struct relay r = { 0 };

	play(&r, &(struct said){ WIRE_CLIENT, in, false }, 1, 0);
	CHECK_ROW(name, r.is_bad && r.to[WIRE_SERVER].n == 0 && r.asks == 0);
	CHECK_ROW(name, farewell(&r) == status);
	CHECK_ROW(name, relay_has(out_view(&r.to[WIRE_CLIENT]), "\r\nConnection: close\r\n"));
	relay_close(&r);
}

static void
check_limits(void)
{
	struct out many = out_new(1 << 20), large = out_new(1 << 20), trailers = out_new(1 << 20);
	struct relay r = { 0 };

	out_printf(&many, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 1; i < WIRE_HEADERS_MAX; i++)
		out_printf(&many, "A%d: b\r\n", i);
	out_printf(&large, "GET / HTTP/1.1\r\nHost: a\r\nA: ");
	while (large.n < 65536)
		out_u8(&large, 'a');
	out_printf(&trailers, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ");
	for (int i = 0; i < 17000; i++)
		out_u8(&trailers, 'a');
	check_refused("a head longer than the limit", 431, out_view(&large));
	check_refused("trailers longer than the limit", 431, out_view(&trailers));
	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, out_view(&many));
	relay_feed(&r, WIRE_CLIENT, SPAN("\r\n"));
	CHECK(r.asks == 1 && !r.is_bad);
	relay_close(&r);
	out_printf(&many, "B: c\r\n\r\n");
	check_refused("more fields than the limit", 431, out_view(&many));
	out_free(&many);
	out_free(&large);
	out_free(&trailers);
}

static const struct {
	struct span head;
	int sure;
	size_t need;
} sniffs[] = {
	{ SPAN("GET / HTTP/1.1\r\n"), 100, 16 }, { SPAN("GET"), 0, 4 }, { SPAN("G"), 0, 2 }, { SPAN("GET "), 0, 5 },
	{ SPAN("OPTIONS * "), 100, 10 }, { SPAN("GET http"), 90, 8 }, { SPAN("GET ht"), 0, 7 }, { SPAN("GET x"), 0, 5 },
	{ SPAN("\x16\3\1"), 0, 3 }, { SPAN("\0\0\0\x08\4\xd2\x16\x2f"), 0, 8 }, { SPAN("SSH-2.0-OpenSSH_9 D"), 0, 19 },
	{ SPAN("EHLO b\r\n"), 0, 8 }, { SPAN(""), 0, 1 },
	{ SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ"), 0, 36 },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(passed); i++) {
		struct relay r = { 0 };

		play(&r, &(struct said){ WIRE_CLIENT, passed[i].in, false }, 1, 0);
		check_bytes(passed[i].name, "towards the server", out_view(&r.to[WIRE_SERVER]), passed[i].out);
		CHECK_ROW(passed[i].name, r.to[WIRE_CLIENT].n == 0 && r.asks == (passed[i].out.n > 0) && !r.is_bad);
		relay_close(&r);
	}
	for (size_t i = 0; i < COUNT(refused); i++)
		check_refused(refused[i].name, refused[i].status, refused[i].in);
	for (size_t i = 0; i < COUNT(chunks); i++) {
		struct out in = out_new(4096);

		out_span(&in, SPAN("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"));
		out_span(&in, chunks[i].body);
		check_refused(chunks[i].name, 400, out_view(&in));
		out_free(&in);
	}
	check_limits();
	for (size_t i = 0; i < COUNT(sniffs); i++) {
		size_t need = 0;

		CHECK_ROW((const char *)sniffs[i].head.p, wire_http1.sniff(on_cliff(sniffs[i].head), &need) == sniffs[i].sure);
		CHECK_ROW((const char *)sniffs[i].head.p, need == sniffs[i].need);
	}
	return check_end();
}
