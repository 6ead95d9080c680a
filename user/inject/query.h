/*
 * query.h: what stands behind the '?', as names and values.
 * Spans are of the query itself, nothing decoded; empty pieces ("a&&b") are left out. Pure but for memory.
 */
#ifndef INJECT_QUERY_H
#define INJECT_QUERY_H

#include <stdbool.h>

#include "span.h"

#define INJECT_QUERY_MOST 1024	/* pairs */

struct arena;
struct out;

struct inject_pair {
	struct span name, value;
	bool has_value;		/* there is a '=' */
};

struct inject_query {
	struct inject_pair *pairs;	/* in the arena */
	size_t count;
};

/* Has it no more pairs than that? */
bool inject_query_fits(struct span query);
/* Returns 0, -E2BIG (more than INJECT_QUERY_MOST pairs) or -ENOMEM. */
int inject_query_split(struct arena *, struct span query, struct inject_query *out);
/*
 * Take out what a skill shows of its own: access_token (RFC 6750 section 2.3), what a presigned
 * request has (AWS Signature Version 4 and 2), and `name`, if it is not empty.
 */
void inject_query_strip(struct inject_query *, const char *name);
/* As it came, without a '?'. */
void inject_query_write(struct out *, const struct inject_query *);
/* The same with names and values encoded in the one way that AWS signs. '+' becomes %20. */
void inject_query_write_again(struct out *, const struct inject_query *);
/* Sorted as AWS signs it. Returns 0 or -ENOMEM. */
int inject_query_canonical(struct out *, struct arena *, const struct inject_query *);

#endif
