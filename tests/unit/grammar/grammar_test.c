/* What statements do and where their columns come from, by the text alone. */
#include "check.h"
#include "facts/sql/say.h"

static const struct {
	const char *sql, *acts;
} rows[] = {
	{ "", "session select" },
	{ ";;", "session select" },
	{ "SELECT 1", "session select" },
	{ "SELECT id FROM customers c WHERE name LIKE 'x%'",
	    "read public.customers where (name,id)" },
	{ "SELECT * FROM a JOIN b USING (id)",
	    "read public.a all (id,*); read public.b all (id,*)" },
	{ "TABLE c", "read public.c all (*)" },
	{ "SELECT a FROM t FOR UPDATE", "read public.t all (a)" },
	{ "DELETE FROM t", "delete public.t all" },
	{ "DELETE FROM t -- WHERE id = 1", "delete public.t all" },
	{ "DELETE FROM t WHERE true", "delete public.t all" },
	{ "DELETE FROM t WHERE 1=1 OR id=3",
	    "delete public.t all; read public.t all (id)" },
	{ "DELETE FROM t WHERE NOT (1=2 AND id=3)",
	    "delete public.t where; read public.t where (id)" },
	{ "DELETE FROM t WHERE id = id",
	    "delete public.t all; read public.t all (id)" },
	{ "DELETE FROM t WHERE id IN (SELECT id FROM u)", "delete public.t where; "
	    "read public.t where (id); read public.u all (id)" },
	{ "DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id > 0)",
	    "delete public.t all; read public.u where (id)" },
	{ "DELETE FROM t USING u WHERE t.id = u.id", "delete public.t where; "
	    "read public.u where (id); read public.t where (id)" },
	{ "DELETE FROM t WHERE CURRENT OF c", "delete public.t where" },
	{ "UPDATE t SET a = b + 1 WHERE id = 3 RETURNING *",
	    "update public.t where (a); read public.t where (b,id,*)" },
	{ "UPDATE t SET (a, b) = (SELECT x, y FROM u)",
	    "update public.t all (a,b); read public.t all (x,y); "
	    "read public.u all (x,y)" },
	{ "INSERT INTO s.t(a, b) VALUES (1, 'x') ON CONFLICT (a) DO UPDATE "
	    "SET b = excluded.b RETURNING a", "insert s.t (a,b); "
	    "update s.t where (b); read s.t (b,a)" },
	{ "INSERT INTO t SELECT * FROM u",
	    "insert public.t (*); read public.u all (*)" },
	{ "WITH x AS (DELETE FROM t RETURNING email) SELECT * FROM x",
	    "delete public.t all; read public.t all (email)" },
	{ "WITH t AS (SELECT 1) SELECT * FROM public.t",
	    "read public.t all (*)" },
	{ "SELECT (WITH x AS (SELECT a FROM t) SELECT a FROM x)",
	    "read public.t all (a)" },
	{ "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE WHEN NOT "
	    "MATCHED THEN INSERT (a) VALUES (s.b)", "delete public.t where; "
	    "insert public.t (a); read public.t where (a); "
	    "read public.s where (a,b)" },
	{ "SELECT * INTO x FROM t", "define public.x; read public.t all (*)" },
	{ "CREATE TEMP TABLE x AS SELECT a FROM t",
	    "define pg_temp.x; read public.t all (a)" },
	{ "CREATE INDEX ON t (evil(a))",
	    "define public.t; unknown public.evil()" },
	{ "DROP TABLE a.b, c", "define a.b; define public.c" },
	{ "DROP FUNCTION f(int)", "define drop function" },
	{ "TRUNCATE a, b", "delete public.a all; delete public.b all" },
	{ "BEGIN; SELECT 1; DROP TABLE a.b; COMMIT",
	    "session begin; define a.b; session commit" },
	{ "COPY t(a) TO STDOUT", "read public.t all (a)" },
	{ "COPY t FROM STDIN", "insert public.t (*)" },
	{ "COPY t TO '/tmp/x'",
	    "export copy to file; read public.t all (*)" },
	{ "COPY (SELECT a FROM t) TO PROGRAM 'x'",
	    "export copy to program; read public.t all (a)" },
	{ "COPY t FROM PROGRAM 'x'",
	    "export copy from program; insert public.t (*)" },
	{ "EXPLAIN DELETE FROM t", "read public.t all" },
	{ "EXPLAIN ANALYZE DELETE FROM t", "delete public.t all" },
	{ "EXPLAIN (COSTS off, ANALYZE) DELETE FROM t", "delete public.t all" },
	{ "PREPARE x AS DELETE FROM t", "session prepare; delete public.t all" },
	{ "EXECUTE x", "unknown execute" },
	{ "DECLARE c CURSOR FOR SELECT a FROM t",
	    "session declare cursor; read public.t all (a)" },
	{ "FETCH 5 FROM c", "session fetch" },
	{ "DO $$ BEGIN END $$", "unknown do" },
	{ "CALL p(1)", "unknown public.p()" },
	{ "LOAD 'x'", "unknown load" },
	{ "ALTER SYSTEM SET a = 1", "unknown alter system" },
	{ "SELECT pg_sleep(1), f(1), nextval('s')", "call "
	    "pg_catalog.pg_sleep(); unknown public.f(); "
	    "update pg_catalog.nextval()" },
	/* a type written as a function is a cast */
	{ "SELECT regproc('now'), pg_catalog.uuid('x'), tsquery(a) FROM t", "read public.t all (a)" },
	{ "SELECT x.uuid('x'), uuids('x')", "unknown x.uuid(); unknown public.uuids()" },
	{ "SELECT query_to_xml('DELETE FROM t', true, true, '')",
	    "unknown pg_catalog.query_to_xml()" },
	{ "SELECT pg_read_file('/etc/passwd')",
	    "export pg_catalog.pg_read_file()" },
	{ "SELECT * FROM dblink('x', 'y') AS t(a int)", "unknown public.dblink()" },
	{ "SELECT set_config('search_path', 'x', false)",
	    "session set search_path; session pg_catalog.set_config()" },
	{ "SELECT set_config('ro' || 'le', 'x', false)",
	    "unknown set_config; session pg_catalog.set_config()" },
	{ "SELECT set_config('a.b', x, false) FROM t",
	    "unknown set_config; read public.t all (x); session pg_catalog.set_config()" },
	{ "SELECT set_config('a.b', (SELECT x FROM t), false)",
	    "unknown set_config; read public.t all (x); session pg_catalog.set_config()" },
	{ "SELECT set_config('ROLE', 'x', false)",
	    "grant set role; session pg_catalog.set_config()" },
	{ "SET ROLE x", "grant set role" },
	/* what PostgreSQL leaves to superusers is granted, not the session's own */
	{ "SET session_replication_role = replica", "grant set session_replication_role" },
	{ "SET \"Session_Replication_Role\" TO 'replica'", "grant set session_replication_role" },
	{ "SET LOCAL local_preload_libraries = 'x'", "grant set local_preload_libraries" },
	{ "SET zero_damaged_pages = on", "grant set zero_damaged_pages" },
	{ "SET allow_in_place_tablespaces = on", "grant set allow_in_place_tablespaces" },
	{ "RESET log_statement", "grant reset log_statement" },
	{ "SET log_statement_stat = on", "session set log_statement_stat" },
	{ "SET work_mem = '1MB'", "session set work_mem" },
	{ "PREPARE TRANSACTION 'x'", "call prepare" },
	{ "COMMIT PREPARED 'x'", "call commit_prepared" },
	{ "SET search_path TO a", "session set search_path" },
	{ "RESET ALL", "session reset all" },
	{ "GRANT SELECT ON t TO x", "grant grant" },
	{ "LOCK TABLE t", "call public.t" },
	{ "LOCK TABLE t IN ACCESS SHARE MODE", "read public.t" },
	{ "NOTIFY x", "call notify" },
	{ "VACUUM t", "call public.t" },
	{ "SELECT 1 OPERATOR(evil.+) 2", "unknown operator.+" },
	{ "SELECT FROM WHERE", "unknown statement" },
};

