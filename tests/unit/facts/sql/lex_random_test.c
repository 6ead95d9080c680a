/*
 * Made-up texts, cut by us and by PostgreSQL's scanner: wherever both cut, the tokens
 * begin at the same bytes and are of the same kind. Texts are pieces of a table, in any
 * order, then spoiled at a few places; the same seed makes the same texts.
 *   INPUTS=200000 SEED=1 JOBS=1      `make differential` runs 100,000,000
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "facts/sql/lex.h"
#include "facts/sql/scanner.h"

#define TEXT_MAX 256
#define TOKENS_MAX 512

static const char *const pieces[] = {
	"select", "a", "_x9", "u&", "U&\"a!b\"", "U&'d'", "uescape", "e", "E'a\\'b'", "e'\\\\'", "n'x'", "N", "b'01'",
	"x'1F'", "X", "''", "'a'", "'a\\'", "'--'", "'/*'", "\"a\"\"b\"", "$$a$$", "$a$b$a$", "$1", "$23", "$\xc3\xa4$$\xc3\xa4$",
	"0", "7", "12345678901", "1.5", ".5", "5.", "1..2", "1e5", "1E+5", "1e-7", ".", "..", "...", ":", "::", ":=", "::=",
	"=>", "<=", ">=", "<>", "!=", "=", "<", ">", "+", "-", "--", "---", "- -", "*", "/", "/**/", "/*/**/*/", "/*a*/", "//",
	"%", "^", "&", "|", "||", "`", "?", "?|", "?&", "~", "~~*", "!", "!!", "@", "@>", "<@", "#", "#>>", "->", "->>", "*-",
	"+-", "@-", "@--", "<--", "*/", "(", ")", "[", "]", ",", ";", " ", " ", " ", " ", "\t", "\n", "\r", "\f", "\r\n", "\n\n",
	" \n ", "--\n", "-- x\n", "--x\r", "\n--'\n", "'\n'", "' -- c\n '", "'\n--\n'", "\xc3\xa4", "\xe2\x82\xac",
	"\xf0\x9f\x98\x80", "\xef\xbc\x87", "\xc2\xa0", "e'\\x41'", "e'\\u0041'", "e'\\101'", "e'a\nb'", "'a'\n'b'",
	"e'a'\n'\\''", "b'1'\n'0'", "u&'a'\n'b'", "a$b", "a$1", "$a$ $b$ $a$", "e'\\\n'",
};

/* What mostly leaves a text that nobody cuts. */
static const char *const spoilers[] = {
	"B'", "'", "\"", "\"\"", "$$", "$a$", "$", "1e", "1E+", "0x1F", "1_000", "1a", "$1a", "$a", "e'\\", "/*", "+/*", "*/*",
	"\\", "{", "}", "\v", "\xc3", "\x80", "\xff", "\x01", "\x7f", "e'", "u&\"", "n'",
};

struct count {
	uint64_t both, neither, refused_here, refused_there, differ, blanked;
};

static uint64_t state;

/* splitmix64 */
static uint64_t
draw(uint64_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % below;
}

static void
spoil(char *text, size_t *n)
{
	size_t at = draw(*n), other = draw(*n);

	switch (draw(4)) {
	case 0:
		text[at] = (char)(1 + draw(255));
		break;
	case 1:
		memmove(text + at, text + at + 1, *n - at - 1);
		(*n)--;
		break;
	case 2:
		text[at] = text[other];
		break;
	default:
		*n = at + 1;
	}
}

static size_t
make(char *text)
{
	size_t n = 0;

	for (size_t count = 1 + draw(9); count; count--) {
		const char *piece = draw(30) ? pieces[draw(COUNT(pieces))] : spoilers[draw(COUNT(spoilers))];
		size_t size = strlen(piece);

		if (n + size >= TEXT_MAX)
			break;
		memcpy(text + n, piece, size);
		n += size;
	}
	for (size_t count = draw(4) ? 0 : draw(4); count && n > 1; count--)
		spoil(text, &n);
	text[n] = '\0';
	return n;
}

/* From behind a closing quote to the next opening one, where comments become white space. */
static bool
blank_gap(char **p, const char *end)
{
	bool any = false, in_comment = false;

	for (; *p < end && (in_comment || **p != '\''); (*p)++) {
		in_comment |= **p == '-';
		in_comment &= **p != '\n' && **p != '\r';
		any |= in_comment;
		if (in_comment)
			**p = ' ';
	}
	return any;
}

static bool
blank_string(enum token_kind kind, char *p, const char *end)
{
	bool is_bits = kind == TOKEN_BITS || kind == TOKEN_HEX, any = false;

	while (p < end) {
		char c = *p++;

		if (c == '\\' && kind == TOKEN_ESCAPED) {
			p++;
		} else if (c == '\'' && p < end && *p == '\'' && !is_bits) {
			p++;
		} else if (c == '\'') {
			any |= blank_gap(&p, end);
			p++;
		}
	}
	return any;
}

/*
 * PostgreSQL takes a comment between the parts of a string for white space (scan.l,
 * horiz_whitespace); libpg_query's copy, which gives comments as tokens, does not. So
 * there the comment is made white space for it. True: there was one.
 */
static bool
blank_comments(struct span text, char *copy)
{
	struct lex lex = { .in = text };
	struct token token;
	bool any = false;

	while (lex_next(&lex, &token) && token.kind != TOKEN_END) {
		size_t at = (size_t)(token.text.p - text.p);

		if (token.kind >= TOKEN_STRING && token.kind <= TOKEN_HEX && token.kind != TOKEN_DOLLAR)
			any |= blank_string(token.kind, (char *)memchr(copy + at, '\'', token.text.n) + 1, copy + at + token.text.n);
	}
	return any;
}

