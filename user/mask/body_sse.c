/*
 * body_sse.c: event streams (HTML, section 9.2), event by event. The `data` lines of one
 * event are one value; where that is JSON it is read as such. A changed value stands at its
 * first line, on as many lines as it needs; the other fields, and comments, are looked at as
 * text. Lines end as they came. A model's text, which comes in pieces, one of each event, is
 * one text: its events wait until nothing that comes can be part of a value with them, and
 * all that come behind them wait too.
 */
#include "mask/body_spread.h"
#include "mask/body_value.h"

#include <stdlib.h>

struct sse {
	struct body_value value;
	struct body_pieces pieces;
	size_t line;		/* of the event under way: where its last line begins */
	bool begun;
	struct out data, edited;
	struct body_spread spread;
};

struct line {
	struct span whole, end;	/* with its end, and that alone */
	struct span name, value;
	bool is_data;
};

/* The byte order mark that a stream may begin with, and whatever else is passed over. */
static struct span
mark_of(const struct sse *sse, struct span text)
{
	bool has = !sse->begun && text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0;

	return span_head(text, has ? 3 : 0);
}

static bool
take_line(struct span *in, struct line *line)
{
	struct span rest = *in;
	size_t n = 0, colon;

	if (!rest.n)
		return false;
	while (n < rest.n && rest.p[n] != '\n' && rest.p[n] != '\r')
		n++;
	line->end = span_skip(rest, n);
	line->end.n = !line->end.n ? 0 : line->end.n > 1 && memcmp(line->end.p, "\r\n", 2) == 0 ? 2 : 1;
	line->whole = span_head(rest, n + line->end.n);
	for (colon = 0; colon < n && rest.p[colon] != ':';)
		colon++;
	line->name = span_head(rest, colon);
	line->value = span_of(rest.p + colon, n - colon);
	line->value = span_skip(line->value, line->value.n ? 1 : 0);
	if (line->value.n && line->value.p[0] == ' ')
		line->value = span_skip(line->value, 1);
	line->is_data = span_equal(line->name, SPAN("data"));
	*in = span_skip(rest, n + line->end.n);
	return true;
}

/* An event ends with its first empty line, and goes at once: a line feed that belongs to it is an event of nothing. */
static size_t
end_event(void *state, struct span text, size_t *scanned, bool is_last)
{
	struct sse *sse = state;

	if (!*scanned)
		sse->line = mark_of(sse, text).n;
	for (size_t at = *scanned > sse->line ? *scanned : sse->line; at < text.n; at++) {
		size_t begin = sse->line;

		*scanned = at;
		if (text.p[at] != '\n' && text.p[at] != '\r')
			continue;
		if (text.p[at] == '\r' && at + 1 == text.n && !is_last && begin < at)
			return 0;
		if (text.p[at] == '\r' && at + 1 < text.n && text.p[at + 1] == '\n')
			at++;
		sse->line = at + 1;
		if (text.p[begin] == '\n' || text.p[begin] == '\r')
			return at + 1;
	}
	*scanned = text.n;
	return is_last ? text.n : 0;
}

/* Lines of data for a value. */
static void
write_data(struct span value, struct span end, struct out *out)
{
	for (;;) {
		const uint8_t *newline = value.n ? memchr(value.p, '\n', value.n) : NULL;
		struct span line = span_head(value, newline ? (size_t)(newline - value.p) : value.n);

		out_span(out, SPAN("data: "));
		out_span(out, line);
		out_span(out, end.n ? end : SPAN("\n"));
		if (!newline)
			return;
		value = span_skip(value, line.n + 1);
	}
}

/* The data of an event, if it has any. */
static bool
join_data(struct sse *sse, struct span event)
{
	bool has = false;
	struct line line;

	out_clear(&sse->data);
	while (take_line(&event, &line)) {
		if (!line.is_data)
			continue;
		if (has)
			out_u8(&sse->data, '\n');
		out_span(&sse->data, line.value);
		has = true;
	}
	return has;
}

/* False: it begins like an object and is none, or is beyond a limit. */
static bool
edit_data(struct sse *sse, bool *edited, const char **why)
{
	struct span data = out_view(&sse->data);

	*edited = false;
	out_clear(&sse->edited);
	if (body_value_as_json(&sse->value, sse->value.root, data, &sse->edited, edited))
		return true;
	if (body_value_is_beyond(&sse->value, &sse->edited) || (data.n && data.p[0] == '{' && sse->value.eyes->names)) {
		*why = "the data of an event begin like JSON and are none";
		return false;
	}
	*edited = body_value_look(&sse->value, data, &sse->edited);
	return true;
}

