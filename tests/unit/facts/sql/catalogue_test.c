/*
 * The question about names, asked of a real server, from behind a hostile
 * search_path; and what the answers make of actions and lineage. Starts a cluster
 * of its own in a temporary place, as user postgres, and takes it away again.
 */
#include <postgresql/libpq-fe.h>

#include "check.h"
#include "facts/sql/say.h"
#include "mask/mask.h"

#define START \
	"set -e; PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin | tail -1); " \
	"chown postgres %1$s; cd %1$s; as() { setpriv --reuid=postgres " \
	"--regid=postgres --clear-groups \"$@\"; }; " \
	"as initdb -D %1$s/d -A trust -E UTF8 --locale=C.UTF-8 >/dev/null; " \
	"as pg_ctl -D %1$s/d -l %1$s/log -w -o \"-c listen_addresses= " \
	"-c unix_socket_directories=%1$s -c fsync=off\" start >/dev/null"
#define STOP \
	"PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin | tail -1); cd %1$s; " \
	"setpriv --reuid=postgres --regid=postgres --clear-groups " \
	"pg_ctl -D %1$s/d -m immediate stop >/dev/null; rm -rf %1$s"

static char folder[] = "/tmp/interlock-catalogue-XXXXXX";
static PGconn *pg;

static const char setup[] =
	"CREATE SCHEMA shop; CREATE SCHEMA evil;"
	"CREATE TABLE customers(id int, gone int, name text, email text, card text);"
	"ALTER TABLE customers DROP COLUMN gone;"
	"CREATE TABLE shop.orders(id int, cid int, total numeric);"
	"CREATE TABLE parts(id int, k text) PARTITION BY RANGE (id);"
	"CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (10);"
	"CREATE VIEW mails AS SELECT id, email FROM customers;"
	"CREATE VIEW shouts AS SELECT upper(email) AS e FROM mails;"
	"CREATE VIEW whole AS SELECT c.id, to_json(c) AS j FROM customers c;"
	"CREATE TABLE \"we'ird\"\"one\"(a int);"
	"CREATE FUNCTION tax(int) RETURNS int LANGUAGE sql AS 'SELECT $1';"
	"CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql AS 'SELECT ''x''';"
	"CREATE FUNCTION sum2(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
	"CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = sum2);"
	"CREATE FUNCTION evil.eq(text, text) RETURNS bool LANGUAGE sql"
	" AS 'SELECT false';"
	"CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text,"
	" FUNCTION = evil.eq);"
	"CREATE TABLE evil.pg_class(oid int); CREATE TABLE evil.customers(x int);";

static void
run(const char *format)
{
	char command[2048];

	snprintf(command, sizeof(command), format, folder);
	CHECK_ROW(format, system(command) == 0);
}

static void
execute(const char *sql)
{
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);

	if (!CHECK_ROW(sql, status == PGRES_COMMAND_OK ||
	    status == PGRES_TUPLES_OK))
		fprintf(stderr, "  %s\n", PQerrorMessage(pg));
	PQclear(result);
}

static void
give_row(struct sql_catalogue *catalogue, const PGresult *result, int row)
{
	struct wire_field fields[8] = { 0 };
	int n = PQnfields(result);

	for (int i = 0; i < n && i < 8; i++) {
		fields[i].bytes = span_text(PQgetvalue(result, row, i));
		fields[i].is_null = PQgetisnull(result, row, i);
	}
	CHECK(sql_catalogue_row(catalogue, fields, (size_t)n));
}

static void
ask(struct sql_catalogue *catalogue, const struct sql_analysis *a)
{
	struct out question = out_new(1 << 20);
	PGresult *result;

	if (sql_catalogue_ask(catalogue, a, &question)) {
		out_u8(&question, 0);
		result = PQexec(pg, (const char *)question.p);
		if (!CHECK(PQresultStatus(result) == PGRES_TUPLES_OK))
			fprintf(stderr, "%s\n%s\n", PQerrorMessage(pg),
			    (const char *)question.p);
		for (int i = 0; i < PQntuples(result); i++)
			give_row(catalogue, result, i);
		PQclear(result);
		sql_catalogue_done(catalogue, a);
	}
	out_clear(&question);
	CHECK(!sql_catalogue_ask(catalogue, a, &question));
	out_free(&question);
}

