/*
 * echo.h: does an answer say a secret back?
 * A skill that may call something which echoes its requests could read there what was put into them. Marks
 * are made of each secret of a flow, and what the backend answers is looked through for them: as it is, in base
 * 64 (either alphabet, wherever in a longer text it stands), in hex; and each of these too where characters of it
 * are written by the escapes of URLs (%2B), of JSON and scripts (\u002b, \/) or of HTML (&#43;). A secret that a
 * backend compresses, encrypts or cuts up is not seen.
 * A stream may be cut anywhere: what could be the beginning of a secret is kept until more of it is here. What
 * is found is written over with as many '*', so that lengths and quotes stay as they are.
 * Pure but for memory, which is wiped.
 */
#ifndef INJECT_ECHO_H
#define INJECT_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define INJECT_ECHO_LEAST 8	/* bytes of a secret that is looked for: less is found everywhere */
#define INJECT_ECHO_SECRETS 128	/* of one flow: its loans, and what was lent before they changed */

struct inject_echo;	/* opaque: one stream */
struct inject_marks;	/* opaque: what is looked for */
struct out;

/* Returns 0 or -ENOMEM. */
int inject_marks_new(struct inject_marks **out);
/* Look for `secret` too. One that is too short is not looked for. Returns 0, -ENOMEM or -E2BIG. */
int inject_marks_add(struct inject_marks *, struct span secret);
/* Is one of them in `whole`? */
bool inject_marks_in(const struct inject_marks *, struct span whole);
/* They are wiped when the last stream that holds them is freed too. */
void inject_marks_free(struct inject_marks **);

/* Begin a stream, which holds the marks: they live as long, and may become more. Returns 0 or -ENOMEM. */
int inject_echo_new(struct inject_echo **out, struct inject_marks *);
/*
 * Append to *out what may go on of `in` and of what was kept before; `is_last`: nothing follows. No secret is in
 * what is appended. False: no memory (also out->failed): nothing more of the stream may go on.
 */
bool inject_echo_put(struct inject_echo *, struct span in, bool is_last, struct out *out);
/* How often one was found and written over, and where the first began. */
uint64_t inject_echo_hits(const struct inject_echo *);
uint64_t inject_echo_first(const struct inject_echo *);
void inject_echo_free(struct inject_echo **);

#endif
