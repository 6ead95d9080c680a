/* digits.c: arithmetic that check digits share. */
#include "mask/national.h"

/* ISO/IEC 7812-1 annex B. */
bool
digits_pass_luhn(const uint8_t *digits, size_t n)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = digits[n - 1 - i] - '0';

		if (i % 2)
			d = d > 4 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return sum % 10 == 0;
}

unsigned int
digits_weigh(const uint8_t *digits, const char *weights)
{
	unsigned int sum = 0;

	for (size_t i = 0; weights[i]; i++)
		sum += (unsigned int)(digits[i] - '0') * (unsigned int)(weights[i] - '0');
	return sum;
}

bool
digits_pass_11_10(const uint8_t *digits, size_t n)
{
	unsigned int rest = 10;

	for (size_t i = 0; i + 1 < n; i++) {
		rest = (rest + (digits[i] - '0')) % 10;
		rest = (rest ? rest : 10) * 2 % 11;
	}
	return (rest + (digits[n - 1] - '0')) % 10 == 1;
}

uint64_t
digits_value(const uint8_t *digits, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}