static const struct {
	const char *path, *sql, *acts;
} rows[] = {
	{ "public", "SELECT name, card FROM customers WHERE id = 1",
	    "read public.customers where (id,name,card)" },
	{ "public", "SELECT total, name FROM customers c, shop.orders o",
	    "read public.customers all (name); read shop.orders all (total)" },
	{ "public", "SELECT * FROM customers",
	    "read public.customers all (id,name,email,card)" },
	{ "public", "SELECT * FROM shouts",
	    "read public.shouts all (e); read public.customers all (id,email); "
	    "read public.mails all (email)" },
	{ "public", "SELECT id FROM whole",
	    "read public.whole all (id); read public.customers all (*)" },
	{ "public", "DELETE FROM parts1 WHERE id = 1",
	    "delete public.parts1 where; delete public.parts where; "
	    "read public.parts1 where (id); read public.parts where (id)" },
	{ "public", "SELECT * FROM nothing", "read nothing all (*)" },
	{ "public", "SELECT a FROM \"we'ird\"\"one\"",
	    "read public.we'ird\"one all (a)" },
	{ "public", "SELECT tax(1)", "unknown public.tax()" },
	{ "public", "SELECT lower('A')", "unknown pg_catalog.lower()" },
	{ "public", "SELECT upper('A')", "session select" },
	{ "public", "SELECT 1 ### 2", "unknown operator.###" },
	{ "public", "SELECT c.to_json FROM customers c",
	    "unknown public.customers.to_json(); "
	    "read public.customers all (id,name,email,card)" },
	{ "public", "CREATE TABLE fresh(a int)", "define public.fresh" },
	{ "public", "DROP TABLE shop.orders", "define shop.orders" },
	{ "evil, pg_catalog, public", "SELECT relname FROM pg_class",
	    "read evil.pg_class all" },
	{ "evil, pg_catalog, public", "SELECT * FROM customers",
	    "read evil.customers all (x)" },
	{ "evil, pg_catalog, public", "SELECT 'a' = 'b'",
	    "unknown operator.=" },
	{ "evil, pg_catalog, public", "SELECT count(*) FROM pg_catalog.pg_class",
	    "read pg_catalog.pg_class all" },
	{ "public", "SELECT relname FROM pg_class",
	    "read pg_catalog.pg_class all (relname)" },
};

static void
check_acts(size_t i)
{
	struct span text = span_text(rows[i].sql);
	struct sql_analysis *a = analyse(text);
	struct sql_catalogue *catalogue = NULL;
	struct arena *scratch = arena_new(8 << 20);
	struct out said = out_new(1 << 16);
	struct action action = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "SET search_path = %s", rows[i].path);
	execute(path);
	CHECK(sql_catalogue_new(&catalogue, 4 << 20) == 0);
	ask(catalogue, a);
	CHECK(sql_explain(a, catalogue, text, scratch, &action) == 0);
	say_acts(&action, &said);
	if (!CHECK_ROW(rows[i].sql, span_is(out_view(&said), rows[i].acts)))
		fprintf(stderr, "  %.*s\n", (int)said.n, said.p);
	sql_catalogue_free(&catalogue);
	sql_drop(&a);
	arena_free(&scratch);
	out_free(&said);
}

