/*
 * cut_test.c: however the bytes are cut, the same is understood, and the same is
 * written but for the places where chunks end. Each conversation is played whole, cut
 * once at each of its bytes, and byte by byte; then with everything put anew.
 */
#include "wire/http1/play.h"
#include "wire/http1/reader.h"
#include "wire/http1/talks.h"

#define LIMIT 24

static size_t
length_of(const struct said *said)
{
	size_t n = 0;

	for (size_t i = 0; i < SAID_MOST; i++)
		n += said[i].bytes.n;
	return n;
}

/* What went to one side, without where chunks end. */
static bool
read_side(struct relay *r, enum wire_side side, struct out *out)
{
	struct reader reader = { .in = out_view(&r->to[side]), .is_answer = side == WIRE_CLIENT, .heads = r->heads,
		.head_count = r->head_count, .out = out };

	return reader_read(&reader);
}

static void
check_same(const char *name, struct relay *a, struct relay *b)
{
	check_bytes(name, "log", out_view(&b->log), out_view(&a->log));
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct out ours = out_new(1 << 20), theirs = out_new(1 << 20);

		CHECK_ROW(name, read_side(a, (enum wire_side)side, &ours) && read_side(b, (enum wire_side)side, &theirs));
		check_bytes(name, side == WIRE_CLIENT ? "towards the client" : "towards the server", out_view(&theirs), out_view(&ours));
		out_free(&ours);
		out_free(&theirs);
	}
}

/* What went to the server, given to another codec, is understood; nothing is left to mend. */
static void
check_again(const char *name, struct relay *r)
{
	struct relay again = { .unit_limit = 1 << 20 };
	struct span sent = out_view(&r->to[WIRE_SERVER]);

	relay_open(&again, &wire_http1, false);
	relay_feed(&again, WIRE_CLIENT, sent);
	for (size_t i = 0; i < 8 && !again.is_bad; i++)
		relay_feed(&again, WIRE_SERVER, SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
	CHECK_ROW(name, !again.is_bad || relay_has(out_view(&again.log), "nobody asked for"));
	CHECK_ROW(name, again.to[WIRE_SERVER].n <= sent.n);
	relay_close(&again);
}

static void
play_all(const char *name, const struct said *said, const struct relay *how)
{
	struct relay whole = *how, other;

	play(&whole, said, SAID_MOST, 0);
	for (size_t at = 0; at <= length_of(said) + 2; at++) {
		other = *how;
		if (at == length_of(said) + 2)
			other.rewrites = true;
		if (at > length_of(said))
			play(&other, said, SAID_MOST, 1);
		else
			play_cut_at(&other, said, SAID_MOST, at);
		check_same(name, &whole, &other);
		relay_close(&other);
	}
	other = *how;
	other.new_body = true;
	play(&other, said, SAID_MOST, 3);
	for (int side = 0; side < WIRE_SIDES; side++) {
		struct out read = out_new(1 << 20);

		CHECK_ROW(name, read_side(&other, (enum wire_side)side, &read));
		out_free(&read);
	}
	check_again(name, &whole);
	relay_close(&other);
	relay_close(&whole);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(talks); i++) {
		char name[32];

		snprintf(name, sizeof(name), "talk %zu", i);
		play_all(name, talks[i], &(struct relay){ .unit_limit = LIMIT });
		play_all(name, talks[i], &(struct relay){ .unit_limit = LIMIT, .refuses = "secret", .refuses_answer = "secret" });
		play_all(name, talks[i], &(struct relay){ 0 });
	}
	return check_end();
}
