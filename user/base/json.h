/* json.h: write JSON text (RFC 8259) into an out. For writers only; documents are read with jansson. Pure. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "out.h"

/* A string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_text(struct out *, struct span);
/* `"name":"text"`, with a comma before it when *first is false, which it makes false. */
void json_member_text(struct out *, bool *first, const char *name, struct span);
void json_member_uint(struct out *, bool *first, const char *name, uint64_t);

#endif
