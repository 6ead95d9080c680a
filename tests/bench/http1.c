/*
 * http1.c (bench): what the HTTP/1.1 codec costs, without sockets and policy: a request
 * is read, named and written anew, then its answer. Argument: how many of each (200000).
 * Prints nanoseconds of the processor for each exchange, and for bodies MB/s.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "out.h"
#include "wire.h"

#define FIELDS "Host: api.shop.example\r\nUser-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, deflate\r\n" \
	"Accept: */*\r\nConnection: keep-alive\r\nAuthorization: Bearer 0123456789abcdef0123456789abcdef\r\n" \
	"X-Request-Id: 6f1d3f2e-4a50-4a0e-8c55-2f8f2d0c1111\r\nContent-Type: application/json\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Fri, 27 Nov 2026 20:00:00 GMT\r\nContent-Type: application/json\r\n" \
	"Connection: keep-alive\r\nVary: Accept\r\nX-Frame-Options: DENY\r\nCache-Control: no-store\r\n"

static void
feed(void *state, enum wire_side side, struct span in, struct out to[WIRE_SIDES])
{
	struct wire_event event;

	while (in.n && wire_http1.next(state, side, in, to, &event) == WIRE_UNIT) {
		wire_http1.pass(state, side, span_head(in, event.n), to);
		in = span_skip(in, event.n);
	}
	out_clear(&to[WIRE_CLIENT]);
	out_clear(&to[WIRE_SERVER]);
	if (in.n) {
		fprintf(stderr, "http1: %s\n", event.why ? event.why : "not whole");
		exit(1);
	}
}

static void
measure(const char *name, struct span ask, struct span answer, unsigned long times)
{
	struct arena *arena = arena_new(16 << 20);
	struct wire_settings settings = { .arena = arena, .unit_limit = 1 << 20 };
	struct out to[WIRE_SIDES] = { out_new(64 << 20), out_new(64 << 20) };
	void *state = wire_http1.open(&settings);
	clock_t from = clock();
	double took;

	for (unsigned long i = 0; i < times; i++) {
		feed(state, WIRE_CLIENT, ask, to);
		feed(state, WIRE_SERVER, answer, to);
	}
	took = (double)(clock() - from) * 1e9 / CLOCKS_PER_SEC;
	printf("%-24s %8.0f ns %8.0f MB/s\n", name, took / (double)times,
	    (double)(ask.n + answer.n) * (double)times * 1000 / took);
	out_free(&to[WIRE_CLIENT]);
	out_free(&to[WIRE_SERVER]);
	arena_free(&arena);
}

static void
fill(struct out *out, size_t n)
{
	while (n--)
		out_u8(out, (uint8_t)('a' + n % 26));
}

int
main(int argc, char **argv)
{
	unsigned long times = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
	struct out post = out_new(1 << 22), chunks = out_new(1 << 22), large = out_new(1 << 22);

	out_printf(&post, "POST /v1/orders HTTP/1.1\r\n" FIELDS "Content-Length: 4096\r\n\r\n");
	fill(&post, 4096);
	out_printf(&chunks, ANSWER "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 16; i++) {
		out_printf(&chunks, "1000\r\n");
		fill(&chunks, 4096);
		out_printf(&chunks, "\r\n");
	}
	out_printf(&chunks, "0\r\n\r\n");
	out_printf(&large, ANSWER "Content-Length: 1048576\r\n\r\n");
	fill(&large, 1048576);
	measure("GET, 8 fields, 27 bytes", SPAN("GET /v1/orders/42?full=1 HTTP/1.1\r\n" FIELDS "\r\n"),
	    SPAN(ANSWER "Content-Length: 27\r\n\r\n{\"id\":42,\"state\":\"shipped\"}"), times);
	measure("POST, 4 KiB", out_view(&post), SPAN(ANSWER "Content-Length: 0\r\n\r\n"), times);
	measure("answer of 64 KiB chunked", SPAN("GET / HTTP/1.1\r\n" FIELDS "\r\n"), out_view(&chunks), times / 10 + 1);
	measure("answer of 1 MiB", SPAN("GET / HTTP/1.1\r\n" FIELDS "\r\n"), out_view(&large), times / 100 + 1);
	out_free(&post);
	out_free(&chunks);
	out_free(&large);
	return 0;
}
