/*
 * made.c: binary values of types that somebody made in the database. The server tells
 * their number and nothing of their form, so the form is read off the bytes: a composite,
 * an hstore, a range, a multirange, or an array of such. What fits several forms is looked
 * into in each; what fits none is a hit. Forms: record_send, hstore_send, range_send,
 * multirange_send and array_send of PostgreSQL.
 */
#include "mask/inside.h"

enum {	/* rangetypes.h; other bits never leave a server */
	RANGE_EMPTY = 0x01,
	RANGE_NO_LOWER = 0x08,
	RANGE_NO_UPPER = 0x10,
	RANGE_KNOWN = 0x1f,
};

/* Does it fit, to the last byte, and if so: is there a hit in it? */
enum fit { FITS_NOT, FITS, FITS_AND_HITS };

typedef enum fit (*fit_fn)(const struct mask_decode *, struct span, unsigned int depth);

static enum fit
fits(bool hits)
{
	return hits ? FITS_AND_HITS : FITS;
}

/* A length and as many bytes; `null` where no bytes may stand. */
static bool
take_part(struct span *in, struct span *part, bool *null)
{
	uint32_t n;

	if (!take_be32(in, &n))
		return false;
	*part = span_of(in->p, 0);
	*null = n == UINT32_MAX;
	return *null || take_bytes(in, n, part);
}

static enum fit
as_record(const struct mask_decode *decode, struct span value, unsigned int depth)
{
	struct span in = value, field;
	uint32_t count, type;
	bool null;

	if (!take_be32(&in, &count) || !count)
		return FITS_NOT;
	for (; count; count--)
		if (!take_be32(&in, &type) || !take_part(&in, &field, &null))
			return FITS_NOT;
	return in.n ? FITS_NOT : fits(mask_record_hits(decode, value, depth));
}

static bool
is_text(struct span text)
{
	return !text.n || !memchr(text.p, 0, text.n);
}

static enum fit
as_hstore(const struct mask_decode *decode, struct span in, unsigned int depth)
{
	struct span key, value;
	uint32_t count;
	bool hits = false, null, value_null;

	(void)depth;
	if (!take_be32(&in, &count))
		return FITS_NOT;
	for (; count; count--) {
		if (!take_part(&in, &key, &null) || null || !is_text(key) ||
		    !take_part(&in, &value, &value_null) || !is_text(value))
			return FITS_NOT;
		hits = hits || mask_hits(decode->set, decode->lineup, key, FORM_TEXT, decode->tally) ||
		    mask_hits(decode->set, decode->lineup, value, FORM_TEXT, decode->tally);
	}
	return in.n ? FITS_NOT : fits(hits);
}

/*
 * A bound is of a type that is not told: a text, or a number in one of the forms numbers
 * have. In four bytes there is room for none of what detectors look for.
 */
static bool
bound_hits(const struct mask_decode *decode, struct span bound, unsigned int depth)
{
	if (is_text(bound) && mask_hits(decode->set, decode->lineup, bound, FORM_TEXT, decode->tally))
		return true;
	if (bound.n <= 4)
		return false;
	if (bound.n == 8)
		return mask_value_hits(decode, TYPE_INT8, bound, depth) ||
		    mask_value_hits(decode, TYPE_FLOAT8, bound, depth);
	return !is_text(bound) && mask_value_hits(decode, TYPE_NUMERIC, bound, depth);
}

static enum fit
as_range(const struct mask_decode *decode, struct span in, unsigned int depth)
{
	struct span bound;
	bool hits = false, null;
	uint8_t flags;

	if (!take_u8(&in, &flags) || flags & ~RANGE_KNOWN)
		return FITS_NOT;
	for (unsigned int none = RANGE_NO_LOWER; none <= RANGE_NO_UPPER; none <<= 1) {
		if (flags & (RANGE_EMPTY | none))
			continue;
		if (!take_part(&in, &bound, &null) || null)
			return FITS_NOT;
		hits = hits || bound_hits(decode, bound, depth + 1);
	}
	return in.n ? FITS_NOT : fits(hits);
}

static enum fit
as_multirange(const struct mask_decode *decode, struct span in, unsigned int depth)
{
	enum fit fit = FITS, part;
	struct span range;
	uint32_t count;
	bool null;

	if (!take_be32(&in, &count))
		return FITS_NOT;
	for (; count; count--) {
		if (!take_part(&in, &range, &null) || null)
			return FITS_NOT;
		part = as_range(decode, range, depth);
		if (part == FITS_NOT)
			return FITS_NOT;
		if (part > fit)
			fit = part;
	}
	return in.n ? FITS_NOT : fit;
}

bool
mask_made_hits(const struct mask_decode *decode, struct span value, unsigned int depth)
{
	static const fit_fn forms[] = { as_record, as_hstore, as_range, as_multirange };
	bool any = false;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		enum fit fit = forms[i](decode, value, depth);

		if (fit == FITS_AND_HITS)
			return true;
		any |= fit == FITS;
	}
	return !any && mask_array_hits(decode, value, depth);
}
