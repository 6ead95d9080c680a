/* h2_ping_test.c: who waits hears of us, and not too often; its answer costs it nothing. */
#include "check.h"
#include "h2_frames.h"

#define LIMIT (1u << 20)
#define FRAME_HEAD 9

/* How many PINGs of ours are in it, and the bytes of the last. */
static unsigned int
count_pings(struct span in, uint8_t bytes[8])
{
	unsigned int n = 0;

	while (in.n >= FRAME_HEAD) {
		size_t size = (size_t)in.p[0] << 16 | (size_t)in.p[1] << 8 | in.p[2];

		if (in.p[3] == NGHTTP2_PING && !(in.p[4] & ACK) && size == 8 && in.n >= FRAME_HEAD + 8) {
			memcpy(bytes, in.p + FRAME_HEAD, 8);
			n++;
		}
		in = span_skip(in, FRAME_HEAD + size);
	}
	return n;
}

/* What is written now. */
static unsigned int
pings_of(struct h2 *h2, uint8_t bytes[8])
{
	struct out wire = out_new(LIMIT);
	unsigned int n;

	CHECK(h2_write(h2, &wire) == H2_OPEN);
	n = count_pings(out_view(&wire), bytes);
	out_free(&wire);
	return n;
}

int
main(void)
{
	struct out said = out_new(LIMIT);
	uint8_t bytes[8] = { 0 };
	struct h2 *h2 = NULL;

	CHECK(h2_server_new(&h2, "https", NULL) == 0);
	put_preface(&said, true);
	put_frame(&said, NGHTTP2_SETTINGS, ACK, 0, SPAN(""));
	CHECK(h2_read(h2, out_view(&said)) == H2_OPEN);
	CHECK(pings_of(h2, bytes) == 0);
	for (int round = 0; round < 3000; round++) {	/* more than anybody's patience */
		h2_ping(h2);
		h2_ping(h2);
		CHECK(pings_of(h2, bytes) == 1);
		out_clear(&said);
		put_frame(&said, NGHTTP2_PING, ACK, 0, span_of(bytes, sizeof(bytes)));
		CHECK(h2_read(h2, out_view(&said)) == H2_OPEN);
		h2_rest(h2, H2_PING_S - 1);
		h2_ping(h2);
		CHECK(pings_of(h2, bytes) == 0);
		h2_rest(h2, 1);
	}
	h2_free(&h2);
	out_free(&said);
	return check_end();
}
