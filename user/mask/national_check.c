/*
 * national_check.c: the check of each kind of identifier, as its state defines it; sources
 * are the definitions as Wikipedia's "National identification number" and the pages it
 * leads to give them, and the documentation of python-stdnum for what they leave open.
 */
#include "mask/national.h"

/* Two digits as a number. */
static unsigned int
two(const uint8_t *id)
{
	return (unsigned int)(id[0] - '0') * 10 + (id[1] - '0');
}

/* Is there such a day in a year that ends so? Of the centuries in question only 1900 had no 29 February. */
static bool
is_day(unsigned int year, unsigned int month, unsigned int day)
{
	static const uint8_t days[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && day == 29)
		return year % 4 == 0;
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month];
}

static bool
is_yymmdd(const uint8_t *id)
{
	return is_day(two(id), two(id + 2), two(id + 4));
}

static unsigned int
digit(uint8_t c)
{
	return (unsigned int)(c - '0');
}

static bool
is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

bool
national_argentina(const uint8_t *id, size_t n)
{
	unsigned int check = 11 - digits_weigh(id, "5432765432") % 11;

	(void)n;
	return (two(id) <= 27 ? id[0] == '2' && id[1] != '1' && id[1] != '2' : is_one_of(id[0], "3") && is_one_of(id[1], "034")) &&
	    digit(id[10]) == (check == 11 ? 0 : check == 10 ? 9 : check);
}

/* Medicare's beneficiary identifier: letters that look like digits are not used. */
bool
national_america_health(const uint8_t *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_one_of(id[i], "SLOIBZ"))
			return false;
	return id[0] != '0';
}

bool
national_australia_health(const uint8_t *id, size_t n)
{
	(void)n;
	return is_one_of(id[0], "23456") && digits_weigh(id, "13791379") % 10 == digit(id[8]);
}

bool
national_australia(const uint8_t *id, size_t n)
{
	(void)n;
	return (digits_weigh(id, "14375869") + digit(id[8]) * 10) % 11 == 0;
}

bool
national_austria(const uint8_t *id, size_t n)
{
	(void)n;
	return id[0] != '0' && digits_weigh(id, "3790584216") % 11 == digit(id[3]) && is_day(two(id + 8), two(id + 6), two(id + 4));
}

/* Estonia, Lithuania. */
bool
national_baltic(const uint8_t *id, size_t n)
{
	unsigned int rest = digits_weigh(id, "1234567891") % 11;

	(void)n;
	if (rest == 10)
		rest = digits_weigh(id, "3456789123") % 11 % 10;
	return is_one_of(id[0], "3456") && is_yymmdd(id + 1) && digit(id[10]) == rest;
}

bool
national_belgium(const uint8_t *id, size_t n)
{
	uint64_t number = digits_value(id, 9), check = two(id + 9);

	(void)n;
	return is_day(two(id), two(id + 2) % 20, two(id + 4)) &&
	    (97 - number % 97 == check || 97 - (2000000000 + number) % 97 == check);
}

/* Brazil's CPF: two check digits, each over all before it. */
bool
national_brazil(const uint8_t *id, size_t n)
{
	unsigned int first = 0, second = 0;
	bool differ = false;

	for (size_t i = 0; i < 9; i++) {
		first += digit(id[i]) * (10 - (unsigned int)i);
		second += digit(id[i]) * (11 - (unsigned int)i);
		differ |= id[i] != id[0];
	}
	(void)n;
	second += digit(id[9]) * 2;
	return differ && first * 10 % 11 % 10 == digit(id[9]) && second * 10 % 11 % 10 == digit(id[10]);
}

bool
national_britain(const uint8_t *id, size_t n)
{
	static const char *const unused[] = { "BG", "GB", "KN", "NK", "NT", "TN", "ZZ" };

	(void)n;
	for (size_t i = 0; i < COUNT(unused); i++)
		if (!memcmp(id, unused[i], 2))
			return false;
	return !is_one_of(id[0], "DFIQUV") && !is_one_of(id[1], "DFIQUVO") && is_one_of(id[8], "ABCD");
}

bool
national_bulgaria(const uint8_t *id, size_t n)
{
	unsigned int sum = digits_weigh(id, "2485") + digit(id[4]) * 10 + digits_weigh(id + 5, "9736");

	(void)n;
	return is_day(two(id), two(id + 2) % 20, two(id + 4)) && sum % 11 % 10 == digit(id[9]);
}

bool
national_canada(const uint8_t *id, size_t n)
{
	return !is_one_of(id[0], "08") && digits_pass_luhn(id, n);
}

