/* number.c: digits and a power of ten; two numbers compare by sign, power, digits. */
#include "base/number.h"

#define EXPONENT_MOST 1000000

/* Digits into the number, those before a dot counted in *whole; false: a form that is not JSON's. */
static bool
read_digits(struct span *in, struct number *number, int64_t *whole)
{
	size_t before = 0, behind = 0;
	bool is_behind = false;
	uint8_t first = in->n ? in->p[0] : 0;

	while (in->n > 0 && (in->p[0] == '.' || (in->p[0] >= '0' && in->p[0] <= '9'))) {
		uint8_t c;

		(void)take_u8(in, &c);
		if (c == '.') {
			if (is_behind || before == 0)
				return false;
			is_behind = true;
			continue;
		}
		number->digits[number->count++] = (uint8_t)(c - '0');
		*(is_behind ? &behind : &before) += 1;
	}
	*whole = (int64_t)before;
	return before > 0 && (before == 1 || first != '0') && (!is_behind || behind > 0);
}

static bool
read_exponent(struct span in, int64_t *out)
{
	bool is_negative = false;
	int64_t value = 0;

	*out = 0;
	if (in.n == 0)
		return true;
	if (in.p[0] != 'e' && in.p[0] != 'E')
		return false;
	in = span_skip(in, 1);
	if (in.n && (in.p[0] == '+' || in.p[0] == '-')) {
		is_negative = in.p[0] == '-';
		in = span_skip(in, 1);
	}
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < '0' || in.p[i] > '9' || value > EXPONENT_MOST)
			return false;
		value = value * 10 + (in.p[i] - '0');
	}
	*out = is_negative ? -value : value;
	return in.n > 0;
}

static void
drop_zeros(struct number *number)
{
	size_t zeros = 0;

	while (zeros < number->count && number->digits[zeros] == 0)
		zeros++;
	memmove(number->digits, number->digits + zeros, number->count - zeros);
	number->count -= zeros;
	number->exponent -= (int64_t)zeros;
	while (number->count > 0 && number->digits[number->count - 1] == 0)
		number->count--;
	if (number->count == 0)
		number->exponent = number->is_negative = 0;
}

bool
number_read(struct span in, struct number *out)
{
	struct number number = { 0 };
	int64_t whole, exponent;

	if (in.n == 0 || in.n > NUMBER_TEXT_MOST)
		return false;
	number.is_negative = in.p[0] == '-';
	if (number.is_negative)
		in = span_skip(in, 1);
	if (!read_digits(&in, &number, &whole) || !read_exponent(in, &exponent))
		return false;
	number.exponent = whole + exponent;
	drop_zeros(&number);
	*out = number;
	return true;
}

/* Without their signs. */
static int
compare_sizes(const struct number *a, const struct number *b)
{
	size_t n = a->count < b->count ? a->count : b->count;
	int order;

	if (a->count == 0 || b->count == 0)
		return (a->count > 0) - (b->count > 0);
	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -1 : 1;
	order = memcmp(a->digits, b->digits, n);
	return order ? order : (a->count > b->count) - (a->count < b->count);
}

int
number_compare(const struct number *a, const struct number *b)
{
	int order;

	if (a->is_negative != b->is_negative)
		return a->is_negative ? -1 : 1;
	order = compare_sizes(a, b);
	return a->is_negative ? -order : order;
}
