/*
 * vat.c: VAT numbers of the European Union and of Northern Ireland and Great Britain:
 * the country's letters, then what that country gives out, with its check digits where
 * they are public (the Commission's VIES FAQ, question 11; the algorithms as
 * python-stdnum documents them).
 */
#include "mask/national.h"

#define VAT_MOST 14

typedef bool check_fn(const uint8_t *id, size_t n);

static unsigned int
digit(uint8_t c)
{
	return (unsigned int)(c - '0');
}

static bool
are_digits(const uint8_t *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_digit(id[i]))
			return false;
	return true;
}

static bool
austria(const uint8_t *id, size_t n)
{
	unsigned int sum = 4;

	if (id[0] != 'U' || !are_digits(id + 1, n - 1))
		return false;
	for (size_t i = 1; i < 8; i++)
		sum += i % 2 ? digit(id[i]) : digit(id[i]) * 2 / 10 + digit(id[i]) * 2 % 10;
	return (10 - sum % 10) % 10 == digit(id[8]);
}

static bool
belgium(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 10) && (id[0] == '0' || id[0] == '1') && 97 - digits_value(id, 8) % 97 == digits_value(id + 8, 2);
}

static bool
bulgaria(const uint8_t *id, size_t n)
{
	unsigned int rest;

	if (!are_digits(id, n))
		return false;
	if (n == 10)
		return true;	/* of people: several schemes */
	rest = digits_weigh(id, "12345678") % 11;
	if (rest == 10)
		rest = (digits_weigh(id, "3456789") + digit(id[7]) * 10) % 11 % 10;
	return rest == digit(id[8]);
}

static bool
cyprus(const uint8_t *id, size_t n)
{
	static const uint8_t odd[] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21 };
	unsigned int sum = 0;

	(void)n;
	if (!are_digits(id, 8) || !is_upper(id[8]) || !memcmp(id, "12", 2))
		return false;
	for (size_t i = 0; i < 8; i++)
		sum += i % 2 ? digit(id[i]) : odd[digit(id[i])];
	return id[8] == 'A' + sum % 26;
}

static bool
czechia(const uint8_t *id, size_t n)
{
	unsigned int rest;

	if (!are_digits(id, n))
		return false;
	if (n == 9)
		return true;
	if (n == 10)
		return digits_value(id, 10) % 11 == 0 || digits_value(id, 9) % 11 == 10;
	rest = digits_weigh(id, "8765432") % 11;
	return digit(id[7]) == (11 - rest == 11 ? 1 : (11 - rest) % 10);
}

static bool
denmark(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 8) && id[0] != '0' && digits_weigh(id, "27654321") % 11 == 0;
}

static bool
germany(const uint8_t *id, size_t n)
{
	return are_digits(id, n) && id[0] != '0' && digits_pass_11_10(id, n);
}

static bool
croatia(const uint8_t *id, size_t n)
{
	return are_digits(id, n) && digits_pass_11_10(id, n);
}

static bool
estonia(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 9) && digits_weigh(id, "371371371") % 10 == 0;
}

static bool
finland(const uint8_t *id, size_t n)
{
	unsigned int rest;

	(void)n;
	if (!are_digits(id, 8))
		return false;
	rest = (digits_weigh(id, "79") + digit(id[2]) * 10 + digits_weigh(id + 3, "5842")) % 11;
	return rest != 1 && digit(id[7]) == (11 - rest) % 11;
}

/* Where the key is two digits it is that of the SIREN number; letters are another scheme. */
static bool
france(const uint8_t *id, size_t n)
{
	(void)n;
	if (!are_digits(id + 2, 9) || !digits_pass_luhn(id + 2, 9))
		return false;
	return !are_digits(id, 2) || (12 + 3 * (digits_value(id + 2, 9) % 97)) % 97 == digits_value(id, 2);
}

static bool
greece(const uint8_t *id, size_t n)
{
	unsigned int sum = 0;

	(void)n;
	if (!are_digits(id, 9))
		return false;
	for (size_t i = 0; i < 8; i++)
		sum += digit(id[i]) << (8 - i);
	return sum && sum % 11 % 10 == digit(id[8]);
}

