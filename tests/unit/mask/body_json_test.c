/* JSON leaves as it came but for what masks hide, however it is cut, and what is not JSON does not leave. */
#include "check.h"

#include "body_sample.h"

#define ALL BIT(B_ALL)
#define X "[redacted]"

static const struct body_row rows[] = {
	/* nothing to hide: as it came */
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN(" \r\n\t"), SAME, 0 },
	{ ALL, SPAN("null"), SAME, 0 },
	{ ALL, SPAN(" { \"a\" : [ 1 , -0.5e+10, true,false , null ,\"x\\u00e9\\n\" ] } "), SAME, 0 },
	{ ALL, SPAN("[]"), SAME, 0 },
	{ ALL, SPAN("{}"), SAME, 0 },
	{ ALL, SPAN("{\"a\":1,\"a\":2}"), SAME, 0 },
	{ ALL, SPAN("\xef\xbb\xbf[1]"), SAME, 0 },
	{ ALL, SPAN("\"\\ud800 \\udc00\\ud800\""), SAME, 0 },
	{ ALL, SPAN("\"M\xc3\xbcller \xf0\x9f\x98\x80\""), SAME, 0 },
	{ ALL, SPAN("\"{not json\""), SAME, 0 },
	{ ALL, SPAN("\"{\\\"a\\\":\\\"b\\\"}\""), SAME, 0 },
	{ ALL, SPAN("{\"\":0}"), SAME, 0 },
	/* detectors, in strings */
	{ ALL, SPAN("{\"n\":\"" CARD "\"}"), SPAN("{\"n\":\"" X "\"}"), 1 },
	{ ALL, SPAN("[\"a " CARD " b x@y.org\\n\", 1]"), SPAN("[\"a " X " b " X "\\n\", 1]"), 2 },
	{ ALL, SPAN("[\"\\u0034111111111111111\"]"), SPAN("[\"" X "\"]"), 1 },
	{ ALL, SPAN("[\"4111-1111\\u002d1111-1111\"]"), SPAN("[\"" X "\"]"), 1 },
	{ ALL, SPAN("[\"\\\"\\u0001 " CARD "\\ud83d\\ude00\"]"), SPAN("[\"\\\"\\u0001 " X "\xf0\x9f\x98\x80\"]"), 1 },
	{ ALL, SPAN("[\"\\ud83d " CARD "\"]"), SPAN("[\"\xef\xbf\xbd " X "\"]"), 1 },
	{ ALL, SPAN("[\"\xef\xbc\x94" "111111111111111\"]"), SPAN("[\"" X "\"]"), 1 },
	{ BIT(B_CARD_PARTIAL), SPAN("[\"4111-1111-1111-1111\"]"), SPAN("[\"****-****-****-1111\"]"), 1 },
	{ BIT(B_CARD_NULL), SPAN("[ \"my " CARD "\" ]"), SPAN("[ null ]"), 1 },
	{ BIT(B_CARD_NULL), SPAN("[\"\\n" CARD "\"]"), SPAN("[null]"), 1 },
	{ BIT(B_PATTERN), SPAN("{\"see PRJ-1234\":\"PRJ-99999\"}"), SPAN("{\"see " X "\":\"" X "9\"}"), 2 },
	/* in numbers and keys */
	{ ALL, SPAN("{\"n\":" CARD "}"), SPAN("{\"n\":\"" X "\"}"), 1 },
	{ ALL, SPAN("[4.111111111111111e15]"), SPAN("[\"" X "\"]"), 1 },
	{ ALL, SPAN("[4.111111111111111E+15,1E2]"), SPAN("[\"" X "\",1E2]"), 1 },
	{ BIT(B_CARD_PARTIAL), SPAN(CARD), SPAN("\"************1111\""), 1 },
	{ BIT(B_CARD_NULL), SPAN("[" CARD "]"), SPAN("[null]"), 1 },
	{ ALL, SPAN("{\"" CARD "\": {\"x@y.org\":1}}"), SPAN("{\"" X "\": {\"" X "\":1}}"), 2 },
	{ BIT(B_CARD_NULL), SPAN("{\"" CARD "\":1}"), SPAN("{\"" X "\":1}"), 1 },
	{ BIT(B_CARD_NULL), SPAN("{\"\\u0034111111111111111\":1}"), SPAN("{\"" X "\":1}"), 1 },
	/* what it is called */
	{ ALL, SPAN("{\"ssn\":\"536904399\"}"), SPAN("{\"ssn\":\"" X "\"}"), 1 },
	{ ALL, SPAN("{\"ssn\":[536904399]}"), SPAN("{\"ssn\":[\"" X "\"]}"), 1 },
	{ ALL, SPAN("{\"\\u0073sn\":[[536904399]]}"), SPAN("{\"\\u0073sn\":[[\"" X "\"]]}"), 1 },
	{ ALL, SPAN("{\"password\":\"h8Xk29Lm4Pq7Zz\"}"), SPAN("{\"password\":\"" X "\"}"), 1 },
	{ ALL, SPAN("{\"name\":\"h8Xk29Lm4Pq7Zz\",\"ssn\":{\"n\":536904399}}"), SAME, 0 },
	/* fields */
	{ BIT(B_SSN), SPAN("{\"customer\":{\"ssn\":\"x\",\"name\":\"y\"},\"ssn\":\"z\"}"),
	    SPAN("{\"customer\":{\"ssn\":\"" X "\",\"name\":\"y\"},\"ssn\":\"z\"}"), 1 },
	{ BIT(B_SSN), SPAN("[{\"customer\":[{\"ssn\":5},{\"\\u0073sn\":true, \"ssn\" : null}]}]"),
	    SPAN("[{\"customer\":[{\"ssn\":\"" X "\"},{\"\\u0073sn\":\"" X "\", \"ssn\" : null}]}]"), 2 },
	{ BIT(B_SSN), SPAN("{\"customer\":{\"address\": {\"a\":[1,\"" CARD "\",{}]} , \"b\":1}}"),
	    SPAN("{\"customer\":{\"address\": \"" X "\" , \"b\":1}}"), 1 },
	{ BIT(B_SSN), SPAN("{\"customer.ssn\":\"x\",\"customer\":\"{\\\"ssn\\\":1}\"}"),
	    SPAN("{\"customer.ssn\":\"" X "\",\"customer\":\"{\\\"ssn\\\":\\\"" X "\\\"}\"}"), 2 },
	{ BIT(B_PRICE), SPAN("{\"items\":[{\"price\":1}],\"price\":2}"),
	    SPAN("{\"items\":[{\"price\":\"" X "\"}],\"price\":2}"), 1 },
	{ BIT(B_PRICE), SPAN("{\"items\":{\"price\":1}}"), SAME, 0 },
	{ BIT(B_ANY_CARD), SPAN("{\"card\":1,\"a\":{\"b\":[{\"card\":2}],\"card_no\":3,\"cord_\":4,\"card2\":5}}"),
	    SPAN("{\"card\":\"" X "\",\"a\":{\"b\":[{\"card\":\"" X "\"}],\"card_no\":\"" X "\",\"cord_\":\"" X
		"\",\"card2\":5}}"), 4 },
	{ BIT(B_NULL), SPAN("{\"id\":7,\"who\":{\"a\":1},\"x\":0}"), SPAN("{\"id\":null,\"who\":null,\"x\":0}"), 2 },
	{ BIT(B_PARTIAL), SPAN("{\"id\":\"abcdefgh\",\"who\":[12345678,true,null,{\"k\":\"\\u00e9\\\"abcdefghij\"}]}"),
	    SPAN("{\"id\":\"****efgh\",\"who\":[\"****5678\",\"" X "\",null,{\"k\":\"*\\\"******ghij\"}]}"), 4 },
	{ BIT(B_PARTIAL) | BIT(B_NULL), SPAN("{\"who\":[1]}"), SPAN("{\"who\":null}"), 1 },
	{ BIT(B_IN_ARRAY), SPAN("{\"a\":[1,[2],{\"c\":3}],\"b\":4}"),
	    SPAN("{\"a\":[\"" X "\",\"" X "\",\"" X "\"],\"b\":\"" X "\"}"), 4 },
	/* JSON in strings */
	{ ALL, SPAN("[\"{\\\"n\\\":\\\"\\\\u0034111111111111111\\\"}\"]"), SPAN("[\"{\\\"n\\\":\\\"" X "\\\"}\"]"), 1 },
	{ ALL, SPAN("[\" [\\\"" CARD "\\\" , 1]\"]"), SPAN("[\" [\\\"" X "\\\" , 1]\"]"), 1 },
	{ ALL, SPAN("[\"{" CARD "\"]"), SPAN("[\"{" X "\"]"), 1 },
	/* no JSON */
	{ ALL, SPAN("["), REFUSED, 0 },
	{ ALL, SPAN("[1,]"), REFUSED, 0 },
	{ ALL, SPAN("[1}"), REFUSED, 0 },
	{ ALL, SPAN("]"), REFUSED, 0 },
	{ ALL, SPAN("{\"a\"}"), REFUSED, 0 },
	{ ALL, SPAN("{\"a\":1,}"), REFUSED, 0 },
	{ ALL, SPAN("{a:1}"), REFUSED, 0 },
	{ ALL, SPAN("{\"a\" 1}"), REFUSED, 0 },
	{ ALL, SPAN("[1 2]"), REFUSED, 0 },
	{ ALL, SPAN("1 2"), REFUSED, 0 },
	{ ALL, SPAN("01"), REFUSED, 0 },
	{ ALL, SPAN("1."), REFUSED, 0 },
	{ ALL, SPAN("-"), REFUSED, 0 },
	{ ALL, SPAN("1e"), REFUSED, 0 },
	{ ALL, SPAN("+1"), REFUSED, 0 },
	{ ALL, SPAN("1-1"), REFUSED, 0 },
	{ ALL, SPAN("truth"), REFUSED, 0 },
	{ ALL, SPAN("tru"), REFUSED, 0 },
	{ ALL, SPAN("nan"), REFUSED, 0 },
	{ ALL, SPAN("'a'"), REFUSED, 0 },
	{ ALL, SPAN("\"a"), REFUSED, 0 },
	{ ALL, SPAN("\"\\x41\""), REFUSED, 0 },
	{ ALL, SPAN("\"\\u12g4\""), REFUSED, 0 },
	{ ALL, SPAN("\"\\u12"), REFUSED, 0 },
	{ ALL, SPAN("\"\\"), REFUSED, 0 },
	{ ALL, SPAN("\"a\nb\""), REFUSED, 0 },
	{ ALL, SPAN("\"\xff\""), REFUSED, 0 },
	{ ALL, SPAN("\"\xc0\x80\""), REFUSED, 0 },
	{ ALL, SPAN("\"\xed\xa0\x80\""), REFUSED, 0 },
	{ ALL, SPAN("\"\xc3\""), REFUSED, 0 },
	{ ALL, SPAN("\xef\xbb\xbf\xef\xbb\xbf[]"), REFUSED, 0 },
	{ ALL, SPAN("[\xef\xbb\xbf]"), REFUSED, 0 },
	{ ALL, SPAN("[1]/**/"), REFUSED, 0 },
	{ ALL, SPAN("[\0]"), REFUSED, 0 },
	{ ALL, SPAN("\"\0\""), REFUSED, 0 },
};

