/*
 * pipe.c: what psql does not do, done by libpq, one verb for each:
 *
 *   bind SQL [VALUE…]	prepare, bind text values, execute; rows as text
 *   number SQL N	one statement with $1 bound as an int4 in binary
 *   binary SQL		one statement whose answer comes in binary; raw bytes go out
 *   pipeline [SQL…]	all in one pipeline, each with its own outcome, one Sync
 *   wait SQL [VALUE…]	as bind, but Parse and Describe are told about before Execute
 *   cancel MS SQL	run it, cancel it after so many milliseconds
 *   twice SQL [VALUE…]	as bind, executed twice
 *   hang MS SQL		send it, leave after so many milliseconds without an answer
 *   drain SQL		read a large answer row by row; its rows and bytes
 *   quick SQL COUNT	the same statement so often in one session; how many were right
 *
 * The connection comes from the usual PG… variables. Outcomes go to standard output
 * as lines "rows N", "row a|b", "tag …", "error SQLSTATE message".
 */
#include <endian.h>
#include <postgresql/libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
tell_rows(const PGresult *answer)
{
	for (int i = 0; i < PQntuples(answer); i++) {
		printf("row ");
		for (int j = 0; j < PQnfields(answer); j++) {
			printf("%s", j ? "|" : "");
			fwrite(PQgetvalue(answer, i, j), 1,
			    (size_t)PQgetlength(answer, i, j), stdout);
		}
		printf("\n");
	}
}

/* Say what came and free it. Returns 0, or 1 for an error. */
static int
tell(PGresult *answer)
{
	ExecStatusType status = PQresultStatus(answer);
	const char *code = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
	const char *words = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
	int failed = 0;

	if (status == PGRES_TUPLES_OK)
		tell_rows(answer);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		printf("tag %s\n", PQcmdStatus(answer));
	} else if (status == PGRES_PIPELINE_ABORTED) {
		printf("skipped\n");
	} else if (status == PGRES_PIPELINE_SYNC) {
		printf("sync\n");
	} else {
		printf("error %s %s\n", code ? code : "-",
		    words ? words : PQresultErrorMessage(answer));
		failed = 1;
	}
	fflush(stdout);
	PQclear(answer);
	return failed;
}

static int
bind(PGconn *conn, const char *sql, int count, const char *const *values)
{
	if (tell(PQprepare(conn, "s", sql, 0, NULL)))
		return 1;
	return tell(PQexecPrepared(conn, "s", count, values, NULL, NULL, 0));
}

static int
wait_verb(PGconn *conn, int count, char **words)
{
	if (tell(PQprepare(conn, "s", words[0], 0, NULL)) ||
	    tell(PQdescribePrepared(conn, "s")))
		return 1;
	printf("executing\n");
	fflush(stdout);
	return tell(PQexecPrepared(conn, "s", count - 1,
	    (const char *const *)words + 1, NULL, NULL, 0));
}

static int
bind_verb(PGconn *conn, int count, char **words)
{
	return bind(conn, words[0], count - 1, (const char *const *)words + 1);
}

static int
twice_verb(PGconn *conn, int count, char **words)
{
	const char *const *values = (const char *const *)words + 1;
	int failed = bind(conn, words[0], count - 1, values);

	return failed | tell(PQexecPrepared(conn, "s", count - 1, values, NULL, NULL, 0));
}

static int
binary_verb(PGconn *conn, int count, char **words)
{
	(void)count;
	return tell(PQexecParams(conn, words[0], 0, NULL, NULL, NULL, NULL, 1));
}

static int
number_verb(PGconn *conn, int count, char **words)
{
	static const Oid int4 = 23;
	static const int size = 4, is_binary = 1;
	uint32_t number = htobe32((uint32_t)atoi(words[1]));
	const char *value = (const char *)&number;

	(void)count;
	return tell(PQexecParams(conn, words[0], 1, &int4, &value, &size, &is_binary, 0));
}

