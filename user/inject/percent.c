/* percent.c: a %XX that is none stands for its own characters, as readers take it. */
#include "inject/percent.h"

#include "out.h"

int
inject_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
inject_hex_write(struct out *out, struct span in)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < in.n; i++) {
		out_u8(out, (uint8_t)hex[in.p[i] >> 4]);
		out_u8(out, (uint8_t)hex[in.p[i] & 15]);
	}
}

static bool
is_own(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

static void
write_byte(struct out *out, uint8_t c, uint8_t keeps)
{
	static const char hex[] = "0123456789ABCDEF";

	if (is_own(c) || (keeps && c == keeps)) {
		out_u8(out, c);
		return;
	}
	out_u8(out, '%');
	out_u8(out, (uint8_t)hex[c >> 4]);
	out_u8(out, (uint8_t)hex[c & 15]);
}

void
inject_percent_write(struct out *out, struct span in, uint8_t keeps)
{
	for (size_t i = 0; i < in.n; i++)
		write_byte(out, in.p[i], keeps);
}

/* The byte that stands at the front, which is then `*n` long. True: it was encoded. */
static bool
decode(struct span in, uint8_t *c, size_t *n)
{
	int high, low;

	*c = in.p[0];
	*n = 1;
	if (in.p[0] != '%' || in.n < 3)
		return false;
	high = inject_hex_digit(in.p[1]);
	low = inject_hex_digit(in.p[2]);
	if (high < 0 || low < 0)
		return false;
	*c = (uint8_t)(high << 4 | low);
	*n = 3;
	return true;
}

void
inject_percent_again(struct out *out, struct span in, uint8_t keeps, bool is_form)
{
	while (in.n) {
		uint8_t c;
		size_t n;
		/* an encoded '/' is none that parts segments, and stays what it is */
		bool was = decode(in, &c, &n);

		write_byte(out, !was && is_form && c == '+' ? ' ' : c, was ? 0 : keeps);
		in = span_skip(in, n);
	}
}

bool
inject_percent_is(struct span in, const char *name)
{
	for (; in.n; name++) {
		uint8_t c;
		size_t n;

		decode(in, &c, &n);
		if (!*name || (uint8_t)*name != c)
			return false;
		in = span_skip(in, n);
	}
	return !*name;
}
