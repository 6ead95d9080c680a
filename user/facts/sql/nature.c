/* nature.c: what an analysis, or the name of a setting, says without asking anyone. */
#include "base/arena.h"
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

const struct wire_copy *
sql_copy_form(const struct sql_analysis *a)
{
	return &a->copy;
}

bool
sql_setting_act(struct span name, struct arena *scratch, struct act *out)
{
	static const char set[] = { 's', 'e', 't', ' ' };
	uint8_t *tag = arena_take(scratch, sizeof(set) + name.n);

	if (!tag)
		return false;
	memcpy(tag, set, sizeof(set));
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		tag[sizeof(set) + i] = c == '-' ? '_' :
		    c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
	}
	*out = (struct act){ .object = span_of(tag, sizeof(set) + name.n) };
	out->effect = sql_setting_effect(span_skip(out->object, sizeof(set)));
	return true;
}