static const struct {
	const char *sql, *fields;
} traces[] = {
	{ "SELECT upper(email) e, 1, count(x) FROM c",
	    "e<-public.c.email; ?column?<-; count<-" },
	{ "WITH RECURSIVE t AS (SELECT email x, id y FROM c UNION ALL "
	    "SELECT y, x FROM t) SELECT x FROM t",
	    "x<-public.c.email,public.c.id" },
	{ "SELECT \"case\" FROM (SELECT CASE WHEN true THEN email END FROM c) s",
	    "case<-public.c.email" },
	{ "SELECT CASE WHEN card > '4' THEN 1 END FROM c",
	    "?column?<-public.c.card" },
	{ "SELECT s.a FROM (SELECT email, card FROM c) s(a, b)",
	    "a<-public.c.email" },
	{ "SELECT x FROM unnest((SELECT array_agg(email) FROM c)) x",
	    "x<-public.c.email" },
	{ "SELECT j.k FROM t, LATERAL (SELECT t.card AS k) j",
	    "k<-public.t.card" },
	{ "SELECT 1 UNION SELECT email FROM c", "?column?<-public.c.email" },
	{ "SELECT s FROM (SELECT email FROM c) s", "s<-public.c.email" },
	{ "SELECT s.to_json FROM (SELECT email FROM c) s",
	    "to_json<-public.c.email" },
	{ "INSERT INTO t(a) VALUES (1) RETURNING a, b",
	    "a<-public.t.a; b<-public.t.b" },
	{ "EXPLAIN SELECT email FROM c", "QUERY PLAN<-" },
	{ "SELECT * FROM t", "*<-public.t." },
	{ "SELECT EXISTS (SELECT email FROM c)", "?column?<-" },
	{ "VALUES ((SELECT email FROM c)), ('x')", "?column?<-public.c.email" },
	{ "SELECT 1; SELECT 2", "" },
	{ "SELECT * FROM a NATURAL JOIN b", "" },
};

