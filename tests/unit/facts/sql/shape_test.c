/* What stays in the key and what goes; equal keys only where the meaning is equal. */
#include "check.h"
#include "facts/sql/sql.h"

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "SELECT a FROM t WHERE id = 1", "select a from T  where id=2", true },
	{ "SELECT a FROM t WHERE id = 1", "SELECT a FROM t /* x */ WHERE id = 1",
	    true },
	{ "SELECT a FROM t WHERE id = 1", "SELECT a FROM t WHERE id = '1'", false },
	{ "SELECT a FROM t WHERE id = 1", "SELECT a FROM t WHERE id = 1; x", false },
	{ "SELECT \"A\" FROM t", "SELECT \"a\" FROM t", false },
	{ "SELECT \"a\" FROM t", "SELECT a FROM t", false },
	{ "SELECT 1 WHERE a IN (1, 2)", "SELECT 1 WHERE a IN (3, 4)", true },
	{ "SELECT 1 WHERE a IN (1, 2)", "SELECT 1 WHERE a IN (3, 4, 5)", false },
	{ "INSERT INTO t VALUES (1, 'x'), (2, 'y')",
	    "INSERT INTO t VALUES (5, E'\\n'), (6, $$z$$)", true },
	{ "SELECT 1 WHERE a LIKE 'x%'", "SELECT 1 WHERE a LIKE '%'", true },
	{ "SELECT 1 WHERE a BETWEEN 1 AND 2", "SELECT 1 WHERE a BETWEEN 3 AND 4",
	    true },
	{ "SELECT 1", "SELECT 2", false },
	{ "SELECT a FROM t ORDER BY 1", "SELECT a FROM t ORDER BY 2", false },
	{ "SELECT a FROM t ORDER BY a, 1", "SELECT a FROM t ORDER BY a, 2", false },
	{ "SELECT a FROM t LIMIT 1", "SELECT a FROM t LIMIT 2", false },
	{ "SELECT set_config('a', 'b', true)", "SELECT set_config('c', 'b', true)",
	    false },
	{ "SELECT set_config(('a'), 'b', true)",
	    "SELECT set_config(('c'), 'b', true)", false },
	{ "SELECT set_config('a' || 'b', 'b', true)",
	    "SELECT set_config('a' || 'c', 'b', true)", false },
	{ "SELECT \"set_config\"('a' || 'b', 'b', true)",
	    "SELECT \"set_config\"('a' || 'c', 'b', true)", false },
	{ "SELECT set_config(b => 'b', a => 'b')",
	    "SELECT set_config(b => 'c', a => 'b')", false },
	{ "SELECT 1 WHERE a = 't'::regclass", "SELECT 1 WHERE a = 'u'::regclass",
	    false },
	{ "SELECT 1 WHERE a = regclass 't'", "SELECT 1 WHERE a = regclass 'u'",
	    false },
	{ "SELECT 1 WHERE a = CAST('t' AS regclass)",
	    "SELECT 1 WHERE a = CAST('u' AS regclass)", false },
	{ "SELECT 1 WHERE f(a = 1)", "SELECT 1 WHERE f(a = 2)", false },
	{ "SET a = 1", "SET a = 2", false },
	{ "SELECT 1; SET a = 1", "SELECT 1; SET a = 2", false },
	{ "EXPLAIN SELECT 1 WHERE a = 1", "EXPLAIN SELECT 1 WHERE a = 2", false },
	{ "COPY t TO '/a'", "COPY t TO '/b'", false },
	{ "DO 'x'", "DO 'y'", false },
	{ "SELECT a<-1", "SELECT a < -1", true },
	{ "SELECT a@-1", "SELECT a @ -1", false },
	{ "SELECT a FROM t WHERE a = $1", "SELECT a FROM t WHERE a = $2", false },
	{ "SELECT a FROM t WHERE a = 1 -- x", "SELECT a FROM t WHERE a = 2", true },
	{ "SELECT a FROM t WHERE a = 'x'\n'y'", "SELECT a FROM t WHERE a = 'z'",
	    true },
	{ "SELECT x, 'a b' c", "SELECT x, 'a  b' c", false },
	{ "SELECT a FROM t WHERE a = U&'!61' UESCAPE '!'",
	    "SELECT a FROM t WHERE a = U&'?61' UESCAPE '?'", false },
};

static const char *const none[] = {
	"'", "SELECT 1a", "SELECT \xff", "SELECT $", "((", ")", "/* x",
	"SELECT '\xed\xa0\x80'", "SELECT E'\\'",
};

int
main(void)
{
	struct out a = out_new(1 << 20), b = out_new(1 << 20);

	for (size_t i = 0; i < COUNT(pairs); i++) {
		out_clear(&a);
		out_clear(&b);
		CHECK_ROW(pairs[i].a,
		    sql_shape(on_cliff(span_text(pairs[i].a)), &a));
		CHECK_ROW(pairs[i].b,
		    sql_shape(on_cliff(span_text(pairs[i].b)), &b));
		CHECK_ROW(pairs[i].a, pairs[i].same ==
		    span_equal(out_view(&a), out_view(&b)));
	}
	for (size_t i = 0; i < COUNT(none); i++) {
		out_clear(&a);
		CHECK_ROW(none[i], !sql_shape(on_cliff(span_text(none[i])), &a));
	}
	out_clear(&a);
	CHECK(!sql_shape(SPAN("SELECT 1\0"), &a));
	out_free(&a);
	out_free(&b);
	return check_end();
}
