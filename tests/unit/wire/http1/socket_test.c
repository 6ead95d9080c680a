/*
 * socket_test.c: WebSockets: opened by who asks rightly and answers with the proof,
 * their messages joined, named and written as one frame each; what is none is refused.
 */
#include "wire/http1/play.h"

/* The key and its proof of RFC 6455 section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define PROOF "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define HEAD(more) "GET /chat?x=1 HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" \
	"Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n" more "\r\n"
#define YES(more) "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Accept: " PROOF "\r\n" more "\r\n"
#define LIMIT 200

static void
put_frame(struct out *out, uint8_t first, bool is_client, struct span text)
{
	static const uint8_t key[4] = { 1, 2, 3, 0xf4 };

	out_u8(out, first);
	if (text.n < 126) {
		out_u8(out, (uint8_t)((is_client ? 128 : 0) | text.n));
	} else {
		out_u8(out, is_client ? 254 : 126);
		out_u8(out, (uint8_t)(text.n >> 8));
		out_u8(out, (uint8_t)text.n);
	}
	if (is_client)
		out_bytes(out, key, 4);
	for (size_t i = 0; i < text.n; i++)
		out_u8(out, is_client ? text.p[i] ^ key[i % 4] : text.p[i]);
}

static void
says(struct relay *r, enum wire_side side, uint8_t first, struct span text)
{
	struct out out = out_new(1 << 16);

	put_frame(&out, first, side == WIRE_CLIENT, text);
	relay_feed(r, side, out_view(&out));
	out_free(&out);
}

static void
open_socket(struct relay *r)
{
	r->unit_limit = LIMIT;
	relay_open(r, &wire_http1, false);
	relay_feed(r, WIRE_CLIENT, SPAN(HEAD("")));
	relay_feed(r, WIRE_SERVER, SPAN(YES("")));
	CHECK(r->asks == 1 && !r->is_bad && r->codec->has_room(r->state) && !r->codec->is_idle(r->state));
	for (int i = 0; i < WIRE_SIDES; i++)
		out_clear(&r->to[i]);
	out_clear(&r->log);
}

/* ---- opening ------------------------------------------------------------------------- */

static void
check_opening(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_http1, false);
	relay_feed(&r, WIRE_CLIENT, SPAN(HEAD("Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a, b\r\nCookie: c\r\n")));
	CHECK(r.asks == 1 && relay_has(out_view(&r.log), "length=0 channel=1"));
	CHECK(!r.codec->has_room(r.state));
	check_bytes("opening", "towards the server", out_view(&r.to[WIRE_SERVER]),
	    SPAN("GET /chat?x=1 HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: a, b\r\nCookie: c\r\nConnection: Upgrade\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n\r\n"));
	relay_feed(&r, WIRE_SERVER, SPAN(YES("Sec-WebSocket-Protocol: b\r\nSet-Cookie: d\r\n")));
	CHECK(!r.is_bad && relay_has(out_view(&r.log), "head #1 101"));
	check_bytes("opening", "towards the client", out_view(&r.to[WIRE_CLIENT]),
	    SPAN("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: b\r\nSet-Cookie: d\r\nConnection: Upgrade\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Accept: " PROOF "\r\n\r\n"));
	relay_close(&r);
}

