/*
 * connect.c (bench): what a connection costs: connect, log in, one statement, away,
 * again and again for so many seconds. Arguments: the seconds, the statement. Prints
 * the microseconds of each, a line for each. Where to, and in which terms, comes from
 * the usual PG… variables.
 */
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* Returns 0, or 1 when it did not work, which was then said. */
static int
one(const char *sql)
{
	PGconn *to = PQconnectdb("");
	PGresult *answer = PQexec(to, sql);
	int failed = PQresultStatus(answer) != PGRES_TUPLES_OK;

	if (failed)
		fprintf(stderr, "%s", PQerrorMessage(to));
	PQclear(answer);
	PQfinish(to);
	return failed;
}

int
main(int argc, char **argv)
{
	uint64_t seconds = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t end = clock_mono() + seconds * SECOND_NS;
	uint64_t before;

	while ((before = clock_mono()) < end) {
		if (one(argc > 2 ? argv[2] : "SELECT 1"))
			return 1;
		printf("%.1f\n", (double)(clock_mono() - before) / 1000);
	}
	return 0;
}
