/*
 * scan.c: all hits in one text, in order, and the text without them.
 * Each detector that could hit has a cursor on its next hit. The leftmost hit
 * is taken, widened by whatever overlaps it (a card inside a webhook address is
 * one hit, not a remainder), and written as the strictest of the masks says.
 * Every cursor only moves right, and nothing is kept but the cursors. Of a window only what
 * begins in it is taken. What reads as
 * ASCII and is not (fold.h) is ASCII to the detectors, not to patterns; the escapes of
 * a JSON text are what they stand for to both.
 */
#include "base/utf8.h"
#include "mask/fold.h"
#include "mask/inside.h"
#include "mask/json.h"

#include <stdlib.h>

#define CURSORS (DETECT_PATTERN + MASKS_MAX)

struct cursor {
	struct mask_hit hit;
	uint8_t detector;
	uint8_t mask;
};

struct scan {
	const struct mask_set *set;
	struct span text;	/* hits are of it */
	struct fold fold;	/* what detectors read, where it is another text */
	struct fold plain;	/* what patterns read, where it is another text */
	size_t count;		/* cursors that still have a hit */
	bool gave_up;		/* a pattern reached its limit */
	struct mask_window window;	/* of the text */
	struct cursor cursors[CURSORS];
};

void
mask_lineup_fill(const struct mask_set *set, uint64_t masks, struct mask_lineup *lineup)
{
	memset(lineup, 0, sizeof(*lineup));
	for (unsigned int i = 0; i < set->count; i++) {
		const struct mask *mask = &set->masks[i];

		if (!(masks >> i & 1))
			continue;
		if (mask->pattern)
			lineup->patterns[lineup->pattern_count++] = (uint8_t)i;
		for (unsigned int d = 0; d < DETECT_PATTERN; d++) {
			if (!(mask->detectors >> d & 1))
				continue;
			lineup->owner[d] = lineup->detectors >> d & 1 ?
			    (uint8_t)mask_stricter(set, lineup->owner[d], i) : (uint8_t)i;
			lineup->detectors |= 1u << d;
		}
	}
}

/* A hit in what was folded, as one in the text; of a character that was one escape, all or nothing. */
static void
unfold(const struct fold *fold, struct mask_hit *hit)
{
	size_t at = fold->where[hit->at], end = hit->at + hit->n;

	while (end < fold->n && fold->where[end] == at)
		end++;
	*hit = (struct mask_hit){ at, fold->where[end] - at };
}

/* The first hit of a detector from `from` on. */
static bool
detect(const struct scan *scan, unsigned int detector, size_t from, struct mask_hit *hit)
{
	const struct fold *fold = &scan->fold;

	if (!fold->p)
		return mask_find(detector, scan->text, from, hit);
	if (!mask_find(detector, span_of(fold->p, fold->n), fold_find(fold, from), hit))
		return false;
	unfold(fold, hit);
	return true;
}

/* As detect(), of a pattern; negative: it gave up. */
static int
match(const struct scan *scan, unsigned int mask, size_t from, struct mask_hit *hit)
{
	const struct mask_pattern *pattern = scan->set->masks[mask].pattern;
	const struct fold *plain = &scan->plain;
	int found;

	if (!plain->p)
		return mask_pattern_find(pattern, scan->text, from, hit);
	found = mask_pattern_find(pattern, span_of(plain->p, plain->n), fold_find(plain, from), hit);
	if (found > 0)
		unfold(plain, hit);
	return found;
}

/* Move a cursor to its first hit from `from` on. False: it has none. */
static bool
cursor_move(struct scan *scan, struct cursor *cursor, size_t from)
{
	int found;

	if (cursor->detector != DETECT_PATTERN)
		return detect(scan, cursor->detector, from, &cursor->hit);
	found = match(scan, cursor->mask, from, &cursor->hit);
	if (found >= 0)
		return found;
	scan->gave_up = true;
	cursor->hit = (struct mask_hit){ from, scan->text.n - from };
	return true;
}

static void
scan_add(struct scan *scan, unsigned int detector, unsigned int mask)
{
	struct cursor *cursor = &scan->cursors[scan->count];

	cursor->detector = (uint8_t)detector;
	cursor->mask = (uint8_t)mask;
	scan->count += cursor_move(scan, cursor, scan->window.from);
}

static void
scan_end(struct scan *scan)
{
	if (scan->fold.p)
		fold_free(&scan->fold);
	if (scan->plain.p)
		fold_free(&scan->plain);
}

/* The texts that are read, where they are not the one that is written. False: no memory. */
static bool
fold_text(struct scan *scan, const struct mask_lineup *lineup, const struct mask_class *class, bool escaped)
{
	unsigned int escapes = escaped ? FOLD_ESCAPES : 0;

	if ((escaped || (class->bits & CLASS_HIGH)) && lineup->detectors &&
	    fold_new(&scan->fold, scan->text, FOLD_ASCII | escapes))
		return false;
	if (!escaped || !lineup->pattern_count || !fold_new(&scan->plain, scan->text, escapes))
		return true;
	scan_end(scan);
	return false;
}

