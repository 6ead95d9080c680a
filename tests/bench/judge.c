/*
 * judge.c (bench): what judging a statement costs, in process: of a shape that is known
 * (lexed, looked up, explained, held against rules) and of one that is new (parsed and
 * analysed besides), against libpg_query alone, which only parses, in the same run.
 *   bench judge: known shape  1.1 us (p99 2.0)  pg_query_parse 24.3 us  ratio 22.1
 */
#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/must.h"
#include "decide/decide.h"
#include "facts/sql/analysis.h"
#include "facts/sql/sql.h"
#include "grammar/grammar.h"

#define ROUNDS 4000	/* of each statement */

/* Each has a place for a name that nobody has seen, and for a number. */
static const char *const statements[] = {
	"SELECT abalance AS %s FROM pgbench_accounts WHERE aid = %d;",
	"SELECT o.id AS %s, c.name, sum(i.price * i.quantity) AS total FROM orders o JOIN customers c ON c.id = o.customer_id "
	    "LEFT JOIN items i ON i.order_id = o.id WHERE o.placed > now() - interval '7 days' AND c.id = %d GROUP BY o.id, c.name "
	    "ORDER BY total DESC LIMIT 50",
	"INSERT INTO orders AS %s (id, customer, total, note) VALUES (%d, 12, 99.5, 'by hand') RETURNING id",
	"WITH %s AS (UPDATE orders SET note = 'late' WHERE id = %d RETURNING *) SELECT count(*) FROM orders",
};

#define ALL ((1u << EFFECTS) - 1)
static struct view_rule rules[] = {
	{ .effects = 1u << EFFECT_SESSION, .verdict = VERDICT_ALLOW, .where = "p:1" },
	{ .effects = 1u << EFFECT_READ, .objects = (const char *[]){ "public.*", "pg_catalog.*" }, .object_count = 2,
	  .verdict = VERDICT_ALLOW, .masks = 1, .where = "p:2" },
	{ .effects = 1u << EFFECT_INSERT, .objects = (const char *[]){ "public.orders" }, .object_count = 1,
	  .verdict = VERDICT_ALLOW, .where = "p:3" },
	{ .effects = 1u << EFFECT_UPDATE | 1u << EFFECT_DELETE, .objects = (const char *[]){ "public.orders" }, .object_count = 1,
	  .verdict = VERDICT_HOLD, .need = 1, .expires_s = 60, .where = "p:4" },
	{ .effects = 1u << EFFECT_DEFINE | 1u << EFFECT_GRANT, .verdict = VERDICT_DENY, .where = "p:5" },
	{ .effects = ALL, .objects = (const char *[]){ "other.*" }, .object_count = 1, .verdict = VERDICT_ALLOW, .where = "p:6" },
};
static struct view_target target = { .name = "shop", .role = "" };
static struct view_duty duty = { "duty", 0, rules, COUNT(rules) };
static uint32_t given;
static struct view_skill_duties skill = { .skill = "skill", .duties = &given, .duty_count = 1 };
static const struct view_worker view = {
	.targets = &target, .target_count = 1, .duties = &duty, .duty_count = 1, .skills = &skill, .skill_count = 1,
};
static struct sql_cache *cache;
static struct arena *scratch;
static unsigned int verdicts[8];

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct sql_analysis *
learn(struct span text)
{
	struct out packed = out_new(ANALYSIS_LIMIT);
	struct sql_analysis *analysis;

	must(grammar_analyse(text, &packed) == 0);
	analysis = sql_learn(cache, text, out_view(&packed));
	out_free(&packed);
	return analysis;
}

/* From the text to a verdict. */
static void
judge(struct span text, bool is_known)
{
	struct sql_analysis *analysis = sql_look(cache, text);
	struct action action;
	struct verdict verdict;
	char room[DECIDE_WHY];

	must(!analysis == !is_known);
	if (!analysis)
		analysis = learn(text);
	must(analysis && sql_explain(analysis, NULL, text, scratch, &action) == 0);
	decide_judge(&view, SPAN("skill"), 0, &action, room, &verdict);
	verdicts[verdict.kind & 7]++;
	sql_drop(&analysis);
	arena_clear(scratch);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
run(const char *what, bool is_known)
{
	static double ours[COUNT(statements) * ROUNDS], theirs[COUNT(statements) * ROUNDS];
	size_t n = 0;

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < COUNT(statements); i++, n++) {
			char text[512], name[32];
			double begin;

			snprintf(name, sizeof(name), is_known ? "known" : "x%d", round);
			snprintf(text, sizeof(text), statements[i], name, round);
			begin = now_us();
			judge(span_text(text), is_known && round);
			ours[n] = now_us() - begin;
			begin = now_us();
			pg_query_free_parse_result(pg_query_parse(text));
			theirs[n] = now_us() - begin;
		}
	qsort(ours, n, sizeof(*ours), compare);
	qsort(theirs, n, sizeof(*theirs), compare);
	printf("bench judge: %s  %.2f us (p99 %.2f)  pg_query_parse %.2f us  ratio %.2f\n", what, ours[n / 2],
	    ours[n * 99 / 100], theirs[n / 2], theirs[n / 2] / ours[n / 2]);
}

int
main(void)
{
	grammar_prepare();
	scratch = arena_new(16u << 20);
	if (!scratch || sql_cache_new(&cache, 4096))
		return 1;
	run("known shape", true);
	run("new shape", false);
	printf("  of %zu judged: %u allowed, %u held, %u denied\n", 2 * COUNT(statements) * ROUNDS,
	    verdicts[VERDICT_ALLOW], verdicts[VERDICT_HOLD], verdicts[VERDICT_DENY]);
	sql_cache_free(&cache);
	arena_free(&scratch);
	return 0;
}
