/*
 * deflate.c: gzip and deflate, by zlib. "deflate" means zlib's format, and some send the
 * bare one: the first two bytes tell, for a zlib head is a multiple of 31.
 */
#include "coding/inside.h"

#include <zlib.h>

#define WINDOW 15
#define WITH_GZIP 16

struct inflating {
	z_stream zlib;
	struct coding_memory *memory;
	bool is_chosen;		/* it is known which format it is */
	uint8_t head[2];
	uint8_t head_n, head_done;
};

static void *
take(void *memory, unsigned int count, unsigned int size)
{
	return coding_take(memory, (size_t)count * size);
}

static void
give(void *memory, void *p)
{
	coding_give(memory, p);
}

static void *
open_with(struct coding_memory *memory, int window, bool is_chosen)
{
	struct inflating *inflating = coding_take(memory, sizeof(*inflating));

	if (!inflating)
		return NULL;
	memset(inflating, 0, sizeof(*inflating));
	inflating->memory = memory;
	inflating->is_chosen = is_chosen;
	inflating->zlib.zalloc = take;
	inflating->zlib.zfree = give;
	inflating->zlib.opaque = memory;
	if (inflateInit2(&inflating->zlib, window) != Z_OK) {
		coding_give(memory, inflating);
		return NULL;
	}
	return inflating;
}

static void *
open_gzip(struct coding_memory *memory)
{
	return open_with(memory, WINDOW + WITH_GZIP, true);
}

static void *
open_deflate(struct coding_memory *memory)
{
	return open_with(memory, WINDOW, false);
}

static bool
again(void *state)
{
	struct inflating *inflating = state;

	return inflateReset(&inflating->zlib) == Z_OK;
}

/* Gather the first two bytes. True: they are there, and the format is set. */
static bool
choose(struct inflating *inflating, struct span *in)
{
	unsigned int head;

	while (inflating->head_n < 2 && in->n) {
		inflating->head[inflating->head_n++] = in->p[0];
		*in = span_skip(*in, 1);
	}
	if (inflating->head_n < 2)
		return false;
	head = (unsigned int)inflating->head[0] << 8 | inflating->head[1];
	if ((inflating->head[0] & 15) != Z_DEFLATED || head % 31 != 0)
		inflateReset2(&inflating->zlib, -WINDOW);
	inflating->is_chosen = true;
	return true;
}

static int
inflate_from(struct inflating *inflating, struct span *in, struct span *room)
{
	unsigned int given = in->n < UINT32_MAX ? (unsigned int)in->n : UINT32_MAX, wanted = (unsigned int)room->n;
	int status;

	inflating->zlib.next_in = (Bytef *)(uintptr_t)in->p;
	inflating->zlib.avail_in = given;
	inflating->zlib.next_out = (Bytef *)(uintptr_t)room->p;
	inflating->zlib.avail_out = wanted;
	status = inflate(&inflating->zlib, Z_NO_FLUSH);
	*in = span_skip(*in, given - inflating->zlib.avail_in);
	*room = span_skip(*room, wanted - inflating->zlib.avail_out);
	return status;
}

static enum decode_step
step(void *state, struct span *in, struct span *room)
{
	struct inflating *inflating = state;
	int status = Z_OK;

	if (!inflating->is_chosen && !choose(inflating, in))
		return DECODE_MORE;
	if (inflating->head_done < inflating->head_n) {
		struct span head = span_of(inflating->head + inflating->head_done,
		    inflating->head_n - inflating->head_done);

		status = inflate_from(inflating, &head, room);
		inflating->head_done = (uint8_t)(inflating->head_n - head.n);
	}
	if (status == Z_OK && inflating->head_done == inflating->head_n)
		status = inflate_from(inflating, in, room);
	if (status == Z_STREAM_END)
		return inflating->head_done == inflating->head_n ? DECODE_END : DECODE_BAD;
	if (status != Z_OK && status != Z_BUF_ERROR)
		return DECODE_BAD;
	return room->n ? DECODE_MORE : DECODE_ROOM;
}

static void
close_inflating(void *state)
{
	struct inflating *inflating = state;

	inflateEnd(&inflating->zlib);
	coding_give(inflating->memory, inflating);
}

const struct decoder decoder_gzip = { true, open_gzip, again, step, close_inflating };
const struct decoder decoder_deflate = { false, open_deflate, again, step, close_inflating };
