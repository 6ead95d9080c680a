/*
 * glob.h: names with wildcards, the same everywhere in policy.
 *   *    any run of bytes without a dot, also an empty one
 *   **   any run of bytes
 *   ?    one byte, not a dot
 * Everything else stands for itself. Pure; the time is linear in the text for a
 * given pattern, whatever the two are.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

#include "span.h"

#define GLOB_LIMIT 1023	/* bytes of a pattern; a longer one matches nothing */

/* Short enough to be matched at all: policy refuses one that is not. */
bool glob_is_valid(const char *pattern);
/* Does the pattern match the whole of `text`? */
bool glob_match(const char *pattern, struct span text);
/* Does it match some text that begins with `head` and goes on? May say true
 * where a longer look would say false, never the other way round. */
bool glob_may_begin(const char *pattern, struct span head);

#endif
