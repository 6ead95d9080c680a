/*
 * body.h: find and hide sensitive values in bodies, as they stream through.
 *
 * A body is read as what its form says. What is in it is looked at as what it stands for
 * (escapes, percent signs and entities read), by the masks' detectors, and where a mask
 * names it by its path (`fields`), it is hidden whatever it is. What no mask touches
 * leaves byte for byte as it came, in whatever runs it came.
 *
 * A path is the keys that lead to a value, with a dot between ("customer.ssn"). An array
 * adds nothing to it; "items[]" says that only what is within an array is meant. '*' is
 * any run within a key, '?' one character, "**" any number of keys, none too. In forms a
 * path is the field's name ("card[number]" is "card.number"), in CSV the column's, in XML
 * the elements' names and then the attribute's.
 *
 * Pure, like all of mask/. Lives in the worker.
 */
#ifndef MASK_BODY_H
#define MASK_BODY_H

#include "out.h"
#include "span.h"
#include "view.h"

struct mask_body;	/* edits one body as it streams through */
struct mask_set;

enum mask_form {
	MASK_FORM_JSON, MASK_FORM_NDJSON, MASK_FORM_SSE, MASK_FORM_URLENCODED, MASK_FORM_CSV, MASK_FORM_XML,
	MASK_FORM_TEXT, MASK_FORMS
};

/* How a body of that Content-Type is read. False: it cannot be looked into. */
bool mask_form_of(struct span type, enum mask_form *);
/* Is it multipart/form-data? Of what else is made of parts none is looked into. */
bool mask_is_parts(struct span type);

/* The set must outlive the body. Returns 0 or -ENOMEM. */
int mask_body_new(struct mask_body **out, const struct mask_set *, uint64_t active, enum mask_form);
/*
 * The same for multipart/form-data (RFC 7578), each part by its own Content-Type. What has none and is no file is a
 * value, which is named by its part's name; a mask that names a part hides all of it, and in a part paths begin anew.
 * `redacts`: a part that cannot be looked into is hidden whole; else it is a fault, unless it is empty.
 */
int mask_body_new_parts(struct mask_body **out, const struct mask_set *, uint64_t active, struct span type, bool redacts);
/*
 * Bytes in any cutting; what may go on is appended to *out, edited. `is_last`: nothing follows.
 * False: it is not what its form says, or larger than a limit, or *out is full: nothing more
 * of it may be passed, and every further call says the same.
 */
bool mask_body_put(struct mask_body *, struct span in, bool is_last, struct out *out, struct mask_tally *);
/* What was wrong: a constant sentence. Empty while nothing is. */
const char *mask_body_error(const struct mask_body *);
/* No mask of these can touch any body: it may pass unread. */
bool mask_body_is_idle(const struct mask_set *, uint64_t active);
void mask_body_free(struct mask_body **);

#endif
