/*
 * span.h: bytes that are borrowed.
 * A span never owns; whoever made the bytes decides how long it stays good.
 * Integers are read big-endian ("network order"), by these helpers only.
 * The take_* readers cut from the front and leave *in untouched on failure,
 * so that a message can be read to its last byte and nothing past it. Pure.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t n;
};

/* A literal without its closing NUL. */
#define SPAN(literal) \
	((struct span){ (const uint8_t *)(literal), sizeof(literal) - 1 })
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline struct span
span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

static inline struct span
span_text(const char *text)
{
	return span_of(text, text ? strlen(text) : 0);
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
span_is(struct span a, const char *text)
{
	return span_equal(a, span_text(text));
}

/* What is left after the first `n` bytes; empty when there are fewer. */
static inline struct span
span_skip(struct span in, size_t n)
{
	return n >= in.n ? span_of(in.p + in.n, 0) : span_of(in.p + n, in.n - n);
}

static inline struct span
span_head(struct span in, size_t n)
{
	return span_of(in.p, n < in.n ? n : in.n);
}

/* Without blanks and tabs around it: OWS of RFC 9110 section 5.6.3. */
static inline struct span
span_trim(struct span in)
{
	while (in.n && (in.p[0] == ' ' || in.p[0] == '\t'))
		in = span_skip(in, 1);
	while (in.n && (in.p[in.n - 1] == ' ' || in.p[in.n - 1] == '\t'))
		in.n--;
	return in;
}

/* Read at `at`; the caller has checked that the bytes are there. */
static inline uint16_t
span_be16(struct span in, size_t at)
{
	return (uint16_t)(in.p[at] << 8 | in.p[at + 1]);
}

static inline uint32_t
span_be32(struct span in, size_t at)
{
	return (uint32_t)span_be16(in, at) << 16 | span_be16(in, at + 2);
}

static inline uint64_t
span_be64(struct span in, size_t at)
{
	return (uint64_t)span_be32(in, at) << 32 | span_be32(in, at + 4);
}

/* Cut `n` bytes off the front of *in into *out. False: too few. */
static inline bool
take_bytes(struct span *in, size_t n, struct span *out)
{
	if (in->n < n)
		return false;
	*out = span_of(in->p, n);
	*in = span_skip(*in, n);
	return true;
}

static inline bool
take_u8(struct span *in, uint8_t *out)
{
	struct span s;

	if (!take_bytes(in, 1, &s))
		return false;
	*out = s.p[0];
	return true;
}

static inline bool
take_be16(struct span *in, uint16_t *out)
{
	struct span s;

	if (!take_bytes(in, 2, &s))
		return false;
	*out = span_be16(s, 0);
	return true;
}

static inline bool
take_be32(struct span *in, uint32_t *out)
{
	struct span s;

	if (!take_bytes(in, 4, &s))
		return false;
	*out = span_be32(s, 0);
	return true;
}

static inline bool
take_be64(struct span *in, uint64_t *out)
{
	struct span s;

	if (!take_bytes(in, 8, &s))
		return false;
	*out = span_be64(s, 0);
	return true;
}

/* A 32-bit length, then that many bytes: what out_block() writes. */
static inline bool
take_block(struct span *in, struct span *out)
{
	struct span rest = *in;
	uint32_t n;

	if (!take_be32(&rest, &n) || !take_bytes(&rest, n, out))
		return false;
	*in = rest;
	return true;
}

/* Text up to and without its NUL, which is consumed too. */
static inline bool
take_text(struct span *in, struct span *out)
{
	const uint8_t *nul = in->n ? memchr(in->p, 0, in->n) : NULL;

	if (!nul)
		return false;
	*out = span_of(in->p, (size_t)(nul - in->p));
	*in = span_skip(*in, out->n + 1);
	return true;
}

#endif
