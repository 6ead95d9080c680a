/*
 * phone.c: telephone numbers, international (E.164, with + or 00) and as
 * commonly written in North America and in countries with a trunk zero.
 * A candidate is a chain of digit groups with small separators between them;
 * the shape of the chain, not its digits alone, makes it a number to call. Bare
 * digits count only with a plus, a trunk zero, or a word before them that says
 * so. A chain has at most 15 digits, so the time stays linear.
 */
#include "mask/inside.h"

#define DIGITS_MOST 15
#define GROUPS_MOST 8
#define CONTEXT 24

struct chain {
	uint8_t digits[DIGITS_MOST];
	size_t group[GROUPS_MOST];	/* digits in each */
	size_t end[GROUPS_MOST];	/* offset after each */
	size_t groups;
};

/* Bytes of a separator at `at` that has a digit behind it; 0: none. */
static size_t
separator_at(struct span text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && n < 3 && text.p[at + n] &&
	    strchr(" -./()", text.p[at + n]))
		n++;
	return n && at + n < text.n && is_digit(text.p[at + n]) ? n : 0;
}

/* Read groups from `at`, the first digit, as long as all digits fit. */
static void
chain_read(struct span text, size_t at, struct chain *chain)
{
	size_t have = 0;

	chain->groups = 0;
	while (chain->groups < GROUPS_MOST) {
		size_t n = 0, gap;

		while (at + n < text.n && is_digit(text.p[at + n]))
			n++;
		if (n == 0 || have + n > DIGITS_MOST || !ends_word(text, at + n))
			return;
		memcpy(chain->digits + have, text.p + at, n);
		have += n;
		at += n;
		chain->group[chain->groups] = n;
		chain->end[chain->groups++] = at;
		gap = separator_at(text, at);
		if (gap == 0)
			return;
		at += gap;
	}
}

/* Digits in the first `groups` groups. */
static size_t
digits_in(const struct chain *chain, size_t groups)
{
	size_t n = 0;

	for (size_t i = 0; i < groups; i++)
		n += chain->group[i];
	return n;
}

/* +CC…: 8 to 15 digits; under +1 exactly ten more (North American plan). */
static size_t
international(const struct chain *chain)
{
	for (size_t groups = chain->groups; groups; groups--) {
		size_t n = digits_in(chain, groups);

		if (chain->digits[0] == '1' ? n == 11 : n >= 8)
			return chain->digits[0] == '0' ? 0 : groups;
	}
	return 0;
}

/* 00CC…, with groups: bare digits with zeros before them are padded numbers. */
static size_t
double_zero(const struct chain *chain)
{
	size_t n = digits_in(chain, chain->groups);

	if (chain->groups < 2 || n < 10 || memcmp(chain->digits, "00", 2) != 0)
		return 0;
	return chain->digits[2] == '0' ? 0 : chain->groups;
}

/* [1] NXX NXX XXXX. */
static size_t
north_american(const struct chain *chain)
{
	size_t first = chain->group[0] == 1 && chain->digits[0] == '1' ? 1 : 0;
	const uint8_t *d = chain->digits + first;
	const size_t *group = chain->group + first;
	size_t left = chain->groups - first;
	bool shaped = (left == 3 && group[1] == 3 && group[2] == 4) ||
	    (left == 2 && group[1] == 7);

	if (left < 2 || group[0] != 3 || !shaped)
		return 0;
	return d[0] >= '2' && d[3] >= '2' ? chain->groups : 0;
}

/* 0X…: 9 to 11 digits; but 01.02.2024 10:30 is a date. */
static size_t
trunk_zero(const struct chain *chain)
{
	size_t n = digits_in(chain, chain->groups);
	bool is_date = chain->groups >= 3 && chain->group[0] == 2 &&
	    chain->group[1] == 2 && chain->group[2] == 4;

	if (chain->digits[0] != '0' || n < (chain->groups > 1 ? 9 : 10) || n > 11 ||
	    chain->digits[1] == '0' || is_date || chain->group[0] < 2)
		return 0;
	return chain->groups;
}

/* Is the chain only the middle or the head of something longer? */
static bool
is_inside(struct span text, size_t at, size_t end)
{
	if (at >= 2 && strchr("-./:", text.p[at - 1]) && text.p[at - 1] &&
	    is_digit(text.p[at - 2]))
		return true;
	return end + 1 < text.n && text.p[end] && strchr("-./:", text.p[end]) &&
	    is_digit(text.p[end + 1]);
}

static size_t
national(struct span text, size_t at, const struct chain *chain)
{
	static const char *const context[] = {
		"phone", "tel", "mobile", "cell", "fax", "call ", "whatsapp", NULL
	};
	size_t n = digits_in(chain, chain->groups), groups;

	if (is_inside(text, at, chain->end[chain->groups - 1]))
		return 0;
	groups = double_zero(chain);
	if (!groups)
		groups = north_american(chain);
	if (!groups)
		groups = trunk_zero(chain);
	if (!groups && n >= 7 && mask_follows(text, at, CONTEXT, context))
		groups = chain->groups;
	return groups;
}

/* A number at `at`, which is '+', '(' or a digit. */
static bool
phone_at(struct span text, size_t at, struct mask_hit *hit)
{
	uint8_t c = text.p[at];
	size_t first = at, groups;
	struct chain chain;

	while (first < text.n && first - at < 3 && !is_digit(text.p[first]) &&
	    text.p[first] && strchr("+( ", text.p[first]))
		first++;
	if (first >= text.n || !is_digit(text.p[first]))
		return false;
	chain_read(text, first, &chain);
	if (chain.groups == 0)
		return false;
	groups = c == '+' ? international(&chain) : national(text, at, &chain);
	if (groups == 0)
		return false;
	*hit = (struct mask_hit){ at, chain.end[groups - 1] - at };
	return true;
}

bool
mask_find_phone(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at < text.n; at++) {
		uint8_t c = text.p[at];

		if ((c == '+' || c == '(' || is_digit(c)) && begins_word(text, at) &&
		    phone_at(text, at, hit))
			return true;
	}
	return false;
}
