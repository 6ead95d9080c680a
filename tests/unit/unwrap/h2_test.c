/*
 * h2_test.c: both faces against each other in memory. What goes in as HTTP/1.1 on one side comes out as HTTP/1.1 on the
 * other, in every cutting; bodies wait where they are not taken, and no stream waits for another.
 */
#include "unwrap/h2.h"

#include "check.h"

#define LIMIT (16u << 20)
#define LANES 256

struct lane {
	struct out text;	/* what came */
	bool reads;
};

struct pair {
	struct h2 *client, *server;
	struct out to_server, to_client;	/* under way */
	struct lane at_server[LANES], at_client[LANES];	/* by number */
	uint32_t begun[LANES];		/* of the server's streams, in order */
	size_t begun_count;
	enum h2_state client_state, server_state;
	size_t most_wire;
};

static void
pair_new(struct pair *pair, const struct h2_limits *limits)
{
	memset(pair, 0, sizeof(*pair));
	pair->to_server = pair->to_client = out_new(LIMIT);
	for (size_t i = 0; i < LANES; i++) {
		pair->at_server[i] = (struct lane){ out_new(LIMIT), true };
		pair->at_client[i] = (struct lane){ out_new(LIMIT), true };
	}
	CHECK(h2_server_new(&pair->server, "https", limits) == 0);
	CHECK(h2_client_new(&pair->client, "https", limits) == 0);
}

static void
pair_free(struct pair *pair)
{
	h2_free(&pair->client);
	h2_free(&pair->server);
	out_free(&pair->to_server);
	out_free(&pair->to_client);
	for (size_t i = 0; i < LANES; i++) {
		out_free(&pair->at_server[i].text);
		out_free(&pair->at_client[i].text);
	}
}

static bool
take_all(struct h2 *h2, uint32_t number, struct lane *lanes)
{
	struct lane *lane = &lanes[number % LANES];
	struct span in = h2_stream_in(h2, number);

	if (!lane->reads || !in.n)
		return false;
	out_span(&lane->text, in);
	h2_stream_take(h2, number, in.n);
	return true;
}

static bool
serve(struct pair *pair)
{
	bool moved = false;
	uint32_t n;

	while ((n = h2_begun(pair->server))) {
		pair->begun[pair->begun_count++ % LANES] = n;
		moved = true;
	}
	while ((n = h2_stirred(pair->server)))
		moved |= take_all(pair->server, n, pair->at_server);
	while ((n = h2_stirred(pair->client)))
		moved |= take_all(pair->client, n, pair->at_client);
	return moved;
}

/* Move at most `cut` bytes each way. False: nothing was under way. */
static bool
move(struct pair *pair, size_t cut)
{
	struct span part;
	bool moved;

	pair->client_state = h2_write(pair->client, &pair->to_server);
	pair->server_state = h2_write(pair->server, &pair->to_client);
	moved = pair->to_server.n || pair->to_client.n;
	if (pair->to_client.n > pair->most_wire)
		pair->most_wire = pair->to_client.n;
	part = span_head(out_view(&pair->to_server), cut);
	pair->server_state = h2_read(pair->server, part);
	out_drop(&pair->to_server, part.n);
	part = span_head(out_view(&pair->to_client), cut);
	pair->client_state = h2_read(pair->client, part);
	out_drop(&pair->to_client, part.n);
	return serve(pair) || moved;
}

static void
settle(struct pair *pair, size_t cut)
{
	while (move(pair, cut))
		;
}

static void
give(struct h2 *h2, uint32_t number, struct span text, size_t cut)
{
	while (text.n) {
		struct span part = span_head(text, cut);

		if (!CHECK(h2_stream_give(h2, number, part) == part.n))
			return;
		text = span_skip(text, part.n);
	}
}

