/*
 * grammar.h: what the text of SQL says, by PostgreSQL's own grammar.
 * Lives in the grammar process alone, which holds nothing and may crash: it is
 * then started again, and the statement is refused. Call grammar_prepare()
 * first: the grammar recurses deeply.
 */
#ifndef GRAMMAR_GRAMMAR_H
#define GRAMMAR_GRAMMAR_H

#include "out.h"
#include "span.h"

#define GRAMMAR_STACK (64u << 20)

/*
 * Append the packed analysis (facts/sql) of the statement or statements in
 * `text`. What cannot be parsed is an analysis too, of effect unknown.
 * Returns 0, or -ENOMEM with *packed as it was.
 */
int grammar_analyse(struct span text, struct out *packed);

/*
 * Before the box: let the main thread's stack grow to GRAMMAR_STACK, and let
 * jansson read its seed. Returns 0 or -errno.
 */
int grammar_prepare(void);

#endif
