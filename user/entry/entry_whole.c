/*
 * entry_whole.c: put bodies into their entry.
 * The pairs are copied in their order; the two that bodies stand for come in
 * between, where their keys belong. Text is written as entries write it, with
 * \xNN for what is not UTF-8, but not cut.
 */
#include "entry/entry_whole.h"

#include "base/utf8.h"
#include "entry.h"
#include "entry/cbor.h"

static void
put_head(struct out *out, enum cbor_major major, uint64_t value)
{
	uint8_t head[CBOR_HEAD_SIZE];

	out_bytes(out, head, cbor_head(head, major, value));
}

static void
put_text(struct out *out, struct span text)
{
	struct out escaped = out_new(4 * text.n + 1);

	while (text.n) {
		size_t n = utf8_length(text);

		if (n)
			out_bytes(&escaped, text.p, n);
		else
			out_printf(&escaped, "\\x%02x", text.p[0]);
		text = span_skip(text, n ? n : 1);
	}
	put_head(out, CBOR_TEXT, escaped.n);
	out_span(out, out_view(&escaped));
	out->failed |= escaped.failed;
	out_free(&escaped);
}

/* An array of texts, bytes and nulls, and nothing behind it. */
static bool
is_values(struct span body)
{
	struct cbor list, item;

	if (!cbor_take(&body, &list) || list.major != CBOR_ARRAY)
		return false;
	for (uint64_t i = 0; i < list.value; i++)
		if (!cbor_take(&body, &item) || item.major == CBOR_UINT ||
		    item.major == CBOR_ARRAY || item.major == CBOR_MAP ||
		    !cbor_pass(&body, &item, 0))
			return false;
	return body.n == 0;
}

/* The pairs of an entry being copied, with bodies in between. */
struct copy {
	struct out pairs;
	uint64_t count;
	struct span text, values;
	bool has_text, has_values;	/* are in */
};

/* Put in the bodies that belong before a pair with this key, or in its place. */
static void
put_bodies(struct copy *copy, uint64_t key)
{
	if (copy->text.n && !copy->has_text && key >= KEY_TEXT) {
		put_head(&copy->pairs, CBOR_UINT, KEY_TEXT);
		put_text(&copy->pairs, copy->text);
		copy->has_text = true;
		copy->count++;
	}
	if (copy->values.n && !copy->has_values && key >= KEY_VALUES) {
		put_head(&copy->pairs, CBOR_UINT, KEY_VALUES);
		out_span(&copy->pairs, copy->values);
		copy->has_values = true;
		copy->count++;
	}
}

static bool
copy_pair(struct copy *copy, struct span *cbor)
{
	struct span pair = *cbor;
	struct cbor key;

	if (!cbor_take(cbor, &key) || !cbor_skip(cbor, CBOR_DEPTH))
		return false;
	pair.n -= cbor->n;
	put_bodies(copy, key.value);
	if ((key.value == KEY_TEXT && copy->has_text) ||
	    (key.value == KEY_VALUES && copy->has_values))
		return true;
	out_span(&copy->pairs, pair);
	copy->count++;
	return true;
}

bool
entry_make_whole(struct span cbor, struct span text, struct span values, struct out *out)
{
	struct copy copy = { .pairs = out_new(out->limit), .text = text, .values = values };
	bool right = entry_is_valid(cbor) && (!values.n || is_values(values));
	struct cbor map;

	right = right && cbor_take(&cbor, &map);
	for (uint64_t i = 0; right && i < map.value; i++)
		right = copy_pair(&copy, &cbor);
	put_bodies(&copy, UINT64_MAX);
	put_head(out, CBOR_MAP, copy.count);
	out_span(out, out_view(&copy.pairs));
	out->failed |= copy.pairs.failed;
	out_free(&copy.pairs);
	return right && !out->failed;
}
