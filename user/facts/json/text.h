/* text.h: one text of JSON, quotes and escapes taken off. Only facts/ includes this. Pure. */
#ifndef FACTS_JSON_TEXT_H
#define FACTS_JSON_TEXT_H

#include "span.h"

struct arena;

/*
 * Cut the text that *in begins with (its quote) off it, into *out: where it has no
 * escape, the input's own bytes. *fault, when it is not one: a constant sentence.
 * The input must be UTF-8. Returns 0 or -ENOMEM.
 */
int json_text_read(struct span *in, struct arena *, struct span *out, const char **fault);

#endif
