/*
 * A model's text that comes in pieces, one of each event: however it is cut and escaped, what leaves is what masks leave of
 * the whole, in as many events; and where nothing is found, each byte is as it came.
 */
#include <jansson.h>

#include "check.h"

#include "body_sample.h"
#include "mask/body_delta.h"
#include "mask/body_inside.h"

#define TEXTS 5000

static uint32_t chance = 5;

static uint32_t
any(uint32_t below)
{
	chance = chance * 1664525u + 1013904223u;
	return (chance >> 8) % below;
}

/* ---- rows ---------------------------------------------------------------------------- */

#define CHAT(index, text) "data: {\"choices\":[{\"index\":" #index ",\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define BLOCK(index, text) "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":" #index \
	",\"delta\":{\"type\":\"text_delta\",\"text\":\"" text "\"}}\n\n"
#define INPUT(text) "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"partial_json\":\"" text "\"}}\r\n\r\n"
#define SAID(item, text) "data: {\"type\":\"response.output_text.delta\",\"output_index\":" #item ",\"delta\":\"" text "\"}\n\n"
#define CALL(index, text) "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":" #index \
	",\"function\":{\"arguments\":\"" text "\"}}]}}]}\n\n"
#define PING "event: ping\ndata: {\"type\":\"ping\"}\n\n"
#define STOP "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"

static const struct body_row rows[] = {
	{ BIT(B_ALL), SPAN(CHAT(0, "my 4111") CHAT(0, "11111111") CHAT(0, "1111 ok")),
	    SPAN(CHAT(0, "my [redacted]") CHAT(0, "") CHAT(0, " ok")), 1 },
	{ BIT(B_CARD_PARTIAL), SPAN(BLOCK(0, "4111 1111") PING BLOCK(0, " 1111 1111") STOP),
	    SPAN(BLOCK(0, "**** **** **** 1111") PING BLOCK(0, "") STOP), 1 },
	{ BIT(B_CARD_NULL), SPAN(BLOCK(0, "a 41111111") BLOCK(0, "11111111 b")), SPAN(BLOCK(0, "a [redacted]") BLOCK(0, " b")), 1 },
	{ BIT(B_ALL), SPAN(CHAT(0, "41111111") CHAT(1, "41111111") CHAT(0, "11111111") CHAT(1, "2")),
	    SPAN(CHAT(0, "[redacted]") CHAT(1, "41111111") CHAT(0, "") CHAT(1, "2")), 1 },
	{ BIT(B_ALL), SPAN(SAID(0, "411111\\u0031") SAID(0, "111111111") SAID(1, "x")), SPAN(SAID(0, "[redacted]") SAID(0, "") SAID(1, "x")), 1 },
	{ BIT(B_ALL), SPAN(INPUT("{\\\"card\\\": 411111") INPUT("1111111111") INPUT("}")),
	    SPAN(INPUT("{\\\"card\\\": \\\"[redacted]\\\"") INPUT("") INPUT("}")), 1 },
	{ BIT(B_ALL), SPAN(CALL(0, "{\\\"a\\\":\\\"41111111") CALL(1, "{}") CALL(0, "11111111\\\"}")),
	    SPAN(CALL(0, "{\\\"a\\\":\\\"[redacted]") CALL(1, "{}") CALL(0, "\\\"}")), 1 },
	{ BIT(B_PATTERN), SPAN(CHAT(0, "of PR") CHAT(0, "J-12") CHAT(0, "34\\nand") "data: [DONE]\n\n"),
	    SPAN(CHAT(0, "of [redacted]") CHAT(0, "") CHAT(0, "\\nand") "data: [DONE]\n\n"), 1 },
	{ BIT(B_ALL), SPAN("data: {\"choices\":[{\"delta\":{\"cont\\u0065nt\":\"41111111\"}}]}\n\n" CHAT(0, "11111111")),
	    SPAN("data: {\"choices\":[{\"delta\":{\"cont\\u0065nt\":\"[redacted]\"}}]}\n\n" CHAT(0, "")), 1 },
	/* after the end of a text another begins */
	{ BIT(B_ALL), SPAN(BLOCK(0, "41111111") STOP BLOCK(0, "11111111")), SAME, 0 },
	{ BIT(B_ALL), SPAN("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"41111111\"},\"finish_reason\":\"stop\"}]}\n\n" CHAT(0, "11111111")), SAME, 0 },
	/* what the rest of an event has is looked at by itself */
	{ BIT(B_ALL), SPAN("data: {\"id\":\"" CARD "\",\"choices\":[{\"delta\":{\"content\":\"4111\"}}]}\n\n" CHAT(0, "111111111111")),
	    SPAN("data: {\"id\":\"[redacted]\",\"choices\":[{\"delta\":{\"content\":\"[redacted]\"}}]}\n\n" CHAT(0, "")), 2 },
	{ BIT(B_ALL), SPAN("data: {\"delta\":{\"text\":\"" CARD "\"}}\n\n"), SPAN("data: {\"delta\":{\"text\":\"[redacted]\"}}\n\n"), 1 },
	{ BIT(B_ALL), SPAN("data: {\"choices\":[{\"delta\":{\"content\":\"a\",\"content\":\"b\"}}]}\n\n"), REFUSED, 0 },
	{ BIT(B_ALL), SPAN("data: {\"choices\":[{\"delta\":{\"content\":\"4111\"}}]\n\n"), SAME, 0 },
	{ BIT(B_ALL), SPAN(CHAT(0, "1") CHAT(1, "1") CHAT(2, "1") CHAT(3, "1") CHAT(4, "1") CHAT(5, "1") CHAT(6, "1") CHAT(7, "1")
	    CHAT(8, "1") CHAT(9, "1") CHAT(10, "1") CHAT(11, "1") CHAT(12, "1") CHAT(13, "1") CHAT(14, "1") CHAT(15, "1")), SAME, 0 },
	{ BIT(B_ALL), SPAN(CHAT(0, "1") CHAT(1, "1") CHAT(2, "1") CHAT(3, "1") CHAT(4, "1") CHAT(5, "1") CHAT(6, "1") CHAT(7, "1")
	    CHAT(8, "1") CHAT(9, "1") CHAT(10, "1") CHAT(11, "1") CHAT(12, "1") CHAT(13, "1") CHAT(14, "1") CHAT(15, "1") CHAT(16, "1")),
	    REFUSED, 0 },
};

