/*
 * h2.c (bench): what it costs to read HTTP/2 as HTTP/1.1 and write it as HTTP/2 again, against libnghttp2's own client and
 * server that exchange the same requests and answers and translate nothing, in the same run. One exchange is a
 * request of ten fields and an answer of six with 1 KiB; ours passes both of our faces and is read and written in
 * HTTP/1.1 at both ends. Prints nanoseconds an exchange and the ratio, p50 and p99 over rounds.
 *   bench h2: GET, 1 KiB back  14200 ns (p99 15100)  nghttp2 9100 ns  ratio 1.56
 */
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "unwrap/h2.h"

#define EXCHANGES 200
#define ROUNDS 101
#define LIMIT (1u << 20)
#define FIELD(name, value) \
	{ (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE }

static const struct span request = SPAN("GET /v1/orders?limit=20&after=8812 HTTP/1.1\r\nHost: api.example.org\r\n"
    "user-agent: client/1.2\r\naccept: application/json\r\naccept-encoding: gzip\r\nx-request-id: 7f3a9c\r\n"
    "authorization: Bearer abcdefghijklmnopqrstuvwxyz\r\n\r\n");
static const struct span answer_head = SPAN("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    "date: Fri, 27 Nov 2026 20:00:00 GMT\r\nserver: example\r\ncache-control: no-store\r\nContent-Length: 1024\r\n\r\n");
static const nghttp2_nv request_fields[] = {
	FIELD(":method", "GET"), FIELD(":scheme", "https"), FIELD(":authority", "api.example.org"),
	FIELD(":path", "/v1/orders?limit=20&after=8812"), FIELD("user-agent", "client/1.2"), FIELD("accept", "application/json"),
	FIELD("accept-encoding", "gzip"), FIELD("x-request-id", "7f3a9c"),
	FIELD("authorization", "Bearer abcdefghijklmnopqrstuvwxyz"),
};
static const nghttp2_nv answer_fields[] = {
	FIELD(":status", "200"), FIELD("content-type", "application/json"), FIELD("date", "Fri, 27 Nov 2026 20:00:00 GMT"),
	FIELD("server", "example"), FIELD("cache-control", "no-store"), FIELD("content-length", "1024"),
};

static const uint8_t body[1024];
static struct h2 *client, *server;
static struct out to_server, to_client;
static nghttp2_session *their_client, *their_server;
static int32_t asked;

static void
fail(const char *what)
{
	fprintf(stderr, "bench h2: %s\n", what);
	exit(1);
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- ours ---- */

static void
take_all(struct h2 *h2)
{
	uint32_t n;

	while ((n = h2_stirred(h2)))
		h2_stream_take(h2, n, SIZE_MAX);
}

static void
carry(void)
{
	h2_write(client, &to_server);
	h2_read(server, out_view(&to_server));
	out_clear(&to_server);
	take_all(server);
	h2_write(server, &to_client);
	h2_read(client, out_view(&to_client));
	out_clear(&to_client);
	take_all(client);
}

static void
exchange(void)
{
	uint32_t ours = h2_begin(client), theirs;

	h2_stream_give(client, ours, request);
	carry();
	theirs = h2_begun(server);
	take_all(server);
	h2_stream_give(server, theirs, answer_head);
	h2_stream_give(server, theirs, span_of(body, sizeof(body)));
	carry();
	if (!ours || !theirs || !h2_stream_state(client, ours).has_ended)
		fail("not answered");
	h2_stream_free(client, ours);
	h2_stream_free(server, theirs);
}

/* ---- libnghttp2's ---- */

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	(void)session, (void)arg;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		asked = frame->hd.stream_id;
	return 0;
}

static ssize_t
on_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
    nghttp2_data_source *source, void *arg)
{
	(void)session, (void)id, (void)room, (void)source, (void)arg;
	memcpy(to, body, sizeof(body));
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	return sizeof(body);
}

static void
send_all(nghttp2_session *from, nghttp2_session *to)
{
	const uint8_t *p;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(from, &p)) > 0)
		nghttp2_session_mem_recv(to, p, (size_t)n);
}

static void
exchange_theirs(void)
{
	nghttp2_data_provider provider = { .read_callback = on_read };

	asked = 0;
	nghttp2_submit_request(their_client, NULL, request_fields, COUNT(request_fields), NULL, NULL);
	send_all(their_client, their_server);
	nghttp2_submit_response(their_server, asked, answer_fields, COUNT(answer_fields), &provider);
	asked = 0;
	send_all(their_server, their_client);
	if (!asked)
		fail("not answered by libnghttp2");
}

static void
prepare(void)
{
	nghttp2_session_callbacks *callbacks;

	to_server = to_client = out_new(LIMIT);
	if (h2_client_new(&client, "https", NULL) || h2_server_new(&server, "https", NULL) ||
	    nghttp2_session_callbacks_new(&callbacks))
		fail("no memory");
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_client_new(&their_client, callbacks, NULL);
	nghttp2_session_server_new(&their_server, callbacks, NULL);
	nghttp2_submit_settings(their_client, NGHTTP2_FLAG_NONE, NULL, 0);
	nghttp2_submit_settings(their_server, NGHTTP2_FLAG_NONE, NULL, 0);
	nghttp2_session_callbacks_del(callbacks);
}

static double
time_of(void (*one)(void))
{
	double from = now_ns();

	for (int i = 0; i < EXCHANGES; i++)
		one();
	return (now_ns() - from) / EXCHANGES;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(void)
{
	static double ours[ROUNDS], theirs[ROUNDS];

	prepare();
	for (int round = 0; round < ROUNDS; round++) {
		ours[round] = time_of(exchange);
		theirs[round] = time_of(exchange_theirs);
	}
	qsort(ours, ROUNDS, sizeof(*ours), by_size);
	qsort(theirs, ROUNDS, sizeof(*theirs), by_size);
	printf("bench h2: GET, 1 KiB back  %.0f ns (p99 %.0f)  nghttp2 %.0f ns (p99 %.0f)  ratio %.2f\n",
	    ours[ROUNDS / 2], ours[ROUNDS - 2], theirs[ROUNDS / 2], theirs[ROUNDS - 2], ours[ROUNDS / 2] / theirs[ROUNDS / 2]);
	h2_free(&client);
	h2_free(&server);
	nghttp2_session_del(their_client);
	nghttp2_session_del(their_server);
	out_free(&to_server);
	out_free(&to_client);
	return 0;
}
