/* An event goes on with its last byte, not with the next one's first: who listens may have to answer before that comes. */
#include "check.h"

#include "body_sample.h"

static const struct {
	const char *name;
	struct span event, masked;
} rows[] = {
	{ "LF", SPAN("id: 1\ndata: my " CARD "\n\n"), SPAN("id: 1\ndata: my [redacted]\n\n") },
	{ "CR LF", SPAN("data: {\"a\":\"" CARD "\"}\r\n\r\n"), SPAN("data: {\"a\":\"[redacted]\"}\r\n\r\n") },
	{ "CR", SPAN("data: my " CARD "\r\r"), SPAN("data: my [redacted]\r\r") },
	{ "comment", SPAN(": still here\n\n"), SPAN(": still here\n\n") },
};

/* Three of them one after the other, in runs of `cut` bytes. */
static void
check_at_once(const struct mask_set *set, size_t row, size_t cut)
{
	struct mask_body *body = NULL;
	struct mask_tally tally = { 0 };
	struct out out = out_new(1 << 20);

	CHECK(mask_body_new(&body, set, BIT(B_ALL), MASK_FORM_SSE) == 0);
	for (int i = 0; i < 3; i++) {
		struct span rest = rows[row].event;

		out_clear(&out);
		while (rest.n) {
			struct span run = span_head(rest, cut);

			CHECK_ROW(rows[row].name, mask_body_put(body, run, false, &out, &tally));
			rest = span_skip(rest, run.n);
		}
		CHECK_ROW(rows[row].name, span_equal(out_view(&out), rows[row].masked));
	}
	out_clear(&out);
	CHECK_ROW(rows[row].name, mask_body_put(body, SPAN(""), true, &out, &tally) && out.n == 0);
	mask_body_free(&body);
	out_free(&out);
}

int
main(void)
{
	struct mask_set *set = body_set();

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t cut = 1; cut <= rows[i].event.n; cut++)
			check_at_once(set, i, cut);
	mask_set_free(&set);
	return check_end();
}