/* ---- any text --------------------------------------------------------------------------- */

static void
put_words(struct out *out, uint32_t most)
{
	static const char *const words[] = {
		"the ", "number ", "is ", "password: ", "ssn ", "card, ", "Hello ", "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111",
		"GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000", "+1 (415) 555-2671", "ann@example.com", "123-45-6789", "10.0.0.17",
		"AKIAIOSFODNN7EXAMPLE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "DEUTDEFF", "postgres://ann:s3cret@db/x ", "\n", " ", " ", ".", ",",
		"1", "22", "-", "\xc3\xa9", "\xef\xbc\x94", "\xe5\x8d\xa1\xe5\x8f\xb7", "\xf0\x9f\x98\x80", "\"", "\\", "xQ9zR4kLm2Wp8Vt6 ",
		"tel ", "passport ", "secret= ", "{\"", "\": ", "}",
		"-----BEGIN PRIVATE KEY-----\nMIIEvQ\nabc ", "-----END PRIVATE KEY-----\n",
	};

	for (uint32_t n = 1 + any(14); n; n--)
		out_span(out, span_text(words[any(COUNT(words) - 2 + most)]));
}

/* Words in JSON, without keys, for what goes over the end of a string hides all of it. */
static void
put_object(struct out *out)
{
	struct out words = out_new(1 << 16);

	out_span(out, SPAN("{\"a\": [true"));
	for (uint32_t n = any(5); n; n--) {
		out_clear(&words);
		put_words(&words, 0);
		out_span(out, any(4) ? SPAN(", \"") : SPAN(", 4111111111111111, \""));
		string_write(out_view(&words), out);
		out_u8(out, '"');
	}
	out_span(out, SPAN("]}"));
	out_free(&words);
}

/* One character, as it is or escaped. */
static void
put_character(struct out *out, struct span c)
{
	if (c.n == 1 && (c.p[0] < ' ' || c.p[0] == '"' || c.p[0] == '\\' || any(9) == 0))
		out_printf(out, "\\u%04X", c.p[0]);
	else
		out_span(out, c);
}

enum { KIND_OF_CHAT, KIND_OF_BLOCK, KIND_OF_INPUT, KIND_OF_SAID, KINDS };

static void
put_event(struct out *out, int api, struct span piece)
{
	static const char *const heads[KINDS] = {
		"data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"delta\":{\"content\":\"",
		"event: x\ndata:{\"delta\":{\"text\":\"", "data: {\"delta\": {\"partial_json\":\"", "data: {\"delta\":\"",
	}, *const tails[KINDS] = {
		"\"},\"index\":3}]}\n\n", "\"},\"type\":\"content_block_delta\",\"index\":3}\n\n",
		"\"},\n data: x\ndata: \"type\":\"content_block_delta\"}\n\n", "\",\"type\":\"response.output_text.delta\"}\n\n",
	};

	out_span(out, span_text(heads[api]));
	while (piece.n) {
		size_t n = 1;

		while (n < piece.n && (piece.p[n] & 0xc0) == 0x80)
			n++;
		put_character(out, span_head(piece, n));
		piece = span_skip(piece, n);
	}
	out_span(out, span_text(tails[api]));
}