bool
national_chile(const uint8_t *id, size_t n)
{
	unsigned int sum = 0, check;

	for (size_t i = 0; i + 1 < n; i++)
		sum += digit(id[n - 2 - i]) * (unsigned int)(i % 6 + 2);
	check = 11 - sum % 11;
	return id[n - 1] == (check == 11 ? '0' : check == 10 ? 'K' : '0' + check);
}

/* ISO/IEC 7064 MOD 11-2, as GB 11643 has it. */
bool
national_china(const uint8_t *id, size_t n)
{
	static const uint8_t weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned int sum = 0;

	for (size_t i = 0; i + 1 < n; i++)
		sum += digit(id[i]) * weights[i];
	return id[0] != '0' && (two(id + 6) == 19 || two(id + 6) == 20) && is_day(two(id + 8), two(id + 10), two(id + 12)) &&
	    id[17] == (uint8_t)"10X98765432"[sum % 11];
}

bool
national_croatia(const uint8_t *id, size_t n)
{
	return digits_pass_11_10(id, n);
}

/* Czechia and Slovakia: women have 50 in the month, a full register 20 more. */
bool
national_czechia(const uint8_t *id, size_t n)
{
	uint64_t number = digits_value(id, 9);

	(void)n;
	return is_day(two(id), two(id + 2) % 50 % 20, two(id + 4)) && number % 11 % 10 == digit(id[9]);
}

/* Numbers since 2007 need have no check digit. */
bool
national_denmark(const uint8_t *id, size_t n)
{
	(void)n;
	return is_day(two(id + 4), two(id + 2), two(id)) && memcmp(id + 6, "0000", 4) != 0;
}

/* The sign of the century is in it where it is a letter. */
bool
national_finland(const uint8_t *id, size_t n)
{
	const uint8_t *serial = id + (n == 11 ? 7 : 6);
	uint64_t number = digits_value(id, 6) * 1000 + digits_value(serial, 3);

	return is_day(two(id + 4), two(id + 2), two(id)) && (n == 10 || is_one_of(id[6], "ABCDEFUVWXY")) && number % 1000 > 1 &&
	    serial[3] == (uint8_t)"0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31];
}

/* The départements of Corsica, 2A and 2B, count as 19 and 18. */
bool
national_france(const uint8_t *id, size_t n)
{
	unsigned int month = two(id + 3);
	uint8_t digits[15];

	memcpy(digits, id, n);
	if (is_letter(id[6])) {
		if (id[5] != '2' || (id[6] != 'A' && id[6] != 'B'))
			return false;
		memcpy(digits + 5, id[6] == 'A' ? "19" : "18", 2);
	}
	return is_digit(id[5]) && is_one_of(id[0], "123478") && month >= 1 && (month <= 12 || month >= 20) &&
	    97 - digits_value(digits, 13) % 97 == two(id + 13);
}

/* Germany's tax number: of the first ten digits one is there twice or three times, all others once. */
bool
national_germany(const uint8_t *id, size_t n)
{
	uint8_t times[10] = { 0 };
	unsigned int repeated = 0;

	for (size_t i = 0; i < 10; i++)
		times[digit(id[i])]++;
	for (size_t i = 0; i < 10; i++) {
		if (times[i] > 3)
			return false;
		repeated += times[i] > 1;
	}
	return id[0] != '0' && repeated <= 1 && digits_pass_11_10(id, n);
}

/* The pension insurance's: the letter of the name counts as two digits. */
bool
national_germany_pension(const uint8_t *id, size_t n)
{
	static const uint8_t weights[] = { 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1 };
	unsigned int sum = 0;
	uint8_t digits[12];

	(void)n;
	memcpy(digits, id, 8);
	digits[8] = (uint8_t)('0' + (id[8] - 'A' + 1) / 10);
	digits[9] = (uint8_t)('0' + (id[8] - 'A' + 1) % 10);
	memcpy(digits + 10, id + 9, 2);
	for (size_t i = 0; i < COUNT(weights); i++)
		sum += digit(digits[i]) * weights[i] / 10 + digit(digits[i]) * weights[i] % 10;
	return is_day(two(id + 6), two(id + 4), two(id + 2) % 50) && sum % 10 == digit(id[11]);
}

/* The number of England's health service. */
bool
national_health(const uint8_t *id, size_t n)
{
	unsigned int sum = digit(id[0]) * 10 + digits_weigh(id + 1, "98765432");

	(void)n;
	return sum && (11 - sum % 11) % 11 == digit(id[9]);
}

/* Verhoeff's scheme: the dihedral group of order ten, and a permutation for each place. */
bool
national_india(const uint8_t *id, size_t n)
{
	static const char by_ten[10][11] = {
		"0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
		"5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
	};
	static const char places[8][11] = {
		"0123456789", "1576283094", "5803796142", "8916043527",
		"9453126870", "4286573901", "2793806415", "7046913258",
	};
	unsigned int check = 0;

	for (size_t i = 0; i < n; i++)
		check = (unsigned int)(by_ten[check][places[i % 8][digit(id[n - 1 - i])] - '0'] - '0');
	return id[0] >= '2' && check == 0;
}

