/* What one pass tells of a text is what every byte of it tells alone, at any length and place. */
#include <ctype.h>

#include "mask/inside.h"

#include "check.h"

#define MOST 10000

static unsigned int
class_of_byte(uint8_t c)
{
	static const char marks[] = "@.:-_+/ ";
	static const unsigned int bits[] = { CLASS_AT, CLASS_DOT, CLASS_COLON, CLASS_DASH, CLASS_UNDER,
		CLASS_PLUS, CLASS_SLASH, CLASS_SPACE };
	const char *mark = c ? strchr(marks, c) : NULL;

	if (c >= 0x80)
		return CLASS_HIGH;
	if (!c)
		return CLASS_NUL;
	if (mark)
		return bits[mark - marks];
	return isdigit(c) ? CLASS_DIGIT : isupper(c) ? CLASS_UPPER : islower(c) ? CLASS_LOWER : 0;
}

static void
check(struct span text)
{
	struct mask_class class = mask_class_of(text);
	size_t digits = 0, uppers = 0;
	unsigned int bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		bits |= class_of_byte(text.p[i]);
		digits += isdigit(text.p[i]) != 0;
		uppers += isupper(text.p[i]) != 0;
	}
	CHECK(class.n == text.n && class.bits == bits && class.digits == digits && class.uppers == uppers);
}

int
main(void)
{
	static uint8_t text[MOST];

	for (unsigned int byte = 0; byte < 256; byte++)
		for (size_t n = 1; n < 40; n++)
			for (size_t at = 0; at < n; at += 7) {
				memset(text, '!', n);
				text[at] = (uint8_t)byte;
				check(at ? span_of(text, n) : on_cliff(span_of(text, n)));
			}
	for (size_t n = 0; n < MOST; n += n < 100 ? 1 : 997) {
		for (size_t i = 0; i < n; i++)
			text[i] = (uint8_t)(i * 131 + n);
		check(span_of(text, n));
		memset(text, '7', n);	/* more digits than a byte counts */
		check(span_of(text, n));
		memset(text, 'Q', n);
		check(span_of(text, n));
	}
	return check_end();
}
