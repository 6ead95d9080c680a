/* text.c: find where a text ends, then take its escapes apart (RFC 8259 section 7). */
#include "facts/json/text.h"

#include <errno.h>
#include <stdbool.h>

#include "base/arena.h"

#define NO_TEXT "it is not JSON"

/* Bytes up to the closing quote, or SIZE_MAX: there is none. */
static size_t
find_end(struct span in, bool *has_escape)
{
	*has_escape = false;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '"')
			return i;
		if (in.p[i] < 0x20)
			return SIZE_MAX;
		if (in.p[i] != '\\')
			continue;
		*has_escape = true;
		i++;
	}
	return SIZE_MAX;
}

static bool
take_hex(struct span *in, uint32_t *out)
{
	uint32_t value = 0;

	if (in->n < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		uint8_t c = in->p[i];
		uint32_t digit = c >= '0' && c <= '9' ? c - '0' + 0u : c >= 'a' && c <= 'f' ? c - 'a' + 10u :
		    c >= 'A' && c <= 'F' ? c - 'A' + 10u : 16;

		if (digit == 16)
			return false;
		value = value << 4 | digit;
	}
	*in = span_skip(*in, 4);
	*out = value;
	return true;
}

/* Four digits, or two times four that make one character. */
static bool
take_character(struct span *in, uint32_t *out)
{
	uint32_t high, low;

	if (!take_hex(in, &high) || (high >= 0xdc00 && high <= 0xdfff))
		return false;
	*out = high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (in->n < 2 || in->p[0] != '\\' || in->p[1] != 'u')
		return false;
	*in = span_skip(*in, 2);
	if (!take_hex(in, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*out = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
	return true;
}

/* UTF-8 of a character, at most as long as its escape. */
static size_t
put_character(uint8_t *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (uint8_t)(0xc0 | c >> 6);
		p[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (uint8_t)(0xe0 | c >> 12);
		p[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		p[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (uint8_t)(0xf0 | c >> 18);
	p[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	p[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	p[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* Behind a backslash. */
static bool
take_escape(struct span *in, uint32_t *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint8_t c;

	if (!take_u8(in, &c))
		return false;
	if (c == 'u')
		return take_character(in, out);
	found = c ? strchr(names, c) : NULL;
	if (found)
		*out = (uint8_t)values[found - names];
	return found;
}

int
json_text_read(struct span *in, struct arena *arena, struct span *out, const char **fault)
{
	struct span rest = span_skip(*in, 1), text;
	bool has_escape;
	size_t end = find_end(rest, &has_escape), n = 0;
	uint8_t *p;

	if (end == SIZE_MAX) {
		*fault = NO_TEXT;
		return 0;
	}
	*in = span_skip(rest, end + 1);
	text = span_head(rest, end);
	*out = text;
	if (!has_escape)
		return 0;
	p = arena_take(arena, text.n);
	if (!p)
		return -ENOMEM;
	while (text.n > 0) {
		uint32_t c;

		if (text.p[0] != '\\') {
			(void)take_u8(&text, &p[n++]);
			continue;
		}
		text = span_skip(text, 1);
		if (!take_escape(&text, &c)) {
			*fault = NO_TEXT;
			return 0;
		}
		n += put_character(p + n, c);
	}
	*out = span_of(p, n);
	return 0;
}
