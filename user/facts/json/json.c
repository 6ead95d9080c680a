/*
 * json.c: read a JSON text from left to right, without recursion. `open` is the
 * innermost object or list that is not closed; each value knows its parent, so
 * that closing one is going back to that. A text's shape is settled before its
 * keys are compared, all at once and sorted, so that no object is slow.
 */
#include "facts/json/json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/caseless.h"
#include "base/utf8.h"
#include "facts/json/text.h"

#define NONE UINT32_MAX

struct reader {
	struct arena *arena;
	struct span in;			/* what is left */
	struct json_value *values;
	uint32_t count, room;
	uint32_t open;			/* index, or NONE */
	unsigned int depth;
	const char *fault;
	bool has_memory;
};

static bool
bad(struct reader *reader, const char *fault)
{
	if (!reader->fault)
		reader->fault = fault;
	return false;
}

static void
skip_blanks(struct reader *reader)
{
	struct span in = reader->in;
	size_t n = 0;

	while (n < in.n && (in.p[n] == ' ' || in.p[n] == '\t' || in.p[n] == '\n' || in.p[n] == '\r'))
		n++;
	reader->in = span_skip(in, n);
}

/* The next byte that is not blank, or 0 at the end. */
static uint8_t
look(struct reader *reader)
{
	skip_blanks(reader);
	return reader->in.n ? reader->in.p[0] : 0;
}

static bool
grow(struct reader *reader)
{
	uint32_t room = reader->room ? reader->room * 2 : 64;
	struct json_value *values;

	if (reader->count == JSON_VALUES_MOST)
		return bad(reader, "it has too many values");
	values = arena_take(reader->arena, room * sizeof(*values));
	if (!values) {
		reader->has_memory = false;
		return false;
	}
	if (reader->count)
		memcpy(values, reader->values, reader->count * sizeof(*values));
	arena_give(reader->arena, reader->values);
	reader->values = values;
	reader->room = room;
	return true;
}

static struct json_value *
add(struct reader *reader, enum json_kind kind, struct span key)
{
	struct json_value *value;

	if (reader->count == reader->room && !grow(reader))
		return NULL;
	value = &reader->values[reader->count++];
	*value = (struct json_value){ .kind = kind, .key = key, .next = reader->count,
		.parent = reader->open == NONE ? 0 : reader->open };
	return value;
}

static bool
read_text(struct reader *reader, struct span *out)
{
	const char *fault = NULL;
	int status = json_text_read(&reader->in, reader->arena, out, &fault);

	if (status < 0)
		reader->has_memory = false;
	return status == 0 && (!fault || bad(reader, fault));
}

static bool
read_word(struct reader *reader, const char *word, struct span *out)
{
	size_t n = strlen(word);

	if (!span_is(span_head(reader->in, n), word))
		return bad(reader, "it is not JSON");
	return take_bytes(&reader->in, n, out);
}

static size_t
count_digits(struct span in, size_t at)
{
	size_t n = 0;

	while (at + n < in.n && in.p[at + n] >= '0' && in.p[at + n] <= '9')
		n++;
	return n;
}

/* RFC 8259 section 6. */
static bool
read_number(struct reader *reader, struct span *out)
{
	struct span in = reader->in;
	size_t n = in.n && in.p[0] == '-', digits = count_digits(in, n);

	if (digits == 0 || (digits > 1 && in.p[n] == '0'))
		return bad(reader, "it is not JSON");
	n += digits;
	if (n < in.n && in.p[n] == '.') {
		digits = count_digits(in, n + 1);
		if (digits == 0)
			return bad(reader, "it is not JSON");
		n += 1 + digits;
	}
	if (n < in.n && (in.p[n] == 'e' || in.p[n] == 'E')) {
		n++;
		n += n < in.n && (in.p[n] == '+' || in.p[n] == '-');
		digits = count_digits(in, n);
		if (digits == 0)
			return bad(reader, "it is not JSON");
		n += digits;
	}
	return take_bytes(&reader->in, n, out);
}

static bool
read_scalar(struct reader *reader, struct span key)
{
	static const struct {
		uint8_t first;
		enum json_kind kind;
		const char *word;
	} words[] = {
		{ 't', JSON_IS_TRUE, "true" }, { 'f', JSON_IS_FALSE, "false" }, { 'n', JSON_IS_NULL, "null" },
	};
	enum json_kind kind = JSON_IS_NUMBER;
	uint8_t first = look(reader);
	const char *word = NULL;
	struct json_value *value;
	struct span text;

	for (size_t i = 0; i < COUNT(words); i++) {
		if (first == words[i].first) {
			kind = words[i].kind;
			word = words[i].word;
		}
	}
	if (first == '"')
		kind = JSON_IS_TEXT;
	if (first == '"' ? !read_text(reader, &text) : word ? !read_word(reader, word, &text) : !read_number(reader, &text))
		return false;
	value = add(reader, kind, key);
	if (value)
		value->text = text;
	return value;
}

