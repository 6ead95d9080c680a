/*
 * body_json_value.c: what becomes of one token of JSON.
 *
 * A string that a mask hides or a detector hits stays a string, or becomes null where the
 * way says so. A number becomes a string, for what is written is none. Of true and false
 * every way but null makes "[redacted]", since there are only two; null stays, for nothing
 * is in it. An object or array that a mask names becomes "[redacted]" or null whole, but by
 * partial, hash and token each value within it by itself. In a key a hit is written by its
 * way, redacted where that is null.
 *
 * A string that is JSON is read as such, up to four deep; deeper, or beyond a limit, it is hidden whole.
 */
#include "mask/body_json.h"

/* The mask that hides the value at this place; -1: none. */
static inline int
hider_of(struct body_json *json)
{
	return body_named(json->eyes, json_within(json, json->depth), json->levels[json->depth].hider);
}

/* From here to run->at something else has been written. */
static void
replaced(struct body_json *json, struct json_run *run)
{
	run->done = run->at;
	json->is_edited = true;
}

/* `text` under a mask, as a string or null. */
static void
write_hidden(struct body_json *json, struct json_run *run, size_t begin, unsigned int mask, struct span text)
{
	json_flush(run, begin);
	if (json->eyes->set->masks[mask].view->way == WAY_NULL) {
		json->eyes->tally->hits[mask]++;
		out_span(run->out, SPAN("null"));
	} else {
		out_clear(&json->edited);
		body_hide(json->eyes, mask, text, &json->edited);
		out_u8(run->out, '"');
		string_write(json->edited.failed ? SPAN(MASK_REDACTED) : out_view(&json->edited), run->out);
		out_u8(run->out, '"');
	}
	replaced(json, run);
}

/* What the string raw stands for; `text` is written where it has escapes. */
static struct span
read_text(struct body_json *json, struct span raw, unsigned int flags)
{
	if (!(flags & STRING_ESCAPED))
		return raw;
	out_clear(&json->text);
	string_read(raw, &json->text);
	return out_view(&json->text);
}

/* ---- strings ------------------------------------------------------------------------ */

/* What detectors leave of a string without escapes goes out as it is: what they write needs none. */
static void
look_raw(struct body_json *json, struct json_run *run, size_t begin, struct span name, struct span raw)
{
	struct body_sight sight;
	enum mask_result result;

	if (!body_may_hit(json->eyes, raw, &sight))
		return;
	json_flush(run, begin);
	out_u8(run->out, '"');
	result = body_look_at(json->eyes, &sight, name, raw, run->out);
	if (result == MASK_EDITED) {
		out_u8(run->out, '"');
		replaced(json, run);
		return;
	}
	if (run->out->n)
		run->out->n--;
	if (result == MASK_NULLED) {
		out_span(run->out, SPAN("null"));
		replaced(json, run);
	}
}

static void
look_read(struct body_json *json, struct json_run *run, size_t begin, struct span name, struct span text)
{
	enum mask_result result;

	out_clear(&json->edited);
	result = body_look(json->eyes, name, text, &json->edited);
	if (result == MASK_KEPT)
		return;
	json_flush(run, begin);
	if (result == MASK_NULLED) {
		out_span(run->out, SPAN("null"));
	} else {
		out_u8(run->out, '"');
		string_write(json->edited.failed ? SPAN(MASK_REDACTED) : out_view(&json->edited), run->out);
		out_u8(run->out, '"');
	}
	replaced(json, run);
}

/* Does it begin like an object or an array? */
static bool
begins_json(struct span text)
{
	size_t at = 0;

	while (at < text.n && (text.p[at] == ' ' || (text.p[at] >= '\t' && text.p[at] <= '\r')))
		at++;
	return at < text.n && (text.p[at] == '{' || text.p[at] == '[');
}

static bool
inner_put(struct body_json *json, struct span text)
{
	body_json_reset(json->inner, json_within(json, json->depth));
	out_clear(&json->edited);
	return body_json_put(json->inner, text, true, &json->edited);
}

/* A string that may be JSON. False: it is not. */
static bool
look_inside(struct body_json *json, struct json_run *run, size_t begin, struct span text)
{
	struct mask_tally *tally = json->eyes->tally, inner = { 0 };
	bool is_json;

	if (json->nested == BODY_NESTED_MOST ||
	    (!json->inner && body_json_new(&json->inner, json->eyes, false, json->nested + 1))) {
		write_hidden(json, run, begin, body_strictest(json->eyes), text);
		return true;
	}
	json->eyes->tally = &inner;
	is_json = inner_put(json, text);
	json->eyes->tally = tally;
	if (!is_json && body_json_is_beyond(json->inner)) {
		write_hidden(json, run, begin, body_strictest(json->eyes), text);
		return true;
	}
	if (!is_json)
		return false;
	for (size_t i = 0; i < MASKS_MAX; i++)
		tally->hits[i] += inner.hits[i];
	if (!json->inner->is_edited)
		return true;
	json_flush(run, begin);
	out_u8(run->out, '"');
	string_write(out_view(&json->edited), run->out);
	out_u8(run->out, '"');
	replaced(json, run);
	return true;
}

