/* utf8.h: one character of UTF-8 (RFC 3629: no overlong forms, no surrogates). Pure. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "span.h"

/* Bytes of the character that `in` begins with, 1 to 4; 0: none, or cut. */
size_t utf8_length(struct span in);
/* Is all of it UTF-8? The empty text is. */
bool utf8_is_valid(struct span in);

#endif
