/*
 * fit.h: whether what a rule says of HTTP fits an act, where that may not be known.
 * Only decide/ includes this. Pure.
 */
#ifndef DECIDE_FIT_H
#define DECIDE_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

struct act;
struct view_rule;

/* In the order in which the least of several counts. */
enum fit { FIT_NO, FIT_MAYBE, FIT_YES };

/* Does any of the globs match all of `text`? */
bool fit_any_glob(const char **globs, size_t count, struct span text);
/* Is it what the rule is about: its object, host, method, path and operation? */
enum fit fit_request(const struct view_rule *, const struct act *);
/* Is it as the rule asks: its fields (columns) and conditions? */
enum fit fit_content(const struct view_rule *, const struct act *);

#endif
