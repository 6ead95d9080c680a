/*
 * h2_library_test.c: our faces against libnghttp2's own sessions, which compress, index and pad as other programs do:
 * what one of ours writes another reads, and the other way round.
 */
#include <nghttp2/nghttp2.h>

#include "check.h"
#include "out.h"
#include "unwrap/h2.h"

#define LIMIT (16u << 20)
#define FIELD(name, value) \
	{ (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE }

/* The other side: fields and bodies as they come, as text. */
struct other {
	nghttp2_session *session;
	struct out heard;
	const char *body;
	size_t body_n;
	bool has_trailers;
	uint32_t closed;	/* code of the last stream closed */
};

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct other *other = arg;

	(void)session, (void)frame;
	out_printf(&other->heard, "%s%.*s=%.*s\n", flags & NGHTTP2_NV_FLAG_NO_INDEX ? "secret " : "",
	    (int)name_n, (const char *)name, (int)value_n, (const char *)value);
	return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct other *other = arg;

	(void)session, (void)flags, (void)id;
	out_bytes(&other->heard, p, n);
	return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct other *other = arg;

	(void)session;
	if (frame->hd.type <= NGHTTP2_HEADERS)
		out_printf(&other->heard, "%s", frame->hd.flags & NGHTTP2_FLAG_END_STREAM ? ".\n" : "\n");
	return 0;
}

static int
on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct other *other = arg;

	(void)session, (void)id;
	other->closed = code;
	return 0;
}

static ssize_t
on_padding(nghttp2_session *session, const nghttp2_frame *frame, size_t most, void *arg)
{
	size_t n = frame->hd.length + 17;

	(void)session, (void)arg;
	return (ssize_t)(n < most ? n : most);
}

static ssize_t
on_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	static const nghttp2_nv trailer = FIELD("x-sum", "7");
	struct other *other = arg;
	size_t n = other->body_n < room ? other->body_n : room;

	(void)source;
	memcpy(to, other->body, n);
	other->body += n;
	other->body_n -= n;
	if (!other->body_n)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (!other->body_n && other->has_trailers) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		CHECK(nghttp2_submit_trailer(session, id, &trailer, 1) == 0);
	}
	return (ssize_t)n;
}

static void
other_new(struct other *other, bool is_server)
{
	nghttp2_session_callbacks *callbacks;

	memset(other, 0, sizeof(*other));
	other->heard = out_new(LIMIT);
	CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_select_padding_callback(callbacks, on_padding);
	CHECK((is_server ? nghttp2_session_server_new : nghttp2_session_client_new)(&other->session, callbacks, other) == 0);
	nghttp2_session_callbacks_del(callbacks);
	CHECK(nghttp2_submit_settings(other->session, NGHTTP2_FLAG_NONE, NULL, 0) == 0);
}

/* Carry both ways until nothing is left; what comes is appended to *text, and taken. */
static enum h2_state
carry(struct h2 *h2, struct other *other, struct out *text)
{
	struct out wire = out_new(LIMIT);
	enum h2_state state = H2_OPEN;
	const uint8_t *p;
	ssize_t n = 1;
	uint32_t number;

	while (n > 0 || wire.n) {
		n = nghttp2_session_mem_send(other->session, &p);
		if (n > 0)
			h2_read(h2, span_of(p, (size_t)n));
		while (h2_begun(h2))
			;
		while ((number = h2_stirred(h2))) {
			out_span(text, h2_stream_in(h2, number));
			h2_stream_take(h2, number, SIZE_MAX);
		}
		out_clear(&wire);
		state = h2_write(h2, &wire);
		CHECK(nghttp2_session_mem_recv(other->session, wire.p ? wire.p : (const uint8_t *)"", wire.n) == (ssize_t)wire.n);
	}
	out_free(&wire);
	return state;
}

static const nghttp2_nv request[] = {
	FIELD(":method", "POST"), FIELD(":scheme", "https"), FIELD(":path", "/a?b"), FIELD(":authority", "a.b:1"),
	FIELD("user-agent", "x/1"), FIELD("cookie", "a=1"), FIELD("cookie", "b=2"), FIELD("te", "trailers"),
};

