/* Patterns match what they say, and no pattern makes the time explode. */
#include "base/glob.h"

#include "check.h"

static const struct {
	const char *pattern;
	struct span text;
	bool matches, may_begin;
} rows[] = {
	{ "",                 SPAN(""),                    true,  true },
	{ "",                 SPAN("a"),                   false, false },
	{ "a",                SPAN(""),                    false, true },
	{ "public.orders",    SPAN("public.orders"),       true,  true },
	{ "public.orders",    SPAN("public.order"),        false, true },
	{ "public.orders",    SPAN("public.orders2"),      false, false },
	{ "public.*",         SPAN("public.orders"),       true,  true },
	{ "public.*",         SPAN("public."),             true,  true },
	{ "public.*",         SPAN("public.a.b"),          false, false },
	{ "public.**",        SPAN("public.a.b"),          true,  true },
	{ "*.*.card",         SPAN("public.pay.card"),     true,  true },
	{ "*.*.card",         SPAN("public.pay."),         false, true },
	{ "*.*.card",         SPAN("public.card"),         false, true },
	{ "**.card",          SPAN("public.pay.card"),     true,  true },
	{ "**.card",          SPAN("card"),                false, true },
	{ "**",               SPAN("any.thing"),           true,  true },
	{ "*",                SPAN(""),                    true,  true },
	{ "*",                SPAN("a.b"),                 false, false },
	{ "**card*",          SPAN("a.b.cardholder"),      true,  true },
	{ "**card*",          SPAN("a.card.b"),            false, true },
	{ "a?c",              SPAN("abc"),                 true,  true },
	{ "a?c",              SPAN("a.c"),                 false, false },
	{ "a?c",              SPAN("ac"),                  false, true },
	{ "*a*b*c",           SPAN("xxaxxbxxc"),           true,  true },
	{ "*a*b*c",           SPAN("xxaxxcxxb"),           false, true },
	{ "x**y*z",           SPAN("x..y..yz"),            true,  true },
	{ "public.pay.*_no",  SPAN("public.pay."),         false, true },
	{ "public.pay.*_no",  SPAN("public.users."),       false, false },
	{ "***",              SPAN("a.b"),                 true,  true },
};

static void
bomb(void)
{
	char pattern[GLOB_LIMIT + 2], text[20000];

	for (size_t i = 0; i < 200; i++)
		memcpy(pattern + 5 * i, "**a*b", 5);
	pattern[1000] = 0;
	memset(text, 'a', sizeof(text));
	CHECK(!glob_match(pattern, span_of(text, sizeof(text))));
	memset(pattern, 'a', GLOB_LIMIT + 1);
	pattern[GLOB_LIMIT + 1] = 0;
	CHECK(!glob_is_valid(pattern));
	CHECK(!glob_match(pattern, span_of(pattern, GLOB_LIMIT + 1)));
	pattern[GLOB_LIMIT] = 0;
	CHECK(glob_is_valid(pattern));
	CHECK(glob_match(pattern, span_of(pattern, GLOB_LIMIT)));
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span text = on_cliff(rows[i].text);

		CHECK_ROW(rows[i].pattern,
		    glob_match(rows[i].pattern, text) == rows[i].matches);
		CHECK_ROW(rows[i].pattern,
		    glob_may_begin(rows[i].pattern, text) == rows[i].may_begin);
		for (size_t n = 0; rows[i].matches && n < text.n; n++)
			CHECK_ROW(rows[i].pattern, glob_may_begin(rows[i].pattern, span_head(text, n)));
	}
	bomb();
	return check_end();
}
