/*
 * Random JSON: where no mask touches it, it leaves as it came, and with every detector on
 * what leaves is JSON that says the same but for texts with hits. Cut at random.
 */
#include <jansson.h>

#include "check.h"

#include "body_sample.h"

#define TEXTS 3000

static uint32_t chance = 11;

static uint32_t
any(uint32_t below)
{
	chance = chance * 1664525u + 1013904223u;
	return (chance >> 8) % below;
}

static void
put_blanks(struct out *out)
{
	while (any(4) == 0)
		out_u8(out, (uint8_t)" \t\r\n"[any(4)]);
}

static void
put_string(struct out *out)
{
	static const char *const pieces[] = {
		"a", "bc", "Ann ", "12", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\ud800x", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "{", "[", "]", ":", ",", "the quick brown fox ", "-", ".", "@",
	};

	out_u8(out, '"');
	for (uint32_t n = any(12); n; n--)
		out_span(out, span_text(pieces[any(COUNT(pieces))]));
	out_u8(out, '"');
}

static void
put_value(struct out *out, unsigned int depth)
{
	static const char *const words[] = { "true", "false", "null", "0", "-1", "12.50", "1e9", "-0.0E-2", "123456" };
	uint32_t kind = any(depth > 5 ? 2 : 4);
	uint32_t n = any(6);

	put_blanks(out);
	if (kind == 0)
		put_string(out);
	else if (kind == 1)
		out_span(out, span_text(words[any(COUNT(words))]));
	for (uint32_t i = 0; kind > 1 && i < n; i++) {
		out_u8(out, i ? ',' : kind == 2 ? '[' : '{');
		if (kind == 3) {
			put_blanks(out);
			put_string(out);
			put_blanks(out);
			out_u8(out, ':');
		}
		put_value(out, depth + 1);
	}
	if (kind > 1)
		out_span(out, n == 0 ? (kind == 2 ? SPAN("[]") : SPAN("{}")) : kind == 2 ? SPAN("]") : SPAN("}"));
	put_blanks(out);
}

int
main(void)
{
	struct mask_set *set = body_set();

	for (int i = 0; i < TEXTS; i++) {
		struct out in = out_new(1 << 20), out = out_new(1 << 20), other = out_new(1 << 20);
		struct mask_tally tally = { 0 }, again = { 0 };
		struct cutting how = { 1 + any(40), 1 + any(40) };

		put_value(&in, 0);
		out_u8(&in, 0);	/* for strspn() */
		in.n--;
		CHECK(body_run(set, BIT(B_PRICE), MASK_FORM_JSON, out_view(&in), how, &out, &tally));
		CHECK(span_equal(out_view(&out), out_view(&in)));
		out_clear(&out);
		CHECK(body_run(set, BIT(B_ALL) | BIT(B_ANY_CARD), MASK_FORM_JSON, out_view(&in), (struct cutting){ 0 }, &out, &tally));
		CHECK(body_run(set, BIT(B_ALL) | BIT(B_ANY_CARD), MASK_FORM_JSON, out_view(&in), how, &other, &again));
		CHECK(span_equal(out_view(&out), out_view(&other)) && !memcmp(&tally, &again, sizeof(tally)));
		if (!memmem(in.p, in.n, "\\ud800", 6)) {	/* which jansson refuses */
			json_t *json = json_loadb((const char *)out.p, out.n, JSON_DECODE_ANY, NULL);

			CHECK(json != NULL);
			json_decref(json);
		}
		for (size_t cut = 0; cut < in.n && i < 200; cut++) {	/* a beginning is none, but for blanks and numbers */
			out_clear(&out);
			CHECK(!body_run(set, BIT(B_ALL), MASK_FORM_JSON, span_head(out_view(&in), cut), how, &out, &tally) ||
			    strspn((const char *)in.p, " \t\r\n") >= cut || !memchr("[{\"", in.p[strspn((const char *)in.p, " \t\r\n")], 3) ||
			    strspn((const char *)in.p + cut, " \t\r\n") >= in.n - cut);
		}
		out_free(&in);
		out_free(&out);
		out_free(&other);
	}
	mask_set_free(&set);
	return check_end();
}
