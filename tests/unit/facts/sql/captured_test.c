/*
 * What psql, pg_dump and drivers send by themselves is reads and session, as
 * captured from a server of version 15 (log_statement = all); statements are
 * separated by lines of "%%". Afterwards: what a known and a new shape cost.
 */
#include <time.h>

#include "check.h"
#include "facts/sql/say.h"
#include "facts/sql/sql.h"

#define FOLDER "tests/unit/facts/sql/"

static struct span
read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *p = NULL;
	size_t n = 0, room = 1 << 20;

	if (!file)
		return span_of(NULL, 0);
	p = malloc(room);
	n = fread(p, 1, room, file);
	fclose(file);
	return span_of(p, n);
}

/* Cut one statement off the front; false at the end. */
static bool
next_statement(struct span *in, struct span *out)
{
	const uint8_t *end;

	if (!in->n)
		return false;
	end = memmem(in->p, in->n, "\n%%\n", 4);
	*out = span_head(*in, end ? (size_t)(end - in->p) : in->n);
	*in = span_skip(*in, out->n + (end ? 4 : 0));
	return true;
}

/* EXECUTE needs the flow's memory (catalogue_test has that); here its PREPARE is judged. */
static bool
is_quiet(const struct action *action)
{
	for (size_t i = 0; i < action->act_count; i++)
		if (action->acts[i].effect != EFFECT_READ &&
		    action->acts[i].effect != EFFECT_SESSION &&
		    !span_is(action->acts[i].object, "execute"))
			return false;
	return true;
}

static void
check_one_statement(struct span text)
{
	struct sql_analysis *a = analyse(text);
	struct arena *scratch = arena_new(16 << 20);
	struct out said = out_new(1 << 20);
	struct action action = { 0 };
	char row[80];

	snprintf(row, sizeof(row), "%.*s", (int)text.n, text.p);
	if (CHECK_ROW(row, a) &&
	    !sql_explain(a, NULL, text, scratch, &action) &&
	    !CHECK_ROW(row, is_quiet(&action))) {
		say_acts(&action, &said);
		fprintf(stderr, "  %.*s\n", (int)said.n, said.p);
	}
	sql_drop(&a);
	arena_free(&scratch);
	out_free(&said);
}

static void
check_file(const char *path)
{
	struct span all = read_file(path), rest = all, text;

	CHECK_ROW(path, all.n);
	while (next_statement(&rest, &text))
		check_one_statement(text);
	free((void *)all.p);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
print_costs(void)
{
	struct span text = SPAN("SELECT abalance FROM pgbench_accounts "
	    "WHERE aid = 12345;");
	struct out packed = out_new(ANALYSIS_LIMIT);
	struct sql_cache *cache = NULL;
	struct sql_analysis *a;
	double began = seconds();
	int rounds = 2000;

	for (int i = 0; i < rounds; i++) {
		out_clear(&packed);
		CHECK(grammar_analyse(text, &packed) == 0);
	}
	printf("new shape: %.1f us\n", (seconds() - began) * 1e6 / rounds);
	CHECK(sql_cache_new(&cache, 64) == 0);
	a = sql_learn(cache, text, out_view(&packed));
	CHECK(a);
	sql_drop(&a);
	began = seconds();
	rounds = 200000;
	for (int i = 0; i < rounds; i++) {
		a = sql_look(cache, text);
		if (!a)
			break;
		sql_drop(&a);
	}
	printf("known shape: %.2f us (with sanitizers when built so)\n",
	    (seconds() - began) * 1e6 / rounds);
	sql_cache_free(&cache);
	out_free(&packed);
}

int
main(void)
{
	grammar_prepare();
	check_file(FOLDER "psql-15.sql");
	check_file(FOLDER "pg_dump-15.sql");
	check_file(FOLDER "drivers.sql");
	print_costs();
	return check_end();
}
