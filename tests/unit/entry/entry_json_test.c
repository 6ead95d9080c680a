/* An entry as JSON: names, hex, times, acts, unknown keys; and jansson reads every one. */
#include "entry/entry_json.h"

#include <jansson.h>

#include "check.h"
#include "entry.h"

static uint8_t room[ENTRY_LIMIT];

static void
whole(void)
{
	static const char right[] =
	    "{\"version\":1,\"kind\":\"ask\",\"process\":\"worker/0\","
	    "\"incarnation\":\"fedcba9876543210\","
	    "\"wall\":\"2026-11-22T11:05:28.123456789Z\",\"policy\":\"00ff\","
	    "\"text\":\"SELECT '\\\"\\n\\u0000é'\",\"values\":[\"4\",null],"
	    "\"acts\":[{\"effect\":\"read\",\"object\":\"public.c\","
	    "\"reach\":\"where\",\"columns\":[\"pan\"]},"
	    "{\"effect\":\"session\",\"object\":\"begin\",\"reach\":\"none\","
	    "\"columns\":[]}],\"masked\":{\"pan\":3},"
	    "\"expires\":\"1970-01-01T00:00:00.000000001Z\",\"key_200\":7}";
	struct out out = out_new(1 << 16);
	struct entry e;
	struct span cbor;
	json_t *json;

	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_PROCESS, SPAN("worker/0"));
	entry_uint(&e, KEY_INCARNATION, 0xfedcba9876543210ULL);
	entry_uint(&e, KEY_WALL, 1795345528123456789ULL);
	entry_bytes(&e, KEY_POLICY, SPAN("\x00\xff"));
	entry_text(&e, KEY_TEXT, SPAN("SELECT '\"\n\0é'"));
	entry_array(&e, KEY_VALUES, 2);
	entry_item_text(&e, SPAN("4"));
	entry_item_null(&e);
	entry_array(&e, KEY_ACTS, 2);
	entry_item_array(&e, 4);
	entry_item_text(&e, SPAN("read"));
	entry_item_text(&e, SPAN("public.c"));
	entry_item_uint(&e, 1);
	entry_item_array(&e, 1);
	entry_item_text(&e, SPAN("pan"));
	entry_item_array(&e, 4);
	entry_item_text(&e, SPAN("session"));
	entry_item_text(&e, SPAN("begin"));
	entry_item_uint(&e, 0);
	entry_item_array(&e, 0);
	entry_map(&e, KEY_MASKED, 1);
	entry_item_text(&e, SPAN("pan"));
	entry_item_uint(&e, 3);
	entry_uint(&e, KEY_EXPIRES, 1);
	entry_uint(&e, (enum entry_key)200, 7);
	CHECK(entry_end(&e, &cbor) == 0);
	CHECK(entry_json(on_cliff(cbor), &out));
	CHECK(span_equal(out_view(&out), SPAN(right)));
	json = json_loadb((char *)out.p, out.n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	CHECK(json != NULL);
	json_decref(json);
	for (size_t n = 0; n < cbor.n; n++)
		CHECK(!entry_json(on_cliff(span_head(cbor, n)), &out));
	out_free(&out);
}

/* Acts of another shape, of a later version, are shown as they are. */
static void
other_shapes(void)
{
	static const struct {
		struct span in;
		const char *json;
	} rows[] = {
		{ SPAN("\xa3\0\1\1\1\x18\x26\x80"),
		    "{\"version\":1,\"kind\":\"start\",\"acts\":[]}" },
		{ SPAN("\xa3\0\1\1\1\x18\x26\x81\x05"),
		    "{\"version\":1,\"kind\":\"start\",\"acts\":[5]}" },
		{ SPAN("\xa3\0\1\1\1\x18\x26\x81\x84\x61r\x61o\x09\x80"),
		    "{\"version\":1,\"kind\":\"start\",\"acts\":[[\"r\",\"o\",9,[]]]}" },
		{ SPAN("\xa3\0\1\1\1\x18\x26\x81\x84\x61r\x61o\x01\x05"),
		    "{\"version\":1,\"kind\":\"start\",\"acts\":[[\"r\",\"o\",1,5]]}" },
		{ SPAN("\xa2\0\1\1\x18\xff"), "{\"version\":1,\"kind\":255}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out out = out_new(4096);

		CHECK_ROW(rows[i].json, entry_json(on_cliff(rows[i].in), &out));
		CHECK_ROW(rows[i].json, span_is(out_view(&out), rows[i].json));
		out_free(&out);
	}
}

int
main(void)
{
	whole();
	other_shapes();
	return check_end();
}
