/*
 * class.c: one pass over a value that spares most detectors.
 * Every byte has a few class bits; OR-ed together, with the count of digits and
 * the length, they tell which detectors could hit at all: no card without 13
 * digits, no e-mail without '@' and '.'. A name or a date is done after this.
 */
#include <assert.h>

#include "base/must.h"
#include "base/utf8.h"
#include "mask/fold.h"
#include "mask/inside.h"

static_assert(CLASS_UPPER == 1 << 1, "as it is counted");
static const uint16_t class_of[256] = {
	[0] = CLASS_NUL,
	['0' ... '9'] = CLASS_DIGIT,
	['A' ... 'Z'] = CLASS_UPPER,
	['a' ... 'z'] = CLASS_LOWER,
	['@'] = CLASS_AT,
	['.'] = CLASS_DOT,
	[':'] = CLASS_COLON,
	['-'] = CLASS_DASH,
	['_'] = CLASS_UNDER,
	['+'] = CLASS_PLUS,
	['/'] = CLASS_SLASH,
	[' '] = CLASS_SPACE,
	[0x80 ... 0xff] = CLASS_HIGH,
};

/* What a text must have, at the least, for a detector to be worth running. */
static const struct {
	mask_find_fn find;
	uint16_t all;		/* every one of these classes */
	uint8_t digits, length;
} detectors[] = {
	[DETECT_CARD] = { mask_find_card, CLASS_DIGIT, 12, 12 },
	[DETECT_SSN] = { mask_find_ssn, CLASS_DIGIT, 9, 9 },
	[DETECT_EMAIL] = { mask_find_email, CLASS_AT | CLASS_DOT, 0, 6 },
	[DETECT_PHONE] = { mask_find_phone, CLASS_DIGIT, 7, 8 },
	[DETECT_IBAN] = { mask_find_iban, CLASS_DIGIT, 2, 15 },
	[DETECT_IP] = { mask_find_ip, 0, 0, 3 },
	[DETECT_JWT] = { mask_find_jwt, CLASS_DOT | CLASS_LOWER | CLASS_UPPER, 0, 24 },
	[DETECT_PRIVATE_KEY] = { mask_find_private_key, CLASS_DASH | CLASS_UPPER, 0, 27 },
	[DETECT_AWS] = { mask_find_aws, CLASS_UPPER, 0, 20 },
	[DETECT_GITHUB] = { mask_find_github, CLASS_UNDER | CLASS_LOWER, 0, 33 },
	[DETECT_SLACK] = { mask_find_slack, CLASS_LOWER, 0, 15 },
	[DETECT_TOKEN] = { mask_find_token, 0, 0, 16 },
	[DETECT_NATIONAL_ID] = { mask_find_national, CLASS_DIGIT, 4, 8 },
	[DETECT_VAT] = { mask_find_vat, CLASS_DIGIT | CLASS_UPPER, 6, 8 },
	[DETECT_BIC] = { mask_find_bic, CLASS_UPPER, 0, 8 },
	[DETECT_CRYPTO] = { mask_find_crypto, CLASS_DIGIT | CLASS_LOWER, 1, 25 },
};
static_assert(COUNT(detectors) == DETECT_PATTERN, "one row per built-in detector");

/* Sixteen bytes at a time; what is true of a byte is 0xff. */
typedef uint8_t block __attribute__((vector_size(16)));

#define BLOCKS_MOST 255		/* of which a lane can count */

/* Of one half's eight lanes, in pairs, then all at once. */
static unsigned int
sum_half(uint64_t half)
{
	const uint64_t low = 0x00ff00ff00ff00ff;

	return (unsigned int)((((half & low) + (half >> 8 & low)) * 0x0001000100010001) >> 48);
}

static unsigned int
sum(block lanes)
{
	uint64_t halves[2];

	memcpy(halves, &lanes, sizeof(halves));
	return sum_half(halves[0]) + sum_half(halves[1]);
}