/* Most strings are done here: nothing in them can be what detectors find, nor are they JSON. */
static bool
is_spared(const struct body_json *json, struct span raw, unsigned int flags)
{
	const struct body_eyes *eyes = json->eyes;

	if (flags & STRING_ESCAPED)
		return false;
	if (eyes->names && begins_json(raw))
		return false;
	return raw.n < eyes->shortest || (eyes->spares_words && !(flags & STRING_TELLING)) ||
	    (!eyes->lineup.pattern_count && string_is_time(raw));
}

/* Is the string looked at elsewhere? Then where it is written is told. */
static bool
is_apart(struct body_json *json, struct json_run *run, size_t begin)
{
	for (size_t i = 0; json->apart && i < json->apart->count; i++) {
		if (json->apart->at[i] != begin)
			continue;
		json_flush(run, begin);
		json->apart->to[i] = run->out->n;
		return true;
	}
	return false;
}

void
json_on_string(struct body_json *json, struct json_run *run, size_t begin, unsigned int flags)
{
	struct span raw = span_of(run->text.p + begin + 1, run->at - begin - 2), text;
	struct span name = json->levels[json->depth].name;
	int hider;

	if (json->is_gone)
		return;
	hider = hider_of(json);
	if (hider < 0 && (is_apart(json, run, begin) || is_spared(json, raw, flags)))
		return;
	text = read_text(json, raw, flags);
	if (hider >= 0) {
		write_hidden(json, run, begin, (unsigned int)hider, text);
		return;
	}
	if (begins_json(text) && look_inside(json, run, begin, text))
		return;
	if (flags & STRING_ESCAPED)
		look_read(json, run, begin, name, text);
	else
		look_raw(json, run, begin, name, text);
}

/* ---- keys ------------------------------------------------------------------------------ */

static inline uint64_t
load(const uint8_t *p, size_t n)
{
	uint64_t word = 0;
	uint32_t half = 0;

	if (n == 8)
		memcpy(&word, p, 8);
	else
		memcpy(&half, p, 4);
	return word | half;
}

/* The ends of a key; shorter than four bytes, each of it is in the first. */
static inline void
read_ends(struct span key, struct json_key *ends)
{
	size_t half = key.n >= 8 ? 8 : 4;

	ends->n = key.n;
	if (key.n >= 4) {
		ends->first = load(key.p, half);
		ends->last = load(key.p + key.n - half, half);
	} else {
		ends->first = (uint64_t)key.p[0] << 16 | (uint64_t)key.p[key.n / 2] << 8 | key.p[key.n - 1];
		ends->last = 0;
	}
}

/* Of a pair, the first. */
static inline size_t
slot_of(const struct json_key *ends)
{
	return (size_t)(((ends->first ^ (ends->last << 29 | ends->last >> 35)) + ends->n) * 0x9e3779b97f4a7c15 >> 58) * 2;
}
_Static_assert(JSON_KEYS == 2 << (64 - 58), "pairs are the upper bits of the hash");

static inline bool
is_key(const struct json_key *known, const struct json_key *ends, struct span key)
{
	return known->first == ends->first && known->last == ends->last && known->n == ends->n &&
	    (key.n <= 16 || memcmp(known->bytes, key.p, key.n) == 0);
}

/* Where the key leads, by what is remembered of it. False: nothing is. */
static bool
recall_key(struct body_json *json, struct span key)
{
	struct json_key ends;
	size_t slot;

	if (!key.n || key.n > JSON_KEY_BYTES)
		return false;
	read_ends(key, &ends);
	slot = slot_of(&ends);
	if (!is_key(&json->keys[slot], &ends, key) && !is_key(&json->keys[++slot], &ends, key))
		return false;
	if (json->eyes->words)
		path_move(&json->eyes->set->paths, json_around(json, json->depth), json_moves(json, slot),
		    json_within(json, json->depth));
	return true;
}