/*
 * Set the cursors on their first hits, of those `detectors` that could have one, or, where
 * the text is read as another, of those that could there. `escaped`: the text is JSON with
 * escapes in it. False: no memory.
 */
static bool
scan_begin(struct scan *scan, const struct mask_set *set, const struct mask_lineup *lineup,
    const struct mask_class *class, uint32_t detectors, struct span text, bool escaped)
{
	scan->set = set;
	scan->text = text;
	scan->fold = scan->plain = (struct fold){ 0 };
	scan->count = 0;
	scan->gave_up = false;
	if (!fold_text(scan, lineup, class, escaped))
		return false;
	if (scan->fold.p) {
		struct mask_class folded = mask_class_of(span_of(scan->fold.p, scan->fold.n));

		detectors = mask_class_filter(&folded, lineup->detectors);
	}
	for (; detectors; detectors &= detectors - 1) {
		unsigned int d = (unsigned int)__builtin_ctz(detectors);

		scan_add(scan, d, lineup->owner[d]);
	}
	for (unsigned int i = 0; i < lineup->pattern_count; i++)
		scan_add(scan, DETECT_PATTERN, lineup->patterns[i]);
	return true;
}

/* Take in every hit that begins before *end, and move those cursors on. True: *end grew. */
static bool
scan_widen(struct scan *scan, size_t *end, unsigned int *mask, struct mask_tally *tally)
{
	bool grew = false;

	for (size_t i = 0; i < scan->count;) {
		struct cursor *cursor = &scan->cursors[i];
		size_t stop = cursor->hit.at + cursor->hit.n;

		if (cursor->hit.at >= *end) {
			i++;
			continue;
		}
		*mask = mask_stricter(scan->set, *mask, cursor->mask);
		tally->hits[cursor->mask]++;
		grew |= stop > *end;
		*end = stop > *end ? stop : *end;
		if (!cursor_move(scan, cursor, stop))
			*cursor = scan->cursors[--scan->count];
	}
	return grew;
}

/* The next hit, widened, and its mask. False: no more in the window. */
static bool
scan_next(struct scan *scan, struct mask_hit *hit, unsigned int *mask,
    struct mask_tally *tally)
{
	const struct cursor *first = scan->cursors;
	size_t end;

	if (scan->count == 0)
		return false;
	for (size_t i = 1; i < scan->count; i++) {
		if (scan->cursors[i].hit.at < first->hit.at)
			first = &scan->cursors[i];
	}
	if (first->hit.at >= scan->window.upto)
		return false;
	hit->at = first->hit.at;
	end = first->hit.at + first->hit.n;
	*mask = first->mask;
	while (scan_widen(scan, &end, mask, tally))
		;
	hit->n = end - hit->at;
	return true;
}

/* What the whole value becomes when it cannot be taken apart. */
static enum mask_result
hide_all(enum mask_writing form, struct out *out)
{
	if (form == FORM_JSON)
		out_span(out, SPAN("\"" MASK_REDACTED "\""));
	else
		out_span(out, SPAN(MASK_REDACTED));
	return MASK_EDITED;
}

/* Write one hit into JSON. False: that would break it. */
static bool
write_json(const struct mask *mask, struct span text, const struct mask_hit *hit,
    struct json_place *place, struct out *out)
{
	struct span value = span_of(text.p + hit->at, hit->n);
	bool in_string = place->in_string;

	if (place->escape || json_walk(place, value) || place->escape)
		return false;
	if (!in_string && !json_is_token(text, hit->at, hit->at + hit->n))
		return false;
	if (!in_string)
		out_u8(out, '"');
	if (memchr(value.p, '\\', value.n))
		out_span(out, SPAN(MASK_REDACTED));
	else
		mask_write(mask, value, out);
	if (!in_string)
		out_u8(out, '"');
	return true;
}

static void
note(const struct scan *scan, const struct mask_hit *hit, const struct out *out, size_t from)
{
	if (scan->window.note && !out->failed)
		scan->window.note(scan->window.noter, hit, span_of(out->p + from, out->n - from));
}

/* The same of all that is in the window. */
static enum mask_result
hide_rest(const struct scan *scan, enum mask_writing form, struct out *out)
{
	size_t begin = scan->window.begin, mark = out->n;
	enum mask_result result = hide_all(form, out);

	note(scan, &(struct mask_hit){ begin, scan->window.used - begin }, out, mark);
	return result;
}

/* One hit, of which what stands before it is written. False: JSON would break. */
static bool
write_hit(const struct scan *scan, const struct mask *mask, const struct mask_hit *hit, enum mask_writing form,
    struct json_place *place, struct out *out)
{
	size_t mark = out->n;

	if (form != FORM_JSON)
		mask_write(mask, span_of(scan->text.p + hit->at, hit->n), out);
	else if (!write_json(mask, scan->text, hit, place, out))
		return false;
	note(scan, hit, out, mark);
	return true;
}

