/*
 * mask.h: find and hide sensitive values in answers.
 * Pure: state and keys are given, PCRE2 runs on a bounded allocator. A mask that
 * cannot decode a value redacts it. Lives in the worker.
 */
#ifndef MASK_MASK_H
#define MASK_MASK_H

#include "action.h"
#include "out.h"
#include "span.h"
#include "view.h"

#define MASK_KEY_SIZE 32

struct mask_set;	/* compiled masks of one view; shared by all flows of a worker */
struct mask_plan;	/* masks of one answer: which columns, which detectors */

/* Compile. `view` must outlive the set; `keys` (count = view->mask_count, per mask) are copied.
 * Returns 0, -EINVAL (a pattern does not compile) or -ENOMEM. */
int mask_set_new(struct mask_set **out, const struct view_worker *view,
    const uint8_t (*keys)[MASK_KEY_SIZE]);
void mask_set_free(struct mask_set **);

/*
 * Plan an answer under masks `active` (bits). `relations` are the "schema.table"
 * of what the ask reads. Returns 0 or -ENOMEM.
 */
int mask_plan_new(struct mask_plan **out, const struct mask_set *, uint64_t active,
    const struct mask_column *, size_t count, const struct span *relations, size_t relation_count);
/* A plan never changes and may be shared: one more reference to it. */
struct mask_plan *mask_plan_hold(struct mask_plan *);
void mask_plan_free(struct mask_plan **);
/* True when no value of this answer can be touched: rows may pass unread. */
bool mask_plan_is_empty(const struct mask_plan *);

enum mask_result { MASK_KEPT, MASK_EDITED, MASK_NULLED };
/*
 * One value of column `i`. MASK_EDITED: the new bytes were appended to *out
 * (and only then). The caller reads them there. If out failed, the caller must
 * refuse the row.
 */
enum mask_result mask_value(const struct mask_plan *, size_t i, struct span value,
    struct out *out, struct mask_tally *);
/*
 * Does an active mask hide a column of one of these relations? With none it is not
 * known what is read, and the answer is yes where any mask hides columns.
 */
bool mask_touches(const struct mask_set *, uint64_t active, const struct span *relations,
    size_t count);
/* Free text (error, notice, detail): every active mask's detectors, and, where `active`
 * has column masks, quoted values after "Key (" and "=(" . */
enum mask_result mask_text(const struct mask_set *, uint64_t active, struct span text,
    struct out *out, struct mask_tally *);

/* The same by detectors alone, for text that is not a server's words about values. */
enum mask_result mask_found(const struct mask_set *, uint64_t active, struct span text,
    struct out *out, struct mask_tally *);

/* The first hit of one built-in detector in `text`: its offset and length, or false. For tests and benches. */
bool mask_detect(enum view_detector, struct span text, size_t *at, size_t *n);

#endif
