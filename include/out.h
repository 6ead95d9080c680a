/*
 * out.h: bytes being written.
 * A buffer that grows up to a limit and remembers the first failure, so that a
 * writer writes a whole message and asks once, at the end, whether it fitted.
 * After a failure nothing more is added. Pure but for memory.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct out {
	uint8_t *p;	/* owned */
	size_t n;	/* bytes written and not yet consumed */
	size_t room;	/* bytes allocated */
	size_t limit;	/* never more than this many */
	bool failed;	/* a write did not fit, or memory ran out */
};

/* An empty buffer. It takes no memory before its first byte. */
static inline struct out
out_new(size_t limit)
{
	return (struct out){ .limit = limit };
}

/* Room for `n` more bytes; false, and failed, where there is none. */
bool out_grow(struct out *, size_t n);

static inline bool
out_reserve(struct out *out, size_t n)
{
	return (!out->failed && n <= out->room - out->n) || out_grow(out, n);
}

static inline void
out_bytes(struct out *out, const void *p, size_t n)
{
	if (!n || !out_reserve(out, n))
		return;
	memcpy(out->p + out->n, p, n);
	out->n += n;
}

static inline void
out_span(struct out *out, struct span in)
{
	out_bytes(out, in.p, in.n);
}

static inline void
out_u8(struct out *out, uint8_t v)
{
	if (out_reserve(out, 1))
		out->p[out->n++] = v;
}

void out_be16(struct out *, uint16_t);
void out_be32(struct out *, uint32_t);
void out_be64(struct out *, uint64_t);
void out_block(struct out *, struct span);	/* 32-bit length, bytes */
void out_text(struct out *, const char *);	/* bytes and a NUL */
void out_zero(struct out *, size_t n);
__attribute__((format(printf, 2, 3)))
void out_printf(struct out *, const char *format, ...);	/* without a NUL */

/* Write over 4 bytes at `at`, which have been written before. */
void out_put_be32(struct out *, size_t at, uint32_t);

/* What is in the buffer; good until the next write. */
static inline struct span
out_view(const struct out *out)
{
	return span_of(out->p, out->n);
}

/* Drop the first `n` bytes (all, when there are fewer). */
void out_drop(struct out *, size_t n);
/* Forget the bytes and the failure, keep the memory. */
void out_clear(struct out *);
/* Give the memory back, wiped. */
void out_free(struct out *);

#endif