static const struct body_row lines[] = {
	{ ALL, SPAN(""), SAME, 0 },
	{ ALL, SPAN("{\"a\":1}\n\n[2]\r\n3\n\"x\""), SAME, 0 },
	{ ALL, SPAN("{\"a\":\"" CARD "\"}\n{\"b\":" CARD "}\n"), SPAN("{\"a\":\"" X "\"}\n{\"b\":\"" X "\"}\n"), 2 },
	{ ALL, SPAN("{\"a\":1} {}\n"), REFUSED, 0 },
	{ ALL, SPAN("{\"a\":\n1}\n"), REFUSED, 0 },
	{ ALL, SPAN("{\"a\":1"), REFUSED, 0 },
};

/* The same value gives what it gives as a column. */
static void
test_keyed(const struct mask_set *set)
{
	struct out out = out_new(1 << 16);
	struct mask_tally tally = { 0 };

	CHECK(body_run(set, BIT(B_TOKEN), MASK_FORM_JSON, SPAN("[{\"id\":\"\\u0061\"},{\"id\":\"a\"}]"), (struct cutting){ 0 },
	    &out, &tally));
	CHECK(out.n == strlen("[{\"id\":\"tok_123456789012\"},{\"id\":\"tok_123456789012\"}]"));
	CHECK(out.n == 53 && !memcmp(out.p + 8, out.p + 34, 16) && !memcmp(out.p + 8, "tok_", 4));
	out_clear(&out);
	CHECK(body_run(set, BIT(B_HASH), MASK_FORM_JSON, SPAN("{\"id\":12}"), (struct cutting){ 0 }, &out, &tally));
	CHECK(out.n == strlen("{\"id\":\"h1:\"}") + 32 && !memcmp(out.p + 7, "h1:", 3));
	out_free(&out);
}