static uint8_t
any(block lanes)
{
	uint64_t halves[2];
	uint64_t all;

	memcpy(halves, &lanes, sizeof(halves));
	all = halves[0] | halves[1];
	all |= all >> 32;
	all |= all >> 16;
	return (uint8_t)(all | all >> 8);
}

#define IS(c, byte) ((block)((c) == (byte)))
#define IS_IN(c, from, count) ((block)(((c) - (from)) < (count)))

struct blocks {
	block low, high;	/* class bits seen, 0 to 7 and 8 to 12 */
	block digits, uppers;	/* of each lane */
};

/* One more, of which the lanes that are not `wanted` do not count. */
static inline void
read_block(struct blocks *blocks, block c, block wanted)
{
	block digit = IS_IN(c, '0', 10) & wanted, upper = IS_IN(c, 'A', 26) & wanted;

	blocks->digits -= digit;
	blocks->uppers -= upper;
	blocks->low |= (digit & CLASS_DIGIT) | (upper & CLASS_UPPER) | (wanted & (
	    (IS_IN(c, 'a', 26) & CLASS_LOWER) | (IS(c, '@') & CLASS_AT) | (IS(c, '.') & CLASS_DOT) |
	    (IS(c, ':') & CLASS_COLON) | (IS(c, '-') & CLASS_DASH) | (IS(c, '_') & CLASS_UNDER)));
	blocks->high |= wanted & ((IS(c, '+') & (CLASS_PLUS >> 8)) | (IS(c, '/') & (CLASS_SLASH >> 8)) |
	    (IS(c, ' ') & (CLASS_SPACE >> 8)) | (IS_IN(c, 0x80, 0x80) & (CLASS_HIGH >> 8)) |
	    (IS(c, 0) & (CLASS_NUL >> 8)));
}

static void
add_blocks(struct mask_class *class, const struct blocks *blocks)
{
	class->bits |= any(blocks->low) | (unsigned int)any(blocks->high) << 8;
	class->digits += sum(blocks->digits);
	class->uppers += sum(blocks->uppers);
}

/* As many whole blocks as a lane can count, and what is left behind the last. */
static struct span
read_blocks(struct mask_class *class, struct span text)
{
	static const block lanes = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct blocks blocks = { 0 };
	block c;

	for (unsigned int i = 0; i < BLOCKS_MOST && text.n >= sizeof(c); i++) {
		memcpy(&c, text.p, sizeof(c));
		read_block(&blocks, c, ~(block){ 0 });
		text = span_skip(text, sizeof(c));
	}
	if (text.n && text.n < sizeof(c)) {	/* the last sixteen again, of which those in front are known */
		memcpy(&c, text.p - (sizeof(c) - text.n), sizeof(c));
		add_blocks(class, &blocks);
		blocks = (struct blocks){ 0 };
		read_block(&blocks, c, (block)(lanes >= (uint8_t)(sizeof(c) - text.n)));
		text = span_skip(text, text.n);
	}
	add_blocks(class, &blocks);
	return text;
}

struct mask_class
mask_class_of(struct span text)
{
	struct mask_class class = { .n = text.n };

	if (text.n >= sizeof(block))
		while (text.n)
			text = read_blocks(&class, text);
	for (size_t i = 0; i < text.n; i++) {
		unsigned int one = class_of[text.p[i]];

		class.bits |= one;
		class.digits += one & CLASS_DIGIT;
		class.uppers += one >> 1 & 1;
	}
	return class;
}

/* The two that the table cannot say: an address is dotted digits or has colons. */
static bool
could_be_address(const struct mask_class *class)
{
	return (class->bits & CLASS_COLON) ||
	    (class->digits >= 4 && (class->bits & CLASS_DOT));
}

/* A key's name begins with four capitals; a secret key has digits. */
static bool
could_be_aws(const struct mask_class *class)
{
	return class->uppers >= 4 || class->digits;
}

/* A Slack token has a dash, a webhook a slash. */
static bool
could_be_slack(const struct mask_class *class)
{
	return class->bits & (CLASS_DASH | CLASS_SLASH);
}

