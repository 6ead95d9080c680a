/* Numbers as JSON writes them, and nothing else; compared exactly. */
#include "base/number.h"

#include "base/caseless.h"
#include "check.h"

static const char *const none[] = {
	"", "-", "+1", "01", ".5", "1.", "1e", "1e+", "0x10", "1_000", " 1", "1 ", "1,5", "١", "NaN", "Infinity", "1.2.3", "--1",
	"1e9999999999", "11111111111111111111111111111111111111111111111111111111111111111",
};

static const struct {
	const char *a, *b;
	int order;
} rows[] = {
	{ "0", "0", 0 }, { "0", "-0", 0 }, { "0", "0.000e12", 0 }, { "1", "1.0", 0 }, { "1e2", "100", 0 }, { "100e-2", "1", 0 },
	{ "1", "2", -1 }, { "10", "9", 1 }, { "-10", "9", -1 }, { "-10", "-9", -1 }, { "0.1", "0.09", 1 }, { "0.1", "0", 1 },
	{ "-0.1", "0", -1 }, { "9007199254740993", "9007199254740992", 1 }, { "1e1000", "1e999", 1 }, { "1e-1000", "0", 1 },
	{ "123.45", "123.450001", -1 }, { "99999999999999999999999", "1e23", -1 }, { "12", "1.2e1", 0 }, { "20", "1e1", 1 },
};

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

int
main(void)
{
	struct number a, b;

	for (size_t i = 0; i < COUNT(none); i++)
		CHECK_ROW(none[i], !number_read(on_cliff(span_text(none[i])), &a));
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_ROW(rows[i].a, number_read(on_cliff(span_text(rows[i].a)), &a));
		CHECK_ROW(rows[i].b, number_read(on_cliff(span_text(rows[i].b)), &b));
		CHECK_ROW(rows[i].a, sign(number_compare(&a, &b)) == rows[i].order);
		CHECK_ROW(rows[i].a, sign(number_compare(&b, &a)) == -rows[i].order);
	}
	CHECK(caseless_equal(SPAN("Amount"), SPAN("aMOUNT")) && !caseless_equal(SPAN("amount"), SPAN("amounts")));
	CHECK(caseless_equal(SPAN("ſize"), SPAN("SIZE")) && caseless_equal(SPAN("to\xe2\x84\xaa" "en"), SPAN("token")));
	CHECK(!caseless_equal(SPAN("\xc5"), SPAN("s")) && !caseless_equal(SPAN("\xe2\x84"), SPAN("k")));
	return check_end();
}