/* Chunks are cut as DATA came; make one of all. */
static const char *
in_one_chunk(const struct out *text)
{
	static char plain[1 << 16];
	const char *all = (const char *)text->p, *end;
	size_t n = 0, body = 0;
	char *size;

	CHECK(text->n < sizeof(plain) / 2);
	plain[0] = '\0';
	if (!text->n)
		return plain;
	end = memmem(all, text->n, "\r\n\r\n", 4);
	if (!end || !memmem(all, (size_t)(end - all), "Transfer-Encoding: chunked", 26)) {
		memcpy(plain, all, text->n);
		plain[text->n] = '\0';
		return plain;
	}
	n = (size_t)(end - all) + 4;
	memcpy(plain, all, n);
	size = plain + n;
	n += 10;	/* room for its size */
	for (const char *p = end + 4; p < all + text->n;) {
		unsigned long chunk = strtoul(p, NULL, 16);

		p = (const char *)memchr(p, '\n', (size_t)(all + text->n - p)) + 1;
		if (!chunk) {
			char line[16];

			snprintf(line, sizeof(line), "%08zx\r\n", body);
			memcpy(size, line, 10);
			memcpy(plain + n, "\r\n0\r\n", 5);
			n += 5;
			memcpy(plain + n, p, (size_t)(all + text->n - p));
			n += (size_t)(all + text->n - p);
			break;
		}
		memcpy(plain + n, p, chunk);
		n += chunk;
		body += chunk;
		p += chunk + 2;
	}
	plain[n] = '\0';
	return plain;
}

/* ---- each rule of translation ---- */

#define GET "GET / HTTP/1.1\r\nHost: a.b\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define OK_CAME "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"

