/*
 * The lexer cuts where PostgreSQL cuts: rows, and the scanner of libpg_query as
 * the other opinion, on the rows, on captured statements and on all their prefixes.
 */
#include "check.h"
#include "facts/sql/lex.h"
#include "facts/sql/scanner.h"

static const char *const rows[] = {
	"", " ", "SELECT 1", "a.b . c", "a<-b", "a<--b", "a+-1", "a@-b", "a=-1",
	"1..10", "1.5.3", ".5", "5.", "1e5", "1e+5", "1.e5", "$1", "$1+$2", "a$1",
	"'a''b'", "'a' 'b'", "'a'\n'b'", "'a' /* x */\n'b'",
	"'a\\'", "E'a\\'b'", "e'\\\\'", "B'01'", "X'1F'",
	"u & 'x'", "\"a\"\"b\"", "$$a$$", "$x$ $$ $x$", "$x$ $y$ $x$",
	"a$b$c", "/* a */ b", "/* /* */ */ b", "/*/**/*/ x", "-- a\nb", "a --",
	"a::text", "a:=b", "a=>b", "a[1:2]", "<=", "<>", "!=", "!==", "*/a",
	"a/*b*/c", "+/*x*/+", "@#%^&|`?", "~~*", "-/*", "\xc3\xa4\xc3\xb6 = 1",
	"E'a'\n'\\''", "1a", "1_0", "0x1F", "$1a", "1e", "'", "\"", "$$", "/*",
	"E'", "a\xc3", ":x", "a;b", "{", "\\", "a\vb", "''''", "e''''",
	"$\xc3\xa4$x$\xc3\xa4$", "x'0' 'a'", "b'1'\n'0'", "?", "a?|b", "5.5e",
};

/* Where libpg_query's report of positions is not PostgreSQL's: how many tokens. */
static const struct {
	const char *sql;
	int tokens;
} counts[] = {
	{ "N'x'", 1 }, { "U&'x'", 1 }, { "U&\"x\"", 1 }, { "n 'x'", 2 },
	{ "'a' -- x\n 'b'", 1 }, { "'a' -- x", 1 }, { "'a' /* x */\n 'b'", 2 },
	{ "U&'x' UESCAPE '!'", 3 }, { "U&x", 3 },
};

static int
our_cuts(struct span text, struct cut *cuts, int room)
{
	struct lex lex = { .in = text };
	struct token token;
	int n = 0;

	if (!lex_is_utf8(text))
		return -1;
	for (;;) {
		if (!lex_next(&lex, &token))
			return -1;
		if (token.kind == TOKEN_END)
			return n;
		if (n == room)
			abort();
		cuts[n].start = (int)(token.text.p - text.p);
		cuts[n].end = cuts[n].start + (int)token.text.n;
		n++;
	}
}

/* Where we cut at all, they cut so too. (We may give up where they go on.) */
static bool
agree(struct span text)
{
	static struct cut ours[1 << 15], theirs[1 << 15];
	int n = our_cuts(text, ours, COUNT(ours)), m;
	char *copy;

	if (n < 0)
		return true;
	copy = strndup((const char *)text.p, text.n);
	m = their_cuts(copy, theirs, COUNT(theirs));
	free(copy);
	if (m < 0)
		return true;	/* no harm: their parser refuses it as well */
	if (n != m)
		return false;
	for (int i = 0; i < n; i++)
		if (ours[i].start != theirs[i].start ||
		    ours[i].end != theirs[i].end)
			return false;
	return true;
}

static void
check_prefixes(struct span text, size_t step)
{
	char row[64];

	snprintf(row, sizeof(row), "%.*s", (int)text.n, text.p);
	for (size_t n = 0; n <= text.n; n += step)
		CHECK_ROW(row, agree(on_cliff(span_head(text, n))));
	CHECK_ROW(row, agree(text));
}

static void
check_file(const char *path)
{
	static uint8_t room[1 << 17];
	FILE *file = fopen(path, "r");
	struct span all;

	if (!CHECK_ROW(path, file))
		return;
	all = span_of(room, fread(room, 1, sizeof(room), file));
	fclose(file);
	while (all.n) {
		const uint8_t *end = memmem(all.p, all.n, "\n%%\n", 4);
		size_t n = end ? (size_t)(end - all.p) : all.n;

		check_prefixes(span_head(all, n), 1 + n / 16);
		all = span_skip(all, n + 4);
	}
}

int
main(void)
{
	struct cut cuts[8];

	for (size_t i = 0; i < COUNT(rows); i++)
		check_prefixes(span_text(rows[i]), 1);
	for (size_t i = 0; i < COUNT(counts); i++)
		CHECK_ROW(counts[i].sql, our_cuts(on_cliff(span_text(
		    counts[i].sql)), cuts, COUNT(cuts)) == counts[i].tokens);
	check_file("tests/unit/facts/sql/psql-15.sql");
	check_file("tests/unit/facts/sql/pg_dump-15.sql");
	return check_end();
}