static void
check_server(void)
{
	nghttp2_data_provider body = { .read_callback = on_read };
	struct out text = out_new(LIMIT);
	struct other other;
	struct h2 *h2;

	CHECK(h2_server_new(&h2, "https", NULL) == 0);
	other_new(&other, false);
	for (uint32_t id = 1; id < 8; id += 2) {	/* indexed from the second on */
		other.body = "hello";
		other.body_n = 5;
		other.has_trailers = true;
		CHECK(nghttp2_submit_request(other.session, NULL, request, COUNT(request), &body, NULL) == (int32_t)id);
		CHECK(carry(h2, &other, &text) == H2_OPEN);
		CHECK(span_is(out_view(&text), "POST /a?b HTTP/1.1\r\nHost: a.b:1\r\nuser-agent: x/1\r\nte: trailers\r\n"
		    "cookie: a=1; b=2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n"));
		h2_stream_give(h2, id, SPAN("HTTP/1.1 200 OK\r\nSet-Cookie: s=1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\ny: z\r\n\r\n"));
		h2_stream_free(h2, id);
		other.closed = 99;
		CHECK(carry(h2, &other, &text) == H2_OPEN);
		CHECK(span_is(out_view(&other.heard), ":status=200\nsecret set-cookie=s=1\n\nhi\ny=z\n.\n"));
		CHECK(other.closed == 0);
		out_clear(&text);
		out_clear(&other.heard);
	}
	nghttp2_session_del(other.session);
	out_free(&other.heard);
	out_free(&text);
	h2_free(&h2);
}

static void
check_client(void)
{
	static const nghttp2_nv answer[] = { FIELD(":status", "200"), FIELD("a", "b"), FIELD("content-length", "5") };
	static const nghttp2_nv none[] = { FIELD(":status", "204") };
	nghttp2_data_provider body = { .read_callback = on_read };
	struct out text = out_new(LIMIT);
	struct other other;
	struct h2 *h2;
	uint32_t number;

	CHECK(h2_client_new(&h2, "https", NULL) == 0);
	other_new(&other, true);
	for (int32_t id = 1; id < 8; id += 2) {
		number = h2_begin(h2);
		h2_stream_give(h2, number, SPAN("PUT /x HTTP/1.1\r\nHost: a.b\r\nAuthorization: Bearer t\r\nContent-Length: 2\r\n\r\nhi"));
		CHECK(carry(h2, &other, &text) == H2_OPEN && text.n == 0);
		CHECK(span_is(out_view(&other.heard), ":method=PUT\n:scheme=https\n:authority=a.b\n:path=/x\n"
		    "secret authorization=Bearer t\ncontent-length=2\n\nhi.\n"));
		other.body = "hello";
		other.body_n = 5;
		CHECK(nghttp2_submit_response(other.session, id, id == 7 ? none : answer, id == 7 ? 1 : COUNT(answer),
		    id == 7 ? NULL : &body) == 0);
		CHECK(carry(h2, &other, &text) == H2_OPEN);
		CHECK(span_is(out_view(&text), id == 7 ? "HTTP/1.1 204 \r\n\r\n" :
		    "HTTP/1.1 200 \r\na: b\r\nContent-Length: 5\r\n\r\nhello"));
		CHECK(h2_stream_state(h2, number).has_ended && !h2_stream_state(h2, number).is_reset);
		h2_stream_free(h2, number);
		out_clear(&text);
		out_clear(&other.heard);
	}
	nghttp2_submit_shutdown_notice(other.session);
	CHECK(carry(h2, &other, &text) == H2_CLOSED && h2_begin(h2) == 0);
	nghttp2_session_del(other.session);
	out_free(&other.heard);
	out_free(&text);
	h2_free(&h2);
}

/* ---- WebSockets: RFC 8441 ---- */

static const nghttp2_nv opening[] = {
	FIELD(":method", "CONNECT"), FIELD(":protocol", "websocket"), FIELD(":scheme", "https"), FIELD(":path", "/chat?x"),
	FIELD(":authority", "a.b"), FIELD("sec-websocket-version", "13"), FIELD("cookie", "a=1"), FIELD("cookie", "b=2"),
};

#define OPENED "GET /chat?x HTTP/1.1\r\nHost: a.b\r\nsec-websocket-version: 13\r\ncookie: a=1; b=2\r\n" \
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
#define KEY_SIZE 24

/* Ask for one, with `bytes` behind it, and answer. Returns what the server heard. */
static struct span
open_socket(struct other *other, struct out *text, bool takes, const nghttp2_nv *fields, size_t count, const char *bytes,
    struct span answer)
{
	nghttp2_data_provider body = { .read_callback = on_read };
	struct h2 *h2;