/* Lineage: what the server announces, and for the rest the tree. */
static const struct {
	const char *sql, *lineage;
} traces[] = {
	{ "SELECT id, email FROM customers",
	    "public.customers.id; public.customers.email" },
	{ "SELECT *, 1 FROM customers", "public.customers.id; "
	    "public.customers.name; public.customers.email; "
	    "public.customers.card; -" },
	{ "SELECT upper(email), count(*) FROM customers GROUP BY 1",
	    "public.customers.email; -" },
	{ "SELECT email FROM mails",
	    "public.mails.email,public.customers.email,public.customers.id" },
	{ "SELECT e FROM shouts", "public.shouts.e,public.customers.email,"
	    "public.customers.id,public.mails.email" },
	{ "SELECT x FROM (SELECT email AS x FROM customers UNION SELECT 'a') s",
	    "public.customers.email" },
	{ "WITH w AS (SELECT card c FROM customers) SELECT c || '!' FROM w",
	    "public.customers.card" },
	{ "SELECT to_json(c) FROM customers c", "public.customers.*" },
	{ "SELECT c.to_json FROM customers c", "public.customers.*" },
	{ "SELECT c FROM customers c", "public.customers.*" },
	{ "SELECT k FROM parts1", "public.parts1.k,public.parts.k" },
	{ "SELECT (SELECT max(card) FROM customers)", "public.customers.card" },
	{ "SELECT * FROM customers NATURAL FULL JOIN mails",
	    "?; ?; public.customers.name; public.customers.card" },
	{ "SELECT tax(id) FROM customers", "?.*,public.customers.id" },
	{ "SELECT total, name || total FROM shop.orders, customers",
	    "shop.orders.total; shop.orders.total,public.customers.name" },
};

static void
say_origin(const struct origin_column *o, bool first, struct out *said)
{
	out_printf(said, "%s", first ? "" : ",");
	out_span(said, o->relation.n ? o->relation : SPAN("?"));
	out_printf(said, ".");
	out_span(said, o->column.n ? o->column : SPAN("*"));
}

static void
say_lineage(const struct mask_column *columns, size_t n, struct out *said)
{
	for (size_t i = 0; i < n; i++) {
		const struct mask_column *c = &columns[i];

		out_printf(said, "%s", i ? "; " : "");
		if (!c->origin_count)
			out_printf(said, c->is_untraced ? "?" : "-");
		for (size_t j = 0; j < c->origin_count; j++)
			say_origin(&c->origins[j], !j, said);
	}
}

/* Do both name the same origins for each column, in any order? */
static bool
same_lineage(const char *wanted, struct span said)
{
	size_t sums[2] = { 0 };

	for (size_t i = 0; wanted[i]; i++)
		sums[0] += (uint8_t)wanted[i];
	for (size_t i = 0; i < said.n; i++)
		sums[1] += said.p[i];
	return strlen(wanted) == said.n && sums[0] == sums[1];
}

static void
check_lineage(size_t i)
{
	struct span text = span_text(traces[i].sql);
	struct sql_analysis *a = analyse(text);
	struct sql_catalogue *catalogue = NULL;
	struct arena *scratch = arena_new(8 << 20);
	struct out said = out_new(1 << 16);
	struct wire_column columns[16] = { 0 };
	struct mask_column traced[16];
	PGresult *result;
	size_t n;

	CHECK(sql_catalogue_new(&catalogue, 4 << 20) == 0);
	ask(catalogue, a);
	result = PQexec(pg, traces[i].sql);
	n = (size_t)PQnfields(result);
	for (size_t j = 0; j < n && j < 16; j++) {
		columns[j].table = PQftable(result, (int)j);
		columns[j].column = (uint16_t)PQftablecol(result, (int)j);
	}
	CHECK(sql_lineage(a, catalogue, columns, n, scratch, traced) == 0);
	say_lineage(traced, n, &said);
	if (!CHECK_ROW(traces[i].sql,
	    same_lineage(traces[i].lineage, out_view(&said))))
		fprintf(stderr, "  %.*s\n", (int)said.n, said.p);
	PQclear(result);
	sql_catalogue_free(&catalogue);
	sql_drop(&a);
	arena_free(&scratch);
	out_free(&said);
}

