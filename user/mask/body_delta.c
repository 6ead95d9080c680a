/*
 * body_delta.c: one pass over the data of an event, which names each value by the keys that
 * lead to it ("choices[].delta.content"). Whether it is JSON in all is asked by body_json.c:
 * what is none ends the pass, and no texts were there.
 */
#include "mask/body_delta.h"

#include "mask/body_inside.h"

#define DEPTH_MOST 128

enum delta_kind { DELTA_CONTENT, DELTA_REASONING, DELTA_REFUSAL, DELTA_ARGUMENTS, DELTA_TEXT, DELTA_THINKING, DELTA_PARTIAL,
	DELTA_RESPONSE };

enum delta_api { API_CHAT, API_MESSAGES, API_RESPONSES };

static const struct {
	const char *name;
	enum delta_kind kind;
	enum delta_api api;
	bool is_json;
} rows[] = {
	{ "choices[].delta.content", DELTA_CONTENT, API_CHAT, false },
	{ "choices[].delta.reasoning_content", DELTA_REASONING, API_CHAT, false },
	{ "choices[].delta.refusal", DELTA_REFUSAL, API_CHAT, false },
	{ "choices[].delta.tool_calls[].function.arguments", DELTA_ARGUMENTS, API_CHAT, true },
	{ "delta.text", DELTA_TEXT, API_MESSAGES, false },
	{ "delta.thinking", DELTA_THINKING, API_MESSAGES, false },
	{ "delta.partial_json", DELTA_PARTIAL, API_MESSAGES, true },
	{ "delta", DELTA_RESPONSE, API_RESPONSES, false },
};

struct numbers {
	unsigned int of[DELTA_TEXTS][DELTA_TEXTS];
	bool known[DELTA_TEXTS][DELTA_TEXTS];
};

struct walk {
	struct span text;
	size_t at;
	struct delta_event *event;
	struct out name;
	unsigned int depth, arrays;
	unsigned int place[2];	/* in the arrays around: the first two */
	enum delta_api api[DELTA_TEXTS];	/* of the texts */
	struct numbers choices, calls;	/* an array's element: its `index` */
	bool finished[DELTA_TEXTS];
	unsigned int index, output, content;
	struct span type;	/* as it stands, with escapes if there are any */
	const char *wrong;
};

static bool read_value(struct walk *);

static bool
is_named(const struct walk *walk, const char *name)
{
	return span_equal(out_view(&walk->name), span_text(name));
}

static void
skip_blanks(struct walk *walk)
{
	while (walk->at < walk->text.n && memchr(" \t\r\n", walk->text.p[walk->at], 4))
		walk->at++;
}

static bool
take(struct walk *walk, uint8_t c)
{
	skip_blanks(walk);
	if (walk->at >= walk->text.n || walk->text.p[walk->at] != c)
		return false;
	walk->at++;
	return true;
}

/* The inside of a string. */
static bool
take_string(struct walk *walk, struct span *raw)
{
	size_t begin = walk->at + 1, end = begin;
	unsigned int flags = 0;

	if (!take(walk, '"'))
		return false;
	begin = end = walk->at;
	if (string_end_key(walk->text, &end, &flags) != STRING_WHOLE)
		return false;
	*raw = span_of(walk->text.p + begin, end - begin);
	walk->at = end + 1;
	return true;
}

/* ---- what is at a name ------------------------------------------------------------------ */

static bool
too_many(struct walk *walk)
{
	walk->wrong = "an event has more texts than can be followed";
	return false;
}

static bool
add_text(struct walk *walk, size_t row, size_t begin)
{
	struct delta_event *event = walk->event;
	struct delta_text *text = &event->texts[event->count];

	if (event->count == DELTA_TEXTS)
		return too_many(walk);
	walk->api[event->count++] = rows[row].api;
	*text = (struct delta_text){ .at = begin, .end = walk->at, .is_json = rows[row].is_json };
	text->key.kind = rows[row].kind;
	if (rows[row].api == API_CHAT) {
		text->key.index = walk->place[0];
		text->key.within = rows[row].kind == DELTA_ARGUMENTS ? walk->place[1] : 0;
	}
	return true;
}

static bool
on_string(struct walk *walk, size_t begin, struct span raw)
{
	if (is_named(walk, "type"))
		walk->type = raw;
	if (is_named(walk, "choices[].finish_reason"))
		walk->finished[walk->place[0]] = true;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (is_named(walk, rows[i].name))
			return add_text(walk, i, begin);
	return true;
}

static void
on_number(struct walk *walk, unsigned int value)
{
	const unsigned int *place = walk->place;

	if (is_named(walk, "index"))
		walk->index = value;
	else if (is_named(walk, "output_index"))
		walk->output = value;
	else if (is_named(walk, "content_index"))
		walk->content = value;
	else if (is_named(walk, "choices[].index"))
		walk->choices.of[place[0]][0] = value, walk->choices.known[place[0]][0] = true;
	else if (is_named(walk, "choices[].delta.tool_calls[].index"))
		walk->calls.of[place[0]][place[1]] = value, walk->calls.known[place[0]][place[1]] = true;
}

/* ---- values ---------------------------------------------------------------------------- */

static bool
read_number(struct walk *walk)
{
	unsigned int value = 0;

	for (; walk->at < walk->text.n && (is_word(walk->text.p[walk->at]) || memchr("+-.", walk->text.p[walk->at], 3));
	    walk->at++)
		value = value * 10 + (walk->text.p[walk->at] & 15u);
	on_number(walk, value);
	return true;
}

