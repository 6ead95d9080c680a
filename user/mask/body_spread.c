/* body_spread.c: events that wait, in the order in which they came, and the texts they have pieces of. */
#include "mask/body_spread.h"

#include <stdlib.h>

/* A piece of a text: where it stands in the data, with its quotes, and in the text. */
struct piece {
	struct spread_text *text;
	size_t at, end;
	size_t from, n;
};

struct spread_event {
	struct spread_event *next;
	struct out bytes;	/* the event, then its data */
	size_t event_n;
	bool is_edited, is_taken;
	size_t count;
	struct piece pieces[DELTA_TEXTS];
};

void
spread_open(struct body_spread *spread, struct body_eyes *eyes)
{
	*spread = (struct body_spread){ .eyes = eyes };
	spread->last = &spread->first;
	spread->json = out_new(8 * (size_t)BODY_HELD_MOST);
	spread->piece = out_new(8 * (size_t)BODY_HELD_MOST);
}

/* The first event is done with. */
static void
drop_first(struct body_spread *spread)
{
	struct spread_event *event = spread->first;

	spread->first = event->next;
	if (!spread->first)
		spread->last = &spread->first;
	spread->held -= event->bytes.n;
	for (size_t i = 0; i < event->count; i++) {
		event->pieces[i].text->waiting--;
		body_stream_forget(&event->pieces[i].text->stream, event->pieces[i].from + event->pieces[i].n);
	}
	out_free(&event->bytes);
	free(event);
}

void
spread_close(struct body_spread *spread)
{
	while (spread->first)
		drop_first(spread);
	for (size_t i = 0; i < SPREAD_TEXTS; i++)
		if (spread->texts[i].is_used)
			body_stream_close(&spread->texts[i].stream);
	out_free(&spread->json);
	out_free(&spread->piece);
}

/* ---- texts ------------------------------------------------------------------------------ */

static bool
is_idle(const struct spread_text *text)
{
	const struct body_stream *stream = &text->stream;

	return !text->waiting && (stream->has_ended || (!stream->pending.n && stream->swallow == STREAM_NONE));
}

/* One that another may have the place of: that has ended, sooner than that waits. */
static struct spread_text *
find_room(struct body_spread *spread)
{
	struct spread_text *room = NULL;

	for (size_t i = 0; i < SPREAD_TEXTS; i++) {
		struct spread_text *text = &spread->texts[i];

		if (!text->is_used)
			return text;
		if (is_idle(text) && (!room || (text->stream.has_ended && !room->stream.has_ended)))
			room = text;
	}
	if (room)
		body_stream_close(&room->stream);
	return room;
}

static struct spread_text *
find_text(struct body_spread *spread, const struct delta_text *delta)
{
	const struct delta_key *key = &delta->key;
	struct spread_text *text;

	for (text = spread->texts; text < spread->texts + SPREAD_TEXTS; text++)
		if (text->is_used && !text->stream.has_ended && text->key.kind == key->kind &&
		    text->key.index == key->index && text->key.within == key->within)
			return text;
	text = find_room(spread);
	if (!text)
		return NULL;
	*text = (struct spread_text){ .key = *key, .is_used = true };
	body_stream_open(&text->stream, delta->is_json);
	return text;
}

bool
spread_end(struct body_spread *spread, const struct delta_event *delta, const char **why)
{
	for (size_t i = 0; i < SPREAD_TEXTS; i++) {
		struct spread_text *text = &spread->texts[i];
		bool ends = delta->ends == DELTA_ENDS_ALL;

		for (size_t k = 0; delta->ends == DELTA_ENDS_INDEX && k < delta->ended_count; k++)
			ends |= text->key.index == delta->ended[k];
		if (text->is_used && ends && !body_stream_end(&text->stream, spread->eyes)) {
			*why = "there is no room for a text";
			return false;
		}
	}
	return true;
}

/* ---- events ------------------------------------------------------------------------------- */

