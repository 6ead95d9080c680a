/* coding.c: one body's decoder: its limits, its end, and what may stand behind it. */
#include "coding/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define FREE_BYTES (64 * 1024)	/* of a text, before its ratio counts */
#define STEP_BYTES (32 * 1024)	/* written at a time */

static const struct decoder *const decoders[CODINGS] = {
	[CODING_GZIP] = &decoder_gzip,
	[CODING_DEFLATE] = &decoder_deflate,
	[CODING_BR] = &decoder_br,
	[CODING_ZSTD] = &decoder_zstd,
};

struct coding {
	const struct decoder *decoder;
	void *state;		/* owned */
	struct coding_limits limits;
	struct coding_memory memory;
	uint64_t in, out;	/* bytes so far */
	bool has_ended;		/* the text, or the last of several */
	const char *error;
};

/* ---- memory ----------------------------------------------------------------------- */

#define HEAD 16		/* before each piece: its size, and what aligns it */

void *
coding_take(struct coding_memory *memory, size_t n)
{
	uint8_t *piece;

	if (n > SIZE_MAX - HEAD || n + HEAD > memory->most - memory->used)
		return NULL;
	piece = malloc(n + HEAD);
	if (!piece)
		return NULL;
	memory->used += n + HEAD;
	memcpy(piece, &n, sizeof(n));
	return piece + HEAD;
}

void
coding_give(struct coding_memory *memory, void *p)
{
	uint8_t *piece = p;
	size_t n;

	if (!piece)
		return;
	piece -= HEAD;
	memcpy(&n, piece, sizeof(n));
	memory->used -= n + HEAD;
	explicit_bzero(piece, n + HEAD);
	free(piece);
}

/* ---- one body --------------------------------------------------------------------- */

bool
coding_find(struct span name, enum coding_kind *kind)
{
	static const struct {
		const char *name;
		enum coding_kind kind;
	} names[] = {
		{ "gzip", CODING_GZIP }, { "x-gzip", CODING_GZIP }, { "deflate", CODING_DEFLATE }, { "br", CODING_BR },
		{ "zstd", CODING_ZSTD },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (name.n == strlen(names[i].name) && !strncasecmp((const char *)name.p, names[i].name, name.n)) {
			*kind = names[i].kind;
			return true;
		}
	}
	return false;
}

int
coding_new(struct coding **out, enum coding_kind kind, const struct coding_limits *limits)
{
	struct coding *coding;

	if ((unsigned int)kind >= CODINGS)
		return -EINVAL;
	coding = calloc(1, sizeof(*coding));
	if (!coding)
		return -ENOMEM;
	coding->decoder = decoders[kind];
	coding->limits = *limits;
	coding->memory.most = limits->memory;
	coding->error = "";
	coding->state = coding->decoder->open(&coding->memory);
	if (!coding->state) {
		free(coding);
		return -ENOMEM;
	}
	*out = coding;
	return 0;
}

static enum coding_step
bad(struct coding *coding, const char *why)
{
	coding->error = why;
	return CODING_BAD;
}

static bool
is_too_much(const struct coding *coding)
{
	return coding->out > coding->limits.bytes ||
	    (coding->out > FREE_BYTES && coding->out / (coding->limits.ratio ? coding->limits.ratio : 1) > coding->in);
}

/* Once through the decoder, at most `most` bytes. */
static enum decode_step
step(struct coding *coding, struct span *in, size_t most, struct out *out)
{
	size_t n = most < STEP_BYTES ? most : STEP_BYTES, before = in->n;
	enum decode_step step;
	struct span room;

	if (!out_reserve(out, n)) {
		bad(coding, "there is no room for what is decoded");
		return DECODE_BAD;
	}
	room = span_of(out->p + out->n, n);
	step = coding->decoder->step(coding->state, in, &room);
	out->n += n - room.n;
	coding->out += n - room.n;
	coding->in += before - in->n;
	if (step == DECODE_BAD)
		bad(coding, "a body is not in the coding it is said to be in");
	else if (is_too_much(coding))
		bad(coding, "a body unfolds to too much");
	return *coding->error ? DECODE_BAD : step;
}

enum coding_step
coding_put(struct coding *coding, struct span *in, bool is_last, size_t most, struct out *out)
{
	size_t end = out->n + most;

	while (!*coding->error) {
		size_t left = in->n, written = out->n;
		enum decode_step how;

		if (coding->has_ended && in->n && !coding->decoder->repeats)
			return bad(coding, "more follows behind the end of a coded body");
		if (coding->has_ended && !in->n)
			return CODING_MORE;
		if (coding->has_ended && !coding->decoder->again(coding->state))
			return bad(coding, "a decoder cannot go on");
		coding->has_ended = false;
		if (out->n >= end)
			return CODING_FULL;
		how = step(coding, in, end - out->n, out);
		coding->has_ended = how == DECODE_END;
		if (how != DECODE_MORE || (in->n && (in->n < left || out->n > written)))
			continue;
		if (in->n)
			return bad(coding, "a decoder does not go on");
		if (is_last && coding->in)
			return bad(coding, "a coded body ends too early");
		return CODING_MORE;
	}
	return CODING_BAD;
}

const char *
coding_error(const struct coding *coding)
{
	return coding->error;
}

void
coding_free(struct coding **p)
{
	struct coding *coding = *p;

	*p = NULL;
	if (!coding)
		return;
	coding->decoder->close(coding->state);
	free(coding);
}
