/* body_json.h: what reading and editing of JSON share. */
#ifndef MASK_BODY_JSON_H
#define MASK_BODY_JSON_H

#include "mask/body_inside.h"

#define JSON_DEPTH_MOST 128
#define JSON_KEYS 128		/* remembered, in pairs; a power of two */
#define JSON_KEY_BYTES 40	/* of one that is */

enum json_state {
	JSON_VALUE,		/* a value must come */
	JSON_FIRST,		/* or the end of the array that has begun */
	JSON_KEY,		/* a key must come */
	JSON_FIRST_KEY,		/* or the end of the object that has begun */
	JSON_COLON,
	JSON_NEXT,		/* a comma, or the end of what is around */
	JSON_DONE,
};

/* A key that no detector hits. Up to sixteen bytes, its ends are all of it. */
struct json_key {
	uint64_t first, last;
	size_t n;
	uint8_t bytes[JSON_KEY_BYTES];
};

/* What is around a value. The lowest is around all. */
struct json_level {
	struct span name;	/* of the value now there: its key; of those of an array, what the array is called */
	bool is_borrowed;	/* of the run, to be copied at its end */
	bool is_array;
	int hider;		/* the mask that hides each value within; -1: none */
	uint8_t kept[BODY_NAME_MOST];
};

struct body_json {
	struct body_eyes *eyes;
	const char *error;
	bool is_beyond;		/* the error is a limit: it may be JSON all the same */
	enum json_state state;
	unsigned int depth, nested;
	bool many;		/* a text per line */
	bool begun;		/* a byte order mark can no longer come */
	bool is_edited;
	bool is_gone;		/* what is read is not written: it was replaced, */
	unsigned int gone_depth;	/* until this depth comes again */
	size_t scanned;		/* of a token that was cut: read so far, */
	unsigned int flags;	/* and seen */
	struct out held;	/* that token */
	struct out text, edited;	/* of a string: as it is read, as it shall be */
	struct body_json *inner;	/* owned: for JSON in strings */
	struct json_apart *apart;	/* NULL: none */
	uint64_t *places;	/* owned: two of each level, around and within, then what keys move */
	struct json_level levels[JSON_DEPTH_MOST + 1];
	struct json_key keys[JSON_KEYS];
};

/* A run under way: done <= at <= text.n. */
struct json_run {
	struct span text;
	size_t at;		/* read so far */
	size_t done;		/* written so far */
	struct out *out;
	bool is_last;
	bool is_cut;		/* the token at `at` is not whole */
};

static inline uint64_t *
json_around(struct body_json *json, unsigned int depth)
{
	return json->places + 2 * depth * json->eyes->words;
}

static inline uint64_t *
json_within(struct body_json *json, unsigned int depth)
{
	return json->places + (2 * depth + 1) * json->eyes->words;
}

static inline uint64_t *
json_moves(struct body_json *json, size_t key)
{
	return json->places + (2 * (JSON_DEPTH_MOST + 1) + key) * json->eyes->words;
}

/* Write what is read and not yet written, up to `at`. */
static inline void
json_flush(struct json_run *run, size_t at)
{
	out_bytes(run->out, run->text.p + run->done, at - run->done);
	run->done = at;
}

/* What becomes of a token text[begin, run->at): of a string with its quotes. */
void json_on_key(struct body_json *, struct json_run *, size_t begin, unsigned int flags);
void json_on_string(struct body_json *, struct json_run *, size_t begin, unsigned int flags);
void json_on_number(struct body_json *, struct json_run *, size_t begin, bool has_exponent);
void json_on_word(struct body_json *, struct json_run *, size_t begin);
/* The object or array that begins at run->at; the level is the one around it. Its inner level's hider. */
int json_on_open(struct body_json *, struct json_run *);

#endif
