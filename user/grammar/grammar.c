/*
 * grammar.c: text to tree to analysis.
 * libpg_query parses and gives the tree as JSON, whose nesting jansson bounds
 * (2048); deeper is unknown. The protobuf form is never used: it overflows the
 * stack on deep expressions.
 */
#include "grammar/grammar.h"

#include <errno.h>
#include <sys/resource.h>

#include <pg_query.h>

#include "base/arena.h"
#include "base/must.h"
#include "grammar/walk.h"

#define TREE_LIMIT (16u << 20)		/* bytes of JSON; the tree takes some ten times that */
#define MEMORY_LIMIT (64u << 20)	/* of the walk */

static void
free_parse(PgQueryParseResult *result)
{
	pg_query_free_parse_result(*result);
}

static void
free_tree(json_t **tree)
{
	json_decref(*tree);
}

/* The answer when there is none: one act, unknown. */
static int
say_unknown(const char *why, struct out *packed)
{
	struct sql_analysis *unknown = sql_unknown(why);

	if (!unknown)
		return -ENOMEM;
	analysis_pack(unknown, packed);
	sql_drop(&unknown);
	return packed->failed ? -ENOMEM : 0;
}

/* Fields of the one statement, as an answer will have them. */
static void
keep_fields(struct walk *w, const struct fields *fields)
{
	struct build *b = &w->build;
	uint32_t room = 0;

	if (!fields->positional || b->statements != 1)
		return;
	b->flags |= ANALYSIS_POSITIONS;
	for (uint32_t i = 0; i < fields->n; i++) {
		if (!build_grow(b, &b->fields, i, &room, sizeof(*b->fields)))
			return;
		b->fields[i] = (struct analysis_field){
			.name = fields->p[i].name,
			.is_star = fields->p[i].is_star,
			.sources = fields->p[i].sources.p,
			.source_count = fields->p[i].sources.n,
		};
		b->field_count = i + 1;
	}
}

/* Names are asked of the catalogue once for a text, so none may move within it. */
static bool
has_names(const json_t *statement)
{
	return !json_object_get(statement, "TransactionStmt") &&
	    !json_object_get(statement, "VariableSetStmt") &&
	    !json_object_get(statement, "VariableShowStmt");
}

static void
walk_all(struct walk *w, const json_t *tree)
{
	json_t *list = json_object_get(tree, "stmts");
	struct fields fields = { 0 };

	w->build.statements = (uint32_t)json_array_size(list);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *statement = json_object_get(json_array_get(list, i), "stmt");

		fields = (struct fields){ 0 };
		w->ctes = NULL;
		if (w->build.flags & ANALYSIS_MOVES_NAMES && has_names(statement))
			build_act(&w->build, EFFECT_UNKNOWN, SPAN("a statement behind another"))->note =
			    SPAN("what is before it in the same text moves names");
		walk_command(w, statement, &fields);
	}
	if (w->build.statements != 1)
		w->build.flags &= ~(uint32_t)(ANALYSIS_PREPARES |
		    ANALYSIS_EXECUTES);
	keep_fields(w, &fields);
}

static int
analyse_tree(const char *json, struct out *packed)
{
	cleanup(free_tree) json_t *tree = NULL;
	cleanup(arena_free) struct arena *arena = NULL;
	struct walk w = { 0 };
	size_t n = strlen(json);

	if (n > TREE_LIMIT)
		return say_unknown("too large to analyse", packed);
	tree = json_loadb(json, n, 0, NULL);
	if (!tree)
		return say_unknown("nested too deeply", packed);
	arena = arena_new(MEMORY_LIMIT);
	if (!arena)
		return -ENOMEM;
	w.build.arena = arena;
	walk_all(&w, tree);
	if (w.build.failed)
		return say_unknown(w.build.failed, packed);
	build_pack(&w.build, packed);
	if (packed->failed || w.build.failed) {
		out_clear(packed);
		return say_unknown("too large to analyse", packed);
	}
	return 0;
}

int
grammar_analyse(struct span text, struct out *packed)
{
	cleanup(free_memory) char *copy = NULL;
	cleanup(free_parse) PgQueryParseResult result = { 0 };
	struct out own = out_new(ANALYSIS_LIMIT);
	int r;

	if (text.n > SQL_TEXT_LIMIT)
		return say_unknown("longer than is parsed", packed);
	if (text.n && memchr(text.p, 0, text.n))
		return say_unknown("has a zero byte", packed);
	copy = strndup(text.n ? (const char *)text.p : "", text.n);
	if (!copy)
		return -ENOMEM;
	result = pg_query_parse(copy);
	if (result.error)
		return say_unknown("cannot be parsed", packed);
	r = analyse_tree(result.parse_tree, &own);
	if (!r)
		out_span(packed, out_view(&own));
	out_free(&own);
	return r ? r : packed->failed ? -ENOMEM : 0;
}

int
grammar_prepare(void)
{
	struct rlimit limit;

	json_object_seed(0);	/* reads /dev/urandom, which the box forbids */
	if (getrlimit(RLIMIT_STACK, &limit))
		return -errno;
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < GRAMMAR_STACK)
		limit.rlim_cur = GRAMMAR_STACK;
	return setrlimit(RLIMIT_STACK, &limit) ? -errno : 0;
}