/* India's GSTIN: a state, a PAN, and more. */
bool
national_india_trade(const uint8_t *id, size_t n)
{
	(void)n;
	return two(id) >= 1 && two(id) <= 37 && id[12] != '0';
}

/* India's PAN: the fourth letter says whose it is. */
bool
national_india_tax(const uint8_t *id, size_t n)
{
	(void)n;
	return is_one_of(id[3], "ABCEFGHJKLPT");
}

bool
national_ireland(const uint8_t *id, size_t n)
{
	unsigned int sum = digits_weigh(id, "8765432");

	if (n == 9) {
		if (!is_one_of(id[8], "ABCDEFGHIW"))
			return false;
		sum += id[8] == 'W' ? 0 : (unsigned int)(id[8] - 'A' + 1) * 9;
	}
	return id[7] == (uint8_t)"WABCDEFGHIJKLMNOPQRSTUV"[sum % 23];
}

bool
national_israel(const uint8_t *id, size_t n)
{
	return digits_value(id, n) && digits_pass_luhn(id, n);
}

/* Letters stand for digits where two people would have the same (omocodia). */
bool
national_italy(const uint8_t *id, size_t n)
{
	static const uint8_t odd[] = {
		1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23
	};
	static const uint8_t numbers[] = { 6, 7, 9, 10, 12, 13, 14 };
	unsigned int sum = 0;

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (!is_digit(id[numbers[i]]) && !is_one_of(id[numbers[i]], "LMNPQRSTUV"))
			return false;
	for (size_t i = 0; i + 1 < n; i++) {
		unsigned int value = is_digit(id[i]) ? digit(id[i]) : (unsigned int)(id[i] - 'A');

		sum += i % 2 ? value : odd[value];
	}
	return is_one_of(id[8], "ABCDEHLMPRST") && id[15] == 'A' + sum % 26;
}

bool
national_japan(const uint8_t *id, size_t n)
{
	unsigned int rest = digits_weigh(id, "65432765432") % 11;

	(void)n;
	return digit(id[11]) == (rest < 2 ? 0 : 11 - rest);
}

/* Since 2020 there is no check digit: then the date and the way it is written must do. */
bool
national_korea(const uint8_t *id, size_t n)
{
	unsigned int rest = digits_weigh(id, "234567892345") % 11;

	(void)n;
	return is_yymmdd(id) && ((is_one_of(id[6], "12345678") && (11 - rest) % 10 == digit(id[12])) ||
	    (is_one_of(id[6], "5678") && (13 - rest) % 10 == digit(id[12])));	/* foreigners: two more */
}

bool
national_korea_new(const uint8_t *id, size_t n)
{
	(void)n;
	return is_yymmdd(id) && is_one_of(id[6], "12345678");
}

/* Of people: the day of birth, or since July 2017 32 and digits that tell nothing; one check for both. */
bool
national_latvia(const uint8_t *id, size_t n)
{
	unsigned int sum = digits_weigh(id, "1637") + digit(id[4]) * 9 + digit(id[5]) * 10 + digits_weigh(id + 6, "5842");

	(void)n;
	return (two(id) == 32 || (is_day(two(id + 4), two(id + 2), two(id)) && is_one_of(id[6], "012"))) &&
	    (1101 - sum) % 11 % 10 == digit(id[10]);
}

bool
national_malaysia(const uint8_t *id, size_t n)
{
	unsigned int place = two(id + 6);

	(void)n;
	return is_yymmdd(id) && place && place != 17 && place != 18 && place != 19 && place != 20;
}

bool
national_mexico(const uint8_t *id, size_t n)
{
	unsigned int sum = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		unsigned int value = is_digit(id[i]) ? digit(id[i]) : (unsigned int)(id[i] - 'A' + 10);

		sum += (value + (id[i] >= 'O' && id[i] <= 'Z')) * (unsigned int)(18 - i);	/* after N comes Ñ */
	}
	return is_yymmdd(id + 4) && is_one_of(id[10], "HMX") && (10 - sum % 10) % 10 == digit(id[17]);
}

bool
national_netherlands(const uint8_t *id, size_t n)
{
	unsigned int sum = digits_weigh(id, "98765432");

	(void)n;
	return sum && sum % 11 == digit(id[8]);
}