static const struct {
	const char *name;
	struct span asked;
	bool is_bad, opens;
} asks[] = {
	{ "right", SPAN(HEAD("")), false, true },
	{ "another upgrade", SPAN("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), false, false },
	{ "not named", SPAN("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"), false, false },
	{ "closes", SPAN("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n"), false, false },
	{ "old", SPAN("GET / HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"), false, false },
	{ "POST", SPAN("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"), true, false },
	{ "body", SPAN(HEAD("Content-Length: 1\r\n") "a"), true, false },
	{ "no key", SPAN("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"), true, false },
	{ "two keys", SPAN(HEAD("Sec-WebSocket-Key: " KEY "\r\n")), true, false },
	{ "two versions", SPAN(HEAD("Sec-WebSocket-Version: 8\r\n")), true, false },
	{ "short key", SPAN("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: YQ==\r\n\r\n"), true, false },
};

static void
check_asks(void)
{
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct relay r = { 0 };

		relay_open(&r, &wire_http1, false);
		relay_feed(&r, WIRE_CLIENT, asks[i].asked);
		CHECK_ROW(asks[i].name, r.is_bad == asks[i].is_bad);
		CHECK_ROW(asks[i].name, relay_has(out_view(&r.to[WIRE_SERVER]), "Upgrade: websocket") == asks[i].opens);
		CHECK_ROW(asks[i].name, !r.is_bad || farewell(&r) == 400);
		if (!asks[i].is_bad && !asks[i].opens) {
			relay_feed(&r, WIRE_SERVER, SPAN(YES("")));
			CHECK_ROW(asks[i].name, r.is_bad && farewell(&r) == 502);
		}
		relay_close(&r);
	}
}

static const struct {
	const char *name;
	struct span answered;
} answers[] = {
	{ "wrong proof", SPAN("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") },
	{ "no proof", SPAN("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n") },
	{ "two proofs", SPAN(YES("Sec-WebSocket-Accept: " PROOF "\r\n")) },
	{ "no upgrade", SPAN("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " PROOF "\r\n\r\n") },
	{ "extension", SPAN(YES("Sec-WebSocket-Extensions: permessage-deflate\r\n")) },
	{ "protocol", SPAN(YES("Sec-WebSocket-Protocol: c\r\n")) },
	{ "two protocols", SPAN(YES("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n")) },
	{ "body", SPAN(YES("Content-Length: 3\r\n")) },
};

static void
check_answers(void)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct relay r = { 0 };

		relay_open(&r, &wire_http1, false);
		relay_feed(&r, WIRE_CLIENT, SPAN(HEAD("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n")));
		relay_feed(&r, WIRE_SERVER, answers[i].answered);
		CHECK_ROW(answers[i].name, r.is_bad && r.to[WIRE_CLIENT].n == 0 && farewell(&r) == 502);
		relay_close(&r);
	}
}

