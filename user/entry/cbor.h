/*
 * cbor.h: the part of CBOR (RFC 8949) that entries use, read strictly.
 * Unsigned integers, byte and text strings, arrays, maps, false, true, null;
 * shortest lengths only, nothing indefinite, no tags, no floats. Pure.
 */
#ifndef ENTRY_CBOR_H
#define ENTRY_CBOR_H

#include "span.h"

enum cbor_major {
	CBOR_UINT = 0, CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_ARRAY = 4,
	CBOR_MAP = 5, CBOR_SIMPLE = 7,
};

#define CBOR_FALSE 20
#define CBOR_TRUE 21
#define CBOR_NULL 22
#define CBOR_DEPTH 6		/* containers within containers */
#define CBOR_HEAD_SIZE 9

struct cbor {
	enum cbor_major major;
	uint64_t value;		/* number, length, count, or simple value */
	struct span bytes;	/* of a byte or text string */
};

/* Write a head of the shortest form to `p` (CBOR_HEAD_SIZE bytes). Returns its size. */
size_t cbor_head(uint8_t *p, enum cbor_major, uint64_t value);
/* Cut one head, with its string, off *in. An array's or map's items follow. */
bool cbor_take(struct span *in, struct cbor *out);
/* Cut off *in what belongs to a head that was taken, and check it as cbor_skip() does. */
bool cbor_pass(struct span *in, const struct cbor *head, unsigned int depth);
/* Cut one whole value off *in, everything in it checked: map keys rise, text is UTF-8. */
bool cbor_skip(struct span *in, unsigned int depth);

/* The value of an unsigned key in a map, as it stands there. False: it is not there. */
bool cbor_find(struct span map, uint64_t key, struct span *value);

/* entry_read.c: may what stands behind this key of an entry be of this type? Of a key not known, any may. */
bool cbor_is_type(uint64_t key, enum cbor_major);

#endif