static const struct row {
	const char *name;
	const char *request, *came;	/* NULL: as it was given */
	const char *answer, *went;
	bool ends;			/* the answer, by its end alone */
} rows[] = {
	{ "plain", GET, NULL, OK, OK_CAME, false },
	{ "names, query", "GET /a/b?c=d&e HTTP/1.1\r\nX-One: Two  Three\r\nHost: a.b:8443\r\nACCEPT:*/* \r\n\r\n",
	  "GET /a/b?c=d&e HTTP/1.1\r\nHost: a.b:8443\r\nx-one: Two  Three\r\naccept: */*\r\n\r\n",
	  "HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\nEmpty:\r\nContent-Length: 3\r\n\r\nabc",
	  "HTTP/1.1 404 \r\ncontent-type: a/b\r\nempty: \r\nContent-Length: 3\r\n\r\nabc", false },
	{ "options *", "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", NULL, OK, OK_CAME, false },
	{ "body by length", "POST /p HTTP/1.1\r\nHost: a.b\r\nContent-Length: 5\r\n\r\nhello", NULL, OK, OK_CAME, false },
	{ "length zero", "POST /p HTTP/1.1\r\nHost: a.b\r\nContent-Length: 0\r\n\r\n", NULL, OK, OK_CAME, false },
	{ "post of nothing", "POST /p HTTP/1.1\r\nHost: a.b\r\n\r\n",
	  "POST /p HTTP/1.1\r\nHost: a.b\r\nContent-Length: 0\r\n\r\n", OK, OK_CAME, false },
	{ "delete of nothing", "DELETE /p HTTP/1.1\r\nHost: a.b\r\n\r\n", NULL, OK, OK_CAME, false },
	{ "chunks", "PUT /p HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00A\r\n world....\r\n0\r\n\r\n",
	  "PUT /p HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n0000000f\r\nhello world....\r\n0\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
	  "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n00000004\r\nabcd\r\n0\r\n\r\n", false },
	{ "no chunks", "PUT /p HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	  "PUT /p HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n00000000\r\n\r\n0\r\n\r\n", OK, OK_CAME, false },
	{ "gRPC", "POST /s/M HTTP/1.1\r\nHost: a.b\r\nTE: trailers\r\ncontent-type: application/grpc\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\nX-Sum: 1\r\n\r\n",
	  "POST /s/M HTTP/1.1\r\nHost: a.b\r\ncontent-type: application/grpc\r\nte: trailers\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n00000004\r\nabcd\r\n0\r\nx-sum: 1\r\n\r\n",
	  "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "5\r\nefghi\r\n0\r\ngrpc-status: 0\r\nGRPC-Message: fine thing\r\n\r\n",
	  "HTTP/1.1 200 \r\ncontent-type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "00000005\r\nefghi\r\n0\r\ngrpc-status: 0\r\ngrpc-message: fine thing\r\n\r\n", false },
	{ "trailers alone", GET, NULL, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\ngrpc-status: 5\r\n\r\n",
	  "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n00000000\r\n\r\n0\r\ngrpc-status: 5\r\n\r\n", false },
	{ "trailers in the head", GET, NULL, "HTTP/1.1 200 OK\r\ngrpc-status: 12\r\nContent-Length: 0\r\n\r\n",
	  "HTTP/1.1 200 \r\ngrpc-status: 12\r\nContent-Length: 0\r\n\r\n", false },
	{ "until its end", GET, NULL, "HTTP/1.1 200 OK\r\n\r\nall there is",
	  "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n0000000c\r\nall there is\r\n0\r\n\r\n", true },
	{ "nothing until its end", GET, NULL, "HTTP/1.1 200 OK\r\n\r\n",
	  "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n00000000\r\n\r\n0\r\n\r\n", true },
	{ "HEAD", "HEAD / HTTP/1.1\r\nHost: a.b\r\n\r\n", NULL, "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n",
	  "HTTP/1.1 200 \r\nContent-Length: 70\r\n\r\n", false },
	{ "HEAD, chunked", "HEAD / HTTP/1.1\r\nHost: a.b\r\n\r\n", NULL, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	  "HTTP/1.1 200 \r\n\r\n", false },
	{ "204", GET, NULL, "HTTP/1.1 204 No Content\r\nx: y\r\n\r\n", "HTTP/1.1 204 \r\nx: y\r\n\r\n", false },
	{ "304", GET, NULL, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n",
	  "HTTP/1.1 304 \r\netag: \"a\"\r\nContent-Length: 9\r\n\r\n", false },
	{ "1xx", GET, NULL, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
	  "HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 \r\nlink: </a>\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n!", false },
	{ "cookies", "GET / HTTP/1.1\r\nHost: a.b\r\nCookie: a=1\r\nx: y\r\nCookie: b=2; c=3\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.b\r\nx: y\r\ncookie: a=1; b=2; c=3\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
	  "HTTP/1.1 200 \r\nset-cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n", false },
	{ "of one connection", "GET / HTTP/1.1\r\nHost: a.b\r\nConnection: Upgrade, X-Hop ,HTTP2-Settings\r\nUpgrade: h2c\r\n"
	  "HTTP2-Settings: AAMA\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\nx-hop: 1\r\nx-stay: 2\r\nTE: deflate;q=0.5\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.b\r\nx-stay: 2\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: content-length\r\nKeep-Alive: 5\r\nContent-Length: 1\r\n\r\n.",
	  "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n.", false },
	{ "te among others", "GET / HTTP/1.1\r\nHost: a.b\r\nTE: gzip, Trailers\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.b\r\nte: trailers\r\n\r\n", OK, OK_CAME, false },
	{ "bytes over 127", "GET / HTTP/1.1\r\nHost: a.b\r\nx: \xc3\xa4\xff\r\n\r\n", NULL, OK, OK_CAME, false },
};

static void
check_row(const struct row *row, size_t cut)
{
	struct pair pair;
	uint32_t ours, theirs;
	struct h2_stream_state state;

	pair_new(&pair, NULL);
	ours = h2_begin(pair.client);
	CHECK_ROW(row->name, ours == 1);
	give(pair.client, ours, span_text(row->request), cut);
	settle(&pair, cut);
	theirs = pair.begun[0];
	CHECK_ROW(row->name, pair.begun_count == 1 && theirs == 1);
	CHECK_ROW(row->name, !strcmp(in_one_chunk(&pair.at_server[theirs].text), row->came ? row->came : row->request));
	state = h2_stream_state(pair.server, theirs);
	CHECK_ROW(row->name, state.has_ended && !state.is_reset && !state.is_sent);
	CHECK_ROW(row->name, h2_stream_state(pair.client, ours).is_sent);

	give(pair.server, theirs, span_text(row->answer), cut);
	settle(&pair, cut);
	if (row->ends) {
		CHECK_ROW(row->name, !h2_stream_state(pair.client, ours).has_ended);
		h2_stream_end(pair.server, theirs);
		settle(&pair, cut);
	}
	CHECK_ROW(row->name, !strcmp(in_one_chunk(&pair.at_client[ours].text), row->went));
	state = h2_stream_state(pair.client, ours);
	CHECK_ROW(row->name, state.has_ended && !state.is_reset && state.code == 0);
	CHECK_ROW(row->name, h2_stream_state(pair.server, theirs).is_sent);
	h2_stream_free(pair.client, ours);
	h2_stream_free(pair.server, theirs);
	CHECK_ROW(row->name, h2_stream_state(pair.server, theirs).is_reset);
	settle(&pair, cut);
	CHECK_ROW(row->name, pair.client_state == H2_OPEN && pair.server_state == H2_OPEN);
	CHECK_ROW(row->name, h2_begin(pair.client) == 2);
	pair_free(&pair);
}

/* ---- what is given and cannot be sent ---- */

static const char *const no_requests[] = {
	"GET /\r\nHost: a.b\r\n\r\n",
	"GET / HTTP/1.0\r\nHost: a.b\r\n\r\n",
	"GET / HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nHost: a.b\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	"GET a.b/ HTTP/1.1\r\nHost: a.b\r\n\r\n",
	"GET /#x HTTP/1.1\r\nHost: a.b\r\n\r\n",
	"GET  / HTTP/1.1\r\nHost: a.b\r\n\r\n",
	"CONNECT a.b:1 HTTP/1.1\r\nHost: a.b:1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\n folded: x\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nx y: z\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\n: z\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nx: \x01\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\nx: y\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nContent-Length: +1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n",
	"GET / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n",
	GET GET,
	GET "x",
};

static void
check_wrong_given(void)
{
	for (size_t i = 0; i < COUNT(no_requests); i++) {
		struct pair pair;
		struct span text = span_text(no_requests[i]);
		uint32_t n;

		pair_new(&pair, NULL);
		n = h2_begin(pair.client);
		CHECK_ROW(no_requests[i], h2_stream_give(pair.client, n, text) == text.n);
		settle(&pair, 7);
		CHECK_ROW(no_requests[i], h2_stream_state(pair.client, n).is_reset && !h2_stream_state(pair.client, n).may_retry);
		CHECK_ROW(no_requests[i], pair.client_state == H2_OPEN && pair.server_state == H2_OPEN);
		h2_stream_free(pair.client, n);
		CHECK_ROW(no_requests[i], h2_begin(pair.client) == 2);
		pair_free(&pair);
	}
}

static size_t
give_much(struct h2 *h2, uint32_t number, size_t n)
{
	static const uint8_t zeros[4096];
	size_t gave = 0, took = 1;

	while (gave < n && took) {
		took = h2_stream_give(h2, number, span_of(zeros, n - gave < sizeof(zeros) ? n - gave : sizeof(zeros)));
		gave += took;
	}
	return gave;
}

/* ---- ends, early and late ---- */

/* An answer that is over before its request is: the client hears all of it, and may send the rest, for nobody. */
static void
check_early_answer(void)
{
	struct pair pair;
	struct h2_stream_state state;
	uint32_t n;

	pair_new(&pair, NULL);
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1000000\r\n\r\nhalf"), 999);
	settle(&pair, 999);
	give(pair.server, 1, SPAN("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"), 999);
	h2_stream_free(pair.server, 1);
	settle(&pair, 999);
	CHECK(span_is(out_view(&pair.at_client[1].text), "HTTP/1.1 413 \r\nContent-Length: 2\r\n\r\nno"));
	state = h2_stream_state(pair.client, n);
	CHECK(state.has_ended && !state.is_reset && !state.is_sent && h2_lingers(pair.server));
	for (size_t gave = 4; gave < 1000000; gave += give_much(pair.client, n, 1000000 - gave))
		settle(&pair, 4096);	/* far more than the windows */
	settle(&pair, 4096);
	state = h2_stream_state(pair.client, n);
	CHECK(state.is_sent && !state.is_reset && !h2_lingers(pair.server));
	h2_stream_free(pair.client, n);
	settle(&pair, 999);
	CHECK(pair.client_state == H2_OPEN && pair.server_state == H2_OPEN && h2_begin(pair.client) == 2);
	pair_free(&pair);
}

/* Whoever sends more than that, or takes longer, is told to stop; what it may send meanwhile is bounded. */
static void
check_late_lingerer(uint32_t bytes, uint32_t seconds, bool reads)
{
	struct h2_limits limits = h2_limits_usual;
	struct pair pair;
	uint32_t n;
	size_t gave = 4;

	limits.linger_bytes = bytes;
	limits.linger_seconds = seconds;
	pair_new(&pair, &limits);
	pair.at_client[1].reads = reads;
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1000000\r\n\r\nhalf"), 999);
	settle(&pair, 999);
	give(pair.server, 1, SPAN("HTTP/1.1 413 No\r\nContent-Length: 200000\r\n\r\n"), 999);
	for (size_t i = 0, answered = 0; i < 400 && !h2_stream_state(pair.client, n).is_reset; i++) {
		answered += give_much(pair.server, 1, 200000 - answered);
		if (i == 100)
			h2_stream_free(pair.server, 1);	/* cut short, where the answer was not read */
		gave += i > 100 ? give_much(pair.client, n, (bytes ? 999000 : 4096) - gave) : 0;
		settle(&pair, 4096);
		h2_rest(pair.server, i > 100 && seconds);
	}
	CHECK(h2_stream_state(pair.client, n).is_reset && !h2_lingers(pair.server));
	CHECK(h2_stream_state(pair.client, n).code == (reads ? H2_NO_ERROR : H2_CANCEL));
	CHECK(gave <= (size_t)bytes + h2_limits_usual.stream_window + h2_limits_usual.queue_bytes + 8192);
	CHECK(!reads || h2_stream_state(pair.client, n).has_ended);
	h2_stream_free(pair.client, n);
	settle(&pair, 999);
	CHECK(pair.client_state == H2_OPEN && pair.server_state == H2_OPEN);
	pair_free(&pair);
}

/* Who does not linger at all is told at once. */
static void
check_no_linger(void)
{
	struct h2_limits limits = h2_limits_usual;
	struct pair pair;
	uint32_t n;

	limits.linger_seconds = 0;
	pair_new(&pair, &limits);
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 100\r\n\r\nhalf"), 999);
	settle(&pair, 999);
	give(pair.server, 1, SPAN("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"), 999);
	h2_stream_free(pair.server, 1);
	settle(&pair, 999);
	CHECK(span_is(out_view(&pair.at_client[1].text), "HTTP/1.1 413 \r\nContent-Length: 2\r\n\r\nno"));
	CHECK(h2_stream_state(pair.client, n).has_ended && h2_stream_state(pair.client, n).is_reset);
	CHECK(h2_stream_state(pair.client, n).code == H2_NO_ERROR);
	CHECK(h2_stream_give(pair.client, n, SPAN("more")) == 4);	/* and is dropped */
	h2_stream_free(pair.client, n);
	settle(&pair, 999);
	CHECK(pair.client_state == H2_OPEN && pair.server_state == H2_OPEN);
	pair_free(&pair);
}

/* An answer given whole that its client does not read: what it sends meanwhile is bounded too. */
static void
check_unread_lingerer(void)
{
	struct h2_limits limits = h2_limits_usual;
	struct pair pair;
	size_t gave = 4, n = 1, room;

	limits.linger_bytes = 100000;
	limits.queue_bytes = 600000;
	pair_new(&pair, &limits);
	pair.at_client[1].reads = false;
	CHECK(h2_begin(pair.client) == 1);
	give(pair.client, 1, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 5000000\r\n\r\nhalf"), 999);
	settle(&pair, 999);
	give(pair.server, 1, SPAN("HTTP/1.1 413 No\r\nContent-Length: 280000\r\n\r\n"), 999);
	CHECK(give_much(pair.server, 1, 280000) == 280000);
	h2_stream_free(pair.server, 1);
	while (n) {
		settle(&pair, 4096);
		n = give_much(pair.client, 1, 5000000 - gave);
		gave += n;
	}
	room = limits.linger_bytes + limits.stream_window + limits.queue_bytes;
	CHECK(gave >= limits.linger_bytes && gave <= room + 8192);
	CHECK(!h2_stream_state(pair.client, 1).is_reset);
	pair.at_client[1].reads = true;
	while (take_all(pair.client, 1, pair.at_client))
		settle(&pair, 4096);
	CHECK(h2_stream_state(pair.client, 1).has_ended && h2_stream_state(pair.client, 1).code == H2_NO_ERROR);
	CHECK(pair.at_client[1].text.n > 280000);
	h2_stream_free(pair.client, 1);
	CHECK(h2_begin(pair.client) == 2);	/* the connection's window is whole again */
	give(pair.client, 2, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 400000\r\n\r\n"), 999);
	for (gave = 0; gave < 400000; gave += give_much(pair.client, 2, 400000 - gave))
		settle(&pair, 4096);
	settle(&pair, 4096);
	CHECK(h2_stream_state(pair.server, 3).has_ended);
	pair_free(&pair);
}

/* Both directions of one stream at once, as gRPC streams do. */
static void
check_both_ways(void)
{
	struct pair pair;
	uint32_t n;

	pair_new(&pair, NULL);
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nTransfer-Encoding: chunked\r\n\r\n"), 999);
	settle(&pair, 999);
	give(pair.server, 1, SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), 999);
	for (int i = 0; i < 10; i++) {
		out_clear(&pair.at_server[1].text);
		out_clear(&pair.at_client[1].text);
		give(pair.client, n, SPAN("4\r\nping\r\n"), 3);
		settle(&pair, 999);
		CHECK(span_is(out_view(&pair.at_server[1].text), "4\r\nping\r\n"));
		give(pair.server, 1, SPAN("4\r\npong\r\n"), 2);
		settle(&pair, 999);
		CHECK(memmem(pair.at_client[1].text.p, pair.at_client[1].text.n, "4\r\npong\r\n", 9));
	}
	give(pair.client, n, SPAN("0\r\n\r\n"), 999);
	give(pair.server, 1, SPAN("0\r\ngrpc-status: 0\r\n\r\n"), 999);
	settle(&pair, 999);
	CHECK(h2_stream_state(pair.client, n).has_ended && !h2_stream_state(pair.client, n).is_reset);
	CHECK(h2_stream_state(pair.server, 1).has_ended && !h2_stream_state(pair.server, 1).is_reset);
	pair_free(&pair);
}

static void
check_resets(void)
{
	struct pair pair;
	struct h2_stream_state state;
	uint32_t n;

	pair_new(&pair, NULL);
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN(GET), 999);
	settle(&pair, 999);
	h2_stream_reset(pair.server, 1, H2_REFUSED_STREAM);
	settle(&pair, 999);
	state = h2_stream_state(pair.client, n);
	CHECK(state.is_reset && state.may_retry && state.code == H2_REFUSED_STREAM && !state.has_ended);
	h2_stream_free(pair.client, n);
	h2_stream_free(pair.server, 1);

	/* half an answer, and the server's is freed */
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN(GET), 999);
	settle(&pair, 999);
	give(pair.server, 3, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), 999);
	settle(&pair, 999);
	h2_stream_free(pair.server, 3);
	settle(&pair, 999);
	state = h2_stream_state(pair.client, n);
	CHECK(state.is_reset && !state.may_retry && state.code == H2_CANCEL);

	/* half an answer, and it is said to be its end */
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN(GET), 999);
	settle(&pair, 999);
	give(pair.server, 5, SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), 999);
	h2_stream_end(pair.server, 5);
	settle(&pair, 999);
	CHECK(h2_stream_state(pair.client, n).code == H2_INTERNAL_ERROR);

	/* half an answer is never the end of one */
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN(GET), 999);
	settle(&pair, 999);
	give(pair.server, 7, SPAN("HTTP/1.1 200 OK\r\n\r\nhalf"), 999);
	settle(&pair, 999);
	h2_stream_reset(pair.server, 7, H2_NO_ERROR);
	settle(&pair, 999);
	CHECK(h2_stream_state(pair.client, n).code == H2_INTERNAL_ERROR && !h2_stream_state(pair.client, n).has_ended);

	/* the client goes: the server hears of it */
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN(GET), 999);
	settle(&pair, 999);
	h2_stream_free(pair.client, n);
	settle(&pair, 999);
	CHECK(h2_stream_state(pair.server, 9).is_reset && h2_stream_state(pair.server, 9).code == H2_CANCEL);
	CHECK(pair.client_state == H2_OPEN && pair.server_state == H2_OPEN);

	/* and goes before its request was sent */
	n = h2_begin(pair.client);
	give(pair.client, n, SPAN(GET), 999);
	h2_stream_free(pair.client, n);
	settle(&pair, 999);
	CHECK(pair.begun_count == 5);
	n = h2_begin(pair.client);
	h2_stream_reset(pair.client, n, H2_CANCEL);
	CHECK(h2_stream_state(pair.client, n).is_reset);
	h2_stream_free(pair.client, n);
	CHECK(h2_stream_state(pair.client, 99999).is_reset && h2_stream_in(pair.client, 99999).n == 0);
	pair_free(&pair);
}

