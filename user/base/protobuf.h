/*
 * protobuf.h: the wire format of Protocol Buffers (protobuf.dev, "Encoding"), field by field.
 * Strict where readers differ: a tag is of at most 5 bytes and its number not 0, a varint of
 * at most 10 bytes and 64 bits, a group ends with its own number. Nothing is decoded that
 * nobody asks for, so that a field that is not understood can go on as it came. Pure.
 */
#ifndef BASE_PROTOBUF_H
#define BASE_PROTOBUF_H

#include <stdint.h>

#include "out.h"
#include "span.h"

#define PROTOBUF_DEPTH_MOST 100	/* messages and groups within one another, as protobuf's own readers have it */

enum protobuf_wire {
	PROTOBUF_VARINT, PROTOBUF_FIXED64, PROTOBUF_LENGTH, PROTOBUF_GROUP, PROTOBUF_GROUP_END, PROTOBUF_FIXED32
};

struct protobuf_field {
	uint32_t number;
	enum protobuf_wire wire;	/* never GROUP_END */
	uint64_t value;			/* VARINT, FIXED64, FIXED32 */
	struct span bytes;		/* LENGTH: what it has; GROUP: what is between its tags */
	struct span whole;		/* with its tags */
};

enum protobuf_step { PROTOBUF_FIELD, PROTOBUF_END, PROTOBUF_BAD };

/* Cut the next field off *in. END: nothing was left. BAD: it is none, or cut; *in is then unchanged. */
enum protobuf_step protobuf_next(struct span *in, struct protobuf_field *);
/* Cut a varint, or `n` bytes of a number with the least first, off *in. False: it is none, or cut. */
bool protobuf_take_varint(struct span *in, uint64_t *);
bool protobuf_take_fixed(struct span *in, size_t n, uint64_t *);

void protobuf_put_varint(struct out *, uint64_t);
void protobuf_put_fixed(struct out *, size_t n, uint64_t);
void protobuf_put_tag(struct out *, uint32_t number, enum protobuf_wire);
void protobuf_put_bytes(struct out *, uint32_t number, struct span);

/* What "zigzag" makes of a number of sint32 and sint64. */
static inline int64_t
protobuf_zigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (~(v & 1) + 1));
}

#endif
