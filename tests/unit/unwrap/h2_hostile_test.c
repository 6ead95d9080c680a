/*
 * h2_hostile_test.c: peers that break the rules, or keep them and mean harm. Frames are made by hand. What is malformed
 * never becomes HTTP/1.1; what costs the peer nothing ends when its patience is used up; nothing grows beyond limits.
 */
#include <errno.h>

#include "check.h"
#include "h2_frames.h"

#define LIMIT (64u << 20)

static struct h2 *h2;
static struct out wire;		/* what we have said */
static enum h2_state state;

static void
face_new(bool is_server, const struct h2_limits *limits)
{
	struct out hello = out_new(LIMIT);

	wire = out_new(LIMIT);
	CHECK((is_server ? h2_server_new : h2_client_new)(&h2, "https", limits) == 0);
	put_preface(&hello, is_server);
	put_frame(&hello, NGHTTP2_SETTINGS, ACK, 0, SPAN(""));
	state = h2_read(h2, out_view(&hello));
	state = h2_write(h2, &wire);
	CHECK(state == H2_OPEN);
	out_free(&hello);
}

static void
face_free(void)
{
	h2_free(&h2);
	out_free(&wire);
}

/* Say all that is in *said, and hear the answer. */
static void
say(struct out *said)
{
	h2_read(h2, on_cliff(out_view(said)));
	state = h2_write(h2, &wire);
	out_clear(said);
}

/* ---- requests that are none ---- */

#define G { ":method", "GET", 0 }
#define S { ":scheme", "https", 0 }
#define P { ":path", "/", 0 }
#define A { ":authority", "a.b", 0 }
#define POST { ":method", "POST", 0 }
#define MOST 8