/* Digits alone are at least nine, seven with a letter; more letters are written as capitals. */
static bool
could_be_national(const struct mask_class *class)
{
	return class->digits >= 9 || (class->digits >= 7 && (class->bits & (CLASS_UPPER | CLASS_LOWER))) ||
	    class->uppers >= 3;
}

/* Random text has digits, or is behind a mark, which is no word. */
static bool
could_be_token(const struct mask_class *class)
{
	return class->digits || (class->bits & (CLASS_UNDER | CLASS_DASH | CLASS_DOT | CLASS_SLASH));
}

/* The country is two letters. */
static bool
could_be_iban(const struct mask_class *class)
{
	return class->bits & (CLASS_UPPER | CLASS_LOWER);
}

/* Bank and country are six capitals. */
static bool
could_be_bic(const struct mask_class *class)
{
	return class->uppers >= 6;
}

uint32_t
mask_class_filter(const struct mask_class *class, uint32_t wanted)
{
	uint32_t left = wanted & (1u << DETECT_PATTERN);

	wanted &= ~left;
	while (wanted) {
		unsigned int i = (unsigned int)__builtin_ctz(wanted);

		wanted &= wanted - 1;
		if (class->n < detectors[i].length ||
		    class->digits < detectors[i].digits ||
		    (class->bits & detectors[i].all) != detectors[i].all)
			continue;
		if (i == DETECT_IP && !could_be_address(class))
			continue;
		if (i == DETECT_AWS && !could_be_aws(class))
			continue;
		if (i == DETECT_SLACK && !could_be_slack(class))
			continue;
		if (i == DETECT_NATIONAL_ID && !could_be_national(class))
			continue;
		if (i == DETECT_TOKEN && !could_be_token(class))
			continue;
		if (i == DETECT_IBAN && !could_be_iban(class))
			continue;
		if (i == DETECT_BIC && !could_be_bic(class))
			continue;
		left |= 1u << i;
	}
	return left;
}

bool
mask_find(enum view_detector detector, struct span text, size_t from,
    struct mask_hit *hit)
{
	if ((unsigned int)detector >= COUNT(detectors) || from >= text.n)
		return false;
	return detectors[detector].find(text, from, hit);
}

bool
mask_detect(enum view_detector detector, struct span text, size_t *at, size_t *n)
{
	cleanup(fold_free) struct fold fold = { 0 };
	struct mask_class class;
	struct mask_hit hit;

	if (utf8_is_valid(text) && fold_new(&fold, text, FOLD_ASCII))
		return false;
	if (fold.p)
		text = span_of(fold.p, fold.n);
	class = mask_class_of(text);
	if ((unsigned int)detector >= DETECT_PATTERN ||
	    !mask_class_filter(&class, 1u << detector) ||
	    !mask_find(detector, text, 0, &hit))
		return false;
	*at = fold.p ? fold.where[hit.at] : hit.at;
	*n = (fold.p ? fold.where[hit.at + hit.n] : hit.at + hit.n) - *at;
	return true;
}

/* Does `text` have the lower-case `word` at `at`, in any case? */
static bool
has_word(struct span text, size_t at, const char *word)
{
	for (; *word; word++, at++) {
		uint8_t c = at < text.n ? text.p[at] : 0;

		if ((is_upper(c) ? c | 0x20 : c) != (uint8_t)*word)
			return false;
	}
	return true;
}

bool
mask_follows(struct span text, size_t at, size_t most, const char *const *words)
{
	struct span before = span_of(text.p, at);
	uint32_t first = 0;	/* letters that a word begins with */

	for (const char *const *word = words; *word; word++)
		first |= 1u << (**word & 31);
	for (size_t i = at > most ? at - most : 0; i < at; i++) {
		if (!(first >> (text.p[i] & 31) & 1))
			continue;
		for (const char *const *word = words; *word; word++) {
			if (has_word(before, i, *word))
				return true;
		}
	}
	return false;
}
