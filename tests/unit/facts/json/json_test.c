/*
 * Texts as rows: what cannot be read, and why; then what a good one is made of. All
 * beginnings of a good text are faults, and it is read the same beside a cliff.
 */
#include "facts/json/json.h"

#include "base/arena.h"
#include "check.h"

static const struct {
	const char *name;
	struct span text;
	const char *fault;	/* NULL: good */
	uint32_t count;
} rows[] = {
	{ "nothing", SPAN(""), "not JSON", 0 },
	{ "blanks", SPAN(" \n"), "not JSON", 0 },
	{ "null", SPAN(" null\t"), NULL, 1 },
	{ "a number", SPAN("-12.5e+3"), NULL, 1 },
	{ "an empty object", SPAN("{ }"), NULL, 1 },
	{ "an empty list", SPAN("[]"), NULL, 1 },
	{ "both", SPAN("{\"a\":[1,{\"b\":true}],\"c\":\"d\"}"), NULL, 6 },
	{ "a zero before", SPAN("[01]"), "not JSON", 0 },
	{ "a dot behind", SPAN("[1.]"), "not JSON", 0 },
	{ "a plus", SPAN("[+1]"), "not JSON", 0 },
	{ "a comma too much", SPAN("[1,]"), "not JSON", 0 },
	{ "a comma before", SPAN("[,1]"), "not JSON", 0 },
	{ "a comma in an object", SPAN("{\"a\":1,}"), "not JSON", 0 },
	{ "no comma", SPAN("[1 2]"), "not JSON", 0 },
	{ "no colon", SPAN("{\"a\" 1}"), "not JSON", 0 },
	{ "a key without quotes", SPAN("{a:1}"), "not JSON", 0 },
	{ "single quotes", SPAN("['a']"), "not JSON", 0 },
	{ "a comment", SPAN("[1/**/]"), "not JSON", 0 },
	{ "two values", SPAN("{} {}"), "not JSON", 0 },
	{ "closed otherwise", SPAN("[1}"), "not JSON", 0 },
	{ "not closed", SPAN("[1"), "not JSON", 0 },
	{ "NaN", SPAN("[NaN]"), "not JSON", 0 },
	{ "a word cut", SPAN("[tru]"), "not JSON", 0 },
	{ "a word and more", SPAN("[trues]"), "not JSON", 0 },
	{ "a line's end in a text", SPAN("[\"a\nb\"]"), "not JSON", 0 },
	{ "an unknown escape", SPAN("[\"\\x\"]"), "not JSON", 0 },
	{ "an escape cut", SPAN("[\"\\u12\"]"), "not JSON", 0 },
	{ "half a pair", SPAN("[\"\\ud83d\"]"), "not JSON", 0 },
	{ "the other half", SPAN("[\"\\ude00\"]"), "not JSON", 0 },
	{ "a pair turned round", SPAN("[\"\\ude00\\ud83d\"]"), "not JSON", 0 },
	{ "a pair", SPAN("[\"\\ud83d\\ude00\"]"), NULL, 2 },
	{ "a mark before", SPAN("\xef\xbb\xbf{}"), "not JSON", 0 },
	{ "Latin-1", SPAN("[\"\xe9\"]"), "not UTF-8", 0 },
	{ "an overlong slash", SPAN("[\"\xc0\xaf\"]"), "not UTF-8", 0 },
	{ "a key twice", SPAN("{\"a\":1,\"b\":2,\"a\":3}"), "key twice", 0 },
	{ "a key twice, escaped", SPAN("{\"a\":1,\"\\u0061\":3}"), "key twice", 0 },
	{ "a key twice, in another case", SPAN("{\"amount\":1,\"Amount\":3}"), "key twice", 0 },
	{ "deep inside", SPAN("[{\"x\":[{\"a\":1,\"a\":2}]}]"), "key twice", 0 },
	{ "a key in two objects", SPAN("[{\"a\":1},{\"a\":2},{\"b\":{\"a\":1}}]"), NULL, 8 },
	{ "a NUL in a key", SPAN("{\"a\\u0000b\":1}"), "NUL", 0 },
	{ "a NUL in a text", SPAN("{\"a\":\"\\u0000\"}"), NULL, 2 },
};