static bool
hungary(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 8) && (10 - digits_weigh(id, "9731973") % 10) % 10 == digit(id[7]);
}

static bool
ireland(const uint8_t *id, size_t n)
{
	uint8_t old[8];

	if (are_digits(id, 7))
		return is_upper(id[7]) && (n == 8 || is_upper(id[8])) && national_ireland(id, n);
	if (n != 8 || !is_digit(id[0]) || !are_digits(id + 2, 5))
		return false;
	memcpy(old + 1, id + 2, 5);
	old[0] = '0';
	old[6] = id[0];
	old[7] = id[7];
	return national_ireland(old, 8);
}

static bool
luhn(const uint8_t *id, size_t n)
{
	return are_digits(id, n) && digits_pass_luhn(id, n);
}

static bool
lithuania(const uint8_t *id, size_t n)
{
	unsigned int first = 0, second = 0;

	if (!are_digits(id, n))
		return false;
	for (size_t i = 0; i + 1 < n; i++) {
		first += digit(id[i]) * (unsigned int)(i % 9 + 1);
		second += digit(id[i]) * (unsigned int)((i + 2) % 9 + 1);
	}
	first %= 11;
	return id[n - 2] == '1' && (first == 10 ? second % 11 % 10 : first) == digit(id[n - 1]);
}

static bool
luxembourg(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 8) && digits_value(id, 6) % 89 == digits_value(id + 6, 2);
}

static bool
latvia(const uint8_t *id, size_t n)
{
	unsigned int sum;

	(void)n;
	if (!are_digits(id, 11))
		return false;
	if (id[0] < '4')
		return national_latvia(id, n);
	sum = digits_weigh(id, "9148") + digit(id[4]) * 3 + digit(id[5]) * 10 + digits_weigh(id + 6, "25761");
	return sum % 11 == 3;
}

static bool
malta(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 8) && 37 - digits_weigh(id, "346789") % 37 == digits_value(id + 6, 2);
}

/* "B" and two digits behind; since 2020 the whole is 1 modulo 97, letters as numbers. */
static bool
netherlands(const uint8_t *id, size_t n)
{
	unsigned int rest = 0;
	uint8_t whole[14] = "NL";

	if (!are_digits(id, 9) || id[9] != 'B' || !are_digits(id + 10, 2))
		return false;
	if (digits_weigh(id, "98765432") % 11 == digit(id[8]))
		return true;
	memcpy(whole + 2, id, n);
	for (size_t i = 0; i < 14; i++)
		rest = is_digit(whole[i]) ? (rest * 10 + digit(whole[i])) % 97 : (rest * 100 + (whole[i] - 'A' + 10u)) % 97;
	return rest == 1;
}

static bool
poland(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 10) && digits_weigh(id, "657234567") % 11 == digit(id[9]);
}

static bool
portugal(const uint8_t *id, size_t n)
{
	return are_digits(id, 9) && id[0] != '0' && national_portugal(id, n);
}

static bool
romania(const uint8_t *id, size_t n)
{
	uint8_t padded[10];

	if (!are_digits(id, n) || n < 6)
		return false;
	memset(padded, '0', 10);
	memcpy(padded + 10 - n, id, n);
	return digits_weigh(padded, "753217532") * 10 % 11 % 10 == digit(padded[9]);
}

static bool
sweden(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 12) && digits_pass_luhn(id, 10) && id[10] == '0' && id[11] == '1';
}

static bool
slovenia(const uint8_t *id, size_t n)
{
	unsigned int check;

	(void)n;
	if (!are_digits(id, 8) || id[0] == '0')
		return false;
	check = 11 - digits_weigh(id, "8765432") % 11;
	return check != 11 && check % 10 == digit(id[7]);
}

static bool
slovakia(const uint8_t *id, size_t n)
{
	(void)n;
	return are_digits(id, 10) && id[0] != '0' && strchr("234789", id[2]) && digits_value(id, 10) % 11 == 0;
}

