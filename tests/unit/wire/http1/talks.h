/* talks.h: conversations in HTTP/1.1, shared by the tests and the seeds of the fuzzer. */
#ifndef TALKS_H
#define TALKS_H

#include "wire/http1/said.h"

#define ASK "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

/* A WebSocket, with the key and proof of RFC 6455 section 1.3. */
#define OPENING "GET /w HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define OPENED "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

static const struct said talks[][SAID_MOST] = {
	{ CLIENT(ASK ASK), SERVER("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 204 No\r\n\r\n") },
	{ CLIENT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n01234567890123456789" ASK),
	    SERVER("HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n"),
	    SERVER("HTTP/1.1 200 OK\r\n\r\nuntil it closes"), CLOSES },
	{ CLIENT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n0123456789012345678901234567890123456789" ASK),
	    SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), SERVER("HTTP/1.0 200 OK\r\n\r\nabc") },
	{ CLIENT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n1\r\nf\r\n0\r\n\r\n\r\n" ASK),
	    SERVER("HTTP/1.1 304 N\r\nContent-Length: 3\r\n\r\n"), SERVER("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"),
	    CLIENT(ASK) },
	{ CLIENT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\na\r\nfghij01234\r\n3\r\nklm\r\n0\r\nX: y\r\n\r\n" ASK),
	    SERVER("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na") },
	{ CLIENT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n6\r\nsecret\r\n9\r\n012345678\r\n0\r\n\r\n" ASK) },
	{ CLIENT("POST /secret HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" ASK), SERVER("HTTP/1.1 204 No\r\n\r\n") },
	{ CLIENT("HEAD / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na"),
	    SERVER("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"), CLIENT(ASK), SERVER("HTTP/1.1 205 R\r\nContent-Length: 0\r\n\r\n") },
	{ CLIENT("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"),
	    SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n") },
	{ CLIENT(ASK "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), SERVER("HTTP/1.1 204 No\r\n\r\n") },
	{ CLIENT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n0123456789012345678\r\n1;x\r\na\r\n0\r\n\r\n") },
	{ CLIENT(ASK), SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabcd\r\n0\r\n\r\n") },
	{ CLIENT(ASK), SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n6\r\nsecret\r\n0\r\n\r\n") },
	{ CLIENT(OPENING), SERVER(OPENED "\x81\2hi"), CLIENT("\x01\x82\1\2\3\4ab\x89\x81\1\2\3\4p\x80\x81\4\3\2\1z"),
	    SERVER("\x01\1a\x8a\1p\x80\1b\x02\0\x80\2\xff\xfe"), CLIENT("\x88\x82\0\0\0\0\3\xe8"), SERVER("\x88\2\3\xe8"), CLOSES },
	{ CLIENT(OPENING), SERVER(OPENED "\x81\2hi"), CLIENT("\x81\x87\0\0\0\0secrets\x81\x80\1\1\1\1") },
	{ CLIENT(OPENING), SERVER(OPENED "\x82\3abc\x02\7secrets\x80\0"), CLOSES },
	{ CLIENT(OPENING ASK), SERVER("HTTP/1.1 400 N\r\nContent-Length: 0\r\n\r\n"), SERVER("HTTP/1.1 204 N\r\n\r\n") },
	{ CLIENT(OPENING), SERVER(OPENED), CLIENT("\x81\1a") },
};

#endif
