/*
 * server_test.c: libpq, the codec, and a real PostgreSQL 15.
 * Each scenario is run directly and through the codec, once as it comes and once
 * with every row and text rewritten; what libpq saw must be the same.
 */
#include "wire/pg/client.h"

static void
simple(PGconn *conn, struct out *out)
{
	ask(conn, "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS absent; CREATE TABLE t(a int PRIMARY KEY, b text)", out);
	ask(conn, "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1,200) i", out);
	ask(conn, "SELECT a, b, a + 1, NULL, '' FROM t ORDER BY a", out);
	ask(conn, "SELECT 1; SELECT 2; SELECT x", out);
	ask(conn, "", out);
	ask(conn, "SELECT 1/0", out);
	ask(conn, "DO $$ BEGIN RAISE NOTICE 'hello %', 1; RAISE EXCEPTION 'bad' USING HINT = 'do not'; END $$", out);
	ask(conn, "BEGIN", out);
	ask(conn, "INSERT INTO t VALUES (1, 'double')", out);
	ask(conn, "SELECT 1", out);
	ask(conn, "COMMIT", out);
	ask(conn, "SET client_encoding = 'LATIN1'; SELECT '\xc3\xa4'; RESET client_encoding", out);
	ask(conn, "SELECT repeat('x', 3000000), repeat('y', 1000000)", out);
	ask(conn, "BEGIN; DECLARE c CURSOR FOR SELECT a FROM t ORDER BY a; FETCH 3 FROM c; FETCH 2 FROM c; END", out);
}

static void
extended(PGconn *conn, struct out *out)
{
	const char *values[] = { "5", NULL };

	ask(conn, "CREATE TEMP TABLE p(a int, b text DEFAULT 'x')", out);
	ask_with(conn, "INSERT INTO p VALUES ($1)", "7", 0, out);
	ask_with(conn, "SELECT *, 1.5::float8 FROM p WHERE a = $1", "7", 1, out);
	ask_with(conn, "SELECT * FROM p WHERE a = $1", "not a number", 0, out);
	ask_with(conn, "SELECT", NULL, 0, out);
	note(PQprepare(conn, "s", "SELECT $1::int + a, $2::text FROM p", 0, NULL), conn, out);
	note(PQdescribePrepared(conn, "s"), conn, out);
	note(PQexecPrepared(conn, "s", 2, values, NULL, NULL, 0), conn, out);
	note(PQexecPrepared(conn, "s", 2, values, NULL, NULL, 1), conn, out);
	note(PQprepare(conn, "s", "SELECT 2", 0, NULL), conn, out);
	note(PQexecPrepared(conn, "absent", 0, NULL, NULL, NULL, 0), conn, out);
	ask(conn, "DEALLOCATE s", out);
	note(PQexecPrepared(conn, "s", 2, values, NULL, NULL, 0), conn, out);
	ask(conn, "CREATE TEMP TABLE u(a int UNIQUE DEFERRABLE INITIALLY DEFERRED)", out);
	ask_with(conn, "INSERT INTO u VALUES (1), (1)", NULL, 0, out);
	PQsendQuery(conn, "SELECT generate_series(1,50)");
	PQsetSingleRowMode(conn);
	for (PGresult *result; (result = PQgetResult(conn)) != NULL;)
		note(result, conn, out);
}

static void
pipeline(PGconn *conn, struct out *out)
{
	ask(conn, "CREATE TEMP TABLE q(a int)", out);
	PQenterPipelineMode(conn);
	for (int i = 0; i < 300; i++)
		put(conn, i == 120 ? "INSERT INTO nowhere VALUES (1)" : "INSERT INTO q VALUES (1) RETURNING a");
	PQpipelineSync(conn);
	PQsendPrepare(conn, "late", "SELECT count(*) FROM q", 0, NULL);
	PQsendQueryPrepared(conn, "late", 0, NULL, NULL, NULL, 1);
	PQsendDescribePrepared(conn, "late");
	PQpipelineSync(conn);
	put(conn, "BEGIN");
	put(conn, "INSERT INTO q VALUES (2)");
	put(conn, "SELECT 1/0");
	PQpipelineSync(conn);
	put(conn, "SELECT 1");
	PQpipelineSync(conn);
	put(conn, "ROLLBACK");
	PQsendFlushRequest(conn);
	PQflush(conn);
	put(conn, "SELECT count(*) FROM q");
	PQpipelineSync(conn);
	collect(conn, 5, out);
	PQexitPipelineMode(conn);
	ask(conn, "SELECT count(*) FROM q", out);
}

static void
take_copy(PGconn *conn, struct out *out)
{
	char *row;
	int n;

	while ((n = PQgetCopyData(conn, &row, 0)) > 0) {
		uint32_t sum = 0;

		for (int i = 0; i < n; i++)
			sum = sum * 31 + (uint8_t)row[i];
		out_printf(out, "copy %d %x\n", n, sum);
		PQfreemem(row);
	}
	note(PQgetResult(conn), conn, out);
	note(PQgetResult(conn), conn, out);
}

static void
give_copy(PGconn *conn, const char *rows, const char *end, struct out *out)
{
	int n = (int)strlen(rows);

	for (int i = 0; i < n; i += 7)
		PQputCopyData(conn, rows + i, n - i < 7 ? n - i : 7);
	PQputCopyEnd(conn, end);
	for (PGresult *result; (result = PQgetResult(conn)) != NULL;)
		note(result, conn, out);
}

