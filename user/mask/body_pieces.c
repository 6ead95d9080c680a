/* body_pieces.c: a body in pieces, whatever the runs are that it comes in. */
#include "mask/body_value.h"

#define HELD_STEP 64	/* bytes added to a held piece at a time, at the least */

struct body_pieces
body_pieces_new(void)
{
	return (struct body_pieces){ .held = out_new(3 * (size_t)BODY_HELD_MOST) };
}

void
body_pieces_close(struct body_pieces *pieces)
{
	out_free(&pieces->held);
}

/* The piece at the front of `text`. False: a fault; *n is 0 where it is not whole. */
static bool
put_one(struct body_pieces *pieces, void *state, struct span text, bool is_last, struct out *out, size_t *n,
    const char **why)
{
	*n = pieces->end(state, text, &pieces->scanned, is_last);
	if (!*n && is_last)
		*why = pieces->unended;
	else if ((*n ? *n : text.n) > BODY_HELD_MOST)
		*why = "a value of a body is too long";
	else if (*n)
		pieces->put(state, span_head(text, *n), out, why);
	if (*n)
		pieces->scanned = 0;
	if (!**why && out->failed)
		*why = "there is no room for what is written";
	return !**why;
}

/* Complete the held piece from *in. */
static bool
put_held(struct body_pieces *pieces, void *state, struct span *in, bool is_last, struct out *out, const char **why)
{
	while (pieces->held.n && (in->n || is_last)) {
		size_t old = pieces->held.n, more = old > HELD_STEP ? old : HELD_STEP, n;

		more = more < in->n ? more : in->n;
		out_bytes(&pieces->held, in->p, more);
		if (pieces->held.failed) {
			*why = "there is no room for a value";
			return false;
		}
		if (!put_one(pieces, state, out_view(&pieces->held), is_last && more == in->n, out, &n, why))
			return false;
		if (n >= old) {
			*in = span_skip(*in, n - old);
			out_clear(&pieces->held);
		} else if (n) {	/* what was seen behind its end was needed to know it */
			out_drop(&pieces->held, n);
			pieces->held.n = old - n;
		} else {
			*in = span_skip(*in, more);
		}
	}
	return true;
}

bool
body_pieces_put(struct body_pieces *pieces, void *state, struct span in, bool is_last, struct out *out,
    const char **why)
{
	*why = "";
	if (!put_held(pieces, state, &in, is_last, out, why))
		return false;
	while (in.n && !pieces->held.n) {
		size_t n;

		if (!put_one(pieces, state, in, is_last, out, &n, why))
			return false;
		if (!n)
			out_span(&pieces->held, in);
		in = span_skip(in, n ? n : in.n);
	}
	if (pieces->held.failed)
		*why = "there is no room for a value";
	return !**why;
}
