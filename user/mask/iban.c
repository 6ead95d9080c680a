/*
 * iban.c: international bank account numbers (ISO 13616).
 * Two letters of a country in the registry, two check digits, then as many
 * letters and digits as that country uses, plain or in groups with one space or
 * dash between; the whole is 1 modulo 97.
 */
#include "mask/inside.h"

#define IBAN_MOST 34

static const struct {
	char country[3];
	uint8_t length;
} registry[] = {
	{ "AD", 24 }, { "AE", 23 }, { "AL", 28 }, { "AT", 20 }, { "AZ", 28 },
	{ "BA", 20 }, { "BE", 16 }, { "BG", 22 }, { "BH", 22 }, { "BI", 27 },
	{ "BR", 29 }, { "BY", 28 }, { "CH", 21 }, { "CR", 22 }, { "CY", 28 },
	{ "CZ", 24 }, { "DE", 22 }, { "DJ", 27 }, { "DK", 18 }, { "DO", 28 },
	{ "EE", 20 }, { "EG", 29 }, { "ES", 24 }, { "FI", 18 }, { "FK", 18 },
	{ "FO", 18 }, { "FR", 27 }, { "GB", 22 }, { "GE", 22 }, { "GI", 23 },
	{ "GL", 18 }, { "GR", 27 }, { "GT", 28 }, { "HN", 28 }, { "HR", 21 },
	{ "HU", 28 }, { "IE", 22 }, { "IL", 23 }, { "IQ", 23 }, { "IS", 26 },
	{ "IT", 27 }, { "JO", 30 }, { "KW", 30 }, { "KZ", 20 }, { "LB", 28 },
	{ "LC", 32 }, { "LI", 21 }, { "LT", 20 }, { "LU", 20 }, { "LV", 21 },
	{ "LY", 25 }, { "MC", 27 }, { "MD", 24 }, { "ME", 22 }, { "MK", 19 },
	{ "MN", 20 }, { "MR", 27 }, { "MT", 31 }, { "MU", 30 }, { "NI", 28 },
	{ "NL", 18 }, { "NO", 15 }, { "OM", 23 }, { "PK", 24 }, { "PL", 28 },
	{ "PS", 29 }, { "PT", 25 }, { "QA", 29 }, { "RO", 24 }, { "RS", 22 },
	{ "RU", 33 }, { "SA", 24 }, { "SC", 31 }, { "SD", 18 }, { "SE", 24 },
	{ "SI", 19 }, { "SK", 24 }, { "SM", 27 }, { "SO", 23 }, { "ST", 25 },
	{ "SV", 28 }, { "TL", 23 }, { "TN", 24 }, { "TR", 26 }, { "UA", 29 },
	{ "VA", 22 }, { "VG", 24 }, { "XK", 20 }, { "YE", 30 },
};

static uint8_t
upper(uint8_t c)
{
	return is_lower(c) ? c & (uint8_t)~0x20 : c;
}

/* How long an IBAN of that country is; 0: no such country. */
static size_t
length_of(uint8_t first, uint8_t second)
{
	for (size_t i = 0; i < COUNT(registry); i++) {
		if (registry[i].country[0] == upper(first) &&
		    registry[i].country[1] == upper(second))
			return registry[i].length;
	}
	return 0;
}

/* The first four move to the end, letters are 10 to 35 (ISO/IEC 7064, MOD 97-10). */
static bool
passes_97(const uint8_t *iban, size_t n)
{
	unsigned int rest = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = upper(iban[(i + 4) % n]);

		if (is_digit(c))
			rest = (rest * 10 + (c - '0')) % 97;
		else
			rest = (rest * 100 + (c - 'A' + 10)) % 97;
	}
	return rest == 1;
}

static bool
iban_at(struct span text, size_t at, struct mask_hit *hit)
{
	size_t want = length_of(text.p[at], text.p[at + 1]), have = 0, i = at;
	uint8_t iban[IBAN_MOST];

	while (want && i < text.n && have < want) {
		uint8_t c = text.p[i];

		if (is_word(c)) {
			iban[have++] = c;
		} else if ((c != ' ' && c != '-') || have < 4 || !is_word(text.p[i - 1])) {
			return false;
		}
		i++;
	}
	if (want == 0 || have < want || !ends_word(text, i) || !passes_97(iban, have))
		return false;
	*hit = (struct mask_hit){ at, i - at };
	return true;
}

bool
mask_find_iban(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at + 4 <= text.n; at++) {
		const uint8_t *p = text.p + at;

		if (!is_word(p[0]))
			continue;
		if (is_digit(p[2]) && is_digit(p[3]) && is_letter(p[0]) &&
		    is_letter(p[1]) && begins_word(text, at) && iban_at(text, at, hit))
			return true;
		while (at + 1 < text.n && is_word(text.p[at + 1]))
			at++;	/* nothing begins within a word */
	}
	return false;
}