static void
copy(PGconn *conn, struct out *out)
{
	static const char *const outs[] = {
		"COPY (SELECT i, E'tab\\tnew\\nback\\\\slash' || i, NULL FROM generate_series(1,50) i) TO STDOUT",
		"COPY (SELECT i, 'a,\"b', NULL FROM generate_series(1,50) i) TO STDOUT CSV HEADER",
		"COPY (SELECT i, 'a', NULL FROM generate_series(1,50) i) TO STDOUT BINARY",
		"COPY (SELECT 1/(3-i) FROM generate_series(1,50) i) TO STDOUT",
		"COPY (SELECT repeat('x', 2000000)) TO STDOUT",
	};

	for (size_t i = 0; i < COUNT(outs); i++) {
		note(PQexec(conn, outs[i]), conn, out);
		take_copy(conn, out);
	}
	ask_with(conn, outs[0], NULL, 0, out);
	take_copy(conn, out);
	ask(conn, "CREATE TEMP TABLE c(a int, b text)", out);
	ask(conn, "COPY c FROM STDIN", out);
	give_copy(conn, "1\tone\n2\ttwo\n3\t\\N\n", NULL, out);
	ask(conn, "COPY c FROM STDIN", out);
	give_copy(conn, "4\tfour\nfive\tfive\n6\tsix\n7\tseven\n8\teight\n", NULL, out);
	ask(conn, "COPY c FROM STDIN", out);
	give_copy(conn, "4\tfour\n", "changed my mind", out);
	ask_with(conn, "COPY c FROM STDIN", NULL, 0, out);
	give_copy(conn, "9\tnine\n", NULL, out);
	ask_with(conn, "COPY c FROM STDIN", NULL, 0, out);
	give_copy(conn, "ten\tten\n", NULL, out);
	ask(conn, "SELECT * FROM c ORDER BY a", out);
}

static void
notify(PGconn *conn, struct out *out)
{
	PGnotify *got;

	ask(conn, "LISTEN here; NOTIFY here, 'it is me'", out);
	while ((got = PQnotifies(conn)) != NULL) {
		out_printf(out, "%s %s\n", got->relname, got->extra);
		PQfreemem(got);
	}
	ask(conn, "SET application_name = 'other'", out);
	out_printf(out, "%s %s\n", PQparameterStatus(conn, "application_name"),
	    PQparameterStatus(conn, "server_encoding"));
}

/* With a question of ours before the ask, wherever it stands. */
static void
questions(PGconn *conn, struct out *out)
{
	ask(conn, "SELECT 1 /* ASKFIRST */", out);
	ask(conn, "BEGIN", out);
	ask_with(conn, "SELECT 2 /* ASKFIRST */ WHERE 1 = $1", "1", 0, out);
	ask(conn, "SELECT x", out);
	ask(conn, "SELECT 3 /* ASKFIRST */", out);
	ask(conn, "ROLLBACK", out);
	PQenterPipelineMode(conn);
	put(conn, "SELECT 4");
	put(conn, "SELECT 5 /* ASKFIRST */");
	put(conn, "SELECT x");
	put(conn, "SELECT 6 /* ASKFIRST */");
	PQpipelineSync(conn);
	put(conn, "SELECT 7 /* ASKFIRST */");
	PQpipelineSync(conn);
	collect(conn, 2, out);
	PQexitPipelineMode(conn);
	ask(conn, "SELECT 8 /* ASKFIRST */", out);
}

static const struct {
	const char *name;
	void (*run)(PGconn *, struct out *);
} scenarios[] = {
	{ "simple", simple }, { "extended", extended }, { "pipeline", pipeline }, { "copy", copy },
	{ "notify", notify }, { "questions", questions },
};

static void
differ(const char *name, struct out *direct, struct out *relayed)
{
	size_t i = 0;

	if (CHECK_ROW(name, span_equal(out_view(direct), out_view(relayed))))
		return;
	while (i < direct->n && i < relayed->n && direct->p[i] == relayed->p[i])
		i++;
	fprintf(stderr, "direct:  %.300s\nrelayed: %.300s\n", direct->p + i, relayed->p + i);
}

static void
test_same(void)
{
	for (size_t i = 0; i < COUNT(scenarios) * 2; i++) {
		struct out direct = out_new(1 << 26), relayed = out_new(1 << 26);
		PGconn *a = reach("real", "", &direct), *b;

		scenarios[i / 2].run(a, &direct);
		PQfinish(a);
		b = reach("relay", "", &relayed);
		scenarios[i / 2].run(b, &relayed);
		out_u8(&direct, 0);
		out_u8(&relayed, 0);
		differ(scenarios[i / 2].name, &direct, &relayed);
		PQfinish(b);
		out_free(&direct);
		out_free(&relayed);
	}
}

static void
make_table(void)
{
	PGconn *conn = reach("real", "", NULL);

	PQclear(PQexec(conn, "CREATE TABLE t()"));
	PQfinish(conn);
}

int
main(void)
{
	cluster_start(&cluster);
	cluster_relay(&cluster, "relay", dress);
	make_table();
	test_same();
	cluster_stop(&cluster);
	return check_end();
}
