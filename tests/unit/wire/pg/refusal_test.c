/*
 * refusal_test.c: what is refused, against a real PostgreSQL 15: libpq must see the
 * refusal where it belongs, and the server must not have done it. Logins and
 * cancel requests too.
 */
#include "wire/pg/client.h"

static bool
is_refusal(PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool is = state && strcmp(state, "ILD01") == 0 &&
	    strcmp(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "refused by policy") == 0 &&
	    strcmp(PQresultErrorField(result, PG_DIAG_MESSAGE_HINT), "ask") == 0;

	PQclear(result);
	return is;
}

static int
count_rows(const char *table)
{
	char text[128];
	PGconn *conn = reach("real", "", NULL);
	PGresult *result;
	int n;

	snprintf(text, sizeof(text), "SELECT count(*) FROM %s", table);
	result = PQexec(conn, text);
	n = PQntuples(result) == 1 ? atoi(PQgetvalue(result, 0, 0)) : -1;
	PQclear(result);
	PQfinish(conn);
	return n;
}

static void
do_now(PGconn *conn, const char *text)
{
	PQclear(PQexec(conn, text));
}

static void
test_refused_query(void)
{
	PGconn *conn = reach("relay", "", NULL);
	PGresult *result;

	do_now(conn, "CREATE TABLE r(a int)");
	CHECK(is_refusal(PQexec(conn, "INSERT INTO r VALUES (1) /* REFUSE */")));
	CHECK(PQtransactionStatus(conn) == PQTRANS_IDLE);
	do_now(conn, "INSERT INTO r VALUES (2)");
	CHECK(count_rows("r") == 1);
	do_now(conn, "BEGIN");
	do_now(conn, "INSERT INTO r VALUES (3)");
	CHECK(is_refusal(PQexec(conn, "DELETE FROM r /* REFUSE */")));
	CHECK(PQtransactionStatus(conn) == PQTRANS_INERROR);
	result = PQexec(conn, "COMMIT");
	CHECK(strcmp(PQcmdStatus(result), "ROLLBACK") == 0);
	PQclear(result);
	CHECK(count_rows("r") == 1);
	CHECK(is_refusal(PQexecParams(conn, "DELETE FROM r /* REFUSE */", 0, NULL, NULL, NULL, NULL, 0)));
	CHECK(PQtransactionStatus(conn) == PQTRANS_IDLE);
	CHECK(is_refusal(PQprepare(conn, "x", "DELETE FROM r /* REFUSE */", 0, NULL)));
	result = PQexecPrepared(conn, "x", 0, NULL, NULL, NULL, 0);
	CHECK(strcmp(PQresultErrorField(result, PG_DIAG_SQLSTATE), "26000") == 0);
	PQclear(result);
	CHECK(count_rows("r") == 1);
	do_now(conn, "DROP TABLE r");
	PQfinish(conn);
}

static void
test_refused_in_pipeline(void)
{
	struct out seen = out_new(1 << 20);
	PGconn *conn = reach("relay", "", NULL);

	do_now(conn, "CREATE TABLE r(a int)");
	PQenterPipelineMode(conn);
	put(conn, "INSERT INTO r VALUES (1)");
	put(conn, "INSERT INTO r VALUES (2) /* REFUSE */");
	put(conn, "INSERT INTO r VALUES (3)");
	PQpipelineSync(conn);
	put(conn, "INSERT INTO r VALUES (4)");
	PQpipelineSync(conn);
	collect(conn, 2, &seen);
	out_u8(&seen, 0);
	CHECK(strcmp((char *)seen.p,
	    "PGRES_COMMAND_OK 'INSERT 0 1'  tx=1\n"
	    "PGRES_FATAL_ERROR '' ERROR:  refused by policy\nHINT:  ask\n tx=1\n"
	    "PGRES_PIPELINE_ABORTED ''  tx=1\n"
	    "PGRES_PIPELINE_SYNC ''  tx=1\n"
	    "PGRES_COMMAND_OK 'INSERT 0 1'  tx=1\n"
	    "PGRES_PIPELINE_SYNC ''  tx=0\n") == 0);
	PQexitPipelineMode(conn);
	CHECK(count_rows("r") == 1);	/* the batch was one transaction, truly undone */
	do_now(conn, "DROP TABLE r");
	PQfinish(conn);
	out_free(&seen);
}

/* Our own question fails inside a batch: the client is told, and nothing of it is kept. */
static void
test_poisoned(void)
{
	PGconn *conn = reach("poisoned", "", NULL);
	struct out seen = out_new(1 << 20);

	do_now(conn, "CREATE TABLE r(a int)");
	PQenterPipelineMode(conn);
	put(conn, "INSERT INTO r VALUES (1)");
	put(conn, "INSERT INTO r VALUES (2) /* ASKFIRST */");
	PQpipelineSync(conn);
	put(conn, "INSERT INTO r VALUES (3)");
	PQpipelineSync(conn);
	collect(conn, 2, &seen);
	CHECK(memmem(seen.p, seen.n, "could not be answered", 21) != NULL);
	PQexitPipelineMode(conn);
	CHECK(count_rows("r") == 1);
	do_now(conn, "INSERT INTO r VALUES (4) /* ASKFIRST */");	/* alone, it harms nothing */
	CHECK(count_rows("r") == 2);
	do_now(conn, "DROP TABLE r");
	PQfinish(conn);
	out_free(&seen);
}

static void
test_logins(void)
{
	static const char *const users[] = { "scrammer", "hasher" };
	PGconn *conn = reach("real", "", NULL);
	PGresult *result;
	char info[256];

	do_now(conn, "SET password_encryption = 'scram-sha-256'; CREATE ROLE scrammer LOGIN PASSWORD 'sesame'");
	do_now(conn, "SET password_encryption = 'md5'; CREATE ROLE hasher LOGIN PASSWORD 'sesame'");
	PQfinish(conn);
	for (size_t i = 0; i < COUNT(users); i++) {
		char more[64];

		snprintf(more, sizeof(more), "user=%s", users[i]);
		conn = reach("relay", more, NULL);
		result = PQexec(conn, "SELECT current_user");
		CHECK_ROW(users[i], PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), users[i]) == 0);
		PQclear(result);
		PQfinish(conn);
	}
	snprintf(info, sizeof(info), "host=%s/relay user=owner dbname=absent", cluster.folder);
	conn = PQconnectdb(info);
	CHECK(PQstatus(conn) == CONNECTION_BAD && strstr(PQerrorMessage(conn), "database \"absent\" does not exist"));
	PQfinish(conn);
}

static void
test_cancel(void)
{
	PGconn *conn = reach("relay", "", NULL);
	PGcancel *cancel = PQgetCancel(conn);
	char text[256];
	PGresult *result;

	PQsendQuery(conn, "SELECT pg_sleep(20)");
	PQflush(conn);
	usleep(200000);
	CHECK(PQcancel(cancel, text, sizeof(text)));
	result = PQgetResult(conn);
	CHECK(strcmp(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014") == 0);
	PQclear(result);
	PQfreeCancel(cancel);
	PQfinish(conn);
}

int
main(void)
{
	struct cluster poisoned;

	cluster_start(&cluster);
	cluster_relay(&cluster, "relay", dress);
	poisoned = cluster;
	cluster_relay(&poisoned, "poisoned", dress_poisoned);
	test_refused_query();
	test_refused_in_pipeline();
	test_poisoned();
	test_logins();
	test_cancel();
	kill(poisoned.relay, SIGTERM);
	waitpid(poisoned.relay, NULL, 0);
	cluster_stop(&cluster);
	return check_end();
}
