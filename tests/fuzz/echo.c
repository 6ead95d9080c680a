/*
 * echo.c: an answer looked through for a secret; both are what anybody may have sent.
 * Input: length of the secret, how the stream is cut, the secret, the stream. As much comes out as went in, the same
 * in every cutting, and what is not written over is as it was.
 */
#include "law.h"

#include "inject/echo.h"
#include "out.h"

#define SECRET_MOST 64

static uint64_t
run(struct inject_marks *marks, struct span in, size_t cut, struct out *room)
{
	struct inject_echo *echo = NULL;
	uint64_t hits;

	law(inject_echo_new(&echo, marks) == 0, "there is memory");
	for (size_t i = 0; cut && in.n > cut; i++) {
		law(inject_echo_put(echo, span_head(in, cut), false, room), "there is room");
		in = span_skip(in, cut);
		cut = (cut * 7 + i) % 31 + 1;
	}
	law(inject_echo_put(echo, in, true, room), "there is room");
	hits = inject_echo_hits(echo);
	inject_echo_free(&echo);
	return hits;
}

static void
check(struct inject_marks *marks, struct span in, size_t cut)
{
	struct out whole = out_new(1 << 20), pieces = out_new(1 << 20);
	uint64_t hits = run(marks, in, 0, &whole);

	law(run(marks, in, cut, &pieces) == hits && span_equal(out_view(&whole), out_view(&pieces)), "replay: any cutting");
	law(whole.n == in.n, "lengths stay");
	for (size_t i = 0; i < in.n; i++)
		law(whole.p[i] == in.p[i] || (hits && whole.p[i] == '*'), "what is not found stays");
	law(inject_marks_in(marks, in) == (hits > 0), "seen whole as in a stream");
	out_free(&whole);
	out_free(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n), secret;
	struct inject_marks *marks = NULL;
	uint8_t length, cut;

	if (!take_u8(&in, &length) || !take_u8(&in, &cut) || !take_bytes(&in, length % SECRET_MOST, &secret) || in.n > 1 << 16)
		return 0;
	law(inject_marks_new(&marks) == 0 && inject_marks_add(marks, secret) == 0, "there is memory");
	check(marks, in, cut % 31 + 1);
	inject_marks_free(&marks);
	return 0;
}
