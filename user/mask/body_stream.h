/*
 * body_stream.h: one text that comes in pieces, each in an event of its own. What is found in it is told by where it is
 * in the whole text, as soon as what comes can no longer change it. Pure.
 */
#ifndef MASK_BODY_STREAM_H
#define MASK_BODY_STREAM_H

#include "mask/body_inside.h"
#include "mask/json.h"

/* Of the whole text, `n` bytes at `at` shall be what is `words_n` bytes at `words_at` of the words. */
struct stream_edit {
	size_t at, n;
	size_t words_at, words_n;
};

enum stream_swallow { STREAM_NONE, STREAM_WORD, STREAM_KEY };

struct body_stream {
	bool is_json;		/* the text is JSON itself */
	bool has_ended, failed;
	bool is_apart;		/* what is pending does not begin within a word */
	enum stream_swallow swallow;	/* what was found goes on */
	size_t settled;		/* bytes of the text of which all is known */
	struct out pending;	/* what follows them */
	struct json_place place;	/* where that begins, in JSON */
	uint8_t before[BODY_NAME_MOST];	/* the end of what is settled */
	size_t before_n;
	struct stream_edit *edits;	/* owned */
	size_t edit_first, edit_count, edit_room;	/* those before the first are forgotten */
	size_t shift;		/* of a scan under way: from its text to the whole */
	struct out words, room, masked;
};

void body_stream_open(struct body_stream *, bool is_json);
void body_stream_close(struct body_stream *);
/* The next piece of the text. False: no memory. */
bool body_stream_add(struct body_stream *, struct body_eyes *, struct span piece);
/* Nothing follows: all of it is settled. False: no memory. */
bool body_stream_end(struct body_stream *, struct body_eyes *);
/* Where the text ends by now. */
static inline size_t
body_stream_at(const struct body_stream *stream)
{
	return stream->settled + stream->pending.n;
}
/* Is anything in [at, end) edited? */
bool body_stream_hits(const struct body_stream *, size_t at, size_t end);
/* What [at, end) shall be, of which `text` is what came. An edit's words stand where it begins. */
void body_stream_write(const struct body_stream *, size_t at, struct span text, struct out *);
/* What ends before `at` is asked for no more. */
void body_stream_forget(struct body_stream *, size_t at);

#endif
