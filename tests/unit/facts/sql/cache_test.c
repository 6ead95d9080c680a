/* The cache finds what it learned, stays within its bounds, and outlives nothing. */
#include "check.h"
#include "facts/sql/say.h"

static struct sql_analysis *
learn(struct sql_cache *cache, const char *text)
{
	struct out packed = out_new(ANALYSIS_LIMIT);
	struct sql_analysis *a = NULL;

	if (!grammar_analyse(span_text(text), &packed))
		a = sql_learn(cache, span_text(text), out_view(&packed));
	out_free(&packed);
	return a;
}

static void
check_basics(void)
{
	struct sql_cache *cache = NULL;
	struct sql_analysis *a, *b;

	CHECK(sql_cache_new(&cache, 8) == 0);
	CHECK(!sql_look(cache, SPAN("SELECT a FROM t WHERE id = 1")));
	a = learn(cache, "SELECT a FROM t WHERE id = 1");
	b = sql_look(cache, SPAN("select a from t where id = 77 -- x"));
	CHECK(a && a == b);
	sql_drop(&b);
	CHECK(!sql_look(cache, SPAN("select b from t where id = 77")));
	CHECK(!sql_learn(cache, SPAN("x"), SPAN("")));
	CHECK(!sql_learn(cache, SPAN("x"), SPAN("garbage")));
	b = learn(cache, "SELECT a FROM t WHERE id = E'\\xff'");
	CHECK(b && b->flags & ANALYSIS_UNPARSED);
	sql_drop(&b);
	CHECK(!sql_look(cache, SPAN("SELECT a FROM t WHERE id = 'x'")));
	CHECK(!sql_look(cache, SPAN("'")));
	sql_cache_free(&cache);
	CHECK(!cache && a->act_count == 1);	/* held beyond the cache */
	sql_drop(&a);
	sql_cache_free(&cache);
}

/* Many shapes through few slots: those in use stay, memory stays bounded. */
static void
check_clock(void)
{
	struct sql_cache *cache = NULL;
	struct sql_analysis *a, *kept;
	char text[64];
	int found = 0;

	CHECK(sql_cache_new(&cache, 8) == 0);
	kept = learn(cache, "SELECT kept FROM t");
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "SELECT c%d FROM t", i);
		a = learn(cache, text);
		CHECK_ROW(text, a);
		sql_drop(&a);
		a = sql_look(cache, SPAN("SELECT kept FROM t"));
		CHECK_ROW(text, a == kept);
		sql_drop(&a);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "SELECT c%d FROM t", i);
		a = sql_look(cache, span_text(text));
		found += a != NULL;
		sql_drop(&a);
	}
	CHECK(found > 0 && found < 8);
	sql_drop(&kept);
	sql_cache_free(&cache);
}

int
main(void)
{
	struct sql_cache *cache = NULL;

	CHECK(sql_cache_new(&cache, 0) < 0 && !cache);
	check_basics();
	check_clock();
	return check_end();
}
