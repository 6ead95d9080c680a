/*
 * fold.c: characters that are read as ASCII, made ASCII; escapes of JSON, what they stand for.
 * Tables after the Unicode Character Database, version 15.
 */
#include "mask/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

/* Where ten digits from zero to nine begin (general category Nd). */
static const uint32_t zeros[] = {
	0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
	0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
	0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
	0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60,
	0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950, 0x1fbf0,
};

static const struct {
	uint32_t low, high;
	uint8_t is;	/* 0: left out */
} others[] = {
	{ 0xa0, 0xa0, ' ' }, { 0xad, 0xad, 0 }, { 0x1680, 0x1680, ' ' }, { 0x180e, 0x180e, 0 }, { 0x2000, 0x200a, ' ' },
	{ 0x200b, 0x200f, 0 }, { 0x2010, 0x2015, '-' }, { 0x2024, 0x2024, '.' }, { 0x202f, 0x202f, ' ' }, { 0x2044, 0x2044, '/' },
	{ 0x205f, 0x205f, ' ' }, { 0x2060, 0x2064, 0 }, { 0x2212, 0x2212, '-' }, { 0x3000, 0x3000, ' ' }, { 0xfe52, 0xfe52, '.' },
	{ 0xfe58, 0xfe58, '-' }, { 0xfe63, 0xfe63, '-' }, { 0xfeff, 0xfeff, 0 },
};

/* Most text beyond ASCII is of these, where nothing is folded. */
static bool
is_plain(uint32_t c)
{
	return (c < 0x660 && c != 0xa0 && c != 0xad) || (c > 0x3000 && c < 0xa620) || (c > 0xabf9 && c < 0xfe52) ||
	    (c > 0x1e959 && c < 0x1fbf0);
}

/* Is the character read as ASCII? As which: 0 for none at all. */
static bool
folds(uint32_t c, uint8_t *to)
{
	if (is_plain(c))
		return false;
	if (c >= 0xff01 && c <= 0xff5e) {	/* full-width forms, in the order of ASCII */
		*to = (uint8_t)(c - 0xff01 + '!');
		return true;
	}
	for (size_t i = 0; i < COUNT(others); i++)
		if (c >= others[i].low && c <= others[i].high) {
			*to = others[i].is;
			return true;
		}
	for (size_t i = 0; i < COUNT(zeros); i++)
		if (c >= zeros[i] && c < zeros[i] + 10) {
			*to = (uint8_t)('0' + (c - zeros[i]));
			return true;
		}
	return false;
}

/* One character of valid UTF-8 that is not ASCII; its bytes. */
static size_t
read_character(struct span text, size_t at, uint32_t *out)
{
	static const uint8_t masks[] = { 0, 0, 0x1f, 0x0f, 0x07 };
	uint8_t first = text.p[at];
	size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	uint32_t c = first & masks[n];

	if (at + n > text.n)
		return text.n - at;	/* it was not UTF-8 */
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (text.p[at + i] & 0x3f);
	*out = c;
	return n;
}

/* ---- escapes of JSON ----------------------------------------------------- */

/* Four hexadecimal digits. False: there are none. */
static bool
read_hex(struct span text, size_t at, uint32_t *out)
{
	uint32_t c = 0;

	if (at + 4 > text.n)
		return false;
	for (size_t i = at; i < at + 4; i++) {
		uint8_t digit = text.p[i], low = digit | 0x20;

		if (digit >= '0' && digit <= '9')
			c = c << 4 | (uint32_t)(digit - '0');
		else if (low >= 'a' && low <= 'f')
			c = c << 4 | (uint32_t)(low - 'a' + 10);
		else
			return false;
	}
	*out = c;
	return true;
}

static bool
is_high_half(uint32_t c)
{
	return c >= 0xd800 && c < 0xdc00;
}

static bool
is_low_half(uint32_t c)
{
	return c >= 0xdc00 && c < 0xe000;
}

