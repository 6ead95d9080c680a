/*
 * document.h: a JSON or YAML file of somebody else's, as one tree.
 * Laxer than tree.h, which reads policies: such files are large, deep, and use
 * what a policy must not. Bounded. Pure but for memory.
 */
#ifndef RULES_DOCUMENT_H
#define RULES_DOCUMENT_H

#include <jansson.h>

#include "span.h"

#define DOCUMENT_LIMIT (16u << 20)	/* bytes of the file */
#define DOCUMENT_DEPTH 100
#define DOCUMENT_NODES 2000000
#define DOCUMENT_FAULT 160

/*
 * Read it: JSON where it begins with '{', else YAML, whose scalars are all texts and
 * whose aliases are null. The caller gives it back with json_decref(). NULL: `fault`
 * (of DOCUMENT_FAULT bytes) says what is wrong, with its line and column.
 */
json_t *document_read(struct span text, char *fault);

#endif
