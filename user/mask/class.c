/*
 * class.c: one pass over a value that spares most detectors.
 * Every byte has a few class bits; OR-ed together, with the count of digits and
 * the length, they tell which detectors could hit at all: no card without 13
 * digits, no e-mail without '@' and '.'. A name or a date is done after this.
 */
#include "mask/inside.h"

#include <assert.h>


static const uint16_t class_of[256] = {
	[0] = CLASS_NUL,
	['0' ... '9'] = CLASS_DIGIT,
	['A' ... 'Z'] = CLASS_UPPER,
	['a' ... 'z'] = CLASS_LOWER,
	['@'] = CLASS_AT,
	['.'] = CLASS_DOT,
	[':'] = CLASS_COLON,
	['-'] = CLASS_DASH,
	['_'] = CLASS_UNDER,
	['+'] = CLASS_PLUS,
	['/'] = CLASS_SLASH,
	[' '] = CLASS_SPACE,
	[0x80 ... 0xff] = CLASS_HIGH,
};

/* What a text must have, at the least, for a detector to be worth running. */
static const struct {
	mask_find_fn find;
	uint16_t all;		/* every one of these classes */
	uint8_t digits, length;
} detectors[] = {
	[DETECT_CARD] = { mask_find_card, CLASS_DIGIT, 12, 12 },
	[DETECT_SSN] = { mask_find_ssn, CLASS_DIGIT, 9, 9 },
	[DETECT_EMAIL] = { mask_find_email, CLASS_AT | CLASS_DOT, 0, 6 },
	[DETECT_PHONE] = { mask_find_phone, CLASS_DIGIT, 7, 8 },
	[DETECT_IBAN] = { mask_find_iban, CLASS_DIGIT, 2, 15 },
	[DETECT_IP] = { mask_find_ip, 0, 0, 3 },
	[DETECT_JWT] = { mask_find_jwt, CLASS_DOT | CLASS_LOWER | CLASS_UPPER, 0, 24 },
	[DETECT_PRIVATE_KEY] = { mask_find_private_key, CLASS_DASH | CLASS_UPPER, 0, 27 },
	[DETECT_AWS] = { mask_find_aws, CLASS_UPPER, 0, 20 },
	[DETECT_GITHUB] = { mask_find_github, CLASS_UNDER | CLASS_LOWER, 0, 33 },
	[DETECT_SLACK] = { mask_find_slack, CLASS_LOWER, 0, 15 },
};
static_assert(COUNT(detectors) == DETECT_PATTERN, "one row per built-in detector");

struct mask_class
mask_class_of(struct span text)
{
	struct mask_class class = { .n = text.n };
	const uint8_t *p = text.p, *end = text.p + text.n;
	unsigned int bits = 0;
	size_t digits = 0;

	for (; p < end; p++) {
		unsigned int one = class_of[*p];

		bits |= one;
		digits += one & CLASS_DIGIT;
	}
	class.bits = bits;
	class.digits = digits;
	return class;
}

/* The two that the table cannot say: an address is dotted digits or has colons. */
static bool
could_be_address(const struct mask_class *class)
{
	return (class->bits & CLASS_COLON) ||
	    (class->digits >= 4 && (class->bits & CLASS_DOT));
}

/* A Slack token has a dash, a webhook a slash. */
static bool
could_be_slack(const struct mask_class *class)
{
	return class->bits & (CLASS_DASH | CLASS_SLASH);
}

uint32_t
mask_class_filter(const struct mask_class *class, uint32_t wanted)
{
	uint32_t left = wanted & (1u << DETECT_PATTERN);

	wanted &= ~left;
	while (wanted) {
		unsigned int i = (unsigned int)__builtin_ctz(wanted);

		wanted &= wanted - 1;
		if (class->n < detectors[i].length ||
		    class->digits < detectors[i].digits ||
		    (class->bits & detectors[i].all) != detectors[i].all)
			continue;
		if (i == DETECT_IP && !could_be_address(class))
			continue;
		if (i == DETECT_SLACK && !could_be_slack(class))
			continue;
		left |= 1u << i;
	}
	return left;
}

bool
mask_find(enum view_detector detector, struct span text, size_t from,
    struct mask_hit *hit)
{
	if ((unsigned int)detector >= COUNT(detectors) || from >= text.n)
		return false;
	return detectors[detector].find(text, from, hit);
}

bool
mask_detect(enum view_detector detector, struct span text, size_t *at, size_t *n)
{
	struct mask_class class = mask_class_of(text);
	struct mask_hit hit;

	if ((unsigned int)detector >= DETECT_PATTERN ||
	    !mask_class_filter(&class, 1u << detector) ||
	    !mask_find(detector, text, 0, &hit))
		return false;
	*at = hit.at;
	*n = hit.n;
	return true;
}

/* Does `text` have the lower-case `word` at `at`, in any case? */
static bool
has_word(struct span text, size_t at, const char *word)
{
	for (; *word; word++, at++) {
		uint8_t c = at < text.n ? text.p[at] : 0;

		if ((is_upper(c) ? c | 0x20 : c) != (uint8_t)*word)
			return false;
	}
	return true;
}

bool
mask_follows(struct span text, size_t at, size_t most, const char *const *words)
{
	struct span before = span_of(text.p, at);
	uint32_t first = 0;	/* letters that a word begins with */

	for (const char *const *word = words; *word; word++)
		first |= 1u << (**word & 31);
	for (size_t i = at > most ? at - most : 0; i < at; i++) {
		if (!(first >> (text.p[i] & 31) & 1))
			continue;
		for (const char *const *word = words; *word; word++) {
			if (has_word(before, i, *word))
				return true;
		}
	}
	return false;
}