/* EXECUTE is what was prepared, as the server has it; never what it was once. */
static void
check_execute(void)
{
	static const struct {
		const char *sql, *acts;
		bool fails;
	} steps[] = {
		{ "EXECUTE s(1)", "unknown execute", true },
		{ "PREPARE s(int) AS SELECT email FROM customers WHERE id = $1",
		    "session prepare; read public.customers where (id,email)",
		    false },
		{ "EXECUTE s(1)", "session execute; session prepare; "
		    "read public.customers where (id,email)", false },
		{ "EXECUTE s(lower(1)::int)", "unknown pg_catalog.lower()", true },
		{ "PREPARE s AS SELECT 1", "session prepare", true },
		{ "EXECUTE s(2)", "session execute; session prepare; "
		    "read public.customers where (id,email)", false },
		{ "DEALLOCATE s", "session deallocate", false },
		{ "EXECUTE s(1)", "unknown execute", true },
	};
	struct sql_catalogue *catalogue = NULL;

	CHECK(sql_catalogue_new(&catalogue, 4 << 20) == 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct span text = span_text(steps[i].sql);
		struct sql_analysis *a = analyse(text);
		struct arena *scratch = arena_new(8 << 20);
		struct out said = out_new(1 << 16);
		struct action action = { 0 };
		PGresult *result;

		ask(catalogue, a);
		CHECK(!sql_explain(a, catalogue, text, scratch, &action));
		say_acts(&action, &said);
		if (!CHECK_ROW(steps[i].sql, memmem(said.p, said.n,
		    steps[i].acts, strlen(steps[i].acts))))
			fprintf(stderr, "  %.*s\n", (int)said.n, said.p);
		sql_catalogue_sent(catalogue, a, text);
		result = PQexec(pg, steps[i].sql);
		CHECK_ROW(steps[i].sql, steps[i].fails ==
		    (PQresultStatus(result) == PGRES_FATAL_ERROR));
		PQclear(result);
		sql_drop(&a);
		arena_free(&scratch);
		out_free(&said);
	}
	sql_catalogue_free(&catalogue);
}

/* Rows that are none must be refused and change nothing. */
static void
check_bad_rows(void)
{
	static const char *const bad[][6] = {
		{ "X", "1", "", "", "", "" }, { "", "", "", "", "", "" },
		{ "R", "", "a", "b", "r", "" }, { "R", "1", "a", "b", "rr", "" },
		{ "C", "1", "-1", "a", "", "" }, { "C", "1", "99999", "a", "", "" },
		{ "B", "0", "a", "b", "c", "" },
		{ "N", "", "a", "99999999999", "", "" },
	};
	struct sql_catalogue *catalogue = NULL;
	struct wire_field fields[6];

	CHECK(sql_catalogue_new(&catalogue, 1 << 16) == 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		memset(fields, 0, sizeof(fields));
		for (size_t j = 0; j < 6; j++)
			fields[j].bytes = span_text(bad[i][j]);
		CHECK_ROW(bad[i][0], !sql_catalogue_row(catalogue, fields, 6));
		CHECK_ROW(bad[i][0], !sql_catalogue_row(catalogue, fields, 5));
	}
	sql_catalogue_free(&catalogue);
}

int
main(void)
{
	char options[128];

	check_bad_rows();
	grammar_prepare();
	if (geteuid()) {
		printf("not checked here: a cluster is started as root only\n");
		return check_end();
	}
	CHECK(mkdtemp(folder));
	run(START);
	snprintf(options, sizeof(options), "host=%s user=postgres "
	    "dbname=postgres", folder);
	pg = PQconnectdb(options);
	if (CHECK(PQstatus(pg) == CONNECTION_OK)) {
		execute(setup);
		for (size_t i = 0; i < COUNT(rows); i++)
			check_acts(i);
		execute("SET search_path = public");
		for (size_t i = 0; i < COUNT(traces); i++)
			check_lineage(i);
		check_execute();
	}
	PQfinish(pg);
	run(STOP);
	return check_end();
}
