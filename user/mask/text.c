/*
 * text.c: errors, notices and details, which carry values too:
 *   Key (email)=(a@b.example) already exists.
 *   Failing row contains (1, Ann, 4111111111111111).
 *   invalid input syntax for type integer: "4111111111111111"
 *   JSON data, line 1: {"card": 4111…
 * Where masks hide columns, what stands at such a place is hidden, because a
 * message does not say which column it came from. A name in double quotes stays
 * when the word before it says that it is a name; in a language where it does
 * not, the name is hidden too. Then the detectors run over the rest.
 */
#include "mask/inside.h"

/* Words before a quoted name of the catalogue. */
static const char *const naming[] = {
	"relation", "column", "table", "constraint", "function", "schema",
	"database", "role", "user", "type", "index", "sequence", "view", "operator",
	"parameter", "cursor", "statement", "portal", "trigger", "language",
	"extension", "near", "procedure", "aggregate", "collation", "domain",
	"policy", "publication", "server", "tablespace", "savepoint", "field",
	"named", "is",	NULL
};

/* Texts after which all is data, to the last ')' or, for the last one, the end. */
static const struct {
	struct span mark;
	bool to_end;
} openings[] = {
	{ SPAN("=("), false },
	{ SPAN("contains ("), false },
	{ SPAN("JSON data, line "), true },
};

/* Is the word that ends before `at`, with one space between, one that names? */
static bool
is_named(struct span text, size_t at)
{
	size_t end, begin;

	if (at < 2 || text.p[at - 1] != ' ')
		return false;
	end = begin = at - 1;
	while (begin && is_letter(text.p[begin - 1]))
		begin--;
	for (const char *const *word = naming; *word; word++) {
		if (span_is(span_of(text.p + begin, end - begin), *word))
			return true;
	}
	return false;
}

/* Where data that opens at `at` ends; `at` when none opens here. */
static size_t
data_end(struct span text, size_t at, size_t *begin)
{
	const uint8_t *last;

	for (size_t i = 0; i < COUNT(openings); i++) {
		if (!goes_on(text, at, openings[i].mark))
			continue;
		*begin = at + openings[i].mark.n;
		last = openings[i].to_end ? NULL :
		    memrchr(text.p + *begin, ')', text.n - *begin);
		return last ? (size_t)(last - text.p) : text.n;
	}
	if (text.p[at] == '"' && !is_named(text, at)) {
		*begin = at + 1;
		last = memchr(text.p + *begin, '"', text.n - *begin);
		return last ? (size_t)(last - text.p) : text.n;
	}
	return at;
}

/* Past a quoted name at `at`, so that its closing quote does not open anything. */
static size_t
name_end(struct span text, size_t at)
{
	const uint8_t *last = memchr(text.p + at + 1, '"', text.n - at - 1);

	return last ? (size_t)(last - text.p) + 1 : text.n;
}

/* Copy `text` without its data. Returns how many places were hidden. */
static size_t
hide_data(struct span text, struct out *out)
{
	size_t places = 0, done = 0;

	for (size_t at = 0; at < text.n;) {
		size_t begin = at, end = data_end(text, at, &begin);

		if (begin == at) {
			at = text.p[at] == '"' ? name_end(text, at) : at + 1;
			continue;
		}
		out_bytes(out, text.p + done, begin - done);
		out_span(out, SPAN(MASK_REDACTED));
		places++;
		done = end;
		at = end < text.n ? end + 1 : end;
	}
	out_span(out, span_skip(text, done));
	return places;
}

enum mask_result
mask_text(const struct mask_set *set, uint64_t active, struct span text, struct out *out,
    struct mask_tally *tally)
{
	uint64_t hiding = active & set->with_columns;
	struct out plain = out_new(4 * text.n + 64);
	struct mask_lineup lineup;
	enum mask_result result;
	size_t places = 0;

	mask_lineup_fill(set, active & set->with_detectors, &lineup);
	if (text.n && hiding)
		places = hide_data(text, &plain);
	if (places == 0) {
		out_free(&plain);
		return mask_scan(set, &lineup, text, FORM_MESSAGE, out, tally);
	}
	tally->hits[__builtin_ctzll(hiding)] += places;
	result = mask_scan(set, &lineup, out_view(&plain), FORM_MESSAGE, out, tally);
	if (result == MASK_KEPT)
		out_span(out, out_view(&plain));
	out->failed |= plain.failed;
	out_free(&plain);
	return MASK_EDITED;
}

enum mask_result
mask_found(const struct mask_set *set, uint64_t active, struct span text, struct out *out, struct mask_tally *tally)
{
	struct mask_lineup lineup;

	mask_lineup_fill(set, active & set->with_detectors, &lineup);
	return mask_scan(set, &lineup, text, FORM_MESSAGE, out, tally);
}