/* In its pair, in place of the older. */
static void
remember_key(struct body_json *json, struct span key)
{
	const struct path_rules *paths = &json->eyes->set->paths;
	struct json_key ends, *pair;
	size_t slot;

	if (!key.n || key.n > JSON_KEY_BYTES || (json->eyes->words && path_has_parts(key)))
		return;
	read_ends(key, &ends);
	slot = slot_of(&ends);
	pair = &json->keys[slot];
	pair[1] = pair[0];
	memcpy(pair->bytes, key.p, key.n);
	pair->first = ends.first;
	pair->last = ends.last;
	pair->n = ends.n;
	if (!json->eyes->words)
		return;
	memcpy(json_moves(json, slot + 1), json_moves(json, slot), json->eyes->words * sizeof(uint64_t));
	path_read_key(paths, key, json_moves(json, slot));
}

/* True: it has no hit. */
static bool
look_key(struct body_json *json, struct json_run *run, size_t begin, struct span text)
{
	enum mask_result result;

	out_clear(&json->edited);
	result = body_look(json->eyes, span_of(NULL, 0), text, &json->edited);
	if (result == MASK_KEPT)
		return true;
	json_flush(run, begin);
	out_u8(run->out, '"');
	string_write(result == MASK_NULLED || json->edited.failed ? SPAN(MASK_REDACTED) : out_view(&json->edited),
	    run->out);
	out_u8(run->out, '"');
	replaced(json, run);
	return false;
}

static void
name_level(struct json_level *level, struct span text, bool is_borrowed)
{
	level->name = text;
	level->is_borrowed = is_borrowed;
	if (is_borrowed || !text.n)
		return;
	if (text.n > BODY_NAME_MOST)
		text = span_skip(text, text.n - BODY_NAME_MOST);
	memcpy(level->kept, text.p, text.n);
	level->name = span_of(level->kept, text.n);
}

void
json_on_key(struct body_json *json, struct json_run *run, size_t begin, unsigned int flags)
{
	struct span raw = span_of(run->text.p + begin + 1, run->at - begin - 2), text;
	const struct path_rules *paths = &json->eyes->set->paths;

	if (json->is_gone)
		return;
	text = read_text(json, raw, flags);
	name_level(&json->levels[json->depth], text, !(flags & STRING_ESCAPED));
	if (recall_key(json, text))
		return;
	if (json->eyes->words)
		path_enter_key(paths, json_around(json, json->depth), text, json_within(json, json->depth));
	if (look_key(json, run, begin, text))
		remember_key(json, text);
}

/* ---- the others ------------------------------------------------------------------------- */

/* A number with an exponent may be a card too: 4.111e15. */
static bool
exponent_hits(struct body_json *json, struct span number)
{
	struct out copy = out_new(BODY_HELD_MOST);
	bool hits;

	for (size_t i = 0; i < number.n; i++)
		out_u8(&copy, number.p[i] == 'E' ? 'e' : number.p[i]);
	hits = copy.failed ||
	    mask_float_hits(json->eyes->set, &json->eyes->lineup, out_view(&copy), json->eyes->tally);
	out_free(&copy);
	return hits;
}

void
json_on_number(struct body_json *json, struct json_run *run, size_t begin, bool has_exponent)
{
	struct span number = span_of(run->text.p + begin, run->at - begin);
	int hider;

	if (json->is_gone)
		return;
	hider = hider_of(json);
	if (hider >= 0) {
		write_hidden(json, run, begin, (unsigned int)hider, number);
		return;
	}
	if (!json->eyes->detects)
		return;
	if (has_exponent && exponent_hits(json, number)) {
		json_flush(run, begin);
		out_span(run->out, SPAN("\"" MASK_REDACTED "\""));
		replaced(json, run);
		return;
	}
	if (number.n >= json->eyes->shortest_number)
		look_raw(json, run, begin, json->levels[json->depth].name, number);
}

void
json_on_word(struct body_json *json, struct json_run *run, size_t begin)
{
	int hider;

	if (json->is_gone || run->text.p[begin] == 'n')
		return;
	hider = hider_of(json);
	if (hider < 0)
		return;
	json->eyes->tally->hits[hider]++;
	json_flush(run, begin);
	if (json->eyes->set->masks[hider].view->way == WAY_NULL)
		out_span(run->out, SPAN("null"));
	else
		out_span(run->out, SPAN("\"" MASK_REDACTED "\""));
	replaced(json, run);
}

int
json_on_open(struct body_json *json, struct json_run *run)
{
	enum view_way way;
	int hider;

	if (json->is_gone)
		return -1;
	hider = hider_of(json);
	if (hider < 0)
		return -1;
	way = json->eyes->set->masks[hider].view->way;
	if (way != WAY_REDACT && way != WAY_NULL)
		return hider;
	json->eyes->tally->hits[hider]++;
	json_flush(run, run->at);
	out_span(run->out, way == WAY_NULL ? SPAN("null") : SPAN("\"" MASK_REDACTED "\""));
	json->is_edited = true;
	json->is_gone = true;
	json->gone_depth = json->depth;
	return -1;
}
