/*
 * lex.h: PostgreSQL's tokens, as its scan.l cuts them (version 15, with
 * standard_conforming_strings on, UTF-8). Where servers of other versions would
 * cut elsewhere (digits that run into letters) it gives up. Pure.
 */
#ifndef FACTS_SQL_LEX_H
#define FACTS_SQL_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,		/* identifier or keyword, not quoted */
	TOKEN_QUOTED,		/* "identifier", U&"identifier" */
	TOKEN_STRING,		/* '…' and its continuations */
	TOKEN_ESCAPED,		/* E'…' */
	TOKEN_UNICODE,		/* U&'…' */
	TOKEN_NATIONAL,		/* N'…' */
	TOKEN_DOLLAR,		/* $tag$…$tag$ */
	TOKEN_BITS,		/* B'…' */
	TOKEN_HEX,		/* X'…' */
	TOKEN_INTEGER,
	TOKEN_NUMBER,		/* with a point or an exponent */
	TOKEN_PARAMETER,	/* $1 */
	TOKEN_OPERATOR,		/* one or more operator characters */
	TOKEN_SELF,		/* one of , ( ) [ ] . ; : or one of :: .. := */
};

struct token {
	enum token_kind kind;
	struct span text;
};

struct lex {
	struct span in;
	size_t at;
};

/* The next token, TOKEN_END at the end. False: cannot be cut; do not go on. */
bool lex_next(struct lex *, struct token *out);
/* True when the bytes are UTF-8 (RFC 3629) without NUL. */
bool lex_is_utf8(struct span);

#endif
