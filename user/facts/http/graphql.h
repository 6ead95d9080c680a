/*
 * graphql.h: the top of a GraphQL document (specification of October 2021, section 2):
 * its one operation, and the fields that this asks of the root. Only facts/http
 * includes this. Pure.
 */
#ifndef FACTS_HTTP_GRAPHQL_H
#define FACTS_HTTP_GRAPHQL_H

#include <stdbool.h>

#include "span.h"

#define GRAPHQL_FIELDS_MOST 64		/* of the root */
#define GRAPHQL_FRAGMENTS_MOST 64
#define GRAPHQL_DEPTH_MOST 64
#define GRAPHQL_TEXT_MOST (256u << 10)

struct graphql_field {
	struct span name;	/* not its alias */
	bool has_literals;	/* it has arguments that are not variables */
};

struct graphql_document {
	struct span kind;	/* "query", "mutation" or "subscription" */
	struct span name;	/* of the operation; may be empty */
	bool has_defaults;	/* its variables have values of their own */
	struct graphql_field fields[GRAPHQL_FIELDS_MOST];
	size_t field_count;
};

/* A constant sentence where it is no document with one operation, else NULL. */
const char *graphql_read(struct span text, struct graphql_document *);

#endif
