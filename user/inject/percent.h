/*
 * percent.h: percent-encoding (RFC 3986 section 2.1), as AWS wants it: letters, digits and "-._~" stand for
 * themselves, all else is %XX in capitals. Pure but for memory.
 */
#ifndef INJECT_PERCENT_H
#define INJECT_PERCENT_H

#include <stdbool.h>

#include "span.h"

struct out;

/* The value of a hex digit, or -1. */
int inject_hex_digit(uint8_t c);
/* Lower case, two digits a byte. */
void inject_hex_write(struct out *, struct span in);
/* Encode every byte that does not stand for itself; `keeps` is one more that does ('/'), 0: none. */
void inject_percent_write(struct out *, struct span in, uint8_t keeps);
/* The same of what is encoded already, in whatever way: decoded first. '+' is a blank where `is_form`. */
void inject_percent_again(struct out *, struct span in, uint8_t keeps, bool is_form);
/* Is it `name`, however it is encoded? */
bool inject_percent_is(struct span in, const char *name);

#endif