static int
pipeline_verb(PGconn *conn, int count, char **words)
{
	int failed = 0, over = 0;

	if (!PQenterPipelineMode(conn))
		return 1;
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], "sync") == 0)
			PQpipelineSync(conn);
		else
			PQsendQueryParams(conn, words[i], 0, NULL, NULL, NULL, NULL, 0);
	PQpipelineSync(conn);
	while (!over && PQstatus(conn) == CONNECTION_OK) {
		PGresult *answer = PQgetResult(conn);

		if (!answer) {
			answer = PQgetResult(conn);
			over = !answer;
		}
		if (answer)
			failed |= tell(answer);
	}
	return failed;
}

static int
cancel_verb(PGconn *conn, int count, char **words)
{
	PGcancel *cancel = PQgetCancel(conn);
	char error[256] = "";

	(void)count;
	PQsendQuery(conn, words[1]);
	usleep((useconds_t)atoi(words[0]) * 1000);
	if (!PQcancel(cancel, error, sizeof(error)))
		printf("cancel failed: %s\n", error);
	PQfreeCancel(cancel);
	tell(PQgetResult(conn));
	while (PQgetResult(conn))
		;
	return tell(PQexec(conn, "select 1"));
}

static int
hang_verb(PGconn *conn, int count, char **words)
{
	(void)count;
	PQsendQuery(conn, words[1]);
	PQflush(conn);
	usleep((useconds_t)atoi(words[0]) * 1000);
	return 0;
}

static int
drain_verb(PGconn *conn, int count, char **words)
{
	unsigned long long rows = 0, bytes = 0;
	PGresult *answer;
	int failed = 0;

	(void)count;
	PQsendQuery(conn, words[0]);
	PQsetSingleRowMode(conn);
	while ((answer = PQgetResult(conn))) {
		if (PQresultStatus(answer) != PGRES_SINGLE_TUPLE) {
			failed |= tell(answer);
			continue;
		}
		rows++;
		for (int j = 0; j < PQnfields(answer); j++)
			bytes += (unsigned long long)PQgetlength(answer, 0, j);
		PQclear(answer);
	}
	printf("rows %llu bytes %llu\n", rows, bytes);
	return failed;
}

static int
quick_verb(PGconn *conn, int count, char **words)
{
	int right = 0, wanted = count > 1 ? atoi(words[1]) : 1;

	for (int i = 0; i < wanted && PQstatus(conn) == CONNECTION_OK; i++) {
		char text[512];
		PGresult *answer;

		snprintf(text, sizeof(text), "%s /* %s-%d */", words[0], words[2], i);
		answer = PQexec(conn, text);
		right += PQresultStatus(answer) == PGRES_TUPLES_OK ||
		    PQresultStatus(answer) == PGRES_COMMAND_OK;
		PQclear(answer);
	}
	printf("right %d\n", right);
	return right != wanted;
}

static const struct {
	const char *name;
	int least;
	int (*run)(PGconn *, int count, char **words);
} verbs[] = {
	{ "bind", 1, bind_verb }, { "binary", 1, binary_verb },
	{ "pipeline", 1, pipeline_verb }, { "wait", 1, wait_verb },
	{ "cancel", 2, cancel_verb }, { "twice", 1, twice_verb },
	{ "hang", 2, hang_verb }, { "drain", 1, drain_verb },
	{ "quick", 3, quick_verb }, { "number", 2, number_verb },
};

static void
quiet(void *arg, const PGresult *notice)
{
	(void)arg;
	printf("notice %s\n", PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
}

int
main(int argc, char **argv)
{
	PGconn *conn = PQconnectdb("");
	int result = 2;

	if (PQstatus(conn) != CONNECTION_OK) {
		printf("error - %s", PQerrorMessage(conn));
		PQfinish(conn);
		return 3;
	}
	PQsetNoticeReceiver(conn, quiet, NULL);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc - 2 >= verbs[i].least && strcmp(argv[1], verbs[i].name) == 0)
			result = verbs[i].run(conn, argc - 2, argv + 2);
	if (result == 2)
		fprintf(stderr, "pipe: no such verb, or too few words\n");
	PQfinish(conn);
	return result;
}
