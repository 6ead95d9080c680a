/*
 * template.h: paths with places, as APIs describe theirs.
 *   {name}   at least one byte, and no '/'
 *   *        any run of bytes without a '/', also an empty one; a whole segment is never empty
 *   **       a whole segment only, and the last: any rest, none too ("/a/" and two stars match "/a")
 * Everything else stands for itself. A template begins with '/', or is "**" or
 * "*" (the path of OPTIONS). What is matched is a canonical path (facts/http):
 * '/' or segments that are not empty. Pure; bounded time, whatever the two are.
 */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include <stdbool.h>

#include "span.h"

#define TEMPLATE_LIMIT 1023	/* bytes of one */

bool template_is_valid(const char *);
/* Does it match the whole of `path`? */
bool template_match(const char *, struct span path);
/*
 * Which of two that match one path is the closer one: > 0: a, < 0: b, 0: neither.
 * The first segment that differs decides: plain text before text with places,
 * more text before less, a place before a rest.
 */
int template_compare(const char *a, const char *b);

#endif
