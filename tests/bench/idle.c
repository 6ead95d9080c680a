/*
 * idle.c (bench): connections that do nothing. Arguments: how many, a statement. Each
 * logs in and runs it once; then "idle N" is said, and all stay until standard input
 * ends. Where to comes from the usual PG… variables.
 */
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Returns 0, or 1 when it did not work, which was then said. */
static int
begin_one(const char *sql)
{
	PGconn *to = PQconnectdb("");	/* ends with the process */
	PGresult *answer = PQexec(to, sql);
	int failed = PQresultStatus(answer) != PGRES_TUPLES_OK;

	if (failed)
		fprintf(stderr, "%s", PQerrorMessage(to));
	PQclear(answer);
	return failed;
}

int
main(int argc, char **argv)
{
	char rest[64];
	int count = 0;

	if (argc != 3)
		return 2;
	while (count < atoi(argv[1]) && !begin_one(argv[2]))
		count++;
	printf("idle %d\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, rest, sizeof(rest)) > 0)
		;
	return count != atoi(argv[1]);
}
