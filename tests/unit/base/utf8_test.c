/* Every code point there is, and no other bytes, is one character. */
#include "base/utf8.h"

#include "check.h"

static size_t
encode(uint32_t code, uint8_t *p)
{
	if (code < 0x80) {
		p[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		p[0] = (uint8_t)(0xc0 | code >> 6);
		p[1] = (uint8_t)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		p[0] = (uint8_t)(0xe0 | code >> 12);
		p[1] = (uint8_t)(0x80 | (code >> 6 & 63));
		p[2] = (uint8_t)(0x80 | (code & 63));
		return 3;
	}
	p[0] = (uint8_t)(0xf0 | code >> 18);
	p[1] = (uint8_t)(0x80 | (code >> 12 & 63));
	p[2] = (uint8_t)(0x80 | (code >> 6 & 63));
	p[3] = (uint8_t)(0x80 | (code & 63));
	return 4;
}

/* All code points up to beyond the last one, surrogates among them. */
static void
code_points(void)
{
	unsigned int wrong = 0;

	for (uint32_t code = 0; code < 0x120000; code++) {
		uint8_t p[4];
		size_t n = encode(code, p);
		bool right = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);

		wrong += utf8_length(span_of(p, n)) != (right ? n : 0);
		for (size_t cut = 0; cut < n; cut++)
			wrong += utf8_length(span_of(p, cut)) != 0;
	}
	CHECK(wrong == 0);
}

/* Every three bytes: what is taken is what encode() would write for it. */
static void
three_bytes(void)
{
	unsigned int wrong = 0;

	for (uint32_t all = 0; all < 1u << 24; all += 1 + all % 3) {
		uint8_t p[3] = { (uint8_t)(all >> 16), (uint8_t)(all >> 8), (uint8_t)all }, again[4];
		size_t n = utf8_length(span_of(p, 3));
		uint32_t code = n == 1 ? p[0] : n == 2 ? (p[0] & 31u) << 6 | (p[1] & 63u) :
		    (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);

		if (n)
			wrong += n > 3 || encode(code, again) != n || memcmp(p, again, n) != 0;
	}
	CHECK(wrong == 0);
}

static const struct {
	const char *name;
	struct span in;
	size_t n;
} rows[] = {
	{ "empty", SPAN(""), 0 },
	{ "NUL", SPAN("\0"), 1 },
	{ "more follows", SPAN("\303\274xyz"), 2 },
	{ "overlong slash", SPAN("\300\257"), 0 },
	{ "overlong in three", SPAN("\340\200\257"), 0 },
	{ "overlong in four", SPAN("\360\200\200\257"), 0 },
	{ "surrogate", SPAN("\355\240\200"), 0 },
	{ "last", SPAN("\364\217\277\277"), 4 },
	{ "beyond", SPAN("\364\220\200\200"), 0 },
	{ "five bytes", SPAN("\370\210\200\200\200"), 0 },
	{ "lone continuation", SPAN("\200"), 0 },
	{ "cut", SPAN("\360\237\230"), 0 },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].name, utf8_length(on_cliff(rows[i].in)) == rows[i].n);
	code_points();
	three_bytes();
	return check_end();
}
