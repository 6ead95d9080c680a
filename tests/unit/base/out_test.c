/* A buffer takes what fits, remembers the first failure, and adds nothing after it. */
#include "check.h"
#include "out.h"

static void
grows_to_its_limit_and_no_further(void)
{
	struct out out = out_new(1000);

	for (int i = 0; i < 1000; i++)
		out_u8(&out, (uint8_t)i);
	CHECK(out.n == 1000 && !out.failed);
	out_u8(&out, 1);
	CHECK(out.failed && out.n == 1000);
	out_drop(&out, 500);
	out_u8(&out, 1);
	CHECK(out.n == 500);
	out_clear(&out);
	out_u8(&out, 7);
	CHECK(!out.failed && out.n == 1 && out.p[0] == 7);
	out_free(&out);
	CHECK(!out.p && out.limit == 1000);
}

static void
writes_what_take_reads(void)
{
	struct out out = out_new(200);
	struct span in, block, text;
	uint64_t eight;
	uint32_t four;
	uint16_t two;
	uint8_t one;

	out_u8(&out, 0x81);
	out_be16(&out, 0x8283);
	out_be32(&out, 0x84858687u);
	out_be64(&out, 0x88898a8b8c8d8e8fULL);
	out_block(&out, SPAN("block"));
	out_text(&out, "text");
	out_printf(&out, "%s-%d", "n", 5);
	in = on_cliff(out_view(&out));
	CHECK(take_u8(&in, &one) && one == 0x81);
	CHECK(take_be16(&in, &two) && two == 0x8283);
	CHECK(take_be32(&in, &four) && four == 0x84858687u);
	CHECK(take_be64(&in, &eight) && eight == 0x88898a8b8c8d8e8fULL);
	CHECK(take_block(&in, &block) && span_is(block, "block"));
	CHECK(take_text(&in, &text) && span_is(text, "text"));
	CHECK(span_is(in, "n-5"));
	out_free(&out);
}

static void
readers_leave_their_input_alone_when_it_is_short(void)
{
	struct span whole = SPAN("\0\0\0\5block");

	for (size_t n = 0; n < whole.n; n++) {
		struct span in = on_cliff(span_head(whole, n)), block;

		CHECK(!take_block(&in, &block));
		CHECK(in.n == n);
	}
}

static void
a_length_is_put_where_it_belongs(void)
{
	struct out out = out_new(100);

	out_zero(&out, 4);
	out_span(&out, SPAN("abc"));
	out_put_be32(&out, 0, 7);
	CHECK(span_be32(out_view(&out), 0) == 7);
	out_put_be32(&out, 5, 1);	/* would pass the end: nothing is written */
	CHECK(span_equal(span_skip(out_view(&out), 4), SPAN("abc")));
	out_free(&out);
}

int
main(void)
{
	grows_to_its_limit_and_no_further();
	writes_what_take_reads();
	readers_leave_their_input_alone_when_it_is_short();
	a_length_is_put_where_it_belongs();
	return check_end();
}