static bool
has(const char *text, const char *part)
{
	return text && strstr(text, part);
}

static void
check_rows(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_tree tree;

		CHECK_ROW(rows[i].name, json_read(on_cliff(rows[i].text), arena, &tree) == 0);
		CHECK_ROW(rows[i].name, rows[i].fault ? has(tree.fault, rows[i].fault) : !tree.fault);
		CHECK_ROW(rows[i].name, tree.count == rows[i].count);
	}
}

static void
check_tree(struct arena *arena)
{
	static const struct span text = SPAN("{\"a\": [1, {\"b\\n\": \"\\u00e9\\\"\"}], \"c\": null}");
	struct json_tree tree;
	const struct json_value *v;

	for (size_t cut = 0; cut < text.n; cut++) {
		CHECK(json_read(on_cliff(span_head(text, cut)), arena, &tree) == 0);
		CHECK(tree.fault && tree.count == 0);
	}
	CHECK(json_read(text, arena, &tree) == 0 && tree.count == 6);
	v = tree.values;
	CHECK(v[0].kind == JSON_IS_OBJECT && v[0].next == 6 && span_equal(v[0].text, text));
	CHECK(v[1].kind == JSON_IS_LIST && v[1].next == 5 && v[1].parent == 0 && span_is(v[1].key, "a"));
	CHECK(v[2].kind == JSON_IS_NUMBER && v[2].parent == 1 && span_is(v[2].text, "1"));
	CHECK(v[3].kind == JSON_IS_OBJECT && v[3].parent == 1 && v[3].next == 5);
	CHECK(v[4].kind == JSON_IS_TEXT && v[4].parent == 3 && span_is(v[4].key, "b\n") && span_is(v[4].text, "\xc3\xa9\""));
	CHECK(v[5].kind == JSON_IS_NULL && span_is(v[5].key, "c") && v[5].parent == 0);
	CHECK(json_member(&tree, 0, "c") == &v[5] && json_member(&tree, 0, "d") == NULL && json_member(&tree, 1, "c") == NULL);
	CHECK(span_is(v[3].text, "{\"b\\n\": \"\\u00e9\\\"\"}"));
}

/* Each limit by one, and memory that is not enough. */
static void
check_limits(struct arena *arena)
{
	static char text[4 * JSON_VALUES_MOST];
	struct json_tree tree;
	struct arena *small = arena_new(512);

	memset(text, '[', JSON_DEPTH_MOST + 1);
	memset(text + JSON_DEPTH_MOST + 1, ']', JSON_DEPTH_MOST + 1);
	CHECK(json_read(span_of(text, 2 * JSON_DEPTH_MOST + 2), arena, &tree) == 0 && has(tree.fault, "too deep"));
	CHECK(json_read(span_of(text + 1, 2 * JSON_DEPTH_MOST), arena, &tree) == 0 && tree.count == JSON_DEPTH_MOST);
	text[0] = '[';
	for (size_t i = 0; i < JSON_VALUES_MOST; i++)
		memcpy(text + 1 + 2 * i, "1,", 2);
	text[2 * JSON_VALUES_MOST] = ']';
	CHECK(json_read(span_of(text, 2 * JSON_VALUES_MOST + 1), arena, &tree) == 0 && has(tree.fault, "too many"));
	text[2 * JSON_VALUES_MOST - 2] = ']';
	CHECK(json_read(span_of(text, 2 * JSON_VALUES_MOST - 1), arena, &tree) == 0 && tree.count == JSON_VALUES_MOST);
	CHECK(json_read(SPAN("[1]"), small, &tree) < 0);
	arena_free(&small);
}

int
main(void)
{
	struct arena *arena = arena_new(64 << 20);

	check_rows(arena);
	check_tree(arena);
	check_limits(arena);
	arena_free(&arena);
	return check_end();
}
