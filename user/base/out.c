/* out.c: a buffer that grows up to its limit and remembers the first failure. */
#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_ROOM 256

bool
out_grow(struct out *out, size_t n)
{
	size_t room = out->room;
	uint8_t *p;

	if (out->failed || n > out->limit - out->n) {
		out->failed = true;
		return false;
	}
	if (n <= room - out->n)
		return true;
	while (room < out->n + n)
		room = room ? room * 2 : FIRST_ROOM;
	if (room > out->limit)
		room = out->limit;
	p = malloc(room);
	if (!p) {
		out->failed = true;
		return false;
	}
	if (out->p) {	/* what grows may be a secret, and leaves nothing behind */
		memcpy(p, out->p, out->n);
		explicit_bzero(out->p, out->room);
		free(out->p);
	}
	out->p = p;
	out->room = room;
	return true;
}

void
out_be16(struct out *out, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	out_bytes(out, b, sizeof(b));
}

void
out_be32(struct out *out, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	out_bytes(out, b, sizeof(b));
}

void
out_be64(struct out *out, uint64_t v)
{
	out_be32(out, (uint32_t)(v >> 32));
	out_be32(out, (uint32_t)v);
}

void
out_block(struct out *out, struct span in)
{
	if (in.n > UINT32_MAX) {
		out->failed = true;
		return;
	}
	out_be32(out, (uint32_t)in.n);
	out_span(out, in);
}

void
out_text(struct out *out, const char *text)
{
	out_bytes(out, text, strlen(text) + 1);
}

void
out_zero(struct out *out, size_t n)
{
	if (!n || !out_reserve(out, n))
		return;
	memset(out->p + out->n, 0, n);
	out->n += n;
}

void
out_printf(struct out *out, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !out_reserve(out, (size_t)n + 1)) {
		out->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf((char *)out->p + out->n, (size_t)n + 1, format, args);
	va_end(args);
	out->n += (size_t)n;
}

void
out_put_be32(struct out *out, size_t at, uint32_t v)
{
	if (out->failed || at + 4 > out->n)
		return;
	out->p[at] = (uint8_t)(v >> 24);
	out->p[at + 1] = (uint8_t)(v >> 16);
	out->p[at + 2] = (uint8_t)(v >> 8);
	out->p[at + 3] = (uint8_t)v;
}

void
out_drop(struct out *out, size_t n)
{
	if (n >= out->n) {
		out->n = 0;
		return;
	}
	memmove(out->p, out->p + n, out->n - n);
	out->n -= n;
}

void
out_clear(struct out *out)
{
	out->n = 0;
	out->failed = false;
}

void
out_free(struct out *out)
{
	if (out->p)
		explicit_bzero(out->p, out->room);
	free(out->p);
	*out = out_new(out->limit);
}