/* Who answers otherwise has answered a request, and the next may be asked. */
static void
check_otherwise(void)
{
	struct relay r = { 0 };

	relay_open(&r, &wire_http1, false);
	for (int i = 0; i < 3; i++) {
		relay_feed(&r, WIRE_CLIENT, SPAN(HEAD("")));
		relay_feed(&r, WIRE_SERVER, SPAN("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"));
	}
	relay_feed(&r, WIRE_CLIENT, SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK(r.asks == 4 && !r.is_bad);
	relay_feed(&r, WIRE_SERVER, SPAN(YES("")));
	CHECK(r.is_bad);
	relay_close(&r);
}

/* ---- messages ---------------------------------------------------------------------------- */

static void
check_messages(void)
{
	struct relay r = { 0 };
	struct out sent = out_new(1 << 16);

	open_socket(&r);
	says(&r, WIRE_CLIENT, 0x81, SPAN("{\"a\":1}"));
	CHECK(r.asks == 2 && relay_has(out_view(&r.log), "> ask #2 message 2 tx=I text={\"a\":1} method=GET host=a path=/chat query query=x=1\n"
	    "  length=7 channel=2 body={\"a\":1} ends-flow\n"));
	put_frame(&sent, 0x81, true, SPAN("{\"a\":1}"));
	check_bytes("a message", "towards the server", out_view(&r.to[WIRE_SERVER]), out_view(&sent));
	says(&r, WIRE_CLIENT, 0x82, SPAN("\xff\xfe"));
	CHECK(r.asks == 3 && relay_has(out_view(&r.log), "ask #3 message 3") && relay_has(out_view(&r.log), "channel=3"));
	says(&r, WIRE_CLIENT, 0x81, SPAN(""));
	CHECK(r.asks == 4);
	says(&r, WIRE_SERVER, 0x81, SPAN("hi"));
	says(&r, WIRE_SERVER, 0x82, SPAN("\xff"));
	CHECK(relay_has(out_view(&r.log), "< body #1 'hi' channel=2\n< body #1 '\xff' channel=3\n"));
	check_bytes("messages", "towards the client", out_view(&r.to[WIRE_CLIENT]), SPAN("\x81\2hi\x82\1\xff"));
	CHECK(!r.is_bad);
	relay_close(&r);
	out_free(&sent);
}

/* Pieces are one message, whatever goes by between them. */
static void
check_pieces(void)
{
	struct relay r = { 0 };
	struct out sent = out_new(1 << 16);

	open_socket(&r);
	says(&r, WIRE_CLIENT, 0x01, SPAN("a\xc3"));
	says(&r, WIRE_CLIENT, 0x89, SPAN("ping"));
	says(&r, WIRE_CLIENT, 0x00, SPAN(""));
	CHECK(r.asks == 1);
	says(&r, WIRE_CLIENT, 0x80, SPAN("\xbcz"));
	CHECK(r.asks == 2 && relay_has(out_view(&r.log), "body=a\xc3\xbcz ends-flow"));
	put_frame(&sent, 0x89, true, SPAN("ping"));
	put_frame(&sent, 0x81, true, SPAN("a\xc3\xbcz"));
	check_bytes("pieces", "towards the server", out_view(&r.to[WIRE_SERVER]), out_view(&sent));
	says(&r, WIRE_SERVER, 0x02, SPAN("one "));
	says(&r, WIRE_SERVER, 0x8a, SPAN("ping"));
	says(&r, WIRE_SERVER, 0x00, SPAN("two "));
	says(&r, WIRE_SERVER, 0x80, SPAN("three"));
	check_bytes("pieces", "towards the client", out_view(&r.to[WIRE_CLIENT]), SPAN("\x8a\4ping\x82\15one two three"));
	relay_close(&r);
	out_free(&sent);
}

static void
check_lengths(void)
{
	struct relay r = { .rewrites = true };
	struct out text = out_new(1 << 16), sent = out_new(1 << 16);

	open_socket(&r);
	while (text.n < LIMIT)
		out_u8(&text, 'x');
	says(&r, WIRE_CLIENT, 0x81, out_view(&text));
	says(&r, WIRE_SERVER, 0x81, out_view(&text));
	put_frame(&sent, 0x81, true, out_view(&text));
	check_bytes("length", "towards the server", out_view(&r.to[WIRE_SERVER]), out_view(&sent));
	out_clear(&sent);
	put_frame(&sent, 0x81, false, out_view(&text));
	check_bytes("length", "towards the client", out_view(&r.to[WIRE_CLIENT]), out_view(&sent));
	out_u8(&text, 'x');
	says(&r, WIRE_SERVER, 0x81, out_view(&text));
	CHECK(r.is_bad);
	relay_close(&r);
	out_free(&text);
	out_free(&sent);
}

static void
check_close(void)
{
	struct relay r = { 0 };

	open_socket(&r);
	says(&r, WIRE_CLIENT, 0x88, SPAN("\3\xe8" "bye"));
	says(&r, WIRE_SERVER, 0x81, SPAN("last"));
	says(&r, WIRE_SERVER, 0x88, SPAN("\3\xe8" "bye"));
	CHECK(relay_has(out_view(&r.log), "< body #1 'bye' channel=4 ends\n") && !r.is_bad && !r.is_final);
	check_bytes("close", "towards the client", out_view(&r.to[WIRE_CLIENT]), SPAN("\x81\4last\x88\5\3\xe8" "bye"));
	CHECK(!relay_end(&r, WIRE_SERVER));
	says(&r, WIRE_SERVER, 0x89, SPAN(""));
	CHECK(r.is_bad);
	relay_close(&r);
	r = (struct relay){ 0 };
	open_socket(&r);
	CHECK(!relay_end(&r, WIRE_CLIENT) && relay_end(&r, WIRE_SERVER));	/* who leaves without a word */
	CHECK(relay_has(out_view(&r.log), "' channel=4 ends\n") && r.to[WIRE_CLIENT].n == 0);
	relay_close(&r);
}

/* What a mask makes of a message has another length; of a close or ping, no more than may be. */
static void
check_put(void)
{
	struct relay r = { .new_body = true };
	struct out text = out_new(1000);

	open_socket(&r);
	says(&r, WIRE_SERVER, 0x81, SPAN("ab"));
	says(&r, WIRE_SERVER, 0x89, SPAN("p"));
	while (text.n < 100)
		out_u8(&text, 'x');
	says(&r, WIRE_SERVER, 0x89, out_view(&text));
	says(&r, WIRE_SERVER, 0x88, SPAN("\3\xe8" "z"));
	check_bytes("put", "towards the client", out_view(&r.to[WIRE_CLIENT]), SPAN("\x81\4aabb\x89\2pp\x89\0\x88\4\3\xe8zz"));
	relay_close(&r);
	out_free(&text);
}

/* No answer says no to a message: the way is closed, and the reason told. */
static void
check_refusal(void)
{
	static const struct wire_no no = { .message = SPAN("refused by policy (ref-1)"), .status = 403 };
	struct relay r = { .refuses = "secret" };

	open_socket(&r);
	says(&r, WIRE_CLIENT, 0x81, SPAN("a secret"));
	CHECK(r.to[WIRE_SERVER].n == 0);
	check_bytes("refusal", "towards the client", out_view(&r.to[WIRE_CLIENT]), SPAN("\x88\x13\3\xf0refused by policy"));
	says(&r, WIRE_CLIENT, 0x88, SPAN("\3\xf0"));
	CHECK(!r.codec->has_room(r.state) && r.to[WIRE_SERVER].n == 0);
	relay_close(&r);
	r = (struct relay){ 0 };
	open_socket(&r);
	r.codec->farewell(r.state, &no, r.to);
	check_bytes("farewell", "towards the client", out_view(&r.to[WIRE_CLIENT]), SPAN("\x88\x1b\3\xf0refused by policy (ref-1)"));
	relay_close(&r);
}

/* ---- what is no frame -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum wire_side side;
	struct span bytes;
} bad[] = {
	{ "no mask", WIRE_CLIENT, SPAN("\x81\1a") },
	{ "mask", WIRE_SERVER, SPAN("\x81\x81\1\2\3\4a") },
	{ "RSV1", WIRE_SERVER, SPAN("\xc1\1a") },
	{ "RSV3", WIRE_CLIENT, SPAN("\x91\x81\1\2\3\4a") },
	{ "opcode 3", WIRE_SERVER, SPAN("\x83\1a") },
	{ "opcode 11", WIRE_SERVER, SPAN("\x8b\0") },
	{ "ping in pieces", WIRE_SERVER, SPAN("\x09\0") },
	{ "long ping", WIRE_SERVER, SPAN("\x89\x7e\0\x7e") },
	{ "16 bits for 125", WIRE_SERVER, SPAN("\x81\x7e\0\x7d") },
	{ "64 bits for 65535", WIRE_SERVER, SPAN("\x81\x7f\0\0\0\0\0\0\xff\xff") },
	{ "above the limit", WIRE_SERVER, SPAN("\x81\x7f\x80\0\0\0\0\1\0\0") },
	{ "goes on with none", WIRE_SERVER, SPAN("\x80\1a") },
	{ "within another", WIRE_SERVER, SPAN("\x01\1a\x81\1a") },
	{ "no UTF-8", WIRE_SERVER, SPAN("\x81\1\xff") },
	{ "cut UTF-8", WIRE_SERVER, SPAN("\x81\1\xc3") },
	{ "close of 1", WIRE_SERVER, SPAN("\x88\1\3") },
	{ "close 1005", WIRE_SERVER, SPAN("\x88\2\3\xed") },
	{ "close without UTF-8", WIRE_SERVER, SPAN("\x88\3\3\xe8\xff") },
	{ "behind a close", WIRE_SERVER, SPAN("\x88\0\x81\1a") },
};

static void
check_bad(void)
{
	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t cut = 1; cut <= bad[i].bytes.n; cut++) {
			struct relay r = { 0 };

			open_socket(&r);
			relay_feed(&r, bad[i].side, span_head(bad[i].bytes, cut));
			relay_feed(&r, bad[i].side, span_skip(bad[i].bytes, cut));
			CHECK_ROW(bad[i].name, r.is_bad && !relay_has(out_view(&r.to[!bad[i].side]), "\x81"));
			relay_close(&r);
		}
}

/* An endless message is none. */
static void
check_endless(void)
{
	struct relay r = { 0 };

	open_socket(&r);
	says(&r, WIRE_CLIENT, 0x01, SPAN("x"));
	for (int i = 0; i < LIMIT && !r.is_bad; i++)
		says(&r, WIRE_CLIENT, 0x00, SPAN("xx"));
	CHECK(r.is_bad && r.asks == 1);
	relay_close(&r);
}

int
main(void)
{
	check_opening();
	check_asks();
	check_answers();
	check_otherwise();
	check_messages();
	check_pieces();
	check_lengths();
	check_close();
	check_put();
	check_refusal();
	check_bad();
	check_endless();
	return check_end();
}
