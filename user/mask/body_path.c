/*
 * body_path.c: globs over paths, all at once.
 * A glob is a row of positions: one for each key, each "**", each "[]", and its end. A key
 * moves from a position whose glob it matches to the next; "**" is stayed at and may stand
 * for nothing. Whatever moves, moves by one bit, so a step is a shift over all globs.
 */
#include "mask/body_path.h"

#include <errno.h>
#include <stdlib.h>

#include "base/glob.h"
#include "base/must.h"

#define PARTS_MOST 64	/* keys that one key with dots in it can be */

enum kind { KIND_KEY, KIND_ANY, KIND_ARRAY, KIND_END };

struct path_position {
	uint8_t kind;
	uint8_t mask;
	bool begins;		/* a glob */
	char *glob;		/* owned; of a key */
};

/* A key's glob in the terms of base/glob.h, where one star stops at a dot. */
static char *
key_glob(const char *p, size_t n)
{
	char *glob = malloc(2 * n + 1), *to = glob;

	for (size_t i = 0; glob && i < n; i++) {
		if (p[i] == '*' && i && p[i - 1] == '*')
			continue;
		*to++ = p[i];
		if (p[i] == '*')
			*to++ = '*';
	}
	if (glob)
		*to = 0;
	return glob;
}

static void
set_bit(uint64_t *words, size_t i)
{
	words[i / 64] |= UINT64_C(1) << i % 64;
}

static int
add(struct path_rules *rules, enum kind kind, uint8_t mask, bool begins, const char *p, size_t n)
{
	struct path_position *position = &rules->positions[rules->count++];

	*position = (struct path_position){ .kind = kind, .mask = mask, .begins = begins };
	if (kind != KIND_KEY)
		return 0;
	position->glob = key_glob(p, n);
	return !position->glob ? -ENOMEM : glob_is_valid(position->glob) ? 0 : -EINVAL;
}

static bool
is_any(const char *p, size_t n)
{
	return n >= 2 && strspn(p, "*") >= n;
}

/* One glob. There is room for a position per byte, and its end. */
static int
compile(struct path_rules *rules, const char *glob, uint8_t mask)
{
	bool begins = true, was_any = false;
	int status = 0;

	for (const char *p = glob; *p && !status; p += *p == '.') {
		size_t n = strcspn(p, ".[");
		bool any = is_any(p, n);

		if (n && !(any && was_any)) {
			status = add(rules, any ? KIND_ANY : KIND_KEY, mask, begins, p, n);
			begins = false;
		}
		was_any = any;
		for (p += n; *p == '[' && !status; p += p[1] == ']' ? 2 : 1) {
			status = add(rules, KIND_ARRAY, mask, begins, p, 0);
			begins = was_any = false;
		}
	}
	return status || begins ? status : add(rules, KIND_END, mask, false, NULL, 0);
}

static int
allocate(struct path_rules *rules, size_t positions)
{
	size_t words = (positions + 63) / 64;

	rules->positions = calloc(positions, sizeof(*rules->positions));
	rules->keys = calloc(4 * words, sizeof(*rules->keys));
	if (!rules->positions || !rules->keys)
		return -ENOMEM;
	rules->words = words;
	return 0;
}

static void
fill_words(struct path_rules *rules)
{
	rules->words = (rules->count + 63) / 64;
	rules->any = rules->keys + rules->words;
	rules->arrays = rules->any + rules->words;
	rules->ends = rules->arrays + rules->words;
	for (size_t i = 0; i < rules->count; i++) {
		uint64_t *const words[] = { rules->keys, rules->any, rules->arrays, rules->ends };

		set_bit(words[rules->positions[i].kind], i);
	}
}

int
path_rules_fill(struct path_rules *rules, const struct view_mask *masks, size_t count)
{
	size_t positions = 0;
	int status;

	*rules = (struct path_rules){ 0 };
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < masks[i].field_count; j++)
			positions += strlen(masks[i].fields[j]) + 1;
	if (!positions)
		return 0;
	status = allocate(rules, positions);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < masks[i].field_count && !status; j++)
			status = compile(rules, masks[i].fields[j], (uint8_t)i);
	if (!status)
		fill_words(rules);
	return status;
}

void
path_rules_free(struct path_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->positions[i].glob);
	free(rules->positions);
	free(rules->keys);
	*rules = (struct path_rules){ 0 };
}

/* "**" may stand for nothing: what is behind it is reached too. No two stand in a row. */
static void
skip_any(const struct path_rules *rules, uint64_t *place)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < rules->words; i++) {
		uint64_t any = place[i] & rules->any[i];

		place[i] |= any << 1 | carry;
		carry = any >> 63;
	}
}