/* A company's letter, or a person's number. */
static bool
spain(const uint8_t *id, size_t n)
{
	unsigned int sum = 0;

	if (are_digits(id, 8))
		return is_upper(id[8]) && national_spain(id, n);
	if (!is_upper(id[0]) || strchr("IOT", id[0]) || !are_digits(id + 1, 7))
		return false;
	if (strchr("XYZ", id[0]))
		return national_spain_foreigner(id, n);
	for (size_t i = 1; i < 8; i++)
		sum += i % 2 ? digit(id[i]) * 2 / 10 + digit(id[i]) * 2 % 10 : digit(id[i]);
	sum = (10 - sum % 10) % 10;
	return id[8] == '0' + sum || id[8] == (uint8_t)"JABCDEFGHI"[sum];
}

/* Great Britain, and Northern Ireland as XI: two schemes, 97 and 97 less 55. */
static bool
britain(const uint8_t *id, size_t n)
{
	unsigned int rest;

	(void)n;
	if (!are_digits(id, n))
		return false;
	rest = (digits_weigh(id, "8765432") + (unsigned int)digits_value(id + 7, 2)) % 97;
	return rest == 0 || rest == 42;
}

static const struct {
	char country[3];
	uint8_t least, most;	/* characters behind the country */
	check_fn *check;
} states[] = {
	{ "AT", 9, 9, austria }, { "BE", 10, 10, belgium }, { "BG", 9, 10, bulgaria }, { "CY", 9, 9, cyprus },
	{ "CZ", 8, 10, czechia }, { "DE", 9, 9, germany }, { "DK", 8, 8, denmark }, { "EE", 9, 9, estonia },
	{ "EL", 9, 9, greece }, { "ES", 9, 9, spain }, { "FI", 8, 8, finland }, { "FR", 11, 11, france },
	{ "GB", 9, 9, britain }, { "GB", 12, 12, britain }, { "GR", 9, 9, greece },
	{ "HR", 11, 11, croatia }, { "HU", 8, 8, hungary },
	{ "IE", 8, 9, ireland }, { "IT", 11, 11, luhn }, { "LT", 9, 9, lithuania }, { "LT", 12, 12, lithuania },
	{ "LU", 8, 8, luxembourg }, { "LV", 11, 11, latvia }, { "MT", 8, 8, malta }, { "NL", 12, 12, netherlands },
	{ "PL", 10, 10, poland }, { "PT", 9, 9, portugal }, { "RO", 6, 10, romania }, { "SE", 12, 12, sweden },
	{ "SI", 8, 8, slovenia }, { "SK", 10, 10, slovakia }, { "XI", 9, 9, britain }, { "XI", 12, 12, britain },
};

static bool
is_vat(const uint8_t *id, size_t n)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (!memcmp(states[i].country, id, 2) && n - 2 >= states[i].least && n - 2 <= states[i].most &&
		    states[i].check(id + 2, n - 2))
			return true;
	return false;
}

static bool
is_state(const uint8_t *id)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (!memcmp(states[i].country, id, 2))
			return true;
	return false;
}

/* The longest that begins at `at`, letters in upper case only. */
static bool
vat_at(struct span text, size_t at, struct mask_hit *hit)
{
	uint8_t id[VAT_MOST + 1];
	bool found = false;
	size_t n = 0;

	if (!is_state(text.p + at))
		return false;
	for (size_t i = at; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!is_word(c) && (n < 2 || !c || !strchr(" .-", c) || i + 1 >= text.n || !is_word(text.p[i + 1])))
			break;
		if (!is_word(c))
			continue;
		if (n == VAT_MOST || is_lower(c))
			break;
		id[n++] = c;
		if (n >= 8 && ends_word(text, i + 1) && is_vat(id, n)) {
			*hit = (struct mask_hit){ at, i + 1 - at };
			found = true;
		}
	}
	return found;
}

bool
mask_find_vat(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at + 8 <= text.n; at++)
		if (is_upper(text.p[at]) && is_upper(text.p[at + 1]) && begins_word(text, at) && vat_at(text, at, hit))
			return true;
	return false;
}
