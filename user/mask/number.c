/*
 * number.c: payment cards and US social security numbers.
 * Both are found as a chain: groups of digits with one and the same separator
 * (space, dash; for an SSN also a dot) between them. A hit begins and ends with
 * a whole group, so a card inside a longer run of digits is none. From each
 * group at most 19 digits are looked at, so the time stays linear.
 */
#include "mask/national.h"

#define CARD_LEAST 13
#define CARD_NAMED_LEAST 12	/* old Maestro, where the text says "card" */
#define CARD_MOST 19
#define CARD_GROUPS 8
#define SSN_DIGITS 9
#define CONTEXT 24	/* bytes before a bare number that may say what it is */

/* Issuer ranges by first digits, with the lengths they use (ISO/IEC 7812). */
static const struct {
	uint32_t low, high;	/* first `size` digits */
	uint8_t size, least, most;
} issuers[] = {
	{ 4, 4, 1, 13, 19 },			/* Visa */
	{ 51, 55, 2, 16, 16 },			/* Mastercard */
	{ 2221, 2720, 4, 16, 16 },
	{ 34, 34, 2, 15, 15 },			/* American Express */
	{ 37, 37, 2, 15, 15 },
	{ 6011, 6011, 4, 16, 19 },		/* Discover */
	{ 644, 649, 3, 16, 19 },
	{ 65, 65, 2, 16, 19 },
	{ 300, 305, 3, 14, 19 },		/* Diners Club */
	{ 3095, 3095, 4, 14, 19 },
	{ 36, 36, 2, 14, 19 },
	{ 38, 39, 2, 14, 19 },
	{ 3528, 3589, 4, 16, 19 },		/* JCB */
	{ 2131, 2131, 4, 15, 15 },
	{ 1800, 1800, 4, 15, 15 },
	{ 62, 62, 2, 16, 19 },			/* UnionPay */
	{ 81, 81, 2, 16, 19 },
	{ 5018, 5018, 4, 13, 19 },		/* Maestro */
	{ 5020, 5020, 4, 13, 19 },
	{ 5038, 5038, 4, 13, 19 },
	{ 5893, 5893, 4, 13, 19 },
	{ 6304, 6304, 4, 13, 19 },
	{ 6759, 6763, 4, 13, 19 },
	{ 2200, 2204, 4, 16, 19 },		/* Mir */
	{ 60, 60, 2, 16, 16 },			/* RuPay */
	{ 82, 82, 2, 16, 16 },
	{ 508, 508, 3, 16, 16 },
	{ 9792, 9792, 4, 16, 16 },		/* Troy */
	{ 506099, 506198, 6, 16, 19 },		/* Verve */
	{ 650002, 650027, 6, 16, 19 },
};

static bool
has_issuer(const uint8_t *digits, size_t n)
{
	for (size_t i = 0; i < COUNT(issuers); i++) {
		uint32_t first = 0;

		for (size_t j = 0; j < issuers[i].size; j++)
			first = first * 10 + (digits[j] - '0');
		if (first >= issuers[i].low && first <= issuers[i].high &&
		    n >= issuers[i].least && n <= issuers[i].most)
			return true;
	}
	return false;
}

/* A right check digit, and either a known issuer or a word before it that says "card". */
static bool
is_card(struct span text, size_t at, const uint8_t *digits, size_t n)
{
	static const char *const context[] = {
		"card", "credit", "debit", "visa", "maestro", "amex", " cc ", NULL
	};

	if (n < CARD_NAMED_LEAST || !digits_pass_luhn(digits, n))
		return false;
	return (n >= CARD_LEAST && has_issuer(digits, n)) ||
	    mask_follows(text, at, CONTEXT, context);
}

/* Digits of the run that begins at `at`. */
static size_t
run_of(struct span text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && is_digit(text.p[at + n]))
		n++;
	return n;
}

/* The next group of digits at or after *at that touches no letter or digit before it. */
static bool
next_group(struct span text, size_t *at)
{
	size_t i = *at;

	while (i < text.n && !(is_digit(text.p[i]) && begins_word(text, i)))
		i++;
	*at = i;
	return i < text.n;
}

/* "0.4111…" is a fraction, not a card. */
static bool
is_fraction(struct span text, size_t at)
{
	return at >= 2 && text.p[at - 1] == '.' && is_digit(text.p[at - 2]);
}

