/* function.c: look a function up in the table that ships. */
#include "facts/sql/function.h"

static int
compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static const struct function_effect *
find(struct span name)
{
	size_t low = 0, high = function_table_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(name,
		    span_text(function_table[middle].name));

		if (!order)
			return &function_table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* The row of a name as written, or NULL. */
static const struct function_effect *
find_written(struct span schema, struct span name)
{
	static const char prefix[] = "information_schema.";
	char whole[sizeof(prefix) + 64];

	if (!schema.n || span_is(schema, "pg_catalog"))
		return find(name);
	if (!span_is(schema, "information_schema") || name.n > 63)
		return NULL;
	memcpy(whole, prefix, sizeof(prefix) - 1);
	memcpy(whole + sizeof(prefix) - 1, name.p, name.n);
	return find(span_of(whole, sizeof(prefix) - 1 + name.n));
}

bool
function_is_builtin(struct span schema, struct span name)
{
	return find_written(schema, name);
}

enum function_class
function_find(struct span schema, struct span name)
{
	const struct function_effect *row = find_written(schema, name);

	return row ? row->class : FUNCTION_UNKNOWN;
}

enum effect
function_effect_of(enum function_class class)
{
	static const enum effect effects[FUNCTION_CLASSES] = {
		[FUNCTION_HARMLESS] = EFFECTS,
		[FUNCTION_SESSION] = EFFECT_SESSION,
		[FUNCTION_CALL] = EFFECT_CALL,
		[FUNCTION_UPDATE] = EFFECT_UPDATE,
		[FUNCTION_EXPORT] = EFFECT_EXPORT,
		[FUNCTION_UNKNOWN] = EFFECT_UNKNOWN,
	};

	return class < FUNCTION_CLASSES ? effects[class] : EFFECT_UNKNOWN;
}
