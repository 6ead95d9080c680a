/*
 * bytes.c: bytea. What of it is text is looked at as text: all of it where it is UTF-8,
 * else every run of printable ASCII that is long enough not to be chance (in a picture of
 * a megabyte, "::1" and "a@b.cc" are). A value that hits is hidden whole. In text form it
 * is written in hex ("\x…") or with octal escapes (bytea_output), and is read from there.
 */
#include "base/utf8.h"
#include "mask/inside.h"

#include <stdlib.h>

#define RUN_LEAST 12	/* printable bytes that are no chance */

static int
hex_of(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits in pairs; what is none ends it. Returns how many bytes. */
static size_t
read_hex(struct span text, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i + 2 <= text.n; i += 2) {
		int high = hex_of(text.p[i]), low = hex_of(text.p[i + 1]);

		if (high < 0 || low < 0)
			break;
		out[n++] = (uint8_t)(high << 4 | low);
	}
	return n;
}

static bool
is_octal(uint8_t c)
{
	return c >= '0' && c <= '7';
}

/* "\\" is a backslash, "\nnn" a byte. */
static size_t
read_escaped(struct span text, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		const uint8_t *p = text.p + i;

		if (*p == '\\' && text.n - i >= 4 && is_octal(p[1]) && is_octal(p[2]) && is_octal(p[3])) {
			out[n++] = (uint8_t)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
			continue;
		}
		out[n++] = *p;
		i += *p == '\\' && text.n - i >= 2 && p[1] == '\\';
	}
	return n;
}

static bool
is_printable(uint8_t c)
{
	return (c >= ' ' && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

/* Blank what is no text: NUL is beside every word and in none. */
static void
keep_runs(uint8_t *p, size_t n)
{
	for (size_t i = 0, run; i < n; i += run + (run == 0)) {
		run = 0;
		while (i + run < n && is_printable(p[i + run]))
			run++;
		if (run < RUN_LEAST)
			memset(p + i, 0, run ? run : 1);
	}
}

bool
mask_bytes_hits(const struct mask_set *set, const struct mask_lineup *lineup, struct span value,
    bool is_text, struct mask_tally *tally)
{
	uint8_t *copy = malloc(value.n + 1);
	size_t n = value.n;
	bool found;

	if (!copy)
		return true;
	if (!is_text)
		memcpy(copy, value.p, n);
	else if (goes_on(value, 0, SPAN("\\x")))
		n = read_hex(span_skip(value, 2), copy);
	else
		n = read_escaped(value, copy);
	if (!utf8_is_valid(span_of(copy, n)))
		keep_runs(copy, n);
	found = mask_hits(set, lineup, span_of(copy, n), FORM_TEXT, tally);
	free(copy);
	return found;
}
