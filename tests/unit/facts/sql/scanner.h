/*
 * scanner.h: PostgreSQL's own scanner as the other opinion on where tokens begin
 * and what they are, through libpg_query (pg_query_scan(), protobuf ScanResult).
 */
#ifndef TEST_SCANNER_H
#define TEST_SCANNER_H

#include <pg_query.h>

#include "out.h"

/* Numbers of the tokens in pg_query.proto. From NULL_P on they are keywords or one character. */
enum { PG_IDENT = 258, PG_UIDENT, PG_FCONST, PG_SCONST, PG_USCONST, PG_BCONST, PG_XCONST, PG_OP, PG_ICONST,
	PG_PARAM, PG_TYPECAST, PG_DOT_DOT, PG_COLON_EQUALS, PG_EQUALS_GREATER, PG_LESS_EQUALS, PG_GREATER_EQUALS,
	PG_NOT_EQUALS, PG_SQL_COMMENT, PG_C_COMMENT, PG_KEYWORDS, PG_NCHAR = 517 };

struct cut {
	int start, end, token;
};

static bool
take_varint(struct span *in, uint64_t *out)
{
	uint8_t byte;
	int shift = 0;

	*out = 0;
	do {
		if (shift > 63 || !take_u8(in, &byte))
			return false;
		*out |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return true;
}

/* One ScanToken: start 1, end 2, token 4, keyword 5. */
static bool
read_token(struct span in, struct cut *out)
{
	*out = (struct cut){ 0 };
	while (in.n) {
		uint64_t key, value;

		if (!take_varint(&in, &key) || !take_varint(&in, &value))
			return false;
		if (key >> 3 == 1)
			out->start = (int)value;
		else if (key >> 3 == 2)
			out->end = (int)value;
		else if (key >> 3 == 4)
			out->token = (int)value;
	}
	return true;
}

/* PostgreSQL's tokens, without comments; -1: it cannot cut this. `text` ends in NUL. */
static int
their_cuts(const char *text, struct cut *cuts, int room)
{
	PgQueryScanResult result = pg_query_scan(text);
	struct span in = span_of(result.pbuf.data, result.pbuf.len), token;
	int n = 0;

	while (!result.error && in.n) {
		uint64_t key, value;

		if (!take_varint(&in, &key) || !take_varint(&in, &value))
			abort();
		if (key >> 3 != 2)
			continue;
		if (!take_bytes(&in, value, &token) || n == room || !read_token(token, &cuts[n]))
			abort();
		n += cuts[n].token != PG_SQL_COMMENT && cuts[n].token != PG_C_COMMENT;
	}
	if (result.error)
		n = -1;
	pg_query_free_scan_result(result);
	return n;
}

#endif
