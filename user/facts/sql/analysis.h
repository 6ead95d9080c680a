/*
 * analysis.h: what the grammar learns from the text of a statement alone.
 * Names are as written (folded as PostgreSQL folds them); nothing is resolved.
 * The grammar process packs one, the worker unpacks it into one struct, to the
 * last byte, and shares it among flows. Pure.
 */
#ifndef FACTS_SQL_ANALYSIS_H
#define FACTS_SQL_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action.h"
#include "facts/sql/sql.h"
#include "out.h"
#include "span.h"

#define ANALYSIS_VERSION 2
#define ANALYSIS_LIMIT (4u << 20)	/* bytes when packed */
#define ANALYSIS_NAME_LIMIT 63		/* PostgreSQL's NAMEDATALEN - 1 */

/* A relation, function or operator as written; schema empty: by search path. */
struct analysis_name {
	struct span schema, name;
};

enum source_kind {
	SOURCE_RELATION,	/* a column of relations[index] */
	SOURCE_FUNCTION,	/* what functions[index] gave, beyond its arguments */
	SOURCE_ANY,		/* could be from anything that is read */
	SOURCE_KINDS
};

enum source_sure {
	SOURCE_MAYBE,		/* only if that relation has such a column */
	SOURCE_NAMED,		/* written with the relation's name: a column, or a function of the row */
	SOURCE_SURE,		/* a column's own name in a list of columns */
	SOURCE_SURES
};

/* Where a value may come from. */
struct analysis_source {
	uint8_t kind, sure;
	uint32_t index;
	struct span column;	/* empty: the whole row */
};

enum object_kind {
	OBJECT_TAG,		/* the act's tag stands for its object */
	OBJECT_RELATION,	/* relations[index] */
	OBJECT_NEW,		/* relations[index], which the act makes: need not exist */
	OBJECT_FUNCTION,	/* functions[index] */
	OBJECT_KINDS
};

struct analysis_act {
	uint8_t effect, reach, kind;
	uint32_t index;
	struct span tag, note;
	const struct analysis_source *columns;	/* SOURCE_RELATION only */
	uint32_t column_count;
};

struct analysis_field {
	struct span name;
	bool is_star;		/* all columns of sources[0]'s relation, in its order */
	const struct analysis_source *sources;
	uint32_t source_count;
};

enum analysis_flag {
	ANALYSIS_BEGINS = 1 << 0,
	ANALYSIS_ENDS = 1 << 1,
	ANALYSIS_COMMITS = 1 << 2,
	ANALYSIS_MOVES_NAMES = 1 << 3,
	ANALYSIS_COPY_IN = 1 << 4,
	ANALYSIS_COPY_OUT = 1 << 5,
	ANALYSIS_POSITIONS = 1 << 6,	/* fields[] are the answer's columns, in order */
	ANALYSIS_UNPARSED = 1 << 7,	/* the grammar could not say; never cached */
	ANALYSIS_OTHER_ROWS = 1 << 8,	/* answers with rows of a statement that is not here: FETCH */
	ANALYSIS_PREPARES = 1 << 9,	/* PREPARE `prepared`, alone in its text */
	ANALYSIS_EXECUTES = 1 << 10,	/* EXECUTE `prepared`, alone in its text */
	ANALYSIS_FLAGS = (1 << 11) - 1,
};

struct sql_analysis {
	unsigned int references;
	uint32_t flags;
	uint32_t statements;
	struct analysis_name *relations, *functions, *operators;
	struct analysis_name *attributes;	/* (row).name: a column, or a function of the row */
	uint32_t relation_count, function_count, operator_count, attribute_count;
	struct wire_copy copy;			/* of the rows of COPY TO STDOUT, if all in the text have one form */
	struct span prepared;			/* name that PREPARE gives or EXECUTE uses */
	struct analysis_act *acts;
	uint32_t act_count;
	struct analysis_field *fields;
	uint32_t field_count;
	struct analysis_source *sources;	/* all of them; acts and fields point in */
	uint32_t source_count;
	uint8_t *bytes;				/* what the spans point into */
};

/* Append the packed form of *analysis; out->failed tells. */
void analysis_pack(const struct sql_analysis *, struct out *);
/*
 * Read a packed form to its last byte. The analysis is the caller's, with one
 * reference. Returns 0, -EINVAL (not one, or a byte left over) or -ENOMEM.
 */
int analysis_unpack(struct sql_analysis **out, struct span packed);

#endif