/* The text in events, with others between. Returns how many. */
static int
put_events(struct out *out, int api, struct span text)
{
	int count = 0;

	while (text.n) {
		size_t n = any(3) ? any(6) : any(40);

		n = n < text.n ? n : text.n;
		while (n < text.n && (text.p[n] & 0xc0) == 0x80)
			n++;
		put_event(out, api, span_head(text, n));
		text = span_skip(text, n);
		count++;
		if (any(8) == 0)
			out_span(out, SPAN(PING)), count++;
		if (any(12) == 0)
			out_span(out, SPAN(": still here\n\n")), count++;
		if (any(8) == 0)
			out_span(out, SPAN(CHAT(9, "4"))), count++;
	}
	return count;
}

/* The text that is in events; how many there are. */
static int
read_events(struct span events, int api, struct out *text)
{
	static const char *const ours[KINDS] = { "\"index\":3", "\"text\"", "partial_json", "output_text" };
	int count = 0;

	while (events.n) {
		const uint8_t *end = memmem(events.p, events.n, "\n\n", 2);
		struct span event = span_head(events, end ? (size_t)(end - events.p) + 2 : events.n), line = event;
		struct out data = out_new(1 << 16);
		json_t *json, *at;

		for (; line.n; line = span_skip(line, (size_t)((uint8_t *)memchr(line.p, '\n', line.n) - line.p) + 1))
			if (line.n > 5 && !memcmp(line.p, "data:", 5))
				out_bytes(&data, line.p + 5, (size_t)((uint8_t *)memchr(line.p, '\n', line.n) - line.p) - 5);
		json = data.n && memmem(data.p, data.n, ours[api], strlen(ours[api])) ?
		    json_loadb((const char *)data.p, data.n, JSON_ALLOW_NUL, NULL) : NULL;
		at = json;
		if (api == KIND_OF_CHAT)
			at = json_array_get(json_object_get(at, "choices"), 0);
		at = json_object_get(at, "delta");
		if (api != KIND_OF_SAID)
			at = json_object_get(at, api == KIND_OF_CHAT ? "content" : api == KIND_OF_BLOCK ? "text" : "partial_json");
		if (at)
			out_bytes(text, json_string_value(at), json_string_length(at));
		json_decref(json);
		out_free(&data);
		events = span_skip(events, event.n);
		count++;
	}
	return count;
}

static void
check_any(const struct mask_set *set, const struct mask_lineup *lineup)
{
	struct out text = out_new(1 << 16), events = out_new(1 << 20), masked = out_new(1 << 20), out = out_new(1 << 20), got = out_new(1 << 20);
	struct cutting how = { 1 + any(300), 1 + any(300) };
	struct mask_tally tally = { 0 };
	int api = (int)any(KINDS), count;
	bool right;

	if (api == KIND_OF_INPUT)
		put_object(&text);
	else
		put_words(&text, 2);
	count = put_events(&events, api, out_view(&text));
	if (mask_scan(set, lineup, out_view(&text), api == KIND_OF_INPUT ? FORM_JSON : FORM_MESSAGE, &masked, &tally) == MASK_KEPT)
		out_span(&masked, out_view(&text));
	right = body_run(set, BIT(B_ALL), MASK_FORM_SSE, out_view(&events), how, &out, &tally);
	CHECK(right);
	CHECK(read_events(out_view(&out), api, &got) == count);
	if (!CHECK(span_equal(out_view(&got), out_view(&masked))))
		fprintf(stderr, "api %d text: %.*s\nwant: %.*s\n got: %.*s\n", api, (int)text.n, (const char *)text.p, (int)masked.n,
		    (const char *)masked.p, (int)got.n, (const char *)got.p);
	if (span_equal(out_view(&text), out_view(&masked)))
		CHECK(span_equal(out_view(&out), out_view(&events)));
	out_free(&text);
	out_free(&events);
	out_free(&masked);
	out_free(&out);
	out_free(&got);
}

/* ---- what need not wait ------------------------------------------------------------------- */

