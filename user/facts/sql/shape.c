/*
 * shape.c: the key under which an analysis is remembered.
 * The key is the statement's tokens with a space between them: comments and
 * white space gone, unquoted words in lower case. A literal is replaced by a
 * placeholder of its kind only if all of this holds; else it stays:
 *   - its statement begins with SELECT, INSERT, UPDATE, DELETE, WITH or VALUES;
 *   - every parenthesis around it stands behind no word, or behind one of the
 *     words in plain_words: so it is in no call, no cast, no type;
 *   - what stands before it is an operator, LIKE, ILIKE, BETWEEN or AND, or it is
 *     an item directly in the list of IN or VALUES;
 *   - what follows is neither a cast (::) nor another literal nor a dot or bracket.
 * Why that is sound: two texts with one key have the same tokens but for values
 * of literals in such places. PostgreSQL's grammar looks at the value of a
 * literal only in types, in utility statements and behind keywords, and the
 * grammar process only in calls of set_config: all of them stay in the key. So
 * both texts have one tree, and one analysis. Positions (ORDER BY 1, LIMIT 5)
 * stay too, as they stand behind a word or a comma outside IN and VALUES. What a
 * condition selects is no part of an analysis: 1=1 and 1=2 read no column.
 */
#include "facts/sql/sql.h"

#include <stddef.h>

#include "facts/sql/lex.h"

#define DEPTH_MAX 128

struct nest {
	bool plain;	/* literals may go, as far as this parenthesis is concerned */
	bool list;	/* directly in IN (…) or a row of VALUES */
	bool values;	/* rows of VALUES stand at this level */
};

struct shape {
	struct out *key;
	struct nest levels[DEPTH_MAX];
	size_t depth;
	size_t calls;		/* parentheses around us that are not plain */
	struct token before;	/* the token before this one */
	bool has_first;		/* the statement's first word was seen */
	bool replaces;		/* and it is one of those above */
};

static const char *const change_words[] = {
	"select", "insert", "update", "delete", "with", "values", NULL
};

static const char *const plain_words[] = {
	"in", "values", "and", "or", "not", "where", "on", "exists", "any",
	"some", "all", "as", "from", "join", "lateral", "union", "except",
	"intersect", "having", "when", "then", "else", NULL
};

static const char *const compare_words[] = {
	"like", "ilike", "between", "and", NULL
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool
word_is(const struct token *token, const char *word)
{
	size_t i = 0;

	if (token->kind != TOKEN_WORD)
		return false;
	for (; i < token->text.n && word[i]; i++)
		if (lower(token->text.p[i]) != (uint8_t)word[i])
			return false;
	return i == token->text.n && !word[i];
}

static bool
word_among(const struct token *token, const char *const *words)
{
	for (; *words; words++)
		if (word_is(token, *words))
			return true;
	return false;
}

static bool
self_is(const struct token *token, const char *text)
{
	return token->kind == TOKEN_SELF && span_is(token->text, text);
}

static bool
is_literal(const struct token *token)
{
	switch (token->kind) {
	case TOKEN_STRING:
	case TOKEN_ESCAPED:
	case TOKEN_DOLLAR:
	case TOKEN_INTEGER:
	case TOKEN_NUMBER:
		return true;
	default:
		return false;
	}
}

static bool
is_any_literal(const struct token *token)
{
	return token->kind >= TOKEN_STRING && token->kind <= TOKEN_NUMBER;
}

static bool
goes(const struct shape *s, const struct token *token, const struct token *next)
{
	const struct nest *level = &s->levels[s->depth];

	if (!s->replaces || s->calls || !is_literal(token))
		return false;
	if (is_any_literal(next) || self_is(next, "::") || self_is(next, ".") ||
	    self_is(next, "["))
		return false;
	if (s->before.kind == TOKEN_OPERATOR ||
	    word_among(&s->before, compare_words))
		return true;
	return level->list && (self_is(&s->before, "(") ||
	    self_is(&s->before, ","));
}

static bool
open_level(struct shape *s)
{
	struct nest *outer = &s->levels[s->depth], *level;
	bool names = s->before.kind == TOKEN_WORD ||
	    s->before.kind == TOKEN_QUOTED || self_is(&s->before, ")") ||
	    self_is(&s->before, "]");
	bool row = word_is(&s->before, "values") ||
	    (outer->values && self_is(&s->before, ","));

	if (s->depth + 1 >= DEPTH_MAX)
		return false;
	if (word_is(&s->before, "values"))
		outer->values = true;
	level = &s->levels[++s->depth];
	level->plain = !names || word_among(&s->before, plain_words);
	level->list = row || word_is(&s->before, "in");
	level->values = false;
	s->calls += !level->plain;
	return true;
}

static bool
close_level(struct shape *s)
{
	if (!s->depth)
		return false;
	s->calls -= !s->levels[s->depth].plain;
	s->depth--;
	return true;
}

/* Keep up with where we are. False: parentheses beyond the limit or unbalanced. */
static bool
follow(struct shape *s, const struct token *token)
{
	if (self_is(token, "("))
		return open_level(s);
	if (self_is(token, ")"))
		return close_level(s);
	if (self_is(token, ";") && !s->depth)
		s->has_first = s->replaces = false;
	if (token->kind == TOKEN_WORD) {
		s->levels[s->depth].values = false;
		if (!s->has_first)
			s->replaces = word_among(token, change_words);
		s->has_first = true;
	}
	return true;
}

static void
write_word(struct out *key, struct span text)
{
	uint8_t small[64];

	while (text.n) {
		size_t n = text.n < sizeof(small) ? text.n : sizeof(small);

		for (size_t i = 0; i < n; i++)
			small[i] = lower(text.p[i]);
		out_bytes(key, small, n);
		text = span_skip(text, n);
	}
}

/* Placeholders begin with a byte that begins no token. */
static void
write_placeholder(struct out *key, const struct token *token)
{
	bool number = token->kind == TOKEN_INTEGER ||
	    token->kind == TOKEN_NUMBER;

	out_bytes(key, number ? "\001n" : "\001s", 2);
}

static bool
add(struct shape *s, const struct token *token, const struct token *next)
{
	if (s->key->n)
		out_u8(s->key, ' ');
	if (goes(s, token, next))
		write_placeholder(s->key, token);
	else if (token->kind == TOKEN_WORD)
		write_word(s->key, token->text);
	else
		out_span(s->key, token->text);
	if (!follow(s, token))
		return false;
	s->before = *token;
	return true;
}

bool
sql_shape(struct span text, struct out *key)
{
	struct shape s = { .key = key, .levels[0].plain = true };
	struct lex lex = { .in = text };
	struct token token, next;

	if (text.n > SQL_TEXT_LIMIT || !lex_is_utf8(text))
		return false;
	if (!lex_next(&lex, &token))
		return false;
	while (token.kind != TOKEN_END) {
		if (!lex_next(&lex, &next) || !add(&s, &token, &next))
			return false;
		token = next;
	}
	return !key->failed && !s.depth;
}
