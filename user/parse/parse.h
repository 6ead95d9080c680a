/*
 * parse.h: the next unit of one side, with every promise of a codec checked.
 * A codec is pure and fuzzed, but what it says decides what leaves: this stage is
 * the one door to it, and holds its answers against the laws of wire.h.
 */
#ifndef PARSE_PARSE_H
#define PARSE_PARSE_H

#include "wire.h"

/*
 * Ask `codec` for the next unit of `in`. `limit` is the most this leg will ever
 * hold: wanting more than that, or anything a law forbids, is WIRE_BAD.
 */
enum wire_step parse_next(const struct wire_codec *codec, void *state, enum wire_side side,
    struct span in, size_t limit, struct out to[WIRE_SIDES], struct wire_event *event);

#endif