static const struct {
	const char *name;
	struct field fields[MOST];
	struct span body;		/* p NULL: it ends with its head */
	struct field trailers[MOST];
	bool is_good;
} requests[] = {
	{ "good", { G, S, P, A }, { 0 }, { { 0 } }, true },
	{ "good: host alone", { G, S, P, { "host", "a.b", 0 } }, { 0 }, { { 0 } }, true },
	{ "good: both alike", { G, S, P, A, { "host", "A.B", 0 } }, { 0 }, { { 0 } }, true },
	{ "good: body", { POST, S, P, A, { "content-length", "3", 0 } }, SPAN("abc"), { { 0 } }, true },
	{ "good: trailers", { POST, S, P, A }, SPAN("abc"), { { "x", "y", 0 } }, true },
	{ "no method", { S, P, A }, { 0 }, { { 0 } }, false },
	{ "no scheme", { G, P, A }, { 0 }, { { 0 } }, false },
	{ "no path", { G, S, A }, { 0 }, { { 0 } }, false },
	{ "no host", { G, S, P }, { 0 }, { { 0 } }, false },
	{ "empty host", { G, S, P, { ":authority", "", 0 } }, { 0 }, { { 0 } }, false },
	{ "empty path", { G, S, { ":path", "", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "other scheme", { G, { ":scheme", "http", 0 }, P, A }, { 0 }, { { 0 } }, false },
	{ "two methods", { G, G, S, P, A }, { 0 }, { { 0 } }, false },
	{ "two paths", { G, S, P, P, A }, { 0 }, { { 0 } }, false },
	{ "two hosts", { G, S, P, { "host", "a.b", 0 }, { "host", "a.b", 0 } }, { 0 }, { { 0 } }, false },
	{ "hosts differ", { G, S, P, A, { "host", "a.c", 0 } }, { 0 }, { { 0 } }, false },
	{ "userinfo", { G, S, P, { ":authority", "u@a.b", 0 } }, { 0 }, { { 0 } }, false },
	{ "host with a path", { G, S, P, { ":authority", "a.b/c", 0 } }, { 0 }, { { 0 } }, false },
	{ "host with a line", { G, S, P, { ":authority", "a.b\r\nx: y", 0 } }, { 0 }, { { 0 } }, false },
	{ "status", { G, S, P, A, { ":status", "200", 0 } }, { 0 }, { { 0 } }, false },
	{ "unknown pseudo-field", { G, S, P, A, { ":x", "y", 0 } }, { 0 }, { { 0 } }, false },
	{ "pseudo-field behind", { G, S, P, { "x", "y", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "CONNECT", { { ":method", "CONNECT", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "CONNECT with a path", { { ":method", "CONNECT", 0 }, S, P, A }, { 0 }, { { 0 } }, false },
	{ "extended CONNECT", { { ":method", "CONNECT", 0 }, { ":protocol", "websocket", 0 }, S, P, A }, { 0 }, { { 0 } }, false },
	{ "method with a blank", { { ":method", "GET /x HTTP/1.1", 0 }, S, P, A }, { 0 }, { { 0 } }, false },
	{ "absolute path", { G, S, { ":path", "http://a.b/", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "path with a blank", { G, S, { ":path", "/ HTTP/1.1", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "path with a line", { G, S, { ":path", "/\r\nx: y", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "path with a fragment", { G, S, { ":path", "/#a", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "path over 127", { G, S, { ":path", "/\xc3\xa4", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "* of GET", { G, S, { ":path", "*", 0 }, A }, { 0 }, { { 0 } }, false },
	{ "upper case", { G, S, P, A, { "X-Y", "z", 0 } }, { 0 }, { { 0 } }, false },
	{ "name with a blank", { G, S, P, A, { "x y", "z", 0 } }, { 0 }, { { 0 } }, false },
	{ "name with a colon", { G, S, P, A, { "x:", "z", 0 } }, { 0 }, { { 0 } }, false },
	{ "name with a line", { G, S, P, A, { "x\r\ny", "z", 0 } }, { 0 }, { { 0 } }, false },
	{ "no name", { G, S, P, A, { "", "z", 0 } }, { 0 }, { { 0 } }, false },
	{ "value with CR", { G, S, P, A, { "x", "a\rb", 0 } }, { 0 }, { { 0 } }, false },
	{ "value with LF", { G, S, P, A, { "x", "a\nb: c", 0 } }, { 0 }, { { 0 } }, false },
	{ "value with NUL", { G, S, P, A, { "x", "a\0b", 3 } }, { 0 }, { { 0 } }, false },
	{ "value with DEL", { G, S, P, A, { "x", "a\x7f", 0 } }, { 0 }, { { 0 } }, false },
	{ "blank before", { G, S, P, A, { "x", " a", 0 } }, { 0 }, { { 0 } }, false },
	{ "blank behind", { G, S, P, A, { "x", "a\t", 0 } }, { 0 }, { { 0 } }, false },
	{ "connection", { G, S, P, A, { "connection", "close", 0 } }, { 0 }, { { 0 } }, false },
	{ "keep-alive", { G, S, P, A, { "keep-alive", "1", 0 } }, { 0 }, { { 0 } }, false },
	{ "upgrade", { G, S, P, A, { "upgrade", "h2c", 0 } }, { 0 }, { { 0 } }, false },
	{ "proxy-connection", { G, S, P, A, { "proxy-connection", "close", 0 } }, { 0 }, { { 0 } }, false },
	{ "chunked", { POST, S, P, A, { "transfer-encoding", "chunked", 0 } }, SPAN("0\r\n\r\n"), { { 0 } }, false },
	{ "te", { G, S, P, A, { "te", "gzip", 0 } }, { 0 }, { { 0 } }, false },
	{ "two lengths", { POST, S, P, A, { "content-length", "3", 0 }, { "content-length", "3", 0 } }, SPAN("abc"), { { 0 } }, false },
	{ "length with a sign", { POST, S, P, A, { "content-length", "+3", 0 } }, SPAN("abc"), { { 0 } }, false },
	{ "length as a list", { POST, S, P, A, { "content-length", "3, 3", 0 } }, SPAN("abc"), { { 0 } }, false },
	{ "huge length", { POST, S, P, A, { "content-length", "18446744073709551617", 0 } }, SPAN("a"), { { 0 } }, false },
	{ "length without a body", { POST, S, P, A, { "content-length", "3", 0 } }, { 0 }, { { 0 } }, false },
	{ "trailers with a length", { POST, S, P, A }, SPAN("abc"), { { "content-length", "3", 0 } }, false },
	{ "trailers with a host", { POST, S, P, A }, SPAN("abc"), { { "host", "a.b", 0 } }, false },
	{ "trailers with chunks", { POST, S, P, A }, SPAN("abc"), { { "transfer-encoding", "chunked", 0 } }, false },
	{ "trailers with a path", { POST, S, P, A }, SPAN("abc"), { P }, false },
};

/* No line of what came begins with what the peer put behind a line end; and there is one head. */
static bool
is_one_request(struct span in)
{
	const uint8_t *end = in.n ? memmem(in.p, in.n, "\r\n\r\n", 4) : NULL;

	return end && !memmem(in.p, (size_t)(end - in.p), "\r\nx: y", 6);
}

static void
check_requests(void)
{
	struct out said = out_new(LIMIT);

	for (size_t i = 0; i < COUNT(requests); i++) {
		const char *name = requests[i].name;
		bool has_trailers = requests[i].trailers[0].name;
		uint32_t number;

		face_new(true, NULL);
		put_headers(&said, requests[i].body.p ? 0 : END_STREAM, 1, requests[i].fields, MOST);
		if (requests[i].body.p)
			put_frame(&said, NGHTTP2_DATA, has_trailers ? 0 : END_STREAM, 1, requests[i].body);
		if (has_trailers)
			put_headers(&said, END_STREAM, 1, requests[i].trailers, MOST);
		say(&said);
		number = h2_begun(h2);
		CHECK_ROW(name, state == H2_OPEN);
		if (requests[i].is_good) {
			CHECK_ROW(name, number == 1 && h2_stream_state(h2, 1).has_ended && code_of(out_view(&wire), 1) == UINT32_MAX);
			CHECK_ROW(name, is_one_request(h2_stream_in(h2, 1)));
		} else {
			CHECK_ROW(name, code_of(out_view(&wire), 1) == H2_PROTOCOL_ERROR);
			CHECK_ROW(name, number == 0);	/* reset before anyone was told */
		}
		face_free();
	}
	out_free(&said);
}

/* A body that is not as long as was told: what came before stays one message, unfinished. */
static void
check_lengths(void)
{
	static const struct field fields[] = { POST, S, P, A, { "content-length", "3", 0 } };
	struct out said = out_new(LIMIT);

	for (int longer = 0; longer < 2; longer++) {
		face_new(true, NULL);
		put_headers(&said, 0, 1, fields, COUNT(fields));
		say(&said);
		CHECK(h2_begun(h2) == 1);
		put_frame(&said, NGHTTP2_DATA, END_STREAM, 1, longer ? SPAN("abcGET /x HTTP/1.1\r\n") : SPAN("ab"));
		say(&said);
		CHECK(code_of(out_view(&wire), 1) == H2_PROTOCOL_ERROR);
		CHECK(h2_stream_state(h2, 1).is_reset && !h2_stream_state(h2, 1).has_ended);
		CHECK(!memmem(h2_stream_in(h2, 1).p, h2_stream_in(h2, 1).n, "GET", 3));
		face_free();
	}
	out_free(&said);
}

/* ---- header blocks ---- */

static void
check_header_limits(void)
{
	static char large[40000];
	struct field fields[200] = { G, S, P, A };
	struct out said = out_new(LIMIT), block = out_new(LIMIT);

	memset(large, 'a', sizeof(large) - 1);
	for (int many = 0; many < 2; many++) {	/* one too many, or too large */
		face_new(true, NULL);
		for (size_t i = 4; i < COUNT(fields); i++)
			fields[i] = i < 129 && many ? (struct field){ "x", "y", 0 } : (struct field){ 0 };
		if (!many)
			fields[4] = fields[5] = (struct field){ "x", large, 0 };
		block.n = 0;
		put_fields(&block, fields, COUNT(fields));
		for (size_t at = 0; at < block.n; at += 16384)
			put_frame(&said, at ? NGHTTP2_CONTINUATION : NGHTTP2_HEADERS,
			    (at ? 0 : END_STREAM) | (block.n - at <= 16384 ? END_HEADERS : 0), 1,
			    span_head(span_skip(out_view(&block), at), 16384));
		put_request(&said, END_STREAM, 3, "GET");	/* the table of HPACK is as it should be */
		say(&said);
		CHECK(state == H2_OPEN && code_of(out_view(&wire), 1) == H2_ENHANCE_YOUR_CALM);
		CHECK(h2_begun(h2) == 3 && h2_begun(h2) == 0);
		face_free();
	}
	out_free(&said);
	out_free(&block);
}

/* One large entry of the dynamic table, referred to a thousand times with a byte each (CVE-2016-6581). */
static void
check_bomb(void)
{
	static char large[3900];
	struct out said = out_new(LIMIT), block = out_new(LIMIT);

	memset(large, 'a', sizeof(large) - 1);
	face_new(true, NULL);
	out_u8(&block, 0x40);	/* RFC 7541 section 6.2.1 */
	put_string(&block, SPAN("x"));
	put_string(&block, span_text(large));
	for (int i = 0; i < 1000; i++)
		out_u8(&block, 0x80 | 62);
	put_frame(&said, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, out_view(&block));
	say(&said);
	CHECK(state == H2_BROKEN && strstr(h2_error(h2), "far beyond"));
	CHECK(code_of(out_view(&wire), 0) == H2_ENHANCE_YOUR_CALM);
	face_free();
	out_free(&said);
	out_free(&block);
}

static void
check_continuations(void)
{
	struct out said = out_new(LIMIT);

	face_new(true, NULL);
	put_frame(&said, NGHTTP2_HEADERS, END_STREAM, 1, SPAN(""));
	for (int i = 0; i < 100; i++)
		put_frame(&said, NGHTTP2_CONTINUATION, 0, 1, SPAN(""));
	say(&said);
	CHECK(state == H2_BROKEN && code_of(out_view(&wire), 0) == H2_ENHANCE_YOUR_CALM);
	face_free();
	out_free(&said);
}

/* ---- floods ---- */

/* Frames sent again and again; none of them is wrong by itself. */
static void
put_flood(struct out *said, uint8_t type, int round)
{
	uint32_t id = 1 + 2 * (uint32_t)round;

	switch (type) {
	case NGHTTP2_DATA:
		put_frame(said, type, 0, 1, SPAN(""));
		break;
	case NGHTTP2_HEADERS:	/* rapid reset: CVE-2023-44487 */
		put_request(said, END_STREAM, id, "GET");
		put_code(said, NGHTTP2_RST_STREAM, id, H2_CANCEL);
		break;
	case NGHTTP2_RST_STREAM:	/* made to reset: CVE-2025-8671 */
		put_request(said, 0, id, "GET");
		put_code(said, NGHTTP2_WINDOW_UPDATE, id, 0x7fffffff);	/* an overflow, of the stream alone */
		break;
	case NGHTTP2_PUSH_PROMISE:	/* malformed, which is reset: the same */
		put_request(said, END_STREAM, id, "CONNECT");
		break;
	case NGHTTP2_PRIORITY:
		put_frame(said, type, 0, id + 2, SPAN("\0\0\0\0\1"));
		break;
	case NGHTTP2_SETTINGS:
		put_frame(said, type, 0, 0, SPAN("\0\4\0\0\xff\xff"));
		break;
	case NGHTTP2_PING:
		put_frame(said, type, 0, 0, SPAN("12345678"));
		break;
	case NGHTTP2_WINDOW_UPDATE:
		put_code(said, type, 0, 1);
		break;
	default:	/* of a type that nobody knows */
		put_frame(said, type, 0, 0, SPAN("x"));
	}
}

static void
check_floods(void)
{
	static const struct {
		const char *name;
		uint8_t type;
		int most;	/* rounds that are borne */
	} floods[] = {
		{ "DATA", NGHTTP2_DATA, 2000 }, { "rapid reset", NGHTTP2_HEADERS, 100 },
		{ "made to reset", NGHTTP2_RST_STREAM, 100 }, { "malformed", NGHTTP2_PUSH_PROMISE, 100 },
		{ "PRIORITY", NGHTTP2_PRIORITY, 2000 }, { "SETTINGS", NGHTTP2_SETTINGS, 200 },
		{ "PING", NGHTTP2_PING, 2000 }, { "WINDOW_UPDATE", NGHTTP2_WINDOW_UPDATE, 2000 }, { "unknown", 0xee, 2000 },
	};
	struct out said = out_new(LIMIT);

	for (size_t i = 0; i < COUNT(floods); i++) {
		int round = 0;

		face_new(true, NULL);
		if (floods[i].type == NGHTTP2_DATA) {
			put_request(&said, 0, 1, "POST");
			say(&said);
		}
		for (; round < 5000 && state == H2_OPEN; round++) {
			put_flood(&said, floods[i].type, round);
			h2_read(h2, out_view(&said));
			out_clear(&said);
			state = h2_write(h2, &wire);
			while (h2_begun(h2))
				;
		}
		CHECK_ROW(floods[i].name, state == H2_BROKEN && round <= floods[i].most + 1 && round > floods[i].most / 2);
		CHECK_ROW(floods[i].name, code_of(out_view(&wire), 0) == H2_ENHANCE_YOUR_CALM && h2_error(h2)[0]);
		CHECK_ROW(floods[i].name, h2_read(h2, SPAN("anything")) == H2_BROKEN);
		face_free();
	}

	/* the same frames, over hours */
	face_new(true, NULL);
	for (int second = 0; second < 10000; second++) {
		put_flood(&said, NGHTTP2_PING, 0);
		h2_read(h2, out_view(&said));
		out_clear(&said);
		out_clear(&wire);
		state = h2_write(h2, &wire);
		h2_rest(h2, 1);
	}
	CHECK(state == H2_OPEN);
	face_free();

	/* answers that nobody reads */
	face_new(true, NULL);
	for (int i = 0; i < 1900 && state == H2_OPEN; i++) {
		put_flood(&said, NGHTTP2_PING, 0);
		state = h2_read(h2, out_view(&said));
		out_clear(&said);
	}
	CHECK(state == H2_BROKEN);
	face_free();
	out_free(&said);
}

/* More streams than were allowed; a body larger than its window; another beginning. */
static void
check_rules(void)
{
	struct h2_limits limits = h2_limits_usual;
	struct out said = out_new(LIMIT);
	static const uint8_t zeros[16384];
	size_t begun = 0;

	limits.streams = 5;
	face_new(true, &limits);
	for (uint32_t i = 0; i < 6; i++)
		put_request(&said, END_STREAM, 1 + 2 * i, "GET");
	say(&said);
	CHECK(state == H2_BROKEN && h2_error(h2)[0]);
	face_free();

	limits = h2_limits_usual;	/* not taken: those that begin are refused, and may try again */
	limits.waiting_bytes = 500;
	face_new(true, &limits);
	for (uint32_t i = 0; i < 20; i++)
		put_request(&said, END_STREAM, 1 + 2 * i, "GET");
	say(&said);
	while (h2_begun(h2))
		begun++;
	CHECK(state == H2_OPEN && begun > 5 && begun < 20 && code_of(out_view(&wire), 39) == H2_REFUSED_STREAM);
	face_free();

	face_new(true, NULL);
	put_request(&said, 0, 1, "POST");
	for (uint32_t i = 0; i <= h2_limits_usual.stream_window / sizeof(zeros); i++)
		put_frame(&said, NGHTTP2_DATA, 0, 1, span_of(zeros, sizeof(zeros)));
	say(&said);
	CHECK(state == H2_BROKEN || code_of(out_view(&wire), 1) == NGHTTP2_FLOW_CONTROL_ERROR);
	CHECK(h2_stream_in(h2, 1).n <= h2_limits_usual.stream_window + 1000);
	face_free();

	CHECK(h2_server_new(&h2, "https", NULL) == 0);
	wire = out_new(LIMIT);
	CHECK(h2_read(h2, SPAN("GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")) == H2_BROKEN);
	CHECK(strstr(h2_error(h2), "does not begin"));
	face_free();

	limits = h2_limits_usual;	/* memory that libnghttp2 may not have */
	limits.memory = 100;
	CHECK(h2_server_new(&h2, "https", &limits) == -ENOMEM);
	out_free(&said);
}

/* Wherever memory ends, the connection does, and says so. */
static void
check_memory(void)
{
	static char large[10000];
	const struct field fields[] = { G, S, P, A, { "x", large, 0 } };
	struct h2_limits limits = h2_limits_usual;
	struct out said = out_new(LIMIT), heard = out_new(LIMIT);
	size_t ended = 0, went_on = 0;

	memset(large, 'a', sizeof(large) - 1);
	put_preface(&said, true);
	for (uint32_t i = 0; i < 20; i++) {
		put_request(&said, END_STREAM, 1 + 4 * i, "GET");
		put_headers(&said, END_STREAM, 3 + 4 * i, fields, 4 + i % 2);
	}
	for (limits.memory = 1000; limits.memory < 120000; limits.memory += 131) {
		if (h2_server_new(&h2, "https", &limits))
			continue;
		h2_read(h2, out_view(&said));
		for (uint32_t number = h2_begun(h2); number; number = h2_begun(h2)) {
			(void)h2_stream_give(h2, number, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
			h2_stream_free(h2, number);
		}
		out_clear(&heard);
		state = h2_write(h2, &heard);
		if (CHECK((state == H2_BROKEN) == (h2_error(h2)[0] != '\0')))
			*(state == H2_BROKEN ? &ended : &went_on) += 1;
		h2_free(&h2);
	}
	CHECK(ended > 10 && went_on > 10);
	out_free(&said);
	out_free(&heard);
}

/* Bytes of one, each in a frame of its own: no more is kept than six for each of a window. */
static void
check_small_data(void)
{
	struct out said = out_new(LIMIT);

	face_new(true, NULL);
	put_request(&said, 0, 1, "POST");
	say(&said);
	CHECK(h2_begun(h2) == 1);
	for (uint32_t i = 0; i < h2_limits_usual.stream_window; i++)
		put_frame(&said, NGHTTP2_DATA, 0, 1, SPAN("x"));
	say(&said);
	CHECK(state == H2_OPEN && h2_stream_in(h2, 1).n < 6 * h2_limits_usual.stream_window + 200);
	h2_stream_take(h2, 1, SIZE_MAX);
	CHECK(h2_stream_in(h2, 1).n == 0);
	face_free();
	out_free(&said);
}

/* ---- servers ---- */

static const struct {
	const char *name;
	struct field fields[MOST];
	struct span body;
	const char *method;
	bool is_good;
} answers[] = {
	{ "good", { { ":status", "200", 0 } }, SPAN("abc"), "GET", true },
	{ "good: HEAD", { { ":status", "200", 0 }, { "content-length", "3", 0 } }, { 0 }, "HEAD", true },
	{ "no status", { { "x", "y", 0 } }, { 0 }, "GET", false },
	{ "two", { { ":status", "200", 0 }, { ":status", "200", 0 } }, { 0 }, "GET", false },
	{ "four digits", { { ":status", "2000", 0 } }, { 0 }, "GET", false },
	{ "099", { { ":status", "099", 0 } }, { 0 }, "GET", false },
	{ "with words", { { ":status", "200 OK\r\nx: y", 0 } }, { 0 }, "GET", false },
	{ "101", { { ":status", "101", 0 } }, SPAN("x"), "GET", false },
	{ "1xx that ends", { { ":status", "103", 0 } }, { 0 }, "GET", false },
	{ "a path", { { ":status", "200", 0 }, P }, { 0 }, "GET", false },
	{ "chunked", { { ":status", "200", 0 }, { "transfer-encoding", "chunked", 0 } }, SPAN("0\r\n\r\n"), "GET", false },
	{ "HEAD with a body", { { ":status", "200", 0 } }, SPAN("abc"), "HEAD", false },
	{ "204 with a body", { { ":status", "204", 0 } }, SPAN("abc"), "GET", false },
	{ "304 with a body", { { ":status", "304", 0 } }, SPAN("abc"), "GET", false },
	{ "length wrong", { { ":status", "200", 0 }, { "content-length", "2", 0 } }, SPAN("abc"), "GET", false },
	{ "length unmet", { { ":status", "200", 0 }, { "content-length", "4", 0 } }, SPAN("abc"), "GET", false },
	{ "value with a line", { { ":status", "200", 0 }, { "x", "y\r\n\r\nz", 0 } }, SPAN("abc"), "GET", false },
};

static uint32_t
ask(const char *method)
{
	uint32_t number = h2_begin(h2);
	char text[64];

	snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a.b\r\n\r\n", method);
	CHECK(number && h2_stream_give(h2, number, span_text(text)) == strlen(text));
	state = h2_write(h2, &wire);
	return number;
}

static void
check_answers(void)
{
	struct out said = out_new(LIMIT);

	for (size_t i = 0; i < COUNT(answers); i++) {
		uint32_t number;

		face_new(false, NULL);
		number = ask(answers[i].method);
		put_headers(&said, answers[i].body.p ? 0 : END_STREAM, 1, answers[i].fields, MOST);
		if (answers[i].body.p)
			put_frame(&said, NGHTTP2_DATA, END_STREAM, 1, answers[i].body);
		say(&said);
		CHECK_ROW(answers[i].name, state == H2_OPEN);
		CHECK_ROW(answers[i].name, h2_stream_state(h2, number).has_ended == answers[i].is_good);
		CHECK_ROW(answers[i].name, h2_stream_state(h2, number).is_reset == !answers[i].is_good);
		if (!answers[i].is_good)
			CHECK_ROW(answers[i].name, code_of(out_view(&wire), 1) == H2_PROTOCOL_ERROR);
		face_free();
	}

	face_new(false, NULL);	/* pushes */
	ask("GET");
	put_frame(&said, NGHTTP2_PUSH_PROMISE, END_HEADERS, 1, SPAN("\0\0\0\2\x82\x87\x84\x41\1a"));
	say(&said);
	CHECK(state == H2_BROKEN && strstr(h2_error(h2), "pushes"));
	face_free();

	face_new(false, NULL);	/* interim heads without end, that are not taken */
	ask("GET");
	for (int n = 0; n < 300; n++) {
		static char large[8000];
		const struct field fields[] = { { ":status", "103", 0 }, { "x", large, 0 } };

		memset(large, 'a', sizeof(large) - 1);
		put_headers(&said, 0, 1, fields, COUNT(fields));
		say(&said);
	}
	CHECK(h2_stream_state(h2, 1).is_reset && code_of(out_view(&wire), 1) == H2_ENHANCE_YOUR_CALM);
	face_free();

	face_new(false, NULL);	/* what it does not know of it has not done */
	ask("GET");
	ask("GET");
	put_frame(&said, NGHTTP2_GOAWAY, 0, 0, SPAN("\0\0\0\1\0\0\0\0"));
	say(&said);
	CHECK(state == H2_GOING && h2_stream_state(h2, 2).may_retry && !h2_stream_state(h2, 1).is_reset);
	face_free();
	out_free(&said);
}

int
main(void)
{
	check_requests();
	check_lengths();
	check_header_limits();
	check_bomb();
	check_continuations();
	check_floods();
	check_rules();
	check_memory();
	check_small_data();
	check_answers();
	return check_end();
}