static void
put_many(struct out *out, const char *text, size_t times)
{
	while (times--)
		out_span(out, span_text(text));
}

/* Depth and length have limits, and none before them. */
static void
test_limits(const struct mask_set *set)
{
	static const struct {
		size_t opens, letters, digits;
		bool right;
	} cases[] = {
		{ 128, 1, 1, true }, { 129, 1, 1, false }, { 1, (1 << 20) - 1, 1, true }, { 1, (1 << 20) + 1, 1, false },
		{ 1, 1, 1 << 20, true }, { 1, 1, (1 << 20) + 1, false }, { 100000, 1, 1, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cutting hows[] = { { 0 }, { 4096, 4096 }, { 1, 60001 } };
		struct out in = out_new(1 << 23);

		put_many(&in, "[", cases[i].opens);
		put_many(&in, "\"", 1);
		put_many(&in, "a", cases[i].letters);
		put_many(&in, "\",", 1);
		put_many(&in, "1", cases[i].digits);
		put_many(&in, "]", cases[i].opens);
		for (size_t k = 0; k < COUNT(hows); k++) {
			struct out out = out_new(1 << 23);
			struct mask_tally tally = { 0 };
			bool right = body_run(set, BIT(B_CARD_HASH), MASK_FORM_JSON, out_view(&in), hows[k], &out, &tally);

			CHECK(right == cases[i].right);
			CHECK(!right || span_equal(out_view(&out), out_view(&in)));
			out_free(&out);
		}
		out_free(&in);
	}
}

/* JSON in JSON in JSON: looked into so deep, and hidden beyond. */
static void
test_nested(const struct mask_set *set)
{
	for (unsigned int deep = 1; deep < 8; deep++) {
		struct out in = out_new(1 << 20), out = out_new(1 << 20);
		struct mask_tally tally = { 0 };

		out_span(&in, SPAN("[\"\\u0034111111111111111\"]"));
		for (unsigned int i = 0; i < deep; i++) {
			struct out next = out_new(1 << 20);

			out_span(&next, SPAN("[\""));
			for (size_t k = 0; k < in.n; k++) {
				if (in.p[k] == '"' || in.p[k] == '\\')
					out_u8(&next, '\\');
				out_u8(&next, in.p[k]);
			}
			out_span(&next, SPAN("\"]"));
			out_free(&in);
			in = next;
		}
		CHECK(body_run(set, ALL, MASK_FORM_JSON, out_view(&in), (struct cutting){ 0 }, &out, &tally));
		CHECK(memmem(out.p, out.n, X, strlen(X)) && !memmem(out.p, out.n, "1111", 4));
		out_free(&in);
		out_free(&out);
	}
}

/* JSON in a string that is nested too deep is hidden whole; as the data of an event it is refused. */
static void
test_beyond(const struct mask_set *set)
{
	struct out in = out_new(1 << 20), out = out_new(1 << 20);
	struct mask_tally tally = { 0 };

	out_span(&in, SPAN("{\"x\":\""));
	put_many(&in, "[", 200);
	out_span(&in, SPAN("{\\\"card\\\":7}"));
	put_many(&in, "]", 200);
	out_span(&in, SPAN("\"}"));
	CHECK(body_run(set, BIT(B_ANY_CARD), MASK_FORM_JSON, out_view(&in), (struct cutting){ 0 }, &out, &tally));
	CHECK(span_equal(out_view(&out), SPAN("{\"x\":\"" X "\"}")));
	out_clear(&in);
	out_clear(&out);
	out_span(&in, SPAN("data: "));
	put_many(&in, "[", 200);
	out_span(&in, SPAN("{\"card\":7}"));
	put_many(&in, "]", 200);
	out_span(&in, SPAN("\n\n"));
	CHECK(!body_run(set, BIT(B_ANY_CARD), MASK_FORM_SSE, out_view(&in), (struct cutting){ 0 }, &out, &tally));
	out_free(&in);
	out_free(&out);
}

static void
test_end(const struct mask_set *set)
{
	struct mask_body *body = NULL;
	struct out out = out_new(4);
	struct mask_tally tally;

	CHECK(mask_body_is_idle(set, 0) && !mask_body_is_idle(set, ALL) && !mask_body_is_idle(set, BIT(B_SSN)));
	CHECK(mask_body_new(&body, set, ALL, MASK_FORM_JSON) == 0);
	CHECK(mask_body_put(body, SPAN("[]"), true, &out, &tally));
	CHECK(mask_body_put(body, SPAN(""), true, &out, &tally));
	CHECK(!mask_body_put(body, SPAN(" "), true, &out, &tally) && *mask_body_error(body));
	mask_body_free(&body);
	CHECK(mask_body_new(&body, set, ALL, MASK_FORM_JSON) == 0);
	CHECK(!mask_body_put(body, SPAN("[1,2,3]"), true, &out, &tally) && *mask_body_error(body));
	mask_body_free(&body);
	mask_body_free(&body);
	out_free(&out);
}

int
main(void)
{
	struct mask_set *set = body_set();

	body_check(set, MASK_FORM_JSON, rows, COUNT(rows));
	body_check(set, MASK_FORM_NDJSON, lines, COUNT(lines));
	test_keyed(set);
	test_limits(set);
	test_nested(set);
	test_beyond(set);
	test_end(set);
	mask_set_free(&set);
	return check_end();
}
