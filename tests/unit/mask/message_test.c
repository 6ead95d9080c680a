/*
 * Messages of protobuf through masks: what is hidden in each row, at which depth whatever
 * the lengths; what is none is refused; a prefix of a message never passes as another.
 */
#include "mask/message.h"

#include "../proto.h"
#include "check.h"
#include "mask/mask.h"

#define BIT(n) (1u << (n))
#define CARD "4111111111111111"
#define HIDDEN "************1111"
#define NAMES(...) .fields = (const char *[]){ __VA_ARGS__ }, .field_count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)

enum { M_CARD, M_NAMED, M_NULL, M_INNER, M_ARRAY, M_MAP, M_STARS, M_HASH, M_EMAIL, M_NONE, M_JSON, MASKS };
static struct view_mask masks[MASKS] = {
	[M_CARD] = { .name = "card", .pattern = "", .detectors = BIT(DETECT_CARD), .way = WAY_PARTIAL, .keep = 4 },
	[M_NAMED] = { .name = "named", .pattern = "", NAMES("card", "inner.n", "kind", "flag", "raw", "numbers", "amount") },
	[M_NULL] = { .name = "null", .pattern = "", NAMES("**.card", "raw"), .way = WAY_NULL },
	[M_INNER] = { .name = "inner", .pattern = "", NAMES("inner", "group") },
	[M_ARRAY] = { .name = "array", .pattern = "", NAMES("items[].card", "tags[]") },
	[M_MAP] = { .name = "map", .pattern = "", NAMES("notes.ssn") },
	[M_STARS] = { .name = "stars", .pattern = "", NAMES("**") },
	[M_HASH] = { .name = "hash", .pattern = "", NAMES("notes"), .way = WAY_PARTIAL, .keep = 1 },
	[M_EMAIL] = { .name = "email", .pattern = "", .detectors = BIT(DETECT_EMAIL), .way = WAY_NULL },
	[M_NONE] = { .name = "none", .pattern = "", NAMES("no such key") },
	[M_JSON] = { .name = "json", .pattern = "", NAMES("name.pin", "name.pins[]") },
};
static const struct view_worker view = { .masks = masks, .mask_count = MASKS };
static struct mask_set *set;

