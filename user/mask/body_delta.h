/*
 * body_delta.h: where an event of a model's stream has a piece of a text.
 *   choices[].delta.content, and refusal, reasoning_content, tool_calls[].function.arguments    Chat Completions
 *   delta.text, delta.thinking, delta.partial_json of content_block_delta    Messages
 *   delta of response.*.delta    Responses
 * Pure.
 */
#ifndef MASK_BODY_DELTA_H
#define MASK_BODY_DELTA_H

#include "span.h"

#include <stdbool.h>

#define DELTA_TEXTS 16		/* of one event */

/* Which text a piece is of. */
struct delta_key {
	int kind;
	unsigned int index, within;
};

struct delta_text {
	struct delta_key key;
	size_t at, end;		/* of the data: the string, with its quotes */
	bool is_json;		/* the whole text is JSON */
};

enum delta_ends {
	DELTA_ENDS_NOTHING,
	DELTA_ENDS_INDEX,	/* the texts of these indices: below */
	DELTA_ENDS_ALL,
};

struct delta_event {
	struct delta_text texts[DELTA_TEXTS];
	size_t count;
	enum delta_ends ends;
	unsigned int ended[DELTA_TEXTS + 1];
	size_t ended_count;
};

/* Read the data of an event. What is no event of these has no texts. False: what it has cannot be told for certain. */
bool delta_read(struct span data, struct delta_event *);

#endif