/* A line that is not data. */
static void
put_line(struct sse *sse, const struct line *line, struct out *out)
{
	size_t mark = out->n;
	struct span text = span_head(line->whole, line->whole.n - line->end.n), head = text;

	head.n -= line->value.n;
	out_span(out, head);
	if (!body_value_look(&sse->value, line->value, out)) {
		out->n = out->failed ? out->n : mark;
		out_span(out, line->whole);
		return;
	}
	out_span(out, line->end);
}

static void
write_event(struct sse *sse, struct span event, struct span data, bool edited, struct out *out)
{
	bool written = false;
	struct line line;

	while (take_line(&event, &line)) {
		if (!line.is_data) {
			put_line(sse, &line, out);
		} else if (!edited) {
			out_span(out, line.whole);
		} else if (!written) {
			write_data(data, line.end, out);
			written = true;
		}
	}
}

/* Those that need not wait any more. */
static bool
write_settled(struct sse *sse, struct out *out, const char **why)
{
	struct span event, data;
	bool edited;

	while (spread_take(&sse->spread, &event, &data, &edited)) {
		if (sse->spread.json.failed) {
			*why = "there is no room for an event";
			return false;
		}
		write_event(sse, event, data, edited, out);
	}
	return true;
}

/* What of a text is in the data; the string is looked at with the others of it. */
static bool
find_texts(struct sse *sse, struct delta_event *delta, struct json_apart *apart, const char **why)
{
	if (sse->value.eyes->detects && !delta_read(out_view(&sse->data), delta)) {
		*why = "the texts of an event cannot be told apart";
		return false;
	}
	apart->count = delta->count;
	for (size_t i = 0; i < delta->count; i++) {
		apart->at[i] = delta->texts[i].at;
		apart->to[i] = SIZE_MAX;
	}
	return true;
}

static bool
put_event(void *state, struct span event, struct out *out, const char **why)
{
	struct sse *sse = state;
	struct span mark = mark_of(sse, event);
	struct delta_event delta = { .count = 0 };
	struct json_apart apart = { .count = 0 };
	bool edited = false, has_data, is_right;

	sse->begun = true;
	sse->line = 0;
	out_span(out, mark);
	event = span_skip(event, mark.n);
	has_data = join_data(sse, event);
	if (has_data && !find_texts(sse, &delta, &apart, why))
		return false;
	sse->value.apart = &apart;
	is_right = !has_data || edit_data(sse, &edited, why);
	sse->value.apart = NULL;
	if (!is_right)
		return false;
	if (sse->data.failed || sse->edited.failed) {
		*why = "there is no room for an event";
		return false;
	}
	if (!sse->spread.first && !delta.count) {
		write_event(sse, event, out_view(&sse->edited), edited, out);
		return spread_end(&sse->spread, &delta, why);
	}
	return spread_add(&sse->spread, event, has_data ? out_view(&sse->edited) : span_of(NULL, 0), edited, &delta, &apart, why) &&
	    spread_end(&sse->spread, &delta, why) && write_settled(sse, out, why);
}

static void
close_sse(void *state)
{
	struct sse *sse = state;

	body_value_close(&sse->value);
	body_pieces_close(&sse->pieces);
	spread_close(&sse->spread);
	out_free(&sse->data);
	out_free(&sse->edited);
	free(sse);
}

static void *
open_sse(struct body_eyes *eyes)
{
	struct sse *sse = calloc(1, sizeof(*sse));

	if (!sse)
		return NULL;
	sse->pieces = body_pieces_new();
	sse->pieces.end = end_event;
	sse->pieces.put = put_event;
	sse->data = out_new(2 * (size_t)BODY_HELD_MOST);
	sse->edited = out_new(8 * (size_t)BODY_HELD_MOST);
	spread_open(&sse->spread, eyes);
	if (body_value_open(&sse->value, eyes)) {
		close_sse(sse);
		return NULL;
	}
	return sse;
}

static bool
put_sse(void *state, struct span in, bool is_last, struct out *out, const char **why)
{
	static const struct delta_event all = { .ends = DELTA_ENDS_ALL };
	struct sse *sse = state;

	if (!body_pieces_put(&sse->pieces, sse, in, is_last, out, why))
		return false;
	if (is_last && (!spread_end(&sse->spread, &all, why) || !write_settled(sse, out, why)))
		return false;
	if (out->failed)
		*why = "there is no room for what is written";
	return !out->failed;
}

const struct body_form body_form_sse = { open_sse, put_sse, close_sse };
