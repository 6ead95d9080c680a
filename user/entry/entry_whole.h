/*
 * entry_whole.h: an entry together with the bodies it names.
 * For people and scripts that read the record: what stands in the entry cut, or
 * not at all, is put where it belongs. Pure but for memory.
 */
#ifndef ENTRY_ENTRY_WHOLE_H
#define ENTRY_ENTRY_WHOLE_H

#include "out.h"
#include "span.h"

/*
 * Append `cbor`, an entry, with `text` as its KEY_TEXT and `values` (a body as
 * entry.h says) as its KEY_VALUES; a body that is empty leaves what is there.
 * What comes of it is an entry in all but its length. False: not an entry, or the
 * values are no such body, or no room: *out is to be thrown away.
 */
bool entry_make_whole(struct span cbor, struct span text, struct span values, struct out *out);

#endif
