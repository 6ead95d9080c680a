/* Percent-encoding: each byte in the one way that AWS signs, whatever it was in before. */
#include "inject/percent.h"

#include "check.h"
#include "out.h"

static const struct {
	const char *name;
	struct span in;
	uint8_t keeps;
	bool is_form;
	const char *written, *again;
} rows[] = {
	{ "its own", SPAN("AZaz09-._~"), 0, false, "AZaz09-._~", "AZaz09-._~" },
	{ "others", SPAN(" !*'()"), 0, false, "%20%21%2A%27%28%29", "%20%21%2A%27%28%29" },
	{ "bytes", SPAN("\xc3\xa9\0\xff"), 0, false, "%C3%A9%00%FF", "%C3%A9%00%FF" },
	{ "a slash", SPAN("a/b"), '/', false, "a/b", "a/b" },
	{ "one that parts nothing", SPAN("a%2fb"), '/', false, "a%252fb", "a%2Fb" },
	{ "a slash in a value", SPAN("a/b"), 0, false, "a%2Fb", "a%2Fb" },
	{ "encoded already", SPAN("%41%7e%e9"), 0, false, "%2541%257e%25e9", "A~%E9" },
	{ "encoded twice", SPAN("%2541"), 0, false, "%252541", "%2541" },
	{ "plus", SPAN("a+b"), 0, false, "a%2Bb", "a%2Bb" },
	{ "plus of a form", SPAN("a+b%2B"), 0, true, "a%2Bb%252B", "a%20b%2B" },
	{ "no hex", SPAN("%zz%4"), 0, false, "%25zz%254", "%25zz%254" },
	{ "cut", SPAN("%"), 0, false, "%25", "%25" },
	{ "empty", SPAN(""), 0, false, "", "" },
};

static const struct {
	struct span in;
	const char *name;
	bool right;
} same[] = {
	{ SPAN("a"), "a", true }, { SPAN("%61"), "a", true }, { SPAN("A"), "a", false }, { SPAN("aa"), "a", false },
	{ SPAN(""), "a", false }, { SPAN(""), "", true }, { SPAN("X%2dAmz-Date"), "X-Amz-Date", true }, { SPAN("a\0"), "a", false },
	{ SPAN("a%"), "a%", true }, { SPAN("a%00"), "a", false },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out out = out_new(1024);

		inject_percent_write(&out, on_cliff(rows[i].in), rows[i].keeps);
		CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].written));
		out_clear(&out);
		inject_percent_again(&out, on_cliff(rows[i].in), rows[i].keeps, rows[i].is_form);
		CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].again));
		/* it is the one form: again changes nothing more */
		struct out twice = out_new(1024);
		inject_percent_again(&twice, out_view(&out), rows[i].keeps, rows[i].is_form);
		CHECK_ROW(rows[i].name, span_equal(out_view(&twice), out_view(&out)));
		out_free(&out);
		out_free(&twice);
	}
	for (size_t i = 0; i < COUNT(same); i++)
		CHECK_ROW(same[i].name, inject_percent_is(on_cliff(same[i].in), same[i].name) == same[i].right);
	for (int c = 0; c < 256; c++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

		CHECK(inject_hex_digit((uint8_t)c) == (at ? (int)((at - digits) % 16) : -1));
	}
	return check_end();
}
