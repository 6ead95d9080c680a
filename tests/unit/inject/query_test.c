/* Queries: taken apart, without what a skill shows of its own, and in the form that AWS signs. */
#include "inject/query.h"

#include <errno.h>

#include "base/arena.h"
#include "check.h"
#include "out.h"

static const struct {
	const char *name, *query, *without, *stripped, *again, *canonical;
} rows[] = {
	{ "empty", "", "", "", "", "" },
	{ "one", "a=b", "", "a=b", "a=b", "a=b" },
	{ "a flag", "acl", "", "acl", "acl", "acl=" },
	{ "order", "b=2&a=2&a=1&A=0", "", "b=2&a=2&a=1&A=0", "b=2&a=2&a=1&A=0", "A=0&a=1&a=2&b=2" },
	{ "a longer name later", "ab=1&a=2&a-b=3", "", "ab=1&a=2&a-b=3", "ab=1&a=2&a-b=3", "a=2&a-b=3&ab=1" },
	{ "empty pieces", "&a=b&&c&", "", "a=b&c", "a=b&c", "a=b&c=" },
	{ "values with signs", "a=b=c&x=%2f+y", "", "a=b=c&x=%2f+y", "a=b%3Dc&x=%2F%20y", "a=b%3Dc&x=%2F%20y" },
	{ "presigned", "X-Amz-Algorithm=AWS4&X-Amz-Credential=A%2Fb&X-Amz-Date=2&X-Amz-Expires=9&partNumber=1&X-Amz-SignedHeaders=host"
	  "&X-Amz-Signature=ab&X-Amz-Security-Token=t&X-Amz-Other=1", "", "partNumber=1&X-Amz-Other=1", "partNumber=1&X-Amz-Other=1",
	  "X-Amz-Other=1&partNumber=1" },
	{ "presigned, its names encoded", "X%2DAmz-Signature=ab&a", "", "a", "a", "a=" },
	{ "presigned of old", "AWSAccessKeyId=A&Signature=s&Expires=1&a=1", "", "a=1", "a=1", "a=1" },
	{ "names of all days", "Signature=s&Expires=1", "", "Signature=s&Expires=1", "Signature=s&Expires=1", "Expires=1&Signature=s" },
	{ "a token", "access_token=x&a=1", "", "a=1", "a=1", "a=1" },
	{ "the credential's own", "a=1&key=2&Key=3&k%65y=4&key", "key", "a=1&Key=3", "a=1&Key=3", "Key=3&a=1" },
};

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);
	char many[2 * INJECT_QUERY_MOST + 8];
	struct inject_query query = { .count = 77 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct out out = out_new(4096);

		if (!CHECK_ROW(rows[i].name, inject_query_split(arena, on_cliff(span_text(rows[i].query)), &query) == 0))
			continue;
		inject_query_strip(&query, rows[i].without);
		inject_query_write(&out, &query);
		CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].stripped));
		out_clear(&out);
		inject_query_write_again(&out, &query);
		CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].again));
		out_clear(&out);
		CHECK_ROW(rows[i].name, inject_query_canonical(&out, arena, &query) == 0);
		CHECK_ROW(rows[i].name, span_is(out_view(&out), rows[i].canonical));
		out_free(&out);
	}
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 2 ? '&' : 'a';
	CHECK(inject_query_split(arena, span_of(many, 2 * INJECT_QUERY_MOST), &query) == 0 && query.count == INJECT_QUERY_MOST);
	CHECK(inject_query_split(arena, span_of(many, 2 * INJECT_QUERY_MOST + 1), &query) == -E2BIG);
	arena_free(&arena);
	arena = arena_new(16);
	CHECK(inject_query_split(arena, SPAN("a=b"), &query) == -ENOMEM && query.count == INJECT_QUERY_MOST);
	arena_free(&arena);
	return check_end();
}
