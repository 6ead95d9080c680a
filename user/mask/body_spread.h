/*
 * body_spread.h: events that wait until the texts that they have pieces of are settled so far. Each leaves in its place;
 * what a text's value was spread over several of them stands in the first. Pure.
 */
#ifndef MASK_BODY_SPREAD_H
#define MASK_BODY_SPREAD_H

#include "mask/body_delta.h"
#include "mask/body_stream.h"

#define SPREAD_TEXTS 16			/* texts at a time */
#define SPREAD_HELD_MOST (4u << 20)	/* bytes of events that wait */

struct spread_text {
	struct delta_key key;
	struct body_stream stream;
	bool is_used;
	size_t waiting;			/* pieces in events that wait */
};

struct spread_event;

struct body_spread {
	struct body_eyes *eyes;
	struct spread_text texts[SPREAD_TEXTS];
	struct spread_event *first, **last;	/* owned: events that wait */
	size_t held;
	struct out json, piece;
};

void spread_open(struct body_spread *, struct body_eyes *);
void spread_close(struct body_spread *);
/*
 * An event, its data as masks left them, if they did; its pieces of texts begin in `json` where apart->to says.
 * False: *why says what is wrong.
 */
bool spread_add(struct body_spread *, struct span event, struct span json, bool is_edited, const struct delta_event *,
    const struct json_apart *, const char **why);
/* The texts that end with an event. */
bool spread_end(struct body_spread *, const struct delta_event *, const char **why);
/* The first event, if it need not wait: valid until the next call. */
bool spread_take(struct body_spread *, struct span *event, struct span *json, bool *is_edited);

#endif