void
path_begin(const struct path_rules *rules, uint64_t active, uint64_t *place)
{
	memset(place, 0, rules->words * sizeof(*place));
	for (size_t i = 0; i < rules->count; i++)
		if (rules->positions[i].begins && active >> rules->positions[i].mask & 1)
			set_bit(place, i);
	skip_any(rules, place);
}

void
path_read_key(const struct path_rules *rules, struct span key, uint64_t *moves)
{
	memset(moves, 0, rules->words * sizeof(*moves));
	for (size_t i = 0; i < rules->count; i++)
		if (rules->positions[i].kind == KIND_KEY && glob_match(rules->positions[i].glob, key))
			set_bit(moves, i);
}

void
path_move_many(const struct path_rules *rules, const uint64_t *place, const uint64_t *moves, uint64_t *to)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < rules->words; i++) {
		uint64_t moved = place[i] & moves[i];

		to[i] = moved << 1 | carry | (place[i] & rules->any[i]);
		carry = moved >> 63;
	}
	skip_any(rules, to);
}

void
path_enter_array(const struct path_rules *rules, const uint64_t *place, uint64_t *to)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < rules->words; i++) {
		uint64_t moved = place[i] & rules->arrays[i];

		to[i] = place[i] | moved << 1 | carry;
		carry = moved >> 63;
	}
	skip_any(rules, to);
}

/* ---- keys that look like paths ------------------------------------------------ */

static bool
parts(uint8_t c)
{
	return c == '.' || c == '[' || c == ']';
}

bool
path_has_parts(struct span key)
{
	for (size_t i = 0; i < key.n; i++)
		if (parts(key.p[i]))
			return true;
	return false;
}

/* The next part of a key, cut off it; "[]" or "[7]" is an array. */
static struct span
take_part(struct span *key)
{
	struct span part = *key;

	part.n = 0;
	while (part.n < key->n && !parts(key->p[part.n]))
		part.n++;
	*key = span_skip(*key, part.n + 1);
	return part;
}

static bool
is_number(struct span part)
{
	for (size_t i = 0; i < part.n; i++)
		if (part.p[i] < '0' || part.p[i] > '9')
			return false;
	return true;
}

/* Through the key's parts, one by one; `room` is three places. */
static void
enter_parts(const struct path_rules *rules, struct span key, uint64_t *room)
{
	uint64_t *at = room, *moves = room + rules->words, *next = moves + rules->words;
	size_t size = rules->words * sizeof(*at);

	for (size_t i = 0; key.n && i < PARTS_MOST; i++) {
		bool is_bracket = i && key.p[-1] == '[';
		struct span part = take_part(&key);

		if (is_bracket && is_number(part)) {
			path_enter_array(rules, at, next);
		} else if (part.n) {
			path_read_key(rules, part, moves);
			path_move(rules, at, moves, next);
		} else {
			continue;
		}
		memcpy(at, next, size);
	}
	if (key.n)
		memcpy(at, rules->ends, size);
}

void
path_enter_key(const struct path_rules *rules, const uint64_t *place, struct span key, uint64_t *to)
{
	size_t words = rules->words;
	uint64_t few[3 * 16], *room = few;
	cleanup(free_memory) uint64_t *more = NULL;

	if (words > COUNT(few) / 3)
		room = more = malloc(3 * words * sizeof(*more));
	if (!room) {	/* in doubt it is named */
		memcpy(to, rules->ends, words * sizeof(*to));
		return;
	}
	path_read_key(rules, key, room);
	path_move(rules, place, room, to);
	if (!path_has_parts(key))
		return;
	memcpy(room, place, words * sizeof(*room));
	enter_parts(rules, key, room);
	for (size_t i = 0; i < words; i++)
		to[i] |= room[i];
}

uint64_t
path_masks(const struct path_rules *rules, const uint64_t *place)
{
	uint64_t masks = 0;

	for (size_t i = 0; i < rules->words; i++)
		for (uint64_t left = place[i] & rules->ends[i]; left; left &= left - 1)
			masks |= UINT64_C(1) << rules->positions[i * 64 + (size_t)__builtin_ctzll(left)].mask;
	return masks;
}

bool
path_is_dead(const struct path_rules *rules, const uint64_t *place)
{
	uint64_t any = 0;

	for (size_t i = 0; i < rules->words; i++)
		any |= place[i];
	return !any;
}
