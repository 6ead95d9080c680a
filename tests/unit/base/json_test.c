/* Whatever bytes come, what is written is a JSON string of valid UTF-8. */
#include "base/json.h"
#include "base/utf8.h"
#include "check.h"

static const struct {
	const char *name;
	struct span in;
	const char *out;
} rows[] = {
	{ "empty", SPAN(""), "\"\"" },
	{ "quote and backslash", SPAN("a\"b\\c"), "\"a\\\"b\\\\c\"" },
	{ "controls", SPAN("\n\t\x01\x7f"), "\"\\n\\t\\u0001\\u007f\"" },
	{ "nul", SPAN("a\0b"), "\"a\\u0000b\"" },
	{ "two bytes", SPAN("\xc3\xa4"), "\"\xc3\xa4\"" },
	{ "cut", SPAN("\xc3"), "\"\xef\xbf\xbd\"" },
	{ "overlong", SPAN("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "surrogate", SPAN("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "beyond U+10FFFF", SPAN("\xf4\x90\x80\x80"),
	  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out out = out_new(1000);

		json_text(&out, on_cliff(rows[i].in));
		CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].out));
		out_free(&out);
	}
	CHECK(utf8_length(SPAN("\xf0\x9f\x98\x80")) == 4);
	CHECK(utf8_length(on_cliff(SPAN("\xf0\x9f\x98"))) == 0);
	return check_end();
}
