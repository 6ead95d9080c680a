/*
 * body_json.c: JSON (RFC 8259) in runs, token by token. Strict in its grammar and in UTF-8;
 * keys may come twice, halves of surrogate pairs may stand alone, and one byte order mark
 * may come first. What is read is not copied: a run is written as it came, but for what
 * body_json_value.c puts in place of a token. A token that the end of a run cuts is held,
 * and how far it was read, so that no byte is read twice however the runs are cut.
 */
#include "mask/body_json.h"

#include <errno.h>
#include <stdlib.h>

#include "base/must.h"
#include "base/utf8.h"

#define HELD_STEP 64	/* bytes added to a held token at a time, at the least */

static const bool is_blank[256] = { [' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true };
enum { NUMERIC = 1, NUMERIC_E = 2 };
static const uint8_t numeric[256] = {
	['0' ... '9'] = NUMERIC, ['-'] = NUMERIC, ['+'] = NUMERIC, ['.'] = NUMERIC,
	['e'] = NUMERIC | NUMERIC_E, ['E'] = NUMERIC | NUMERIC_E,
};

static bool
fail(struct body_json *json, const char *why)
{
	json->error = why;
	return false;
}

static bool
fail_beyond(struct body_json *json, const char *why)
{
	json->is_beyond = true;
	return fail(json, why);
}

/* The token at `begin` is not whole: `scanned` bytes of it need not be read again. */
static bool
cut(struct body_json *json, struct json_run *run, size_t begin, size_t scanned, unsigned int flags)
{
	if (run->is_last)
		return fail(json, "JSON ends within a value");
	if (run->text.n - begin > BODY_HELD_MOST)
		return fail_beyond(json, "a JSON value is too long");
	json->scanned = scanned;
	json->flags = flags;
	run->at = begin;
	run->is_cut = true;
	return true;
}

/* How far the token that a run begins with was read before it was cut. */
static size_t
resume(struct body_json *json, unsigned int *flags)
{
	size_t scanned = json->scanned;

	*flags = json->flags;
	json->scanned = 0;
	json->flags = 0;
	return scanned;
}

/* Is `c` next? Then it is read. Only what stands without blanks is taken so, the rest by read_token(). */
static inline bool
take_byte(struct json_run *run, uint8_t c)
{
	if (run->at >= run->text.n || run->text.p[run->at] != c)
		return false;
	run->at++;
	return true;
}

static inline void
end_value(struct body_json *json, struct json_run *run)
{
	json->state = json->depth ? JSON_NEXT : JSON_DONE;
	if (json->depth && take_byte(run, ','))
		json->state = json->levels[json->depth].is_array ? JSON_VALUE : JSON_KEY;
}

static bool read_value(struct body_json *, struct json_run *, uint8_t first);

/* ---- tokens ---------------------------------------------------------------------- */

static bool
read_string(struct body_json *json, struct json_run *run)
{
	size_t begin = run->at, at = begin + 1;
	bool is_key = json->state == JSON_KEY || json->state == JSON_FIRST_KEY;
	enum string_step step;
	unsigned int flags = 0;

	if (begin == 0)
		at += resume(json, &flags);
	step = is_key ? string_end_key(run->text, &at, &flags) : string_end(run->text, &at, &flags);
	if (step == STRING_BAD)
		return fail(json, "a JSON string has a control character or a wrong escape");
	if (step == STRING_CUT)
		return cut(json, run, begin, at - begin - 1, flags);
	if (at - begin > BODY_HELD_MOST)
		return fail_beyond(json, "a JSON value is too long");
	if ((flags & STRING_HIGH) && !utf8_is_valid(span_of(run->text.p + begin + 1, at - begin - 1)))
		return fail(json, "a JSON string is not UTF-8");
	run->at = at + 1;
	if (is_key) {
		json_on_key(json, run, begin, flags);
		json->state = take_byte(run, ':') ? JSON_VALUE : JSON_COLON;
		at = run->at;
		if (json->state == JSON_COLON || at >= run->text.n || is_blank[run->text.p[at]])
			return true;
		return read_value(json, run, run->text.p[at]);	/* most stand close behind their key */
	}
	json_on_string(json, run, begin, flags);
	end_value(json, run);
	return true;
}

static bool
read_number(struct body_json *json, struct json_run *run)
{
	size_t begin = run->at, at = begin;
	unsigned int flags = 0;

	if (begin == 0)
		at += resume(json, &flags);
	while (at < run->text.n && numeric[run->text.p[at]])
		flags |= numeric[run->text.p[at++]];
	if (at == run->text.n && !run->is_last)
		return cut(json, run, begin, at - begin, flags);
	if (at - begin > BODY_HELD_MOST)
		return fail_beyond(json, "a JSON value is too long");
	if (!number_is_right(span_of(run->text.p + begin, at - begin)))
		return fail(json, "a JSON number is not one");
	run->at = at;
	json_on_number(json, run, begin, flags & NUMERIC_E);
	end_value(json, run);
	return true;
}

/* One of a few words that must stand here whole. */
static bool
read_word(struct body_json *json, struct json_run *run, struct span word)
{
	size_t begin = run->at, left = run->text.n - begin, n = left < word.n ? left : word.n;

	if (memcmp(run->text.p + begin, word.p, n) != 0)
		return fail(json, "JSON has a word that is none of its own");
	if (n < word.n)
		return cut(json, run, begin, 0, 0);
	run->at += n;
	return true;
}

static bool
read_literal(struct body_json *json, struct json_run *run, struct span word)
{
	size_t begin = run->at;

	if (!read_word(json, run, word) || run->is_cut)
		return !json->error;
	json_on_word(json, run, begin);
	end_value(json, run);
	return true;
}

static bool
read_mark(struct body_json *json, struct json_run *run)
{
	if (json->begun)
		return fail(json, "JSON has a byte that begins no value");
	if (!read_word(json, run, SPAN("\xef\xbb\xbf")))
		return false;
	json->begun = !run->is_cut;
	return true;
}

/* ---- structure ---------------------------------------------------------------------- */

static bool
open_level(struct body_json *json, struct json_run *run, bool is_array)
{
	const struct path_rules *paths = &json->eyes->set->paths;
	struct json_level *outer = &json->levels[json->depth], *inner = outer + 1;

	if (json->depth == JSON_DEPTH_MOST)
		return fail_beyond(json, "JSON is nested too deeply");
	inner->hider = json_on_open(json, run);
	inner->is_array = is_array;
	inner->name = is_array ? outer->name : span_of(NULL, 0);
	inner->is_borrowed = is_array && outer->is_borrowed;
	if (json->eyes->words) {
		memcpy(json_around(json, json->depth + 1), json_within(json, json->depth),
		    json->eyes->words * sizeof(uint64_t));
		if (is_array)
			path_enter_array(paths, json_around(json, json->depth + 1), json_within(json, json->depth + 1));
	}
	json->depth++;
	json->state = is_array ? JSON_FIRST : JSON_FIRST_KEY;
	run->at++;
	return true;
}

static bool
close_level(struct body_json *json, struct json_run *run, bool is_array)
{
	if (!json->depth || json->levels[json->depth].is_array != is_array)
		return fail(json, "JSON closes what is not open");
	run->at++;
	json->depth--;
	if (json->is_gone && json->depth == json->gone_depth) {
		json->is_gone = false;
		run->done = run->at;
	}
	end_value(json, run);
	return true;
}

static bool
read_value(struct body_json *json, struct json_run *run, uint8_t c)
{
	switch (c) {
	case '"':
		return read_string(json, run);
	case '{':
	case '[':
		return open_level(json, run, c == '[');
	case '-':
	case '0' ... '9':
		return read_number(json, run);
	case 't':
		return read_literal(json, run, SPAN("true"));
	case 'f':
		return read_literal(json, run, SPAN("false"));
	case 'n':
		return read_literal(json, run, SPAN("null"));
	case 0xef:
		return read_mark(json, run);
	default:
		return fail(json, "JSON has a byte that begins no value");
	}
}

static bool
read_next(struct body_json *json, struct json_run *run, uint8_t c)
{
	if (c == '}' || c == ']')
		return close_level(json, run, c == ']');
	if (c != ',')
		return fail(json, "JSON has no comma where one must be");
	json->state = json->levels[json->depth].is_array ? JSON_VALUE : JSON_KEY;
	run->at++;
	return true;
}

static bool
read_token(struct body_json *json, struct json_run *run, uint8_t c)
{
	if (c != 0xef)
		json->begun = true;
	switch (json->state) {
	case JSON_FIRST:
		if (c == ']')
			return close_level(json, run, true);
		return read_value(json, run, c);
	case JSON_VALUE:
		return read_value(json, run, c);
	case JSON_FIRST_KEY:
		if (c == '}')
			return close_level(json, run, false);
		return c == '"' ? read_string(json, run) : fail(json, "JSON has no key where one must be");
	case JSON_KEY:
		return c == '"' ? read_string(json, run) : fail(json, "JSON has no key where one must be");
	case JSON_COLON:
		if (c != ':')
			return fail(json, "JSON has no colon behind a key");
		run->at++;
		json->state = JSON_VALUE;
		return true;
	case JSON_NEXT:
		return read_next(json, run, c);
	default:
		return fail(json, "more follows where JSON has ended");
	}
}

/* Blanks from run->at on. Where there is a text per line, its end ends the text. */
static bool
skip_blanks(struct body_json *json, struct json_run *run)
{
	size_t begin = run->at;

	while (run->at < run->text.n && is_blank[run->text.p[run->at]])
		run->at++;
	json->begun = true;
	if (!json->many || !memchr(run->text.p + begin, '\n', run->at - begin))
		return true;
	if (json->depth)
		return fail(json, "a line ends within JSON");
	json->state = JSON_VALUE;
	return true;
}

/* ---- runs ------------------------------------------------------------------------------ */

/* Names are read from the run until it ends. */
static void
keep_names(struct body_json *json)
{
	for (unsigned int i = 0; i <= json->depth; i++) {
		struct json_level *level = &json->levels[i];

		if (!level->is_borrowed)
			continue;
		if (level->name.n > BODY_NAME_MOST)
			level->name = span_skip(level->name, level->name.n - BODY_NAME_MOST);
		memcpy(level->kept, level->name.p, level->name.n);
		level->name.p = level->kept;
		level->is_borrowed = false;
	}
}

/* Read a run as far as its tokens are whole: *used bytes. */
static bool
read_run(struct body_json *json, struct span text, bool is_last, struct out *out, size_t *used)
{
	struct json_run run = { .text = text, .out = out, .is_last = is_last };

	while (run.at < text.n && !run.is_cut) {
		uint8_t c = text.p[run.at];

		if (is_blank[c] ? !skip_blanks(json, &run) : !read_token(json, &run, c))
			return false;
	}
	if (!json->is_gone)
		json_flush(&run, run.at);
	keep_names(json);
	*used = run.at;
	if (out->failed)
		return fail_beyond(json, "there is no room for what is written");
	return true;
}

/* Complete the token that the last run cut, from *in. */
static bool
read_held(struct body_json *json, struct span *in, bool is_last, struct out *out)
{
	while (json->held.n && (in->n || is_last)) {
		size_t old = json->held.n, used, more = old > HELD_STEP ? old : HELD_STEP;

		more = more < in->n ? more : in->n;
		out_bytes(&json->held, in->p, more);
		if (json->held.failed)
			return fail_beyond(json, "there is no room for a value");
		if (!read_run(json, out_view(&json->held), is_last && more == in->n, out, &used))
			return false;
		if (used >= old) {
			*in = span_skip(*in, used - old);
			out_clear(&json->held);
			return true;
		}
		*in = span_skip(*in, more);
	}
	return true;
}

bool
body_json_put(struct body_json *json, struct span in, bool is_last, struct out *out)
{
	size_t used;

	if (json->error || !read_held(json, &in, is_last, out))
		return false;
	if (!json->held.n) {
		if (!read_run(json, in, is_last, out, &used))
			return false;
		out_span(&json->held, span_skip(in, used));
		if (json->held.failed)
			return fail_beyond(json, "there is no room for a value");
	}
	if (is_last && (json->depth || (json->state != JSON_DONE && json->state != JSON_VALUE)))
		return fail(json, "JSON ends within a value");
	return true;
}

/* ---- one text ----------------------------------------------------------------------------- */

int
body_json_new(struct body_json **out, struct body_eyes *eyes, bool many, unsigned int nested)
{
	size_t words = eyes->words;
	struct body_json *json = calloc(1, sizeof(*json));

	if (!json)
		return -ENOMEM;
	json->eyes = eyes;
	json->many = many;
	json->nested = nested;
	json->held = out_new(3 * (size_t)BODY_HELD_MOST);
	json->text = out_new(BODY_HELD_MOST);
	json->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	if (words)
		json->places = calloc((2 * (JSON_DEPTH_MOST + 1) + JSON_KEYS) * words, sizeof(uint64_t));
	if (words && !json->places) {
		body_json_free(&json);
		return -ENOMEM;
	}
	*out = json;
	return 0;
}

void
body_json_free(struct body_json **p)
{
	struct body_json *json = *p;

	*p = NULL;
	if (!json)
		return;
	body_json_free(&json->inner);
	out_free(&json->held);
	out_free(&json->text);
	out_free(&json->edited);
	free(json->places);
	explicit_bzero(json, sizeof(*json));
	free(json);
}

void
body_json_reset(struct body_json *json, const uint64_t *place)
{
	json->error = NULL;
	json->is_beyond = false;
	json->state = JSON_VALUE;
	json->depth = 0;
	json->begun = json->is_edited = json->is_gone = false;
	json->scanned = 0;
	json->flags = 0;
	out_clear(&json->held);
	json->levels[0] = (struct json_level){ .hider = -1 };
	if (json->eyes->words)
		memcpy(json_within(json, 0), place, json->eyes->words * sizeof(*place));
}

void
body_json_set_apart(struct body_json *json, struct json_apart *apart)
{
	json->apart = apart;
}

/* ---- as a form ------------------------------------------------------------------------------ */

static void *
open_form(struct body_eyes *eyes, bool many)
{
	cleanup(free_memory) uint64_t *place = calloc(eyes->set->paths.words + 1, sizeof(*place));
	struct body_json *json = NULL;

	if (!place || body_json_new(&json, eyes, many, 0))
		return NULL;
	path_begin(&eyes->set->paths, eyes->active, place);
	body_json_reset(json, place);
	return json;
}

static void *
open_one(struct body_eyes *eyes)
{
	return open_form(eyes, false);
}

static void *
open_many(struct body_eyes *eyes)
{
	return open_form(eyes, true);
}

static bool
put_form(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	bool is_right = body_json_put(state, in, is_last, out);

	*why = body_json_error(state);
	return is_right;
}

static void
close_form(void *state)
{
	struct body_json *json = state;

	body_json_free(&json);
}

const struct body_form body_form_json = { open_one, put_form, close_form };
const struct body_form body_form_ndjson = { open_many, put_form, close_form };

const char *
body_json_error(const struct body_json *json)
{
	return json->error ? json->error : "";
}

bool
body_json_is_beyond(const struct body_json *json)
{
	return json->is_beyond;
}

bool
body_json_is_edited(const struct body_json *json)
{
	return json->is_edited;
}
