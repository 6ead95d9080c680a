/*
 * glob.c: match a pattern by walking all its readings at once.
 * live[i] says that pattern[0..i) has matched the bytes read so far. Each byte
 * moves every live place at most one on, so nothing is ever tried twice and no
 * pattern can make the time explode. What comes before the first wildcard is
 * compared directly, which settles most calls.
 */
#include "base/glob.h"

#include <string.h>

struct walk {
	const char *pattern;
	size_t n;			/* bytes of pattern */
	size_t from;			/* bytes of the literal beginning */
	bool live[GLOB_LIMIT + 1];
};

/* A '*' at `i`; *size is 2 for "**". */
static bool
is_star(const struct walk *walk, size_t i, size_t *size)
{
	if (i >= walk->n || walk->pattern[i] != '*')
		return false;
	*size = i + 1 < walk->n && walk->pattern[i + 1] == '*' ? 2 : 1;
	return true;
}

/* A star may stand for nothing: what is behind it is live too. */
static void
skip_stars(struct walk *walk)
{
	size_t size;

	for (size_t i = walk->from; i < walk->n; i++) {
		if (walk->live[i] && is_star(walk, i, &size))
			walk->live[i + size] = true;
	}
}

/* Read one byte. False: no reading is left. */
static bool
step(struct walk *walk, char c)
{
	bool before = false;	/* does the place before move on to this one? */
	bool any = false;

	for (size_t i = walk->from; i <= walk->n; i++) {
		bool was = walk->live[i], stays = false, moves = false;
		size_t size;

		if (was && is_star(walk, i, &size))
			stays = size == 2 || c != '.';
		else if (was && i < walk->n)
			moves = walk->pattern[i] == c ||
			    (walk->pattern[i] == '?' && c != '.');
		walk->live[i] = stays || before;
		any |= walk->live[i];
		before = moves;
	}
	skip_stars(walk);
	return any;
}

/* Walk over the whole of `text`. False: it cannot match, nor can more of it. */
static bool
walk_over(struct walk *walk, const char *pattern, struct span text)
{
	walk->pattern = pattern;
	walk->n = strlen(pattern);
	walk->from = strcspn(pattern, "*?");
	if (walk->n > GLOB_LIMIT)
		return false;
	if (walk->from > text.n) {
		/* Only a beginning of the literal: fine for glob_may_begin. */
		walk->from = walk->n;
		walk->live[walk->n] = false;
		return text.n == 0 || memcmp(pattern, text.p, text.n) == 0;
	}
	if (walk->from && memcmp(pattern, text.p, walk->from) != 0)
		return false;
	memset(walk->live + walk->from, 0, walk->n - walk->from + 1);
	walk->live[walk->from] = true;
	skip_stars(walk);
	for (size_t i = walk->from; i < text.n; i++) {
		if (!step(walk, (char)text.p[i]))
			return false;
	}
	return true;
}

bool
glob_is_valid(const char *pattern)
{
	return strlen(pattern) <= GLOB_LIMIT;
}

bool
glob_match(const char *pattern, struct span text)
{
	struct walk walk;

	return walk_over(&walk, pattern, text) && walk.live[walk.n];
}

bool
glob_may_begin(const char *pattern, struct span head)
{
	struct walk walk;

	return walk_over(&walk, pattern, head);
}