#define ANY "10:{1:'type.googleapis.com/t.Inner' 2:{1:'"
static const struct {
	const char *name;
	uint64_t active;
	const char *in, *out;	/* NULL: refused; the same: byte for byte */
} rows[] = {
	{ "nothing", BIT(M_CARD), "", "" },
	{ "no hit", BIT(M_CARD), "1:'Ann' 7:42 3:{1:'x'} 99:5 98:'y'", "1:'Ann' 7:42 3:{1:'x'} 99:5 98:'y'" },
	{ "found", BIT(M_CARD), "1:'" CARD "' 7:42", "1:'" HIDDEN "' 7:42" },
	{ "found deep", BIT(M_CARD), "3:{3:{3:{1:'" CARD "'}} 2:1}", "3:{3:{3:{1:'" HIDDEN "'}} 2:1}" },
	{ "in lists", BIT(M_CARD), "4:{1:'" CARD "'} 4:{1:'x'} 16:'" CARD "' 16:'y'", "4:{1:'" HIDDEN "'} 4:{1:'x'} 16:'" HIDDEN "' 16:'y'" },
	{ "in a map", BIT(M_CARD), "5:{1:'k' 2:'" CARD "'}", "5:{1:'k' 2:'" HIDDEN "'}" },
	{ "in its key", BIT(M_CARD), "5:{1:'" CARD "' 2:'x'}", "5:{1:'" HIDDEN "' 2:'x'}" },
	{ "value before key", BIT(M_CARD), "5:{2:'" CARD "' 1:'k'}", "5:{1:'k' 2:'" HIDDEN "'}" },
	{ "map without a key", BIT(M_CARD), "5:{2:'" CARD "'}", "5:{2:'" HIDDEN "'}" },
	{ "in a group", BIT(M_CARD), "13:(1:'" CARD "' 2:1)", "13:(1:'" HIDDEN "' 2:1)" },
	{ "in an Any", BIT(M_CARD), ANY CARD "'}}", ANY HIDDEN "'}}" },
	{ "in an Any before its type", BIT(M_CARD), "10:{2:{1:'" CARD "'} 1:'x/t.Inner'}", "10:{2:{1:'" HIDDEN "'} 1:'x/t.Inner'}" },
	{ "an empty Any", BIT(M_CARD), "10:{}", "10:{}" },
	{ "an Any of another type", BIT(M_CARD), "10:{1:'x/t.Other' 2:{1:'x'}}", NULL },
	{ "an Any without a slash", BIT(M_CARD), "10:{1:'t.Inner' 2:{1:'x'}}", NULL },
	{ "an Any of two types", BIT(M_CARD), "10:{1:'x/t.Inner' 1:'x/t.Outer' 2:{1:'x'}}", NULL },
	{ "an Any whose type tells a card", BIT(M_CARD), "10:{1:'" CARD "/t.Inner' 2:{1:'x'}}", NULL },
	{ "a oneof", BIT(M_CARD), "12:'" CARD "'", "12:'" HIDDEN "'" },
	{ "a number", BIT(M_CARD), "7:" CARD " 15:1", "7:0 15:1" },
	{ "a real number", BIT(M_CARD), "14:%" CARD, "14:%0" },
	{ "numbers packed", BIT(M_CARD), "9:'\x01\x02'", "9:'\x01\x02'" },
	{ "numbers apart", BIT(M_CARD), "9:" CARD " 9:7", "9:0 9:7" },
	{ "text in bytes", BIT(M_CARD), "6:'x " CARD "'", "6:'x " HIDDEN "'" },
	{ "text within bytes", BIT(M_CARD), "6:'\xff " CARD " \xff'", "6:'[redacted]'" },
	{ "bytes", BIT(M_CARD), "6:'\xff\xfe'", "6:'\xff\xfe'" },
	{ "JSON in a text", BIT(M_CARD), "1:'{\"a\":\"" CARD "\"}'", "1:'{\"a\":\"" HIDDEN "\"}'" },
	{ "unknown text", BIT(M_CARD), "98:'" CARD "' 1:'x'", "1:'x'" },
	{ "unknown number", BIT(M_CARD), "98:" CARD " 1:'x'", "1:'x'" },
	{ "unknown real number", BIT(M_CARD), "98:%" CARD " 1:'x'", "1:'x'" },
	{ "unknown zigzag", BIT(M_CARD), "98:8222222222222222 1:'x'", "1:'x'" },
	{ "unknown numbers packed", BIT(M_CARD), "98:'\x0b\xc7\xe3\xa3\xab\x8a\xe1\xa6\x07' 1:'x'", "1:'x'" },
	{ "other numbers packed", BIT(M_CARD), "98:'\x0b\xc7\xe3\xb4\x9c\xeb' 1:'x'", "98:'\x0b\xc7\xe3\xb4\x9c\xeb' 1:'x'" },
	{ "unknown message", BIT(M_CARD), "98:{7:{1:'" CARD "'}} 1:'x'", "1:'x'" },
	{ "unknown, with a length that is a digit", BIT(M_CARD), "98:{7:{1:'" CARD " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}}", "" },
	{ "unknown group", BIT(M_CARD), "98:(1:'" CARD "') 1:'x'", "1:'x'" },
	{ "null by a detector", BIT(M_EMAIL), "1:'ann@shop.example' 2:'x'", "1:'' 2:'x'" },

	{ "by name", BIT(M_NAMED), "1:'Ann' 2:'x' 3:{1:'y' 2:7} 8:1 15:1 6:'\xff' 14:%2.5", "1:'Ann' 2:'[redacted]' 3:{1:'y' 2:0} 8:0 15:0 6:'[redacted]' 14:%0" },
	{ "by name, packed", BIT(M_NAMED), "9:'\x01\x02'", "9:{0:0}" },
	{ "null by name", BIT(M_NULL), "2:'x' 3:{1:'y'} 6:'\xff'", "2:'' 3:{1:''} 6:''" },
	{ "a message by name", BIT(M_INNER), "3:{1:'a' 2:5 3:{1:'b'} 77:'c'} 13:(1:'d')", "3:{1:'[redacted]' 2:0 3:{1:'[redacted]'}} 13:(1:'[redacted]')" },
	{ "within a list", BIT(M_ARRAY), "4:{1:'a'} 3:{1:'b'} 16:'c'", "4:{1:'[redacted]'} 3:{1:'b'} 16:'[redacted]'" },
	{ "by a map's key", BIT(M_MAP), "5:{1:'ssn' 2:'a'} 5:{1:'other' 2:'b'}", "5:{1:'ssn' 2:'[redacted]'} 5:{1:'other' 2:'b'}" },
	{ "a map by name, partly", BIT(M_HASH), "5:{1:'ssn' 2:'abc'}", "5:{1:'ssn' 2:'**c'}" },
	{ "all", BIT(M_STARS), "1:'a' 5:{1:'k' 2:'v'} 77:'x' 78:1", "1:'[redacted]' 5:{1:'[redacted]' 2:'[redacted]'}" },
	{ "nothing that is there", BIT(M_NONE), "1:'a' 5:{1:'k' 2:'v'} 77:'x' 78:1", "1:'a' 5:{1:'k' 2:'v'} 77:'x' 78:1" },

	{ "a text that is none", BIT(M_CARD), "1:'\xff'", NULL },
	{ "a key that is none", BIT(M_CARD), "5:{1:'\xff'}", NULL },
	{ "a number as a text", BIT(M_CARD), "7:'x'", NULL },
	{ "a text as a number", BIT(M_CARD), "1:7", NULL },
	{ "a group as a message", BIT(M_CARD), "3:(1:'x')", NULL },
	{ "a message as a group", BIT(M_CARD), "13:{1:'x'}", NULL },
	{ "packed where one is", BIT(M_CARD), "7:'\x01'", NULL },
	{ "packed and cut", BIT(M_CARD), "9:'\xff'", NULL },
	{ "a message that is none", BIT(M_CARD), "3:'\xff'", NULL },
	{ "an entry of three", BIT(M_CARD), "5:{1:'k' 2:'v' 3:'x'}", NULL },
	{ "an entry with two keys", BIT(M_CARD), "5:{1:'k' 1:'l' 2:'v'}", NULL },
};

