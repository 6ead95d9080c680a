/*
 * Entries are deterministic CBOR: known bytes for known calls, text cut and
 * escaped, keys in order or refused. Only whole entries in the one right form
 * are valid: no prefix, no longer length, no second way.
 */
#include "entry.h"

#include <errno.h>

#include "check.h"
#include "entry/cbor.h"

static uint8_t room[ENTRY_LIMIT];

static struct span
small(void)
{
	struct entry e;
	struct span out = { 0 };

	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_PROCESS, SPAN("w"));
	entry_uint(&e, KEY_SEQUENCE, 300);
	entry_bytes(&e, KEY_BOOT, SPAN("\1\2"));
	entry_text(&e, KEY_SKILL, SPAN(""));	/* left out */
	entry_id(&e, KEY_FLOW, &(struct id){ 0 });	/* left out */
	entry_array(&e, KEY_VALUES, 2);
	entry_item_text(&e, SPAN("a"));
	entry_item_null(&e);
	entry_map(&e, KEY_MASKED, 2);
	entry_item_text(&e, SPAN("pan"));	/* in the wrong order on purpose */
	entry_item_uint(&e, 24);
	entry_item_text(&e, SPAN("b"));
	entry_item_uint(&e, 1);
	CHECK(entry_end(&e, &out) == 0);
	return out;
}

static void
known_bytes(void)
{
	static const uint8_t right[] = {
		0xa7, 0x00, 0x01, 0x01, 0x0b, 0x02, 0x61, 'w', 0x03, 0x19, 0x01, 0x2c,
		0x07, 0x42, 1, 2, 0x18, 36, 0x82, 0x61, 'a', 0xf6,
		0x18, 65, 0xa2, 0x61, 'b', 0x01, 0x63, 'p', 'a', 'n', 0x18, 24,
	};
	struct span out = small(), text;
	uint64_t number;

	CHECK(span_equal(out, span_of(right, sizeof(right))));
	CHECK(entry_get_uint(out, KEY_SEQUENCE, &number) && number == 300);
	CHECK(entry_get_text(out, KEY_PROCESS, &text) && span_is(text, "w"));
	CHECK(entry_get_bytes(out, KEY_BOOT, &text) && text.n == 2);
	CHECK(!entry_get_text(out, KEY_SEQUENCE, &text));
	CHECK(!entry_get_uint(out, KEY_WALL, &number));
	CHECK(!entry_get_text(out, KEY_SKILL, &text));
}

static void
prefixes(void)
{
	struct span out = small(), text;
	uint64_t number;

	for (size_t n = 0; n < out.n; n++) {
		struct span in = on_cliff(span_head(out, n));

		CHECK(!entry_is_valid(in));
		(void)entry_get_uint(in, KEY_SEQUENCE, &number);
		(void)entry_get_text(in, KEY_SCOPE, &text);
	}
	CHECK(entry_is_valid(on_cliff(out)));
	for (size_t i = 0; i < out.n; i++)
		for (int bit = 0; bit < 8; bit++) {	/* nothing may crash it */
			uint8_t copy[64];

			memcpy(copy, out.p, out.n);
			copy[i] ^= (uint8_t)(1 << bit);
			(void)entry_is_valid(on_cliff(span_of(copy, out.n)));
		}
}

