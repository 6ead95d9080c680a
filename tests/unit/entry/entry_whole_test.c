/*
 * An entry with its bodies in it says all that it said before, the bodies in their
 * places, and is read as JSON like any other; what is no body is not put in.
 */
#include "entry/entry_whole.h"

#include <jansson.h>

#include "check.h"
#include "entry.h"
#include "entry/entry_json.h"

#define DIGEST SPAN("0123456789abcdef0123456789abcdef")

static uint8_t room[ENTRY_LIMIT];

static struct span
make(bool has_text, bool has_values)
{
	struct entry e;
	struct span out;

	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_TARGET, SPAN("shop"));
	if (has_text)
		entry_text(&e, KEY_TEXT, SPAN("the beginning"));
	if (has_values) {
		entry_array(&e, KEY_VALUES, 1);
		entry_item_text(&e, SPAN("x"));
	}
	entry_bytes(&e, KEY_TEXT_DIGEST, DIGEST);
	entry_text(&e, KEY_VERDICT, SPAN("allow"));
	entry_bytes(&e, KEY_TEXT_BLOB, DIGEST);
	CHECK(entry_end(&e, &out) == 0);
	return out;
}

static const struct {
	const char *name;
	bool has_text, has_values;
	struct span text, values;
	const char *json;	/* between target and digest; NULL: refused */
} rows[] = {
	{ "no body", true, true, SPAN(""), SPAN(""),
	    "\"text\":\"the beginning\",\"values\":[\"x\"]," },
	{ "text", true, true, SPAN("select 'é'\n\xff"), SPAN(""),
	    "\"text\":\"select 'é'\\n\\\\xff\",\"values\":[\"x\"]," },
	{ "values", true, false, SPAN(""), SPAN("\x84\x61" "a\xf6\x42\xff\0\x60"),
	    "\"text\":\"the beginning\",\"values\":[\"a\",null,\"ff00\",\"\"]," },
	{ "values for others", true, true, SPAN(""), SPAN("\x80"),
	    "\"text\":\"the beginning\",\"values\":[]," },
	{ "both", false, false, SPAN("t"), SPAN("\x81\x61v"), "\"text\":\"t\",\"values\":[\"v\"]," },
	{ "not an array", true, false, SPAN(""), SPAN("\x61v"), NULL },
	{ "numbers", true, false, SPAN(""), SPAN("\x81\x01"), NULL },
	{ "a list in it", true, false, SPAN(""), SPAN("\x81\x80"), NULL },
	{ "one too few", true, false, SPAN(""), SPAN("\x82\x61v"), NULL },
	{ "one too many", true, false, SPAN(""), SPAN("\x81\x61v\x61v"), NULL },
	{ "not UTF-8", true, false, SPAN(""), SPAN("\x81\x61\xff"), NULL },
	{ "longer than it is", true, false, SPAN(""), SPAN("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x61v"), NULL },
};

static void
table(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out whole = out_new(1 << 16), json = out_new(1 << 16), right = out_new(1 << 16);
		struct span entry = make(rows[i].has_text, rows[i].has_values);
		bool made = entry_make_whole(on_cliff(entry), on_cliff(rows[i].text),
		    on_cliff(rows[i].values), &whole);

		CHECK_ROW(rows[i].name, made == (rows[i].json != NULL));
		if (made) {
			CHECK_ROW(rows[i].name, entry_is_formed(on_cliff(out_view(&whole))));
			CHECK_ROW(rows[i].name, entry_json(out_view(&whole), &json));
			out_printf(&right, "{\"version\":1,\"kind\":\"ask\",\"target\":\"shop\",%s"
			    "\"text_digest\":\"3031323334353637383961626364656630313233343536373839616263646566\","
			    "\"verdict\":\"allow\","
			    "\"text_blob\":\"3031323334353637383961626364656630313233343536373839616263646566\"}",
			    rows[i].json);
			CHECK_ROW(rows[i].name, span_equal(out_view(&json), out_view(&right)));
		}
		for (size_t n = 0; n < entry.n; n++)
			CHECK_ROW(rows[i].name, !entry_make_whole(on_cliff(span_head(entry, n)),
			    rows[i].text, rows[i].values, &whole));
		for (size_t n = 1; made && n < rows[i].values.n; n++)
			CHECK_ROW(rows[i].name, !entry_make_whole(entry, rows[i].text,
			    on_cliff(span_head(rows[i].values, n)), &whole));
		out_free(&whole);
		out_free(&json);
		out_free(&right);
	}
}

/* As long as bodies can be: no entry any more, but read like one. */
static void
longest(void)
{
	struct out text = out_new(ENTRY_BLOB_LIMIT), values = out_new(ENTRY_BLOB_LIMIT);
	struct out whole = out_new(64u << 20), json = out_new(64u << 20), little = out_new(1000);
	struct span entry = make(true, false);
	json_t *read;

	out_zero(&text, ENTRY_BLOB_LIMIT);
	memset(text.p, 'a', text.n);
	out_bytes(&values, "\x82\x5a\0\x10\0\0", 6);
	out_zero(&values, 1 << 20);
	out_u8(&values, 0xf6);
	CHECK(entry_make_whole(entry, out_view(&text), out_view(&values), &whole));
	CHECK(!entry_is_valid(out_view(&whole)) && entry_is_formed(out_view(&whole)));
	CHECK(entry_json(out_view(&whole), &json));
	read = json_loadb((char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_string_length(json_object_get(read, "text")) == ENTRY_BLOB_LIMIT);
	CHECK(json_array_size(json_object_get(read, "values")) == 2);
	json_decref(read);
	CHECK(!entry_make_whole(entry, out_view(&text), span_of(NULL, 0), &little));
	out_free(&text);
	out_free(&values);
	out_free(&whole);
	out_free(&json);
	out_free(&little);
}

int
main(void)
{
	table();
	longest();
	return check_end();
}