static bool
run(uint64_t active, struct span in, struct out *out, bool *edited)
{
	struct mask_message *mask = NULL;
	struct mask_tally tally = { 0 };
	bool right;

	*out = out_new(1 << 24);
	if (mask_message_new(&mask, set, active, &proto_schema))
		abort();
	right = mask_message_put(mask, &proto_messages[T_OUTER], in, out, edited, &tally);
	CHECK(right == !*mask_message_error(mask));
	mask_message_free(&mask);
	return right;
}

/* Of a field that is packed the expected bytes cannot be written as text. */
static struct span
wanted(const char *text)
{
	return strcmp(text, "9:{0:0}") == 0 ? SPAN("\x4a\x02\0\0") : proto_of(text);
}

static void
each(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span in = proto_of(rows[i].in);
		struct out out;
		bool edited = false, right = run(rows[i].active, in, &out, &edited);

		CHECK_ROW(rows[i].name, right == (rows[i].out != NULL));
		if (!right || !rows[i].out) {
			out_free(&out);
			continue;
		}
		if (strcmp(rows[i].name, "value before key") != 0)
			CHECK_ROW(rows[i].name, span_equal(out_view(&out), wanted(rows[i].out)));
		else
			CHECK_ROW(rows[i].name, out.n == wanted(rows[i].out).n);
		CHECK_ROW(rows[i].name, edited == (strcmp(rows[i].in, rows[i].out) != 0));
		out_free(&out);
	}
}

