/*
 * schema.c: reads one value by its shape. A shape is a row: what is expected,
 * in words, and the function that reads it.
 */
#include "rules/schema.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct want {
	struct faults *faults;
	const struct key *key;
	void *place;		/* where the value goes */
};

const char *
schema_found(const struct node *node, char *room)
{
	if (node->kind == NODE_LIST)
		snprintf(room, SCHEMA_FOUND, "a list");
	else if (node->kind == NODE_MAP)
		snprintf(room, SCHEMA_FOUND, "a mapping");
	else if (node->is_nothing)
		snprintf(room, SCHEMA_FOUND, "nothing");
	else
		snprintf(room, SCHEMA_FOUND, "\"%.60s\"%s", node->text,
		    node->n > 60 ? "…" : "");
	return room;
}

bool
schema_number(const char *text, uint64_t *out)
{
	uint64_t number = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' ||
		    number > (UINT64_MAX - (uint64_t)(*p - '0')) / 10)
			return false;
		number = number * 10 + (uint64_t)(*p - '0');
	}
	*out = number;
	return true;
}

bool
schema_duration(const char *text, uint64_t *ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 },
	};
	size_t digits = strspn(text, "0123456789");
	char number[16];
	uint64_t value;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!schema_number(number, &value))
		return false;
	for (size_t i = 0; i < COUNT(units); i++) {
		if (strcmp(text + digits, units[i].unit) != 0)
			continue;
		if (value > UINT64_MAX / units[i].ms)
			return false;
		*ms = value * units[i].ms;
		return true;
	}
	return false;
}

static bool
want_node(const struct want *want, const struct node *node)
{
	*(const struct node **)want->place = node;
	return true;
}

static bool
want_text(const struct want *want, const struct node *node)
{
	if (node->kind != NODE_SCALAR || node->n == 0)
		return false;
	return want_node(want, node);
}

static bool
want_texts(const struct want *want, const struct node *node)
{
	if (node->kind != NODE_LIST)
		return false;
	for (const struct node *item = node->first; item; item = item->next) {
		char found[SCHEMA_FOUND];

		if (item->kind == NODE_BAD ||
		    (item->kind == NODE_SCALAR && item->n > 0))
			continue;
		fault_add(want->faults, item->place,
		    "%s: found %s, expected text", want->key->name,
		    schema_found(item, found));
	}
	return want_node(want, node);
}

static bool
want_one_or_texts(const struct want *want, const struct node *node)
{
	char found[SCHEMA_FOUND];

	if (node->kind == NODE_SCALAR)
		return !node->is_nothing && want_node(want, node);
	if (node->kind != NODE_LIST || !node->first)
		return false;
	for (const struct node *item = node->first; item; item = item->next) {
		if (item->kind != NODE_BAD && (item->kind != NODE_SCALAR || item->is_nothing))
			fault_add(want->faults, item->place, "%s: found %s, expected text", want->key->name,
			    schema_found(item, found));
	}
	return want_node(want, node);
}

static bool
want_map(const struct want *want, const struct node *node)
{
	return node->kind == NODE_MAP && want_node(want, node);
}

static bool
want_list(const struct want *want, const struct node *node)
{
	return node->kind == NODE_LIST && want_node(want, node);
}

static bool
want_number(const struct want *want, const struct node *node)
{
	uint64_t value;

	if (node->kind != NODE_SCALAR || !schema_number(node->text, &value) ||
	    value < want->key->least || value > want->key->most)
		return false;
	*(uint64_t *)want->place = value;
	return true;
}

static bool
want_duration(const struct want *want, const struct node *node)
{
	uint64_t value;

	if (node->kind != NODE_SCALAR || !schema_duration(node->text, &value) ||
	    value < want->key->least || value > want->key->most)
		return false;
	*(uint64_t *)want->place = value;
	return true;
}

