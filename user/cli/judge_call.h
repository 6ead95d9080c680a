/* judge_call.h: calls of gRPC, written as JSON. */
#ifndef CLI_JUDGE_CALL_H
#define CLI_JUDGE_CALL_H

#include <stdbool.h>

struct arena;
struct view_target;
struct wire_pair;
struct wire_request;

/*
 * Of a target of gRPC, and no content type given: the body, messages as JSON one behind the other (none: one without
 * fields), becomes one of gRPC, in the arena; and so does the head, in `headers`. False: they are not those of the method.
 */
bool judge_call(const struct view_target *, struct wire_request *, struct wire_pair *headers, struct arena *);

#endif
