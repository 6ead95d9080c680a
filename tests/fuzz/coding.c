/*
 * coding.c: bytes that may be coded, undone. However they are cut and however little room
 * there is at a time, the same comes out; never more than the limits allow.
 */
#include "law.h"

#include "coding/coding.h"

static const struct coding_limits limits = { 1 << 20, 100, 24 << 20 };

static bool
run(enum coding_kind kind, struct span in, size_t run, size_t most, struct out *out)
{
	struct coding *coding = NULL;
	enum coding_step step = CODING_MORE;

	*out = out_new(1 << 22);
	if (coding_new(&coding, kind, &limits))
		abort();
	do {
		struct span part = span_head(in, run);
		bool is_last = part.n == in.n;

		in = span_skip(in, part.n);
		do {
			size_t before = out->n, left = part.n;

			step = coding_put(coding, &part, is_last, most, out);
			law(out->n - before <= most, "no more than was asked for");
			law(step != CODING_FULL || out->n > before || part.n < left, "progress");
		} while (step == CODING_FULL);
		law(step == CODING_BAD || part.n == 0, "all is taken");
	} while (step != CODING_BAD && in.n);
	law((step == CODING_BAD) == (*coding_error(coding) != 0), "an error says what was wrong");
	law(out->n <= limits.bytes + (32 << 10), "no more than the limit");
	coding_free(&coding);
	return step != CODING_BAD;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	uint8_t kind = 0, cut = 0;
	struct out whole, other;
	bool right;

	take_u8(&in, &kind);
	take_u8(&in, &cut);
	kind %= CODINGS;
	right = run(kind, in, SIZE_MAX, 1 << 20, &whole);
	law(run(kind, in, 1 + cut % 16, 1 + cut * 7u, &other) == right || whole.n > (64 << 10), "cut otherwise, the same is refused");
	law(!right || whole.n > (64 << 10) || span_equal(out_view(&whole), out_view(&other)), "cut otherwise, the same is written");
	out_free(&whole);
	out_free(&other);
	return 0;
}