	CHECK(h2_server_new(&h2, "https", NULL) == 0 && (!takes || h2_take_sockets(h2) == 0));
	other_new(other, false);
	other->body = bytes;
	other->body_n = bytes ? strlen(bytes) : 0;
	out_clear(text);
	CHECK(carry(h2, other, text) == H2_OPEN);
	CHECK(nghttp2_session_get_remote_settings(other->session, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == takes);
	CHECK(nghttp2_submit_request(other->session, NULL, fields, count, bytes ? &body : NULL, NULL) == 1);
	CHECK(carry(h2, other, text) == H2_OPEN);
	out_clear(&other->heard);
	other->closed = 99;
	h2_stream_give(h2, 1, answer);
	h2_stream_end(h2, 1);
	CHECK(carry(h2, other, text) == H2_OPEN);
	h2_free(&h2);
	return out_view(text);
}

static void
other_free(struct other *other)
{
	nghttp2_session_del(other->session);
	out_free(&other->heard);
}

static void
check_sockets(void)
{
	struct out text = out_new(LIMIT);
	struct other other;
	struct span got;

	got = open_socket(&other, &text, true, opening, COUNT(opening), "\x81\x81mask\r\n0\r\n",
	    SPAN("HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
	    "Sec-WebSocket-Protocol: p\r\n\r\n\x81\x02hi"));
	CHECK(span_equal(span_head(got, sizeof(OPENED) - 1), SPAN(OPENED)));
	CHECK(span_is(span_skip(got, sizeof(OPENED) - 1 + KEY_SIZE), "\r\n\r\n\x81\x81mask\r\n0\r\n"));
	CHECK(span_is(out_view(&other.heard), ":status=200\nsec-websocket-protocol=p\n\n\x81\x02hi.\n"));
	CHECK(other.closed == 0);
	other_free(&other);

	/* an answer that opens none is told as it is; one that would be taken for it is not */
	open_socket(&other, &text, true, opening, COUNT(opening), "x", SPAN("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"));
	CHECK(span_is(out_view(&other.heard), ":status=403\ncontent-length=2\n\nno.\n"));
	other_free(&other);
	open_socket(&other, &text, true, opening, COUNT(opening), "x", SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"));
	CHECK(other.heard.n == 0 && other.closed == H2_INTERNAL_ERROR);
	other_free(&other);

	/* where it was not said that they are taken */
	CHECK(open_socket(&other, &text, false, opening, COUNT(opening), "x", SPAN("")).n == 0 && other.heard.n == 0);
	other_free(&other);
	out_free(&text);
}

static const struct {
	const char *name;
	nghttp2_nv fields[6];
	size_t count;
	bool has_body;
} no_openings[] = {
	{ "of something else", { FIELD(":method", "CONNECT"), FIELD(":protocol", "bytes"), FIELD(":scheme", "https"),
	  FIELD(":path", "/"), FIELD(":authority", "a.b") }, 5, true },
	{ "by GET", { FIELD(":method", "GET"), FIELD(":protocol", "websocket"), FIELD(":scheme", "https"),
	  FIELD(":path", "/"), FIELD(":authority", "a.b") }, 5, true },
	{ "with a length", { FIELD(":method", "CONNECT"), FIELD(":protocol", "websocket"), FIELD(":scheme", "https"),
	  FIELD(":path", "/"), FIELD(":authority", "a.b"), FIELD("content-length", "1") }, 6, true },
	{ "that ends at once", { FIELD(":method", "CONNECT"), FIELD(":protocol", "websocket"), FIELD(":scheme", "https"),
	  FIELD(":path", "/"), FIELD(":authority", "a.b") }, 5, false },
	{ "of no path", { FIELD(":method", "CONNECT"), FIELD(":protocol", "websocket"), FIELD(":scheme", "https"),
	  FIELD(":path", "*"), FIELD(":authority", "a.b") }, 5, true },
	{ "of two lines", { FIELD(":method", "CONNECT"), FIELD(":protocol", "websocket"), FIELD(":scheme", "https"),
	  FIELD(":path", "/ HTTP/1.1\r\nx: y"), FIELD(":authority", "a.b") }, 5, true },
	{ "of another scheme", { FIELD(":method", "CONNECT"), FIELD(":protocol", "websocket"), FIELD(":scheme", "wss"),
	  FIELD(":path", "/"), FIELD(":authority", "a.b") }, 5, true },
	{ "that is a tunnel", { FIELD(":method", "CONNECT"), FIELD(":authority", "a.b:1") }, 2, true },
};

static void
check_no_sockets(void)
{
	struct out text = out_new(LIMIT);
	struct other other;

	for (size_t i = 0; i < COUNT(no_openings); i++) {
		struct span got = open_socket(&other, &text, true, no_openings[i].fields, no_openings[i].count,
		    no_openings[i].has_body ? "x" : NULL, SPAN("HTTP/1.1 101 Yes\r\n\r\n"));

		CHECK_ROW(no_openings[i].name, got.n == 0 && other.heard.n == 0);
		other_free(&other);
	}
	out_free(&text);
}

int
main(void)
{
	check_server();
	check_sockets();
	check_no_sockets();
	check_client();
	return check_end();
}
