/*
 * h2_guard.c: frames counted before anyone parses them.
 * Many attacks on HTTP/2 are frames that are each allowed, cost their sender nothing and carry nothing:
 * so each uses up some patience, and what a peer can have only by using the connection brings it back.
 * Reads frame heads (RFC 9113 section 4.1) and nothing else; what is wrong with a frame is not told here.
 */
#include "unwrap/h2_inside.h"

#define PREFACE 24		/* RFC 9113 section 3.4; its bytes are checked by libnghttp2 */
#define CONTINUATIONS_MOST 16	/* 64 KiB of fields are four frames, of the usual size */
#define FULL_DATA 256		/* bytes that make DATA worth its frame */

#define FLAG_ACK 0x1
#define FLAG_END_STREAM 0x1
#define FLAG_PADDED 0x8

void
h2_guard_begin(struct h2_guard *guard, uint32_t patience, bool is_server)
{
	*guard = (struct h2_guard){
		.patience = patience, .most = patience, .skip = is_server ? PREFACE : 0,
	};
}

bool
h2_guard_spend(struct h2_guard *guard, uint32_t n)
{
	bool is_left = n <= guard->patience;

	guard->patience -= is_left ? n : guard->patience;
	return is_left;
}

void
h2_guard_earn(struct h2_guard *guard, uint32_t n)
{
	guard->patience = n > guard->most - guard->patience ? guard->most : guard->patience + n;
}

/* What a frame costs. A stream that ends badly costs more, when it ends. */
static uint32_t
cost_of(uint8_t type, uint8_t flags, uint32_t length)
{
	switch (type) {
	case NGHTTP2_DATA:
		if (flags & FLAG_PADDED)
			return length < FULL_DATA;	/* it may be all padding */
		return !length && !(flags & FLAG_END_STREAM);
	case NGHTTP2_HEADERS:
		return 0;
	case NGHTTP2_SETTINGS:
		return flags & FLAG_ACK ? 1 : 10;	/* it has work done, over all streams */
	default:
		return 1;
	}
}

static const char *
count_frame(struct h2_guard *guard)
{
	struct span head = span_of(guard->head, sizeof(guard->head));
	uint32_t length = span_be32(head, 0) >> 8;
	uint8_t type = head.p[3], flags = head.p[4];

	guard->skip = length;
	if (type == NGHTTP2_PUSH_PROMISE)
		return "the peer pushes, which was not allowed";
	if (type != NGHTTP2_CONTINUATION)
		guard->continuations = 0;
	else if (++guard->continuations > CONTINUATIONS_MOST)
		return "a header block in too many frames";
	if (!h2_guard_spend(guard, cost_of(type, flags, length)))
		return "too many frames that carry nothing";
	if (type == NGHTTP2_DATA && length >= FULL_DATA)
		h2_guard_earn(guard, 1);
	return NULL;
}

const char *
h2_guard_read(struct h2_guard *guard, struct span in)
{
	const char *why = NULL;
	size_t n;

	while (in.n && !why) {
		if (guard->skip) {
			n = guard->skip < in.n ? guard->skip : in.n;
			guard->skip -= (uint32_t)n;
		} else {
			n = sizeof(guard->head) - guard->head_n;
			n = n < in.n ? n : in.n;
			memcpy(guard->head + guard->head_n, in.p, n);
			guard->head_n += (uint8_t)n;
			if (guard->head_n == sizeof(guard->head)) {
				guard->head_n = 0;
				why = count_frame(guard);
			}
		}
		in = span_skip(in, n);
	}
	return why;
}