static const struct {
	const char *name;
	struct span in;
	bool right;
} forms[] = {
	{ "least", SPAN("\xa2\0\1\1\1"), true },
	{ "later version", SPAN("\xa2\0\2\1\1"), true },
	{ "unknown kind", SPAN("\xa2\0\1\1\x18\xff"), true },
	{ "unknown key", SPAN("\xa3\0\1\1\1\x18\xc8\x83\1\xf5\x61x"), true },
	{ "empty", SPAN(""), false },
	{ "not a map", SPAN("\x01"), false },
	{ "no version", SPAN("\xa1\1\1"), false },
	{ "version 0", SPAN("\xa2\0\0\1\1"), false },
	{ "no kind", SPAN("\xa1\0\1"), false },
	{ "kind none", SPAN("\xa2\0\1\1\0"), false },
	{ "a byte more", SPAN("\xa2\0\1\1\1\0"), false },
	{ "long number", SPAN("\xa2\0\1\1\x18\1"), false },
	{ "longer number", SPAN("\xa2\0\1\1\x19\0\x20"), false },
	{ "long head", SPAN("\xb8\2\0\1\1\1"), false },
	{ "indefinite map", SPAN("\xbf\0\1\1\1\xff"), false },
	{ "indefinite text", SPAN("\xa3\0\1\1\1\2\x7f\x61w\xff"), false },
	{ "keys turned", SPAN("\xa2\1\1\0\1"), false },
	{ "key twice", SPAN("\xa3\0\1\1\1\1\1"), false },
	{ "text key", SPAN("\xa3\0\1\1\1\x61x\1"), false },
	{ "wrong type", SPAN("\xa3\0\1\1\1\2\1"), false },
	{ "bytes for text", SPAN("\xa3\0\1\1\1\2\x41w"), false },
	{ "not UTF-8", SPAN("\xa3\0\1\1\1\2\x61\xff"), false },
	{ "negative", SPAN("\xa3\0\1\1\1\x18\xc8\x20"), false },
	{ "tag", SPAN("\xa3\0\1\1\1\x18\xc8\xc1\1"), false },
	{ "float", SPAN("\xa3\0\1\1\1\x18\xc8\xf9\0\0"), false },
	{ "undefined", SPAN("\xa3\0\1\1\1\x18\xc8\xf7"), false },
	{ "map unsorted", SPAN("\xa3\0\1\1\1\x18\x41\xa2\x61z\1\x61y\1"), false },
	{ "array too long", SPAN("\xa3\0\1\1\1\x18\x24\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), false },
	{ "text too long", SPAN("\xa3\0\1\1\1\2\x7b\xff\xff\xff\xff\xff\xff\xff\xff"), false },
	{ "too deep", SPAN("\xa3\0\1\1\1\x18\xc8\x81\x81\x81\x81\x81\x81\x81\x81\1"), false },
	{ "a body", SPAN("\xa3\0\1\1\1\x18\x64\x58\x20" "0123456789abcdef0123456789abcdef"), true },
	{ "a body's short name", SPAN("\xa3\0\1\1\1\x18\x65\x57" "0123456789abcdef0123456"), false },
	{ "a body's long name", SPAN("\xa3\0\1\1\1\x18\x65\x58\x21" "0123456789abcdef0123456789abcdefg"), false },
	{ "a body named in text", SPAN("\xa3\0\1\1\1\x18\x64\x78\x20" "0123456789abcdef0123456789abcdef"), false },
	{ "largest key", SPAN("\xa3\0\1\1\1\x1b\xff\xff\xff\xff\xff\xff\xff\xff\1"), false },
};

static void
one_form_only(void)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		CHECK_ROW(forms[i].name,
		    entry_is_valid(on_cliff(forms[i].in)) == forms[i].right);
		for (size_t n = 0; forms[i].right && n < forms[i].in.n; n++)
			CHECK_ROW(forms[i].name,
			    !entry_is_valid(on_cliff(span_head(forms[i].in, n))));
	}
}

/* The one pass that checks an entry picks out the same as looking for each key. */
static void
read_at_once(void)
{
	struct entry_about about = { .version = 99 };
	struct span out = small();

	for (size_t n = 0; n < out.n; n++)
		CHECK(!entry_read(on_cliff(span_head(out, n)), &about) && about.version == 99);
	CHECK(entry_read(on_cliff(out), &about));
	CHECK(about.version == ENTRY_VERSION && about.kind == ENTRY_ASK);
	CHECK(span_is(about.process, "w") && about.sequence == 300);
	CHECK(about.incarnation == 0 && about.blob_count == 0);
	CHECK(entry_read(SPAN("\xa4\0\1\1\1\x18\x64\x58\x20" "0123456789abcdef0123456789abcdef"
	    "\x18\x65\x58\x20" "fedcba9876543210fedcba9876543210"), &about));
	CHECK(about.blob_count == 2 && span_is(about.blobs[0], "0123456789abcdef0123456789abcdef"));
	CHECK(span_is(about.blobs[1], "fedcba9876543210fedcba9876543210"));
}