/* A separator of this chain at `at`, with a digit behind it? */
static bool
chain_goes_on(struct span text, size_t at, uint8_t *separator)
{
	uint8_t c = at < text.n ? text.p[at] : 0;

	if ((c != ' ' && c != '-') || (*separator && c != *separator))
		return false;
	if (at + 1 >= text.n || !is_digit(text.p[at + 1]))
		return false;
	*separator = c;
	return true;
}

/* The longest card that begins with the group at `at`. */
static bool
card_at(struct span text, size_t at, struct mask_hit *hit)
{
	uint8_t digits[CARD_MOST], separator = 0;
	size_t have = 0, i = at;
	bool found = false;

	for (size_t group = 0; group < CARD_GROUPS; group++) {
		size_t n = run_of(text, i);

		if (have + n > CARD_MOST || (group == 0 && n < 4))
			break;
		memcpy(digits + have, text.p + i, n);
		have += n;
		i += n;
		if (ends_word(text, i) && is_card(text, at, digits, have)) {
			*hit = (struct mask_hit){ at, i - at };
			found = true;
		}
		/* Only the last group may be short: dates are chains too. */
		if ((group && n < 3) || !chain_goes_on(text, i, &separator))
			break;
		i++;
	}
	return found;
}

bool
mask_find_card(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; next_group(text, &at); at += run_of(text, at)) {
		if (!is_fraction(text, at) && card_at(text, at, hit))
			return true;
	}
	return false;
}

/* Area, group and serial as the Social Security Administration gives them out. */
static bool
is_ssn(const uint8_t *d)
{
	unsigned int area = (d[0] - '0') * 100u + (d[1] - '0') * 10u + (d[2] - '0');
	unsigned int group = (d[3] - '0') * 10u + (d[4] - '0');

	if (area >= 900)	/* a taxpayer's number (ITIN): groups 50 to 65, 70 to 88, 90 to 92, 94 to 99 */
		return group >= 50 && group != 89 && group != 93 && (group < 66 || group > 69);
	return area != 0 && area != 666 &&
	    (d[3] != '0' || d[4] != '0') &&
	    memcmp(d + 5, "0000", 4) != 0;
}

/* 3-2-4 digits with the same separator twice. */
static bool
ssn_grouped(struct span text, size_t at, uint8_t *digits)
{
	const uint8_t *p = text.p + at;
	uint8_t c;

	if (text.n - at < SSN_DIGITS + 2)
		return false;
	c = p[3];
	if ((c != '-' && c != ' ' && c != '.') || p[6] != c)
		return false;
	if (run_of(text, at) != 3 || run_of(text, at + 4) != 2 || run_of(text, at + 7) != 4)
		return false;
	memcpy(digits, p, 3);
	memcpy(digits + 3, p + 4, 2);
	memcpy(digits + 5, p + 7, 4);
	return true;
}

/* Does the chain go on beyond an SSN, so that it is something longer? */
static bool
is_longer(struct span text, size_t at, size_t end)
{
	uint8_t c = text.p[at + 3];

	if (end + 1 < text.n && text.p[end] == c && c != ' ' && is_digit(text.p[end + 1]))
		return true;
	return at >= 2 && text.p[at - 1] == c && c != ' ' && is_digit(text.p[at - 2]);
}

static bool
ssn_at(struct span text, size_t at, struct mask_hit *hit)
{
	static const char *const context[] = {
		"ssn", "social", "soc sec", "taxpayer", "tax id", "itin", NULL
	};
	uint8_t digits[SSN_DIGITS];

	if (ssn_grouped(text, at, digits)) {
		size_t end = at + SSN_DIGITS + 2;

		if (!ends_word(text, end) || is_longer(text, at, end) || !is_ssn(digits))
			return false;
		*hit = (struct mask_hit){ at, SSN_DIGITS + 2 };
		return true;
	}
	/* Nine digits alone are anything: only where the text says what they are. */
	if (run_of(text, at) != SSN_DIGITS || !ends_word(text, at + SSN_DIGITS) ||
	    !is_ssn(text.p + at) || !mask_follows(text, at, CONTEXT, context))
		return false;
	*hit = (struct mask_hit){ at, SSN_DIGITS };
	return true;
}

bool
mask_find_ssn(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; next_group(text, &at); at += run_of(text, at)) {
		if (ssn_at(text, at, hit))
			return true;
	}
	return false;
}
