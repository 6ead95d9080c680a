/*
 * message.h: find and hide sensitive values in messages of Protocol Buffers, by the types
 * that a descriptor set gives them.
 *
 * Paths are those of body.h, with the names of fields as keys: "items[].card"; a map is an
 * object with its keys. Text that a mask names or a detector hits is written as its way
 * has it, empty where that is null; numbers, and true, become zero, an enum its first
 * value; of a message that is named each value within is hidden. A field that the set does
 * not have goes on where no detector finds anything in it, and else is left out. All
 * lengths are mended; a message in which nothing is hidden stays byte for byte as it is.
 *
 * Pure, like all of mask/. Lives in the worker.
 */
#ifndef MASK_MESSAGE_H
#define MASK_MESSAGE_H

#include "out.h"
#include "span.h"
#include "view.h"

struct mask_message;	/* edits messages, one after the other */
struct mask_set;

/* Set and schema must outlive it. Returns 0 or -ENOMEM. */
int mask_message_new(struct mask_message **out, const struct mask_set *, uint64_t active, const struct view_schema *);
/*
 * One message. What may go on is appended to *out. False: it is not what its type says, or larger than a limit, or
 * *out is full: nothing of it may be passed. *edited: it is not the same any more.
 */
bool mask_message_put(struct mask_message *, const struct view_message *, struct span in, struct out *out, bool *edited,
    struct mask_tally *);
/* What was wrong with the last one: a constant sentence. Empty: nothing. */
const char *mask_message_error(const struct mask_message *);
void mask_message_free(struct mask_message **);

#endif