static void
text_is_cut(void)
{
	static char big[2 * ENTRY_TEXT_LIMIT];
	struct entry e;
	struct span out, text;
	char more[40];

	memset(big, 'a', sizeof(big));
	memcpy(big + ENTRY_TEXT_LIMIT - 1, "\xc3\xa9", 2);	/* must not be halved */
	snprintf(more, sizeof(more), " …[%zu bytes]", sizeof(big));
	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_TEXT, span_of(big, sizeof(big)));
	CHECK(entry_end(&e, &out) == 0);
	CHECK(entry_get_text(out, KEY_TEXT, &text));
	CHECK(text.n == ENTRY_TEXT_LIMIT - 1 + strlen(more));
	CHECK(memcmp(text.p + ENTRY_TEXT_LIMIT - 1, more, strlen(more)) == 0);

	CHECK(!entry_text_fits(span_of(big, sizeof(big))) && entry_text_fits(SPAN("")));
	CHECK(entry_text_fits(span_of(big, ENTRY_TEXT_LIMIT - 1)));
	CHECK(!entry_text_fits(span_of(big, ENTRY_TEXT_LIMIT + 1)));
	memset(big + 100, 0xff, 2);	/* becomes four bytes, each */
	CHECK(entry_text_fits(span_of(big, ENTRY_TEXT_LIMIT - 6)));
	CHECK(!entry_text_fits(span_of(big, ENTRY_TEXT_LIMIT - 5)));
	memset(big + 100, 'a', 2);
	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_TEXT, span_of(big, ENTRY_TEXT_LIMIT - 1));
	CHECK(entry_end(&e, &out) == 0 && entry_get_text(out, KEY_TEXT, &text) &&
	    text.n == ENTRY_TEXT_LIMIT - 1);

	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_TEXT, SPAN("a\xff\xc3\xa9\xed\xa0\x80\xc0\0z"));
	CHECK(entry_end(&e, &out) == 0 && entry_get_text(out, KEY_TEXT, &text));
	CHECK(span_equal(text, SPAN("a\\xff\xc3\xa9\\xed\\xa0\\x80\\xc0\0z")));
}

static void
faults(void)
{
	static char big[ENTRY_TEXT_LIMIT];
	struct entry e;
	struct span out = { 0 };

	memset(big, 'a', sizeof(big));
	entry_begin(&e, room, ENTRY_ASK);
	entry_uint(&e, KEY_UID, 1);
	entry_uint(&e, KEY_PID, 1);
	CHECK(entry_end(&e, &out) == -EINVAL);
	entry_begin(&e, room, ENTRY_ASK);
	entry_uint(&e, KEY_UID, 1);
	entry_uint(&e, KEY_UID, 1);
	CHECK(entry_end(&e, &out) == -EINVAL);
	entry_begin(&e, room, ENTRY_ASK);
	entry_array(&e, KEY_VALUES, 2);	/* one is missing */
	entry_item_null(&e);
	CHECK(entry_end(&e, &out) == -EINVAL);
	entry_begin(&e, room, ENTRY_ASK);
	entry_array(&e, KEY_VALUES, 4);
	for (int i = 0; i < 4; i++)
		entry_item_text(&e, span_of(big, sizeof(big)));
	CHECK(entry_end(&e, &out) == -EMSGSIZE && out.p == NULL);
	entry_begin(&e, room, ENTRY_ASK);
	entry_text(&e, KEY_UID, SPAN("not a number"));
	CHECK(entry_end(&e, &out) == -EINVAL && out.p == NULL);
}

/* More than 23 pairs: the head takes two bytes. */
static void
many_pairs(void)
{
	struct entry e;
	struct span out;
	uint64_t v;

	entry_begin(&e, room, ENTRY_ASK);
	for (unsigned int key = 200; key < 260; key++)
		entry_uint(&e, (enum entry_key)key, key);
	CHECK(entry_end(&e, &out) == 0 && out.p[0] == 0xb8 && out.p[1] == 62);
	CHECK(entry_is_valid(on_cliff(out)));
	CHECK(entry_get_uint(out, (enum entry_key)259, &v) && v == 259);
}

static void
names(void)
{
	for (unsigned int i = 1; i < ENTRY_KINDS; i++)
		CHECK(strcmp(entry_kind_name((enum entry_kind)i), "unknown") != 0);
	CHECK(strcmp(entry_kind_name(ENTRY_KINDS), "unknown") == 0);
	CHECK(strcmp(entry_key_name(KEY_TEXT_DIGEST), "text_digest") == 0);
	CHECK(entry_key_name(22) == NULL && entry_key_name(100000) == NULL);
}

int
main(void)
{
	known_bytes();
	prefixes();
	one_form_only();
	read_at_once();
	text_is_cut();
	faults();
	many_pairs();
	names();
	return check_end();
}
