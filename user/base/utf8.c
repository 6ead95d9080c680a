/* utf8.c: the table of well-formed sequences, Unicode 15 table 3-7. */
#include "base/utf8.h"

size_t
utf8_length(struct span in)
{
	uint8_t least = 0x80, most = 0xbf;
	size_t n;

	if (in.n == 0)
		return 0;
	if (in.p[0] < 0x80)
		return 1;
	if (in.p[0] < 0xc2 || in.p[0] > 0xf4)
		return 0;
	n = in.p[0] < 0xe0 ? 2 : in.p[0] < 0xf0 ? 3 : 4;
	if (n > in.n)
		return 0;
	if (in.p[0] == 0xe0)
		least = 0xa0;
	if (in.p[0] == 0xed)
		most = 0x9f;
	if (in.p[0] == 0xf0)
		least = 0x90;
	if (in.p[0] == 0xf4)
		most = 0x8f;
	if (in.p[1] < least || in.p[1] > most)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((in.p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* How many of the first bytes are ASCII: eight at a time, then one by one. */
static size_t
ascii_run(struct span in)
{
	size_t n = 0;
	uint64_t eight;

	for (; n + sizeof(eight) <= in.n; n += sizeof(eight)) {
		memcpy(&eight, in.p + n, sizeof(eight));
		if (eight & 0x8080808080808080ULL)
			break;
	}
	while (n < in.n && in.p[n] < 0x80)
		n++;
	return n;
}

bool
utf8_is_valid(struct span in)
{
	while (in.n) {
		size_t n = ascii_run(in);

		if (n == 0)
			n = utf8_length(in);
		if (n == 0)
			return false;
		in = span_skip(in, n);
	}
	return true;
}
