/*
 * chunked.h: read what AWS's clients send as a body in chunks of its own framing (aws-chunked; AWS documentation,
 * "Signature calculations for the Authorization header: transferring payload in multiple chunks", and "… with
 * trailing headers"):
 *   chunk    = size in hex [";chunk-signature=" 64 hex] CRLF bytes CRLF
 *   body     = chunks, one of size 0 without bytes and their CRLF, trailers, CRLF
 *   trailer  = name ":" value CRLF; of signed chunks the last is "x-amz-trailer-signature:" 64 hex CRLF
 * This and nothing else is read: no other extension, no blank, no bare line feed. What the signatures are nobody
 * looks at, since the skill has no key that is known here. Pure, without memory of its own.
 */
#ifndef INJECT_CHUNKED_H
#define INJECT_CHUNKED_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

#define CHUNKED_LINE 320	/* bytes of a line with its end */
#define CHUNKED_TRAILERS 8

enum chunked_step {
	CHUNKED_MORE,		/* all of the input is taken */
	CHUNKED_DATA,		/* a run of what the chunks hold */
	CHUNKED_TRAILER,
	CHUNKED_END,		/* nothing may follow */
	CHUNKED_BAD,
};

struct chunked {
	bool is_signed, has_trailers;	/* as it is announced */
	uint8_t state;
	uint64_t left;			/* of the chunk */
	unsigned int trailers;
	bool is_last_trailer;		/* their signature has been there */
	uint16_t n;			/* of `line` */
	uint8_t line[CHUNKED_LINE];
	struct span name, value;	/* TRAILER: in `line`; both not empty */
	struct span data;		/* DATA: in the input */
};

void chunked_begin(struct chunked *, bool is_signed, bool has_trailers);
/* What is next in *in, which goes behind that. After BAD only BAD, after END more input is BAD. */
enum chunked_step chunked_next(struct chunked *, struct span *in);

#endif
