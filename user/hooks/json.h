/* json.h: write a JSON object to a stream, for status and doctor. Pure but for the stream. */
#ifndef HOOKS_JSON_H
#define HOOKS_JSON_H

#include <stdio.h>

/* A string with its quotes; control characters and quotes are escaped. */
void hooks_json_string(FILE *, const char *);

#endif
