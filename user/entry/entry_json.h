/*
 * entry_json.h: an entry as JSON, for people and scripts.
 * Keys by name ("key_123" where unknown), kinds and reaches by name, acts as
 * objects, bytes as lower-case hex. Times of day are RFC 3339 text with
 * nanoseconds and the incarnation is 16 hex digits, because JSON readers keep
 * only 53 bits of a number. Pure but for memory.
 */
#ifndef ENTRY_ENTRY_JSON_H
#define ENTRY_ENTRY_JSON_H

#include "out.h"
#include "span.h"

/* Append one JSON object. False: not an entry (entry_is_formed()), nothing written. */
bool entry_json(struct span cbor, struct out *);
/* Append the pairs only, without braces and with a comma before each, for an
 * object that has members of its own in front. */
bool entry_json_members(struct span cbor, struct out *);
/* Append a time of day (ns since 1970) as RFC 3339 text, without quotes. */
void json_time(struct out *, uint64_t wall_ns);

#endif