/* A value begins: an object or list is opened, anything else is read. */
static bool
read_value(struct reader *reader, struct span key)
{
	uint8_t first = look(reader);
	struct json_value *value;

	if (first != '{' && first != '[')
		return read_scalar(reader, key);
	if (++reader->depth > JSON_DEPTH_MOST)
		return bad(reader, "it is nested too deep");
	value = add(reader, first == '{' ? JSON_IS_OBJECT : JSON_IS_LIST, key);
	if (!value)
		return false;
	value->text = reader->in;	/* to its end, which close_value() finds */
	reader->open = reader->count - 1;
	reader->in = span_skip(reader->in, 1);
	return true;
}

static void
close_value(struct reader *reader)
{
	struct json_value *value = &reader->values[reader->open];

	reader->in = span_skip(reader->in, 1);
	value->next = reader->count;
	value->text.n -= reader->in.n;
	reader->open = reader->open == 0 ? NONE : value->parent;
	reader->depth--;
}

/* One step within the open object or list: its end, or one more value. */
static bool
read_inside(struct reader *reader)
{
	bool is_object = reader->values[reader->open].kind == JSON_IS_OBJECT;
	bool is_empty = reader->open == reader->count - 1;
	struct span key = { 0 };
	uint8_t next = look(reader);

	if (next == (is_object ? '}' : ']')) {
		close_value(reader);
		return true;
	}
	if (!is_empty) {
		if (next != ',')
			return bad(reader, "it is not JSON");
		reader->in = span_skip(reader->in, 1);
		next = look(reader);
	}
	if (is_object) {
		if (next != '"')
			return bad(reader, "it is not JSON");
		if (!read_text(reader, &key))
			return false;
		if (key.n && memchr(key.p, 0, key.n))
			return bad(reader, "a key of it has a NUL");
		if (look(reader) != ':')
			return bad(reader, "it is not JSON");
		reader->in = span_skip(reader->in, 1);
	}
	return read_value(reader, key);
}

static int
by_key(const void *left, const void *right)
{
	const struct json_value *a = *(const struct json_value *const *)left;
	const struct json_value *b = *(const struct json_value *const *)right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return caseless_compare(a->key, b->key);
}

/* Two readers may take either of two values of one key. */
static bool
keys_differ(struct reader *reader)
{
	const struct json_value **members = arena_take(reader->arena, (reader->count + 1) * sizeof(*members));
	size_t count = 0;
	bool differ = true;

	if (!members) {
		reader->has_memory = false;
		return false;
	}
	for (uint32_t i = 1; i < reader->count; i++) {
		if (reader->values[reader->values[i].parent].kind == JSON_IS_OBJECT)
			members[count++] = &reader->values[i];
	}
	if (count > 1)
		qsort(members, count, sizeof(*members), by_key);
	for (size_t i = 1; i < count && differ; i++)
		differ = by_key(&members[i - 1], &members[i]) != 0;
	arena_give(reader->arena, members);
	return differ || bad(reader, "it has a key twice");
}

static bool
read_whole(struct reader *reader)
{
	if (!utf8_is_valid(reader->in))
		return bad(reader, "it is not UTF-8");
	if (!read_value(reader, (struct span){ 0 }))
		return false;
	while (reader->open != NONE) {
		if (!read_inside(reader))
			return false;
	}
	skip_blanks(reader);
	if (reader->in.n)
		return bad(reader, "it is not JSON");
	return keys_differ(reader);
}

int
json_read(struct span in, struct arena *arena, struct json_tree *out)
{
	struct reader reader = { .arena = arena, .in = in, .open = NONE, .has_memory = true };
	bool is_whole = read_whole(&reader);

	if (!reader.has_memory)
		return -ENOMEM;
	*out = (struct json_tree){
		.values = reader.values, .count = is_whole ? reader.count : 0, .fault = reader.fault,
	};
	return 0;
}

const struct json_value *
json_member(const struct json_tree *tree, uint32_t of, const char *name)
{
	if (of >= tree->count || tree->values[of].kind != JSON_IS_OBJECT)
		return NULL;
	for (uint32_t i = of + 1; i < tree->values[of].next; i = tree->values[i].next) {
		if (span_is(tree->values[i].key, name))
			return &tree->values[i];
	}
	return NULL;
}