bool
national_norway(const uint8_t *id, size_t n)
{
	unsigned int first = 11 - digits_weigh(id, "376189452") % 11, second = 11 - digits_weigh(id, "5432765432") % 11;

	(void)n;
	return is_day(two(id + 4), two(id + 2) % 40, two(id) % 40) && first % 11 == digit(id[9]) && second % 11 == digit(id[10]);
}

/* The century is in the month: 0 for 1900, 20 for 2000; nobody has been born in another yet, or lives. */
bool
national_poland(const uint8_t *id, size_t n)
{
	(void)n;
	return two(id + 2) < 40 && is_day(two(id), two(id + 2) % 20, two(id + 4)) &&
	    (10 - digits_weigh(id, "1379137913") % 10) % 10 == digit(id[10]);
}

bool
national_portugal(const uint8_t *id, size_t n)
{
	unsigned int check = 11 - digits_weigh(id, "98765432") % 11;

	(void)n;
	return (is_one_of(id[0], "12356789") || !memcmp(id, "45", 2)) && digit(id[8]) == (check > 9 ? 0 : check);
}

bool
national_romania(const uint8_t *id, size_t n)
{
	unsigned int rest = digits_weigh(id, "279146358279") % 11;

	(void)n;
	return is_one_of(id[0], "123456789") && is_yymmdd(id + 1) && digit(id[12]) == (rest == 10 ? 1 : rest);
}

bool
national_singapore(const uint8_t *id, size_t n)
{
	unsigned int sum = digits_weigh(id + 1, "2765432") + (is_one_of(id[0], "TG") ? 4 : id[0] == 'M' ? 3 : 0);

	(void)n;
	if (is_one_of(id[0], "ST"))
		return id[8] == (uint8_t)"JZIHGFEDCBA"[sum % 11];
	if (is_one_of(id[0], "FG"))
		return id[8] == (uint8_t)"XWUTRQPNMLK"[sum % 11];
	return id[0] == 'M' && id[8] == (uint8_t)"XWUTRQPNJLK"[sum % 11];
}

bool
national_south_africa(const uint8_t *id, size_t n)
{
	return is_yymmdd(id) && is_one_of(id[10], "012") && digits_pass_luhn(id, n);
}

bool
national_spain(const uint8_t *id, size_t n)
{
	return id[n - 1] == (uint8_t)"TRWAGMYFPDXBNJZSQVHLCKE"[digits_value(id, n - 1) % 23];
}

bool
national_spain_foreigner(const uint8_t *id, size_t n)
{
	uint8_t digits[9];

	if (!is_one_of(id[0], "XYZ"))
		return false;
	memcpy(digits, id, n);
	digits[0] = (uint8_t)('0' + (id[0] - 'X'));
	return national_spain(digits, n);
}

/* Coordination numbers have 60 in the day. */
bool
national_sweden(const uint8_t *id, size_t n)
{
	const uint8_t *last = id + n - 10;

	return (n == 10 || (two(id) >= 18 && two(id) <= 20)) && is_day(two(last), two(last + 2), two(last + 4) % 60) &&
	    digits_pass_luhn(last, 10);
}

/* Of a company, whose third digit is no month's. */
bool
national_sweden_company(const uint8_t *id, size_t n)
{
	return id[2] >= '2' && digits_pass_luhn(id, n);
}

bool
national_switzerland(const uint8_t *id, size_t n)
{
	(void)n;
	return !memcmp(id, "756", 3) && (10 - digits_weigh(id, "131313131313") % 10) % 10 == digit(id[12]);
}

bool
national_taiwan(const uint8_t *id, size_t n)
{
	static const uint8_t letters[] = {
		10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33
	};
	unsigned int letter = letters[id[0] - 'A'];

	(void)n;
	return is_one_of(id[1], "1289") && (letter / 10 + letter % 10 * 9 + digits_weigh(id + 1, "876543211")) % 10 == 0;
}

/* The second and third digits are a province (ISO 3166-2:TH). */
bool
national_thailand(const uint8_t *id, size_t n)
{
	static const uint8_t last[10] = { 0, 9, 7, 9, 9, 8, 7, 7, 6, 6 };
	unsigned int sum = 0;

	if (id[1] == '0' || digit(id[2]) > last[digit(id[1])])
		return false;

	for (size_t i = 0; i + 1 < n; i++)
		sum += digit(id[i]) * (unsigned int)(13 - i);
	return is_one_of(id[0], "12345678") && (11 - sum % 11) % 10 == digit(id[12]);
}

bool
national_turkey(const uint8_t *id, size_t n)
{
	unsigned int odd = digits_weigh(id, "101010101"), even = digits_weigh(id, "010101010");

	(void)n;
	return id[0] != '0' && (odd * 7 + 100 - even) % 10 == digit(id[9]) && (odd + even + digit(id[9])) % 10 == digit(id[10]);
}
