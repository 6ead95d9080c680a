/* nature.c: what an analysis says without asking anyone. */
#include "facts/sql/analysis.h"
#include "facts/sql/function.h"

struct sql_nature
sql_nature(const struct sql_analysis *a)
{
	struct sql_nature nature = {
		.begins = a->flags & ANALYSIS_BEGINS,
		.ends = a->flags & ANALYSIS_ENDS,
		.commits = a->flags & ANALYSIS_COMMITS,
		.moves_names = a->flags & ANALYSIS_MOVES_NAMES,
		.is_copy_in = a->flags & ANALYSIS_COPY_IN,
		.is_copy_out = a->flags & ANALYSIS_COPY_OUT,
		.statements = a->statements,
	};

	for (uint32_t i = 0; i < a->act_count; i++) {
		enum effect effect = a->acts[i].effect;

		nature.is_changing |= effect != EFFECT_READ &&
		    effect != EFFECT_SESSION;
		nature.moves_names |= effect == EFFECT_UNKNOWN;
	}
	for (uint32_t i = 0; i < a->function_count; i++) {
		enum function_class class = function_find(
		    a->functions[i].schema, a->functions[i].name);

		nature.is_changing |= class != FUNCTION_HARMLESS &&
		    class != FUNCTION_SESSION;
		nature.moves_names |= class == FUNCTION_UNKNOWN;
	}
	return nature;
}