static const struct {
	struct span event;
	bool goes;		/* it, and all that wait */
} steps[] = {
	{ SPAN(PING), true }, { SPAN(CHAT(0, "Hello ")), true }, { SPAN(CHAT(0, "there, I am ")), false },
	{ SPAN(CHAT(0, "certain ")), true }, { SPAN(CHAT(0, "about 41")), false }, { SPAN(PING), false },
	{ SPAN(CHAT(0, "22.\\n")), true }, { SPAN(CHAT(1, "22")), false }, { SPAN("data: [DONE]\n\n"), true },
};

static void
check_steps(const struct mask_set *set)
{
	struct out out = out_new(1 << 20);
	struct mask_tally tally = { 0 };
	struct mask_body *body = NULL;
	size_t held = 0;

	CHECK(mask_body_new(&body, set, BIT(B_ALL), MASK_FORM_SSE) == 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		out_clear(&out);
		held += steps[i].event.n;
		CHECK(mask_body_put(body, steps[i].event, false, &out, &tally));
		CHECK_ROW((const char *)steps[i].event.p, out.n == (steps[i].goes ? held : 0));
		held -= out.n;
	}
	mask_body_free(&body);
	out_free(&out);
}

/* A text without end, a digit at a time: as much as fits waits, then its beginning goes. */
static void
check_long(const struct mask_set *set)
{
	struct out out = out_new(1 << 24);
	struct mask_tally tally = { 0 };
	struct mask_body *body = NULL;
	struct out key = out_new(1 << 20);
	bool right = true;

	CHECK(mask_body_new(&body, set, BIT(B_ALL), MASK_FORM_SSE) == 0);
	for (int i = 0; i < 9000 && right; i++)
		right = mask_body_put(body, SPAN(CHAT(0, "7")), false, &out, &tally);
	CHECK(right && out.n > 0);
	right = true;
	out_clear(&out);
	for (int i = 0; i < 100000 && right; i++)	/* but not without bound behind a text that waits */
		right = mask_body_put(body, SPAN(PING PING PING), false, &out, &tally);
	CHECK(!right);
	mask_body_free(&body);

	out_clear(&out);
	CHECK(mask_body_new(&body, set, BIT(B_ALL), MASK_FORM_SSE) == 0);
	CHECK(mask_body_put(body, SPAN(CHAT(0, "-----BEGIN PRIVATE ") CHAT(0, "KEY-----\\n")), false, &out, &tally));
	for (int i = 0; i < 20000; i++)
		CHECK(mask_body_put(body, SPAN(CHAT(0, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\\n")), false, &out, &tally));
	CHECK(mask_body_put(body, SPAN(CHAT(0, "-----END PRIV") CHAT(0, "ATE KEY-----\\nyes")), true, &out, &tally));
	out_free(&key);
	key = out_new(1 << 20);
	read_events(out_view(&out), KIND_OF_CHAT, &key);
	CHECK(!memmem(out.p, out.n, "MIIE", 4) && memmem(out.p, out.n, "\\nyes", 5));
	mask_body_free(&body);
	out_free(&key);
	out_free(&out);
}

/* No beginning of an event has a text, nor is a byte behind it read. */
static void
check_beginnings(void)
{
	static const struct span whole = SPAN("{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"t\\u0065xt\":\"a\\n\"},"
	    "\"choices\":[{\"index\":2,\"delta\":{\"content\":\"b\",\"tool_calls\":[{\"index\":3,\"function\":{\"arguments\":\"{}\"}}]},"
	    "\"finish_reason\":\"stop\"}], \"x\": [[1e5, -0.5, null, {}], []]}");
	struct delta_event event;

	for (size_t n = 0; n < whole.n; n++)
		CHECK(delta_read(on_cliff(span_head(whole, n)), &event) && event.count == 0 && event.ends == DELTA_ENDS_NOTHING);
	CHECK(delta_read(on_cliff(whole), &event) && event.count == 3 && event.ends == DELTA_ENDS_INDEX);
	CHECK(event.texts[0].key.index == 1 && whole.p[event.texts[0].at + 1] == 'a');
	CHECK(event.texts[1].key.index == 2 && whole.p[event.texts[1].at + 1] == 'b');
	CHECK(event.texts[2].key.index == 2 && event.texts[2].key.within == 3 && event.texts[2].is_json);
	CHECK(event.ended_count == 1 && event.ended[0] == 2);
}

int
main(void)
{
	struct mask_set *set = body_set();
	struct mask_lineup lineup;

	body_check(set, MASK_FORM_SSE, rows, COUNT(rows));
	check_beginnings();
	check_steps(set);
	check_long(set);
	mask_lineup_fill(set, BIT(B_ALL), &lineup);
	for (int i = 0; i < TEXTS; i++)
		check_any(set, &lineup);
	mask_set_free(&set);
	return check_end();
}
