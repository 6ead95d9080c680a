/*
 * body_cut.c: where a text that is not whole may be cut, and nothing is lost that would be
 * found in the whole. That is behind each line; and, since a hit with blanks in it is of
 * digits and short groups of letters, behind a blank that stands behind a word of five
 * letters or more, all small but the first, and no sign that a value may follow. A private
 * key is known by its beginning.
 */
#include "mask/body_inside.h"

#define WORD_LEAST 5	/* letters: groups of IBANs have four */
#define GAP_MOST 16	/* between a name and its value, and more than token.c has it */
#define SCHEME_MOST 8

size_t
body_character_at(struct span text, size_t at)
{
	for (size_t i = 0; i < 3 && at && at < text.n && (text.p[at] & 0xc0) == 0x80; i++)
		at--;
	return at;
}

size_t
body_key_end(struct span part)
{
	const uint8_t *end = part.n ? memmem(part.p, part.n, "-----END ", 9) : NULL;
	size_t at;

	if (!end)
		return 0;
	at = (size_t)(end - part.p) + 9;
	while (at < part.n && (is_upper(part.p[at]) || is_digit(part.p[at]) || part.p[at] == ' '))
		at++;
	while (at < part.n && part.p[at] == '-')
		at++;
	return at;
}

bool
body_has_open_key(const struct body_eyes *eyes, struct span part)
{
	struct mask_hit hit = { 0 };
	size_t from = 0;

	if (!(eyes->lineup.detectors >> DETECT_PRIVATE_KEY & 1) || !part.n || !memmem(part.p, part.n, "-----BEGIN ", 11))
		return false;
	while (from < part.n && mask_find(DETECT_PRIVATE_KEY, part, from, &hit))
		from = hit.at + hit.n;
	return hit.n && from == part.n && !body_key_end(span_skip(part, hit.at));
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool
is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

/* No hit has this word and a blank beside it. */
static bool
is_plain(struct span word)
{
	while (word.n && is_one_of(word.p[0], "(*"))
		word = span_skip(word, 1);
	while (word.n && is_one_of(word.p[word.n - 1], ")*.;!?"))
		word.n--;
	if (word.n < WORD_LEAST || !is_letter(word.p[0]))
		return false;
	for (size_t i = 1; i < word.n; i++)
		if (!is_lower(word.p[i]))
			return false;
	return true;
}

/* The end of `text` without what may stand between a name, a sign, and its value; *open: the sign is there. */
static struct span
without_gap(struct span text, bool *open)
{
	for (size_t i = 0; i < GAP_MOST && text.n && is_one_of(text.p[text.n - 1], "=:>|?, \t\r\n\"'`("); i++, text.n--)
		*open |= is_one_of(text.p[text.n - 1], "=:>,");
	return text;
}

/* Could what follows be the value of a name at the end of this text, with a word ("Bearer") before it? */
static bool
is_open(struct span text)
{
	bool open = false;

	text = without_gap(text, &open);
	for (size_t i = 0; i < SCHEME_MOST && text.n && is_letter(text.p[text.n - 1]); i++)
		text.n--;
	without_gap(text, &open);
	return open;
}

size_t
body_cut(struct span text, bool lines_only, bool is_begin)
{
	for (size_t end = text.n, begin; end; end = begin) {
		begin = end - 1;
		if (text.p[end - 1] == '\n' && !is_open(span_head(text, end)))
			return end;
		if (lines_only || text.p[end - 1] != ' ')
			continue;
		while (begin && !is_blank(text.p[begin - 1]))
			begin--;
		if ((begin || is_begin) && is_plain(span_of(text.p + begin, end - 1 - begin)) && !is_open(span_head(text, end)))
			return end;
	}
	return 0;
}
