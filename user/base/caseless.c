/* caseless.c: cut one folded byte after the other off both texts. */
#include "base/caseless.h"

/* The next byte as it folds, or -1 at the end. */
static int
next_byte(struct span *in)
{
	uint8_t byte;

	if (!take_u8(in, &byte))
		return -1;
	if (byte == 0xc5 && in->n >= 1 && in->p[0] == 0xbf) {
		*in = span_skip(*in, 1);
		return 's';
	}
	if (byte == 0xe2 && in->n >= 2 && in->p[0] == 0x84 && in->p[1] == 0xaa) {
		*in = span_skip(*in, 2);
		return 'k';
	}
	return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

int
caseless_compare(struct span a, struct span b)
{
	for (;;) {
		int left = next_byte(&a), right = next_byte(&b);

		if (left != right)
			return left - right;
		if (left < 0)
			return 0;
	}
}

bool
caseless_equal(struct span a, struct span b)
{
	return caseless_compare(a, b) == 0;
}
