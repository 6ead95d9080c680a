/* inside.h: what the files of coding/ share. */
#ifndef CODING_INSIDE_H
#define CODING_INSIDE_H

#include "coding/coding.h"

/* Memory of one decoder: each piece knows its size. */
struct coding_memory {
	size_t used, most;
};

void *coding_take(struct coding_memory *, size_t n);
void coding_give(struct coding_memory *, void *);

enum decode_step {
	DECODE_MORE,	/* wants input */
	DECODE_ROOM,	/* wants room */
	DECODE_END,	/* the text has ended */
	DECODE_BAD
};

/* One library, behind four functions. */
struct decoder {
	bool repeats;	/* another text may follow the first */
	void *(*open)(struct coding_memory *);	/* NULL: no memory */
	/* Begin another text. */
	bool (*again)(void *);
	/* From the front of *in to the front of *room. */
	enum decode_step (*step)(void *, struct span *in, struct span *room);
	void (*close)(void *);
};

extern const struct decoder decoder_gzip, decoder_deflate, decoder_br, decoder_zstd;

#endif