/* The text, hit by hit. */
static enum mask_result
rewrite(struct scan *scan, enum mask_writing form, struct out *out,
    struct mask_tally *tally)
{
	struct span text = scan->text;
	size_t mark = out->n, done = scan->window.begin;
	struct json_place place = scan->window.place ? *scan->window.place : (struct json_place){ 0 };
	struct mask_hit hit;
	unsigned int i;

	while (scan_next(scan, &hit, &i, tally)) {
		const struct mask *mask = &scan->set->masks[i];
		struct span before;

		if (hit.at < done) {	/* the sign in front is none of it */
			hit.n = hit.at + hit.n > done ? hit.at + hit.n - done : 0;
			hit.at = done;
		}
		before = span_of(text.p + done, hit.at - done);
		if (mask->view->way == WAY_NULL && form != FORM_MESSAGE && !scan->window.note) {
			out->n = mark;
			return MASK_NULLED;
		}
		out_span(out, before);
		done = hit.at + hit.n;
		if (form == FORM_JSON)
			json_walk(&place, before);
		if (!write_hit(scan, mask, &hit, form, &place, out)) {
			out->n = mark;
			scan->window.used = scan->window.note ? text.n : scan->window.used;
			return hide_rest(scan, form, out);
		}
	}
	if (scan->gave_up) {
		out->n = mark;
		scan->window.used = text.n;
		return hide_rest(scan, form, out);
	}
	if (done == scan->window.begin)
		return MASK_KEPT;	/* all hits are behind the window */
	if (scan->window.used > done)
		out_bytes(out, text.p + done, scan->window.used - done);
	else
		scan->window.used = done;
	return MASK_EDITED;
}

/* Most values are done here: short, ASCII, and nothing that a detector wants is in them. */
static bool
is_spared(const struct mask_lineup *lineup, const struct mask_class *class, uint32_t detectors)
{
	return lineup->pattern_count == 0 && !(class->bits & CLASS_HIGH) && !detectors;
}

/* Is it JSON with escapes; and could they hide something that no class tells? */
static bool
has_escapes(enum mask_writing form, struct span text, bool *hide)
{
	bool has = form == FORM_JSON && memchr(text.p, '\\', text.n);

	*hide = has && memmem(text.p, text.n, "\\u", 2);
	return has;
}

/* The window's end is told in all cases. */
static enum mask_result
scan_text(struct scan *scan, const struct mask_set *set, const struct mask_lineup *lineup, struct span text,
    enum mask_writing form, struct out *out, struct mask_tally *tally)
{
	const struct mask_window *window = &scan->window;
	struct mask_class class = window->class ? *window->class : mask_class_of(text);
	enum mask_result result = MASK_KEPT;
	uint32_t detectors;
	bool hide, escaped;

	scan->window.used = scan->window.upto < text.n ? scan->window.upto : text.n;
	if ((class.bits & CLASS_HIGH) && !utf8_is_valid(text))
		return hide_rest(scan, form, out);
	if (!text.n)
		return MASK_KEPT;
	detectors = window->class ? window->detectors : mask_class_filter(&class, lineup->detectors);
	escaped = has_escapes(form, text, &hide);
	if (!hide && is_spared(lineup, &class, detectors))
		return MASK_KEPT;
	if (!scan_begin(scan, set, lineup, &class, detectors, text, escaped))
		return hide_rest(scan, form, out);
	if (scan->count)
		result = rewrite(scan, form, out, tally);
	scan_end(scan);
	return result;
}

static const struct mask_window all_of_it = { .upto = SIZE_MAX };

enum mask_result
mask_scan(const struct mask_set *set, const struct mask_lineup *lineup, struct span text,
    enum mask_writing form, struct out *out, struct mask_tally *tally)
{
	struct scan scan;

	scan.window = all_of_it;
	return scan_text(&scan, set, lineup, text, form, out, tally);
}

enum mask_result
mask_scan_part(const struct mask_set *set, const struct mask_lineup *lineup, struct span text,
    struct mask_window *window, enum mask_writing form, struct out *out, struct mask_tally *tally)
{
	enum mask_result result;
	struct scan scan;

	scan.window = *window;
	result = scan_text(&scan, set, lineup, text, form, out, tally);
	*window = scan.window;
	return result;
}

bool
mask_hits(const struct mask_set *set, const struct mask_lineup *lineup, struct span text,
    enum mask_writing form, struct mask_tally *tally)
{
	struct mask_class class = mask_class_of(text);
	uint32_t detectors = mask_class_filter(&class, lineup->detectors);
	struct scan scan;
	bool hide, escaped;

	scan.window = all_of_it;
	if ((class.bits & CLASS_HIGH) && !utf8_is_valid(text))
		return true;
	if (!text.n)
		return false;
	escaped = has_escapes(form, text, &hide);
	if (!hide && is_spared(lineup, &class, detectors))
		return false;
	if (!scan_begin(&scan, set, lineup, &class, detectors, text, escaped))
		return true;
	scan_end(&scan);
	if (scan.count == 0)
		return false;
	tally->hits[scan.cursors[0].mask]++;
	return true;
}
