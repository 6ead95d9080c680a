/*
 * catalogue.h: what one flow's names mean, as its server said.
 * Written names point to relations by OID; relations know their columns, what a
 * view stands on, and of whom they are a part. Everything lives in one arena with
 * a limit and is forgotten at once. Pure.
 */
#ifndef FACTS_SQL_CATALOGUE_H
#define FACTS_SQL_CATALOGUE_H

#include "facts/sql/analysis.h"

struct known_column {
	struct known_column *next;
	uint16_t number;
	uint32_t type;		/* OID */
	struct span name;
};

/* What a relation's values also are values of. */
struct known_base {
	struct known_base *next;
	struct span object;	/* "schema.name" */
	struct span column;	/* empty: any of it */
	bool is_parent;		/* same column names, same rows */
};

struct known_relation {
	struct known_relation *next;
	uint32_t oid;
	struct span object;	/* "schema.name" */
	char kind;		/* pg_class.relkind */
	bool has_children;
	struct known_column *columns;	/* by number */
	struct known_base *bases;
};

struct known_name {
	struct known_name *next;
	char kind;		/* 'N' relation, 'F' function, 'O' operator */
	struct span schema, name;
	uint32_t oid;		/* relation; 0: does not exist */
	bool shadows;		/* function or operator: one outside pg_catalog can be meant */
};

const struct known_name *catalogue_name(const struct sql_catalogue *, char kind,
    struct span schema, struct span name);
const struct known_relation *catalogue_relation(const struct sql_catalogue *, uint32_t oid);
const struct known_column *catalogue_column(const struct known_relation *, struct span name);
/* What an EXECUTE runs, as the server says and a PREPARE here said; NULL: not known. */
const struct sql_analysis *catalogue_executed(const struct sql_catalogue *,
    const struct sql_analysis *);
/* The n-th PREPARE remembered under the name that an EXECUTE uses; NULL: no more. */
const struct sql_analysis *catalogue_prepared(const struct sql_catalogue *,
    const struct sql_analysis *, unsigned int n);
/* Has the server said, since the last ask, what that name stands for? */
bool catalogue_execute_is_known(const struct sql_catalogue *);
/* Is this relation one of PostgreSQL's own by the way it is written? Never asked. */
bool catalogue_is_system(const struct analysis_name *);

#endif