static void
check_goaway(void)
{
	struct pair pair;
	uint32_t first, second;

	pair_new(&pair, NULL);
	first = h2_begin(pair.client);
	give(pair.client, first, SPAN(GET), 999);
	settle(&pair, 999);
	h2_goaway(pair.server);
	second = h2_begin(pair.client);	/* the client knows nothing of it yet */
	give(pair.client, second, SPAN(GET), 999);
	settle(&pair, 999);
	CHECK(pair.client_state == H2_GOING && pair.server_state == H2_GOING);
	CHECK(h2_begin(pair.client) == 0);
	CHECK(h2_stream_state(pair.client, second).may_retry);
	CHECK(pair.begun_count == 1);
	give(pair.server, 1, SPAN(OK), 999);
	settle(&pair, 999);
	CHECK(h2_stream_state(pair.client, first).has_ended && !h2_stream_state(pair.client, first).is_reset);
	h2_stream_free(pair.client, first);
	h2_stream_free(pair.server, 1);
	h2_stream_free(pair.client, second);
	settle(&pair, 999);
	CHECK(pair.server_state == H2_CLOSED && pair.client_state == H2_CLOSED);
	CHECK(!h2_error(pair.client)[0] && !h2_error(pair.server)[0]);
	pair_free(&pair);
}

