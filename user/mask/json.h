/* json.h: where one stands in a JSON text, as far as masking must know it. Pure. */
#ifndef MASK_JSON_H
#define MASK_JSON_H

#include <stdbool.h>

#include "span.h"

struct json_place {
	bool in_string;
	uint8_t escape;		/* bytes of an escape still to come */
};

/* Read on over `text`. True: a string began or ended in it. */
bool json_walk(struct json_place *, struct span text);
/* May text[at, end), outside a string, be replaced by a string? Only a whole token may. */
bool json_is_token(struct span text, size_t at, size_t end);

#endif
