/*
 * play.h: for tests of the HTTP/1.1 codec: lets both sides speak, and says what then has
 * gone to either.
 */
#ifndef PLAY_H
#define PLAY_H

#include "check.h"
#include "wire/http1/said.h"
#include "wire/relay.h"

/* Let them speak, `cut` bytes at a time; 0: each step whole. The relay was set up, but not opened. */
__attribute__((unused)) static void
play(struct relay *r, const struct said *said, size_t count, size_t cut)
{
	relay_open(r, &wire_http1, false);
	for (size_t i = 0; i < count && (said[i].bytes.n || said[i].closes); i++) {
		struct span rest = said[i].bytes;

		while (rest.n) {
			size_t n = cut && cut < rest.n ? cut : rest.n;

			relay_feed(r, said[i].side, span_head(rest, n));
			rest = span_skip(rest, n);
		}
		if (said[i].closes)
			relay_end(r, said[i].side);
	}
}

/* The same, of two pieces: cut once, at `at` of all bytes. */
__attribute__((unused)) static void
play_cut_at(struct relay *r, const struct said *said, size_t count, size_t at)
{
	relay_open(r, &wire_http1, false);
	for (size_t i = 0; i < count && (said[i].bytes.n || said[i].closes); i++) {
		struct span bytes = said[i].bytes;

		if (at > 0 && at < bytes.n) {
			relay_feed(r, said[i].side, span_head(bytes, at));
			bytes = span_skip(bytes, at);
		}
		at = at > said[i].bytes.n ? at - said[i].bytes.n : 0;
		if (bytes.n)
			relay_feed(r, said[i].side, bytes);
		if (said[i].closes)
			relay_end(r, said[i].side);
	}
}

/* What a client is told when the flow ends now: the status, or 0 where nothing is said. */
__attribute__((unused)) static unsigned int
farewell(struct relay *r)
{
	struct wire_no no = { .sqlstate = "ILM01", .message = SPAN("not understood"), .hint = SPAN("mend it") };
	size_t from = r->to[WIRE_CLIENT].n;
	struct span said;

	r->codec->farewell(r->state, &no, r->to);
	said = span_skip(out_view(&r->to[WIRE_CLIENT]), from);
	return said.n > 12 ? (unsigned int)((said.p[9] - '0') * 100 + (said.p[10] - '0') * 10 + (said.p[11] - '0')) : 0;
}

__attribute__((unused)) static void
check_bytes(const char *name, const char *whose, struct span is, struct span should_be)
{
	char what[200];

	snprintf(what, sizeof(what), "%s: %s", name, whose);
	if (!CHECK_ROW(what, span_equal(is, should_be)))
		fprintf(stderr, "is:\n%.*s\nbut should be:\n%.*s\n", (int)is.n, (const char *)is.p, (int)should_be.n,
		    (const char *)should_be.p);
}

#endif
