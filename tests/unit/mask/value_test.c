/* Values leave as their masks say, in text and binary form, and stay readable. */
#include "mask/inside.h"

#include <openssl/hmac.h>

#include "check.h"
#include "sample.h"

enum { INT4 = 23, INT8 = 20, TEXT = 25, JSON = 114, JSONB = 3802, NUMERIC = 1700,
	FLOAT8 = 701, INET = 869, UUID = 2950, BYTEA = 17, DATE = 1082, TEXTS = 1009,
	INT8S = 1016, RECORD = 2249, OWN = 20000, RANGE = 3906 };
#define K MASK_KEPT
#define E MASK_EDITED
#define N MASK_NULLED

static const struct row {
	unsigned int mask;
	uint32_t type;
	bool is_binary;
	struct span in;
	enum mask_result result;
	struct span out;
} detected[] = {
	/* text, any way */
	{ M_SECRETS, TEXT, 0, SPAN("hello"), K, SPAN("") },
	{ M_SECRETS, TEXT, 0, SPAN(""), K, SPAN("") },
	{ M_SECRETS, TEXT, 0, SPAN(CARD), E, SPAN("[redacted]") },
	{ M_SECRETS, TEXT, 1, SPAN(CARD), E, SPAN("[redacted]") },
	{ M_SECRETS, TEXT, 0, SPAN("a " CARD " b x@y.org c"), E, SPAN("a [redacted] b [redacted] c") },
	{ M_SECRETS, OWN, 0, SPAN(CARD), E, SPAN("[redacted]") },
	{ M_SECRETS, OWN, 1, SPAN(CARD), E, SPAN("[redacted]") },
	{ M_SECRETS, OWN, 1, SPAN("\0\1\2"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("happy"), K, SPAN("") },
	{ M_SECRETS, RANGE, 1, SPAN("\0\1\2"), N, SPAN("") },
	{ M_SECRETS, TEXT, 0, SPAN("bad \xff utf8"), E, SPAN("[redacted]") },
	{ M_SECRETS, TEXT, 0, SPAN("M\xc3\xbcller"), K, SPAN("") },
	{ M_SECRETS, 0, 0, SPAN(CARD), E, SPAN("[redacted]") },
	/* in binary, of nobody knows what type */
	{ M_SECRETS, 0, 1, SPAN("a " CARD), E, SPAN("a [redacted]") },
	{ M_SECRETS, 0, 1, SPAN("plain"), K, SPAN("") },
	{ M_SECRETS, 0, 1, SPAN("\0\0\0\1"), N, SPAN("") },
	{ M_SECRETS, 0, 1, SPAN("\x00\x0e\x9b\x08\xa5\x68\xf1\xc7"), N, SPAN("") },
	{ M_SECRETS, 0, 1, SPAN("20000000"), K, SPAN("") },
	{ M_SECRETS, 0, 1, SPAN("20000004"), N, SPAN("") },	/* as an int8 it is a card */
	{ M_PARTIAL, TEXT, 0, SPAN("4111-1111-1111-1111"), E, SPAN("****-****-****-1111") },
	{ M_PARTIAL, TEXT, 0, SPAN("n: " CARD "."), E, SPAN("n: ************1111.") },
	{ M_NULL, TEXT, 0, SPAN("x " CARD), N, SPAN("") },
	{ M_NULL, TEXT, 0, SPAN("x 4111"), K, SPAN("") },
	{ M_PATTERN, TEXT, 0, SPAN("see PRJ-1234, PRJ-99999"), E, SPAN("see [redacted], [redacted]9") },
	{ M_PATTERN, TEXT, 0, SPAN("see PRJ-123"), K, SPAN("") },
	{ M_PATTERN, DATE, 0, SPAN("2024-01-01"), K, SPAN("") },
	{ M_SLOW, TEXT, 0, SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), E, SPAN("[redacted]") },
	{ M_SLOW, TEXT, 0, SPAN("bbb"), K, SPAN("") },
	/* overlaps are one hit */
	{ M_SECRETS, TEXT, 0, SPAN("u:" CARD "@x.org."), E, SPAN("u:[redacted].") },
	/* numbers become null */
	{ M_SECRETS, INT8, 0, SPAN(CARD), N, SPAN("") },
	{ M_SECRETS, INT8, 0, SPAN("4111111111111112"), K, SPAN("") },
	{ M_SECRETS, INT8, 1, SPAN("\x00\x0e\x9b\x08\xa5\x68\xf1\xc7"), N, SPAN("") },
	{ M_SECRETS, INT8, 1, SPAN("\x00\x0e\x9b\x08\xa5\x68\xf1\xc8"), K, SPAN("") },
	{ M_SECRETS, INT8, 1, SPAN("\x80\x00\x00\x00\x00\x00\x00\x00"), K, SPAN("") },
	{ M_SECRETS, INT8, 1, SPAN("\x00\x0e"), N, SPAN("") },
	{ M_SECRETS, NUMERIC, 0, SPAN(CARD ".00"), N, SPAN("") },
	{ M_SECRETS, NUMERIC, 1, SPAN("\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57\x04\x57"), N, SPAN("") },
	{ M_SECRETS, NUMERIC, 1, SPAN("\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57\x04\x58"), K, SPAN("") },
	{ M_SECRETS, NUMERIC, 1, SPAN("\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57"), N, SPAN("") },
	{ M_SECRETS, NUMERIC, 1, SPAN("\0\1\0\3\0\0\0\0\x10\x0f"), K, SPAN("") },
	{ M_SECRETS, NUMERIC, 1, SPAN("\0\0\0\0\xc0\0\0\0"), K, SPAN("") },
	{ M_SECRETS, FLOAT8, 0, SPAN("4.111111111111111e+15"), N, SPAN("") },
	{ M_SECRETS, FLOAT8, 0, SPAN("4.5e+15"), K, SPAN("") },
	{ M_SECRETS, FLOAT8, 1, SPAN("\x43\x2d\x36\x11\x4a\xd1\xe3\x8e"), N, SPAN("") },
	{ M_SECRETS, FLOAT8, 1, SPAN("\x43\x2d\x36\x0b\x45\x34\xe3\x8e"), K, SPAN("") },
	{ M_SECRETS, INT4, 0, SPAN("123456789"), K, SPAN("") },
	{ M_SECRETS, UUID, 0, SPAN("550e8400-e29b-41d4-a716-446655440000"), K, SPAN("") },
	/* bytea: what of it is text, in binary form, in hex and with escapes */
	{ M_SECRETS, BYTEA, 1, SPAN("\xff" CARD), N, SPAN("") },
	{ M_SECRETS, BYTEA, 1, SPAN(CARD), N, SPAN("") },
	{ M_SECRETS, BYTEA, 1, SPAN("\0\1\2 card " CARD " \xff\xfe"), N, SPAN("") },
	{ M_SECRETS, BYTEA, 1, SPAN("\xff\xd8\xff\xe0 JFIF \0\1"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 1, SPAN("\xff::1\xff\xfe" "a@b.cc\xff"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 1, SPAN("::1"), N, SPAN("") },
	{ M_SECRETS, BYTEA, 1, SPAN(""), K, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\x34313131313131313131313131313131"), N, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\xff34313131313131313131313131313131"), N, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\x34313131313131313131313131313132"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\x4111111111111111"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\x"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\x4"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\377" CARD), N, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\\\ \\064" "111111111111111"), N, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\\\064"), K, SPAN("") },
	{ M_SECRETS, BYTEA, 0, SPAN("\\"), K, SPAN("") },
	{ M_PATTERN, BYTEA, 0, SPAN("\\x50524a2d31323334"), N, SPAN("") },
	{ M_SECRETS, INET, 0, SPAN("10.0.0.1"), N, SPAN("") },
	{ M_SECRETS, INET, 1, SPAN("\2\x20\0\4\x0a\0\0\1"), N, SPAN("") },
	{ M_HASH, INET, 1, SPAN("\2\x20\0\4\x0a\0\0\1"), K, SPAN("") },
	/* JSON stays JSON */
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"" CARD "\"}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":" CARD "}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN(CARD), E, SPAN("\"[redacted]\"") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":" CARD ".5}"), E, SPAN("\"[redacted]\"") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"x\\n" CARD "\"}"), E, SPAN("{\"a\":\"x\\n[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"x\\\\\"}"), K, SPAN("") },
	/* escapes are what they stand for: digits, a whole pair, full-width ones; what is none is a line end */
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"\\u0034111111111111111\"}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"x \\u0034\\u00311111111111111\\u0031 y\"}"), E, SPAN("{\"a\":\"x [redacted] y\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"\\uff14111111111111111\"}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"\\u0034111111111111112\"}"), K, SPAN("") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"\\ud83d\\ude00" CARD "\\ud83d\"}"), E, SPAN("{\"a\":\"\\ud83d\\ude00[redacted]\\ud83d\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"\\u003" CARD "\"}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN("{\"a\":\"\\u00"), K, SPAN("") },
	{ M_SECRETS, JSON, 0, SPAN("\\"), K, SPAN("") },
	{ M_PATTERN, JSON, 0, SPAN("{\"a\":\"\\u0050RJ-1234\"}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSONB, 1, SPAN("\1{\"a\":\"\\u0034111111111111111\"}"), E, SPAN("\1{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSON, 0, SPAN("[\"-----BEGIN RSA PRIVATE KEY-----\\nMI\\n-----END RSA PRIVATE KEY-----\\n\"]"),
	    E, SPAN("[\"[redacted]\\n\"]") },
	{ M_SECRETS, JSON, 0, SPAN("[\"-----BEGIN RSA PRIVATE KEY-----\",1]"), E, SPAN("\"[redacted]\"") },
	{ M_PARTIAL, JSON, 0, SPAN("[" CARD "]"), E, SPAN("[\"************1111\"]") },
	{ M_SECRETS, JSONB, 1, SPAN("\1{\"a\":\"" CARD "\"}"), E, SPAN("\1{\"a\":\"[redacted]\"}") },
	{ M_SECRETS, JSONB, 1, SPAN("\1{}"), K, SPAN("") },
	{ M_SECRETS, JSONB, 1, SPAN("\2{}"), N, SPAN("") },
	{ M_SECRETS, JSONB, 0, SPAN("{\"a\":\"" CARD "\"}"), E, SPAN("{\"a\":\"[redacted]\"}") },
	{ M_NULL, JSONB, 1, SPAN("\1[" CARD "]"), N, SPAN("") },
	/* arrays and records */
	{ M_SECRETS, TEXTS, 0, SPAN("{a," CARD "}"), N, SPAN("") },
	{ M_SECRETS, TEXTS, 0, SPAN("{a,b}"), K, SPAN("") },
	{ M_SECRETS, TEXTS, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, TEXTS, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\2ab"), K, SPAN("") },
	{ M_SECRETS, TEXTS, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\xff\xff\xff\xff"), K, SPAN("") },
	{ M_SECRETS, TEXTS, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\3ab"), N, SPAN("") },
	{ M_SECRETS, INT8S, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\1\0\0\0\1\0\0\0\x08\x00\x0e\x9b\x08\xa5\x68\xf1\xc7"), N, SPAN("") },
	{ M_SECRETS, RECORD, 1, SPAN("\0\0\0\1\0\0\0\x19\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, RECORD, 1, SPAN("\0\0\0\1\0\0\0\x19\0\0\0\1a"), K, SPAN("") },
	{ M_SECRETS, RECORD, 1, SPAN("\0\0\0\1\0\0\0\x19\0\0\0\1ab"), N, SPAN("") },
	{ M_SECRETS, RECORD, 0, SPAN("(1," CARD ")"), N, SPAN("") },
	/* types made in the database: composites, and arrays of them */
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\x19\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\2\0\0\0\x19\0\0\0\1a\0\0\0\x17\xff\xff\xff\xff"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\x19\0\0\0\2a"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\x17\0\0\0\4\0\0\0\7"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\x4e\x20\0\0\0\1\0\0\0\1\0\0\0\3red"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\0\0\0\x4e\x20\0\0\0\1\0\0\0\1\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0"), N, SPAN("") },
	/* hstore: empty; a key without a value; a hit in a value, in a key; a byte too many */
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\0"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\2\0\0\0\1a\0\0\0\3red\0\0\0\1b\xff\xff\xff\xff"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\1a\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\x10" CARD "\xff\xff\xff\xff"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\1a\0\0\0\1bc"), N, SPAN("") },
	/* ranges: of int4, of float8, of text, of numeric, of int8; without bounds; what is none */
	{ M_SECRETS, OWN, 1, SPAN("\2\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\7"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\2\0\0\0\x08\x3f\xf8\0\0\0\0\0\0\0\0\0\x08\x40\x04\0\0\0\0\0\0"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\2\0\0\0\1a\0\0\0\3red"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\2\0\0\0\1a\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x12\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x12\0\0\0\x10\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57\x04\x57"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x12\0\0\0\x10\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57\x04\x58"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x0a\0\0\0\x08\x00\x0e\x9b\x08\xa5\x68\xf1\xc7"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x0a\0\0\0\x08\x00\x0e\x9b\x08\xa5\x68\xf1\xc8"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x0a\0\0\0\x05\0\1\2\3\4"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x0a\0\0\0\4\0\1\2"), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\x2a\0\0\0\4\0\1\2\3"), N, SPAN("") },
	/* multiranges */
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\1\0\0\0\x11\2\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\7"), K, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("\0\0\0\2\0\0\0\1\1\0\0\0\x15\x12\0\0\0\x10" CARD), N, SPAN("") },
	{ M_SECRETS, OWN, 1, SPAN("a\0b"), N, SPAN("") },
};

/* Whole columns: public.people.name under one mask. */
static const struct row hidden[] = {
	{ M_NAME_PARTIAL, TEXT, 0, SPAN("Ann Miller"), E, SPAN("*** **ller") },
	{ M_NAME_PARTIAL, TEXT, 0, SPAN("M\xc3\xbcller-Stra\xc3\xdf\x65"), E, SPAN("[redacted]") },
	{ M_NAME_PARTIAL, TEXT, 0, SPAN("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), E, SPAN("**\xc3\xa9\xc3\xa9") },
	{ M_NAME_PARTIAL, TEXT, 0, SPAN("1234"), E, SPAN("**34") },
	{ M_NAME_PARTIAL, TEXT, 0, SPAN("x"), E, SPAN("*") },
	{ M_NAME_PARTIAL, TEXT, 0, SPAN(""), E, SPAN("") },
	{ M_NAME_PARTIAL, JSON, 0, SPAN("\"abcd\""), E, SPAN("\"[redacted]\"") },
	{ M_NAME_PARTIAL, INT4, 0, SPAN("12"), N, SPAN("") },
	{ M_NAME_NULL, TEXT, 0, SPAN("Ann"), N, SPAN("") },
	{ M_NAME_HASH, DATE, 0, SPAN("2024-01-01"), N, SPAN("") },
	{ M_NAME_HASH, BYTEA, 1, SPAN("abc"), N, SPAN("") },
	{ M_NAME_HASH, RANGE, 0, SPAN("[1,2]"), N, SPAN("") },
	{ M_NAME_TOKEN, TEXTS, 0, SPAN("{a}"), N, SPAN("") },
	{ M_NAME_TOKEN, JSONB, 1, SPAN("\2{}"), N, SPAN("") },
};

static bool derived;	/* the value is computed from the column, not its own */

static enum mask_result
run(const struct mask_set *set, const struct row *row, bool from_column, struct span in,
    struct out *out)
{
	struct origin_column origin = { SPAN("public.people"), SPAN("name") };
	struct span relation = SPAN("public.people");
	struct mask_column column = {
		.origins = &origin, .origin_count = from_column, .is_plain = !derived,
		.type = row->type, .is_binary = row->is_binary,
	};
	struct mask_tally tally = { 0 };
	struct mask_plan *plan = NULL;
	enum mask_result result;

	CHECK(mask_plan_new(&plan, set, 1ULL << row->mask, &column, 1, &relation, 1) == 0);
	result = mask_value(plan, 0, in, out, &tally);
	CHECK(mask_value(plan, 1, in, out, &tally) == MASK_NULLED);
	mask_plan_free(&plan);
	CHECK(plan == NULL);
	return result;
}

static void
check_rows(const struct mask_set *set, const struct row *rows, size_t count, bool from_column)
{
	for (size_t i = 0; i < count; i++) {
		struct out out = out_new(1 << 20);
		char name[32];

		snprintf(name, sizeof(name), "%s %zu", from_column ? "hidden" : "detected", i);
		CHECK_ROW(name, run(set, &rows[i], from_column, on_cliff(rows[i].in), &out) == rows[i].result);
		if (!CHECK_ROW(name, span_equal(out_view(&out), rows[i].out)))
			fprintf(stderr, "  got %.*s\n", (int)out.n, (char *)out.p);
		for (size_t n = 0; n < rows[i].in.n; n++)
			run(set, &rows[i], from_column, span_of(rows[i].in.p, n), &out);
		CHECK(!out.failed);
		out_free(&out);
	}
}

static void
keyed(const struct mask_set *set)
{
	struct row row = { .mask = M_NAME_HASH, .type = TEXT };
	struct out a = out_new(1000), b = out_new(1000);
	uint8_t key[MASK_KEY_SIZE], digest[32], other[32];
	uint8_t labelled[] = "hash\0Ann";
	unsigned int size = sizeof(digest);
	char hex[33];

	memset(key, M_NAME_HASH + 1, sizeof(key));
	HMAC(EVP_sha256(), key, sizeof(key), labelled, sizeof(labelled) - 1, digest, &size);
	mask_hmac(key, "hash", SPAN("Ann"), other);
	CHECK(memcmp(digest, other, 32) == 0);
	for (int i = 0; i < 16; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	CHECK(run(set, &row, true, SPAN("Ann"), &a) == MASK_EDITED);
	CHECK(a.n == 35 && memcmp(a.p, "h1:", 3) == 0 && memcmp(a.p + 3, hex, 32) == 0);
	row.mask = M_NAME_TOKEN;
	CHECK(run(set, &row, true, SPAN("Ann"), &b) == MASK_EDITED);
	CHECK(b.n == 16 && memcmp(b.p, "tok_", 4) == 0);
	out_clear(&a);
	CHECK(run(set, &row, true, SPAN("Ann"), &a) == MASK_EDITED);
	CHECK(span_equal(out_view(&a), out_view(&b)));	/* the same again */
	out_clear(&a);
	CHECK(run(set, &row, true, SPAN("Anne"), &a) == MASK_EDITED);
	CHECK(!span_equal(out_view(&a), out_view(&b)));
	out_clear(&a);
	CHECK(run(set, &row, true, SPAN("a value of twenty-one"), &a) == MASK_EDITED && a.n == 24);
	out_clear(&a);
	CHECK(run(set, &row, true, SPAN("a value of more than thirty-two bytes"), &a) == MASK_EDITED && a.n == 30);
	out_clear(&a);
	row.type = JSONB, row.is_binary = true;
	CHECK(run(set, &row, true, SPAN("\1{}"), &a) == MASK_EDITED && a.n == 19 && a.p[0] == 1 && a.p[1] == '"');
	out_free(&a);
	out_free(&b);
}

/* Of what is computed from a hidden column no way tells anything, not even a token. */
static void
derived_values(const struct mask_set *set)
{
	static const unsigned int ways[] = {
		M_NAME_PARTIAL, M_NAME_HASH, M_NAME_TOKEN,
	};
	struct out out = out_new(1000);

	derived = true;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct row row = { .mask = ways[i], .type = TEXT };

		CHECK(run(set, &row, true, SPAN("41111111"), &out) == MASK_EDITED);
		CHECK(span_is(out_view(&out), "[redacted]"));
		out_clear(&out);
		row.type = JSON;
		CHECK(run(set, &row, true, SPAN("\"4111\""), &out) == MASK_EDITED);
		CHECK(span_is(out_view(&out), "\"[redacted]\""));
		out_clear(&out);
	}
	struct row row = { .mask = M_NAME_NULL, .type = TEXT };
	CHECK(run(set, &row, true, SPAN("4111"), &out) == MASK_NULLED);
	derived = false;
	out_free(&out);
}

static void
strictest_and_tally(const struct mask_set *set)
{
	struct mask_column column = { .type = TEXT };
	uint64_t both = 1 << M_PARTIAL | 1 << M_HASH | 1 << M_SECRETS | 1 << M_EMAIL;
	struct out out = out_new(1000);
	struct mask_tally tally = { 0 };
	struct mask_plan *plan = NULL;

	CHECK(mask_plan_new(&plan, set, both, &column, 1, NULL, 0) == 0);
	CHECK(!mask_plan_is_empty(plan));
	CHECK(mask_value(plan, 0, SPAN(CARD " a@b.org c@d.org"), &out, &tally) == MASK_EDITED);
	CHECK(span_is(out_view(&out), "[redacted] [redacted] [redacted]"));
	CHECK(tally.hits[M_SECRETS] == 3 && tally.hits[M_EMAIL] == 0);
	mask_plan_free(&plan);
	out_clear(&out);
	CHECK(mask_plan_new(&plan, set, both | 1 << M_NULL, &column, 1, NULL, 0) == 0);
	CHECK(mask_value(plan, 0, SPAN("a@b.org " CARD), &out, &tally) == MASK_NULLED);
	CHECK(out.n == 0);
	mask_plan_free(&plan);
	out_free(&out);
	out = out_new(4);
	CHECK(mask_plan_new(&plan, set, both, &column, 1, NULL, 0) == 0);
	CHECK(mask_value(plan, 0, SPAN(CARD), &out, &tally) == MASK_EDITED && out.failed);
	mask_plan_free(&plan);
	out_free(&out);
}

static void
sets(void)
{
	struct view_mask bad[] = { { .name = "x", .detectors = BIT(DETECT_PATTERN), .pattern = "(" } };
	struct view_worker view = { .masks = bad, .mask_count = 1 };
	uint8_t keys[1][MASK_KEY_SIZE] = { { 0 } };
	struct mask_set *set = NULL;

	CHECK(mask_set_new(&set, &view, (const uint8_t (*)[MASK_KEY_SIZE])keys) < 0 && !set);
	view.mask_count = MASKS_MAX + 1;
	CHECK(mask_set_new(&set, &view, (const uint8_t (*)[MASK_KEY_SIZE])keys) < 0 && !set);
	view.mask_count = 0;
	CHECK(mask_set_new(&set, &view, (const uint8_t (*)[MASK_KEY_SIZE])keys) == 0 && set);
	mask_set_free(&set);
	mask_set_free(&set);
	CHECK(!set);
}

/* Bytes of every kind through every type: no crash, and edited JSON keeps its quotes even. */
static void
noise(const struct mask_set *set)
{
	static const char *const pieces[] = {
		CARD, "a@b.org", "\"", "\\", "\\\"", "{", "}", ",", ":", " ", "1", "\\u0041",
		"-----BEGIN PRIVATE KEY-----", "10.0.0.1", "\xc3\xa9", "\xff", "\n", "\\n", "+14155550123",
	};
	static const uint32_t types[] = { TEXT, JSON, JSONB, INT8, NUMERIC, FLOAT8, INET, TEXTS, RECORD, OWN, INT8S };
	struct out out = out_new(1 << 16);

	srandom(2);
	for (int round = 0; round < 20000; round++) {
		struct row row = { .mask = random() % 2 ? M_SECRETS : M_PARTIAL };
		uint8_t room[600];
		size_t n = 0;

		for (int i = (int)(random() % 12); i > 0; i--) {
			struct span piece = span_text(pieces[(size_t)random() % COUNT(pieces)]);

			memcpy(room + n, piece.p, piece.n);
			n += piece.n;
		}
		row.type = types[(size_t)random() % COUNT(types)];
		row.is_binary = random() % 2;
		out_clear(&out);
		run(set, &row, random() % 8 == 0, span_of(room, n), &out);
		if (out.failed)
			CHECK(!"room");
	}
	out_free(&out);
}

int
main(void)
{
	struct mask_set *set = sample_set();

	check_rows(set, detected, COUNT(detected), false);
	check_rows(set, hidden, COUNT(hidden), true);
	keyed(set);
	derived_values(set);
	strictest_and_tally(set);
	sets();
	noise(set);
	mask_set_free(&set);
	return check_end();
}
