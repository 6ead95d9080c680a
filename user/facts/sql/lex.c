/*
 * lex.c: cut a statement into tokens exactly where PostgreSQL cuts it.
 * The rules follow the PostgreSQL manual, chapter "Lexical Structure", and are
 * held to the real scanner by tests: comments nest; a string goes on after
 * white space with a newline; the longest run of operator characters is one
 * operator, but ends before a comment, and loses a trailing + or - unless it has
 * one of ~ ! @ # % ^ & | ` ? .
 */
#include "facts/sql/lex.h"

#include "base/utf8.h"

static int
at(const struct lex *lex, size_t ahead)
{
	size_t i = lex->at + ahead;

	return i < lex->in.n ? lex->in.p[i] : -1;
}

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_newline(int c)
{
	return c == '\n' || c == '\r';
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
starts_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    c >= 0x80;
}

static bool
is_in_word(int c)
{
	return starts_word(c) || is_digit(c) || c == '$';
}

static bool
is_operator(int c)
{
	return c > 0 && strchr("~!@#^&|`?+-*/%<>=", c);
}

static bool
skip_line_comment(struct lex *lex)
{
	if (at(lex, 0) != '-' || at(lex, 1) != '-')
		return false;
	while (at(lex, 0) >= 0 && !is_newline(at(lex, 0)))
		lex->at++;
	return true;
}

/* False: it does not end. */
static bool
skip_block_comment(struct lex *lex)
{
	size_t depth = 0;

	do {
		int c = at(lex, 0), next = at(lex, 1);

		if (c < 0)
			return false;
		if (c == '/' && next == '*')
			depth++;
		else if (c == '*' && next == '/')
			depth--;
		else
			next = -1;
		lex->at += next < 0 ? 1 : 2;
	} while (depth);
	return true;
}

static bool
skip_space(struct lex *lex)
{
	for (;;) {
		if (is_space(at(lex, 0)))
			lex->at++;
		else if (skip_line_comment(lex))
			continue;
		else if (at(lex, 0) != '/' || at(lex, 1) != '*')
			return true;
		else if (!skip_block_comment(lex))
			return false;
	}
}

/* After a closing quote: does the string go on after white space with a newline? */
static bool
string_goes_on(struct lex *lex)
{
	struct lex ahead = *lex;
	bool newline = false;

	for (;;) {
		int c = at(&ahead, 0);

		if (is_space(c)) {
			newline |= is_newline(c);
			ahead.at++;
		} else if (!skip_line_comment(&ahead)) {
			break;
		}
	}
	if (!newline || at(&ahead, 0) != '\'')
		return false;
	lex->at = ahead.at + 1;
	return true;
}

/* From behind the opening quote to behind the last closing one. In bits two quotes are an end and a beginning. */
static bool
skip_string(struct lex *lex, bool backslashes, bool is_bits)
{
	for (;;) {
		int c = at(lex, 0);

		if (c < 0)
			return false;
		lex->at++;
		if (c == '\\' && backslashes) {
			if (at(lex, 0) < 0)
				return false;
			lex->at++;
		} else if (c == '\'') {
			if (at(lex, 0) == '\'' && !is_bits)
				lex->at++;
			else if (!string_goes_on(lex))
				return true;
		}
	}
}

static bool
skip_quoted(struct lex *lex)
{
	for (;;) {
		int c = at(lex, 0);

		if (c < 0)
			return false;
		lex->at++;
		if (c == '"') {
			if (at(lex, 0) != '"')
				return true;
			lex->at++;
		}
	}
}

/* $tag$ … $tag$. False with lex->at unmoved: no such thing begins here. */
static bool
skip_dollar(struct lex *lex, bool *ends)
{
	size_t n = 1;
	struct span tag;

	if (is_digit(at(lex, 1)))
		return false;
	while (is_in_word(at(lex, n)) && at(lex, n) != '$')
		n++;
	if (at(lex, n) != '$')
		return false;
	tag = span_of(lex->in.p + lex->at, n + 1);
	*ends = false;
	for (size_t i = lex->at + tag.n; i + tag.n <= lex->in.n; i++) {
		if (lex->in.p[i] != '$' || memcmp(lex->in.p + i, tag.p, tag.n))
			continue;
		lex->at = i + tag.n;
		*ends = true;
		break;
	}
	return true;
}

static void
skip_digits(struct lex *lex)
{
	while (is_digit(at(lex, 0)))
		lex->at++;
}

