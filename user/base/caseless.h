/*
 * caseless.h: texts that somebody takes for the same though their case differs.
 * ASCII, and the two characters beyond it that fold into it (U+017F into s,
 * U+212A into k), as readers of JSON and of head fields do. Pure.
 */
#ifndef BASE_CASELESS_H
#define BASE_CASELESS_H

#include <stdbool.h>

#include "span.h"

/* < 0, 0, > 0: an order in which such texts stand together. */
int caseless_compare(struct span, struct span);
bool caseless_equal(struct span, struct span);

#endif