/* ---- flow control ---- */

/* An upload that is not taken stops; another stream goes on; when it is taken, it goes on to its end. */
static void
check_held(void)
{
	struct pair pair;
	const size_t whole = 1 << 20;
	size_t gave, rounds = 0;
	uint32_t held, other;

	pair_new(&pair, NULL);
	pair.at_server[1].reads = false;
	held = h2_begin(pair.client);
	give(pair.client, held, SPAN("POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1048576\r\n\r\n"), 999);
	settle(&pair, 4096);
	gave = 0;
	for (size_t n = 1; n; gave += n) {
		n = give_much(pair.client, held, whole - gave);
		settle(&pair, 4096);
	}
	CHECK(gave < h2_limits_usual.stream_window + h2_limits_usual.queue_bytes + 4096);
	CHECK(h2_stream_in(pair.server, 1).n <= h2_limits_usual.stream_window + 100);
	CHECK(h2_stream_state(pair.client, held).room == 0);

	other = h2_begin(pair.client);
	give(pair.client, other, SPAN(GET), 999);
	settle(&pair, 4096);
	give(pair.server, 3, SPAN(OK), 999);
	settle(&pair, 4096);
	CHECK(span_is(out_view(&pair.at_client[other].text), OK_CAME));

	pair.at_server[1].reads = true;
	while (gave < whole && rounds++ < 1000) {
		take_all(pair.server, 1, pair.at_server);
		settle(&pair, 4096);
		gave += give_much(pair.client, held, whole - gave);
	}
	settle(&pair, 4096);
	CHECK(gave == whole && pair.at_server[1].text.n > whole && h2_stream_state(pair.server, 1).has_ended);
	pair_free(&pair);
}

