/* base64.c: base 64, strict: what is read has no second spelling. */
#include "base/base64.h"

#include "out.h"

void
base64_write(struct out *out, struct span bytes)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t v = (uint32_t)bytes.p[i] << 16;

		if (n > 1)
			v |= (uint32_t)bytes.p[i + 1] << 8;
		if (n > 2)
			v |= bytes.p[i + 2];
		out_u8(out, (uint8_t)digits[v >> 18]);
		out_u8(out, (uint8_t)digits[v >> 12 & 63]);
		out_u8(out, n > 1 ? (uint8_t)digits[v >> 6 & 63] : '=');
		out_u8(out, n > 2 ? (uint8_t)digits[v & 63] : '=');
	}
}

/* Value of one digit; -1: none. */
static int
digit_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* How many '=' end the text: 0 to 2. */
static size_t
count_padding(struct span text)
{
	if (text.p[text.n - 1] != '=')
		return 0;
	return text.p[text.n - 2] == '=' ? 2 : 1;
}

bool
base64_read(struct span text, uint8_t *bytes, size_t room, size_t *n)
{
	size_t padding, digits, size, written = 0;
	uint32_t bits = 0;
	unsigned int count = 0;

	if (text.n == 0 || text.n % 4)
		return false;
	padding = count_padding(text);
	digits = text.n - padding;
	size = text.n / 4 * 3 - padding;
	if (size > room)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int value = digit_value(text.p[i]);

		if (value < 0)
			return false;
		bits = (bits << 6 | (uint32_t)value) & 0xffffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			bytes[written++] = (uint8_t)(bits >> count);
		}
	}
	/* what padding cuts off must be zero, or one value had two spellings */
	if (bits & ((1u << count) - 1))
		return false;
	*n = written;
	return true;
}
