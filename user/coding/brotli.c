/* brotli.c: br, by libbrotlidec. Windows beyond 16 MiB are no part of RFC 7932 and stay off. */
#include "coding/inside.h"

#include <brotli/decode.h>

struct brotli {
	BrotliDecoderState *decoder;
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

static void *
open_brotli(struct coding_memory *memory)
{
	struct brotli *brotli = coding_take(memory, sizeof(*brotli));

	if (!brotli)
		return NULL;
	brotli->memory = memory;
	brotli->decoder = BrotliDecoderCreateInstance(take, give, memory);
	if (!brotli->decoder) {
		coding_give(memory, brotli);
		return NULL;
	}
	return brotli;
}

static enum decode_step
step(void *state, struct span *in, struct span *room)
{
	struct brotli *brotli = state;
	const uint8_t *from = in->p;
	uint8_t *to = (uint8_t *)(uintptr_t)room->p;
	size_t given = in->n, wanted = room->n;
	BrotliDecoderResult result = BrotliDecoderDecompressStream(brotli->decoder, &given, &from, &wanted, &to, NULL);

	*in = span_of(from, given);
	*room = span_of(to, wanted);
	switch (result) {
	case BROTLI_DECODER_RESULT_SUCCESS:
		return DECODE_END;
	case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
		return DECODE_MORE;
	case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
		return DECODE_ROOM;
	default:
		return DECODE_BAD;
	}
}

static bool
again(void *state)
{
	(void)state;
	return false;
}

static void
close_brotli(void *state)
{
	struct brotli *brotli = state;

	BrotliDecoderDestroyInstance(brotli->decoder);
	coding_give(brotli->memory, brotli);
}

const struct decoder decoder_br = { false, open_brotli, again, step, close_brotli };
