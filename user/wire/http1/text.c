/* text.c: which bytes may stand where (RFC 9110 section 5.6, RFC 9112 section 3, RFC 3986). */
#include "wire/http1/http1.h"

static const bool token[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#'] = true, ['$'] = true,
	['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true, ['^'] = true,
	['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
};

bool
http1_is_token(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!token[text.p[i]])
			return false;
	return text.n > 0;
}

bool
http1_is_value(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 0x20 && text.p[i] != '\t') || text.p[i] == 0x7f)
			return false;
	return true;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool
http1_same(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
http1_is(struct span name, const char *text)
{
	return http1_same(name, span_text(text));
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span
http1_trim(struct span text)
{
	while (text.n && is_blank(text.p[0]))
		text = span_skip(text, 1);
	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

bool
http1_take_member(struct span *list, struct span *member)
{
	while (list->n) {
		const uint8_t *comma = memchr(list->p, ',', list->n);
		size_t n = comma ? (size_t)(comma - list->p) : list->n;

		*member = http1_trim(span_head(*list, n));
		*list = span_skip(*list, comma ? n + 1 : n);
		if (member->n)
			return true;
	}
	return false;
}

bool
http1_read_number(struct span digits, uint64_t *out)
{
	uint64_t value = 0;

	if (digits.n == 0 || digits.n > 18 || (digits.n > 1 && digits.p[0] == '0'))
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		value = value * 10 + (digits.p[i] - '0');
	}
	*out = value;
	return true;
}

static int
hex_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
http1_read_hex(struct span digits, uint64_t *out)
{
	uint64_t value = 0;

	if (digits.n == 0 || digits.n > 15)	/* fewer than 64 bits, whatever they are */
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		int digit = hex_of(digits.p[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (unsigned int)digit;
	}
	*out = value;
	return true;
}

static bool
is_alphanumeric(uint8_t c)
{
	c = lower(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool
is_port(struct span text)
{
	uint64_t port;

	return http1_read_number(text, &port) && port > 0 && port <= 65535;
}

/* What is between brackets. Only that it can be nothing else: who dials compares it with what is allowed. */
static bool
is_address(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (hex_of(text.p[i]) < 0 && text.p[i] != ':' && text.p[i] != '.')
			return false;
	return text.n >= 2;
}

/* Fewer than RFC 3986 has: no userinfo, no percent, no delimiters. */
bool
http1_is_host(struct span text)
{
	const uint8_t *end = text.n && text.p[0] == '[' ? memchr(text.p, ']', text.n) : NULL;
	size_t n = 0;

	if (end) {
		n = (size_t)(end - text.p) + 1;
		if (!is_address(span_of(text.p + 1, n - 2)))
			return false;
	}
	while (!end && n < text.n && (is_alphanumeric(text.p[n]) || memchr("-._~", text.p[n], 4)))
		n++;
	if (n == 0 || n > 255)
		return false;
	return n == text.n || (text.p[n] == ':' && is_port(span_skip(text, n + 1)));
}

/* `wrong`: what readers differ about, of the bytes that can be seen. '%' stands before two hexadecimal digits. */
static bool
is_of_target(struct span text, const char *wrong)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c <= 0x20 || c >= 0x7f || strchr(wrong, c))
			return false;
		if (c == '%' && (text.n - i < 3 || hex_of(text.p[i + 1]) < 0 || hex_of(text.p[i + 2]) < 0))
			return false;
	}
	return true;
}

/* RFC 3986 has fewer still, but browsers send '|', '[' and ']' as they are. */
bool
http1_is_path(struct span text)
{
	return is_of_target(text, "\"#<>?\\^`{}");
}

/* So do they here with '\', '^', '`', '{' and '}', which separate nothing in a query. */
bool
http1_is_query(struct span text)
{
	return is_of_target(text, "\"#<>");
}