/* Answers that nobody reads: what is held is bounded, and so is what is sent. */
static void
check_slow_reader(void)
{
	struct pair pair;
	size_t gave[9] = { 0 }, all = 0;

	pair_new(&pair, NULL);
	settle(&pair, 4096);	/* the limit is known */
	for (uint32_t i = 1; i <= 8; i++) {
		pair.at_client[i].reads = false;
		CHECK(h2_begin(pair.client) == i);
		give(pair.client, i, SPAN(GET), 999);
	}
	settle(&pair, 4096);
	for (uint32_t i = 1; i <= 8; i++)
		give(pair.server, 2 * i - 1, SPAN("HTTP/1.1 200 OK\r\n\r\n"), 999);
	for (int round = 0; round < 50; round++) {
		for (uint32_t i = 1; i <= 8; i++)
			gave[i] += give_much(pair.server, 2 * i - 1, 1 << 20);
		settle(&pair, 4096);
	}
	for (uint32_t i = 1; i <= 8; i++) {
		all += h2_stream_in(pair.client, i).n;
		CHECK(gave[i] <= h2_limits_usual.stream_window + h2_limits_usual.queue_bytes + 8192);
	}
	CHECK(all <= h2_limits_usual.connection_window + (16 << 10));
	CHECK(pair.most_wire <= H2_WIRE_BYTES + (32 << 10));
	pair_free(&pair);
}

