/*
 * body_look.c: one text of a body. What it is called stands before it where detectors read
 * it, as "ssn=", since many take a bare number only behind a word that says what it is.
 */
#include "mask/body_inside.h"

#define NAMED_LESS 2	/* bytes that a hit can be shorter by where a name goes before it */

/* The detectors that could hit a text of these classes. */
static uint32_t
of_classes(const struct body_eyes *eyes, unsigned int bits)
{
	return eyes->lineup.detectors & eyes->set->sieve.by_low[bits & 0xff] & eyes->set->sieve.by_high[bits >> 8];
}

/* The bytes that a hit of these detectors needs, in a text of which each byte may be a digit. */
static size_t
shortest_of(const struct body_eyes *eyes, uint32_t wanted)
{
	const struct mask_sieve *sieve = &eyes->set->sieve;
	size_t n = 1;

	if (eyes->lineup.pattern_count)
		return 1;
	while (n + NAMED_LESS < SIEVE_LENGTHS && !(wanted & sieve->by_length[n + NAMED_LESS] &
	    sieve->by_digits[n < SIEVE_DIGITS ? n : SIEVE_DIGITS - 1]))
		n++;
	return n;
}

void
body_eyes_open(struct body_eyes *eyes, const struct mask_set *set, uint64_t active)
{
	static const struct mask_class words = {
		.n = BODY_HELD_MOST, .uppers = STRING_UPPERS, .bits = CLASS_UPPER | CLASS_LOWER | CLASS_SPACE,
	};
	uint32_t numeric;

	*eyes = (struct body_eyes){ .set = set, .active = active, .room = out_new(2 * BODY_HELD_MOST) };
	mask_lineup_fill(set, active & set->with_detectors, &eyes->lineup);
	eyes->detects = !mask_lineup_is_empty(&eyes->lineup);
	eyes->names = active & set->with_fields;
	eyes->words = eyes->names ? set->paths.words : 0;
	numeric = of_classes(eyes, CLASS_DIGIT | CLASS_UPPER | CLASS_LOWER | CLASS_DOT | CLASS_DASH | CLASS_PLUS);
	numeric &= ~(1u << DETECT_IP);	/* which has more dots than a number */
	eyes->shortest = shortest_of(eyes, eyes->lineup.detectors);
	eyes->shortest_number = shortest_of(eyes, numeric);
	eyes->spares_words = !eyes->lineup.pattern_count && !mask_class_filter(&words, eyes->lineup.detectors);
}

void
body_eyes_close(struct body_eyes *eyes)
{
	out_free(&eyes->room);
}

static inline size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool
body_may_hit(const struct body_eyes *eyes, struct span text, struct body_sight *sight)
{
	const struct mask_sieve *sieve = &eyes->set->sieve;
	struct mask_class *class = &sight->class;
	uint32_t left;

	if (text.n < eyes->shortest || !eyes->detects)
		return false;
	*class = mask_class_of(text);
	class->n += NAMED_LESS;
	left = eyes->lineup.detectors & sieve->by_length[least(class->n, SIEVE_LENGTHS - 1)] &
	    sieve->by_digits[least(class->digits, SIEVE_DIGITS - 1)] &
	    sieve->by_uppers[least(class->uppers, SIEVE_UPPERS - 1)] &
	    sieve->by_low[class->bits & 0xff] & sieve->by_high[class->bits >> 8 & 0xff];
	sight->detectors = left ? mask_class_filter(class, left) : 0;
	return sight->detectors || (class->bits & CLASS_HIGH) || eyes->lineup.pattern_count;
}

/* The end of a name, where it is long. */
static struct span
name_end(struct span name)
{
	if (name.n > BODY_NAME_MOST)
		name = span_skip(name, name.n - BODY_NAME_MOST);
	while (name.n && (name.p[0] & 0xc0) == 0x80)
		name = span_skip(name, 1);
	return name;
}

enum mask_result
body_look(struct body_eyes *eyes, struct span name, struct span text, struct out *out)
{
	struct body_sight sight;

	if (!body_may_hit(eyes, text, &sight))
		return MASK_KEPT;
	return body_look_at(eyes, &sight, name, text, out);
}

enum mask_result
body_look_at(struct body_eyes *eyes, const struct body_sight *sight, struct span name, struct span text,
    struct out *out)
{
	struct mask_window window = { .upto = SIZE_MAX, .class = &sight->class, .detectors = sight->detectors };

	if (!name.n)
		return mask_scan_part(eyes->set, &eyes->lineup, text, &window, FORM_TEXT, out, eyes->tally);
	name = name_end(name);
	window.begin = name.n + 1;
	window.from = name.n;
	out_clear(&eyes->room);
	out_span(&eyes->room, name);
	out_u8(&eyes->room, '=');
	out_span(&eyes->room, text);
	if (eyes->room.failed) {
		out_span(out, SPAN(MASK_REDACTED));
		return MASK_EDITED;
	}
	return mask_scan_part(eyes->set, &eyes->lineup, out_view(&eyes->room), &window, FORM_TEXT, out, eyes->tally);
}

void
body_hide(struct body_eyes *eyes, unsigned int mask, struct span text, struct out *out)
{
	eyes->tally->hits[mask]++;
	mask_write(&eyes->set->masks[mask], text, out);
}

int
body_strictest_named(const struct body_eyes *eyes, const uint64_t *place, int already)
{
	uint64_t masks = path_masks(&eyes->set->paths, place) & eyes->active;

	for (; masks; masks &= masks - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(masks);

		already = already < 0 ? (int)i : (int)mask_stricter(eyes->set, (unsigned int)already, i);
	}
	return already;
}

unsigned int
body_strictest(const struct body_eyes *eyes)
{
	uint64_t masks = eyes->active & (eyes->set->with_detectors | eyes->set->with_fields);
	unsigned int strictest = (unsigned int)__builtin_ctzll(masks | 1ULL << (MASKS_MAX - 1));

	for (; masks; masks &= masks - 1)
		strictest = mask_stricter(eyes->set, strictest, (unsigned int)__builtin_ctzll(masks));
	return strictest;
}