/* False: digits run into a word, which versions of PostgreSQL read differently. */
static bool
lex_number(struct lex *lex, enum token_kind *kind)
{
	*kind = TOKEN_INTEGER;
	skip_digits(lex);
	if (at(lex, 0) == '.' && at(lex, 1) != '.') {
		*kind = TOKEN_NUMBER;
		lex->at++;
		skip_digits(lex);
	}
	if (at(lex, 0) == 'e' || at(lex, 0) == 'E') {
		size_t sign = at(lex, 1) == '+' || at(lex, 1) == '-';

		if (!is_digit(at(lex, 1 + sign)))
			return false;
		*kind = TOKEN_NUMBER;
		lex->at += 1 + sign;
		skip_digits(lex);
	}
	return !starts_word(at(lex, 0));
}

static void
lex_operator(struct lex *lex)
{
	size_t n = 0;
	bool special = false;

	while (is_operator(at(lex, n))) {
		if ((at(lex, n) == '/' && at(lex, n + 1) == '*') ||
		    (at(lex, n) == '-' && at(lex, n + 1) == '-'))
			break;
		n++;
	}
	while (n > 1 && (at(lex, n - 1) == '+' || at(lex, n - 1) == '-')) {
		for (size_t i = 0; i + 1 < n && !special; i++)
			special = strchr("~!@#^&|`?%", at(lex, i));
		if (special)
			break;
		n--;
	}
	lex->at += n;
}

static bool
lex_self(struct lex *lex)
{
	int c = at(lex, 0), next = at(lex, 1);

	if (c < 0 || !strchr(",()[].;:", c) || !c)
		return false;
	lex->at++;
	if ((c == ':' && (next == ':' || next == '=')) ||
	    (c == '.' && next == '.'))
		lex->at++;
	return true;
}

/* A string or name with a letter before its quote; false: none begins here. */
static bool
lex_prefixed(struct lex *lex, enum token_kind *kind, bool *ends)
{
	int letter = at(lex, 0) | 0x20;
	bool unicode = letter == 'u' && at(lex, 1) == '&';
	int quote = at(lex, unicode ? 2 : 1);

	if (unicode && quote == '"') {
		lex->at += 3;
		*kind = TOKEN_QUOTED;
		*ends = skip_quoted(lex);
		return true;
	}
	if (quote != '\'' || !letter || !strchr("ebxnu", letter) ||
	    (letter == 'u' && !unicode))
		return false;
	*kind = letter == 'e' ? TOKEN_ESCAPED : letter == 'b' ? TOKEN_BITS :
	    letter == 'x' ? TOKEN_HEX : letter == 'n' ? TOKEN_NATIONAL :
	    TOKEN_UNICODE;
	lex->at += unicode ? 3 : 2;
	*ends = skip_string(lex, letter == 'e', letter == 'b' || letter == 'x');
	return true;
}

static bool
lex_word(struct lex *lex, enum token_kind *kind)
{
	bool ends = true;

	if (lex_prefixed(lex, kind, &ends))
		return ends;
	*kind = TOKEN_WORD;
	while (is_in_word(at(lex, 0)))
		lex->at++;
	return true;
}

static bool
lex_dollar(struct lex *lex, enum token_kind *kind)
{
	bool ends = true;

	*kind = TOKEN_DOLLAR;
	if (skip_dollar(lex, &ends))
		return ends;
	*kind = TOKEN_PARAMETER;
	if (!is_digit(at(lex, 1)))
		return false;
	lex->at++;
	skip_digits(lex);
	return !starts_word(at(lex, 0));
}

static bool
lex_quote(struct lex *lex, enum token_kind *kind)
{
	bool name = at(lex, 0) == '"';

	*kind = name ? TOKEN_QUOTED : TOKEN_STRING;
	lex->at++;
	return name ? skip_quoted(lex) : skip_string(lex, false, false);
}

bool
lex_next(struct lex *lex, struct token *out)
{
	enum token_kind kind = TOKEN_END;
	bool fine = true;
	size_t from;
	int c;

	if (!skip_space(lex))
		return false;
	from = lex->at;
	c = at(lex, 0);
	if (c == '\'' || c == '"')
		fine = lex_quote(lex, &kind);
	else if (c == '$')
		fine = lex_dollar(lex, &kind);
	else if (starts_word(c))
		fine = lex_word(lex, &kind);
	else if (is_digit(c) || (c == '.' && is_digit(at(lex, 1))))
		fine = lex_number(lex, &kind);
	else if (lex_self(lex))
		kind = TOKEN_SELF;
	else if (is_operator(c)) {
		kind = TOKEN_OPERATOR;
		lex_operator(lex);
	} else if (c >= 0)
		fine = false;
	out->kind = kind;
	out->text = span_of(lex->in.p + from, lex->at - from);
	return fine;
}

bool
lex_is_utf8(struct span in)
{
	return utf8_is_valid(in) && (!in.n || !memchr(in.p, 0, in.n));
}
