/*
 * decode.c: values in PostgreSQL's binary form that are not text: int8, numeric,
 * float8, arrays and records (made.c: of types made in the database). A number is written out in digits and looked at
 * like text. What cannot be read to its last byte is a hit: in doubt, hide.
 */
#include "mask/inside.h"

#include <stdlib.h>

#define DIGITS_MOST 64		/* digits of a number that are written out */
#define DEPTH_MOST 4		/* records in arrays in records */
#define DIMENSIONS_MOST 6	/* MAXDIM */
#define FLOAT_TEXT_MOST 64

#define TYPE_MADE 16384	/* FirstNormalObjectId: below are those PostgreSQL came with */

static bool
text_hits(const struct mask_decode *decode, struct span text)
{
	return mask_hits(decode->set, decode->lineup, text, FORM_TEXT, decode->tally);
}

static bool
json_hits(const struct mask_decode *decode, struct span text)
{
	return mask_hits(decode->set, decode->lineup, text, FORM_JSON, decode->tally);
}

static bool
whole_hits(const struct mask_decode *decode, uint64_t value)
{
	uint8_t text[20];
	size_t i = sizeof(text);

	do {
		text[--i] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value);
	return text_hits(decode, span_of(text + i, sizeof(text) - i));
}

static bool
int8_hits(const struct mask_decode *decode, struct span value)
{
	int64_t n;

	if (value.n != 8)
		return true;
	n = (int64_t)span_be64(value, 0);
	return whole_hits(decode, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* Only a whole number that a double holds exactly enough can be a card. */
static bool
double_hits(const struct mask_decode *decode, double number)
{
	if (number < 0)
		number = -number;
	if (!(number < 1e19) || number < 1)
		return false;
	return (double)(uint64_t)number == number && whole_hits(decode, (uint64_t)number);
}

static bool
float8_hits(const struct mask_decode *decode, struct span value)
{
	uint64_t bits;
	double number;

	if (value.n != 8)
		return true;
	bits = span_be64(value, 0);
	memcpy(&number, &bits, sizeof(number));
	return double_hits(decode, number);
}

/* Base 10000 digits, the first worth 10000^weight; sign and scale do not matter here. */
static bool
numeric_hits(const struct mask_decode *decode, struct span value)
{
	uint8_t text[DIGITS_MOST + 4], *end = text;
	const uint8_t *begin = text;
	int weight;
	size_t count;

	if (value.n < 8)
		return true;
	count = span_be16(value, 0);
	weight = (int16_t)span_be16(value, 2);
	if (value.n != 8 + 2 * count)
		return true;
	if (count == 0 || weight < 0)
		return false;
	if (4 * ((size_t)weight + 1) > DIGITS_MOST)
		return decode->lineup->pattern_count > 0;
	for (size_t i = 0; i <= (size_t)weight; i++) {
		unsigned int four = i < count ? span_be16(value, 8 + 2 * i) : 0;

		if (four > 9999)
			return true;
		*end++ = (uint8_t)('0' + four / 1000);
		*end++ = (uint8_t)('0' + four / 100 % 10);
		*end++ = (uint8_t)('0' + four / 10 % 10);
		*end++ = (uint8_t)('0' + four % 10);
	}
	while (begin < end - 1 && *begin == '0')
		begin++;
	return text_hits(decode, span_of(begin, (size_t)(end - begin)));
}

/* array_send: dimensions, flags, element type, a size and lower bound each, elements. */
bool
mask_array_hits(const struct mask_decode *decode, struct span in, unsigned int depth)
{
	uint32_t dimensions, flags, type, n;
	struct span element;

	if (!take_be32(&in, &dimensions) || !take_be32(&in, &flags) ||
	    !take_be32(&in, &type) || dimensions > DIMENSIONS_MOST ||
	    in.n < 8 * (size_t)dimensions)
		return true;
	in = span_skip(in, 8 * (size_t)dimensions);
	while (in.n) {
		if (!take_be32(&in, &n))
			return true;
		if (n == UINT32_MAX)
			continue;
		if (!take_bytes(&in, n, &element) || mask_value_hits(decode, type, element, depth + 1))
			return true;
	}
	return false;
}

/* record_send: count, then type, length and bytes of each field. */
bool
mask_record_hits(const struct mask_decode *decode, struct span in, unsigned int depth)
{
	uint32_t count, type, n;
	struct span field;

	if (!take_be32(&in, &count))
		return true;
	for (; count; count--) {
		if (!take_be32(&in, &type) || !take_be32(&in, &n))
			return true;
		if (n == UINT32_MAX)
			continue;
		if (!take_bytes(&in, n, &field) || mask_value_hits(decode, type, field, depth + 1))
			return true;
	}
	return in.n != 0;
}

static bool
number_hits(const struct mask_decode *decode, uint32_t type, struct span value)
{
	switch (type) {
	case TYPE_INT8:
		return int8_hits(decode, value);
	case TYPE_FLOAT8:
		return float8_hits(decode, value);
	case TYPE_NUMERIC:
		return numeric_hits(decode, value);
	default:
		return true;
	}
}

bool
mask_value_hits(const struct mask_decode *decode, uint32_t type, struct span value,
    unsigned int depth)
{
	if (depth > DEPTH_MOST)
		return true;
	switch (mask_kind_of(type)) {
	case KIND_TEXT:
		return text_hits(decode, value);
	case KIND_JSON:
		return json_hits(decode, value);
	case KIND_JSONB:
		return value.n == 0 || value.p[0] != 1 || json_hits(decode, span_skip(value, 1));
	case KIND_NUMBER:
		return number_hits(decode, type, value);
	case KIND_ADDRESS:
		return decode->lineup->detectors >> DETECT_IP & 1;
	case KIND_ARRAY:
		return mask_array_hits(decode, value, depth);
	case KIND_RECORD:
		return mask_record_hits(decode, value, depth);
	case KIND_BYTES:
		return mask_bytes_hits(decode->set, decode->lineup, value, false, decode->tally);
	case KIND_PLAIN:
		return false;
	default:	/* looks like text, or is not known */
		if (type == TYPE_UNTOLD && value.n == 8 &&
		    (int8_hits(decode, value) || float8_hits(decode, value)))
			return true;
		if (!value.n || !memchr(value.p, 0, value.n))
			return text_hits(decode, value);
		return type < TYPE_MADE || type == TYPE_UNTOLD || mask_made_hits(decode, value, depth);
	}
}

bool
mask_decode_hits(const struct mask_set *set, const struct mask_lineup *lineup,
    uint32_t type, struct span value, struct mask_tally *tally)
{
	struct mask_decode decode = { set, lineup, tally };

	return mask_value_hits(&decode, type, value, 0);
}

bool
mask_float_hits(const struct mask_set *set, const struct mask_lineup *lineup,
    struct span text, struct mask_tally *tally)
{
	struct mask_decode decode = { set, lineup, tally };
	char copy[FLOAT_TEXT_MOST], *end;
	double number;

	if (text_hits(&decode, text))
		return true;
	if (text.n == 0 || text.n >= sizeof(copy) || !memchr(text.p, 'e', text.n))
		return text.n >= sizeof(copy);
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	number = strtod(copy, &end);
	return *end != 0 || double_hits(&decode, number);
}