/* Is what we call `kind` what they call `token`? */
static bool
is_same_kind(enum token_kind kind, const struct cut *their)
{
	int token = their->token;
	bool is_sign = (token > 32 && token < 127) || token == PG_OP;

	switch (kind) {
	case TOKEN_WORD:
		return token == PG_IDENT || token >= PG_KEYWORDS;
	case TOKEN_QUOTED:
		return token == PG_IDENT || token == PG_UIDENT;
	case TOKEN_STRING: case TOKEN_ESCAPED: case TOKEN_DOLLAR:
		return token == PG_SCONST;
	case TOKEN_UNICODE:
		return token == PG_USCONST;
	case TOKEN_NATIONAL:	/* they give NCHAR, then the string */
		return token == PG_NCHAR && their[1].token == PG_SCONST && their[1].start == their->start + 1;
	case TOKEN_BITS:
		return token == PG_BCONST;
	case TOKEN_HEX:
		return token == PG_XCONST;
	case TOKEN_INTEGER:
		return token == PG_ICONST || token == PG_FCONST;	/* FCONST: it does not fit */
	case TOKEN_NUMBER:
		return token == PG_FCONST;
	case TOKEN_PARAMETER:
		return token == PG_PARAM;
	case TOKEN_OPERATOR:
		return is_sign || (token >= PG_EQUALS_GREATER && token <= PG_NOT_EQUALS);
	case TOKEN_SELF:
		return is_sign || token == PG_TYPECAST || token == PG_DOT_DOT || token == PG_COLON_EQUALS;
	default:
		return false;
	}
}

static void
tell(const char *text, size_t n, const char *what)
{
	fprintf(stderr, "%s: ", what);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, text[i] > 31 && text[i] < 127 && text[i] != '\\' ? "%c" : "\\%03o", (unsigned char)text[i]);
	fprintf(stderr, "\n");
}

/* Our tokens beside theirs: 1 the same, 0 not, -1 we do not cut it. */
static int
compare(struct span text, const struct cut *theirs, int n)
{
	struct lex lex = { .in = text };
	struct token token;
	bool is_same = true;
	int i = 0;

	if (!lex_is_utf8(text))
		return -1;
	for (;; i++) {
		if (!lex_next(&lex, &token))
			return -1;
		if (token.kind == TOKEN_END)
			return is_same && i == n;
		if (i >= n || theirs[i].start != (int)(token.text.p - text.p) || !is_same_kind(token.kind, &theirs[i]))
			is_same = false;	/* go on: it may still be one we do not cut */
		i += token.kind == TOKEN_NATIONAL;
	}
}

static void
run(uint64_t inputs, struct count *count)
{
	static struct cut theirs[TOKENS_MAX + 2];
	char text[TEXT_MAX];

	for (uint64_t i = 0; i < inputs; i++) {
		size_t n = make(text);
		uint8_t *tight = malloc(n ? n : 1);	/* so that ASan sees a byte read too far */
		int same, there;

		memcpy(tight, text, n);
		count->blanked += blank_comments(span_of(tight, n), text);
		there = their_cuts(text, theirs, TOKENS_MAX);
		theirs[there < 0 ? 0 : there] = (struct cut){ 0 };
		same = compare(span_of(tight, n), theirs, there);
		free(tight);
		if (same < 0 && there < 0) {
			count->neither++;
		} else if (same < 0) {
			count->refused_here++;
		} else if (there < 0) {
			count->refused_there++;
		} else if (same) {
			count->both++;
		} else if (count->differ++ < 20) {
			tell(text, n, "they differ");
		}
		if (inputs > 10000000 && i % 10000000 == 9999999)
			fprintf(stderr, "%lu of %lu\n", (unsigned long)i + 1, (unsigned long)inputs);
	}
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

int
main(void)
{
	uint64_t inputs = setting("INPUTS", 200000), seed = setting("SEED", 1), jobs = setting("JOBS", 1);
	struct count *counts, all = { 0 };
	size_t size;

	if (jobs < 1 || jobs > 64)
		jobs = 1;
	size = jobs * sizeof(*counts);
	counts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		return 1;
	for (uint64_t job = 0; job < jobs; job++)
		if (fork() == 0) {
			state = seed << 8 | job;
			run(inputs / jobs + (job < inputs % jobs), &counts[job]);
			_exit(0);
		}
	for (uint64_t job = 0; job < jobs; job++) {
		int status = 1;

		CHECK(wait(&status) > 0 && status == 0);
	}
	for (uint64_t job = 0; job < jobs; job++) {
		all.both += counts[job].both;
		all.neither += counts[job].neither;
		all.refused_here += counts[job].refused_here;
		all.refused_there += counts[job].refused_there;
		all.differ += counts[job].differ;
		all.blanked += counts[job].blanked;
	}
	munmap(counts, size);
	CHECK(all.both + all.neither + all.refused_here + all.refused_there + all.differ == inputs);
	CHECK(all.differ == 0);
	CHECK(all.both > inputs / 2);
	printf("%lu texts: cut alike %lu, cut by neither %lu, not cut here %lu, not cut by PostgreSQL %lu, cut otherwise %lu; "
	    "in %lu a comment between a string's parts\n", (unsigned long)inputs, (unsigned long)all.both,
	    (unsigned long)all.neither, (unsigned long)all.refused_here, (unsigned long)all.refused_there,
	    (unsigned long)all.differ, (unsigned long)all.blanked);
	return check_end();
}
