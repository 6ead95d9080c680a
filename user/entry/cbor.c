/*
 * cbor.c: read CBOR heads and values, refusing every second way to say a thing.
 * A head is one byte of major type and a small number, or the length of the
 * number that follows it (RFC 8949 section 3). Deterministic form (section 4.2)
 * means the shortest head, and the keys of a map in the order of their bytes.
 */
#include "entry/cbor.h"

#include "base/utf8.h"

size_t
cbor_head(uint8_t *p, enum cbor_major major, uint64_t value)
{
	size_t more = value < 24 ? 0 : value <= UINT8_MAX ? 1 :
	    value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
	uint8_t low = more == 0 ? (uint8_t)value : more == 1 ? 24 :
	    more == 2 ? 25 : more == 4 ? 26 : 27;

	p[0] = (uint8_t)(major << 5 | low);
	for (size_t i = 0; i < more; i++)
		p[more - i] = (uint8_t)(value >> 8 * i);
	return more + 1;
}

/* The number of a head whose low five bits are `low`. */
static bool
take_number(struct span *in, uint8_t low, uint64_t *out)
{
	struct span digits;
	uint64_t v = 0;
	size_t n;

	if (low < 24) {
		*out = low;
		return true;
	}
	n = low <= 27 ? (size_t)1 << (low - 24) : 9;
	if (n > 8 || !take_bytes(in, n, &digits))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | digits.p[i];
	*out = v;
	/* the shortest form only */
	return v >= (n == 1 ? 24 : 1ULL << 4 * n);
}

bool
cbor_take(struct span *in, struct cbor *out)
{
	struct span rest = *in;
	struct cbor got = { 0 };
	uint8_t first;

	if (!take_u8(&rest, &first) ||
	    !take_number(&rest, first & 31, &got.value))
		return false;
	got.major = (enum cbor_major)(first >> 5);
	switch (got.major) {
	case CBOR_UINT:
	case CBOR_ARRAY:
	case CBOR_MAP:
		break;
	case CBOR_BYTES:
	case CBOR_TEXT:
		if (got.value > rest.n ||
		    !take_bytes(&rest, (size_t)got.value, &got.bytes))
			return false;
		break;
	case CBOR_SIMPLE:
		if (got.value < CBOR_FALSE || got.value > CBOR_NULL)
			return false;
		break;
	default:	/* negative numbers and tags have no place in an entry */
		return false;
	}
	*in = rest;
	*out = got;
	return true;
}

static bool
is_before(struct span a, struct span b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order < 0 || (order == 0 && a.n < b.n);
}

static bool
skip_map(struct span *in, uint64_t count, unsigned int depth)
{
	struct span last = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		struct span key = *in;
		struct cbor head;

		if (!cbor_take(in, &head) ||
		    (head.major != CBOR_UINT && head.major != CBOR_TEXT) ||
		    (head.major == CBOR_TEXT && !utf8_is_valid(head.bytes)))
			return false;
		key.n -= in->n;
		if (i > 0 && !is_before(last, key))
			return false;
		last = key;
		if (!cbor_skip(in, depth))
			return false;
	}
	return true;
}

bool
cbor_pass(struct span *in, const struct cbor *head, unsigned int depth)
{
	if (head->major == CBOR_TEXT)
		return utf8_is_valid(head->bytes);
	if (head->major != CBOR_ARRAY && head->major != CBOR_MAP)
		return true;
	if (depth == 0)
		return false;
	if (head->major == CBOR_MAP)
		return skip_map(in, head->value, depth - 1);
	for (uint64_t i = 0; i < head->value; i++)
		if (!cbor_skip(in, depth - 1))
			return false;
	return true;
}

bool
cbor_skip(struct span *in, unsigned int depth)
{
	struct cbor head;

	return cbor_take(in, &head) && cbor_pass(in, &head, depth);
}

bool
cbor_find(struct span map, uint64_t key, struct span *value)
{
	struct cbor head, at;

	if (!cbor_take(&map, &head) || head.major != CBOR_MAP)
		return false;
	for (uint64_t i = 0; i < head.value; i++) {
		struct span whole;

		if (!cbor_take(&map, &at) || at.major != CBOR_UINT)
			return false;
		whole = map;
		if (!cbor_skip(&map, CBOR_DEPTH))
			return false;
		if (at.value != key)
			continue;
		*value = span_head(whole, whole.n - map.n);
		return true;
	}
	return false;
}
