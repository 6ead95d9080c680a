/* change_test.c: what is put into a head and taken out of it, and other bytes in place of a body's. */
#include "wire/http1/play.h"

#define ASK "GET /x?y HTTP/1.1\r\nHost: a\r\nAuthorization: one\r\nA: b\r\nauthorization: two\r\n\r\n"

static const struct {
	const char *name;
	struct wire_pair set[2];
	struct span drop, path;
	struct span out;	/* empty: it is none */
} rows[] = {
	{ .name = "nothing", .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nAuthorization: one\r\nA: b\r\nauthorization: two\r\n\r\n") },
	{ .name = "set in place of all", .set = { { SPAN("AUTHORIZATION"), SPAN("Bearer x") } },
	    .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: Bearer x\r\nA: b\r\n\r\n") },
	{ .name = "set what was not there", .set = { { SPAN("X"), SPAN("1") } },
	    .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nAuthorization: one\r\nA: b\r\nauthorization: two\r\nX: 1\r\n\r\n") },
	{ .name = "two of one name", .set = { { SPAN("a"), SPAN("1") }, { SPAN("A"), SPAN("2") } },
	    .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nAuthorization: one\r\na: 1\r\nA: 2\r\nauthorization: two\r\n\r\n") },
	{ .name = "another Host", .set = { { SPAN("host"), SPAN("b:1") } },
	    .out = SPAN("GET /x?y HTTP/1.1\r\nHost: b:1\r\nAuthorization: one\r\nA: b\r\nauthorization: two\r\n\r\n") },
	{ .name = "drop", .drop = SPAN("authorization"), .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n") },
	{ .name = "drop and set", .set = { { SPAN("A"), SPAN("1") } }, .drop = SPAN("AUTHORIZATION"),
	    .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nA: 1\r\n\r\n") },
	{ .name = "set what is dropped", .set = { { SPAN("A"), SPAN("1") }, { SPAN("authorization"), SPAN("x") } },
	    .drop = SPAN("AUTHORIZATION"), .out = SPAN("GET /x?y HTTP/1.1\r\nHost: a\r\nauthorization: x\r\nA: 1\r\n\r\n") },
	{ .name = "another path", .path = SPAN("/z?k=%20"), .drop = SPAN("authorization"),
	    .out = SPAN("GET /z?k=%20 HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n") },
	{ .name = "a value with a line end", .set = { { SPAN("X"), SPAN("1\r\nY: 2") } } },
	{ .name = "a value with NUL", .set = { { SPAN("X"), SPAN("1\0") } } },
	{ .name = "a name that is none", .set = { { SPAN("X Y"), SPAN("1") } } },
	{ .name = "a length", .set = { { SPAN("Content-Length"), SPAN("1") } } },
	{ .name = "a coding", .set = { { SPAN("transfer-encoding"), SPAN("chunked") } } },
	{ .name = "a Host that is none", .set = { { SPAN("Host"), SPAN("a/b") } } },
	{ .name = "a path with a blank", .path = SPAN("/z HTTP/1.1") },
	{ .name = "a path that is none", .path = SPAN("z") },
	{ .name = "a query with a line end", .path = SPAN("/?\r\n") },
};

static const struct {
	const char *name;
	struct span ask, in, out;	/* each byte of the body comes twice */
	bool is_final;
} bodies[] = {
	{ "length", SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nA: b\r\nContent-MD5: x\r\nDigest: x\r\nContent-Digest: x\r\nRepr-Digest: x\r\n"
	    "Accept-Ranges: bytes\r\nContent-Length: 2\r\n\r\nab"),
	    SPAN("HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\naabb\r\n0\r\n\r\n"), false },
	{ "chunks", SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\nX: y\r\nRepr-Digest: x\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\naa\r\n2\r\nbb\r\n0\r\nX: y\r\n\r\n"), false },
	{ "an old client", SPAN("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"),
	    SPAN("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\naabb"), true },
	{ "no body", SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), false },
	{ "HEAD", SPAN("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), SPAN("HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 2\r\n\r\n"),
	    SPAN("HTTP/1.1 200 OK\r\n\r\n"), false },
	{ "304", SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), SPAN("HTTP/1.1 304 N\r\nContent-Length: 2\r\n\r\n"), SPAN("HTTP/1.1 304 N\r\n\r\n"), false },
};

/* A body goes on later than it came, in as many bytes as were told: what is looked for in it is kept back. */
static const struct {
	const char *name;
	struct span runs[3], puts[3];
	bool right;
} late[] = {
	{ "as it came", { SPAN("ab"), SPAN("c"), SPAN("d") }, { SPAN("ab"), SPAN("c"), SPAN("d") }, true },
	{ "later", { SPAN("ab"), SPAN("c"), SPAN("d") }, { SPAN("a"), SPAN(""), SPAN("bcd") }, true },
	{ "all at the end", { SPAN("ab"), SPAN("c"), SPAN("d") }, { SPAN(""), SPAN(""), SPAN("abcd") }, true },
	{ "sooner", { SPAN("ab"), SPAN("c"), SPAN("d") }, { SPAN("abc"), SPAN(""), SPAN("d") }, false },
	{ "less", { SPAN("ab"), SPAN("c"), SPAN("d") }, { SPAN("a"), SPAN(""), SPAN("cd") }, false },
	{ "more", { SPAN("ab"), SPAN("c"), SPAN("d") }, { SPAN("a"), SPAN(""), SPAN("bcde") }, false },
};

static void
check_late(void)
{
	for (size_t i = 0; i < COUNT(late); i++) {
		struct relay r = { 0 };
		struct wire_event event;

		play(&r, (struct said[]){ CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), SERVER("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n") }, 2, 0);
		out_clear(&r.to[WIRE_CLIENT]);
		for (size_t k = 0; k < 3; k++)
			if (r.codec->next(r.state, WIRE_SERVER, late[i].runs[k], r.to, &event) == WIRE_UNIT)
				r.codec->put(r.state, WIRE_SERVER, late[i].runs[k], late[i].puts[k], r.to);
		CHECK_ROW(late[i].name, span_is(out_view(&r.to[WIRE_CLIENT]), "abcd") == late[i].right);
		CHECK_ROW(late[i].name, (r.codec->next(r.state, WIRE_SERVER, SPAN("H"), r.to, &event) == WIRE_BAD) || late[i].right);
		relay_close(&r);
	}
}

/* A body of another length than the head told would be read as something else. */
static void
check_promise(void)
{
	struct relay r = { 0 };
	struct wire_event event;

	play(&r, (struct said[]){ CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), SERVER("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n") }, 2, 0);
	out_clear(&r.to[WIRE_CLIENT]);
	CHECK(r.codec->next(r.state, WIRE_SERVER, SPAN("abc"), r.to, &event) == WIRE_UNIT);
	r.codec->put(r.state, WIRE_SERVER, SPAN("abc"), SPAN("abcd"), r.to);
	CHECK(r.to[WIRE_CLIENT].n == 0 && r.codec->next(r.state, WIRE_SERVER, SPAN("abc"), r.to, &event) == WIRE_BAD);
	CHECK(farewell(&r) == 0);
	relay_close(&r);
}

/* A request's body gives way to another, of a length that is told before it is there. */
static const struct {
	const char *name, *framing, *runs[3], *puts[3], *out;
	uint64_t length;
} asked[] = {
	{ "as long", "Content-Length: 6", { "ab", "cd", "ef" }, { "uv", "wx", "yz" }, "Content-Length: 6\r\n\r\nuvwxyz", 6 },
	{ "longer", "Content-Length: 6", { "ab", "cd", "ef" }, { "", "wxyzuv", "1234" }, "Content-Length: 10\r\n\r\nwxyzuv1234", 10 },
	{ "shorter", "Content-Length: 6", { "ab", "cd", "ef" }, { "x", "", "y" }, "Content-Length: 2\r\n\r\nxy", 2 },
	{ "in chunks", "Transfer-Encoding: chunked", { "2\r\nab", "\r\n2\r\ncd", "\r\n0\r\n\r\n" }, { "x", "y", "z" },
	  "Content-Length: 3\r\n\r\nxyz", 3 },
	{ "more than was told", "Content-Length: 6", { "ab", "cd", "ef" }, { "uv", "wx", "yz" }, NULL, 5 },
	{ "less than was told", "Content-Length: 6", { "ab", "cd", "ef" }, { "uv", "wx", "yz" }, NULL, 7 },
	{ "more at once", "Content-Length: 6", { "ab", "cd", "ef" }, { "uvwxyz", "", "" }, NULL, 5 },
};

static void
check_asked(void)
{
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct wire_change change = { .has_body = true, .body = span_text(asked[i].puts[0]), .body_length = asked[i].length };
		struct relay r = { .unit_limit = asked[i].runs[0][0] == '2' ? 5 : 2 };
		struct wire_event event;
		char ask[256];
		struct span said;

		relay_open(&r, &wire_http1, false);
		snprintf(ask, sizeof(ask), "PUT / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n%s", asked[i].framing, asked[i].runs[0]);
		CHECK_ROW(asked[i].name, r.codec->next(r.state, WIRE_CLIENT, span_text(ask), r.to, &event) == WIRE_UNIT);
		CHECK_ROW(asked[i].name, event.kind == UNIT_ASK && event.ask.request.is_open && event.n == strlen(ask));
		r.codec->change(r.state, WIRE_CLIENT, span_text(ask), &change, r.to);
		for (size_t k = 1; k < 3; k++)
			if (r.codec->next(r.state, WIRE_CLIENT, span_text(asked[i].runs[k]), r.to, &event) == WIRE_UNIT)
				r.codec->put(r.state, WIRE_CLIENT, span_text(asked[i].runs[k]), span_text(asked[i].puts[k]), r.to);
		said = out_view(&r.to[WIRE_SERVER]);
		if (asked[i].out)
			check_bytes(asked[i].name, "towards the server", span_skip(said, said.n - strlen(asked[i].out)), span_text(asked[i].out));
		CHECK_ROW(asked[i].name, (r.codec->next(r.state, WIRE_CLIENT, SPAN(""), r.to, &event) == WIRE_BAD) == !asked[i].out);
		relay_close(&r);
	}
}

int
main(void)
{
	check_asked();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire_change change = { .set = rows[i].set, .set_count = (rows[i].set[0].name.n > 0) + (rows[i].set[1].name.n > 0),
			.drop = &rows[i].drop, .drop_count = rows[i].drop.n > 0, .path_and_query = rows[i].path };
		struct relay r = { .change = &change };

		play(&r, (struct said[]){ CLIENT(ASK) }, 1, 0);
		check_bytes(rows[i].name, "towards the server", out_view(&r.to[WIRE_SERVER]), rows[i].out);
		relay_feed(&r, WIRE_CLIENT, SPAN("G"));
		CHECK_ROW(rows[i].name, (rows[i].out.n > 0) == (farewell(&r) == 503));
		relay_close(&r);
	}
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct relay r = { .new_body = true };

		play(&r, (struct said[]){ { WIRE_CLIENT, bodies[i].ask, false }, { WIRE_SERVER, bodies[i].in, false } }, 2, 0);
		check_bytes(bodies[i].name, "towards the client", out_view(&r.to[WIRE_CLIENT]), bodies[i].out);
		CHECK_ROW(bodies[i].name, !r.is_bad && r.is_final == bodies[i].is_final);
		relay_close(&r);
	}
	check_promise();
	check_late();
	return check_end();
}
