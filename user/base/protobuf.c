/* protobuf.c: one field after the other, and back. */
#include "base/protobuf.h"

#include <stdbool.h>

#define VARINT_MOST 10
#define TAG_MOST 5
#define WIRE_BITS 3

static bool
take_varint(struct span *in, size_t most, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < in->n && i < most; i++) {
		uint8_t c = in->p[i];

		if (i == VARINT_MOST - 1 && c > 1)
			return false;	/* beyond 64 bits */
		value |= (uint64_t)(c & 0x7f) << 7 * i;
		if (c < 0x80) {
			*in = span_skip(*in, i + 1);
			*out = value;
			return true;
		}
	}
	return false;
}

bool
protobuf_take_varint(struct span *in, uint64_t *out)
{
	return take_varint(in, VARINT_MOST, out);
}

bool
protobuf_take_fixed(struct span *in, size_t n, uint64_t *out)
{
	uint64_t value = 0;

	if (in->n < n)
		return false;
	for (size_t i = n; i-- > 0;)
		value = value << 8 | in->p[i];
	*in = span_skip(*in, n);
	*out = value;
	return true;
}

static bool
take_tag(struct span *in, struct protobuf_field *field)
{
	uint64_t tag;

	if (!take_varint(in, TAG_MOST, &tag) || tag > UINT32_MAX || tag >> WIRE_BITS == 0)
		return false;
	field->number = (uint32_t)(tag >> WIRE_BITS);
	field->wire = (enum protobuf_wire)(tag & ((1u << WIRE_BITS) - 1));
	return true;
}

/* What stands behind a tag that begins no group. */
static bool
take_value(struct span *in, struct protobuf_field *field)
{
	uint64_t n;

	switch (field->wire) {
	case PROTOBUF_VARINT:
		return protobuf_take_varint(in, &field->value);
	case PROTOBUF_FIXED64:
		return protobuf_take_fixed(in, 8, &field->value);
	case PROTOBUF_FIXED32:
		return protobuf_take_fixed(in, 4, &field->value);
	case PROTOBUF_LENGTH:
		if (!protobuf_take_varint(in, &n) || n > in->n)
			return false;
		field->bytes = span_head(*in, (size_t)n);
		*in = span_skip(*in, (size_t)n);
		return true;
	default:
		return false;
	}
}

/* Behind the tag that begins a group: up to that which ends it, groups within it too. */
static bool
take_group(struct span *in, struct protobuf_field *field)
{
	uint32_t open[PROTOBUF_DEPTH_MOST];
	size_t depth = 0;
	struct span begin = *in;

	open[depth++] = field->number;
	while (depth > 0) {
		struct protobuf_field inner = { 0 };
		size_t left = in->n;

		if (!take_tag(in, &inner))
			return false;
		if (inner.wire == PROTOBUF_GROUP) {
			if (depth == PROTOBUF_DEPTH_MOST)
				return false;
			open[depth++] = inner.number;
		} else if (inner.wire == PROTOBUF_GROUP_END) {
			if (open[--depth] != inner.number)
				return false;
			field->bytes = span_head(begin, begin.n - left);
		} else if (!take_value(in, &inner)) {
			return false;
		}
	}
	return true;
}

enum protobuf_step
protobuf_next(struct span *in, struct protobuf_field *field)
{
	struct span rest = *in;

	*field = (struct protobuf_field){ 0 };
	if (!in->n)
		return PROTOBUF_END;
	if (!take_tag(&rest, field))
		return PROTOBUF_BAD;
	if (!(field->wire == PROTOBUF_GROUP ? take_group(&rest, field) : take_value(&rest, field)))
		return PROTOBUF_BAD;
	field->whole = span_head(*in, in->n - rest.n);
	*in = rest;
	return PROTOBUF_FIELD;
}

void
protobuf_put_varint(struct out *out, uint64_t value)
{
	while (value >= 0x80) {
		out_u8(out, (uint8_t)(value | 0x80));
		value >>= 7;
	}
	out_u8(out, (uint8_t)value);
}

void
protobuf_put_fixed(struct out *out, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		out_u8(out, (uint8_t)(value >> 8 * i));
}

void
protobuf_put_tag(struct out *out, uint32_t number, enum protobuf_wire wire)
{
	protobuf_put_varint(out, (uint64_t)number << WIRE_BITS | wire);
}

void
protobuf_put_bytes(struct out *out, uint32_t number, struct span bytes)
{
	protobuf_put_tag(out, number, PROTOBUF_LENGTH);
	protobuf_put_varint(out, bytes.n);
	out_span(out, bytes);
}
