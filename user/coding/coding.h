/*
 * coding.h: content codings (RFC 9110, section 8.4.1) undone as they stream: gzip (RFC 1952),
 * deflate (RFC 1950, and RFC 1951 without a head, which some send), br (RFC 7932) and zstd
 * (RFC 8878 with the window of RFC 9659). What a few bytes can unfold to is bounded in all,
 * as a ratio, and per call. Several gzip members or zstd frames in a row are one text, and
 * nothing else may follow. No bytes at all are the empty text.
 * Pure; memory is allocated within a limit.
 */
#ifndef CODING_CODING_H
#define CODING_CODING_H

#include "out.h"
#include "span.h"

enum coding_kind { CODING_GZIP, CODING_DEFLATE, CODING_BR, CODING_ZSTD, CODINGS };

struct coding;

struct coding_limits {
	uint64_t bytes;		/* of the whole text */
	uint32_t ratio;		/* bytes of it for each that came, but for its first 64 KiB */
	size_t memory;		/* that a decoder may take */
};

enum coding_step {
	CODING_MORE,	/* all of *in was taken: give what follows, or, was it the last, all is done */
	CODING_FULL,	/* `most` bytes were written: call again with what is left of *in */
	CODING_BAD,	/* coding_error(). Only BAD from here on */
};

/* The coding of a name, in any case ("x-gzip" too). False: none of these. */
bool coding_find(struct span name, enum coding_kind *);
/* Returns 0, -EINVAL (no such kind) or -ENOMEM. */
int coding_new(struct coding **, enum coding_kind, const struct coding_limits *);
/* Undo: from the front of *in to the end of *out, at most `most` bytes (at least 1). `is_last`: nothing is behind *in. */
enum coding_step coding_put(struct coding *, struct span *in, bool is_last, size_t most, struct out *out);
/* What was wrong: a constant sentence. Empty while nothing is. */
const char *coding_error(const struct coding *);
void coding_free(struct coding **);

#endif
