/* Globs over paths name what they say, and the sieve lets through all that could be hit. */
#include "check.h"

#include "mask/body_inside.h"

static const struct {
	const char *glob;
	const char *path;	/* keys with '/' between, "[]" for an array */
	bool names;
} rows[] = {
	{ "a", "a", true }, { "a", "b", false }, { "a", "a/b", false }, { "a", "", false },
	{ "a.b", "a/b", true }, { "a.b", "a.b", true }, { "a.b", "a/[]/b", true }, { "a.b", "[]/a/b", true },
	{ "a.b", "a/c/b", false }, { "a.b", "a", false }, { "a.b", "a[b]", true }, { "a.b", "a[]/b", true },
	{ "a[].b", "a/[]/b", true }, { "a[].b", "a/b", false }, { "a[].b", "a/[]/[]/b", true }, { "a[].b", "a[7].b", true },
	{ "a[][].b", "a/[]/b", false }, { "a[][].b", "a/[]/[]/b", true }, { "a[]", "a/[]", true }, { "a[]", "a", false },
	{ "[].b", "[]/b", true }, { "[].b", "b", false },
	{ "*", "a", true }, { "*", "a/b", false }, { "*", "", false }, { "*.b", "x.y/b", true },
	{ "**", "", true }, { "**.b", "b", true }, { "**.b", "a/c/d/b", true }, { "**.b", "a/[]/b", true },
	{ "**.b", "ab", false }, { "**.b", "a/b/c", false }, { "a.**", "a", true }, { "a.**", "a/b/c", true },
	{ "a.**", "b/a", false }, { "a.**.b", "a/b", true }, { "a.**.b", "a/x/y/b", true }, { "**.**.b", "b", true },
	{ "**.a.**.b", "x/a/y/b", true }, { "**.a.**.b", "x/y/b", false }, { "***.b", "a/b", true },
	{ "c?rd", "card", true }, { "c?rd", "crd", false }, { "c*d", "cd", true }, { "c*d", "c.x.d", true },
	{ "c*", "c/d", false }, { "*card*", "my_card_no", true }, { "\xc3\xa9", "\xc3\xa9", true },
};

static bool
is_named(const char *glob, const char *path)
{
	const char *fields[] = { "no.such[].thing.**", glob, "other" };
	struct view_mask masks[] = { { .fields = fields, .field_count = 1 }, { .fields = fields + 1, .field_count = 2 } };
	struct path_rules rules;
	uint64_t at[8], to[8], moves[8];
	bool names;

	CHECK(path_rules_fill(&rules, masks, 2) == 0 && rules.words == 1);
	path_begin(&rules, 2, at);
	for (const char *p = path; *p; p += *p == '/') {
		struct span key = span_of(p, strcspn(p, "/"));

		if (span_is(key, "[]")) {
			path_enter_array(&rules, at, to);
		} else {
			path_enter_key(&rules, at, key, to);
			path_read_key(&rules, key, moves);
		}
		memcpy(at, to, sizeof(at));
		p += key.n;
	}
	names = path_masks(&rules, at) == 2;
	CHECK(!names || !path_is_dead(&rules, at));
	path_rules_free(&rules);
	return names;
}

/* Many globs take many words, and lead on from one to the next. */
static void
test_many(void)
{
	static const char *fields[200];
	static char texts[200][32];
	struct view_mask mask = { .fields = fields, .field_count = 200 };
	struct path_rules rules;
	uint64_t at[32], to[32];

	for (int i = 0; i < 200; i++) {
		snprintf(texts[i], sizeof(texts[i]), i % 3 ? "a.k%d" : "**.k%d[]", i);
		fields[i] = texts[i];
	}
	CHECK(path_rules_fill(&rules, &mask, 1) == 0 && rules.words > 1 && rules.words <= 32);
	for (int i = 0; i < 200; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", i);
		path_begin(&rules, 1, at);
		path_enter_key(&rules, at, SPAN("a"), to);
		CHECK(!path_masks(&rules, to));
		path_enter_key(&rules, to, span_text(key), at);
		CHECK(path_masks(&rules, at) == (i % 3 != 0));
		path_enter_array(&rules, at, to);
		CHECK(path_masks(&rules, to) == 1);
	}
	path_rules_free(&rules);
}

/* Whatever mask_class_filter() lets through, the tables do. */
static void
test_sieve(void)
{
	static const char *const alphabets[] = { "0123456789", "ABCDEF", "abc", "@.:-_+/ ", "aA1.:-", "\x01\xc3\xa9" };
	struct mask_sieve sieve;
	uint32_t chance = 5;

	mask_sieve_fill(&sieve);
	for (int i = 0; i < 100000; i++) {
		char text[96];
		struct mask_class class;
		uint32_t left;
		size_t n;

		chance = chance * 1664525u + 1013904223u;
		n = chance >> 26;
		for (size_t k = 0; k < n; k++) {
			const char *alphabet = alphabets[(chance >> 8 & 3) + (chance >> 20 & 1) + (chance >> 13 & 1)];

			chance = chance * 1664525u + 1013904223u;
			text[k] = alphabet[(chance >> 16) % strlen(alphabet)];
		}
		class = mask_class_of(span_of(text, n));
		left = mask_class_filter(&class, (1u << DETECT_PATTERN) - 1);
		if (left & ~(sieve.by_length[n < SIEVE_LENGTHS ? n : SIEVE_LENGTHS - 1] &
		    sieve.by_digits[class.digits < SIEVE_DIGITS ? class.digits : SIEVE_DIGITS - 1] &
		    sieve.by_uppers[class.uppers < SIEVE_UPPERS ? class.uppers : SIEVE_UPPERS - 1] &
		    sieve.by_low[class.bits & 0xff] & sieve.by_high[class.bits >> 8 & 0xff]))
			CHECK_ROW(text, !"let through");
	}
	CHECK(sieve.by_length[0] == 0 && sieve.by_length[SIEVE_LENGTHS - 1]);
}

/* Dates and times, and what only looks like them. */
static void
test_times(void)
{
	static const struct {
		struct span text;
		bool is;
	} times[] = {
		{ SPAN("2024-01-15"), true }, { SPAN("2024-01-15T10:00:00Z"), true }, { SPAN("2024-01-15 10:00:00"), true },
		{ SPAN("1999-12-31T23:59:60.123456+01:00"), true }, { SPAN("2024-01-15T10:00:00.5"), true },
		{ SPAN("2024-13-15"), false }, { SPAN("2024-01-32"), false }, { SPAN("4111-11-11"), false },
		{ SPAN("2024-01-15T10:00"), false }, { SPAN("2024-01-15T24:00:00"), false }, { SPAN("2024-01-15T10:00:00ZZ"), false },
		{ SPAN("2024-01-15T10:00:00."), false }, { SPAN("2024-01-15T10:00:00.1234567890"), false },
		{ SPAN("2024-01-15T10:00:00+1:00"), false }, { SPAN("2024-01-1"), false }, { SPAN("2024.01.15"), false }, { SPAN(""), false },
	};

	for (size_t i = 0; i < COUNT(times); i++)
		CHECK_ROW((const char *)times[i].text.p, string_is_time(on_cliff(times[i].text)) == times[i].is);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char row[128];

		snprintf(row, sizeof(row), "%s at %s", rows[i].glob, rows[i].path);
		CHECK_ROW(row, is_named(rows[i].glob, rows[i].path) == rows[i].names);
	}
	test_many();
	test_sieve();
	test_times();
	return check_end();
}