static void
check_many(void)
{
	struct h2_limits limits = h2_limits_usual;
	struct pair pair;

	limits.streams = 10;
	pair_new(&pair, &limits);
	settle(&pair, 4096);
	for (uint32_t i = 1; i <= 10; i++) {
		CHECK(h2_begin(pair.client) == i);
		give(pair.client, i, SPAN(GET), 999);
	}
	CHECK(h2_begin(pair.client) == 0);
	settle(&pair, 4096);
	CHECK(pair.begun_count == 10);
	for (uint32_t i = 10; i >= 1; i--) {	/* in any order */
		give(pair.server, 2 * i - 1, SPAN(OK), 999);
		h2_stream_free(pair.server, 2 * i - 1);
		settle(&pair, 4096);
		CHECK(span_is(out_view(&pair.at_client[i].text), OK_CAME));
		h2_stream_free(pair.client, i);
	}
	for (uint32_t i = 0; i < 3000; i++) {	/* patience and places come back */
		uint32_t n = h2_begin(pair.client), id = 21 + 2 * i;

		out_clear(&pair.at_client[n % LANES].text);
		give(pair.client, n, SPAN(GET), 999);
		settle(&pair, 4096);
		give(pair.server, id, SPAN(OK), 999);
		settle(&pair, 4096);
		if (!span_is(out_view(&pair.at_client[n % LANES].text), OK_CAME))
			CHECK(!"answered");
		h2_stream_free(pair.server, id);
		h2_stream_free(pair.client, n);
	}
	CHECK(pair.client_state == H2_OPEN && pair.server_state == H2_OPEN);
	pair_free(&pair);
}

int
main(void)
{
	static const size_t cuts[] = { 1, 2, 3, 5, 9, 17, 64, 333, 16384 };

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t cut = 0; cut < COUNT(cuts); cut++)
			check_row(&rows[i], cuts[cut]);
	check_wrong_given();
	check_early_answer();
	check_late_lingerer(200000, 30, true);
	check_late_lingerer(64u << 20, 5, true);
	check_late_lingerer(200000, 30, false);
	check_no_linger();
	check_unread_lingerer();
	check_both_ways();
	check_resets();
	check_goaway();
	check_held();
	check_slow_reader();
	check_many();
	return check_end();
}