static void
check_row(const char *sql, const char *wanted, bool fields)
{
	struct span text = on_cliff(span_text(sql));
	struct sql_analysis *a = analyse(text);
	struct arena *scratch = arena_new(8 << 20);
	struct out said = out_new(1 << 16);
	struct action action = { 0 };

	CHECK_ROW(sql, a && !sql_explain(a, NULL, text, scratch, &action));
	if (fields)
		say_fields(&action, &said);
	else
		say_acts(&action, &said);
	if (!CHECK_ROW(sql, span_is(out_view(&said), wanted)))
		fprintf(stderr, "  %.*s\n", (int)said.n, said.p);
	sql_drop(&a);
	arena_free(&scratch);
	out_free(&said);
}

/* Nested beyond what anyone writes: an answer, and it is unknown. */
static void
check_deep(const char *open, size_t times, const char *close)
{
	struct out text = out_new(SQL_TEXT_LIMIT + 1);
	struct sql_analysis *a;

	out_bytes(&text, "SELECT ", 7);
	for (size_t i = 0; i < times; i++)
		out_bytes(&text, open, strlen(open));
	out_bytes(&text, "1", 1);
	for (size_t i = 0; i < times; i++)
		out_bytes(&text, close, strlen(close));
	a = analyse(out_view(&text));
	CHECK_ROW(open, a && a->flags & ANALYSIS_UNPARSED);
	sql_drop(&a);
	out_free(&text);
}

static void
check_limits(void)
{
	struct out text = out_new(SQL_TEXT_LIMIT + 1);
	struct sql_analysis *a;

	out_zero(&text, SQL_TEXT_LIMIT + 1);
	memset(text.p, ' ', text.n);
	a = analyse(out_view(&text));
	CHECK(a && a->flags & ANALYSIS_UNPARSED);
	sql_drop(&a);
	a = analyse(SPAN("SELECT 1\0; DROP TABLE t"));
	CHECK(a && a->flags & ANALYSIS_UNPARSED);
	sql_drop(&a);
	a = analyse(SPAN("SELECT '\xff'"));
	CHECK(a && a->flags & ANALYSIS_UNPARSED);
	sql_drop(&a);
	out_free(&text);
}

int
main(void)
{
	CHECK(grammar_prepare() == 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(rows[i].sql, rows[i].acts, false);
	for (size_t i = 0; i < COUNT(traces); i++)
		check_row(traces[i].sql, traces[i].fields, true);
	check_deep("(", 60000, ")");
	check_deep("1+", 60000, "");
	check_deep("NOT ", 30000, "");
	check_deep("(SELECT ", 20000, ")");
	check_limits();
	return check_end();
}
