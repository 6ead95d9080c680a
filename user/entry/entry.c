/*
 * entry.c: write an entry as deterministic CBOR, straight into the caller's room.
 * The map's head says how many pairs there are, which is known only at the end:
 * two bytes are left free in front, and entry_end() puts a head of one or two
 * bytes there. Nothing is moved but the pairs of an inner map, which callers may
 * add in any order and entry_end() sorts.
 */
#include "entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "entry/cbor.h"

#define FRONT 2			/* room for the head of the outer map */
#define MAP_PAIRS 64		/* pairs of an inner map, the most masks a policy has */

static void
put(struct entry *e, const void *p, size_t n)
{
	if (e->failed || n > ENTRY_LIMIT - e->n) {
		e->failed = true;
		return;
	}
	if (n)
		memcpy(e->p + e->n, p, n);
	e->n += n;
}

static void
put_head(struct entry *e, enum cbor_major major, uint64_t value)
{
	uint8_t head[CBOR_HEAD_SIZE];

	put(e, head, cbor_head(head, major, value));
}

/* A key and what stands behind it: the reader takes no other type, and keys in rising order only. */
static void
put_key(struct entry *e, enum entry_key key, enum cbor_major major)
{
	if ((int)key <= e->last || !cbor_is_type(key, major))
		e->disordered = true;
	e->last = (int)key;
	e->count++;
	put_head(e, CBOR_UINT, key);
}

/*
 * Write `in` as UTF-8 to `to` (NULL: only count), \xNN for what is not, at most
 * `limit` bytes, never half a character. *used is how much of `in` was taken.
 */
static size_t
escape(struct span in, size_t limit, uint8_t *to, size_t *used)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0, at = 0;

	while (at < in.n) {
		size_t length = utf8_length(span_skip(in, at));
		size_t wide = length ? length : 4;

		if (n + wide > limit)
			break;
		if (to && length) {
			memcpy(to + n, in.p + at, length);
		} else if (to) {
			to[n] = '\\';
			to[n + 1] = 'x';
			to[n + 2] = (uint8_t)hex[in.p[at] >> 4];
			to[n + 3] = (uint8_t)hex[in.p[at] & 15];
		}
		n += wide;
		at += length ? length : 1;
	}
	*used = at;
	return n;
}

bool
entry_text_fits(struct span in)
{
	size_t used;

	if (in.n > ENTRY_TEXT_LIMIT)
		return false;
	return utf8_is_valid(in) ||
	    (escape(in, ENTRY_TEXT_LIMIT, NULL, &used), used == in.n);
}

static void
put_text(struct entry *e, struct span in)
{
	char more[40] = "";
	size_t used, n;

	if (in.n <= ENTRY_TEXT_LIMIT && utf8_is_valid(in)) {
		put_head(e, CBOR_TEXT, in.n);
		put(e, in.p, in.n);
		return;
	}
	n = escape(in, ENTRY_TEXT_LIMIT, NULL, &used);

	if (used < in.n)
		snprintf(more, sizeof(more), " …[%zu bytes]", in.n);
	put_head(e, CBOR_TEXT, n + strlen(more));
	if (e->failed || n > ENTRY_LIMIT - e->n) {
		e->failed = true;
		return;
	}
	escape(in, ENTRY_TEXT_LIMIT, e->p + e->n, &used);
	e->n += n;
	put(e, more, strlen(more));
}

void
entry_begin(struct entry *e, uint8_t *room, enum entry_kind kind)
{
	*e = (struct entry){ .p = room, .n = FRONT, .last = -1 };
	entry_uint(e, KEY_VERSION, ENTRY_VERSION);
	entry_uint(e, KEY_KIND, kind);
}

void
entry_uint(struct entry *e, enum entry_key key, uint64_t value)
{
	put_key(e, key, CBOR_UINT);
	put_head(e, CBOR_UINT, value);
}

void
entry_text(struct entry *e, enum entry_key key, struct span text)
{
	if (text.n == 0)
		return;
	put_key(e, key, CBOR_TEXT);
	put_text(e, text);
}

void
entry_bytes(struct entry *e, enum entry_key key, struct span bytes)
{
	if (bytes.n == 0)
		return;
	put_key(e, key, CBOR_BYTES);
	put_head(e, CBOR_BYTES, bytes.n);
	put(e, bytes.p, bytes.n);
}

void
entry_id(struct entry *e, enum entry_key key, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	if (id && id_is_set(id))
		entry_text(e, key, span_text(id_format(id, text)));
}

void
entry_array(struct entry *e, enum entry_key key, size_t count)
{
	put_key(e, key, CBOR_ARRAY);
	put_head(e, CBOR_ARRAY, count);
}

void
entry_map(struct entry *e, enum entry_key key, size_t count)
{
	put_key(e, key, CBOR_MAP);
	put_head(e, CBOR_MAP, count);
}

void
entry_item_array(struct entry *e, size_t count)
{
	put_head(e, CBOR_ARRAY, count);
}

void
entry_item_text(struct entry *e, struct span text)
{
	put_text(e, text);
}

void
entry_item_uint(struct entry *e, uint64_t value)
{
	put_head(e, CBOR_UINT, value);
}

void
entry_item_null(struct entry *e)
{
	put_head(e, CBOR_SIMPLE, CBOR_NULL);
}

static int
compare_pairs(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* Sort the pairs at *in (a map of `count`) in place and step past them. */
static bool
sort_pairs(struct span *in, size_t count)
{
	struct span pairs[MAP_PAIRS], whole = *in;
	uint8_t *copy, *to = (uint8_t *)(uintptr_t)whole.p;

	if (count > MAP_PAIRS)
		return false;
	for (size_t i = 0; i < count; i++) {
		pairs[i] = *in;
		if (!cbor_skip(in, 0) || !cbor_skip(in, 0))
			return false;
		pairs[i].n -= in->n;
	}
	whole.n -= in->n;
	if (count < 2)
		return true;
	qsort(pairs, count, sizeof(pairs[0]), compare_pairs);
	copy = malloc(whole.n);
	if (!copy)
		return false;
	for (size_t i = 0, n = 0; i < count; n += pairs[i++].n)
		memcpy(copy + n, pairs[i].p, pairs[i].n);
	memcpy(to, copy, whole.n);
	free(copy);
	return true;
}

/* Put inner maps in order; false when a value is not whole. */
static bool
sort_maps(struct entry *e)
{
	struct span in = span_of(e->p + FRONT, e->n - FRONT);
	struct cbor head;

	for (size_t i = 0; i < e->count; i++) {
		struct span value;

		if (!cbor_take(&in, &head))
			return false;
		value = in;
		if (!cbor_take(&in, &head))
			return false;
		if (head.major == CBOR_MAP) {
			if (!sort_pairs(&in, (size_t)head.value))
				return false;
		} else if (head.major == CBOR_ARRAY) {
			in = value;
			if (!cbor_skip(&in, CBOR_DEPTH - 1))
				return false;
		}
	}
	return in.n == 0;
}

int
entry_end(struct entry *e, struct span *out)
{
	uint8_t head[CBOR_HEAD_SIZE];
	size_t n;

	if (e->disordered)
		return -EINVAL;
	if (e->failed)
		return -EMSGSIZE;
	if (!sort_maps(e))
		return -EINVAL;
	n = cbor_head(head, CBOR_MAP, e->count);
	if (n > FRONT)
		return -EINVAL;
	memcpy(e->p + FRONT - n, head, n);
	*out = span_of(e->p + FRONT - n, e->n - FRONT + n);
	return 0;
}