static bool
read_array(struct walk *walk)
{
	unsigned int array = walk->arrays++, n = 0;
	size_t mark = walk->name.n;

	out_span(&walk->name, SPAN("[]"));
	if (!take(walk, ']')) {
		do {
			if (array < 2 && n >= DELTA_TEXTS && span_equal(span_head(out_view(&walk->name), 9), SPAN("choices[]")))
				return too_many(walk);
			if (array < 2)
				walk->place[array] = n < DELTA_TEXTS ? n : 0;
			n++;
			if (!read_value(walk))
				return false;
		} while (take(walk, ','));
		if (!take(walk, ']'))
			return false;
	}
	walk->name.n = mark;
	walk->arrays--;
	return true;
}

static bool
read_object(struct walk *walk)
{
	size_t mark = walk->name.n;
	struct span key;

	if (take(walk, '}'))
		return true;
	do {
		skip_blanks(walk);
		if (!take_string(walk, &key) || !take(walk, ':'))
			return false;
		if (mark)
			out_u8(&walk->name, '.');
		string_read(key, &walk->name);
		if (!read_value(walk))
			return false;
		walk->name.n = mark;
	} while (take(walk, ','));
	return take(walk, '}');
}

static bool
read_inner(struct walk *walk)
{
	uint8_t c = walk->text.p[walk->at];
	size_t begin = walk->at;
	struct span raw;

	if (c == '"')
		return take_string(walk, &raw) && on_string(walk, begin, raw);
	if (c != '{' && c != '[')
		return read_number(walk);
	walk->at++;
	return c == '{' ? read_object(walk) : read_array(walk);
}

static bool
read_value(struct walk *walk)
{
	size_t begin;
	bool is_right;

	skip_blanks(walk);
	begin = walk->at;
	if (walk->at >= walk->text.n || walk->depth == DEPTH_MOST || walk->name.failed)
		return false;
	walk->depth++;
	is_right = read_inner(walk);
	walk->depth--;
	return is_right && walk->at > begin;
}

/* ---- events ---------------------------------------------------------------------------- */

static bool
begins(struct span text, struct span with)
{
	return span_equal(span_head(text, with.n), with);
}

static bool
ends(struct span text, struct span with)
{
	return text.n >= with.n && span_equal(span_skip(text, text.n - with.n), with);
}

/* Is a text of these in an event of this type? Then its key is told. */
static bool
resolve(const struct walk *walk, struct delta_text *text, enum delta_api api)
{
	struct delta_key *key = &text->key;

	if (api == API_CHAT) {
		unsigned int choice = key->index, call = key->within;

		if (walk->choices.known[choice][0])
			key->index = walk->choices.of[choice][0];
		if (key->kind == DELTA_ARGUMENTS && walk->calls.known[choice][call])
			key->within = walk->calls.of[choice][call];
		return true;
	}
	if (api == API_MESSAGES) {
		key->index = walk->index;
		return span_equal(walk->type, SPAN("content_block_delta"));
	}
	key->index = walk->output;
	key->within = walk->content;
	text->is_json = memmem(walk->type.p, walk->type.n, "arguments", 9);
	return begins(walk->type, SPAN("response.")) && ends(walk->type, SPAN(".delta"));
}

static bool
is_same(const struct delta_key *a, const struct delta_key *b)
{
	return a->kind == b->kind && a->index == b->index && a->within == b->within;
}

static bool
keep_texts(struct walk *walk)
{
	struct delta_event *event = walk->event;
	size_t n = 0;

	for (size_t i = 0; i < event->count; i++) {
		struct delta_text text = event->texts[i];

		if (!resolve(walk, &text, walk->api[i]))
			continue;
		for (size_t k = 0; k < n; k++)
			if (is_same(&event->texts[k].key, &text.key))
				walk->wrong = "an event has a text twice";
		event->texts[n++] = text;
	}
	event->count = n;
	return !walk->wrong;
}

static void
tell_ends(struct walk *walk)
{
	struct delta_event *event = walk->event;

	for (unsigned int i = 0; i < DELTA_TEXTS; i++)
		if (walk->finished[i])
			event->ended[event->ended_count++] = walk->choices.known[i][0] ? walk->choices.of[i][0] : i;
	if (span_equal(walk->type, SPAN("content_block_stop")))
		event->ended[event->ended_count++] = walk->index;
	event->ends = event->ended_count ? DELTA_ENDS_INDEX : DELTA_ENDS_NOTHING;
	if (span_equal(walk->type, SPAN("message_stop")) ||
	    (begins(walk->type, SPAN("response.")) && (ends(walk->type, SPAN(".done")) || ends(walk->type, SPAN(".completed")))))
		event->ends = DELTA_ENDS_ALL;
}

bool
delta_read(struct span data, struct delta_event *event)
{
	struct walk walk = { .text = data, .event = event, .name = out_new(BODY_HELD_MOST), .type = span_of("", 0) };
	bool is_read;

	*event = (struct delta_event){ .count = 0 };
	if (span_equal(data, SPAN("[DONE]")))
		event->ends = DELTA_ENDS_ALL;
	walk.at = begins(data, SPAN("\xef\xbb\xbf")) ? 3 : 0;
	is_read = data.n && memchr(data.p, '{', data.n) && read_value(&walk);
	skip_blanks(&walk);
	if (is_read && walk.at == data.n && keep_texts(&walk))
		tell_ends(&walk);
	else
		event->count = 0;
	out_free(&walk.name);
	return !walk.wrong;
}
