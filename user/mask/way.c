/*
 * way.c: what stands where a sensitive value stood.
 *   redact   [redacted]
 *   partial  the last `keep` letters and digits stay, but never more than half
 *            of them; the others are '*'; what is between them stays
 *   hash     "h1:" and 32 hex digits: HMAC-SHA-256 under the mask's key, first
 *            16 bytes. The same value gives the same hash under one key.
 *   token    "tok_" and base 32 (a-z 2-7), keyed and repeatable too, in three
 *            lengths, so that short values stay short: 12 digits for values up
 *            to 16 bytes, 20 up to 32, 26 beyond. A name, not a cipher: the
 *            value cannot be had back from it.
 *   null     written as redact where there is no null (messages)
 */
#include "base/utf8.h"
#include "mask/inside.h"

#define HASH_BYTES 16

static const uint8_t strictness[WAYS] = {	/* more tells less */
	[WAY_NULL] = 5, [WAY_REDACT] = 4, [WAY_HASH] = 3, [WAY_TOKEN] = 2,
	[WAY_PARTIAL] = 1,
};

unsigned int
mask_stricter(const struct mask_set *set, unsigned int a, unsigned int b)
{
	const struct view_mask *x = set->masks[a].view, *y = set->masks[b].view;

	if (strictness[x->way] != strictness[y->way])
		return strictness[x->way] > strictness[y->way] ? a : b;
	if (x->way == WAY_PARTIAL && x->keep != y->keep)
		return x->keep < y->keep ? a : b;
	return a < b ? a : b;
}

/* A letter or digit; a character beyond ASCII is a letter, told by its first byte. */
static const bool begins_letter[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, [0xc0 ... 0xff] = true,
};

static void
write_partial(uint32_t keep, struct span value, struct out *out)
{
	size_t letters = 0, hide;
	bool hidden = false;

	for (size_t i = 0; i < value.n; i++)
		letters += begins_letter[value.p[i]];
	hide = letters - (keep < letters / 2 ? keep : letters / 2);
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];

		if (begins_letter[c]) {
			hidden = hide > 0;
			hide -= hidden;
			out_u8(out, hidden ? '*' : c);
		} else if (c < 0x80 || !hidden) {
			out_u8(out, c);	/* a separator, or the rest of a kept letter */
		}
	}
}

static void
write_hash(const struct mask *mask, struct span value, struct out *out)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[32];

	mask_hmac(mask->key, "hash", value, digest);
	out_span(out, SPAN("h1:"));
	for (size_t i = 0; i < HASH_BYTES; i++) {
		out_u8(out, (uint8_t)hex[digest[i] >> 4]);
		out_u8(out, (uint8_t)hex[digest[i] & 15]);
	}
}

static void
write_token(const struct mask *mask, struct span value, struct out *out)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t digits = value.n <= 16 ? 12 : value.n <= 32 ? 20 : 26;
	uint8_t digest[32];

	mask_hmac(mask->key, "token", value, digest);
	out_span(out, SPAN("tok_"));
	for (size_t i = 0; i < digits; i++) {
		size_t bit = i * 5;
		unsigned int two = (unsigned int)digest[bit / 8] << 8 | digest[bit / 8 + 1];

		out_u8(out, (uint8_t)base32[two >> (11 - bit % 8) & 31]);
	}
}

void
mask_write(const struct mask *mask, struct span value, struct out *out)
{
	switch (mask->view->way) {
	case WAY_PARTIAL:
		if (utf8_is_valid(value)) {
			write_partial(mask->view->keep, value, out);
			return;
		}
		break;
	case WAY_HASH:
		write_hash(mask, value, out);
		return;
	case WAY_TOKEN:
		write_token(mask, value, out);
		return;
	default:
		break;
	}
	out_span(out, SPAN(MASK_REDACTED));
}