static bool
find_word(const char *const *words, const struct node *node, uint32_t *out)
{
	if (node->kind != NODE_SCALAR)
		return false;
	for (uint32_t i = 0; words[i]; i++) {
		if (strcmp(words[i], node->text) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool
want_word(const struct want *want, const struct node *node)
{
	return find_word(want->key->words, node, want->place);
}

/* All words as "a, b or c", for faults. */
static void
list_words(const char *const *words, char *room, size_t size)
{
	size_t used = 0;

	room[0] = '\0';
	for (size_t i = 0; words[i] && used < size; i++) {
		const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";
		int n = snprintf(room + used, size - used, "%s%s", before,
		    words[i]);

		used += n > 0 ? (size_t)n : 0;
	}
}

static bool
want_words(const struct want *want, const struct node *node)
{
	char words[256], found[SCHEMA_FOUND];
	uint64_t bits = 0;
	uint32_t bit;

	if (node->kind != NODE_LIST || !node->first)
		return false;
	list_words(want->key->words, words, sizeof(words));
	for (const struct node *item = node->first; item; item = item->next) {
		if (find_word(want->key->words, item, &bit))
			bits |= UINT64_C(1) << bit;
		else if (item->kind != NODE_BAD)
			fault_add(want->faults, item->place,
			    "%s: found %s, expected %s", want->key->name,
			    schema_found(item, found), words);
	}
	*(uint64_t *)want->place = bits;
	return true;
}

static bool
want_bool(const struct want *want, const struct node *node)
{
	if (node->kind != NODE_SCALAR || (strcmp(node->text, "true") != 0 &&
	    strcmp(node->text, "false") != 0))
		return false;
	*(bool *)want->place = node->text[0] == 't';
	return true;
}

static const struct {
	bool (*read)(const struct want *, const struct node *);
	const char *expected;
} shapes[] = {
	[SHAPE_TEXT] = { want_text, "text" },
	[SHAPE_TEXTS] = { want_texts, "a list of texts" },
	[SHAPE_ONE_OR_TEXTS] = { want_one_or_texts, "text or a list of texts" },
	[SHAPE_MAP] = { want_map, "a mapping" },
	[SHAPE_LIST] = { want_list, "a list" },
	[SHAPE_NUMBER] = { want_number, "a number" },
	[SHAPE_DURATION] = { want_duration, "a duration like 500ms, 30s, 10m, 2h" },
	[SHAPE_WORD] = { want_word, "one of" },
	[SHAPE_WORDS] = { want_words, "a list of" },
	[SHAPE_BOOL] = { want_bool, "true or false" },
};
static_assert(COUNT(shapes) == SHAPES, "a row per shape");

static void
say_expected(const struct key *key, char *room, size_t size)
{
	char words[256];

	if (key->words) {
		list_words(key->words, words, sizeof(words));
		snprintf(room, size, "%s %s", shapes[key->shape].expected, words);
	} else if (key->shape == SHAPE_NUMBER) {
		snprintf(room, size, "a number from %" PRIu64 " to %" PRIu64,
		    key->least, key->most);
	} else if (key->shape == SHAPE_DURATION) {
		snprintf(room, size, "%s, from %" PRIu64 "ms to %" PRIu64 "s",
		    shapes[key->shape].expected, key->least, key->most / 1000);
	} else {
		snprintf(room, size, "%s", shapes[key->shape].expected);
	}
}

static bool
read_value(struct faults *faults, const struct node *value, const char *what,
    const struct key *key, void *into)
{
	struct want want = { faults, key, (char *)into + key->offset };
	char expected[320], found[SCHEMA_FOUND];
	size_t errors = faults->errors;

	if (value->kind == NODE_BAD)
		return false;
	if (!shapes[key->shape].read(&want, value)) {
		say_expected(key, expected, sizeof(expected));
		fault_add(faults, value->place, "%s: %s: found %s, expected %s",
		    what, key->name, schema_found(value, found), expected);
	}
	return faults->errors == errors;
}

static const struct key *
find_key(const struct key *keys, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

static void
say_unknown(struct faults *faults, const struct node *key, const char *what,
    const struct key *keys, size_t count)
{
	char known[256];
	size_t used = 0;

	for (size_t i = 0; i < count && used < sizeof(known); i++) {
		int n = snprintf(known + used, sizeof(known) - used, "%s%s",
		    i ? ", " : "", keys[i].name);

		used += n > 0 ? (size_t)n : 0;
	}
	fault_add(faults, key->place, "%s: found unknown key \"%.40s\", "
	    "expected one of %s", what, key->text, known);
}

bool
schema_read(struct faults *faults, const struct node *map, const char *what,
    const struct key *keys, size_t count, void *into)
{
	size_t errors = faults->errors;
	char found[SCHEMA_FOUND];
	bool is_good = true;

	if (map->kind != NODE_MAP) {
		if (map->kind != NODE_BAD)
			fault_add(faults, map->place,
			    "%s: found %s, expected a mapping", what,
			    schema_found(map, found));
		return false;
	}
	for (const struct node *value = map->first; value; value = value->next) {
		const struct key *key = find_key(keys, count, value->key->text);

		if (key)
			is_good &= read_value(faults, value, what, key, into);
		else
			say_unknown(faults, value->key, what, keys, count);
	}
	for (size_t i = 0; i < count; i++) {
		if (keys[i].is_needed && !tree_find(map, keys[i].name))
			fault_add(faults, map->place,
			    "%s: key \"%s\" is missing, expected %s", what,
			    keys[i].name, shapes[keys[i].shape].expected);
	}
	return is_good && faults->errors == errors;
}
