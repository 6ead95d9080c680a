/*
 * sql.c: the shape of a statement, and the grammar's packed answer.
 *
 * The first byte chooses. Even: the rest is a statement. Its shape must be the
 * same with a comment between every two tokens and with the case of every word
 * turned round, since neither means anything. Odd: the rest is an analysis as
 * another process sent it. What is taken must be whole: it can be explained, asked
 * about, and packed into the same bytes again and again.
 */
#include "law.h"

#include "base/arena.h"
#include "facts/sql/analysis.h"
#include "facts/sql/lex.h"
#include "facts/sql/sql.h"
#include "out.h"

#define SCRATCH (64u << 20)

static void
put_turned(struct out *out, struct span word)
{
	for (size_t i = 0; i < word.n; i++) {
		uint8_t c = word.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		out_u8(out, letter ? c ^ 0x20 : c);
	}
}

/* The same tokens, otherwise as unlike as can be. */
static void
disguise(struct span text, struct out *out)
{
	struct lex lex = { .in = text };
	struct token token;

	for (unsigned int i = 0; lex_next(&lex, &token) && token.kind != TOKEN_END; i++) {
		out_span(out, i % 2 ? SPAN("\t/* ' /* \" */ $$ */ ") : SPAN(" /**/ "));
		if (token.kind == TOKEN_WORD)
			put_turned(out, token.text);
		else
			out_span(out, token.text);
	}
	out_span(out, SPAN(" -- ' "));
}

static void
check_shape(struct span text)
{
	struct out key = out_new(4 * SQL_TEXT_LIMIT), other = out_new(SQL_TEXT_LIMIT);
	struct out again = out_new(4 * SQL_TEXT_LIMIT);

	if (sql_shape(text, &key)) {
		disguise(text, &other);
		if (!other.failed) {
			law(sql_shape(out_view(&other), &again), "a disguised statement has a shape");
			law(span_equal(out_view(&key), out_view(&again)),
			    "comments, blanks and case are no part of a shape");
		}
	}
	out_free(&key);
	out_free(&other);
	out_free(&again);
}

static void
use(const struct sql_analysis *analysis)
{
	struct arena *scratch = arena_new(SCRATCH);
	struct out question = out_new(8u << 20);
	struct sql_catalogue *names = NULL;
	const struct span *relations;
	struct action action;
	size_t count;

	sql_nature(analysis);
	law(sql_explain(analysis, NULL, SPAN("SELECT 1"), scratch, &action) == 0, "it can be explained");
	law(action.act_count > 0 || sql_nature(analysis).statements == 0, "a statement does something");
	for (size_t i = 0; i < action.act_count; i++)
		law(action.acts[i].effect < EFFECTS && action.acts[i].reach <= REACH_ALL, "acts are acts");
	if (sql_catalogue_new(&names, 1 << 20) == 0) {
		sql_catalogue_ask(names, analysis, &question);
		sql_catalogue_done(names, analysis);
		sql_relations(analysis, names, scratch, &relations, &count);
		sql_explain(analysis, names, SPAN("SELECT 1"), scratch, &action);
	}
	sql_catalogue_free(&names);
	out_free(&question);
	arena_free(&scratch);
}

static void
check_analysis(struct span packed)
{
	struct out first = out_new(ANALYSIS_LIMIT), second = out_new(ANALYSIS_LIMIT);
	struct sql_analysis *analysis = NULL, *again = NULL;
	struct sql_cache *cache = NULL;

	if (analysis_unpack(&analysis, packed) == 0) {
		use(analysis);
		analysis_pack(analysis, &first);
		law(first.failed || analysis_unpack(&again, out_view(&first)) == 0,
		    "what was packed can be unpacked");
		if (again)
			analysis_pack(again, &second);
		law(!again || span_equal(out_view(&first), out_view(&second)), "packing is stable");
	}
	sql_drop(&again);
	sql_drop(&analysis);
	if (sql_cache_new(&cache, 4) == 0) {
		analysis = sql_learn(cache, SPAN("SELECT 1"), packed);
		again = sql_look(cache, SPAN("SELECT 1"));
		law(!again || analysis, "what was not learnt is not known");
		sql_drop(&again);
		sql_drop(&analysis);
	}
	sql_cache_free(&cache);
	out_free(&first);
	out_free(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);
	uint8_t what;

	if (!take_u8(&in, &what))
		return 0;
	if (what & 1)
		check_analysis(in);
	else
		check_shape(in);
	return 0;
}