/* Lengths that are longer than they must be stay so, where nothing is hidden. */
static void
overlong(void)
{
	static const char in[] = "\x1a\x85\x80\x00\x0a\x81\x80\x00x";
	struct out out;
	bool edited;

	CHECK(run(BIT(M_CARD), on_cliff(span_of(in, sizeof(in) - 1)), &out, &edited) && !edited);
	CHECK(span_equal(out_view(&out), span_of(in, sizeof(in) - 1)));
	out_free(&out);
}

static void
prefixes(void)
{
	struct span in = proto_of("1:'" CARD "' 3:{3:{1:'" CARD "'} 2:1} 5:{1:'k' 2:'" CARD "'} 13:(1:'" CARD "') 7:" CARD);

	for (size_t n = 0; n < in.n; n++) {
		struct out out;
		bool edited;

		if (run(BIT(M_CARD), on_cliff(span_head(in, n)), &out, &edited))
			CHECK(!memmem(out.p ? (const void *)out.p : "", out.n, CARD, 16));
		out_free(&out);
	}
}

static void
nested(unsigned int depth, bool right)
{
	struct out a = out_new(1 << 20), b = out_new(1 << 20), out;
	bool edited;

	for (unsigned int i = 0; i < depth; i++) {
		out_clear(&b);
		protobuf_put_bytes(&b, 3, out_view(&a));
		out_clear(&a);
		out_span(&a, out_view(&b));
	}
	CHECK(run(BIT(M_CARD) | BIT(M_NAMED), on_cliff(out_view(&a)), &out, &edited) == right);
	out_free(&a);
	out_free(&b);
	out_free(&out);
}

/* JSON in a text that is more than can be read, or written, is hidden whole: nobody knows where in it a value stands. */
static void
beyond(void)
{
	static const struct {
		const char *begin, *more, *end;
		size_t times;
		const char *out;
	} texts[] = {
		{ "{\"pin\":1,\"x\":\"", "x", "\"}", 10, "1:'{\"pin\":\"[redacted]\",\"x\":\"xxxxxxxxxx\"}'" },
		{ "{\"pin\":1,\"x\":\"", "x", "\"}", 1 << 21, "1:'[redacted]'" },
		{ "{\"pin\":1,\"x\":", "[", "", 4096, "1:'[redacted]'" },
		{ "{\"pins\":[", "7,", "7]}", 1 << 20, "1:'[redacted]'" },
		{ "{\"pin\":1,\"x\":", "a", "}", 2, NULL },	/* no JSON */
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct out text = out_new(1 << 23), in = out_new(1 << 23), out;
		bool edited = false;

		out_span(&text, span_text(texts[i].begin));
		for (size_t n = 0; n < texts[i].times; n++)
			out_span(&text, span_text(texts[i].more));
		out_span(&text, span_text(texts[i].end));
		protobuf_put_bytes(&in, 1, out_view(&text));
		CHECK_ROW(texts[i].more, run(BIT(M_JSON), out_view(&in), &out, &edited));
		CHECK_ROW(texts[i].more, span_equal(out_view(&out), texts[i].out ? proto_of(texts[i].out) : out_view(&in)));
		out_free(&text);
		out_free(&in);
		out_free(&out);
	}
}

int
main(void)
{
	static const uint8_t keys[MASKS][MASK_KEY_SIZE];

	CHECK(mask_set_new(&set, &view, keys) == 0);
	each();
	overlong();
	beyond();
	prefixes();
	nested(PROTOBUF_DEPTH_MOST - 1, true);
	nested(PROTOBUF_DEPTH_MOST, false);
	nested(1000, false);
	mask_set_free(&set);
	return check_end();
}