static struct spread_event *
hold(struct body_spread *spread, struct span bytes, struct span json, bool is_edited)
{
	struct spread_event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->bytes = out_new(SIZE_MAX / 4);
	out_span(&event->bytes, bytes);
	out_span(&event->bytes, json);
	event->event_n = bytes.n;
	event->is_edited = is_edited;
	*spread->last = event;
	spread->last = &event->next;
	spread->held += event->bytes.n;
	return event->bytes.failed ? NULL : event;
}

/* From the quote at the front of `raw` to its fellow. */
static size_t
string_size(struct span raw)
{
	size_t at = 1;
	unsigned int flags = 0;

	return string_end_key(raw, &at, &flags) == STRING_WHOLE ? at + 1 : 0;
}

static bool
add_piece(struct body_spread *spread, struct spread_event *event, const struct delta_text *delta, struct span json,
    size_t at, const char **why)
{
	struct piece *piece = &event->pieces[event->count];
	size_t n = string_size(span_skip(json, at));
	struct spread_text *text = n ? find_text(spread, delta) : NULL;

	*why = "an event has more texts than can be followed";
	if (!text)
		return false;
	out_clear(&spread->piece);
	string_read(span_of(json.p + at + 1, n - 2), &spread->piece);
	*piece = (struct piece){ text, at, at + n, body_stream_at(&text->stream), spread->piece.n };
	event->count++;
	text->waiting++;
	*why = "there is no room for a text";
	if (spread->piece.failed || !body_stream_add(&text->stream, spread->eyes, out_view(&spread->piece)))
		return false;
	*why = "";
	return true;
}

bool
spread_add(struct body_spread *spread, struct span bytes, struct span json, bool is_edited,
    const struct delta_event *delta, const struct json_apart *apart, const char **why)
{
	struct spread_event *event = hold(spread, bytes, json, is_edited);

	*why = event ? "" : "there is no room for an event";
	if (event && spread->held > SPREAD_HELD_MOST)
		*why = "more events wait for the end of a text than can be held";
	for (size_t i = 0; !**why && i < delta->count; i++)
		if (apart->to[i] < json.n && !add_piece(spread, event, &delta->texts[i], json, apart->to[i], why))
			return false;
	return !**why;
}

static bool
is_settled(const struct spread_event *event)
{
	for (size_t i = 0; i < event->count; i++)
		if (event->pieces[i].n && event->pieces[i].text->stream.settled < event->pieces[i].from + event->pieces[i].n)
			return false;
	return true;
}

/* The data with what its pieces shall be. */
static void
write_pieces(struct body_spread *spread, struct spread_event *event, struct span json)
{
	size_t done = 0;

	out_clear(&spread->json);
	for (size_t i = 0; i < event->count; i++) {
		const struct piece *piece = &event->pieces[i];
		struct span raw = span_of(json.p + piece->at + 1, piece->end - piece->at - 2);
		struct out text = out_new(8 * (size_t)BODY_HELD_MOST);

		if (!body_stream_hits(&piece->text->stream, piece->from, piece->from + piece->n))
			continue;
		out_clear(&spread->piece);
		string_read(raw, &spread->piece);
		body_stream_write(&piece->text->stream, piece->from, out_view(&spread->piece), &text);
		out_bytes(&spread->json, json.p + done, piece->at + 1 - done);
		string_write(out_view(&text), &spread->json);
		done = piece->end - 1;
		event->is_edited = true;
		spread->json.failed |= text.failed;
		out_free(&text);
	}
	out_bytes(&spread->json, json.p + done, json.n - done);
}

bool
spread_take(struct body_spread *spread, struct span *bytes, struct span *json, bool *is_edited)
{
	struct spread_event *event;

	if (spread->first && spread->first->is_taken)
		drop_first(spread);
	event = spread->first;
	if (!event || !is_settled(event))
		return false;
	event->is_taken = true;
	*bytes = span_head(out_view(&event->bytes), event->event_n);
	write_pieces(spread, event, span_skip(out_view(&event->bytes), event->event_n));
	*json = out_view(&spread->json);
	*is_edited = event->is_edited;
	return true;
}
