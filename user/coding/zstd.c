/* zstd.c: zstd, by libzstd. A frame may ask for a window of 8 MiB and no more (RFC 9659). */
#define ZSTD_STATIC_LINKING_ONLY	/* for an allocator of our own */
#include "coding/inside.h"

#include <zstd.h>

#define WINDOW_LOG_MOST 23

struct zstd {
	ZSTD_DCtx *decoder;
	struct coding_memory *memory;
};

static void *
take(void *memory, size_t n)
{
	return coding_take(memory, n);
}

static void
give(void *memory, void *p)
{
	coding_give(memory, p);
}

static void
close_zstd(void *state)
{
	struct zstd *zstd = state;

	ZSTD_freeDCtx(zstd->decoder);
	coding_give(zstd->memory, zstd);
}

static void *
open_zstd(struct coding_memory *memory)
{
	struct zstd *zstd = coding_take(memory, sizeof(*zstd));

	if (!zstd)
		return NULL;
	zstd->memory = memory;
	zstd->decoder = ZSTD_createDCtx_advanced((ZSTD_customMem){ take, give, memory });
	if (!zstd->decoder ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(zstd->decoder, ZSTD_d_windowLogMax, WINDOW_LOG_MOST))) {
		close_zstd(zstd);
		return NULL;
	}
	return zstd;
}

static enum decode_step
step(void *state, struct span *in, struct span *room)
{
	struct zstd *zstd = state;
	ZSTD_inBuffer from = { in->p, in->n, 0 };
	ZSTD_outBuffer to = { (void *)(uintptr_t)room->p, room->n, 0 };
	size_t hint = ZSTD_decompressStream(zstd->decoder, &to, &from);

	*in = span_skip(*in, from.pos);
	*room = span_skip(*room, to.pos);
	if (ZSTD_isError(hint))
		return DECODE_BAD;
	if (hint == 0)
		return DECODE_END;
	return room->n ? DECODE_MORE : DECODE_ROOM;
}

/* A decoder that is at the end of a frame begins the next by itself. */
static bool
again(void *state)
{
	(void)state;
	return true;
}

const struct decoder decoder_zstd = { true, open_zstd, again, step, close_zstd };