/* What \uXXXX at `at` stands for, two of them where they are halves of one; its bytes. */
static size_t
read_code(struct span text, size_t at, uint32_t *out)
{
	uint32_t c, low;

	*out = '\n';
	if (!read_hex(text, at + 2, &c))
		return 2;
	if (is_high_half(c) && at + 12 <= text.n && text.p[at + 6] == '\\' && text.p[at + 7] == 'u' &&
	    read_hex(text, at + 8, &low) && is_low_half(low)) {
		*out = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		return 12;
	}
	if (c >= ' ' && !is_high_half(c) && !is_low_half(c))
		*out = c;
	return 6;
}

/* The escape at `at`; its bytes. */
static size_t
read_escape(struct span text, size_t at, uint32_t *out)
{
	uint8_t c = at + 1 < text.n ? text.p[at + 1] : 0;

	if (c == 'u')
		return read_code(text, at, out);
	*out = c == '"' || c == '\\' || c == '/' ? c : '\n';
	return at + 1 < text.n ? 2 : 1;
}

/* ---- one text -------------------------------------------------------------- */

/* The next character and its bytes; *escaped: it is written as something else. */
static size_t
read_any(struct span text, size_t at, unsigned int what, uint32_t *c, bool *escaped)
{
	*escaped = text.p[at] == '\\' && (what & FOLD_ESCAPES);
	if (*escaped)
		return read_escape(text, at, c);
	*c = text.p[at];
	return *c < 0x80 ? 1 : read_character(text, at, c);
}

/* Is there anything to fold? */
static bool
is_changed(struct span text, unsigned int what)
{
	bool escaped;
	uint8_t to;

	for (size_t at = 0; at < text.n;) {
		uint32_t c;
		size_t n = read_any(text, at, what, &c, &escaped);

		if (escaped || (c >= 0x80 && (what & FOLD_ASCII) && folds(c, &to)))
			return true;
		at += n;
	}
	return false;
}

static void
put(struct fold *fold, uint32_t byte, size_t at)
{
	fold->where[fold->n] = (uint32_t)at;
	fold->p[fold->n++] = (uint8_t)byte;
}

/* As UTF-8; shorter than any escape of it. */
static void
put_character(struct fold *fold, uint32_t c, size_t at)
{
	unsigned int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t heads[] = { 0, 0xc0, 0xe0, 0xf0 };

	put(fold, heads[more] | c >> (6 * more), at);
	while (more--)
		put(fold, 0x80 | (c >> (6 * more) & 0x3f), at);
}

static void
write_folded(struct fold *fold, struct span text, unsigned int what)
{
	bool escaped;

	for (size_t at = 0; at < text.n;) {
		uint32_t c;
		size_t n = read_any(text, at, what, &c, &escaped);
		uint8_t to = 0;

		if (c >= 0x80 && (what & FOLD_ASCII) && folds(c, &to)) {
			if (to)
				put(fold, to, at);
		} else if (escaped) {
			put_character(fold, c, at);
		} else {
			for (size_t i = 0; i < n; i++)
				put(fold, text.p[at + i], at + i);
		}
		at += n;
	}
	fold->where[fold->n] = (uint32_t)text.n;
}

int
fold_new(struct fold *fold, struct span text, unsigned int what)
{
	*fold = (struct fold){ 0 };
	if (text.n >= UINT32_MAX)
		return -ENOMEM;
	if (!is_changed(text, what))
		return 0;
	fold->p = malloc(text.n);
	fold->where = malloc((text.n + 1) * sizeof(*fold->where));
	if (!fold->p || !fold->where) {
		fold_free(fold);
		return -ENOMEM;
	}
	write_folded(fold, text, what);
	return 0;
}

void
fold_free(struct fold *fold)
{
	free(fold->p);
	free(fold->where);
	*fold = (struct fold){ 0 };
}

size_t
fold_find(const struct fold *fold, size_t at)
{
	size_t low = 0, high = fold->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fold->where[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
