/*
 * A packed analysis is another process' word: every prefix, every byte changed
 * and every byte added must be refused or read without harm.
 */
#include <errno.h>

#include "check.h"
#include "facts/sql/say.h"

static const char *const texts[] = {
	"", "SELECT 1", "SELECT a, c.*, upper(b) FROM t c JOIN u USING (x)",
	"WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x WHERE a = (b).c",
	"BEGIN; UPDATE s.t SET a = 1; COPY t TO PROGRAM 'x'; COMMIT", "oops",
};

static void
check_prefixes(const char *text, struct span packed)
{
	struct sql_analysis *a = NULL;

	for (size_t n = 0; n < packed.n; n++) {
		CHECK_ROW(text, analysis_unpack(&a,
		    on_cliff(span_head(packed, n))) == -EINVAL);
		CHECK_ROW(text, !a);
	}
}

/* Whatever one byte becomes: refused, or a whole analysis that can be explained. */
static void
check_changes(struct span packed)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 0x7f, 0xff };
	uint8_t *copy = malloc(packed.n);

	for (size_t i = 0; i < packed.n * COUNT(values); i++) {
		struct arena *scratch = arena_new(16 << 20);
		struct sql_analysis *a = NULL;
		struct action action;

		memcpy(copy, packed.p, packed.n);
		copy[i / COUNT(values)] = values[i % COUNT(values)];
		if (!analysis_unpack(&a, span_of(copy, packed.n)))
			CHECK(!sql_explain(a, NULL, SPAN(""), scratch, &action));
		sql_drop(&a);
		arena_free(&scratch);
	}
	free(copy);
}

static void
check_text(const char *text)
{
	struct out packed = out_new(ANALYSIS_LIMIT), again = packed;
	struct sql_analysis *a = NULL;

	CHECK_ROW(text, !grammar_analyse(span_text(text), &packed));
	CHECK_ROW(text, !analysis_unpack(&a, on_cliff(out_view(&packed))));
	analysis_pack(a, &again);
	CHECK_ROW(text, span_equal(out_view(&packed), out_view(&again)));
	sql_drop(&a);
	out_u8(&again, 0);
	CHECK_ROW(text, analysis_unpack(&a, out_view(&again)) == -EINVAL);
	check_prefixes(text, out_view(&packed));
	check_changes(out_view(&packed));
	out_free(&packed);
	out_free(&again);
}

int
main(void)
{
	struct sql_analysis *a = sql_unknown("because");
	struct sql_analysis *other;
	struct sql_nature nature;

	CHECK(a && a->act_count == 1 && a->acts[0].effect == EFFECT_UNKNOWN);
	nature = sql_nature(a);
	CHECK(nature.moves_names && nature.is_changing);
	other = sql_hold(a);
	sql_drop(&a);
	CHECK(!a && other->act_count == 1);
	sql_drop(&other);
	for (size_t i = 0; i < COUNT(texts); i++)
		check_text(texts[i]);
	return check_end();
}
